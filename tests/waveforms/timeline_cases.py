# SPDX-License-Identifier: Apache-2.0
"""What timelines of both machines must hold, read by Perfetto's messages and as plain JSON."""

import collections
import decimal
import gzip
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import jsonschema
from perfetto_trace import PerfettoTrace

PROGRAMS = {}
SCHEMA = pathlib.Path(__file__).with_name("timeline_schema.json")
OPERAND = re.compile(r"(\w+)=([EW])(\d+)(?::(\d+))?")  # `in=E0:16`
NANOSECONDS = 10**9
PICOSECONDS = 10**12


def use(metronome, tiny_model):
    PROGRAMS.update(metronome=metronome, tiny_model=tiny_model)


def rounded(cycle, per_second, clock_hz):
    """Halves up, in whole numbers."""
    return (2 * cycle * per_second + clock_hz) // (2 * clock_hz)


class Run:
    """A run of the tiny model, with what it said of itself."""

    def __init__(self, folder, name, *options):
        model = folder / "tiny.gguf"
        if not model.exists():
            subprocess.run([PROGRAMS["tiny_model"], model], check=True)
        self.path = folder / name if name else None
        words = ["run", model, "--prompt", "Hi", "--tokens", "2", "--json", "-", *options]
        if name:
            words += ["--timeline", self.path]
        done = subprocess.run([PROGRAMS["metronome"], *words], check=True, capture_output=True)
        self.facts = json.loads(done.stdout)
        self.clock_hz = self.facts["clock_hz"]
        self.counters = {c["name"]: c["value"] for c in self.facts["counters"]}

    def perfetto(self):
        return PerfettoTrace(self.path.read_bytes())

    def chrome(self):
        data = self.path.read_bytes()
        text = gzip.decompress(data) if self.path.suffix == ".gz" else data
        return json.loads(text, parse_float=decimal.Decimal)


class TimelineCase(unittest.TestCase):
    options = ()

    @classmethod
    def setUpClass(cls):
        if cls.options == ():
            raise unittest.SkipTest("what the machines share")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.plain = Run(cls.folder, None, *cls.options)
        cls.run_ = Run(cls.folder, "a.pftrace", *cls.options)
        cls.trace = cls.run_.perfetto()
        cls.json_run = Run(cls.folder, "a.json", *cls.options)
        cls.json = cls.json_run.chrome()
        cls.events = cls.json["traceEvents"]

    def test_recording_changes_no_token_and_no_cycle(self):
        changing = {"compile_seconds", "emulate_seconds", "peak_rss_bytes"}
        for run in (self.run_, self.json_run):
            for field in self.plain.facts.keys() - changing:
                self.assertEqual(run.facts[field], self.plain.facts[field], field)

    def test_slices_of_a_track_never_overlap(self):
        tracks = collections.defaultdict(list)
        for s in self.trace.slices:
            self.assertGreater(s.cycles, 0)
            tracks[s.track].append((s.cycle, s.cycle + s.cycles))
        for track, spans in tracks.items():
            spans.sort()
            for (_, end), (begin, _) in zip(spans, spans[1:]):
                self.assertLessEqual(end, begin, track)

    def test_no_slice_of_a_track_is_told_before_an_earlier_one(self):
        last = {}
        for s in self.trace.slices:
            self.assertLessEqual(last.get(s.track, 0), s.begin_ns, s.track)
            last[s.track] = s.end_ns

    def test_each_time_stamp_is_rounded_from_its_cycle(self):
        clock_hz = self.run_.clock_hz
        for s in self.trace.slices:
            self.assertGreaterEqual(s.cycle, 0)
            self.assertEqual(s.begin_ns, rounded(s.cycle, NANOSECONDS, clock_hz))
            self.assertEqual(s.end_ns, rounded(s.cycle + s.cycles, NANOSECONDS, clock_hz))

    def test_each_token_lasts_its_simulated_cycles(self):
        tokens = [s for s in self.trace.of("program") if s.track.endswith(".program.token")]
        found = [(s.arguments["position"], s.cycles) for s in tokens]
        told = [(t["position"], t["simulated_cycles"]) for t in self.plain.facts["tokens"]]
        self.assertEqual(found, told)

    def test_the_json_form_keeps_its_schema(self):
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        plain = json.loads(self.json_run.path.read_text(encoding="utf-8"))
        head = {**plain, "traceEvents": []}
        jsonschema.Draft202012Validator(schema).validate(head)
        # One event of each shape: the validator is slow, and shapes are few.
        event = jsonschema.Draft202012Validator({**schema["$defs"]["event"]})
        shapes = {}
        for e in plain["traceEvents"]:
            arguments = tuple((k, type(v)) for k, v in e.get("args", {}).items())
            keys = tuple((k, type(v)) for k, v in e.items())
            shapes.setdefault((e["ph"], keys, arguments), e)
        for e in shapes.values():
            event.validate(e)

    def test_the_json_form_has_exact_picoseconds(self):
        clock_hz = self.json["otherData"]["clock_hz"]
        million = decimal.Decimal(10**6)
        for e in self.events:
            if e["ph"] != "X":
                continue
            begin = rounded(e["args"]["cycle"], PICOSECONDS, clock_hz)
            end = rounded(e["args"]["cycle"] + e["args"]["cycles"], PICOSECONDS, clock_hz)
            self.assertEqual(e["ts"] * million, begin)
            self.assertEqual((e["ts"] + e["dur"]) * million, end)

    def test_both_forms_hold_the_same_slices(self):
        processes, threads = {}, {}
        for e in self.events:
            if e["name"] == "process_name":
                processes[e["pid"]] = e["args"]["name"]
            if e["name"] == "thread_name":
                threads[e["tid"]] = f"{processes[e['pid']]}.{e['args']['name']}"
        told = sorted((threads[e["tid"]], e["args"]["cycle"], e["args"]["cycles"], e["name"])
                      for e in self.events if e["ph"] == "X")
        found = sorted((s.track, s.cycle, s.cycles, s.name) for s in self.trace.slices)
        self.assertEqual(told, found)

    def test_compressed_forms_hold_the_same(self):
        packed = Run(self.folder, "b.json.gz", *self.options)
        self.assertEqual(gzip.decompress(packed.path.read_bytes()),
                         self.json_run.path.read_bytes())
        packed = Run(self.folder, "b.pftrace.gz", *self.options)
        self.assertEqual(gzip.decompress(packed.path.read_bytes()), self.run_.path.read_bytes())

    def test_a_window_holds_what_begins_in_it(self):
        window = Run(self.folder, "w.pftrace", *self.options, "--timeline-window", "1000:1999")
        found = [s for s in window.perfetto().slices if s.category not in ("program", "cta")]
        whole = [s for s in self.trace.slices if s.category not in ("program", "cta")]
        self.assertTrue(found)
        self.assertCountEqual([(s.track.rstrip(" 23456789"), s.cycle, s.name) for s in found],
                              [(s.track.rstrip(" 23456789"), s.cycle, s.name) for s in whole
                               if 1000 <= s.cycle <= 1999])


