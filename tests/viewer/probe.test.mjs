// SPDX-License-Identifier: Apache-2.0
// The rule of the probe, against the same rule written as a plain search.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSource } from "./load_source.mjs";
import { random } from "./random.mjs";
import { bruteForce } from "./sample_report.mjs";

const SEED = 20260718;
const STREAMS = 4;
const POSITIONS = 12;
const CYCLES = 60;

const { diagonalIndex } = await loadSource("probe.ts");
const { halfToNumber, typed } = await loadSource("lanes.ts");

function columns(drives) {
  const pick = (name) => drives.map((drive) => drive[name]);
  return {
    count: drives.length,
    visible: pick("visible"),
    stream: pick("stream"),
    position: pick("position"),
  };
}

function indexOf(drives) {
  return diagonalIndex(columns(drives), STREAMS, POSITIONS, CYCLES);
}

test("a value moves one column a cycle in its direction", () => {
  const index = indexOf([
    { stream: 1, position: 3, visible: 10 },
    { stream: STREAMS + 1, position: 8, visible: 10 },
  ]);
  assert.equal(index.find(1, 3, 10), 0);
  assert.equal(index.find(1, 7, 14), 0);
  assert.equal(index.find(1, 7, 13), -1, "it is not there yet");
  assert.equal(index.find(1, 2, 9), -1, "upstream of its producer there is nothing");
  assert.equal(index.find(0, 7, 14), -1, "other streams do not carry it");
  assert.equal(index.find(STREAMS + 1, 5, 13), 1);
  assert.equal(index.find(STREAMS + 1, 9, 9), -1);
});

test("a producer downstream replaces the value from there on", () => {
  const index = indexOf([
    { stream: 0, position: 2, visible: 5 },
    { stream: 0, position: 6, visible: 9 },
  ]);
  assert.equal(index.find(0, 5, 8), 0);
  assert.equal(index.find(0, 6, 9), 1);
  assert.equal(index.find(0, 11, 14), 1);
});

test("no drives, no values", () => {
  assert.equal(indexOf([]).find(0, 0, 0), -1);
});

test(`every register and cycle of random drives, seed ${SEED}`, () => {
  const rng = random(SEED);
  const drives = [];
  const taken = new Set();
  for (let i = 0; i < 400; ++i) {
    const drive = {
      stream: rng.below(2 * STREAMS),
      position: rng.below(POSITIONS),
      visible: rng.below(CYCLES),
    };
    const key = `${drive.stream}/${drive.position}/${drive.visible}`;
    if (!taken.has(key)) drives.push(drive);
    taken.add(key);
  }
  const index = indexOf(drives);
  for (let stream = 0; stream < 2 * STREAMS; ++stream) {
    for (let column = 0; column < POSITIONS; ++column) {
      for (let cycle = 0; cycle < CYCLES; ++cycle) {
        const wanted = bruteForce(drives, STREAMS, stream, column, cycle);
        assert.equal(
          index.find(stream, column, cycle),
          wanted ? drives.indexOf(wanted) : -1,
          `${stream} ${column} ${cycle}`,
        );
      }
    }
  }
});

test("halves are read as IEEE 754 has them", () => {
  const known = [
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
  ];
  for (const [bits, value] of known) assert.equal(halfToNumber(bits), value, bits.toString(16));
  assert.ok(Number.isNaN(halfToNumber(0x7e00)));
});

test("bytes are joined, the least significant first", () => {
  const single = new Float32Array(16).fill(-1.5);
  const bytes = new Uint8Array(single.buffer);
  const parts = [0, 1, 2, 3].map((byte) =>
    Uint8Array.from({ length: 16 }, (_, lane) => bytes[lane * 4 + byte]),
  );
  const [fp32, int32] = typed(parts);
  assert.deepEqual([fp32.name, fp32.values[15]], ["fp32", "-1.5"]);
  assert.deepEqual([int32.name, int32.values[0]], ["int32", String(0xbfc00000 | 0)]);
  assert.equal(typed([Uint8Array.of(0x00), Uint8Array.of(0x3c)])[0].values[0], "1");
  assert.equal(typed([Uint8Array.of(0xff)])[0].values[0], "-1");
});
