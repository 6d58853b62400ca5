// SPDX-License-Identifier: Apache-2.0
// Section 1: the same work on both machines, and how much its time varies.
import { causeParts, timeParts } from "./contrast_causes";
import { type RangeRow, distributionPlot, rangePlot } from "./contrast_plot";
import {
  accessSentence,
  causeSentence,
  layerSentence,
  leadSentence,
  ratioSentence,
  tokenSentence,
} from "./contrast_text";
import {
  type Series,
  inNanoseconds,
  kPercentiles,
  series,
  summary,
  tokenCycles,
} from "./distribution";
import { type Child, byId, el, expandable, labelled, select, table } from "./dom";
import type { Report } from "./model";
import { cycles, frequency, grouped, nanoseconds, time } from "./numbers";
import type { ComparedMachine, Comparison } from "./report_data";
import { responsive } from "./responsive";
import type { Mode } from "./time_axis";

const kModes = [
  { value: "linear", text: "linear, from zero" },
  { value: "log", text: "logarithmic" },
  { value: "difference", text: "difference from the median" },
];

function figure(
  title: string,
  mode: Mode,
  draw: (mode: Mode, width: number) => Node,
  ...rest: Child[]
): HTMLElement {
  const box = el("div", { class: "plot-box" });
  let current = mode;
  const plot = responsive(box, (width) => draw(current, width));
  const choice = select(kModes, (value) => {
    current = value as Mode;
    plot.redraw();
  });
  choice.value = mode;
  const head = el(
    "div",
    { class: "figure-head" },
    el("h3", {}, title),
    labelled("Time axis", choice),
  );
  return el("div", { class: "figure" }, head, box, ...rest);
}

function numbersTable(all: { name: string; series: Series }[], caption: string): Node {
  const heads = [
    "what",
    "machine",
    "unit",
    ">count",
    ...kPercentiles.map((name) => `>${name.replace("_", ".")}`),
  ];
  const rows = all.flatMap(({ name, series: one }) => [
    [
      name,
      one.name,
      "cycles",
      grouped(one.cycles.count),
      ...kPercentiles.map((key) => grouped(one.cycles[key])),
    ],
    [
      name,
      one.name,
      "ns",
      "",
      ...kPercentiles.map((key) => grouped(inNanoseconds(one.machine, one.cycles[key]), 1)),
    ],
  ]);
  return table(heads, rows, caption);
}

function binsTable(all: Series[]): Node {
  const rows = all.flatMap((one) =>
    one.bins.map((bin) => [one.name, grouped(bin.from), grouped(bin.to), grouped(bin.count)]),
  );
  return table(["machine", ">from, cycles", ">to, cycles", ">count"], rows, "Bins");
}

function numbers(all: Series[], what: string): HTMLElement {
  return expandable("The numbers behind this plot", () =>
    el(
      "div",
      {},
      numbersTable(
        all.map((one) => ({ name: what, series: one })),
        what,
      ),
      binsTable(all),
    ),
  );
}

function tokenSeries(machine: ComparedMachine, position: number): Series {
  const values = tokenCycles(machine, position);
  const known = machine.token.positions.find((row) => row.position === position);
  return series(machine, known ?? summary(values), values);
}

function tokenFigure(comparison: Comparison, token: Series[], position: number): HTMLElement {
  const title = `Token: the last of each run, position ${grouped(position)}`;
  const everyPosition = expandable("Every position", () => {
    const all = comparison.machines.flatMap((machine) =>
      machine.token.positions.map((row) => ({
        name: `position ${row.position}`,
        series: series(machine, row),
      })),
    );
    return numbersTable(all, "Tokens at every position");
  });
  const words = el("p", {}, token.map(tokenSentence).join(" "));
  const draw = (mode: Mode, width: number) =>
    distributionPlot(token, mode, width, token.map(tokenSentence).join(" "));
  const close = el("div", { class: "plot-box" });
  responsive(close, (width) => draw("difference", width));
  const closer = el(
    "h4",
    {},
    "The same runs, closer: how far each is from its machine's own median",
  );
  return figure(
    title,
    "linear",
    draw,
    closer,
    close,
    words,
    numbers(token, "token"),
    everyPosition,
  );
}

function rowsOf(
  machines: ComparedMachine[],
  pick: (machine: ComparedMachine) => ComparedMachine["layers"],
): RangeRow[] {
  const rows = new Map<string, Series[]>();
  for (const machine of machines) {
    for (const row of pick(machine)) {
      const all = rows.get(row.name) ?? [];
      all.push(series(machine, row));
      rows.set(row.name, all);
    }
  }
  return [...rows].map(([name, all]) => ({ name, series: all }));
}

