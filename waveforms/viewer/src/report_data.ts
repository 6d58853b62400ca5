// SPDX-License-Identifier: Apache-2.0
// What `metronome report` puts into the page. JSON in <script id="report-data">, the columns as
// base64 of gzip in <script id="report-columns">: little-endian arrays, one after the other, at
// the byte offsets that `columns` gives. Cycles count from Notify of the token shown.

/** One struct-of-arrays column. All columns whose names share the part before the dot have one
 *  length: `issues`, `drives`, `samples`. */
export interface Column {
  type: "u8" | "u16" | "u32" | "i32";
  offset: number; // bytes into the decompressed columns
  count: number; // entries
}

// issues.cycle           u32  cycle of dispatch; rows are in order of cycle, then queue
// issues.queue           u16  index into chip.queues
// issues.opcode          u8   index into opcodes
// issues.busy            u16  cycles that it holds its queue
// issues.operands        u32  index into strings
// issues.stream_program  u16  index into streamPrograms
//
// drives: values put on stream registers. A value is at `position` in cycle `visible` and moves one
// column a cycle in its direction until a producer downstream replaces it or the chip ends.
// drives.issue           u32  the issue that wrote it
// drives.visible         u32
// drives.stream          u8   0 to streams-1 eastward, streams to 2*streams-1 westward
// drives.position        u8
// drives.width           u8   bytes a lane of the whole value (1, 2, 4), `byte` of which this is
// drives.byte            u8
// drives.reach           u8   column at which it is read for the last time; `position` if never
// drives.lanes           u8   16 entries a drive: lanes 0 to 15 of this byte
//
// samples: who took which value. Rows are in order of issue.
// samples.issue          u32
// samples.drive          u32
//
// Bytes 0 to width-1 of one value are consecutive streams from the same columns and cycles, each
// with its own drive; `issues` of memory slices write one byte each.

export interface ReportData {
  schema: "metronome.report/1";
  title: string;
  version: string;
  model: { name: string; architecture: string; precision: string; parameters: number; context: number; layers: number };
  run: { prompt: string; text: string; tokens: number };
  chip: Chip;
  program: ProgramFacts;
  opcodes: Opcode[];
  streamPrograms: StreamProgram[];
  layers: LayerRow[];
  units: UnitRow[];
  memory: MemoryRow[];
  /** The document of `metronome compare --json`, or null if the report was made without it. */
  comparison: Comparison | null;
  /** Null if none could be made up. */
  conflict: ConflictStory | null;
  strings: string[];
  columns: Record<string, Column>;
}

export interface Chip {
  name: string;
  clockHz: number;
  superlanes: number;
  lanesPerSuperlane: number;
  streams: number; // a direction
  memSlices: number; // a hemisphere; slice 0 is next to the vector unit
  banks: number;
  wordsPerBank: number; // vectors
  slicesPerHop: number;
  mxmPlanes: number; // a hemisphere
  vxmAlus: number;
  sxmDistributors: number;
  sxmTransposers: number;
  accumulators: number;
  positions: number; // stream register columns
  vxmPosition: number;
  westEdge: number; // column of SXM and MXM
  eastEdge: number;
  queues: Queue[];
}

export interface Queue {
  path: string; // `mem_e.slice_12`
  unit: "mem" | "vxm" | "mxm_weights" | "mxm_activations" | "mxm_accumulate" | "sxm_shift" | "sxm_permute" | "sxm_distribute" | "sxm_transpose" | "c2c";
  hemisphere: "west" | "east";
  index: number;
  position: number;
}

export interface ProgramFacts {
  name: string;
  position: number; // of the token shown in its sequence
  token: string; // what was fed, as text
  barrierCycles: number; // Notify until all queues run
  predictedCycles: number;
  simulatedCycles: number; // 0: it did not run, since the judge rejects it
}

export interface Opcode {
  mnemonic: string;
  meaning: string;
  result: number; // cycles until its result is on the stream register
  busy: number;
}

