// SPDX-License-Identifier: Apache-2.0
// Reads the report, fills the sections, and keeps the page's address in step with what is shown.
import { ChipSection } from "./chip";
import { conflictSection } from "./conflict";
import { contrastSection } from "./contrast";
import { byId, el } from "./dom";
import { layersSection } from "./layers";
import { type Report, readReport } from "./model";
import { cycles, frequency, grouped, nanoseconds, time } from "./numbers";
import { operatorColours } from "./operators";
import { type Direction, type Party, type Reader, Prober } from "./probe";
import { ScheduleSection } from "./schedule";
import { Store, formatRoute, parseRoute, wholeNumber } from "./state";
import { theme } from "./theme";

interface ProbeResult {
  lanes: number[];
  width: number;
  byte: number;
  writer: Party;
  readers: Reader[];
}

interface FrameTimes {
  count: number;
  milliseconds: number[];
  rects: number[];
}

declare global {
  interface Window {
    metronome: {
      ready: Promise<void>;
      probe(
        direction: Direction,
        stream: number,
        column: number,
        cycle: number,
      ): ProbeResult | null;
      frameTimes(): FrameTimes;
      report?: Report;
    };
  }
}

function headline(report: Report): void {
  const { model, run, chip, program } = report.data;
  const ns = nanoseconds(program.simulatedCycles, chip.clockHz);
  const exact =
    program.predictedCycles === program.simulatedCycles
      ? "as predicted before it ran"
      : `where ${cycles(program.predictedCycles)} were predicted`;
  byId("facts").textContent =
    `${model.name} (${model.architecture}, ${grouped(model.parameters)} parameters, ` +
    `${model.layers} layers, ${model.precision}) on ${chip.name} at ` +
    `${frequency(chip.clockHz)}. `;
  if (!report.ran) {
    byId("facts").append(
      `The judge rejects the schedule of ${program.name}, so it did not run: `,
      el("a", { href: "#conflict" }, "where and why"),
      ". What follows is the schedule as it was given, without values.",
    );
  } else {
  byId("facts").append(
    `Shown is the token at position ${grouped(program.position)}, which was fed ` +
    `\u201c${program.token}\u201d: ${cycles(program.simulatedCycles)}, ${time(ns)}, ` +
    `${exact}.`);
  const said = run.text.trim()
    ? `Prompt: \u201c${run.prompt}\u201d. The model went on: \u201c${run.text}\u201d.`
    : `Prompt: \u201c${run.prompt}\u201d.`;
  byId("facts").after(el("p", { class: "facts" }, said));
  }
  byId("footer").textContent =
    `Metronome ${report.data.version}. ${grouped(report.issues.count)} instructions ` +
    `and ${grouped(report.drives.count)} values on streams are in this page; it ` +
    "needs no network.";
}

/** Plots have their size only after a layout, and the observers of sizes come after its frame. */
function nextFrame(run: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(run));
}

const kSettled = 1000; // ms

/** What was selected makes panels above grow for some frames: the target is kept in sight until then,
 *  or until the reader moves. */
function scrollTo(target: HTMLElement): void {
  const growth = new ResizeObserver(() => target.scrollIntoView());
  growth.observe(document.body);
  const stop = () => growth.disconnect();
  for (const kind of ["wheel", "keydown", "pointerdown", "touchstart"])
    window.addEventListener(kind, stop, { once: true, passive: true });
  window.setTimeout(stop, kSettled);
}

class Router {
  private timer = 0;
  private applying = false;

  constructor(
    private readonly report: Report,
    private readonly store: Store,
    private readonly schedule: ScheduleSection,
  ) {
    store.listen(() => this.later());
    const drawn = schedule.diagram.onDraw;
    schedule.diagram.onDraw = () => {
      drawn();
      this.later();
    };
    window.addEventListener("hashchange", () => this.apply());
  }

  /** Shows what the address says. */
  apply(): void {
    const { section, values } = parseRoute(location.hash);
    if (Object.keys(values).length === 0) return;
    this.applying = true;
    const cycle = Math.min(
      this.report.cycles - 1,
      wholeNumber(values["cycle"], this.store.state.cycle),
    );
    const queue = values["queue"] === undefined ? -1 : this.report.queueNamed(values["queue"]);
    this.store.set({ section, cycle, queue });
    if (section === "schedule") this.applySchedule(values, cycle, queue);
    const target = document.getElementById(section);
    if (target) scrollTo(target);
    this.applying = false;
  }

