// SPDX-License-Identifier: Apache-2.0
// Section 2: the floorplan, cycle by cycle.
import { ChipCanvas, type Register } from "./chip_canvas";
import { button, byId, el, facts, labelled, link, replace, select, table } from "./dom";
import { neighbour } from "./floorplan";
import { issueLink, streamName } from "./instruction_panel";
import { hex } from "./lanes";
import type { Report } from "./model";
import { cycles, grouped } from "./numbers";
import type { OperatorColours } from "./operators";
import { type Store, formatRoute } from "./state";
import { unitState } from "./unit_state";
import { programName } from "./why";

const kSpeeds = [1, 4, 15, 60, 240];
const kNext = 6;

export class ChipSection {
  readonly chip: ChipCanvas;
  playing = false;
  private speed = 15; // cycles a second
  private owed = 0; // part of a cycle not yet played
  private before = 0; // time of the last frame
  private readonly live = el("p", { class: "live", id: "chip-live", "aria-live": "polite" });
  private readonly panel = el("div", { class: "panel", id: "unit" });
  private readonly scrub: HTMLInputElement;
  private readonly number: HTMLInputElement;
  private readonly play: HTMLButtonElement;

  constructor(
    private readonly report: Report,
    private readonly store: Store,
    colours: OperatorColours,
  ) {
    this.chip = new ChipCanvas(report, colours);
    this.chip.canvas.setAttribute(
      "aria-label",
      "Floorplan of the chip. Arrow keys select a unit, full stop and comma step a cycle, space plays.",
    );
    const last = report.cycles - 1;
    this.scrub = el("input", {
      type: "range",
      min: 0,
      max: last,
      value: 0,
      "aria-label": "Cycle",
      class: "scrub",
    });
    this.number = el("input", { type: "number", min: 0, max: last, value: 0, name: "chip-cycle" });
    this.play = button("Play", () => this.toggle(), { id: "play" });
    this.build();
    this.listen();
    store.listen((_, change) => {
      if (change.cycle !== undefined || change.queue !== undefined) this.show();
    });
  }

  private build(): void {
    const { chip } = this.report.data;
    byId("chip").append(
      el(
        "p",
        {},
        `${chip.name}: ${grouped(chip.superlanes * chip.lanesPerSuperlane)} lanes, ` +
          `${grouped(chip.queues.length)} instruction queues, ` +
          `${grouped(chip.positions)} stream register columns. Units stand at their ` +
          `columns, from west to east. Below them ${chip.streams} streams run east and ` +
          `${chip.streams} run west: a filled register holds a value, a faint one a ` +
          "value that nobody downstream reads any more. In memory the upper half of a " +
          "slice is bank 0.",
      ),
      this.controls(),
      this.chip.canvas,
      this.live,
      this.panel,
    );
  }

  private controls(): HTMLElement {
    const speeds = kSpeeds.map((value) => ({
      value: String(value),
      text: `${value} cycles a second`,
    }));
    const speed = select(speeds, (value) => (this.speed = Number(value)));
    speed.value = String(this.speed);
    return el(
      "div",
      { class: "controls" },
      this.play,
      button("\u22121 cycle", () => this.step(-1), { id: "step-back" }),
      button("+1 cycle", () => this.step(1), { id: "step-on" }),
      labelled("Cycle", this.number),
      labelled("Speed", speed),
      labelled("Stream program", this.programs()),
      this.scrub,
    );
  }

  private programs(): HTMLSelectElement {
    const all = this.report.data.streamPrograms;
    const order = all.map((_, i) => i).sort((a, b) => all[a]!.begin - all[b]!.begin);
    const choices = order.map((i) => ({
      value: String(all[i]!.begin),
      text: `${grouped(all[i]!.begin)}: ${programName(all[i]!)}`,
    }));
    const node = select(
      [{ value: "", text: "choose" }, ...choices],
      (value) => value && this.go(Number(value)),
    );
    node.name = "stream-program";
    return node;
  }

