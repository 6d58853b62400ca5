// SPDX-License-Identifier: Apache-2.0
// One time axis for machines of different clocks: from zero, logarithmic, or as the difference from
// each machine's own median.
import { axisBottom } from "d3-axis";
import { scaleLinear, scaleLog } from "d3-scale";
import { select } from "d3-selection";
import { svg } from "./dom";
import { timeUnit } from "./numbers";

export type Mode = "linear" | "log" | "difference";

export interface TimeScale {
  (ns: number): number;
  mode: Mode;
  draw(y: number): SVGGElement;
}

export interface Span {
  low: number; // ns
  high: number;
}

/** What the axis must hold: every value, and zero where lengths are to be compared. */
export function domain(spans: Span[], mode: Mode): Span {
  const low = Math.min(...spans.map((span) => span.low));
  const high = Math.max(...spans.map((span) => span.high));
  if (mode === "linear") return { low: 0, high: high > 0 ? high * 1.04 : 1 };
  if (mode === "log") return { low: Math.max(low, 1e-3) / 1.25, high: Math.max(high, 2e-3) * 1.25 };
  const reach = Math.max(Math.abs(low), Math.abs(high), 1) * 1.1;
  return { low: -reach, high: reach };
}

/** 1, 2 and 5 of each decade, or fewer where they would not fit. */
export function logTicks(low: number, high: number, most: number): number[] {
  const ticksOf = (digits: number[]) => {
    const found: number[] = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); ++e) {
      for (const digit of digits) {
        const tick = digit * 10 ** e;
        if (tick >= low && tick <= high) found.push(tick);
      }
    }
    return found;
  };
  for (const digits of [[1, 2, 5], [1, 3], [1]]) {
    const found = ticksOf(digits);
    if (found.length <= most) return found;
  }
  return ticksOf([1]);
}

function tickText(ns: number, unit: { name: string; ns: number }): string {
  const value = ns / unit.ns;
  const digits = Number.isInteger(value)
    ? 0
    : Math.min(4, Math.max(1, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toLocaleString("en-US", { maximumFractionDigits: digits }).replace("-", "\u2212");
}

export function timeScale(span: Span, mode: Mode, left: number, right: number): TimeScale {
  const base = mode === "log" ? scaleLog() : scaleLinear();
  const scale = base.domain([span.low, span.high]).range([left, right]);
  const most = Math.max(3, Math.floor((right - left) / 80));
  const ticks = mode === "log" ? logTicks(span.low, span.high, most) : scale.ticks(most);
  const place = ((ns: number) => scale(mode === "log" ? Math.max(ns, span.low) : ns)) as TimeScale;
  place.mode = mode;
  place.draw = (y: number) => {
    const group = svg("g", { class: "axis", transform: `translate(0,${y})` });
    // On a log axis each tick says its own unit, since one axis spans several.
    const unit = timeUnit(Math.max(Math.abs(span.low), Math.abs(span.high)));
    const text = (ns: number) => {
      if (ns === 0) return `0 ${unit.name}`;
      const own = mode === "log" ? timeUnit(ns * 1.0000001) : unit;
      return `${mode === "difference" && ns > 0 ? "+" : ""}${tickText(ns, own)} ${own.name}`;
    };
    const axis = axisBottom<number>(scale as never)
      .tickValues(ticks)
      .tickSizeOuter(0);
    axis.tickFormat((value) => text(Number(value)));
    select(group).call(axis);
    return group;
  };
  return place;
}

export function axisTitle(mode: Mode): string {
  if (mode === "linear") return "time, from zero";
  if (mode === "log") return "time, logarithmic";
  return `difference from each machine's own median`;
}
