// SPDX-License-Identifier: Apache-2.0
// Makes a report that is made up but agrees with itself, for tests and for work on the page.
// Usage: node sample_report.mjs OUT.html [--size small|large] [--seed N] [--alone] [--template PAGE]
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { findTemplate } from "./places.mjs";
import { random } from "./random.mjs";
import { OPCODES, sampleChip, slicePosition } from "./sample_chip.mjs";
import { sampleComparison } from "./sample_comparison.mjs";
import { Schedule, tilePieces, vectorPieces } from "./sample_schedule.mjs";

const BARRIER = 35;
const SIZES = { small: { layers: 3, tiles: 1 }, large: { layers: 6, tiles: 4 } };
const TILED = ["attn_q", "attn_k", "attn_v", "attn_out", "ffn_gate", "ffn_up", "ffn_down"];

function lastOf(schedule, program) {
  return schedule.programs[program].made.reduce((a, b) => (b.cycle >= a.cycle ? b : a));
}

/** One operator after the other; weights of the next tile load while the last one multiplies. */
function fillSchedule(schedule, size) {
  let ready = BARRIER; // when the operand is written
  let cause = { kind: "start", culprit: null, text: "" };
  let weights = BARRIER + 40;
  const vector = (operator, layer, step, address) => {
    const program = schedule.place(operator, layer, step, ready, cause, vectorPieces(schedule, address, (address % 3) * 2 + 2));
    const last = lastOf(schedule, program);
    ready = last.cycle + 1;
    cause = { kind: "value", culprit: last, text: `${schedule.chip.queues[last.queue].path} writes its operand in cycle ${last.cycle}` };
  };
  vector("token_embd", -1, "", 0);
  for (let layer = 0; layer < size.layers; ++layer) {
    vector(`blk.${layer}.attn_norm`, layer, "squares", 1);
    for (const name of TILED) {
      const sums = []; // the writes that the operator's own sum waits for
      for (let tile = 0; tile < size.tiles; ++tile) {
        for (const hemisphere of ["west", "east"]) {
          const earliest = Math.max(weights, ready - 20);
          const why = earliest === weights ? { kind: "weights", culprit: cause.culprit, text: "the buffer of the plane still holds the tile before it" } : cause;
          const pieces = tilePieces(schedule, hemisphere, (layer * 64 + tile * 8) % 4000, tile % 2);
          const program = schedule.place(`blk.${layer}.${name}`, layer, `tile ${tile} ${hemisphere}`, earliest, why, pieces);
          sums.push(lastOf(schedule, program));
        }
        weights += 46;
      }
      const latest = sums.reduce((a, b) => (b.cycle >= a.cycle ? b : a));
      ready = latest.cycle + 1;
      cause = { kind: "value", culprit: latest, text: `${schedule.chip.queues[latest.queue].path} writes its operand in cycle ${latest.cycle}` };
      vector(`blk.${layer}.${name}`, layer, "sum", 2 + TILED.indexOf(name));
      if (name === "attn_v") vector(`blk.${layer}.softmax`, layer, "maximum", 10);
      if (name === "ffn_up") vector(`blk.${layer}.gate`, layer, "", 11);
    }
  }
  vector("output_norm", -1, "", 12);
}

function drivesByDiagonal(schedule) {
  const all = new Map();
  for (const one of schedule.instructions) {
    for (const drive of one.drives) {
      const way = drive.stream < schedule.chip.streams ? drive.visible - drive.position : drive.visible + drive.position;
      const key = `${drive.stream}/${way}`;
      if (!all.has(key)) all.set(key, []);
      all.get(key).push(drive);
    }
  }
  return all;
}

/** The rule itself, as it is written down: nearest upstream on the diagonal. */
export function bruteForce(drives, streams, stream, column, cycle) {
  let best = null;
  for (const drive of drives) {
    if (drive.stream !== stream) continue;
    const east = stream < streams;
    const same = east ? drive.visible - drive.position === cycle - column : drive.visible + drive.position === cycle + column;
    const upstream = east ? drive.position <= column : drive.position >= column;
    if (!same || !upstream) continue;
    if (!best || (east ? drive.position > best.position : drive.position < best.position)) best = drive;
  }
  return best;
}

