// SPDX-License-Identifier: Apache-2.0
// The picture of the chip in one cycle: units above, stream registers as lanes below, each column
// under the units that stand at it.
import { kFont, shortName } from "./diagram_labels";
import { el } from "./dom";
import { type Box, type Floorplan, boxAt, floorplan } from "./floorplan";
import type { Report } from "./model";
import type { OperatorColours } from "./operators";
import { inkOn, onThemeChange, theme } from "./theme";
import { unitState } from "./unit_state";

const kSide = 30; // for the names of lanes
const kTop = 22;
const kGap = 26;
const kUnits = 0.42; // share of the height

export interface Register {
  stream: number; // as in drives.stream
  column: number;
  drive: number; // -1 if it holds no value
}

export class ChipCanvas {
  readonly canvas = el("canvas", {
    class: "chip-canvas",
    tabindex: 0,
    role: "application",
    "aria-describedby": "chip-live",
  });
  readonly plan: Floorplan;
  cycle = 0; // set by showCycle
  selected = -1; // queue
  valuesShown = 0;
  private readonly context = this.canvas.getContext("2d", { alpha: false })!;
  private readonly cells: Int32Array; // drive in each stream register, -1 if none
  private width = 0;
  private height = 0;
  private ratio = 1;

  constructor(
    private readonly report: Report,
    private readonly colours: OperatorColours,
  ) {
    const { chip } = report.data;
    this.plan = floorplan(chip);
    this.cells = new Int32Array(2 * chip.streams * chip.positions);
    onThemeChange(() => this.draw());
    new ResizeObserver(() => this.resize()).observe(this.canvas);
  }

  queueAt(x: number, y: number): number {
    const box = boxAt(this.plan, (x - kSide) / this.unit, (y - kTop) / this.unitsHeight);
    return box ? box.queue : -1;
  }

  /** The stream register at this place, or null. */
  registerAt(x: number, y: number): Register | null {
    const { positions, streams } = this.report.data.chip;
    const column = Math.floor((x - kSide) / this.unit);
    const down = y - this.lanesTop;
    const half = streams * this.lane;
    const inWest = down >= half + kGap / 2;
    const stream =
      Math.floor((inWest ? down - half - kGap / 2 : down) / this.lane) + (inWest ? streams : 0);
    if (
      column < 0 ||
      column >= positions ||
      down < 0 ||
      stream >= 2 * streams ||
      (!inWest && stream >= streams)
    )
      return null;
    return { stream, column, drive: this.cells[stream * positions + column]! };
  }

  showCycle(cycle: number): void {
    this.cycle = cycle;
    this.fillCells();
    this.draw();
  }

  draw(): void {
    if (this.width === 0) return;
    const { context: g } = this;
    g.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    g.fillStyle = theme().panel;
    g.fillRect(0, 0, this.width, this.height);
    this.drawRegions();
    for (const box of this.plan.boxes) this.drawBox(box);
    this.drawLanes();
    this.drawSelected();
  }

  private get unit(): number {
    return (this.width - kSide - 4) / this.report.data.chip.positions;
  }
  private get unitsHeight(): number {
    return this.height * kUnits - kTop;
  }
  private get lanesTop(): number {
    return this.height * kUnits + kGap;
  }

  private get lane(): number {
    return (this.height - this.lanesTop - 6 - kGap / 2) / (2 * this.report.data.chip.streams);
  }

  private drawRegions(): void {
    const { context: g, plan, unit } = this;
    const { chip } = this.report.data;
    g.font = `600 ${this.width < 600 ? 10 : 12}px ${kFont}`;
    g.textAlign = "center";
    g.textBaseline = "alphabetic";
    g.fillStyle = theme().text;
    const middle = (from: number, to: number) => kSide + ((from + to) / 2) * unit;
    const narrow = this.width < 600;
    g.fillText(narrow ? "MXM" : "MXM and SXM west", middle(chip.westEdge, plan.memWest.from), 14);
    g.fillText(
      narrow ? "MEM" : `MEM west, ${chip.memSlices} slices`,
      middle(plan.memWest.from, plan.memWest.to),
      14,
    );
    g.fillText("VXM", middle(plan.vxm.from, plan.vxm.to), 14);
    g.fillText(
      narrow ? "MEM" : `MEM east, ${chip.memSlices} slices`,
      middle(plan.memEast.from, plan.memEast.to),
      14,
    );
    g.fillText(narrow ? "MXM" : "MXM and SXM east", middle(plan.memEast.to, chip.eastEdge + 1), 14);
  }

  private drawBox(box: Box): void {
    const { context: g, report, unit } = this;
    const x = kSide + box.x * unit;
    const y = kTop + box.y * this.unitsHeight;
    const width = Math.max(1, box.width * unit - 1);
    const height = Math.max(1, box.height * this.unitsHeight - 1);
    const state = unitState(report, box.queue, this.cycle);
    const queue = report.data.chip.queues[box.queue]!;
    g.fillStyle = theme().line;
    g.globalAlpha = 0.55;
    g.fillRect(x, y, width, height);
    g.globalAlpha = 1;
    if (state.active) {
      const colour = theme().series[this.colours.ofProgram[report.issues.program[state.issue]!]!]!;
      g.fillStyle = colour;
      if (queue.unit === "mem") this.fillBank(state.text, x, y, width, height);
      else g.fillRect(x, y, width, height);
      g.fillStyle = inkOn(colour);
    } else {
      g.fillStyle = theme().muted;
    }
    if (queue.unit === "mem") {
      if (!state.active) g.fillRect(x, y + height / 2, width, 0.5);
      return;
    }
    this.boxWords(
      state.active
        ? report.opcodeOf(state.issue).mnemonic
        : shortName(queue).replace(/^plane (\d+) (.*)/, "$2 $1"),
      x,
      y,
      width,
      height,
    );
  }

