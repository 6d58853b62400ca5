// SPDX-License-Identifier: Apache-2.0
// A made-up `metronome compare --json`: an LPU that never varies beside a GPU that varies a little.

function distribution(values, bins) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  const min = sorted[0];
  const max = sorted[sorted.length - 1];
  const made = {
    count: sorted.length,
    min,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p99_9: at(0.999),
    max,
    spread: max - min,
  };
  if (bins) {
    const counts = new Map();
    for (const value of sorted)
      counts.set(
        Math.floor(value / bins) * bins,
        (counts.get(Math.floor(value / bins) * bins) ?? 0) + 1,
      );
    made.bins = [...counts].map(([from, count]) => ({ from, to: from + bins - 1, count }));
  }
  return made;
}

const CAUSES = [
  [
    "placement",
    "where pages lie in memory and how addresses are spread over slices, banks and rows",
    "no hash and no pages: the compiler gives every word its slice and address",
  ],
  [
    "refresh",
    "how far each channel is in its refresh interval",
    "no DRAM, so no refresh: everything is in SRAM",
  ],
  [
    "cache contents",
    "which lines other kernels left in the L2, and in which order it replaces them",
    "no cache: a word is where it was put, and never anywhere else",
  ],
  [
    "dispatch",
    "on which SM the first CTA starts, and how far SMs start apart",
    "no dispatch at run time: the compiler gave every instruction its cycle",
  ],
  [
    "floorplan",
    "which SMs of the die are switched off, and so how far each is from each slice",
    "one floorplan: hops between places are the same on every chip",
  ],
];

function lpu(tokenCycles, layers, runs, positions) {
  const same = (cycles) => distribution(Array.from({ length: runs }, () => cycles));
  const tokens = Array.from({ length: positions }, (_, position) => ({
    position,
    cycles: tokenCycles,
  }));
  const accesses = {
    count: 372804,
    min: 5,
    p50: 7,
    p90: 9,
    p99: 9,
    p99_9: 16,
    max: 16,
    spread: 11,
    bins: [
      [5, 41000],
      [6, 88000],
      [7, 92804],
      [8, 90000],
      [9, 60000],
      [16, 1000],
    ].map(([c, count]) => ({ from: c, to: c, count })),
  };
  const body = layers.reduce((sum, row) => sum + row.achieved, 0);
  return {
    name: "lpu:groq1",
    clock_hz: 900e6,
    runs: Array.from({ length: runs }, (_, seed) => ({ seed, tokens })),
    token: {
      positions: tokens.map(({ position }) => ({ ...same(tokenCycles), position })),
      pooled: distribution(Array.from({ length: runs * positions }, () => tokenCycles)),
    },
    layers: layers.map((row) => ({ ...same(row.achieved), name: row.name, group: "layer" })),
    kernels: [],
    accesses,
    access_text:
      "vectors read from SRAM, from issue to the first unit they reach: 1 cycle and " +
      "1 for each hop, so they differ by place, never from run to run",
    causes: {
      each: CAUSES.map(([name, sentence, why_not]) => ({ name, sentence, acts: false, why_not })),
    },
    time: {
      seed: 0,
      parts: [
        { name: "barrier", sentence: "Notify until all queues run", cycles: 35 },
        {
          name: "layers",
          sentence: "one after the other",
          cycles: Math.min(body, tokenCycles - 36),
        },
        {
          name: "head",
          sentence: "the last norm to the last logit",
          cycles: Math.max(1, tokenCycles - 35 - Math.min(body, tokenCycles - 36)),
        },
      ],
    },
  };
}

const KERNELS = ["attn_qkv", "rope", "attn", "attn_out", "ffn_gate_up", "ffn_down"];

function gpuAccesses(rng) {
  const modes = [
    [44, 3, 0.25],
    [262, 14, 0.3],
    [318, 18, 0.25],
    [705, 60, 0.18],
    [1150, 130, 0.02],
  ];
  const values = [];
  for (const [mean, deviation, share] of modes) {
    for (let i = 0; i < share * 20000; ++i)
      values.push(Math.max(40, Math.round(rng.normal(mean, deviation))));
  }
  return distribution(values, 8);
}

function gpu(rng, layers, runs, positions) {
  const token = (position) =>
    Math.round(rng.normal(position === 0 ? 89400 : 68100, position === 0 ? 180 : 110));
  const all = Array.from({ length: runs }, (_, seed) => ({
    seed,
    tokens: Array.from({ length: positions }, (_, position) => ({
      position,
      cycles: token(position),
    })),
  }));
  const at = (position) => all.map((run) => run.tokens[position].cycles);
  const around = (cycles, deviation) =>
    distribution(Array.from({ length: runs }, () => Math.round(rng.normal(cycles, deviation))));
  const names = layers.map((row) => row.name).filter((name) => name.startsWith("blk."));
  const effect = (name) =>
    ({ placement: 410, dispatch: 130, floorplan: 60, refresh: 90 })[name] ?? 0;
  const acting = CAUSES.map(([name, sentence]) => {
    const s = summaryOf(rng, effect(name), runs);
    return { name, sentence, acts: true, runs, ...s };
  });
  const parts = [
    ["bytes at peak", "the L2's bytes at its peak bandwidth", 2084],
    ["launch gaps", "a kernel's end to the next one's start", 30700],
    ["tails", "SMs idle while others end a full grid", 0],
    ["the rest", "latency, ramps, barriers, small grids", 35298],
  ];
  return {
    name: "gpu:h100",
    clock_hz: 1980e6,
    runs: all,
    token: {
      positions: Array.from({ length: positions }, (_, position) => ({
        ...distribution(at(position)),
        position,
      })),
      pooled: distribution(all.flatMap((run) => run.tokens.map((one) => one.cycles))),
    },
    layers: names.map((name) => ({ ...around(20600, 40), name, group: "layer" })),
    kernels: names.flatMap((layer) =>
      KERNELS.map((kernel, i) => ({
        ...around(1500 + 420 * i, 6 + 4 * i),
        name: `${layer}.${kernel}`,
        group: kernel,
      })),
    ),
    accesses: gpuAccesses(rng),
    access_text: "global loads, from issue to registers, hits of L1 included",
    causes: { each: acting },
    time: { seed: 3, parts: parts.map(([name, sentence, cycles]) => ({ name, sentence, cycles })) },
  };
}

function summaryOf(rng, deviation, runs) {
  const added = Array.from({ length: runs }, () =>
    Math.round(rng.normal(-deviation / 3, deviation)),
  ).sort((a, b) => a - b);
  const least = added[0] || 0;
  const most = added[added.length - 1] || 0;
  return {
    added_median: added[Math.floor(runs / 2)] || 0,
    added_least: least,
    added_most: most,
    added_spread: most - least,
  };
}

export function sampleComparison(rng, tokenCycles, layers) {
  const runs = 20;
  const machines = [lpu(tokenCycles, layers, runs, 4), gpu(rng, layers, runs, 4)];
  return {
    schema: "metronome.compare/1",
    model: "metronome-sample",
    prompt: "Once upon a time",
    runs,
    machines,
  };
}
