// SPDX-License-Identifier: Apache-2.0
// Section 3: the space-time diagram with what is selected in it.
import { Diagram, type Place } from "./diagram";
import { listenTo } from "./diagram_input";
import { button, byId, el, labelled, replace, select } from "./dom";
import { chainOf, instructionPanel, instructionSentence } from "./instruction_panel";
import type { Report } from "./model";
import { grouped } from "./numbers";
import { type OperatorColours, operatorKind } from "./operators";
import type { Prober } from "./probe";
import { ProbePanel, type ProbeRequest } from "./probe_panel";
import type { Store } from "./state";
import { kLeastScale } from "./stream_lines";

const kReveal = 120; // cycles shown around something that was looked for

export class ScheduleSection {
  readonly diagram: Diagram;
  readonly probe: ProbePanel;
  private readonly live = el("p", { class: "live", "aria-live": "polite", id: "schedule-live" });
  private readonly tip = el("div", { class: "tip", hidden: true });
  private readonly panel = el("div", { class: "panel", id: "instruction" });
  private readonly range = el("p", { class: "note", id: "schedule-range" });

  constructor(
    private readonly report: Report,
    prober: Prober,
    private readonly store: Store,
    private readonly colours: OperatorColours,
  ) {
    this.diagram = new Diagram(report, colours);
    this.probe = new ProbePanel(
      report,
      prober,
      (issue) => this.pick(issue),
      (request, found) => {
        this.diagram.marks.probe = { cycle: request.cycle, column: request.column, queue: -1 };
        this.diagram.marks.drive = found ? found.drive : -1;
        this.diagram.view.reveal(
          request.cycle,
          this.diagram.layout.columnLeft[request.column] ?? NaN,
        );
        this.diagram.invalidate();
      },
    );
    this.diagram.canvas.setAttribute(
      "aria-label",
      "Schedule: queues across, cycles down. Arrow keys move, plus and minus zoom, n " +
        "and p select instructions, Enter probes.",
    );
    this.build();
    this.listen();
  }

  /** Selects an instruction and shows it. */
  pick(issue: number): void {
    const { issues } = this.report;
    const queue = issues.queue[issue]!;
    const cycle = issues.cycle[issue]!;
    if (this.diagram.view.span > 12 * kReveal) this.diagram.view.show(cycle, kReveal);
    this.diagram.view.reveal(cycle, this.diagram.layout.left[queue]!);
    this.store.set({ section: "schedule", issue, queue, cycle });
  }

  showCycle(cycle: number, span: number): void {
    this.diagram.view.show(cycle, span > 0 ? span : kReveal);
    this.diagram.invalidate();
  }

  showQueue(queue: number): void {
    const left = this.diagram.layout.left[queue]!;
    if (this.diagram.view.wide > 40) this.diagram.view.zoomColumns(40 / this.diagram.view.wide);
    this.diagram.view.reveal(this.store.state.cycle, left);
    this.diagram.invalidate();
  }

  /** An address may name a queue and cycle in which nothing is dispatched. */
  sayNothingAt(queue: string, cycle: number): void {
    this.live.textContent = `Nothing is selected: ${queue} dispatches nothing in cycle ${grouped(cycle)}.`;
  }

  request(): ProbeRequest {
    return this.probe.request();
  }

  private build(): void {
    const stage = el("div", { class: "stage" }, this.diagram.canvas, this.tip);
    const help = el("details", {}, el("summary", {}, "Mouse and keys"), this.keys());
    byId("schedule").append(
      el(
        "p",
        {},
        "Queues stand side by side from the west edge of the chip to the east edge, " +
          "and cycles run down. A box is an instruction in the cycles in which it " +
          "holds its queue, coloured by operator. A slanted line is a value on a " +
          "stream: one column a cycle. The dashed line is the cycle that the chip " +
          "above shows.",
      ),
      this.controls(),
      this.legend(),
      stage,
      this.range,
      this.live,
      help,
      el("div", { class: "panels" }, this.panel, this.probe.node),
    );
    this.showNothing();
    this.diagram.onDraw = () => this.describe();
  }

