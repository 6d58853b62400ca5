# SPDX-License-Identifier: Apache-2.0
"""Do readers that others wrote see in a trace what was recorded, in VCD and FST alike?

Usage: independent_readers.py METRONOME MODEL
"""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pywellen
import vcdvcd

METRONOME, MODEL = sys.argv[1:3]
MACHINES = {
    # what is run on each, a window with something in it, and a filter
    "lpu:groq1": ([], "100:1500", "mem_w.slice_28"),
    "gpu:teaching": (["--context", "16"], "100:9000", "sm_1.sub_core_0"),
    "gpu:h100": (["--context", "16"], "5000:9000", "l2.slice_0"),
}
HZ = {"lpu:groq1": 900_000_000, "gpu:teaching": 1_000_000_000, "gpu:h100": 1_980_000_000}

failures = []


def expect(holds, sentence):
    if not holds:
        failures.append(sentence)
        print("not so:", sentence)


def run(folder, machine, *more):
    """The run's results as told in JSON."""
    words = [METRONOME, "run", MODEL, "--machine", machine, "--prompt", "Once", "--tokens", "1"]
    words += [*MACHINES[machine][0], *more, "--json", "run.json", "-q"]
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def start_ps(cycle, hz):
    return (2 * cycle * 10**12 + hz) // (2 * hz)


def changes(path):
    """By variable: what pywellen reads, as (time, value)."""
    wave = pywellen.Waveform(path=str(path))
    return {var.full_name: list(var.signal) for var in wave.all_vars()}


def last_time(histories):
    return max(history[-1][0] for history in histories.values())


def check_equal(one, other, what):
    expect(one.keys() == other.keys(), f"{what} have the same variables")
    for name in one.keys() & other.keys():
        expect(one[name] == other[name], f"{what} have the same changes of {name}")


def check_monotone(histories, what):
    for name, history in histories.items():
        times = [moment for moment, _ in history]
        expect(times == sorted(set(times)), f"{what}: the times of {name} increase")


def check_converted(folder, histories, what):
    """fst2vcd is GTKWave's own reader."""
    if shutil.which("fst2vcd") is None:
        print("fst2vcd is not installed (apt-get install gtkwave): not compared with it")
        return
    with open(folder / "back.vcd", "wb") as back:
        subprocess.run(["fst2vcd", "window.fst"], cwd=folder, check=True, stdout=back)
    check_equal(changes(folder / "back.vcd"), histories, f"{what}: fst2vcd and pywellen")


def check_vcdvcd(path, histories, what):
    """vcdvcd knows no strings, and gives vectors as their digits."""
    reader = vcdvcd.VCDVCD(str(path))
    expect(set(reader.signals) == set(histories), f"{what}: vcdvcd finds the same variables")
    for name in reader.signals:
        read = reader[name].tv
        if not read:
            expect(all(isinstance(v, str) for _, v in histories[name]), f"{what}: reads {name}")
            continue
        numbers = [(t, int(v, 2)) for t, v in read if set(v) <= {"0", "1"}]
        expected = [(t, int(v)) for t, v in histories[name] if not isinstance(v, str)]
        expect(numbers == expected, f"{what}: vcdvcd and pywellen agree on {name}")


def check_window(folder, machine):
    window = MACHINES[machine][1]
    first, last = map(int, window.split(":"))
    run(folder, machine, "--trace", "window.vcd", "--trace-window", window)
    run(folder, machine, "--trace", "window.fst", "--trace-window", window)
    vcd = changes(folder / "window.vcd")
    check_equal(vcd, changes(folder / "window.fst"), f"{machine}: VCD and FST")
    check_monotone(vcd, machine)
    check_converted(folder, vcd, machine)
    check_vcdvcd(folder / "window.vcd", vcd, machine)
    clock = vcd[next(name for name in vcd if name.endswith(".clock"))]
    expect(clock[0][0] == start_ps(first, HZ[machine]), f"{machine}: the window begins in {first}")
    expect(last_time(vcd) == start_ps(last + 1, HZ[machine]), f"{machine}: it ends after {last}")
    expect(len(clock) == 2 * (last + 1 - first) + 1, f"{machine}: the clock toggles twice a cycle")
    again = (folder / "window.fst").read_bytes()
    run(folder, machine, "--trace", "window.fst", "--trace-window", window)
    expect(again == (folder / "window.fst").read_bytes(), f"{machine}: equal runs, equal files")


