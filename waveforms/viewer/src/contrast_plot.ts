// SPDX-License-Identifier: Apache-2.0
// Distributions of several machines over one time axis: a lane each, with a bar a bin, a line from
// the least to the most, and ticks at percentiles. Where all is one value, one line says so.
import { type Series, coarser, inNanoseconds, machineColour } from "./distribution";
import { svg } from "./dom";
import { cycles, grouped, time } from "./numbers";
import { type Mode, type Span, type TimeScale, axisTitle, domain, timeScale } from "./time_axis";

const kLane = 92;
const kBars = 46;
const kTop = 20; // for the lane's words
const kAxis = 44;

function offsetOf(series: Series, mode: Mode): number {
  return mode === "difference" ? inNanoseconds(series.machine, series.cycles.p50) : 0;
}

function spanOf(series: Series, mode: Mode): Span {
  const offset = offsetOf(series, mode);
  const low = inNanoseconds(series.machine, series.cycles.min) - offset;
  return { low, high: inNanoseconds(series.machine, series.cycles.max) - offset };
}

function laneWords(series: Series, short: boolean): string {
  const { cycles: d, machine } = series;
  if (d.spread === 0) {
    return `${series.name}: one value, ${time(inNanoseconds(machine, d.min))}${short ? "" : ` (${cycles(d.min)}), spread 0`}`;
  }
  const range = `${time(inNanoseconds(machine, d.min))} to ${time(inNanoseconds(machine, d.max))}`;
  return `${series.name}: ${range}${short ? "" : `, spread ${time(inNanoseconds(machine, d.spread))}`}`;
}

function bars(series: Series, x: TimeScale, base: number, colour: string): SVGGElement {
  const group = svg("g", { fill: colour, "fill-opacity": 0.75 });
  const offset = offsetOf(series, x.mode);
  const at = (c: number) => x(inNanoseconds(series.machine, c) - offset);
  const pixels = Math.max(1, at(series.cycles.max) - at(series.cycles.min));
  const bins = coarser(series.bins, x.mode === "log" ? 400 : Math.max(1, Math.ceil(pixels / 2)));
  const most = Math.max(...bins.map((bin) => bin.count));
  for (const bin of bins) {
    const left = at(bin.from);
    const width = Math.max(1.5, at(bin.to + 1) - left - 0.5);
    const height = Math.max(1, (bin.count / most) * kBars);
    const words =
      `${grouped(bin.from)} to ${grouped(bin.to)} cycles: ${grouped(bin.count)} of ` +
      `${grouped(series.cycles.count)}`;
    const bar = svg("rect", { x: left, y: base - height, width, height }, svg("title", {}, words));
    group.append(bar);
  }
  return group;
}

function whisker(series: Series, x: TimeScale, y: number, colour: string): SVGGElement {
  const offset = offsetOf(series, x.mode);
  const at = (c: number) => x(inNanoseconds(series.machine, c) - offset);
  const d = series.cycles;
  const group = svg("g", { stroke: colour, "stroke-width": 2 });
  group.append(svg("line", { x1: at(d.min), x2: at(d.max), y1: y, y2: y }));
  const marks: [string, number, number][] = [
    ["least", d.min, 5],
    ["median", d.p50, 8],
    ["p90", d.p90, 5],
    ["p99", d.p99, 5],
    ["most", d.max, 5],
  ];
  for (const [name, value, half] of marks) {
    const words = `${name}: ${cycles(value)}, ${time(inNanoseconds(series.machine, value))}`;
    const line = svg(
      "line",
      { x1: at(value), x2: at(value), y1: y - half, y2: y + half },
      svg("title", {}, words),
    );
    group.append(line);
  }
  return group;
}

/** Where there are no bins, the ticks say what they are. */
function percentileNames(series: Series, x: TimeScale, y: number): SVGGElement {
  const offset = offsetOf(series, x.mode);
  const d = series.cycles;
  const group = svg("g", { class: "small", "text-anchor": "middle" });
  let free = -Infinity;
  for (const [name, value] of [
    ["least", d.min],
    ["median", d.p50],
    ["p90", d.p90],
    ["p99", d.p99],
    ["most", d.max],
  ] as const) {
    const place = x(inNanoseconds(series.machine, value) - offset);
    if (place - free < 42) continue;
    free = place;
    group.append(svg("text", { x: place, y: y + 22 }, name));
  }
  return group;
}