  private controls(): HTMLElement {
    const { diagram } = this;
    const act = (change: () => void) => () => {
      change();
      diagram.invalidate();
    };
    const streams = [
      { value: "all", text: "all" },
      { value: "one", text: "the probed one" },
      { value: "none", text: "none" },
    ];
    const idle = el("input", { type: "checkbox" });
    idle.addEventListener("change", () => diagram.showIdleQueues(idle.checked));
    const programs = el("input", {
      type: "search",
      list: "program-names",
      size: 16,
      name: "operator",
    });
    programs.addEventListener("change", () => this.jump(programs.value));
    const names = [...new Set(this.report.data.streamPrograms.map((program) => program.operator))];
    const list = el(
      "datalist",
      { id: "program-names" },
      ...names.map((name) => el("option", { value: name })),
    );
    return el(
      "div",
      { class: "controls" },
      button(
        "Whole token",
        act(() => diagram.view.whole()),
      ),
      button(
        "Zoom in",
        act(() => diagram.view.zoomCycles(0.5)),
      ),
      button(
        "Zoom out",
        act(() => diagram.view.zoomCycles(2)),
      ),
      button(
        "Wider queues",
        act(() => diagram.view.zoomColumns(0.6)),
      ),
      button(
        "Narrower queues",
        act(() => diagram.view.zoomColumns(1 / 0.6)),
      ),
      labelled(
        "Streams",
        select(
          streams,
          (value) => {
            diagram.choice.shown = value as "all";
            this.useProbedStream();
            diagram.invalidate();
          },
          { name: "streams" },
        ),
      ),
      el("label", { class: "check" }, idle, "Idle queues"),
      labelled("Go to operator", programs),
      list,
    );
  }

  private useProbedStream(): void {
    const { direction, stream } = this.probe.request();
    this.diagram.choice.stream =
      direction === "east" ? stream : this.report.data.chip.streams + stream;
  }

  private legend(): HTMLElement {
    const items = this.colours.kinds.map((kind) =>
      el(
        "li",
        {},
        el("span", {
          class: "swatch",
          style: `background:var(--series-${this.colours.ofKind(kind) + 1})`,
        }),
        kind,
      ),
    );
    const lines = [
      ["var(--east)", "value moving east"],
      ["var(--west)", "value moving west"],
    ].map(([colour, text]) =>
      el("li", {}, el("span", { class: "swatch line", style: `background:${colour}` }), text!),
    );
    return el("ul", { class: "legend" }, ...items, ...lines);
  }

  private keys(): HTMLElement {
    const rows: [string, string][] = [
      ["Wheel, two fingers, + and -", "zoom cycles"],
      ["Shift and wheel, ] and [", "widen or narrow queues"],
      ["Drag, arrow keys, Page up and Page down", "move"],
      ["0, Home, End", "whole token, first cycle, last cycle"],
      ["Click on a box, n and p", "select an instruction; next and previous of its queue"],
      ["comma and full stop", "the queue to the west or east"],
      ["Click on a free place, Enter", "probe the streams there, or at the selected instruction"],
    ];
    return el(
      "dl",
      { class: "facts-list" },
      ...rows.flatMap(([keys, text]) => [el("dt", {}, keys), el("dd", {}, text)]),
    );
  }

  private jump(operator: string): void {
    const programs = this.report.data.streamPrograms;
    const index = programs.findIndex(
      (program) => program.operator === operator || operatorKind(program.operator) === operator,
    );
    if (index < 0) return;
    const issue = this.report.byProgram.items[this.report.byProgram.start[index]!];
    const program = programs[index]!;
    this.diagram.view.show(
      (program.begin + program.end) / 2,
      Math.max(kReveal, (program.end - program.begin) * 1.4),
    );
    if (issue !== undefined) this.pick(issue);
  }

  private listen(): void {
    listenTo(this.diagram, {
      pick: (place) => this.pickPlace(place),
      hover: (place, x, y) => this.hover(place, x, y),
      step: (instructions) => this.step(instructions),
      side: (queues) => this.side(queues),
      probe: () => this.probeSelected(),
    });
    const entered = () =>
      this.store.state.section === "schedule" || this.store.set({ section: "schedule" });
    for (const event of ["pointerdown", "keydown", "wheel"])
      this.diagram.canvas.addEventListener(event, entered, { passive: true });
    this.probe.node.addEventListener("submit", entered);
    this.store.listen((state, change) => {
      if (change.issue !== undefined) this.showInstruction(state.issue);
      if (change.cycle === undefined) return;
      this.diagram.marks.cycle = state.cycle;
      this.diagram.invalidate();
    });
  }

  private pickPlace(place: Place): void {
    const issue = this.issueNear(place);
    if (issue >= 0) this.pick(issue);
    else this.probe.showPlace(place.column, place.cycle);
  }

  /** From afar a row of pixels stands for several cycles: any instruction there will do. */
  private issueNear(place: Place): number {
    if (place.queue < 0) return -1;
    const exact = this.report.issueAt(place.queue, place.cycle);
    if (exact >= 0) return exact;
    const perPixel = Math.ceil(this.diagram.view.span / this.diagram.area.height);
    const slot = this.report.slotAt(place.queue, place.cycle);
    const issue =
      slot < this.report.byQueue.start[place.queue + 1]! ? this.report.byQueue.items[slot]! : -1;
    return issue >= 0 &&
      perPixel > 1 &&
      this.report.issues.cycle[issue]! < place.cycle + 2 * perPixel
      ? issue
      : -1;
  }

