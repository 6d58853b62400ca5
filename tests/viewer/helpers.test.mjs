// SPDX-License-Identifier: Apache-2.0
// The small pieces: why-chains, bins, axes, addresses, the view, numbers as text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { loadSource } from "./load_source.mjs";
import { sampleReport } from "./sample_report.mjs";

const { whyChain } = await loadSource("why.ts");
const { binned, coarser, summary } = await loadSource("distribution.ts");
const { domain, logTicks } = await loadSource("time_axis.ts");
const { parseRoute, formatRoute, wholeNumber } = await loadSource("state.ts");
const { Viewport, cycleStep } = await loadSource("viewport.ts");
const { groupBy, membersOf, lowerBound } = await loadSource("groups.ts");
const { layoutColumns, columnAt, queueAt } = await loadSource("columns_layout.ts");
const { readReport } = await loadSource("model.ts");
const numbers = await loadSource("numbers.ts");

const program = (kind, issue, culprit) => ({ why: { kind, issue, culprit, text: "" } });

test("a why-chain follows culprits to the token's start", () => {
  const programs = [program("start", 0, -1), program("value", 2, 1), program("queue", 4, 3)];
  assert.deepEqual(whyChain(programs, [0, 0, 1, 1, 2], 2), [
    { program: 2, issue: 4, culprit: 3 },
    { program: 1, issue: 2, culprit: 1 },
    { program: 0, issue: 0, culprit: -1 },
  ]);
});

test("a why-chain that bites its tail ends", () => {
  const programs = [program("queue", 0, 1), program("queue", 1, 0)];
  assert.deepEqual(
    whyChain(programs, [0, 1], 0).map((link) => link.program),
    [0, 1],
  );
});

test("bins hold every value once, and their ends are included", () => {
  const bins = binned([7, 3, 3, 12, 8], 5);
  assert.equal(
    bins.reduce((sum, bin) => sum + bin.count, 0),
    5,
  );
  assert.deepEqual(bins[0], { from: 3, to: 4, count: 2 });
  assert.deepEqual(binned([5, 5, 5], 10), [{ from: 5, to: 5, count: 3 }]);
  assert.deepEqual(binned([], 10), []);
});

test("coarser bins keep the count", () => {
  const fine = Array.from({ length: 100 }, (_, i) => ({ from: i, to: i, count: i }));
  const coarse = coarser(fine, 10);
  assert.equal(coarse.length, 10);
  assert.equal(
    coarse.reduce((sum, bin) => sum + bin.count, 0),
    4950,
  );
  assert.equal(coarser(fine, 200), fine);
});

test("percentiles are nearest rank", () => {
  const found = summary([5, 1, 4, 2, 3]);
  assert.deepEqual(found, {
    count: 5,
    min: 1,
    p50: 3,
    p90: 5,
    p99: 5,
    p99_9: 5,
    max: 5,
    spread: 4,
  });
});

test("a linear axis begins at zero, a difference is centred", () => {
  assert.equal(domain([{ low: 90, high: 100 }], "linear").low, 0);
  const both = domain(
    [
      { low: -5, high: 20 },
      { low: 0, high: 0 },
    ],
    "difference",
  );
  assert.equal(both.low, -both.high);
  assert.ok(both.high >= 20);
  const log = domain([{ low: 5, high: 800 }], "log");
  assert.ok(log.low > 0 && log.low < 5 && log.high > 800);
  const constant = domain([{ low: 0, high: 0 }], "difference");
  assert.ok(constant.high > constant.low, "one value still gives an axis");
});

test("ticks of a log axis stand within it and are few enough", () => {
  for (const [low, high] of [
    [1, 10],
    [4.4, 1000],
    [0.01, 1e6],
  ]) {
    const ticks = logTicks(low, high, 8);
    assert.ok(
      ticks.length > 0 && ticks.every((tick) => tick >= low && tick <= high),
      `${low} ${high}`,
    );
  }
});