function linkSamples(schedule) {
  const diagonals = drivesByDiagonal(schedule);
  for (const one of schedule.instructions) {
    one.samples = [];
    for (const [stream, position, cycle] of one.takes) {
      const east = stream < schedule.chip.streams;
      const key = `${stream}/${east ? cycle - position : cycle + position}`;
      const drive = bruteForce(diagonals.get(key) ?? [], schedule.chip.streams, stream, position, cycle);
      if (!drive) continue;
      one.samples.push(drive);
      drive.reach = east ? Math.max(drive.reach, position) : Math.min(drive.reach, position);
    }
  }
}

/** Values that nobody needs any more are replaced downstream, as happens on the chip. */
function replaceSome(schedule, wanted) {
  const drives = schedule.instructions.flatMap((one) => one.drives).filter((drive) => drive.stream < schedule.chip.streams);
  for (let i = 0; i < wanted && drives.length > 0; ++i) {
    const old = drives[schedule.rng.below(drives.length)];
    const slice = schedule.rng.below(44);
    const position = slicePosition("east", slice);
    if (position <= old.reach) continue;
    const visible = old.visible + position - old.position;
    const queue = `mem_e.slice_${slice}`;
    if (schedule.held.has(`${queue}@${visible - 1}`)) continue;
    const lanes = Array.from({ length: 16 }, () => schedule.rng.below(256));
    const drive = { stream: old.stream, at: 0, position, width: 1, byte: 0, lanes };
    const key = `${old.stream}/${visible - position}`;
    schedule.diagonals.delete(key);
    const piece = { queue, at: -1, mnemonic: "Gather", operands: `address=7,map=E31,out=E${old.stream}`, drives: [drive] };
    const program = schedule.place("cache", -1, "", visible, { kind: "overwrite", culprit: old.issue, text: "the row that it replaces is still read" }, [piece]);
    drives.push(...schedule.programs[program].made[0].drives);
    linkSamples(schedule);
    return replaceSome(schedule, wanted - i - 1);
  }
}

const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array };

function packed(columns) {
  const described = {};
  const parts = [];
  let offset = 0;
  for (const [name, type, values] of columns) {
    const data = Buffer.from(TYPES[type].from(values).buffer);
    described[name] = { type, offset, count: values.length };
    parts.push(data);
    offset += data.length;
  }
  return { described, bytes: Buffer.concat(parts) };
}

function columnsOf(schedule) {
  const rows = schedule.instructions.sort((a, b) => a.cycle - b.cycle || a.queue - b.queue);
  rows.forEach((one, i) => (one.index = i));
  const drives = rows.flatMap((one) => one.drives);
  drives.forEach((drive, i) => (drive.index = i));
  const samples = rows.flatMap((one) => one.samples.map((drive) => [one.index, drive.index]));
  const strings = new Map();
  const stringOf = (text) => {
    if (!strings.has(text)) strings.set(text, strings.size);
    return strings.get(text);
  };
  const column = (name, type, values) => [name, type, values];
  const made = packed([
    column("issues.cycle", "u32", rows.map((one) => one.cycle)),
    column("issues.queue", "u16", rows.map((one) => one.queue)),
    column("issues.opcode", "u8", rows.map((one) => one.opcode)),
    column("issues.busy", "u16", rows.map((one) => OPCODES[one.opcode].busy)),
    column("issues.operands", "u32", rows.map((one) => stringOf(one.operands))),
    column("issues.stream_program", "u16", rows.map((one) => one.program)),
    column("drives.issue", "u32", drives.map((drive) => drive.issue.index)),
    column("drives.visible", "u32", drives.map((drive) => drive.visible)),
    ...["stream", "position", "width", "byte", "reach"].map((name) => column(`drives.${name}`, "u8", drives.map((drive) => drive[name]))),
    column("drives.lanes", "u8", drives.flatMap((drive) => drive.lanes)),
    column("samples.issue", "u32", samples.map(([issue]) => issue)),
    column("samples.drive", "u32", samples.map(([, drive]) => drive)),
  ]);
  return { ...made, rows, drives, strings: [...strings.keys()] };
}