class OfTheChip(TimelineCase):
    options = ("--machine", "lpu:groq1")

    def test_each_instruction_is_a_slice(self):
        self.assertEqual(len(self.trace.of("issue")), self.plain.facts["instructions_issued"])

    def test_the_slices_of_a_queue_add_up_to_its_busy_cycles(self):
        cycles, counts = collections.Counter(), collections.Counter()
        for s in self.trace.of("issue"):
            queue, _, lane = s.track.removeprefix("lpu.").partition(" ")
            counts[queue] += 1
            if not lane:  # the second of a read and a write shares the cycle of the first
                cycles[queue] += s.cycles
        for name, value in self.plain.counters.items():
            if name.endswith(".busy"):
                self.assertEqual(cycles[name.removesuffix(".busy")], value, name)
            if name.endswith(".issued"):
                self.assertEqual(counts[name.removesuffix(".issued")], value, name)

    def test_each_arrow_joins_two_slices_a_value_can_go_between(self):
        makers, takers = {}, {}
        for s in self.trace.slices:
            for flow in s.outputs:
                self.assertNotIn(flow, makers)
                makers[flow] = s
            told = [i["flow"] for i in s.arguments.get("inputs", [])]
            self.assertEqual(told, s.inputs)
            for i in s.arguments.get("inputs", []):
                self.assertNotIn(i["flow"], takers)
                takers[i["flow"]] = (s, i)
        self.assertTrue(makers)
        self.assertEqual(makers.keys(), takers.keys())
        for flow, (taker, value) in takers.items():
            maker = makers[flow]
            self.assertEqual(value["taken"] - value["visible"], value["hops"])
            self.assertGreaterEqual(value["hops"], 0)
            self.assertGreater(value["visible"], maker.cycle)
            self.assertGreaterEqual(value["taken"], taker.cycle)
            if maker.name == "Read":  # a slice's value is on its stream a cycle later
                self.assertEqual(value["visible"], maker.cycle + 1)
                stream = maker.arguments["operands"].split("out=")[1]
                self.assertEqual(stream, value["stream"])
            if taker.name == "Write":
                self.assertEqual(value["taken"], taker.cycle)

    def test_each_stream_that_an_instruction_names_as_operand_has_its_arrow(self):
        arrows = 0
        for s in self.trace.of("issue"):
            named = [match for field, *match in OPERAND.findall(s.arguments["operands"])
                     if field not in ("out", "z")]
            wanted = sorted(f"{letter}{int(first) + n}" for letter, first, width in named
                            for n in range(int(width or 1)))
            taken = []
            for value in s.arguments.get("inputs", []):
                first, _, last = value["stream"][1:].partition("..")
                taken += [f"{value['stream'][0]}{n}"
                          for n in range(int(first), int(last or first) + 1)]
            self.assertEqual(sorted(taken), wanted, s)
            arrows += len(taken)
        self.assertGreater(arrows, 10000)

    def test_arrows_of_slices_in_one_hemisphere_have_their_distance(self):
        columns = collections.defaultdict(set)
        makers = {flow: s for s in self.trace.slices for flow in s.outputs}
        for s in self.trace.slices:
            for i in s.arguments.get("inputs", []):
                maker = makers[i["flow"]].track.split(" ")[0]
                columns[maker, s.track.split(" ")[0], i["stream"][0]].add(i["hops"])
        for pair, hops in columns.items():
            self.assertEqual(len(hops), 1, pair)  # places do not move

    def test_the_json_form_has_the_same_arrows(self):
        arrows = collections.Counter((e["ph"], e["id"]) for e in self.events if e["ph"] in "sf")
        flows = [flow for s in self.trace.slices for flow in s.outputs]
        self.assertEqual(set(arrows), {(p, flow) for flow in flows for p in "sf"})
        self.assertEqual(set(arrows.values()), {1})
        slices = {(e["tid"], e["ts"]) for e in self.events if e["ph"] == "X"}
        for e in self.events:
            if e["ph"] in "sf":
                self.assertIn((e["tid"], e["ts"]), slices)

    def test_the_counters_add_up(self):
        for row, counter in (("values put on streams", "streams.values"),
                             ("SRAM reads", "mem.reads"), ("SRAM writes", "mem.writes")):
            self.assertEqual(self.trace.counted("lpu.counters." + row),
                             self.plain.counters[counter], row)
        self.assertEqual(self.trace.counted("lpu.counters.instructions issued"),
                         self.plain.facts["instructions_issued"])

    def test_operators_and_layers_span_their_instructions(self):
        spans = collections.defaultdict(list)
        for s in self.trace.of("program"):
            if s.track.startswith("lpu.program.operator"):
                spans[s.name].append(s)
        served = [s for s in self.trace.of("issue") if "operator" in s.arguments]
        self.assertTrue(served)
        for s in served:
            self.assertTrue(any(o.cycle <= s.cycle and s.cycle + s.cycles <= o.cycle + o.cycles
                                for o in spans[s.arguments["operator"]]))
        layers = {s.name for s in self.trace.slices if s.track.startswith("lpu.program.layer")}
        self.assertEqual(layers, {"layer 0", "layer 1"})

    def test_a_filter_keeps_its_tracks_only(self):
        part = Run(self.folder, "f.pftrace", *self.options, "--timeline-filter", "vxm").perfetto()
        found = {s.track for s in part.of("issue")}
        self.assertTrue(found)
        self.assertTrue(all(track.startswith("lpu.vxm.alu_") for track in found))

    def test_without_arrows_there_are_none(self):
        none = Run(self.folder, "n.pftrace", *self.options, "--timeline-flows", "none").perfetto()
        self.assertEqual(len(none.slices), len(self.trace.slices))
        self.assertFalse(any(s.outputs or s.inputs for s in none.slices))

    def test_a_waveform_beside_it_changes_neither(self):
        alone = self.folder / "alone.vcd"
        beside = self.folder / "beside.vcd"
        Run(self.folder, None, *self.options, "--trace", alone)
        both = Run(self.folder, "both.pftrace", *self.options, "--trace", beside)
        self.assertEqual(beside.read_bytes(), alone.read_bytes())
        self.assertEqual(both.path.read_bytes(), self.run_.path.read_bytes())


