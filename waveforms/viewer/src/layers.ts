// SPDX-License-Identifier: Apache-2.0
// Section 4: what each layer takes, what it could at best, and how the units are used.
import { scaleLinear } from "d3-scale";
import { byId, el, expandable, svg, table } from "./dom";
import { MemoryMap } from "./memory_map";
import type { Report } from "./model";
import { cycles, grouped, nanoseconds, percentOf, time } from "./numbers";
import type { LayerRow, UnitRow } from "./report_data";
import { responsive } from "./responsive";

const kRow = 40;

function layerBar(
  row: LayerRow,
  index: number,
  x: (value: number) => number,
  left: number,
): SVGGElement {
  const top = index * kRow;
  const group = svg("g");
  const words = `${row.name}: achieved ${cycles(row.achieved)}, bound ${cycles(row.bound)} by ${row.binds}`;
  group.append(svg("title", {}, words));
  group.append(
    svg("text", { x: left - 8, y: top + 20, "text-anchor": "end", class: "lane" }, row.name),
  );
  group.append(
    svg("rect", {
      x: x(0),
      y: top + 4,
      width: Math.max(1, x(row.achieved) - x(0)),
      height: 14,
      fill: "var(--lpu)",
    }),
  );
  group.append(
    svg("rect", {
      x: x(0),
      y: top + 20,
      width: Math.max(1, x(row.bound) - x(0)),
      height: 12,
      class: "bound",
    }),
  );
  const label = `${grouped(row.achieved)}`;
  group.append(svg("text", { x: x(row.achieved) + 5, y: top + 15, class: "small" }, label));
  group.append(
    svg(
      "text",
      { x: x(row.bound) + 5, y: top + 30, class: "small" },
      `${grouped(row.bound)} ${row.binds}`,
    ),
  );
  return group;
}

function layerPlot(rows: LayerRow[], width: number): SVGSVGElement {
  const left = width < 600 ? 78 : 110;
  const height = rows.length * kRow + 8;
  const label = rows.map((row) => `${row.name} ${row.achieved} of ${row.bound}`).join(", ");
  const node = svg("svg", {
    width,
    height,
    role: "img",
    class: "plot",
    "aria-label": `Achieved cycles beside the bound, by layer: ${label}`,
  });
  const most = Math.max(1, ...rows.map((row) => Math.max(row.achieved, row.bound)));
  const x = scaleLinear()
    .domain([0, most])
    .range([left, width - (width < 600 ? 120 : 190)]);
  rows.forEach((row, i) => node.append(layerBar(row, i, x, left)));
  return node;
}

function boundsTable(rows: LayerRow[], clockHz: number): Node {
  const lines = rows.flatMap((row) => [
    [
      row.name,
      "achieved",
      grouped(row.achieved),
      time(nanoseconds(row.achieved, clockHz)),
      "100.0 %",
      `cycles ${grouped(row.begin)} to ${grouped(row.end - 1)}`,
    ],
    ...row.bounds.map((bound) => [
      "",
      bound.name + (bound.name === row.binds ? " (binds)" : ""),
      grouped(bound.cycles),
      time(nanoseconds(bound.cycles, clockHz)),
      percentOf(bound.cycles, row.achieved),
      bound.text,
    ]),
  ]);
  return table(
    ["layer", "bound", ">cycles", ">time", ">share of achieved", "what it counts"],
    lines,
    "All bounds of each layer",
  );
}

function layerSentence(rows: LayerRow[]): string {
  if (rows.length === 0) return "";
  const distance = (row: LayerRow) => row.achieved / Math.max(1, row.bound);
  const parts = rows.filter((row) => row.name !== "token");
  const whole = rows.find((row) => row.name === "token");
  const worst = parts.reduce((a, b) => (distance(b) > distance(a) ? b : a), parts[0] ?? rows[0]!);
  const total = whole
    ? `After the barrier the token takes ${cycles(whole.achieved)}, ` +
      `${distance(whole).toFixed(2)} times its bound of ${grouped(whole.bound)}: ` +
      `${whole.binds} binds. Its parts may overlap. `
    : "";
  return (
    total +
    `Farthest from its bound is ${worst.name}: ${cycles(worst.achieved)} where ` +
    `${worst.binds} alone would allow ${grouped(worst.bound)}.`
  );
}

function operatorsTable(rows: LayerRow[]): Node {
  const lines = rows.flatMap((row) =>
    row.operators.map((operator) => [
      row.name,
      operator.name,
      grouped(operator.begin),
      grouped(operator.end - 1),
      grouped(operator.end - operator.begin),
    ]),
  );
  return table(
    ["layer", "operator", ">first cycle", ">last cycle", ">cycles"],
    lines,
    "Operators of each layer",
  );
}

