// SPDX-License-Identifier: Apache-2.0
// What a unit does in a cycle, in words, from its last instruction.
import type { Report } from "./model";
import { grouped } from "./numbers";

function inFlight(report: Report, issue: number, cycle: number): boolean {
  if (issue < 0) return false;
  const length = Math.max(report.opcodeOf(issue).result, report.issues.busy[issue]!, 1);
  return cycle < report.issues.cycle[issue]! + length;
}

function memoryState(report: Report, issue: number): string {
  const { mnemonic } = report.opcodeOf(issue);
  const address = Number(/address=(\d+)/.exec(report.operandsOf(issue))?.[1] ?? NaN);
  const { wordsPerBank } = report.data.chip;
  const verb = /^(Write|Scatter)/.test(mnemonic) ? "written" : "read";
  if (/^(Gather|Scatter)/.test(mnemonic))
    return (
      `word ${verb} at ${Number.isNaN(address) ? "an address" : grouped(address)} plus ` +
      "the map's offset"
    );
  if (Number.isNaN(address)) return `a word is ${verb}`;
  return `bank ${Math.floor(address / wordsPerBank)} is ${verb}, address ${grouped(address)}`;
}

/** Verb of each stage of a matrix plane. */
function matrixState(mnemonic: string): string {
  if (mnemonic.startsWith("LW")) return "loading weights into the buffer";
  if (mnemonic.startsWith("IW")) return "installing the buffer's weights in the array";
  if (mnemonic.startsWith("ABC")) return "multiplying activations with the array";
  if (mnemonic.startsWith("ACC")) return "accumulating";
  return mnemonic;
}

export interface UnitState {
  issue: number; // whose state it is, or -1
  active: boolean; // in flight
  holds: boolean; // its queue is held in this cycle
  text: string;
}

export function unitState(report: Report, queue: number, cycle: number): UnitState {
  const issue = report.lastIssue(queue, cycle);
  const active = inFlight(report, issue, cycle);
  if (!active) return { issue, active, holds: false, text: "idle" };
  const { unit } = report.data.chip.queues[queue]!;
  const { mnemonic, meaning } = report.opcodeOf(issue);
  const holds = report.issueAt(queue, cycle) >= 0;
  if (unit === "mem") return { issue, active, holds, text: memoryState(report, issue) };
  if (unit.startsWith("mxm")) return { issue, active, holds, text: matrixState(mnemonic) };
  return { issue, active, holds, text: meaning.replaceAll("`", "") };
}
