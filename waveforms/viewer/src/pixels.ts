// SPDX-License-Identifier: Apache-2.0
// Instruction boxes written straight into an image's words: the cost of a frame follows what is
// seen, and a frame makes no new objects. Where several instructions fall on one row of pixels, the
// row takes the first one's colour, as strong as the share of its cycles that are busy.
import type { ColumnsLayout } from "./columns_layout";
import { lowerBound } from "./groups";
import type { Report } from "./model";
import { channels } from "./theme";
import type { Viewport } from "./viewport";

const kShades = 16;
const kFaintest = 0.4;

export interface Plane {
  words: Uint32Array;
  width: number;
  height: number;
}

function word(r: number, g: number, b: number): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** Each colour mixed with the page's in steps; row 0 of a colour is the faintest. */
export function shades(colours: string[], page: string): Uint32Array {
  const [pr, pg, pb] = channels(page);
  const all = new Uint32Array(colours.length * kShades);
  colours.forEach((colour, c) => {
    const [r, g, b] = channels(colour);
    for (let s = 0; s < kShades; ++s) {
      const share = kFaintest + ((1 - kFaintest) * s) / (kShades - 1);
      const mix = (from: number, to: number) => Math.round(from + (to - from) * share);
      all[c * kShades + s] = word(mix(pr, r), mix(pg, g), mix(pb, b));
    }
  });
  return all;
}

export function plainWord(colour: string): number {
  return word(...channels(colour));
}

export class BoxPainter {
  rects = 0; // drawn in the last frame
  private readonly busyBefore: Float64Array; // cycles busy before each slot of byQueue
  private readonly shadesOf: { normal: Uint32Array; dim: Uint32Array } = {
    normal: new Uint32Array(),
    dim: new Uint32Array(),
  };

  constructor(
    private readonly report: Report,
    private readonly colourOf: Uint8Array, // by stream program
    private readonly marked: Uint8Array, // by stream program; all others are dimmed if `marking`
  ) {
    const { items } = report.byQueue;
    this.busyBefore = new Float64Array(items.length + 1);
    for (let i = 0; i < items.length; ++i) {
      this.busyBefore[i + 1] = this.busyBefore[i]! + Math.max(1, report.issues.busy[items[i]!]!);
    }
  }

  setColours(normal: Uint32Array, dim: Uint32Array): void {
    this.shadesOf.normal = normal;
    this.shadesOf.dim = dim;
  }

  paint(
    plane: Plane,
    view: Viewport,
    layout: ColumnsLayout,
    top: number,
    gutter: number,
    marking: boolean,
  ): void {
    this.rects = 0;
    const unit = (plane.width - gutter) / view.wide;
    for (const queue of layout.queues) {
      const left = gutter + (layout.left[queue]! - view.left) * unit;
      const x0 = Math.max(gutter, Math.round(left));
      const x1 = Math.min(plane.width, Math.round(left + unit) - (unit > 3 ? 1 : 0));
      if (x1 > x0) this.paintQueue(plane, view, queue, x0, x1, top, marking);
    }
  }

  private paintQueue(
    plane: Plane,
    view: Viewport,
    queue: number,
    x0: number,
    x1: number,
    top: number,
    marking: boolean,
  ): void {
    const { report } = this;
    const { items, start } = report.byQueue;
    const { cycle } = report.issues;
    const scale = (plane.height - top) / view.span;
    const end = start[queue + 1]!;
    let slot = Math.max(start[queue]!, report.slotAt(queue, Math.floor(view.cycle)) - 1);
    while (slot < end) {
      const issue = items[slot]!;
      const from = top + (cycle[issue]! - view.cycle) * scale;
      if (from >= plane.height) return;
      const row = Math.floor(from + 1e-6); // as nextCycle below has it, whatever the rounding
      const busy = Math.max(1, report.issues.busy[issue]!);
      const until = top + (cycle[issue]! + busy - view.cycle) * scale;
      if (scale >= 1) {
        const last = Math.round(until) - (scale >= 4 ? 1 : 0);
        this.fill(
          plane,
          x0,
          x1,
          Math.max(top, Math.round(from)),
          last,
          this.shade(issue, 1, marking),
        );
        ++slot;
      } else {
        slot = this.paintRow(plane, view, slot, end, x0, x1, row, top, scale, marking);
      }
    }
  }

  /** One row of pixels and every instruction that begins in it. */
  private paintRow(
    plane: Plane,
    view: Viewport,
    slot: number,
    end: number,
    x0: number,
    x1: number,
    row: number,
    top: number,
    scale: number,
    marking: boolean,
  ): number {
    const { items } = this.report.byQueue;
    const { cycle } = this.report.issues;
    const nextCycle = view.cycle + (row + 1 - top) / scale;
    let reach = 1;
    while (slot + reach < end && cycle[items[slot + reach]!]! < nextCycle) reach *= 2;
    const low = slot + (reach >>> 1) + (reach === 1 ? 1 : 0);
    const next = lowerBound(
      Math.min(low, end),
      Math.min(slot + reach, end),
      nextCycle,
      (i) => cycle[items[i]!]!,
    );
    const after = Math.max(slot + 1, next);
    const share = Math.min(1, (this.busyBefore[after]! - this.busyBefore[slot]!) * scale);
    const issue = marking ? this.markedIn(slot, after) : items[slot]!;
    if (row >= top) this.fill(plane, x0, x1, row, row + 1, this.shade(issue, share, marking));
    return after;
  }

  /** A marked instruction is not to be lost among others on its row. */
  private markedIn(slot: number, after: number): number {
    const { items } = this.report.byQueue;
    for (let i = slot; i < after; ++i)
      if (this.marked[this.report.issues.program[items[i]!]!]) return items[i]!;
    return items[slot]!;
  }

  private shade(issue: number, share: number, marking: boolean): number {
    const program = this.report.issues.program[issue]!;
    const step = Math.round(share * (kShades - 1));
    const table = marking && !this.marked[program] ? this.shadesOf.dim : this.shadesOf.normal;
    return table[this.colourOf[program]! * kShades + step]!;
  }

  private fill(plane: Plane, x0: number, x1: number, y0: number, y1: number, colour: number): void {
    const last = Math.min(plane.height, Math.max(y0 + 1, y1));
    ++this.rects;
    for (let y = y0; y < last; ++y) {
      const row = y * plane.width;
      plane.words.fill(colour, row + x0, row + x1);
    }
  }
}