  private hover(place: Place | null, x: number, y: number): void {
    this.tip.hidden = place === null;
    if (!place) return;
    const issue = this.issueNear(place);
    const queue =
      place.queue >= 0 ? this.report.data.chip.queues[place.queue]!.path : "between queues";
    const words =
      issue >= 0
        ? `${instructionSentence(this.report, issue)} ${this.valueWords(issue)}`
        : `Cycle ${grouped(place.cycle)}, column ${place.column}, ${queue}`;
    this.tip.textContent = words;
    const width = this.diagram.canvas.clientWidth;
    this.tip.style.left = `${Math.max(0, Math.min(x + 14, width - 300))}px`;
    this.tip.style.top = `${y + 16}px`;
  }

  private valueWords(issue: number): string {
    const drive = this.report.drivesOf(issue)[0];
    if (drive === undefined) return "";
    const lanes = this.report.drives.lanes.subarray(drive * 16, drive * 16 + 4);
    return `Its value, lanes 0 to 3: bytes ${Array.from(lanes).join(", ")}.`;
  }

  private step(instructions: number): void {
    const { state } = this.store;
    const queue = state.queue >= 0 ? state.queue : this.diagram.layout.queues[0];
    if (queue === undefined) return;
    const { start, items } = this.report.byQueue;
    const now =
      state.issue >= 0 && this.report.issues.queue[state.issue] === queue
        ? this.report.slotAt(queue, this.report.issues.cycle[state.issue]!)
        : this.report.slotAt(queue, Math.floor(this.diagram.view.cycle)) -
          Math.max(0, instructions);
    const next = Math.min(start[queue + 1]! - 1, Math.max(start[queue]!, now + instructions));
    if (start[queue + 1]! > start[queue]!) this.pick(items[next]!);
  }

  private side(queues: number): void {
    const order = this.diagram.layout.queues;
    const now = order.indexOf(this.store.state.queue);
    const queue = order[Math.min(order.length - 1, Math.max(0, now + queues))];
    if (queue === undefined) return;
    const slot = Math.min(
      this.report.byQueue.start[queue + 1]! - 1,
      this.report.slotAt(queue, this.store.state.cycle),
    );
    if (slot >= this.report.byQueue.start[queue]!) this.pick(this.report.byQueue.items[slot]!);
  }

  private probeSelected(): void {
    const { issue } = this.store.state;
    if (issue < 0) return;
    const drive = this.report.drivesOf(issue)[0];
    const column = this.report.queueOf(issue).position;
    const { drives } = this.report;
    if (drive !== undefined) this.probe.showPlace(drives.position[drive]!, drives.visible[drive]!);
    else this.probe.showPlace(column, this.report.issues.cycle[issue]!);
  }

  private showInstruction(issue: number): void {
    this.diagram.marks.issue = issue;
    if (issue < 0) {
      this.showNothing();
      return;
    }
    this.diagram.mark(chainOf(this.report, issue).map((link) => link.program));
    const clear = button("Clear the selection", () => this.store.set({ issue: -1 }));
    const onChip = button("Show on the chip", () => {
      this.store.set({
        section: "chip",
        cycle: this.report.issues.cycle[issue]!,
        queue: this.report.issues.queue[issue]!,
      });
      byId("chip").scrollIntoView();
    });
    const note = el(
      "p",
      { class: "note" },
      "In the diagram the stream programs of the chain below keep their colour, and all others are dimmed.",
    );
    replace(
      this.panel,
      el("div", { class: "controls" }, clear, onChip),
      note,
      instructionPanel(this.report, issue, (other) => this.pick(other)),
    );
    this.live.textContent = `Selected: ${instructionSentence(this.report, issue)}`;
  }

  private showNothing(): void {
    this.diagram.mark([]);
    replace(
      this.panel,
      el("h3", {}, "Instruction"),
      el(
        "p",
        { class: "note" },
        "Select an instruction in the diagram to see its operands, its values, and " +
          "why it is dispatched in its cycle.",
      ),
    );
    this.live.textContent = "Nothing is selected.";
  }

  private describe(): void {
    const { view, area } = this.diagram;
    const streams =
      area.height / view.span < kLeastScale ? " Zoom in to see values on streams." : "";
    this.range.textContent =
      `Cycles ${grouped(Math.floor(view.cycle))} to ` +
      `${grouped(Math.ceil(view.cycle + view.span))} of ` +
      `${grouped(this.report.cycles)}.${streams}`;
  }
}