function layerRows(schedule, size, last) {
  const rows = [];
  for (let layer = 0; layer < size.layers; ++layer) {
    const programs = schedule.programs.filter((program) => program.layer === layer);
    const begin = Math.min(...programs.map((program) => program.begin));
    const end = Math.max(...programs.map((program) => program.end));
    const achieved = end - begin;
    const bounds = [
      { name: "critical path", cycles: Math.round(achieved * 0.72), text: "the longest chain of values" },
      { name: "weights", cycles: Math.round(achieved * 0.86), text: "rows of weights at 8 a cycle and hemisphere" },
      { name: "streams", cycles: Math.round(achieved * 0.31), text: "bytes past the busiest column" },
    ];
    const names = [...new Set(programs.map((program) => program.operator))];
    const operators = names.map((name) => {
      const own = programs.filter((program) => program.operator === name);
      return { name, begin: Math.min(...own.map((one) => one.begin)), end: Math.max(...own.map((one) => one.end)) };
    });
    rows.push({ name: `blk.${layer}`, begin, end, achieved, bound: bounds[1].cycles, binds: bounds[1].name, bounds, operators });
  }
  const head = { name: "head", begin: last - 60, end: last, achieved: 60, bound: 52, binds: "critical path", bounds: [{ name: "critical path", cycles: 52, text: "the longest chain of values" }], operators: [] };
  return [...rows, head];
}

function unitRows(chip, rows, cycles) {
  const issued = new Uint32Array(chip.queues.length);
  const busy = new Uint32Array(chip.queues.length);
  for (const one of rows) {
    ++issued[one.queue];
    busy[one.queue] += OPCODES[one.opcode].busy;
  }
  return chip.queues.map((queue, i) => ({ path: queue.path, unit: queue.unit, issued: issued[i], busy: busy[i], idle: cycles - busy[i] }));
}

function memoryRows(size, cycles) {
  const slices = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const rows = [];
  for (let layer = 0; layer < size.layers; ++layer) {
    TILED.forEach((name, i) => {
      for (const hemisphere of ["west", "east"]) {
        rows.push({ name: `blk.${layer}.${name}.weight`, kind: "constant", hemisphere, slices: slices(28, 43), address: (layer * TILED.length + i) * 90, addresses: 80, rows: 640, bytes: 640 * 320, firstWrite: -1, lastUse: Math.round((cycles * (layer + 0.1 + i / 8)) / size.layers) });
      }
    });
    rows.push({ name: `blk.${layer}.cache_k`, kind: "state", hemisphere: "west", slices: slices(4, 7), address: layer * 64, addresses: 64, rows: 64, bytes: 64 * 320 * 4, firstWrite: Math.round((cycles * (layer + 0.3)) / size.layers), lastUse: Math.round((cycles * (layer + 0.5)) / size.layers) });
    rows.push({ name: `blk.${layer}.x`, kind: "scratch", hemisphere: "east", slices: slices(12, 19), address: (layer % 2) * 300, addresses: 240, rows: 240, bytes: 240 * 320, firstWrite: Math.round((cycles * layer) / size.layers), lastUse: Math.round((cycles * (layer + 1)) / size.layers) });
  }
  rows.push({ name: "mask", kind: "input", hemisphere: "east", slices: [0], address: 4096, addresses: 8, rows: 8, bytes: 2560, firstWrite: -1, lastUse: 120 });
  rows.push({ name: "logits", kind: "output", hemisphere: "west", slices: slices(0, 3), address: 4200, addresses: 400, rows: 400, bytes: 400 * 320, firstWrite: cycles - 80, lastUse: cycles - 1 });
  return rows;
}