  /** Bank 0 is the upper half; a word whose bank depends on data fills both. */
  private fillBank(text: string, x: number, y: number, width: number, height: number): void {
    const bank = /^bank (\d+)/.exec(text)?.[1];
    const { banks } = this.report.data.chip;
    if (bank === undefined) this.context.fillRect(x, y, width, height);
    else this.context.fillRect(x, y + (Number(bank) * height) / banks, width, height / banks);
  }

  private boxWords(words: string, x: number, y: number, width: number, height: number): void {
    const { context: g } = this;
    if (height < 9 || width < 30) return;
    g.font = `${Math.min(11, height - 2)}px ${kFont}`;
    g.textAlign = "center";
    g.textBaseline = "middle";
    let shown = words;
    for (let most = words.length; most > 1 && g.measureText(shown).width > width - 2;)
      shown = `${words.slice(0, --most)}\u2026`;
    if (shown.length > 3) g.fillText(shown, x + width / 2, y + height / 2);
  }

  /** Later drives stand downstream of earlier ones on their diagonal, so the last one put in holds. */
  private fillCells(): void {
    const { drives, drivesByCycle, data, cycles } = this.report;
    const { positions, streams } = data.chip;
    this.cells.fill(-1);
    this.valuesShown = 0;
    const last = Math.min(this.cycle, cycles - 1);
    for (let cycle = Math.max(0, this.cycle - positions); cycle <= last; ++cycle) {
      const end = drivesByCycle.start[cycle + 1]!;
      for (let i = drivesByCycle.start[cycle]!; i < end; ++i) {
        const drive = drivesByCycle.items[i]!;
        const stream = drives.stream[drive]!;
        const moved = this.cycle - cycle;
        const column = drives.position[drive]! + (stream < streams ? moved : -moved);
        if (column < 0 || column >= positions) continue;
        if (this.cells[stream * positions + column]! < 0) ++this.valuesShown;
        this.cells[stream * positions + column] = drive;
      }
    }
  }

  private drawLanes(): void {
    const { context: g } = this;
    const { positions, streams, vxmPosition } = this.report.data.chip;
    const colours = theme();
    const top = this.lanesTop;
    const { lane } = this;
    g.font = `11px ${kFont}`;
    g.textBaseline = "middle";
    g.textAlign = "center";
    g.fillStyle = colours.muted;
    const every = this.unit < 14 ? 5 : this.unit < 24 ? 2 : 1;
    for (let column = 0; column < positions; column += every)
      g.fillText(String(column), kSide + (column + 0.5) * this.unit, top - 12);
    g.fillStyle = colours.line;
    g.globalAlpha = 0.35;
    g.fillRect(kSide + vxmPosition * this.unit, top, this.unit, this.height - top - 6);
    g.globalAlpha = 1;
    this.drawDirection(0, top, lane, colours.east, "E");
    this.drawDirection(streams, top + streams * lane + kGap / 2, lane, colours.west, "W");
  }

  private drawDirection(
    first: number,
    top: number,
    lane: number,
    colour: string,
    letter: string,
  ): void {
    const { context: g, unit, cells } = this;
    const { positions, streams } = this.report.data.chip;
    const { drives } = this.report;
    for (let s = 0; s < streams; ++s) {
      const y = top + s * lane;
      g.globalAlpha = 0.8;
      g.fillStyle = theme().line;
      g.fillRect(kSide, y + lane / 2, positions * unit, 0.5);
      g.fillStyle = colour;
      for (let column = 0; column < positions; ++column) {
        const drive = cells[(first + s) * positions + column]!;
        if (drive < 0) continue;
        const reach = drives.reach[drive]!;
        const awaited = first === 0 ? column <= reach : column >= reach;
        g.globalAlpha = awaited ? 1 : 0.22;
        g.fillRect(
          kSide + column * unit + 1,
          y + 0.5,
          Math.max(1, unit - 2),
          Math.max(1, lane - 1),
        );
      }
      g.globalAlpha = 1;
      g.fillStyle = theme().muted;
      g.textAlign = "right";
      if (s % 8 === 0) g.fillText(`${letter}${s}`, kSide - 4, y + lane / 2 + 2);
    }
  }

  private drawSelected(): void {
    const box = this.plan.boxes.find((one) => one.queue === this.selected);
    if (!box) return;
    const { context: g, unit } = this;
    g.strokeStyle = theme().text;
    g.lineWidth = 2;
    g.strokeRect(
      kSide + box.x * unit - 1,
      kTop + box.y * this.unitsHeight - 1,
      box.width * unit + 1,
      box.height * this.unitsHeight + 1,
    );
    const { position } = this.report.data.chip.queues[this.selected]!;
    g.strokeRect(kSide + position * unit, this.lanesTop - 2, unit, this.height - this.lanesTop - 3);
  }

  private resize(): void {
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    if (this.width === 0 || this.height === 0) return;
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(this.width * this.ratio);
    this.canvas.height = Math.round(this.height * this.ratio);
    this.draw();
  }
}