  private listen(): void {
    const { canvas } = this.chip;
    this.scrub.addEventListener("input", () => this.go(Number(this.scrub.value)));
    this.number.addEventListener("change", () => this.go(Number(this.number.value)));
    canvas.addEventListener("click", (event) => {
      const queue = this.chip.queueAt(event.offsetX, event.offsetY);
      if (queue >= 0) this.store.set({ section: "chip", queue });
      const register = this.chip.registerAt(event.offsetX, event.offsetY);
      if (register) replace(this.panel, ...this.register(register));
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  private key(event: KeyboardEvent): void {
    const side: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const act: Record<string, () => void> = {
      ".": () => this.step(1),
      ",": () => this.step(-1),
      " ": () => this.toggle(),
    };
    const move = side[event.key];
    const action = act[event.key];
    if (!move && !action) return;
    event.preventDefault();
    if (action) action();
    else
      this.store.set({
        section: "chip",
        queue: neighbour(this.chip.plan, this.store.state.queue, move![0], move![1]),
      });
  }

  private go(cycle: number): void {
    const last = this.report.cycles - 1;
    this.store.set({ section: "chip", cycle: Math.min(last, Math.max(0, Math.round(cycle) || 0)) });
  }

  private step(by: number): void {
    this.go(this.store.state.cycle + by);
  }

  private toggle(): void {
    this.playing = !this.playing;
    this.play.textContent = this.playing ? "Pause" : "Play";
    // Each cycle of a running chip read aloud would be noise.
    this.live.setAttribute("aria-live", this.playing ? "off" : "polite");
    if (!this.playing) return;
    if (this.store.state.cycle >= this.report.cycles - 1) this.go(0);
    this.before = performance.now();
    this.owed = 0;
    requestAnimationFrame((now) => this.tick(now));
  }

  private tick(now: number): void {
    if (!this.playing) return;
    this.owed += ((now - this.before) / 1000) * this.speed;
    this.before = now;
    const whole = Math.floor(this.owed);
    this.owed -= whole;
    if (whole > 0) this.go(this.store.state.cycle + whole);
    if (this.store.state.cycle >= this.report.cycles - 1) this.toggle();
    else requestAnimationFrame((later) => this.tick(later));
  }

  private show(): void {
    const { cycle, queue } = this.store.state;
    this.chip.selected = queue;
    this.chip.showCycle(cycle);
    this.scrub.value = String(cycle);
    this.number.value = String(cycle);
    this.live.textContent = this.sentence(cycle, queue);
    replace(this.panel, ...this.unit(queue, cycle));
  }

  private sentence(cycle: number, queue: number): string {
    const active = this.chip.plan.boxes.filter(
      (box) => unitState(this.report, box.queue, cycle).active,
    ).length;
    const values =
      `Cycle ${grouped(cycle)}: ${grouped(active)} units at work, ` +
      `${grouped(this.chip.valuesShown)} stream registers hold a value.`;
    if (queue < 0) return values;
    return (
      `${values} ${this.report.data.chip.queues[queue]!.path}: ` +
      `${unitState(this.report, queue, cycle).text}.`
    );
  }

  private unit(queue: number, cycle: number): Node[] {
    if (queue < 0)
      return [
        el("h3", {}, "Unit"),
        el(
          "p",
          { class: "note" },
          "Click a unit, or select one with the arrow keys, to see its queue and its state.",
        ),
      ];
    const info = this.report.data.chip.queues[queue]!;
    const state = unitState(this.report, queue, cycle);
    const usage = this.report.data.units.find((row) => row.path === info.path);
    const head = facts([
      ["State", `${state.text} in cycle ${grouped(cycle)}`],
      ["Column", String(info.position)],
      [
        "In this token",
        usage
          ? `${grouped(usage.issued)} instructions, busy ${cycles(usage.busy)}`
          : "no instruction",
      ],
    ]);
    return [el("h3", {}, info.path), head, this.queueTable(queue, cycle)];
  }

  /** What a stream register holds; the probe of the schedule says more. */
  private register({ stream, column, drive }: Register): Node[] {
    const { cycle } = this.store.state;
    const name = streamName(this.report, stream);
    const title = el("h3", {}, `Stream ${name}, column ${column}, cycle ${grouped(cycle)}`);
    if (drive < 0) return [title, el("p", {}, "It holds no value.")];
    const { drives } = this.report;
    const writer = drives.issue[drive]!;
    const lanes = Array.from(drives.lanes.subarray(drive * 16, drive * 16 + 16), hex).join(" ");
    const address = formatRoute({
      section: "schedule",
      values: { cycle: String(cycle), stream: name, column: String(column), probe: String(cycle) },
    });
    return [
      title,
      facts([
        [
          "Written by",
          issueLink(
            this.report,
            writer,
            `${this.report.queueOf(writer).path}, cycle ${grouped(this.report.issues.cycle[writer]!)}`,
            (issue) =>
              this.store.set({
                issue,
                queue: this.report.issues.queue[issue]!,
                cycle: this.report.issues.cycle[issue]!,
              }),
          ),
        ],
        ["Operator", programName(this.report.programOf(writer))],
        ["Byte", `${drives.byte[drive]} of ${drives.width[drive]}`],
        ["Lanes 0 to 15", el("code", {}, lanes)],
      ]),
      el(
        "p",
        {},
        link("Probe it in the schedule", address, () => (location.hash = address)),
      ),
    ];
  }

  private queueTable(queue: number, cycle: number): Node {
    const { report } = this;
    const { start, items } = report.byQueue;
    const current = report.issueAt(queue, cycle);
    const after = report.slotAt(queue, cycle + 1);
    const first = Math.max(start[queue]!, after - (current >= 0 ? 2 : 1));
    const rows: (Node | string)[][] = [];
    for (let slot = first; slot < Math.min(start[queue + 1]!, after + kNext); ++slot) {
      const issue = items[slot]!;
      const at = report.issues.cycle[issue]!;
      const when = issue === current ? "current" : at > cycle ? `in ${cycles(at - cycle)}` : "last";
      const name = issueLink(report, issue, report.textOf(issue), () =>
        this.store.set({ issue, cycle: at }),
      );
      rows.push([when, grouped(at), name, programName(report.programOf(issue))]);
    }
    if (rows.length === 0)
      return el("p", { class: "note" }, "This queue dispatches nothing in this token.");
    return table(
      ["dispatch", ">cycle", "instruction", "stream program"],
      rows,
      "Its queue: last, current and next instructions",
    );
  }
}
