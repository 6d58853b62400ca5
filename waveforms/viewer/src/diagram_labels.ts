// SPDX-License-Identifier: Apache-2.0
// The words of the diagram: regions and columns above, cycles at the side, mnemonics in boxes.
import type { ColumnsLayout } from "./columns_layout";
import type { Report } from "./model";
import { grouped } from "./numbers";
import type { Queue } from "./report_data";
import type { Frame } from "./stream_lines";
import { inkOn, theme } from "./theme";
import { type Viewport, cycleStep } from "./viewport";

export const kFont = "system-ui, sans-serif";
const kMostWords = 1200; // in boxes, a frame
export const kCycleMarks = 26; // pixels between two cycle marks, at least
const kWordHeight = 11;
const kWordWidth = 26;

export function shortName(queue: Queue): string {
  const kind = queue.unit.replace(/^(mxm|sxm)_/, "");
  if (queue.unit === "mem") return `slice ${queue.index}`;
  if (queue.unit === "vxm") return `ALU ${queue.index}`;
  if (queue.unit === "c2c") return `port ${queue.index}`;
  const word = queue.unit.startsWith("mxm")
    ? `plane ${queue.index} ${kind}`
    : `${kind} ${queue.index}`;
  return word.replace("shift 0", "shift").replace("permute 0", "permute");
}

export function regionOf(queue: Queue): string {
  const side = queue.hemisphere;
  if (queue.unit === "mem") return `MEM ${side}`;
  if (queue.unit === "vxm") return "VXM";
  return `${queue.unit === "c2c" ? "C2C" : queue.unit.slice(0, 3).toUpperCase()} ${side}`;
}

function place(view: Viewport, frame: Frame, at: number): number {
  return frame.left + ((at - view.left) * frame.width) / view.wide;
}

/** The name of a region over all of its queues that are in sight. */
function drawRegions(
  g: CanvasRenderingContext2D,
  report: Report,
  view: Viewport,
  layout: ColumnsLayout,
  frame: Frame,
): void {
  const colours = theme();
  let from = 0;
  const { queues } = layout;
  for (let i = 1; i <= queues.length; ++i) {
    const name = regionOf(report.data.chip.queues[queues[from]!]!);
    if (i < queues.length && regionOf(report.data.chip.queues[queues[i]!]!) === name) continue;
    const left = Math.max(frame.left, place(view, frame, layout.left[queues[from]!]!));
    const right = Math.min(
      frame.left + frame.width,
      place(view, frame, layout.left[queues[i - 1]!]! + 1),
    );
    if (right > left) {
      g.fillStyle = colours.line;
      g.fillRect(left, frame.top - 34, right - left - 1, 1);
      g.fillStyle = colours.text;
      const words = [name, name.split(" ")[0]!].find(
        (text) => g.measureText(text).width < right - left,
      );
      if (words) g.fillText(words, (left + right) / 2, frame.top - 40);
    }
    from = i;
  }
}

/** Under the region: queues where they are wide enough, else stream register columns. */
function drawColumns(
  g: CanvasRenderingContext2D,
  report: Report,
  view: Viewport,
  layout: ColumnsLayout,
  frame: Frame,
): void {
  const unit = frame.width / view.wide;
  g.fillStyle = theme().muted;
  let free = -Infinity;
  for (let column = 0; column < layout.columnLeft.length; ++column) {
    const x = place(view, frame, layout.columnLeft[column]! + layout.columnWidth[column]! / 2);
    const words = `x${column}`;
    if (x < frame.left || x > frame.left + frame.width || x - free < 26) continue;
    free = x;
    g.fillText(words, x, frame.top - 22);
  }
  if (unit < 36) return;
  for (const queue of layout.queues) {
    const x = place(view, frame, layout.left[queue]! + 0.5);
    if (x < frame.left || x > frame.left + frame.width) continue;
    g.fillText(shortName(report.data.chip.queues[queue]!), x, frame.top - 7, unit - 4);
  }
}

export function drawHeader(
  g: CanvasRenderingContext2D,
  report: Report,
  view: Viewport,
  layout: ColumnsLayout,
  frame: Frame,
): void {
  g.font = `11px ${kFont}`;
  g.textAlign = "center";
  g.textBaseline = "alphabetic";
  g.save();
  g.beginPath();
  g.rect(frame.left, 0, frame.width, frame.top);
  g.clip();
  drawRegions(g, report, view, layout, frame);
  drawColumns(g, report, view, layout, frame);
  g.restore();
}

export function drawCycles(g: CanvasRenderingContext2D, view: Viewport, frame: Frame): void {
  const colours = theme();
  const scale = frame.height / view.span;
  const step = cycleStep(scale, kCycleMarks);
  g.font = `11px ${kFont}`;
  g.textAlign = "right";
  g.textBaseline = "middle";
  for (let c = Math.ceil(view.cycle / step) * step; c <= view.cycle + view.span; c += step) {
    const y = frame.top + (c - view.cycle) * scale;
    g.fillStyle = colours.muted;
    const middle = y + (scale >= 12 ? scale / 2 : 0);
    if (middle > frame.top + 4 && middle < frame.top + frame.height - 4)
      g.fillText(grouped(c), frame.left - 6, middle);
  }
}

/** Mnemonics, with operands where there is room. */
export function drawWords(
  g: CanvasRenderingContext2D,
  report: Report,
  view: Viewport,
  layout: ColumnsLayout,
  frame: Frame,
  colourOf: Uint8Array,
  marked: Uint8Array | null,
): void {
  const scale = frame.height / view.span;
  const unit = frame.width / view.wide;
  if (scale < kWordHeight || unit < kWordWidth) return;
  g.font = `${Math.min(12, Math.floor(scale))}px ${kFont}`;
  g.textAlign = "left";
  g.textBaseline = "middle";
  let drawn = 0;
  const { items, start } = report.byQueue;
  for (const queue of layout.queues) {
    const x = place(view, frame, layout.left[queue]!);
    if (x + unit < frame.left || x > frame.left + frame.width) continue;
    const end = start[queue + 1]!;
    for (
      let slot = report.slotAt(queue, Math.floor(view.cycle));
      slot < end && drawn < kMostWords;
      ++slot
    ) {
      const issue = items[slot]!;
      const y = frame.top + (report.issues.cycle[issue]! - view.cycle + 0.5) * scale;
      if (y > frame.top + frame.height) break;
      const program = report.issues.program[issue]!;
      g.fillStyle =
        marked && !marked[program] ? theme().text : inkOn(theme().series[colourOf[program]!]!);
      const words = unit > 110 ? report.textOf(issue) : report.opcodeOf(issue).mnemonic;
      g.fillText(fitted(g, words, unit - 6), x + 3, y + 0.5);
      ++drawn;
    }
  }
}

/** Words cut to this width; kept for the frames to come, which mostly have the same boxes. */
const kFitted = new Map<string, string>();
let fittedFor = "";

function fitted(g: CanvasRenderingContext2D, words: string, width: number): string {
  const key = `${g.font}/${Math.round(width)}`;
  if (key !== fittedFor) kFitted.clear();
  fittedFor = key;
  const known = kFitted.get(words);
  if (known !== undefined) return known;
  let shown = words;
  for (let most = words.length; most > 1 && g.measureText(shown).width > width;)
    shown = `${words.slice(0, --most)}\u2026`;
  kFitted.set(words, shown);
  return shown;
}
