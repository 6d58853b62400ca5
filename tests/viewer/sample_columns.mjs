// SPDX-License-Identifier: Apache-2.0
// The rows of a made-up schedule as the columns of a report.
import { OPCODES } from "./sample_chip.mjs";

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

export function columnsOf(schedule) {
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
    column(
      "issues.cycle",
      "u32",
      rows.map((one) => one.cycle),
    ),
    column(
      "issues.queue",
      "u16",
      rows.map((one) => one.queue),
    ),
    column(
      "issues.opcode",
      "u8",
      rows.map((one) => one.opcode),
    ),
    column(
      "issues.busy",
      "u16",
      rows.map((one) => OPCODES[one.opcode].busy),
    ),
    column(
      "issues.operands",
      "u32",
      rows.map((one) => stringOf(one.operands)),
    ),
    column(
      "issues.stream_program",
      "u16",
      rows.map((one) => one.program),
    ),
    column(
      "drives.issue",
      "u32",
      drives.map((drive) => drive.issue.index),
    ),
    column(
      "drives.visible",
      "u32",
      drives.map((drive) => drive.visible),
    ),
    ...["stream", "position", "width", "byte", "reach"].map((name) =>
      column(
        `drives.${name}`,
        "u8",
        drives.map((drive) => drive[name]),
      ),
    ),
    column(
      "drives.lanes",
      "u8",
      drives.flatMap((drive) => drive.lanes),
    ),
    column(
      "samples.issue",
      "u32",
      samples.map(([issue]) => issue),
    ),
    column(
      "samples.drive",
      "u32",
      samples.map(([, drive]) => drive),
    ),
  ]);
  return { ...made, rows, drives, strings: [...strings.keys()] };
}