test("cycle marks are 1, 2 or 5 times a power of ten, far enough apart", () => {
  assert.equal(cycleStep(30, 26), 1);
  assert.equal(cycleStep(10, 26), 5);
  assert.equal(cycleStep(0.1, 26), 500);
});

test("an address says the view, and back", () => {
  const route = { section: "schedule", values: { cycle: "120", queue: "mem_w.slice_3" } };
  assert.equal(formatRoute(route), "#schedule?cycle=120&queue=mem_w.slice_3");
  assert.deepEqual(parseRoute(formatRoute(route)), route);
  assert.deepEqual(parseRoute(""), { section: "", values: {} });
  assert.equal(wholeNumber("12x", 7), 7);
  assert.equal(wholeNumber(undefined, 7), 7);
});

test("the view zooms about a point and stays within the token", () => {
  const view = new Viewport(1000, 50);
  view.zoomCycles(0.5, 0.25);
  assert.equal(view.span, 500);
  assert.equal(view.cycle + view.span * 0.25, 250);
  view.pan(-1e9, -1e9);
  assert.deepEqual([view.cycle, view.left], [0, 0]);
  view.pan(1e9, 1e9);
  assert.equal(view.cycle + view.span, 1000);
  for (let i = 0; i < 100; ++i) view.zoomCycles(0.5);
  assert.equal(view.span, 8);
  for (let i = 0; i < 100; ++i) view.zoomCycles(2);
  assert.deepEqual([view.cycle, view.span], [0, 1000]);
});

test("rows are gathered by key in their order", () => {
  const groups = groupBy([2, 0, 2, 1, 2], 4);
  assert.deepEqual(Array.from(membersOf(groups, 2)), [0, 2, 4]);
  assert.deepEqual(Array.from(membersOf(groups, 3)), []);
  const sorted = [1, 3, 3, 9];
  assert.equal(
    lowerBound(0, 4, 3, (i) => sorted[i]),
    1,
  );
  assert.equal(
    lowerBound(0, 4, 10, (i) => sorted[i]),
    4,
  );
});

test("queues stand at their columns, and an empty column keeps a place", () => {
  const queue = (hemisphere, index, position) => ({
    path: "",
    unit: "mem",
    hemisphere,
    index,
    position,
  });
  const queues = [queue("west", 0, 1), queue("west", 1, 1), queue("east", 0, 3)];
  const layout = layoutColumns(queues, 5, () => true);
  assert.deepEqual(layout.queues, [1, 0, 2], "slice 0 is nearest to the middle");
  for (const [i, one] of queues.entries()) {
    assert.equal(queueAt(layout, layout.left[i] + 0.5), i);
    assert.equal(columnAt(layout, layout.left[i] + 0.5), one.position);
  }
  assert.equal(queueAt(layout, layout.columnLeft[2] + 0.1), -1);
});

test("a report is read, and each instruction is found by its queue and cycle", async () => {
  const { data, bytes } = sampleReport({ size: "small", seed: 3 });
  const { count } = data.columns["issues.stream_program"];
  const report = await readReport(JSON.stringify(data), gzipSync(bytes).toString("base64"));
  assert.equal(report.issues.count, count);
  for (let issue = 0; issue < count; issue += 97) {
    assert.equal(report.issueAt(report.issues.queue[issue], report.issues.cycle[issue]), issue);
    const [from, to] = report.samplesOf(issue);
    for (let i = from; i < to; ++i) assert.equal(report.samples.issue[i], issue);
  }
});

test("numbers carry units and grouping", () => {
  assert.equal(numbers.cycles(1), "1 cycle");
  assert.equal(numbers.cycles(1234), "1,234 cycles");
  assert.equal(numbers.time(4222 / 0.9), "4.691\u00a0\u00b5s");
  assert.equal(numbers.time(5.6), "5.6\u00a0ns");
  assert.equal(numbers.signed(-12), "\u221212");
  assert.equal(numbers.percentOf(1, 100000), "less than 0.1 %");
  assert.equal(numbers.listed(["a", "b", "c"]), "a, b and c");
});