function conflictStory(chip, rows) {
  const index = rows.findIndex((one, i) => i > rows.length / 3 && one.text.startsWith("Read") && rows.some((other) => other.queue === one.queue && other.cycle === one.cycle + 1));
  const victim = rows[index];
  const moved = rows.find((other) => other.queue === victim.queue && other.cycle === victim.cycle + 1);
  const path = chip.queues[victim.queue].path;
  const near = rows.filter((one) => Math.abs(one.cycle - victim.cycle) <= 8 && Math.abs(one.queue - victim.queue) <= 3 && one !== moved);
  const around = near.map((one) => ({ path: chip.queues[one.queue].path, cycle: one.cycle, busy: OPCODES[one.opcode].busy, text: one.text, culprit: one === victim, moved: false }));
  around.push({ path, cycle: victim.cycle, busy: 1, text: moved.text, culprit: true, moved: true });
  const culprits = [victim, moved].map((one) => ({ path, cycle: victim.cycle, text: one.text, issue: one.index }));
  return {
    change: `${moved.text} in ${path} was moved from cycle ${moved.cycle} to cycle ${victim.cycle}, one cycle earlier.`,
    verdict: `${path} dispatches two instructions in cycle ${victim.cycle}:\n  ${victim.text}\n  ${moved.text}`,
    cycle: victim.cycle, place: path, culprits, around,
  };
}

export function sampleReport({ size = "small", seed = 7, alone = false } = {}) {
  const rng = random(seed);
  const chip = sampleChip();
  const schedule = new Schedule(chip, rng);
  fillSchedule(schedule, SIZES[size]);
  linkSamples(schedule);
  if (size === "small") replaceSome(schedule, 60);
  const { described, bytes, rows, drives, strings } = columnsOf(schedule);
  const cycles = Math.max(...schedule.programs.map((program) => program.end)) + 1;
  const layers = layerRows(schedule, SIZES[size], cycles);
  const streamPrograms = schedule.programs.map(({ made, why, ...program }) => ({
    ...program,
    why: { kind: why.kind, text: why.text, issue: why.issue?.index ?? made[0].index, culprit: why.culprit?.index ?? -1 },
  }));
  const data = {
    schema: "metronome.report/1", title: "Metronome: one token, cycle by cycle", version: "0.1.0",
    model: { name: "metronome-sample", architecture: "llama", precision: "fp16", parameters: 3770560, context: 64, layers: SIZES[size].layers },
    run: { prompt: "Once upon a time", text: ", there was a little girl", tokens: 4 },
    chip, opcodes: OPCODES, streamPrograms, layers, strings, columns: described,
    program: { name: "token_64", position: 3, token: " time", barrierCycles: BARRIER, predictedCycles: cycles, simulatedCycles: cycles },
    units: unitRows(chip, rows, cycles), memory: memoryRows(SIZES[size], cycles),
    comparison: alone ? null : sampleComparison(rng, cycles, layers.filter((row) => row.name.startsWith("blk."))),
    conflict: conflictStory(chip, rows),
  };
  return { data, bytes, drives: drives.map((drive) => ({ ...drive, issue: drive.issue.index })) };
}

export function fillPage(template, data, bytes) {
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  const base64 = gzipSync(bytes).toString("base64");
  return template
    .replaceAll("@@TITLE@@", () => data.title)
    .replace("@@REPORT_DATA@@", () => json)
    .replace("@@REPORT_COLUMNS@@", () => base64);
}

function main([out, ...rest]) {
  const option = (name, otherwise) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : otherwise);
  const settings = { size: option("--size", "small"), seed: Number(option("--seed", 7)), alone: rest.includes("--alone") };
  const { data, bytes, drives } = sampleReport(settings);
  writeFileSync(out, fillPage(readFileSync(option("--template", findTemplate()), "utf8"), data, bytes));
  const { count } = data.columns["issues.cycle"];
  console.log(`${out}: seed ${settings.seed}, ${count} instructions, ${drives.length} drives, ${data.program.simulatedCycles} cycles`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
