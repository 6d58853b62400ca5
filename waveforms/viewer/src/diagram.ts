// SPDX-License-Identifier: Apache-2.0
// The space-time diagram: queues across, cycles down, drawn on a canvas only when something changed.
import { type ColumnsLayout, columnAt, layoutColumns, queueAt } from "./columns_layout";
import { drawCycles, drawHeader, drawWords, kCycleMarks } from "./diagram_labels";
import { el } from "./dom";
import type { Report } from "./model";
import type { OperatorColours } from "./operators";
import { BoxPainter, plainWord, shades } from "./pixels";
import { type Frame, type StreamChoice, StreamLines, columnMiddle } from "./stream_lines";
import { onThemeChange, theme } from "./theme";
import { Viewport, cycleStep } from "./viewport";

const kGutter = 58;
const kHeader = 58;
const kMostPixels = 6e6; // of the canvas; sharper than that is only slower
const kKept = 600; // frame times

export interface Place {
  cycle: number;
  column: number;
  queue: number; // -1 between queues
}

export interface Marks {
  issue: number; // outlined; -1 for none
  drive: number; // whose way is drawn; -1 for none
  probe: Place | null;
  cycle: number; // that the chip shows
}

export class Diagram {
  readonly canvas = el("canvas", {
    class: "diagram",
    tabindex: 0,
    role: "application",
    "aria-describedby": "schedule-live schedule-range",
  });
  readonly view: Viewport;
  readonly marks: Marks = { issue: -1, drive: -1, probe: null, cycle: -1 };
  readonly choice: StreamChoice = { shown: "all", stream: 0 };
  readonly times: number[] = []; // milliseconds a frame
  readonly rects: number[] = []; // boxes and lines a frame
  layout: ColumnsLayout;
  onDraw: () => void = () => {};
  private readonly context = this.canvas.getContext("2d", { alpha: false })!;
  private readonly boxes: BoxPainter;
  private readonly lines: StreamLines;
  private readonly marked: Uint8Array;
  private readonly frame: Frame = { left: kGutter, top: kHeader, width: 1, height: 1 };
  private rule = 0;
  private marking = false;
  private image: ImageData | null = null;
  private words = new Uint32Array();
  private ratio = 1;
  private pending = false;

  constructor(
    private readonly report: Report,
    private readonly colours: OperatorColours,
  ) {
    this.marked = new Uint8Array(report.data.streamPrograms.length);
    this.boxes = new BoxPainter(report, colours.ofProgram, this.marked);
    this.lines = new StreamLines(report);
    this.layout = this.layoutFor(false);
    this.view = new Viewport(report.cycles, this.layout.width);
    this.setColours();
    onThemeChange(() => {
      this.setColours();
      this.draw();
    });
    new ResizeObserver(() => this.resize()).observe(this.canvas);
  }

  showIdleQueues(shown: boolean): void {
    this.layout = this.layoutFor(shown);
    this.view.resizeColumns(this.layout.width);
    this.invalidate();
  }

  /** All but these stream programs are dimmed; none of them, and nothing is. */
  mark(programs: number[]): void {
    this.marked.fill(0);
    for (const program of programs) this.marked[program] = 1;
    this.marking = programs.length > 0;
    this.invalidate();
  }

