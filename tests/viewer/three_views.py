# SPDX-License-Identifier: Apache-2.0
"""One value, seen three ways: the page's stream probe, the waveform and the chip itself agree.

Usage: three_views.py METRONOME CHIP_REGISTERS NODE FOLDER, by a Python that has pywellen.
Runs the shipped model, records one token, and compares 100 random registers and cycles.
"""
import json
import os
import pathlib
import subprocess
import sys

from waveform import Waveform

COUNT = 100
SEED = 20261125
PROMPT = "Once upon a time"
CHROMIUM = "/usr/bin/chromium"
SKIP = 77  # as ctest counts it


def run(*words, **options):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def page_view(metronome, node, folder):
    report = folder / "report.html"
    run(metronome, "report", "--prompt", PROMPT, "--tokens", 1, "--runs", 0, "-o", report, "-q")
    script = pathlib.Path(__file__).with_name("probe_pairs.mjs")
    pairs = json.loads(run(node, script, report, COUNT, SEED))
    return sorted(pairs, key=lambda p: p["cycle"])


def lanes_hex(lanes):
    return "-" if lanes is None else "".join(f"{byte:02x}" for byte in lanes)


def chip_view(metronome, tool, folder, pairs, ids):
    image, places = folder / "model.mtm", folder / "places.txt"
    model = pathlib.Path(__file__).parents[2] / "programs/shipped_model/metronome-stories.gguf"
    run(metronome, "compile", model, "-o", image)
    places.write_text("".join(
        f"{p['cycle']} {p['direction'][0]} {p['stream']} {p['column']}\n" for p in pairs))
    return run(tool, image, places, *ids).split()


def wave_view(metronome, folder, pairs, begin, end):
    paths = [f"streams.{p['direction']}.s_{p['stream']:02}.x_{p['column']:02}" for p in pairs]
    trace = folder / "token.vcd"
    filters = [word for path in sorted(set(paths)) for word in ("--trace-filter", path)]
    told = run(metronome, "run", "--prompt", PROMPT, "--tokens", 1, "--json", "-",
               "--trace", trace, "--trace-window", f"{begin}:{end}", *filters)
    wave = Waveform(trace)
    views = []
    for path, pair in zip(paths, pairs):
        value = wave.at(f"lpu.{path}.data", begin + pair["cycle"])
        views.append(value.to_bytes(16, "little").hex() if isinstance(value, int) else "-")
    return views, json.loads(told)


def main():
    if not pathlib.Path(CHROMIUM).exists():
        print(f"{CHROMIUM} is missing; on Debian or Ubuntu: apt-get install chromium")
        sys.exit(1 if os.environ.get("CI") else SKIP)
    metronome, tool, node, folder = sys.argv[1], sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])
    folder.mkdir(parents=True, exist_ok=True)
    plain = json.loads(run(metronome, "run", "--prompt", PROMPT, "--tokens", 1, "--json", "-"))
    cycles = [token["simulated_cycles"] for token in plain["tokens"]]
    begin, end = sum(cycles[:-1]), sum(cycles)
    pairs = page_view(metronome, node, folder)
    page = [lanes_hex(pair["lanes"]) for pair in pairs]
    chip = chip_view(metronome, tool, folder, pairs, plain["prompt_ids"])
    wave, traced = wave_view(metronome, folder, pairs, begin, end)
    differing = [(p, *v) for p, *v in zip(pairs, page, chip, wave) if len(set(v)) != 1]
    for pair, *views in differing:
        print(f"{pair['direction']} {pair['stream']} column {pair['column']} cycle {pair['cycle']}: "
              f"page {views[0]}, chip {views[1]}, waveform {views[2]}")
    holding = sum(view != "-" for view in page)
    print(f"seed {SEED}: {len(pairs)} registers and cycles, {holding} hold a value, "
          f"{len(differing)} seen differently")
    same_run = all(plain[key] == traced[key] for key in ("generated_ids", "text", "tokens"))
    if differing or len(pairs) != COUNT or holding < COUNT / 2 or not same_run:
        sys.exit(1)


main()
