// SPDX-License-Identifier: Apache-2.0
// Stacked bars: where the time of a token goes, and what makes it vary.
import { inNanoseconds } from "./distribution";
import { el, expandable, svg, table } from "./dom";
import { cycles, grouped, percentOf, signed, time } from "./numbers";
import type { ComparedMachine } from "./report_data";
import { responsive } from "./responsive";
import { type Mode, domain, timeScale } from "./time_axis";

interface Piece {
  name: string;
  ns: number;
  words: string;
}

interface Stack {
  name: string;
  pieces: Piece[];
  total: string;
}

const kRow = 56;

function stackRow(
  stack: Stack,
  row: number,
  x: (ns: number) => number,
  colour: (name: string) => string,
): SVGGElement {
  const top = row * kRow;
  const group = svg("g");
  const full = stack.pieces.reduce((sum, piece) => sum + piece.ns, 0);
  group.append(svg("text", { x: 2, y: top + 14, class: "lane" }, `${stack.name}: ${stack.total}`));
  let from = 0;
  for (const piece of stack.pieces) {
    const width = x(from + piece.ns) - x(from);
    const bar = svg("rect", {
      x: x(from),
      y: top + 20,
      width: Math.max(0, width),
      height: 26,
      fill: colour(piece.name),
      class: "piece",
    });
    bar.append(svg("title", {}, piece.words));
    if (piece.ns > 0) group.append(bar);
    from += piece.ns;
  }
  if (full === 0)
    group.append(
      svg("line", {
        x1: x(0),
        x2: x(0),
        y1: top + 18,
        y2: top + 48,
        class: "single",
        stroke: "var(--lpu)",
        "stroke-width": 3,
      }),
    );
  return group;
}

function stackPlot(stacks: Stack[], colour: (name: string) => string, label: string): HTMLElement {
  const node = el("div", { class: "plot-box" });
  const mode: Mode = "linear";
  const spans = stacks.map((stack) => ({
    low: 0,
    high: stack.pieces.reduce((sum, piece) => sum + piece.ns, 0),
  }));
  responsive(node, (width) => {
    const height = stacks.length * kRow + 26;
    const plot = svg("svg", { width, height, role: "img", "aria-label": label, class: "plot" });
    const x = timeScale(domain(spans, mode), mode, 16, width - 48);
    stacks.forEach((stack, i) => plot.append(stackRow(stack, i, x, colour)));
    plot.append(x.draw(stacks.length * kRow));
    return plot;
  });
  return node;
}

function legend(names: string[], colour: (name: string) => string): HTMLElement {
  const items = names.map((name) =>
    el("li", {}, el("span", { class: "swatch", style: `background:${colour(name)}` }), name),
  );
  return el("ul", { class: "legend" }, ...items);
}

/** Only what the plot shows; the table has the rest. */
function shownNames(stacks: Stack[]): string[] {
  return [
    ...new Set(
      stacks.flatMap((stack) =>
        stack.pieces.filter((piece) => piece.ns > 0).map((piece) => piece.name),
      ),
    ),
  ];
}

function colours(names: string[]): (name: string) => string {
  const index = new Map(names.map((name, i) => [name, i]));
  return (name) => `var(--series-${((index.get(name) ?? 0) % 10) + 1})`;
}

function timeStack(machine: ComparedMachine): Stack {
  const total = machine.time.parts.reduce((sum, part) => sum + part.cycles, 0);
  const pieces = machine.time.parts.map((part) => ({
    name: part.name,
    ns: inNanoseconds(machine, part.cycles),
    words:
      `${part.name}: ${cycles(part.cycles)}, ` +
      `${time(inNanoseconds(machine, part.cycles))}, ${percentOf(part.cycles, total)}; ` +
      `${part.sentence}`,
  }));
  return {
    name: machine.name,
    pieces,
    total: `${time(inNanoseconds(machine, total))}, the median last token`,
  };
}

function timeTable(machines: ComparedMachine[]): Node {
  const rows = machines.flatMap((machine) => {
    const total = machine.time.parts.reduce((sum, part) => sum + part.cycles, 0);
    return machine.time.parts.map((part) => [
      machine.name,
      part.name,
      grouped(part.cycles),
      time(inNanoseconds(machine, part.cycles)),
      percentOf(part.cycles, total),
      part.sentence,
    ]);
  });
  return table(
    ["machine", "part", ">cycles", ">time", ">share", "what it is"],
    rows,
    "Where the time of a token goes",
  );
}

function causeStack(machine: ComparedMachine): Stack {
  const acting = machine.causes.each.filter((cause) => cause.acts);
  const pieces = acting.map((cause) => ({
    name: cause.name,
    ns: inNanoseconds(machine, cause.added_spread ?? 0),
    words: `${cause.name}: spread ${cycles(cause.added_spread ?? 0)}; ${cause.sentence}`,
  }));
  const sum = pieces.reduce((all, piece) => all + piece.ns, 0);
  const total =
    acting.length === 0
      ? "no cause can act: 0 ns"
      : `${time(sum)} if each cause's spread is added up`;
  return { name: machine.name, pieces, total };
}

function causeTable(machines: ComparedMachine[]): Node {
  const rows = machines.flatMap((machine) =>
    machine.causes.each.map((cause) => [
      machine.name,
      cause.name,
      cause.acts ? signed(cause.added_median ?? 0) : "\u2013",
      cause.acts ? signed(cause.added_least ?? 0) : "\u2013",
      cause.acts ? signed(cause.added_most ?? 0) : "\u2013",
      cause.acts ? grouped(cause.added_spread ?? 0) : "0",
      cause.acts ? cause.sentence : `cannot act: ${cause.why_not ?? ""}`,
    ]),
  );
  const heads = [
    "machine",
    "cause",
    ">median, cycles",
    ">least, cycles",
    ">most, cycles",
    ">spread, cycles",
    "what it is, or why it cannot act",
  ];
  return table(heads, rows, "What each cause adds to the last token when it alone is drawn anew");
}

export function timeParts(machines: ComparedMachine[]): HTMLElement {
  const stacks = machines.map(timeStack);
  const names = shownNames(stacks);
  const colour = colours(names);
  return el(
    "div",
    { class: "figure" },
    el("h3", {}, "Where the time of a token goes"),
    stackPlot(stacks, colour, "Stacked bars of the parts of a token's time on each machine"),
    legend(names, colour),
    expandable("The numbers behind this plot", () => timeTable(machines)),
  );
}

export function causeParts(machines: ComparedMachine[]): HTMLElement {
  const stacks = machines.map(causeStack);
  const names = shownNames(stacks);
  const colour = colours(names);
  return el(
    "div",
    { class: "figure" },
    el("h3", {}, "What makes a token vary"),
    stackPlot(stacks, colour, "Stacked bars of the spread that each cause alone adds"),
    legend(names, colour),
    el(
      "p",
      { class: "note" },
      "Each piece is the spread of the token when this cause alone is drawn anew " +
        "from run to run. Spreads need not add up: causes can cancel.",
    ),
    expandable("The numbers behind this plot, and why a cause cannot act", () =>
      causeTable(machines),
    ),
  );
}