function rangeFigure(
  title: string,
  machines: ComparedMachine[],
  rows: RangeRow[],
  words: string,
): HTMLElement {
  const names = machines.map((machine) => machine.name);
  const table = expandable("The numbers behind this plot", () =>
    numbersTable(
      rows.flatMap((row) => row.series.map((one) => ({ name: row.name, series: one }))),
      title,
    ),
  );
  return figure(
    title,
    "linear",
    (mode, width) => rangePlot(rows, names, mode, width, words),
    el("p", {}, words),
    table,
  );
}

function layerFigure(machines: ComparedMachine[]): HTMLElement {
  const rows = rowsOf(machines, (machine) => machine.layers);
  return rangeFigure(
    "Layer: the same work on each machine",
    machines,
    rows,
    machines.map(layerSentence).join(" "),
  );
}

const kKernelRows = 40;

function kernelFigure(machines: ComparedMachine[]): HTMLElement | null {
  const launching = machines.filter((machine) => machine.kernels.length > 0);
  if (launching.length === 0) return null;
  const rows = rowsOf(launching, (machine) => machine.kernels);
  const without = machines
    .filter((machine) => machine.kernels.length === 0)
    .map((machine) => machine.name);
  const none =
    without.length > 0
      ? ` ${without.join(" and ")} launches no kernels: a token is one program.`
      : "";
  const words = `Each kernel of the last token, from its start to its end.${none}`;
  if (rows.length <= kKernelRows) return rangeFigure("Kernel", launching, rows, words);
  const shown = [...rows]
    .sort((a, b) => b.series[0]!.cycles.spread - a.series[0]!.cycles.spread)
    .slice(0, kKernelRows);
  return rangeFigure(
    "Kernel",
    launching,
    shown,
    `${words} Shown are the ${kKernelRows} of ${grouped(rows.length)} that vary most.`,
  );
}

function accessFigure(machines: ComparedMachine[]): HTMLElement | null {
  const known = machines.filter(
    (machine) => machine.accesses !== null && machine.accesses.count > 0,
  );
  if (known.length === 0) return null;
  const all = known.map((machine) => series(machine, machine.accesses!));
  const sentences = known.map((machine, i) => accessSentence(all[i]!, machine.access_text));
  const without = machines
    .filter((machine) => !known.includes(machine))
    .map((machine) => `${machine.name} counts no accesses.`);
  const words = el(
    "ul",
    { class: "sentences" },
    ...[...sentences, ...without].map((text) => el("li", {}, text)),
  );
  const draw = (mode: Mode, width: number) =>
    distributionPlot(all, mode, width, sentences.join(" "));
  return figure("Access: one read of memory", "log", draw, words, numbers(all, "access"));
}

function legend(machines: ComparedMachine[]): HTMLElement {
  const items = machines.map((machine, i) => {
    const colour = machine.name.startsWith("lpu")
      ? "var(--lpu)"
      : i < 2
        ? "var(--gpu)"
        : "var(--other)";
    return el(
      "li",
      {},
      el("span", { class: "swatch", style: `background:${colour}` }),
      `${machine.name}, ${frequency(machine.clock_hz)}`,
    );
  });
  return el("ul", { class: "legend" }, ...items);
}

function alone(report: Report): Node[] {
  const { chip, program } = report.data;
  if (!report.ran) {
    return [el("p", {}, "A schedule that did not run has no times to be compared.")];
  }
  const ns = nanoseconds(program.simulatedCycles, chip.clockHz);
  return [
    el(
      "p",
      {},
      `The token shown takes ${cycles(program.simulatedCycles)} (${time(ns)}) on ` +
        `${chip.name}; ${cycles(program.predictedCycles)} were predicted before it ran.`,
    ),
    el(
      "p",
      { class: "callout" },
      "This report was made without a comparison. ",
      el("code", {}, "metronome report --runs 20 -o FILE.html"),
      " compares: it runs the same tokens 20 times on this chip and on a GPU model, " +
        "and fills this section.",
    ),
  ];
}

export function contrastSection(report: Report): void {
  const section = byId("contrast");
  const { comparison } = report.data;
  if (!comparison) {
    section.append(...alone(report));
    return;
  }
  const { machines } = comparison;
  const position = Math.min(
    ...machines.map((machine) =>
      Math.max(0, ...machine.token.positions.map((row) => row.position)),
    ),
  );
  const token = machines.map((machine) => tokenSeries(machine, position));
  const figures: (HTMLElement | null)[] = [
    tokenFigure(comparison, token, position),
    layerFigure(machines),
    kernelFigure(machines),
    accessFigure(machines),
  ];
  section.append(
    el("p", { class: "lead" }, `${leadSentence(token)} ${ratioSentence(comparison, token)}`),
    el(
      "p",
      { class: "note" },
      "All times are simulated. The machines have different clocks, so plots show " +
        "time and tables show cycles and time. Percentiles are nearest rank: each is a " +
        "value that occurred.",
    ),
    legend(machines),
    ...figures.filter((node): node is HTMLElement => node !== null),
    timeParts(machines),
    causeParts(machines),
    el("p", {}, machines.map(causeSentence).join(" ")),
  );
}