class OfTheGpu(TimelineCase):
    options = ("--machine", "gpu:teaching", "--context", "4")

    def amounts(self):
        sums = collections.Counter()
        for s in self.trace.slices:
            sums[s.category] += s.arguments.get("amount", 0)
        return sums

    def test_each_warp_instruction_is_a_slice_that_names_its_warp(self):
        issues = self.trace.of("issue")
        self.assertEqual(len(issues), self.plain.facts["instructions_issued"])
        for s in issues:
            self.assertGreaterEqual(s.arguments["warp"], 0)
            self.assertGreaterEqual(s.arguments["pc"], 0)
            self.assertTrue(s.arguments["instruction"].startswith(s.name))

    def test_activities_add_up_to_the_counters(self):
        sums = self.amounts()
        for kinds, counters in (
                (["l1.hits"], ["l1.hit_sectors"]), (["l1.misses"], ["l1.missed_sectors"]),
                (["l1.merges"], ["l1.merged_sectors"]), (["l1.writes"], ["l1.sectors_written"]),
                (["l1.hits", "l1.misses", "l1.merges"], ["l1.sectors_read"]),
                (["l2.requests"], ["l2.requests"]), (["l2.hits"], ["l2.hit_sectors"]),
                (["l2.copy_hits"], ["l2.copy_sectors"]), (["l2.misses"], ["l2.missed_sectors"]),
                (["l2.far_reads"], ["l2.far_sectors"]), (["l2.merges"], ["l2.merged_sectors"]),
                (["l2.writes"], ["l2.written_sectors"]),
                (["dram.bytes_read"], ["dram.bytes_read"]),
                (["dram.bytes_written"], ["dram.bytes_written"]),
                (["dram.row_hits"], ["dram.row_hits"]), (["dram.row_opens"], ["dram.row_opens"]),
                (["dram.row_conflicts"], ["dram.row_conflicts"])):
            self.assertEqual(sum(sums[k] for k in kinds),
                             sum(self.plain.counters[c] for c in counters), kinds)

    def test_stalls_add_up_to_the_issue_slots(self):
        cycles = collections.Counter()
        for s in self.trace.of("stall"):
            cycles[s.name] += s.cycles
        slots = self.plain.facts["gpu"]["issue_slots"]
        self.assertEqual(cycles, {name: value for name, value in slots.items()
                                  if value and name not in ("issued", "no_warp")})

    def test_an_instruction_tells_the_stall_before_it(self):
        ends = {(s.track.rpartition(".")[0], s.cycle + s.cycles): s
                for s in self.trace.of("stall")}
        told = 0
        for s in self.trace.of("issue"):
            stall = ends.get((s.track.rpartition(".")[0], s.cycle))
            self.assertEqual("stalled" in s.arguments, stall is not None)
            if stall:
                told += 1
                self.assertEqual(s.arguments["stalled"], stall.cycles)
                self.assertEqual(s.arguments["stalled_for"], stall.name)
        self.assertGreater(told, 100)

    def test_the_counters_add_up(self):
        for row, counters in (
                ("warp instructions issued", ["sm.instructions"]),
                ("L1 hits", ["l1.hit_sectors"]), ("L1 misses", ["l1.missed_sectors"]),
                ("L2 hits", ["l2.hit_sectors", "l2.copy_sectors"]),
                ("L2 misses", ["l2.missed_sectors"]), ("DRAM read", ["dram.bytes_read"]),
                ("DRAM written", ["dram.bytes_written"])):
            self.assertEqual(self.trace.counted("gpu.counters." + row),
                             sum(self.plain.counters[c] for c in counters), row)
        resident = [value for _, value in self.trace.counters["gpu.counters.resident CTAs"]]
        self.assertGreater(max(resident), 0)
        self.assertGreaterEqual(min(resident), 0)
        self.assertEqual(resident[-1], 0)

    def test_each_launch_is_a_kernel_with_its_name(self):
        kernels = [s for s in self.trace.of("program") if s.track == "gpu.program.kernel"]
        self.assertEqual(len(kernels), self.plain.facts["gpu"]["launches"])
        self.assertTrue(any(s.name.startswith("blk.0.") for s in kernels))
        ctas = collections.Counter()
        for s in self.trace.of("cta"):
            ctas[s.name.split(" of ")[1]] += 1
        told = collections.Counter()
        for s in kernels:
            told[s.name] += s.arguments["ctas"]
        self.assertEqual(ctas, told)

    def test_layers_come_from_the_names_of_kernels(self):
        layers = [s.name for s in self.trace.slices if s.track == "gpu.program.layer"]
        self.assertEqual(layers, ["layer 0", "layer 1"] * len(self.plain.facts["tokens"]))

    def test_a_filter_keeps_its_tracks_only(self):
        part = Run(self.folder, "f.pftrace", *self.options, "--timeline-filter", "gpu.sm_0.l1")
        found = {s.track for s in part.perfetto().slices if s.category != "program"}
        self.assertTrue(found)
        self.assertTrue(all(track.startswith("gpu.sm_0.l1.") for track in found))
