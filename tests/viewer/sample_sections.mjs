// SPDX-License-Identifier: Apache-2.0
// What a made-up report says of layers, units and memory, and its conflict.
import { OPCODES } from "./sample_chip.mjs";

export const TILED = ["attn_q", "attn_k", "attn_v", "attn_out", "ffn_gate", "ffn_up", "ffn_down"];

export function layerRows(schedule, size, last) {
  const rows = [];
  for (let layer = 0; layer < size.layers; ++layer) {
    const programs = schedule.programs.filter((program) => program.layer === layer);
    const begin = Math.min(...programs.map((program) => program.begin));
    const end = Math.max(...programs.map((program) => program.end));
    const achieved = end - begin;
    const bounds = [
      {
        name: "critical path",
        cycles: Math.round(achieved * 0.72),
        text: "the longest chain of values",
      },
      {
        name: "weights",
        cycles: Math.round(achieved * 0.86),
        text: "rows of weights at 8 a cycle and hemisphere",
      },
      {
        name: "streams",
        cycles: Math.round(achieved * 0.31),
        text: "bytes past the busiest column",
      },
    ];
    const names = [...new Set(programs.map((program) => program.operator))];
    const operators = names.map((name) => {
      const own = programs.filter((program) => program.operator === name);
      return {
        name,
        begin: Math.min(...own.map((one) => one.begin)),
        end: Math.max(...own.map((one) => one.end)),
      };
    });
    rows.push({
      name: `blk.${layer}`,
      begin,
      end,
      achieved,
      bound: bounds[1].cycles,
      binds: bounds[1].name,
      bounds,
      operators,
    });
  }
  const head = {
    name: "head",
    begin: last - 60,
    end: last,
    achieved: 60,
    bound: 52,
    binds: "critical path",
    bounds: [{ name: "critical path", cycles: 52, text: "the longest chain of values" }],
    operators: [],
  };
  return [...rows, head];
}

export function unitRows(chip, rows, cycles) {
  const issued = new Uint32Array(chip.queues.length);
  const busy = new Uint32Array(chip.queues.length);
  for (const one of rows) {
    ++issued[one.queue];
    busy[one.queue] += OPCODES[one.opcode].busy;
  }
  return chip.queues.map((queue, i) => ({
    path: queue.path,
    unit: queue.unit,
    issued: issued[i],
    busy: busy[i],
    idle: cycles - busy[i],
  }));
}

export function memoryRows(size, cycles) {
  const slices = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const rows = [];
  for (let layer = 0; layer < size.layers; ++layer) {
    TILED.forEach((name, i) => {
      for (const hemisphere of ["west", "east"]) {
        rows.push({
          name: `blk.${layer}.${name}.weight`,
          kind: "constant",
          hemisphere,
          slices: slices(28, 43),
          address: (layer * TILED.length + i) * 90,
          addresses: 80,
          rows: 640,
          bytes: 640 * 320,
          firstWrite: -1,
          lastUse: Math.round((cycles * (layer + 0.1 + i / 8)) / size.layers),
        });
      }
    });
    rows.push({
      name: `blk.${layer}.cache_k`,
      kind: "state",
      hemisphere: "west",
      slices: slices(4, 7),
      address: layer * 64,
      addresses: 64,
      rows: 64,
      bytes: 64 * 320 * 4,
      firstWrite: Math.round((cycles * (layer + 0.3)) / size.layers),
      lastUse: Math.round((cycles * (layer + 0.5)) / size.layers),
    });
    rows.push({
      name: `blk.${layer}.x`,
      kind: "scratch",
      hemisphere: "east",
      slices: slices(12, 19),
      address: (layer % 2) * 300,
      addresses: 240,
      rows: 240,
      bytes: 240 * 320,
      firstWrite: Math.round((cycles * layer) / size.layers),
      lastUse: Math.round((cycles * (layer + 1)) / size.layers),
    });
  }
  rows.push({
    name: "mask",
    kind: "input",
    hemisphere: "east",
    slices: [0],
    address: 4096,
    addresses: 8,
    rows: 8,
    bytes: 2560,
    firstWrite: -1,
    lastUse: 120,
  });
  rows.push({
    name: "logits",
    kind: "output",
    hemisphere: "west",
    slices: slices(0, 3),
    address: 4200,
    addresses: 400,
    rows: 400,
    bytes: 400 * 320,
    firstWrite: cycles - 80,
    lastUse: cycles - 1,
  });
  return rows;
}

export function conflictStory(chip, rows) {
  const index = rows.findIndex(
    (one, i) =>
      i > rows.length / 3 &&
      one.text.startsWith("Read") &&
      rows.some((other) => other.queue === one.queue && other.cycle === one.cycle + 1),
  );
  const victim = rows[index];
  const moved = rows.find(
    (other) => other.queue === victim.queue && other.cycle === victim.cycle + 1,
  );
  const path = chip.queues[victim.queue].path;
  const near = rows.filter(
    (one) =>
      Math.abs(one.cycle - victim.cycle) <= 8 &&
      Math.abs(one.queue - victim.queue) <= 3 &&
      one !== moved,
  );
  const around = near.map((one) => ({
    path: chip.queues[one.queue].path,
    cycle: one.cycle,
    busy: OPCODES[one.opcode].busy,
    text: one.text,
    culprit: one === victim,
    moved: false,
  }));
  around.push({ path, cycle: victim.cycle, busy: 1, text: moved.text, culprit: true, moved: true });
  const culprits = [victim, moved].map((one) => ({
    path,
    cycle: victim.cycle,
    text: one.text,
    issue: one.index,
  }));
  return {
    change:
      `${moved.text} in ${path} was moved from cycle ${moved.cycle} to cycle ` +
      `${victim.cycle}, one cycle earlier.`,
    verdict:
      `${path} dispatches two instructions in cycle ${victim.cycle}:\n  ` +
      `${victim.text}\n  ${moved.text}`,
    cycle: victim.cycle,
    place: path,
    culprits,
    around,
  };
}