def check_whole(folder, machine):
    """Of a few signals, so that it takes no time."""
    plain = run(folder, machine)
    part = MACHINES[machine][2]
    cycles = sum(token["simulated_cycles"] for token in plain["tokens"])
    for name in ("whole.vcd", "whole.fst"):
        traced = run(folder, machine, "--trace", name, "--trace-filter", part)
        for field in ("generated_ids", "text", "tokens", "counters"):
            expect(traced[field] == plain[field], f"{machine}: {name} changes no {field}")
        histories = changes(folder / name)
        end = last_time(histories)
        expect(end == start_ps(cycles, HZ[machine]), f"{machine}: {name} ends in cycle {cycles}")
        count = next(history for path, history in histories.items() if path.endswith(".cycle"))
        expect(count[-1][1] == cycles, f"{machine}: {name} counts to {cycles}")
        expect(any(part in path for path in histories), f"{machine}: {name} has {part}")


def held(history, moment):
    """What a variable holds at a time; nothing before its first value."""
    before = [value for time_of, value in history if time_of <= moment]
    return before[-1] if before else None


def check_window_of_whole(folder, machine):
    """A window holds, cycle by cycle, what a trace of the whole run holds there."""
    first, last = map(int, MACHINES[machine][1].split(":"))
    part = ["--trace-filter", MACHINES[machine][2]]
    run(folder, machine, "--trace", "all.fst", *part)
    run(folder, machine, "--trace", "some.fst", *part, "--trace-window", f"{first}:{last}")
    whole, window = changes(folder / "all.fst"), changes(folder / "some.fst")
    expect(whole.keys() == window.keys(), f"{machine}: a window has the signals of the whole")
    begin, end = start_ps(first, HZ[machine]), start_ps(last + 1, HZ[machine])
    for name in whole.keys() & window.keys():
        if name.endswith("_code"):  # numbers are given by first appearance
            continue
        inside = [change for change in whole[name] if begin < change[0] < end]
        inside.insert(0, (begin, held(whole[name], begin)))
        found = [change for change in window[name] if change[0] < end]
        expect(found == inside, f"{machine}: the window's {name} is that of the whole trace")


def check_size(folder, machine):
    """A token and the one before it, with everything that is recorded unasked."""
    for name, most in (("token.vcd", 200_000_000), ("token.fst", 20_000_000)):
        run(folder, machine, "--trace", name)
        size = (folder / name).stat().st_size
        expect(most / 1000 < size < most, f"{machine}: {name} has {size} bytes, of at most {most}")


def check_limit(folder, machine):
    """A limit stops the trace and not the run."""
    for name in ("small.vcd", "small.fst"):
        run(folder, machine, "--trace", name, "--trace-limit", "1", "--trace-window", "0:200000")
        expect((folder / name).stat().st_size <= 1 << 20, f"{machine}: {name} keeps its limit")
        histories = changes(folder / name)
        check_monotone(histories, f"{machine}: {name}")
        expect(last_time(histories) > start_ps(400, HZ[machine]), f"{machine}: {name} has cycles")


def check_interrupted(folder, machine):
    """SIGTERM in the middle of a run leaves all up to there."""
    for name in ("broken.vcd", "broken.fst"):
        words = [METRONOME, "run", MODEL, "--machine", machine, "--tokens", "1000", "--trace", name]
        words += ["--trace-filter", MACHINES[machine][2], "-q"]
        with subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not list(folder.glob(name + ".*.part")):
                time.sleep(0.05)
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
            expect(process.wait() == 130, f"{machine}: {name}: the run says that it was interrupted")
        histories = changes(folder / name)
        clock = next(history for path, history in histories.items() if path.endswith(".clock"))
        expect(len(clock) > 2000, f"{machine}: {name} holds the cycles before the signal")
        check_monotone(histories, f"{machine}: {name}")
        view = (folder / name).with_suffix(".gtkw")
        expect(view.is_file(), f"{machine}: {name} has its view")
    expect(not list(folder.glob("*.part*")), f"{machine}: nothing unfinished is left")


def main():
    for machine in MACHINES:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            check_window(folder, machine)
            if machine != "gpu:teaching":  # whose token takes two million cycles
                check_size(folder, machine)
                check_limit(folder, machine)
                check_whole(folder, machine)
                check_window_of_whole(folder, machine)
                check_interrupted(folder, machine)
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


main()
