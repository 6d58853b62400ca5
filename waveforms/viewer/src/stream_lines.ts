// SPDX-License-Identifier: Apache-2.0
// Values on streams as diagonals, from where they are put to where they are last read.
import type { ColumnsLayout } from "./columns_layout";
import type { Report } from "./model";
import { theme } from "./theme";
import type { Viewport } from "./viewport";

/** Pixels a cycle from which diagonals can be told apart. */
export const kLeastScale = 2;
const kMostLines = 4000; // a frame; more would be a solid surface

export interface Frame {
  left: number; // of the drawing area, in CSS pixels
  top: number;
  width: number;
  height: number;
}

export interface StreamChoice {
  shown: "all" | "one" | "none";
  stream: number; // as in drives.stream
}

export function columnMiddle(layout: ColumnsLayout, column: number): number {
  return layout.columnLeft[column]! + layout.columnWidth[column]! / 2;
}

export class StreamLines {
  lines = 0; // in the last frame

  constructor(private readonly report: Report) {}

  draw(
    g: CanvasRenderingContext2D,
    view: Viewport,
    layout: ColumnsLayout,
    frame: Frame,
    choice: StreamChoice,
  ): void {
    this.lines = 0;
    if (choice.shown === "none" || frame.height / view.span < kLeastScale) return;
    const { streams } = this.report.data.chip;
    g.lineWidth = choice.shown === "one" ? 2 : 1;
    g.globalAlpha = choice.shown === "one" ? 1 : 0.55;
    g.strokeStyle = theme().east;
    this.stroke(g, view, layout, frame, choice, 0, streams);
    g.strokeStyle = theme().west;
    this.stroke(g, view, layout, frame, choice, streams, 2 * streams);
    g.globalAlpha = 1;
  }

  /** The whole way of one drive. */
  drawOne(
    g: CanvasRenderingContext2D,
    view: Viewport,
    layout: ColumnsLayout,
    frame: Frame,
    drive: number,
  ): void {
    const { drives, data } = this.report;
    g.strokeStyle = drives.stream[drive]! < data.chip.streams ? theme().east : theme().west;
    g.lineWidth = 3;
    g.beginPath();
    this.path(g, view, layout, frame, drive);
    g.stroke();
  }

  private stroke(
    g: CanvasRenderingContext2D,
    view: Viewport,
    layout: ColumnsLayout,
    frame: Frame,
    choice: StreamChoice,
    from: number,
    to: number,
  ): void {
    const { drives, drivesByCycle, data, cycles } = this.report;
    const first = Math.max(0, Math.floor(view.cycle) - data.chip.positions);
    const last = Math.min(cycles - 1, Math.ceil(view.cycle + view.span));
    const end = drivesByCycle.start[last + 1]!;
    g.beginPath();
    for (let i = drivesByCycle.start[first]!; i < end && this.lines < kMostLines; ++i) {
      const drive = drivesByCycle.items[i]!;
      const stream = drives.stream[drive]!;
      if (stream < from || stream >= to) continue;
      if (choice.shown === "one" ? stream !== choice.stream : drives.byte[drive] !== 0) continue;
      ++this.lines;
      this.path(g, view, layout, frame, drive);
    }
    g.stroke();
  }

  private path(
    g: CanvasRenderingContext2D,
    view: Viewport,
    layout: ColumnsLayout,
    frame: Frame,
    drive: number,
  ): void {
    const { drives, data } = this.report;
    const step = drives.stream[drive]! < data.chip.streams ? 1 : -1;
    const begin = drives.position[drive]!;
    const reach = drives.reach[drive]!;
    const unit = frame.width / view.wide;
    const scale = frame.height / view.span;
    const steps = Math.max(0, (reach - begin) * step);
    for (let i = 0; i <= steps; ++i) {
      const x = frame.left + (columnMiddle(layout, begin + i * step) - view.left) * unit;
      const y = frame.top + (drives.visible[drive]! + i + 0.5 - view.cycle) * scale;
      if (i === 0) g.moveTo(x, y);
      else g.lineTo(x, y);
      if (steps === 0) g.lineTo(x + step * 4, y + Math.min(4, scale / 2)); // never read: only its beginning
    }
  }
}
