// SPDX-License-Identifier: Apache-2.0
// How the diagram sets queues beside each other: by stream register column from west to east, all
// queues of one column together. A column without queues keeps a narrow place, so that a value on a
// stream crosses it too.
import type { Queue } from "./report_data";

export interface ColumnsLayout {
  queues: number[]; // those shown, from west to east
  left: Float64Array; // of each queue, by its index; NaN if hidden. A queue is 1 wide
  columnLeft: Float64Array; // of each column
  columnWidth: Float64Array;
  width: number;
}

const kEmpty = 0.6;

const kOrder: Queue["unit"][] = [
  "c2c",
  "mxm_weights",
  "mxm_activations",
  "mxm_accumulate",
  "sxm_shift",
  "sxm_permute",
  "sxm_distribute",
  "sxm_transpose",
  "mem",
  "vxm",
];

function before(a: Queue, b: Queue): number {
  const west = a.hemisphere === "west";
  const unit = (kOrder.indexOf(a.unit) - kOrder.indexOf(b.unit)) * (west ? 1 : -1);
  if (unit !== 0) return unit;
  // Slice 0 is next to the vector unit.
  return a.unit === "mem" && west ? b.index - a.index : a.index - b.index;
}

export function layoutColumns(
  queues: Queue[],
  positions: number,
  shown: (queue: number) => boolean,
): ColumnsLayout {
  const left = new Float64Array(queues.length).fill(NaN);
  const columnLeft = new Float64Array(positions);
  const columnWidth = new Float64Array(positions);
  const order: number[] = [];
  let x = 0;
  for (let position = 0; position < positions; ++position) {
    const here = queues
      .map((_, i) => i)
      .filter((i) => queues[i]!.position === position && shown(i));
    here.sort((a, b) => before(queues[a]!, queues[b]!));
    columnLeft[position] = x;
    here.forEach((queue, i) => (left[queue] = x + i));
    columnWidth[position] = Math.max(kEmpty, here.length);
    x += columnWidth[position]!;
    order.push(...here);
  }
  return { queues: order, left, columnLeft, columnWidth, width: x };
}

/** The stream register column at this place, within the chip. */
export function columnAt(layout: ColumnsLayout, x: number): number {
  const { columnLeft } = layout;
  let column = 0;
  while (column + 1 < columnLeft.length && columnLeft[column + 1]! <= x) ++column;
  return column;
}

/** The queue at this place, or -1. */
export function queueAt(layout: ColumnsLayout, x: number): number {
  for (const queue of layout.queues) {
    const left = layout.left[queue]!;
    if (x >= left && x < left + 1) return queue;
  }
  return -1;
}