/** A group of instructions whose times are rigid relative to each other: placed as one piece. */
export interface StreamProgram {
  operator: string; // `blk.0.attn_q`; several stream programs may share one
  layer: number; // -1 outside the layers
  step: string; // `scores`; empty if the operator has one step
  begin: number; // first dispatch
  end: number; // last effect
  /** Why it is not one cycle earlier. `issue` is the instruction of this stream program that would
   *  collide or go without its operand, `culprit` the one that is in its way; -1 if none. */
  why: { kind: WhyKind; issue: number; culprit: number; text: string };
  /** Cycles by which it could be later with all others in place; -1 if beyond the token's end. */
  slack: number;
  /** What stops it there; empty if nothing. */
  slackText: string;
  critical: boolean; // on the critical path of the token
}

export type WhyKind =
  | "start" // nothing: it begins with the token
  | "search" // nothing: the scheduler's search ended before it came there
  | "value" // its memory operand is not written earlier
  | "overwrite" // what it overwrites is still read
  | "queue" // a queue, and so the slice's ports, is taken
  | "stream" // a stream register is taken
  | "weights" // the weights it multiplies are not installed, or the buffer is in use
  | "accumulator"; // an accumulator is in use

export interface LayerRow {
  name: string; // `token`, which is the whole and comes first, `embedding`, `blk.0`, `head`
  begin: number;
  end: number;
  achieved: number; // end - begin
  bound: number; // the largest of the bounds
  binds: string; // which one
  bounds: { name: string; cycles: number; text: string }[]; // critical path and resources
  operators: { name: string; begin: number; end: number }[];
}

export interface UnitRow {
  path: string;
  unit: string;
  issued: number;
  busy: number;
  idle: number; // busy + idle = the token's cycles
}

export interface MemoryRow {
  name: string;
  kind: "constant" | "state" | "scratch" | "input" | "output";
  hemisphere: "west" | "east";
  slices: number[]; // distinct, ascending
  address: number; // first
  addresses: number; // a slice
  rows: number;
  bytes: number;
  firstWrite: number; // cycle; -1 if it is there before the token
  lastUse: number; // last cycle in which it is read or written; -1 if never
}

export interface Distribution {
  count: number;
  min: number;
  p50: number;
  p90: number;
  p99: number;
  p99_9: number;
  max: number;
  spread: number;
  bins?: { from: number; to: number; count: number }[]; // both ends included, ascending
}

export interface Comparison {
  schema: string;
  model: string;
  prompt: string;
  runs: number;
  machines: ComparedMachine[];
}

export interface ComparedMachine {
  name: string; // `lpu:groq1`, `gpu:h100`
  clock_hz: number;
  runs: { seed: number; tokens: { position: number; cycles: number }[] }[];
  token: { positions: (Distribution & { position: number })[]; pooled: Distribution };
  layers: (Distribution & { name: string; group: string })[];
  kernels: (Distribution & { name: string; group: string })[];
  accesses: Distribution | null;
  access_text: string;
  causes: {
    each: {
      name: string;
      sentence: string;
      acts: boolean;
      why_not?: string; // if it does not act
      runs?: number; // if it acts: cycles that it alone adds to the token
      added_median?: number;
      added_least?: number;
      added_most?: number;
      added_spread?: number;
    }[];
  };
  time: { seed: number; parts: { name: string; sentence: string; cycles: number }[] };
}

/** A copy of the schedule in which one instruction was moved, and what the judge says of it. */
export interface ConflictStory {
  change: string; // what was done to the schedule, in words
  verdict: string; // the judge's text
  cycle: number;
  place: string; // register, bank or queue
  culprits: { path: string; cycle: number; text: string; issue: number }[];
  /** The schedule around it, with the moved instruction in its new place. */
  around: { path: string; cycle: number; busy: number; text: string; culprit: boolean; moved: boolean }[];
}
