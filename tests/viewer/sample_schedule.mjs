// SPDX-License-Identifier: Apache-2.0
// A made-up schedule that keeps the rules of the chip: a queue dispatches one instruction a cycle,
// no two values share a diagonal of a stream, and every sample is the value that the rule of the
// moving frame finds there. Each stream program is put at the first start that is free.
import { OPCODES, opcode, slicePosition } from "./sample_chip.mjs";

const WEIGHT_SLICES = 28; // to 43
const TILE_ROWS = 40;

function diagonalOf(chip, stream, position, cycle) {
  return stream < chip.streams ? cycle - position : cycle + position;
}

/** Values as bytes of lanes 0 to 15: halves and singles of ordinary size. */
function laneBytes(rng, width) {
  const view = new DataView(new ArrayBuffer(64));
  for (let lane = 0; lane < 16; ++lane) {
    const value = rng.normal(0, 1);
    if (width === 4) view.setFloat32(lane * 4, value, true);
    else view.setUint16(lane * 4, width === 2 ? halfBits(value) : rng.below(256), true);
  }
  return Array.from({ length: width }, (_, byte) =>
    Array.from({ length: 16 }, (_, lane) => view.getUint8(lane * 4 + byte)),
  );
}

function halfBits(value) {
  if (value === 0) return 0;
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value))));
  const fraction = Math.min(1023, Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024));
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | Math.max(0, fraction);
}

export class Schedule {
  constructor(chip, rng) {
    this.chip = chip;
    this.rng = rng;
    this.queueIndex = new Map(chip.queues.map((queue, i) => [queue.path, i]));
    this.held = new Map(); // queue and cycle: the instruction that holds it
    this.diagonals = new Map(); // stream and diagonal: the instruction that drives it
    this.instructions = []; // in order of making; sorted at the end
    this.programs = [];
  }

  /** `pieces`: {queue, at, mnemonic, operands, drives: [{stream, at, position, width, byte, lanes}],
   *  takes: [[stream, position, at]]}, times relative to the start. */
  place(operator, layer, step, earliest, cause, pieces) {
    let start = earliest;
    let why = cause;
    for (
      let blocked = this.blocked(pieces, start);
      blocked;
      blocked = this.blocked(pieces, start)
    ) {
      why = blocked;
      ++start;
    }
    const program = this.programs.length;
    const made = pieces.map((piece) => this.commit(piece, start, program));
    const begin = Math.min(...made.map((one) => one.cycle));
    const end = Math.max(...made.map((one) => one.cycle + OPCODES[one.opcode].result));
    const slack = this.rng.below(4) === 0 ? -1 : this.rng.below(40);
    const slackText = slack < 0 ? "" : `${this.chip.queues[made[0].queue].path} is taken`;
    const issue = why.piece === undefined ? made[0] : made[why.piece];
    this.programs.push({
      operator,
      layer,
      step,
      begin,
      end,
      why: { ...why, issue },
      slack,
      slackText,
      critical: slack === 0,
      made,
    });
    return program;
  }

  blocked(pieces, start) {
    for (let p = 0; p < pieces.length; ++p) {
      const piece = pieces[p];
      const busy = OPCODES[opcode(piece.mnemonic)].busy;
      for (let b = 0; b < busy; ++b) {
        const culprit = this.held.get(`${piece.queue}@${start + piece.at + b}`);
        if (culprit)
          return {
            kind: "queue",
            culprit,
            piece: p,
            text: `${piece.queue} dispatches ${culprit.text} in cycle ${start + piece.at + b}`,
          };
      }
      for (const drive of piece.drives ?? []) {
        const key = `${drive.stream}/${diagonalOf(this.chip, drive.stream, drive.position, start + drive.at)}`;
        const culprit = this.diagonals.get(key);
        if (culprit)
          return {
            kind: "stream",
            culprit,
            piece: p,
            text: `stream ${drive.stream} already carries what ${culprit.text} put there`,
          };
      }
    }
    return null;
  }

  commit(piece, start, program) {
    const kind = opcode(piece.mnemonic);
    const text = `${piece.mnemonic} ${piece.operands}`;
    const made = {
      cycle: start + piece.at,
      queue: this.queueIndex.get(piece.queue),
      opcode: kind,
      operands: piece.operands,
      program,
      text,
      drives: [],
      takes: [],
    };
    for (let b = 0; b < OPCODES[kind].busy; ++b)
      this.held.set(`${piece.queue}@${made.cycle + b}`, made);
    for (const drive of piece.drives ?? []) {
      const placed = { ...drive, visible: start + drive.at, issue: made, reach: drive.position };
      made.drives.push(placed);
      this.diagonals.set(
        `${drive.stream}/${diagonalOf(this.chip, drive.stream, drive.position, placed.visible)}`,
        placed.issue,
      );
    }
    for (const [stream, position, at] of piece.takes ?? [])
      made.takes.push([stream, position, start + at]);
    this.instructions.push(made);
    return made;
  }
}

function read(hemisphere, slice, address, stream, at, width, byte, lanes) {
  const position = slicePosition(hemisphere, slice);
  const queue = `mem_${hemisphere[0]}.slice_${slice}`;
  const name = hemisphere === "west" ? `W${stream - 32}` : `E${stream}`;
  return {
    queue,
    at,
    mnemonic: "Read",
    operands: `address=${address},out=${name}`,
    drives: [{ stream, at: at + 1, position, width, byte, lanes }],
  };
}

