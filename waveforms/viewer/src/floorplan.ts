// SPDX-License-Identifier: Apache-2.0
// Where each unit stands in the picture of the chip. Across is the stream register column, to
// scale; edge units take the columns between the memory and the edge.
import type { Chip, Queue } from "./report_data";

export interface Box {
  queue: number;
  x: number; // in columns
  y: number; // 0 to 1 of the units' height
  width: number;
  height: number;
}

export interface Span {
  from: number; // columns
  to: number;
}

export interface Floorplan {
  boxes: Box[];
  memWest: Span;
  memEast: Span;
  vxm: Span;
}

function spanOf(queues: Queue[], unit: Queue["unit"], hemisphere: Queue["hemisphere"]): Span {
  const columns = queues
    .filter((queue) => queue.unit === unit && queue.hemisphere === hemisphere)
    .map((queue) => queue.position);
  return columns.length > 0
    ? { from: Math.min(...columns), to: Math.max(...columns) + 1 }
    : { from: NaN, to: NaN };
}

/** Memory slices of one column share its width. */
function memoryBoxes(queues: Queue[]): Box[] {
  const boxes: Box[] = [];
  const columns = new Map<number, number[]>();
  queues.forEach((queue, i) => {
    if (queue.unit !== "mem") return;
    const here = columns.get(queue.position) ?? [];
    here.push(i);
    columns.set(queue.position, here);
  });
  for (const [position, here] of columns) {
    const west = queues[here[0]!]!.hemisphere === "west";
    here.sort((a, b) => (queues[a]!.index - queues[b]!.index) * (west ? -1 : 1));
    here.forEach((queue, i) =>
      boxes.push({ queue, x: position + i / here.length, y: 0, width: 1 / here.length, height: 1 }),
    );
  }
  return boxes;
}

/** As square a grid as the place allows. */
function gridBoxes(
  members: number[],
  span: Span,
  top: number,
  bottom: number,
  across: number,
): Box[] {
  const rows = Math.ceil(members.length / across);
  const width = (span.to - span.from) / across;
  const height = (bottom - top) / Math.max(1, rows);
  return members.map((queue, i) => ({
    queue,
    x: span.from + (i % across) * width,
    y: top + Math.floor(i / across) * height,
    width,
    height,
  }));
}

function membersOf(
  queues: Queue[],
  hemisphere: Queue["hemisphere"],
  ...units: Queue["unit"][]
): number[] {
  const all = queues
    .map((_, i) => i)
    .filter((i) => queues[i]!.hemisphere === hemisphere && units.includes(queues[i]!.unit));
  return all.sort(
    (a, b) =>
      queues[a]!.index - queues[b]!.index ||
      units.indexOf(queues[a]!.unit) - units.indexOf(queues[b]!.unit),
  );
}

/** Matrix planes at the edge, switch units beside the memory, links along the bottom. */
function edgeBoxes(queues: Queue[], hemisphere: Queue["hemisphere"], span: Span): Box[] {
  const west = hemisphere === "west";
  const width = span.to - span.from;
  const mxm: Span = west
    ? { from: span.from, to: span.from + width * 0.58 }
    : { from: span.to - width * 0.58, to: span.to };
  const sxm: Span = west ? { from: mxm.to, to: span.to } : { from: span.from, to: mxm.from };
  return [
    ...gridBoxes(
      membersOf(queues, hemisphere, "mxm_weights", "mxm_activations", "mxm_accumulate"),
      mxm,
      0,
      0.84,
      1,
    ),
    ...gridBoxes(
      membersOf(queues, hemisphere, "sxm_shift", "sxm_permute", "sxm_distribute", "sxm_transpose"),
      sxm,
      0,
      0.84,
      1,
    ),
    ...gridBoxes(membersOf(queues, hemisphere, "c2c"), span, 0.9, 1, 8),
  ];
}

export function floorplan(chip: Chip): Floorplan {
  const { queues } = chip;
  const memWest = spanOf(queues, "mem", "west");
  const memEast = spanOf(queues, "mem", "east");
  const west: Span = {
    from: chip.westEdge,
    to: Number.isNaN(memWest.from) ? chip.vxmPosition - 1 : memWest.from,
  };
  const east: Span = {
    from: Number.isNaN(memEast.to) ? chip.vxmPosition + 2 : memEast.to,
    to: chip.eastEdge + 1,
  };
  const vxm: Span = {
    from: Number.isNaN(memWest.to) ? west.to : memWest.to,
    to: Number.isNaN(memEast.from) ? east.from : memEast.from,
  };
  const alus = queues.map((_, i) => i).filter((i) => queues[i]!.unit === "vxm");
  const boxes = [
    ...edgeBoxes(queues, "west", west),
    ...memoryBoxes(queues),
    ...gridBoxes(alus, vxm, 0, 1, Math.max(1, Math.round(Math.sqrt(alus.length)))),
    ...edgeBoxes(queues, "east", east),
  ];
  return { boxes, memWest, memEast, vxm };
}

/** The box at this place, or undefined. */
export function boxAt(plan: Floorplan, x: number, y: number): Box | undefined {
  return plan.boxes.find(
    (box) => x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height,
  );
}

/** The nearest box in a direction, for arrow keys; the same one if there is none. */
export function neighbour(plan: Floorplan, queue: number, dx: number, dy: number): number {
  const from = plan.boxes.find((box) => box.queue === queue);
  if (!from) return plan.boxes[0]?.queue ?? -1;
  let best = queue;
  let least = Infinity;
  for (const box of plan.boxes) {
    const ahead =
      (box.x + box.width / 2 - from.x - from.width / 2) * dx +
      (box.y + box.height / 2 - from.y - from.height / 2) * dy * 10;
    const aside = Math.abs((box.x - from.x) * dy) + Math.abs((box.y - from.y) * dx) * 10;
    if (box.queue === queue || ahead <= 1e-9) continue;
    const distance = ahead + 2 * aside;
    if (distance < least) [least, best] = [distance, box.queue];
  }
  return best;
}