  private applySchedule(values: Record<string, string>, cycle: number, queue: number): void {
    this.schedule.showCycle(wholeNumber(values["at"], cycle), wholeNumber(values["span"], 0));
    if (queue >= 0) {
      this.schedule.showQueue(queue);
      const issue = this.report.issueAt(queue, cycle);
      this.store.set({ issue });
      if (issue < 0) this.schedule.sayNothingAt(this.report.data.chip.queues[queue]!.path, cycle);
    }
    const stream = /^([EW])(\d+)$/.exec(values["stream"] ?? "");
    if (!stream) return;
    this.schedule.probe.show({
      direction: stream[1] === "E" ? "east" : "west",
      stream: Number(stream[2]),
      column: wholeNumber(values["column"], 0),
      cycle: wholeNumber(values["probe"], cycle),
    });
  }

  /** Not at every frame: browsers refuse to change an address many times a second. */
  private later(): void {
    if (this.applying || this.store.state.section === "") return;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(
      () => history.replaceState(null, "", formatRoute(this.route())),
      400,
    );
  }

  private route(): { section: string; values: Record<string, string> } {
    const { state } = this.store;
    const values: Record<string, string> = { cycle: String(state.cycle) };
    if (state.queue >= 0) values["queue"] = this.report.data.chip.queues[state.queue]!.path;
    if (state.section !== "schedule") return { section: state.section, values };
    const { view, marks } = this.schedule.diagram;
    values["at"] = String(Math.round(view.cycle + view.span / 2));
    values["span"] = String(Math.round(view.span));
    if (marks.probe) {
      const { direction, stream, column, cycle } = this.schedule.request();
      Object.assign(values, {
        stream: `${direction === "east" ? "E" : "W"}${stream}`,
        column: String(column),
        probe: String(cycle),
      });
    }
    return { section: "schedule", values };
  }
}

/** The section that fills the middle of the window is marked in the navigation. */
function markSections(): void {
  const links = new Map(
    [...document.querySelectorAll<HTMLAnchorElement>("#nav a")].map((link) => [
      link.hash.slice(1),
      link,
    ]),
  );
  const watch = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const link = links.get(entry.target.id);
        if (entry.isIntersecting) link?.setAttribute("aria-current", "true");
        else link?.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-49% 0px -49% 0px" },
  );
  for (const id of links.keys()) watch.observe(byId(id));
}

/** A cycle in which there is much to see: the first of those in which most values are on their way. */
function firstCycle(report: Report): number {
  const { start } = report.drivesByCycle;
  const moving = (cycle: number) =>
    start[cycle + 1]! - start[Math.max(0, cycle - report.data.chip.slicesPerHop)]!;
  let best = Math.min(report.cycles - 1, report.data.program.barrierCycles);
  for (let cycle = best; cycle < report.cycles; ++cycle)
    if (moving(cycle) > moving(best)) best = cycle;
  return best;
}

let built: { report: Report; prober: Prober; schedule: ScheduleSection } | null = null;

async function start(): Promise<void> {
  const report = await readReport(
    byId("report-data").textContent ?? "",
    byId("report-columns").textContent ?? "",
  );
  byId("report-columns").textContent = ""; // its copy in memory is no longer needed
  const store = new Store();
  const prober = new Prober(report);
  const colours = operatorColours(report.data.streamPrograms, theme().series.length);
  headline(report);
  contrastSection(report);
  new ChipSection(report, store, colours);
  const schedule = new ScheduleSection(report, prober, store, colours);
  layersSection(report);
  conflictSection(report, (issue) => {
    schedule.pick(issue);
    byId("schedule").scrollIntoView();
  });
  built = { report, prober, schedule };
  window.metronome.report = report;
  store.set({ cycle: firstCycle(report), queue: -1 });
  const router = new Router(report, store, schedule);
  markSections();
  nextFrame(() => router.apply());
}

function failed(error: unknown): void {
  byId("facts").textContent =
    `This report cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
  byId("facts").setAttribute("role", "alert");
  throw error;
}

window.metronome = {
  ready: start().catch(failed),
  probe: (direction, stream, column, cycle) => {
    const found = built?.prober.probe(direction, stream, column, cycle);
    if (!found) return null;
    const { lanes, width, byte, writer, readers } = found;
    return { lanes, width, byte, writer, readers };
  },
  frameTimes: () => {
    const diagram = built?.schedule.diagram;
    const milliseconds = [...(diagram?.times ?? [])];
    return { count: milliseconds.length, milliseconds, rects: [...(diagram?.rects ?? [])] };
  },
};