  invalidate(): void {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw();
    });
  }

  /** What is at this point of the canvas, in CSS pixels; null in the margins. */
  placeAt(x: number, y: number): Place | null {
    const { frame, view, layout } = this;
    if (x < frame.left || y < frame.top) return null;
    const across = view.left + ((x - frame.left) / frame.width) * view.wide;
    const cycle = Math.floor(view.cycle + ((y - frame.top) / frame.height) * view.span);
    return { cycle, column: columnAt(layout, across), queue: queueAt(layout, across) };
  }

  /** Shares of the drawing area, for zooming about a point. */
  shareAt(x: number, y: number): [number, number] {
    const { frame } = this;
    return [(x - frame.left) / frame.width, (y - frame.top) / frame.height];
  }

  get area(): Frame {
    return this.frame;
  }

  draw(): void {
    if (!this.image) return;
    const begin = performance.now();
    const { view, layout, frame } = this;
    this.words.fill(plainWord(theme().panel));
    this.ruleCycles();
    const plane = { words: this.words, width: this.canvas.width, height: this.canvas.height };
    this.boxes.paint(
      plane,
      view,
      layout,
      Math.round(frame.top * this.ratio),
      Math.round(frame.left * this.ratio),
      this.marking,
    );
    this.context.putImageData(this.image, 0, 0);
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    drawHeader(this.context, this.report, view, layout, frame);
    drawCycles(this.context, view, frame);
    this.drawInside();
    this.keep(performance.now() - begin);
    this.onDraw();
  }

  /** Lines of the cycle marks, under the boxes. */
  private ruleCycles(): void {
    const { view, frame, canvas } = this;
    const scale = frame.height / view.span;
    const step = cycleStep(scale, kCycleMarks);
    const left = Math.round(frame.left * this.ratio);
    for (let c = Math.ceil(view.cycle / step) * step; c < view.cycle + view.span; c += step) {
      const row = Math.round((frame.top + (c - view.cycle) * scale) * this.ratio);
      this.words.fill(this.rule, row * canvas.width + left, (row + 1) * canvas.width);
    }
  }

  private drawInside(): void {
    const { context: g, frame, view, layout } = this;
    g.save();
    g.beginPath();
    g.rect(frame.left, frame.top, frame.width, frame.height);
    g.clip();
    this.lines.draw(g, view, layout, frame, this.choice);
    drawWords(
      g,
      this.report,
      view,
      layout,
      frame,
      this.colours.ofProgram,
      this.marking ? this.marked : null,
    );
    if (this.marks.drive >= 0) this.lines.drawOne(g, view, layout, frame, this.marks.drive);
    this.drawMarks();
    g.restore();
  }

  private drawMarks(): void {
    const { context: g, marks, frame, view } = this;
    const scale = frame.height / view.span;
    const unit = frame.width / view.wide;
    g.strokeStyle = theme().text;
    this.drawShownCycle(scale);
    g.lineWidth = 1;
    if (marks.drive >= 0) this.outlineParties(marks.drive);
    g.lineWidth = 2;
    if (marks.issue >= 0) this.outline(marks.issue);
    if (!marks.probe) return;
    const x = frame.left + (columnMiddle(this.layout, marks.probe.column) - view.left) * unit;
    const y = frame.top + (marks.probe.cycle + 0.5 - view.cycle) * scale;
    g.beginPath();
    g.arc(x, y, 6, 0, 2 * Math.PI);
    g.moveTo(x - 11, y);
    g.lineTo(x + 11, y);
    g.moveTo(x, y - 11);
    g.lineTo(x, y + 11);
    g.stroke();
  }

  private outline(issue: number): void {
    const { report, frame, view } = this;
    const unit = frame.width / view.wide;
    const scale = frame.height / view.span;
    const left = this.layout.left[report.issues.queue[issue]!]!;
    if (Number.isNaN(left)) return;
    const x = frame.left + (left - view.left) * unit;
    const y = frame.top + (report.issues.cycle[issue]! - view.cycle) * scale;
    const height = Math.max(6, Math.max(1, report.issues.busy[issue]!) * scale);
    this.context.strokeRect(x - 1, y - 1, Math.max(6, unit) + 1, height + 1);
  }

  /** Who wrote the probed value, and who reads it. */
  private outlineParties(drive: number): void {
    const { report } = this;
    this.outline(report.drives.issue[drive]!);
    for (const sample of report.readersOf(drive)) this.outline(report.samples.issue[sample]!);
  }

  private drawShownCycle(scale: number): void {
    const { context: g, frame, view, marks } = this;
    if (marks.cycle < 0) return;
    const y = frame.top + (marks.cycle + 0.5 - view.cycle) * scale;
    g.lineWidth = 1;
    g.setLineDash([5, 4]);
    g.beginPath();
    g.moveTo(frame.left, y);
    g.lineTo(frame.left + frame.width, y);
    g.stroke();
    g.setLineDash([]);
  }

  private keep(time: number): void {
    this.times.push(time);
    this.rects.push(this.boxes.rects + this.lines.lines);
    if (this.times.length <= kKept) return;
    this.times.shift();
    this.rects.shift();
  }

  private layoutFor(idle: boolean): ColumnsLayout {
    const { queues, positions } = this.report.data.chip;
    const { start } = this.report.byQueue;
    return layoutColumns(queues, positions, (queue) => idle || start[queue + 1]! > start[queue]!);
  }

  private setColours(): void {
    const { series, panel, line } = theme();
    this.rule = plainWord(line);
    const dim = series.map(() => line);
    this.boxes.setColours(shades(series, panel), shades(dim, panel));
  }

  private resize(): void {
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    if (width === 0 || height === 0) return;
    this.ratio = Math.min(window.devicePixelRatio || 1, Math.sqrt(kMostPixels / (width * height)));
    this.canvas.width = Math.max(1, Math.round(width * this.ratio));
    this.canvas.height = Math.max(1, Math.round(height * this.ratio));
    this.frame.width = Math.max(1, width - kGutter);
    this.frame.height = Math.max(1, height - kHeader);
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.words = new Uint32Array(this.image.data.buffer);
    this.draw();
  }
}
