// SPDX-License-Identifier: Apache-2.0
// Distributions of times as the plots need them: in nanoseconds, since clocks differ.
import type { ComparedMachine, Distribution } from "./report_data";
import { nanoseconds } from "./numbers";

export interface Bin {
  from: number; // both ends included
  to: number;
  count: number;
}

export interface Series {
  machine: ComparedMachine;
  name: string;
  cycles: Distribution;
  bins: Bin[]; // in cycles; empty where only percentiles are known
}

/** Values gathered into at most `most` bins of one width, empty ones left out. */
export function binned(values: number[], most: number): Bin[] {
  if (values.length === 0) return [];
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[0]!;
  const width = Math.max(1, Math.ceil((sorted[sorted.length - 1]! - low + 1) / most));
  const bins: Bin[] = [];
  for (const value of sorted) {
    const from = low + Math.floor((value - low) / width) * width;
    const last = bins[bins.length - 1];
    if (last && last.from === from) ++last.count;
    else bins.push({ from, to: from + width - 1, count: 1 });
  }
  return bins;
}

/** Percentiles by nearest rank: each is a value that occurred. */
export function summary(values: number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const min = sorted[0] ?? 0;
  const max = sorted[sorted.length - 1] ?? 0;
  const ranks = { p50: at(0.5), p90: at(0.9), p99: at(0.99), p99_9: at(0.999) };
  return { count: sorted.length, min, ...ranks, max, spread: max - min };
}

export function tokenCycles(machine: ComparedMachine, position: number): number[] {
  return machine.runs.flatMap((run) =>
    run.tokens.filter((token) => token.position === position).map((token) => token.cycles),
  );
}

/** Gathers bins that would be narrower than they can be seen. */
export function coarser(bins: Bin[], most: number): Bin[] {
  if (bins.length <= most) return bins;
  const low = bins[0]!.from;
  const width = Math.ceil((bins[bins.length - 1]!.to - low + 1) / most);
  const gathered: Bin[] = [];
  for (const bin of bins) {
    const from = low + Math.floor((bin.from - low) / width) * width;
    const last = gathered[gathered.length - 1];
    if (last && last.from === from) last.count += bin.count;
    else gathered.push({ from, to: from + width - 1, count: bin.count });
  }
  return gathered;
}

export function series(
  machine: ComparedMachine,
  cycles: Distribution,
  values: number[] = [],
): Series {
  const bins = cycles.bins ?? binned(values, 120);
  return { machine, name: machine.name, cycles, bins };
}

export const kPercentiles = ["min", "p50", "p90", "p99", "p99_9", "max", "spread"] as const;

export function inNanoseconds(machine: ComparedMachine, cycles: number): number {
  return nanoseconds(cycles, machine.clock_hz);
}

export function isLpu(machine: ComparedMachine): boolean {
  return machine.name.startsWith("lpu");
}

/** How a machine's colour is called in the style sheet. */
export function machineColour(machine: ComparedMachine, index: number): string {
  if (isLpu(machine)) return "var(--lpu)";
  return index < 2 ? "var(--gpu)" : "var(--other)";
}
