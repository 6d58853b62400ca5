// SPDX-License-Identifier: Apache-2.0
// What the numbers of the comparison say, in sentences. Nothing is said that they do not show.
import { type Series, inNanoseconds, isLpu } from "./distribution";
import { counted, cycles, grouped, percentOf, time } from "./numbers";
import type { ComparedMachine, Comparison } from "./report_data";

/** A spread below this share of the median is called small. */
const kSmall = 0.02;

export function tokenSentence(series: Series): string {
  const d = series.cycles;
  const { machine } = series;
  const at = (c: number) => time(inNanoseconds(machine, c));
  if (d.spread === 0) {
    const runs =
      d.count === 1 ? "in the one run there is" : `in each of ${counted(d.count, "run")}`;
    return `${series.name} takes ${cycles(d.min)} (${at(d.min)}) ${runs}: the spread is 0 cycles.`;
  }
  const range =
    `${series.name} takes ${grouped(d.min)} to ${cycles(d.max)} (${at(d.min)} to ` +
    `${at(d.max)}) over ${counted(d.count, "run")}`;
  const spread =
    `The spread is ${cycles(d.spread)} (${at(d.spread)}), ` +
    `${percentOf(d.spread, d.p50)} of the median.`;
  if (d.spread / d.p50 >= kSmall) return `${range}. ${spread}`;
  return (
    `${range}. ${spread} That is little: run alone and with fixed shapes, this machine ` +
    "varies little from run to run."
  );
}

export function accessSentence(series: Series, text: string): string {
  const d = series.cycles;
  const { machine } = series;
  const range =
    d.spread === 0
      ? `all of ${time(inNanoseconds(machine, d.min))}`
      : `from ${time(inNanoseconds(machine, d.min))} to ` +
        `${time(inNanoseconds(machine, d.max))}, half of them within ` +
        `${time(inNanoseconds(machine, d.p50))}`;
  return `${series.name}: ${grouped(d.count)} accesses, ${range} (${text}).`;
}

export function layerSentence(machine: ComparedMachine): string {
  const rows = machine.layers;
  if (rows.length === 0) return `${machine.name} tells no layers.`;
  const widest = rows.reduce((a, b) => (b.spread > a.spread ? b : a));
  if (widest.spread === 0)
    return `On ${machine.name} every layer takes the same time in every run.`;
  const spread = `${cycles(widest.spread)} (${time(inNanoseconds(machine, widest.spread))})`;
  return (
    `On ${machine.name} the layer that varies most is ${widest.name}: ${spread}, ` +
    `${percentOf(widest.spread, widest.p50)} of its median.`
  );
}

/** The first thing to read: what a token takes on each machine, and how far apart its runs are. */
export function leadSentence(token: Series[]): string {
  const parts = token.map((one) => {
    const d = one.cycles;
    const at = (c: number) => time(inNanoseconds(one.machine, c));
    if (d.spread === 0) return `${one.name} takes ${at(d.min)}, every time, to the cycle`;
    return `${one.name} takes ${at(d.min)} to ${at(d.max)}`;
  });
  return `For one token of the same text, ${parts.join("; ")}.`;
}

/** Ratio of medians, said with what it holds for. */
export function ratioSentence(comparison: Comparison, token: Series[]): string {
  const lpu = token.find((one) => isLpu(one.machine));
  const other = token.find((one) => !isLpu(one.machine));
  if (!lpu || !other) return "";
  const a = inNanoseconds(lpu.machine, lpu.cycles.p50);
  const b = inNanoseconds(other.machine, other.cycles.p50);
  const [fast, slow, factor] = a <= b ? [lpu, other, b / a] : [other, lpu, a / b];
  return (
    `In the median a token takes ${grouped(factor, 1)} times as long on ${slow.name} as on ${fast.name}. ` +
    `That ratio holds for this model (${comparison.model}), one sequence at a time; ` +
    "other models and batches have other ratios."
  );
}

export function causeSentence(machine: ComparedMachine): string {
  const acting = machine.causes.each.filter((cause) => cause.acts);
  if (acting.length === 0) {
    return (
      `On ${machine.name} none of the ${grouped(machine.causes.each.length)} causes ` +
      "can act, which is why its tokens do not vary."
    );
  }
  const widest = acting.reduce((a, b) => ((b.added_spread ?? 0) > (a.added_spread ?? 0) ? b : a));
  const spread = widest.added_spread ?? 0;
  if (spread === 0)
    return (
      `On ${machine.name} ${counted(acting.length, "cause")} can act, and in these ` +
      "runs none changed a token's time."
    );
  return (
    `On ${machine.name} the cause that varies a token most is ${widest.name} ` +
    `(${widest.sentence}): alone it moves the token by up to ${cycles(spread)}, ` +
    `${time(inNanoseconds(machine, spread))}, from one run to another.`
  );
}
