// SPDX-License-Identifier: Apache-2.0
// Makes a report that is made up but agrees with itself, for tests and for work on the page.
// Usage: node sample_report.mjs OUT.html [--size small|large] [--seed N] [--alone] [--template PAGE]
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { findTemplate } from "./places.mjs";
import { random } from "./random.mjs";
import { OPCODES, sampleChip, slicePosition } from "./sample_chip.mjs";
import { columnsOf } from "./sample_columns.mjs";
import { sampleComparison } from "./sample_comparison.mjs";
import { TILED, conflictStory, layerRows, memoryRows, unitRows } from "./sample_sections.mjs";
import { Schedule, tilePieces, vectorPieces } from "./sample_schedule.mjs";

const BARRIER = 35;
const SIZES = { small: { layers: 3, tiles: 1 }, large: { layers: 6, tiles: 4 } };

function lastOf(schedule, program) {
  return schedule.programs[program].made.reduce((a, b) => (b.cycle >= a.cycle ? b : a));
}

/** One operator after the other; weights of the next tile load while the last one multiplies. */
function fillSchedule(schedule, size) {
  let ready = BARRIER; // when the operand is written
  let cause = { kind: "start", culprit: null, text: "" };
  let weights = BARRIER + 40;
  const vector = (operator, layer, step, address) => {
    const program = schedule.place(
      operator,
      layer,
      step,
      ready,
      cause,
      vectorPieces(schedule, address, (address % 3) * 2 + 2),
    );
    const last = lastOf(schedule, program);
    ready = last.cycle + 1;
    cause = {
      kind: "value",
      culprit: last,
      text: `${schedule.chip.queues[last.queue].path} writes its operand in cycle ${last.cycle}`,
    };
  };
  vector("token_embd", -1, "", 0);
  for (let layer = 0; layer < size.layers; ++layer) {
    vector(`blk.${layer}.attn_norm`, layer, "squares", 1);
    for (const name of TILED) {
      const sums = []; // the writes that the operator's own sum waits for
      for (let tile = 0; tile < size.tiles; ++tile) {
        for (const hemisphere of ["west", "east"]) {
          const earliest = Math.max(weights, ready - 20);
          const why =
            earliest === weights
              ? {
                  kind: "weights",
                  culprit: cause.culprit,
                  text: "the buffer of the plane still holds the tile before it",
                }
              : cause;
          const pieces = tilePieces(schedule, hemisphere, (layer * 64 + tile * 8) % 4000, tile % 2);
          const program = schedule.place(
            `blk.${layer}.${name}`,
            layer,
            `tile ${tile} ${hemisphere}`,
            earliest,
            why,
            pieces,
          );
          sums.push(lastOf(schedule, program));
        }
        weights += 46;
      }
      const latest = sums.reduce((a, b) => (b.cycle >= a.cycle ? b : a));
      ready = latest.cycle + 1;
      cause = {
        kind: "value",
        culprit: latest,
        text: `${schedule.chip.queues[latest.queue].path} writes its operand in cycle ${latest.cycle}`,
      };
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
      const way =
        drive.stream < schedule.chip.streams
          ? drive.visible - drive.position
          : drive.visible + drive.position;
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
    const same = east
      ? drive.visible - drive.position === cycle - column
      : drive.visible + drive.position === cycle + column;
    const upstream = east ? drive.position <= column : drive.position >= column;
    if (!same || !upstream) continue;
    if (!best || (east ? drive.position > best.position : drive.position < best.position))
      best = drive;
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
      const drive = bruteForce(
        diagonals.get(key) ?? [],
        schedule.chip.streams,
        stream,
        position,
        cycle,
      );
      if (!drive) continue;
      one.samples.push(drive);
      drive.reach = east ? Math.max(drive.reach, position) : Math.min(drive.reach, position);
    }
  }
}

/** Values that nobody needs any more are replaced downstream, as happens on the chip. */
function replaceSome(schedule, wanted) {
  const drives = schedule.instructions
    .flatMap((one) => one.drives)
    .filter((drive) => drive.stream < schedule.chip.streams);
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
    const piece = {
      queue,
      at: -1,
      mnemonic: "Gather",
      operands: `address=7,map=E31,out=E${old.stream}`,
      drives: [drive],
    };
    const program = schedule.place(
      "cache",
      -1,
      "",
      visible,
      { kind: "overwrite", culprit: old.issue, text: "the row that it replaces is still read" },
      [piece],
    );
    drives.push(...schedule.programs[program].made[0].drives);
    linkSamples(schedule);
    return replaceSome(schedule, wanted - i - 1);
  }
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
    why: {
      kind: why.kind,
      text: why.text,
      issue: why.issue?.index ?? made[0].index,
      culprit: why.culprit?.index ?? -1,
    },
  }));
  const data = {
    schema: "metronome.report/1",
    title: "Metronome: one token, cycle by cycle",
    version: "0.1.0",
    model: {
      name: "metronome-sample",
      architecture: "llama",
      precision: "fp16",
      parameters: 3770560,
      context: 64,
      layers: SIZES[size].layers,
    },
    run: { prompt: "Once upon a time", text: ", there was a little girl", tokens: 4 },
    chip,
    opcodes: OPCODES,
    streamPrograms,
    layers,
    strings,
    columns: described,
    program: {
      name: "token_64",
      position: 3,
      token: " time",
      barrierCycles: BARRIER,
      predictedCycles: cycles,
      simulatedCycles: cycles,
    },
    units: unitRows(chip, rows, cycles),
    memory: memoryRows(SIZES[size], cycles),
    comparison: alone
      ? null
      : sampleComparison(
          rng,
          cycles,
          layers.filter((row) => row.name.startsWith("blk.")),
        ),
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
  const option = (name, otherwise) =>
    rest.includes(name) ? rest[rest.indexOf(name) + 1] : otherwise;
  const settings = {
    size: option("--size", "small"),
    seed: Number(option("--seed", 7)),
    alone: rest.includes("--alone"),
  };
  const { data, bytes, drives } = sampleReport(settings);
  writeFileSync(
    out,
    fillPage(readFileSync(option("--template", findTemplate()), "utf8"), data, bytes),
  );
  const { count } = data.columns["issues.cycle"];
  console.log(
    `${out}: seed ${settings.seed}, ${count} instructions, ${drives.length} drives, ` +
      `${data.program.simulatedCycles} cycles`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