/** 16 weight streams into a plane, installed, multiplied, summed and written. Time 0: first LW. */
export function tilePieces(schedule, hemisphere, address, plane) {
  const { chip, rng } = schedule;
  const west = hemisphere === "west";
  const edge = west ? chip.westEdge : chip.eastEdge;
  const out = west ? chip.streams : 0; // streams towards the edge begin here
  const back = west ? 0 : chip.streams;
  const letter = hemisphere[0];
  const pieces = [];
  for (let row = 0; row < TILE_ROWS; ++row) {
    const takes = [];
    for (let s = 0; s < 16; ++s) {
      const slice = WEIGHT_SLICES + s;
      const hops = Math.abs(slicePosition(hemisphere, slice) - edge);
      const lanes = laneBytes(rng, 2)[s % 2];
      pieces.push(read(hemisphere, slice, address + row, out + s, row - 1 - hops, 2, s % 2, lanes));
      takes.push([out + s, edge, row]);
    }
    pieces.push({
      queue: `mxm_${letter}.plane_${plane}.weights`,
      at: row,
      mnemonic: "LW.F16",
      operands: `in=${west ? "W" : "E"}0:16,row=0`,
      takes,
    });
  }
  const install = TILE_ROWS + 5;
  pieces.push({
    queue: `mxm_${letter}.plane_${plane}.weights`,
    at: install,
    mnemonic: "IW.F16",
    operands: "rows=320",
  });
  const multiply = install + 4;
  const hops = Math.abs(chip.vxmPosition + (west ? -4 : 4) - edge);
  const convert = multiply - hops - 3;
  const [low, high] = laneBytes(rng, 2);
  const entry = chip.vxmPosition + (west ? -4 : 4);
  const activation = [low, high].map((lanes, byte) => ({
    stream: out + 20 + byte,
    at: convert + 3,
    position: entry,
    width: 2,
    byte,
    lanes,
  }));
  pieces.push({
    queue: `vxm.alu_${west ? 0 : 8}`,
    at: convert,
    mnemonic: "Cvt.F32.F16",
    operands: `a=alu4,z=${west ? "W" : "E"}20:2,flags=0,superlanes=20`,
    drives: activation,
  });
  pieces.push({
    queue: `mxm_${letter}.plane_${plane}.activations`,
    at: multiply,
    mnemonic: "ABC.F16.Wide",
    operands: `in=${west ? "W" : "E"}20:2,superlanes=20`,
    takes: [
      [out + 20, edge, multiply],
      [out + 21, edge, multiply],
    ],
  });
  const sum = laneBytes(rng, 4).map((lanes, byte) => ({
    stream: back + 16 + byte,
    at: multiply + 48,
    position: edge,
    width: 4,
    byte,
    lanes,
  }));
  pieces.push({
    queue: `mxm_${letter}.plane_${plane}.accumulate`,
    at: multiply + 14,
    mnemonic: "ACC.F32",
    operands: `slot=${plane},flags=1,z=${west ? "E" : "W"}16:4`,
    drives: sum,
  });
  pieces.push(...writes(chip, hemisphere, 12, address % 64, back + 16, multiply + 48, edge));
  return pieces;
}

function writes(chip, hemisphere, slice, address, stream, visible, from) {
  return [0, 1, 2, 3].map((byte) => {
    const position = slicePosition(hemisphere, slice + byte);
    const at = visible + Math.abs(position - from);
    const name = stream < chip.streams ? `E${stream + byte}` : `W${stream + byte - chip.streams}`;
    return {
      queue: `mem_${hemisphere[0]}.slice_${slice + byte}`,
      at,
      mnemonic: "Write",
      operands: `address=${address},in=${name}`,
      takes: [[stream + byte, position, at]],
    };
  });
}

/** Four slices east of the vector unit are read, scaled, added to, and written again. Time 0: Read. */
export function vectorPieces(schedule, address, alu) {
  const { chip, rng } = schedule;
  const position = slicePosition("east", 12);
  const bytes = laneBytes(rng, 4);
  const pieces = bytes.map((lanes, byte) =>
    read("east", 12 + byte, address, chip.streams + 24 + byte, 0, 4, byte, lanes),
  );
  pieces.forEach((piece, byte) => (piece.operands = `address=${address},out=W${24 + byte}`));
  const meet = 1 + position - chip.vxmPosition;
  const takes = bytes.map((_, byte) => [chip.streams + 24 + byte, chip.vxmPosition, meet]);
  pieces.push({
    queue: `vxm.alu_${alu}`,
    at: meet,
    mnemonic: "Mul.F32",
    operands: "a=W24:4,b=imm,imm=0x3e000000,z=-,superlanes=20",
    takes,
  });
  const entry = chip.vxmPosition + 4;
  const result = laneBytes(rng, 4).map((lanes, byte) => ({
    stream: 24 + byte,
    at: meet + 6,
    position: entry,
    width: 4,
    byte,
    lanes,
  }));
  pieces.push({
    queue: `vxm.alu_${alu + 1}`,
    at: meet + 3,
    mnemonic: "Add.F32",
    operands: `a=alu${alu},b=imm,imm=0x3727c5ac,z=E24:4,superlanes=20`,
    drives: result,
  });
  pieces.push(...writes(chip, "east", 16, address, 24, meet + 6, entry));
  return pieces;
}
