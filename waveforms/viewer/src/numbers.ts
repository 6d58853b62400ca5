// SPDX-License-Identifier: Apache-2.0
// Numbers as text: digits grouped, always with their unit.

const kGap = "\u00a0"; // a number and its unit stay on one line

export function grouped(value: number, digits = 0): string {
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

export function signed(value: number, digits = 0): string {
  if (value === 0) return grouped(0, digits);
  return (value > 0 ? "+" : "\u2212") + grouped(Math.abs(value), digits);
}

/** `1 cycle`, `1,234 cycles`. */
export function counted(value: number, unit: string): string {
  return `${grouped(value)} ${unit}${value === 1 ? "" : "s"}`;
}

export function cycles(value: number): string {
  return counted(value, "cycle");
}

export function nanoseconds(cycleCount: number, clockHz: number): number {
  return (cycleCount / clockHz) * 1e9;
}

interface TimeUnit {
  name: string;
  ns: number;
}

const kUnits: TimeUnit[] = [
  { name: "s", ns: 1e9 },
  { name: "ms", ns: 1e6 },
  { name: "\u00b5s", ns: 1e3 },
  { name: "ns", ns: 1 },
];

/** The unit in which a time of this size is best read. */
export function timeUnit(ns: number): TimeUnit {
  const size = Math.abs(ns);
  return kUnits.find((unit) => size >= unit.ns) ?? kUnits[kUnits.length - 1]!;
}

/** `4.211 \u00b5s`, `831 ns`: four digits are kept. */
export function time(ns: number): string {
  const unit = timeUnit(ns);
  const value = ns / unit.ns;
  const digits = unit.ns === 1 ? (Math.abs(value) < 100 ? 1 : 0) : 3;
  return `${grouped(value, Number.isInteger(value) ? 0 : digits)}${kGap}${unit.name}`;
}

export function frequency(hz: number): string {
  return hz >= 1e9 ? `${grouped(hz / 1e9, 2)}${kGap}GHz` : `${grouped(hz / 1e6)}${kGap}MHz`;
}

export function percent(share: number, digits = 1): string {
  return `${grouped(share * 100, digits)}${kGap}%`;
}

/** A share that is small but not zero is never shown as zero. */
export function percentOf(part: number, whole: number): string {
  if (whole === 0) return "0 %";
  const share = part / whole;
  if (share === 0) return "0 %";
  if (Math.abs(share) < 0.0005) return "less than 0.1 %";
  return percent(share);
}

export function bytes(count: number): string {
  if (count < 1024) return `${grouped(count)}${kGap}B`;
  if (count < 1024 * 1024) return `${grouped(count / 1024, 1)}${kGap}KiB`;
  return `${grouped(count / (1024 * 1024), 1)}${kGap}MiB`;
}

/** `a, b and c`. */
export function listed(words: string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}