const kCell = 15;

/** `mem_w.slice_3` belongs to `MEM west`. */
function groupOf(row: UnitRow): string {
  const [unit, side] = row.path.split(".")[0]!.split("_");
  const where = side === "w" ? " west" : side === "e" ? " east" : "";
  return `${unit!.toUpperCase()}${where}`;
}

function heatStrip(rows: UnitRow[], width: number): SVGSVGElement {
  const groups = [...new Set(rows.map(groupOf))];
  const left = width < 600 ? 96 : 130;
  const across = Math.max(1, Math.floor((width - left) / kCell));
  const node = svg("svg", {
    width,
    role: "img",
    class: "plot",
    "aria-label":
      "Share of the token's cycles in which each unit is busy; the table below has the numbers",
  });
  let y = 0;
  for (const name of groups) {
    const members = rows.filter((row) => groupOf(row) === name);
    const lines = Math.ceil(members.length / across);
    node.append(
      svg("text", { x: left - 8, y: y + 12, "text-anchor": "end", class: "small" }, name),
    );
    members.forEach((row, i) => {
      const share = row.busy / Math.max(1, row.busy + row.idle);
      const cell = svg("rect", {
        x: left + (i % across) * kCell,
        y: y + Math.floor(i / across) * kCell,
        width: kCell - 2,
        height: kCell - 2,
        class: "heat",
        style: `--share:${Math.round(Math.sqrt(share) * 100)}%`,
      });
      cell.append(
        svg(
          "title",
          {},
          `${row.path}: busy ${cycles(row.busy)}, ${percentOf(row.busy, row.busy + row.idle)}`,
        ),
      );
      node.append(cell);
    });
    y += lines * kCell + 8;
  }
  node.setAttribute("height", String(y));
  return node;
}

function unitsTable(rows: UnitRow[]): Node {
  const lines = rows.map((row) => [
    row.path,
    grouped(row.issued),
    grouped(row.busy),
    grouped(row.idle),
    percentOf(row.busy, row.busy + row.idle),
  ]);
  return table(
    ["unit", ">instructions", ">busy, cycles", ">idle, cycles", ">busy share"],
    lines,
    "Units, busy and idle",
  );
}

function utilisationSentence(rows: UnitRow[]): string {
  const used = rows.filter((row) => row.busy > 0);
  if (used.length === 0) return "No unit is used.";
  const busiest = used.reduce((a, b) => (b.busy > a.busy ? b : a));
  return (
    `${grouped(used.length)} of ${grouped(rows.length)} units are used. The busiest is ` +
    `${busiest.path}: busy ${cycles(busiest.busy)} of ` +
    `${grouped(busiest.busy + busiest.idle)}, ` +
    `${percentOf(busiest.busy, busiest.busy + busiest.idle)}.`
  );
}

function box(draw: (width: number) => Node): HTMLElement {
  const node = el("div", { class: "plot-box" });
  responsive(node, draw);
  return node;
}

export function layersSection(report: Report): void {
  const { layers, units, chip } = report.data;
  const legend = el(
    "ul",
    { class: "legend" },
    el("li", {}, el("span", { class: "swatch", style: "background:var(--lpu)" }), "achieved"),
    el("li", {}, el("span", { class: "swatch bound" }), "bound, and what binds"),
  );
  const scale = el(
    "ul",
    { class: "legend" },
    el("li", {}, el("span", { class: "swatch heat", style: "--share:0%" }), "idle"),
    el(
      "li",
      {},
      el("span", { class: "swatch heat", style: "--share:50%" }),
      "busy 25 % of the cycles",
    ),
    el(
      "li",
      {},
      el("span", { class: "swatch heat", style: "--share:100%" }),
      "busy in every cycle",
    ),
  );
  byId("layers").append(
    el(
      "p",
      {},
      "A bound is the least number of cycles that the layer could take if one " +
        "resource alone mattered; the largest of them binds.",
    ),
    el(
      "div",
      { class: "figure" },
      el("h3", {}, "Achieved and bound, in cycles"),
      legend,
      box((width) => layerPlot(layers, width)),
      el("p", {}, layerSentence(layers)),
      expandable("All bounds", () => boundsTable(layers, chip.clockHz)),
      expandable("Operators", () => operatorsTable(layers)),
    ),
    el(
      "div",
      { class: "figure" },
      el("h3", {}, "How much each unit is used"),
      scale,
      box((width) => heatStrip(units, width)),
      el("p", {}, utilisationSentence(units)),
      expandable("The numbers behind this plot", () => unitsTable(units)),
    ),
    new MemoryMap(report).node,
  );
}
