// SPDX-License-Identifier: Apache-2.0
// Tensors in memory: where each lies, slices across and addresses down, and how long it is in use.
import { kFont } from "./diagram_labels";
import { el, expandable, labelled, select, table } from "./dom";
import type { Report } from "./model";
import { bytes, grouped, listed } from "./numbers";
import type { MemoryRow } from "./report_data";
import { onThemeChange, theme } from "./theme";

const kKinds: MemoryRow["kind"][] = ["constant", "state", "scratch", "input", "output"];
const kLeft = 46;
const kTop = 34;

type View = "places" | "lifetimes";

interface Patch {
  row: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export class MemoryMap {
  readonly node: HTMLElement;
  private readonly canvas = el("canvas", {
    class: "memory",
    tabindex: 0,
    role: "application",
    "aria-describedby": "memory-live",
  });
  private readonly live = el("p", { class: "live", "aria-live": "polite", id: "memory-live" });
  private readonly context = this.canvas.getContext("2d", { alpha: false })!;
  private patches: Patch[] = [];
  private view: View = "places";
  private selected = -1;

  constructor(private readonly report: Report) {
    const { memory } = report.data;
    this.canvas.setAttribute(
      "aria-label",
      "Memory map. Up and down arrow keys go through the tensors.",
    );
    const choice = select(
      [
        { value: "places", text: "slices and addresses" },
        { value: "lifetimes", text: "cycles and addresses" },
      ],
      (value) => {
        this.view = value as View;
        this.draw();
      },
    );
    const items = kKinds.map((kind, i) =>
      el(
        "li",
        {},
        el("span", { class: "swatch", style: `background:var(--series-${i + 1})` }),
        kind,
      ),
    );
    this.node = el(
      "div",
      { class: "figure" },
      el(
        "div",
        { class: "figure-head" },
        el("h3", {}, "Memory"),
        labelled("Across and down", choice),
      ),
      el("p", {}, this.sentence()),
      el("ul", { class: "legend" }, ...items),
      this.canvas,
      this.live,
      expandable("All tensors", () => memoryTable(memory)),
    );
    this.live.textContent =
      memory.length > 0 ? "No tensor is selected." : "The report lists no tensors.";
    this.listen();
  }

  private listen(): void {
    const { canvas } = this;
    const at = (event: MouseEvent) => {
      const patch = [...this.patches]
        .reverse()
        .find(
          (p) =>
            event.offsetX >= p.x &&
            event.offsetX <= p.x + p.width &&
            event.offsetY >= p.y &&
            event.offsetY <= p.y + p.height,
        );
      if (patch) this.choose(patch.row);
    };
    canvas.addEventListener("pointermove", at);
    canvas.addEventListener("click", at);
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const count = this.report.data.memory.length;
      if (count > 0) this.choose(Math.min(count - 1, Math.max(0, this.selected + step)));
    });
    onThemeChange(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  private choose(row: number): void {
    if (row === this.selected) return;
    this.selected = row;
    this.live.textContent = memorySentence(this.report.data.memory[row]!);
    this.draw();
  }

  private sentence(): string {
    const { memory, chip } = this.report.data;
    const used = memory.reduce((sum, row) => sum + row.bytes, 0);
    const all =
      2 *
      chip.memSlices *
      chip.banks *
      chip.wordsPerBank *
      chip.superlanes *
      chip.lanesPerSuperlane;
    return (
      `${grouped(memory.length)} tensors fill ${bytes(used)} of ${bytes(all)} of SRAM. ` +
      "Slice 0 of each hemisphere is next to the vector unit."
    );
  }

  private draw(): void {
    const { canvas, context: g } = this;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (width === 0 || height === 0) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.fillStyle = theme().panel;
    g.fillRect(0, 0, width, height);
    this.patches = [];
    const { chip, memory } = this.report.data;
    const addresses = chip.banks * chip.wordsPerBank;
    const scale = (height - kTop - 4) / addresses;
    this.drawAxes(width, height, scale, addresses);
    memory.forEach((row, i) => {
      const y = kTop + row.address * scale;
      const tall = Math.max(1, row.addresses * scale);
      for (const [x, wide] of this.spans(row, width))
        this.patches.push({ row: i, x, y, width: wide, height: tall });
    });
    this.patches.forEach((patch) => this.fill(patch, false));
    this.patches
      .filter((patch) => patch.row === this.selected)
      .forEach((patch) => this.fill(patch, true));
  }

  private fill(patch: Patch, outlined: boolean): void {
    const { context: g } = this;
    g.globalAlpha = this.view === "lifetimes" ? 0.45 : 0.85;
    g.fillStyle = theme().series[kKinds.indexOf(this.report.data.memory[patch.row]!.kind)]!;
    g.fillRect(patch.x, patch.y, patch.width, patch.height);
    g.globalAlpha = 1;
    g.strokeStyle = theme().text;
    g.lineWidth = 1.5;
    if (outlined)
      g.strokeRect(patch.x - 1, patch.y - 1, patch.width + 2, Math.max(3, patch.height + 2));
  }

  /** Left edges and widths: one a slice, or the cycles in which the tensor is in use. */
  private spans(row: MemoryRow, width: number): [number, number][] {
    const across = width - kLeft - 4;
    if (this.view === "places") {
      const { memSlices } = this.report.data.chip;
      const step = across / (2 * memSlices + 1);
      return row.slices.map((slice) => [
        kLeft + (row.hemisphere === "west" ? memSlices - 1 - slice : memSlices + 1 + slice) * step,
        Math.max(1, step - 0.5),
      ]);
    }
    const scale = across / this.report.cycles;
    const from = Math.max(0, row.firstWrite);
    const to =
      row.kind === "constant" || row.kind === "state" ? Math.max(from, row.lastUse) : row.lastUse;
    return to < from ? [] : [[kLeft + from * scale, Math.max(1.5, (to - from) * scale)]];
  }

  private drawAxes(width: number, height: number, scale: number, addresses: number): void {
    const { context: g } = this;
    const { chip } = this.report.data;
    g.font = `11px ${kFont}`;
    g.fillStyle = theme().muted;
    g.textAlign = "right";
    g.textBaseline = "middle";
    for (let address = 0; address < addresses; address += addresses / 8)
      g.fillText(grouped(address), kLeft - 5, kTop + address * scale + 5);
    g.textAlign = "center";
    const across = width - kLeft - 4;
    if (this.view === "lifetimes") {
      for (let i = 0; i <= 4; ++i) {
        g.textAlign = i === 0 ? "left" : i === 4 ? "right" : "center";
        g.fillText(
          `cycle ${grouped(Math.round((this.report.cycles * i) / 4))}`,
          kLeft + (across * i) / 4,
          22,
        );
      }
      return;
    }
    const step = across / (2 * chip.memSlices + 1);
    const every = step < 6 ? 20 : step < 12 ? 10 : 4;
    g.fillText("west", kLeft + (chip.memSlices / 2) * step, 10);
    g.fillText("east", kLeft + (chip.memSlices * 1.5 + 1) * step, 10);
    for (let slice = 0; slice < chip.memSlices; slice += every) {
      g.fillText(String(slice), kLeft + (chip.memSlices - 0.5 - slice) * step, 24);
      if (slice > 0 || step > 8)
        g.fillText(String(slice), kLeft + (chip.memSlices + 1.5 + slice) * step, 24);
    }
    g.fillStyle = theme().line;
    g.fillRect(kLeft + chip.memSlices * step, kTop, step, height - kTop - 4);
    g.fillRect(kLeft, kTop + (addresses / chip.banks) * scale, across, 1);
  }
}

function slicesText(slices: number[]): string {
  const runs: string[] = [];
  for (let i = 0; i < slices.length;) {
    let last = i;
    while (last + 1 < slices.length && slices[last + 1] === slices[last]! + 1) ++last;
    runs.push(last === i ? String(slices[i]) : `${slices[i]} to ${slices[last]}`);
    i = last + 1;
  }
  return listed(runs);
}

function lifeText(row: MemoryRow): string {
  const from =
    row.firstWrite < 0
      ? "there before the token"
      : `first written in cycle ${grouped(row.firstWrite)}`;
  return `${from}, ${row.lastUse < 0 ? "never used" : `last used in cycle ${grouped(row.lastUse)}`}`;
}

function memorySentence(row: MemoryRow): string {
  return (
    `${row.name} (${row.kind}): ${row.hemisphere}, slices ${slicesText(row.slices)}, ` +
    `addresses ${grouped(row.address)} to ${grouped(row.address + row.addresses - 1)}, ` +
    `${grouped(row.rows)} rows, ${bytes(row.bytes)}; ${lifeText(row)}.`
  );
}

function memoryTable(rows: MemoryRow[]): Node {
  const lines = rows.map((row) => [
    row.name,
    row.kind,
    row.hemisphere,
    slicesText(row.slices),
    grouped(row.address),
    grouped(row.addresses),
    grouped(row.rows),
    bytes(row.bytes),
    lifeText(row),
  ]);
  const heads = [
    "tensor",
    "kind",
    "hemisphere",
    "slices",
    ">first address",
    ">addresses a slice",
    ">rows",
    ">size",
    "lifetime",
  ];
  return table(heads, lines, "Tensors in memory");
}