function singleLine(series: Series, x: TimeScale, base: number, colour: string): SVGElement {
  const place = x(inNanoseconds(series.machine, series.cycles.min) - offsetOf(series, x.mode));
  return svg("line", {
    class: "single",
    x1: place,
    x2: place,
    y1: base - kBars,
    y2: base + 14,
    stroke: colour,
    "stroke-width": 3,
  });
}

function lane(series: Series, index: number, x: TimeScale, width: number): SVGGElement {
  const top = index * kLane;
  const base = top + kTop + kBars;
  const colour = machineColour(series.machine, index);
  const group = svg("g");
  group.append(svg("text", { x: 2, y: top + 13, class: "lane" }, laneWords(series, width < 600)));
  group.append(svg("line", { x1: 0, x2: width, y1: base, y2: base, class: "base" }));
  if (series.cycles.spread === 0) {
    group.append(singleLine(series, x, base, colour));
    return group;
  }
  if (series.bins.length > 0) {
    group.append(bars(series, x, base, colour), whisker(series, x, base + 9, colour));
  } else {
    group.append(
      whisker(series, x, base - kBars / 2, colour),
      percentileNames(series, x, base - kBars / 2),
    );
  }
  return group;
}

export function distributionPlot(
  all: Series[],
  mode: Mode,
  width: number,
  label: string,
): SVGSVGElement {
  const height = all.length * kLane + kAxis;
  const node = svg("svg", { width, height, role: "img", "aria-label": label, class: "plot" });
  const x = timeScale(
    domain(
      all.map((one) => spanOf(one, mode)),
      mode,
    ),
    mode,
    14,
    width - 44,
  );
  all.forEach((one, i) => node.append(lane(one, i, x, width)));
  node.append(x.draw(all.length * kLane));
  node.append(
    svg(
      "text",
      { x: width / 2, y: height - 6, "text-anchor": "middle", class: "title" },
      axisTitle(mode),
    ),
  );
  return node;
}

/** One line a row and machine: from the least to the most, with a tick at the median. */
export interface RangeRow {
  name: string;
  series: Series[];
}

export function rangePlot(
  rows: RangeRow[],
  machines: string[],
  mode: Mode,
  width: number,
  label: string,
): SVGSVGElement {
  const step = 11;
  const tall = machines.length * step + 10;
  const longest = Math.max(...rows.map((row) => row.name.length));
  const left = Math.min(width * 0.42, longest * 7 + 14);
  const height = rows.length * tall + kAxis;
  const node = svg("svg", { width, height, role: "img", "aria-label": label, class: "plot" });
  const spans = rows.flatMap((row) => row.series.map((one) => spanOf(one, mode)));
  const x = timeScale(domain(spans, mode), mode, left + 4, width - 44);
  rows.forEach((row, r) => {
    const top = r * tall;
    if (r % 2 === 0)
      node.append(svg("rect", { x: 0, y: top, width, height: tall, class: "stripe" }));
    node.append(
      svg(
        "text",
        {
          x: left - 8,
          y: top + tall / 2 + 4,
          "text-anchor": "end",
          class: width < 600 ? "small" : "lane",
        },
        row.name,
      ),
    );
    for (const one of row.series) {
      const m = machines.indexOf(one.name);
      const y = top + 5 + m * step + step / 2;
      node.append(rangeMark(one, x, y, machineColour(one.machine, m)));
    }
  });
  node.append(x.draw(rows.length * tall));
  node.append(
    svg(
      "text",
      { x: width / 2, y: height - 6, "text-anchor": "middle", class: "title" },
      axisTitle(mode),
    ),
  );
  return node;
}

function rangeMark(one: Series, x: TimeScale, y: number, colour: string): SVGGElement {
  const offset = offsetOf(one, x.mode);
  const at = (c: number) => x(inNanoseconds(one.machine, c) - offset);
  const d = one.cycles;
  const words =
    `${one.name}: ${cycles(d.min)} to ${cycles(d.max)}, median ` +
    `${time(inNanoseconds(one.machine, d.p50))}`;
  const group = svg("g", { fill: colour }, svg("title", {}, words));
  const wide = at(d.max) - at(d.min);
  if (d.spread > 0)
    group.append(
      svg("rect", {
        x: at(d.min),
        y: y - 3,
        width: Math.max(1, wide),
        height: 6,
        "fill-opacity": 0.6,
      }),
    );
  group.append(svg("rect", { x: at(d.p50) - 1.25, y: y - 5, width: 2.5, height: 10 }));
  return group;
}
