// SPDX-License-Identifier: Apache-2.0
// What is known of one instruction: when, where, what it reads and writes, and why it is there.
import { coded, el, facts, link } from "./dom";
import type { Report } from "./model";
import { cycles, grouped } from "./numbers";
import { instructionAddress } from "./state";
import { type Link, programName, reason, slackSentence, whyChain } from "./why";

export type Pick = (issue: number) => void;

export function issueLink(
  report: Report,
  issue: number,
  text: string,
  pick: Pick,
): HTMLAnchorElement {
  const address = instructionAddress(report.queueOf(issue).path, report.issues.cycle[issue]!);
  return link(text, address, () => pick(issue));
}

export function streamName(report: Report, stream: number): string {
  const { streams } = report.data.chip;
  return stream < streams ? `E${stream}` : `W${stream - streams}`;
}

export function instructionSentence(report: Report, issue: number): string {
  const { issues } = report;
  const program = report.programOf(issue);
  return (
    `Cycle ${grouped(issues.cycle[issue]!)}, ${report.queueOf(issue).path}: ${report.textOf(issue)}, ` +
    `of ${programName(program)}.`
  );
}

function valuesRead(report: Report, issue: number): string {
  const [from, to] = report.samplesOf(issue);
  const parts: string[] = [];
  for (let i = from; i < to && parts.length < 8; ++i) {
    const drive = report.samples.drive[i]!;
    const writer = report.drives.issue[drive]!;
    parts.push(
      `${streamName(report, report.drives.stream[drive]!)} from ` +
        `${report.queueOf(writer).path} (cycle ` +
        `${grouped(report.issues.cycle[writer]!)})`,
    );
  }
  if (to - from > parts.length) parts.push(`and ${grouped(to - from - parts.length)} more`);
  return parts.join("; ") || "none from streams";
}

function valuesWritten(report: Report, issue: number): string {
  const { drives } = report;
  const parts = Array.from(report.drivesOf(issue), (drive) => {
    const read =
      report.readersOf(drive).length > 0
        ? `, last read at column ${drives.reach[drive]}`
        : ", never read";
    return (
      `${streamName(report, drives.stream[drive]!)} at column ` +
      `${drives.position[drive]} from cycle ${grouped(drives.visible[drive]!)}${read}`
    );
  });
  const more = parts.length > 4 ? [`and ${grouped(parts.length - 4)} more`] : [];
  return [...parts.slice(0, 4), ...more].join("; ") || "none on streams";
}

function chainItem(report: Report, step: Link, pick: Pick): HTMLLIElement {
  const program = report.data.streamPrograms[step.program]!;
  const first =
    step.issue >= 0
      ? step.issue
      : (report.byProgram.items[report.byProgram.start[step.program]!] ?? -1);
  const name = `${programName(program)}, cycles ${grouped(program.begin)} to ${grouped(program.end)}`;
  const head = first >= 0 ? issueLink(report, first, name, pick) : el("strong", {}, name);
  const words = program.why.text ? `${program.why.text.replace(/\.$/, "")}.` : "";
  const item = el(
    "li",
    {},
    head,
    `. It cannot start one cycle earlier: ${reason(program)}. ${words} `,
  );
  if (step.culprit < 0)
    item.replaceChildren(head, `. ${capital(reason(program))}. ${words}`);
  if (step.culprit >= 0) {
    const { culprit } = step;
    const text =
      `${report.textOf(culprit)} in ${report.queueOf(culprit).path} at cycle ` +
      `${grouped(report.issues.cycle[culprit]!)}`;
    item.append("In its way: ", issueLink(report, culprit, text, pick), ".");
  }
  return item;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function chainOf(report: Report, issue: number): Link[] {
  return whyChain(report.data.streamPrograms, report.issues.program, report.issues.program[issue]!);
}

function whyNow(report: Report, issue: number, pick: Pick): HTMLElement {
  const program = report.programOf(issue);
  const chain = chainOf(report, issue);
  const offset = report.issues.cycle[issue]! - program.begin;
  const rigid =
    offset === 0
      ? "It is the first instruction of its stream program. "
      : `It is dispatched ${cycles(offset)} after the first instruction of its stream ` +
        "program, and that distance is fixed. ";
  const critical = program.critical
    ? "Its stream program is on the critical path of the token."
    : "Its stream program is not on the critical path of the token.";
  return el(
    "div",
    { class: "why", id: "why" },
    el("h4", {}, "Why now"),
    el("p", {}, rigid, critical),
    el("ol", { class: "chain" }, ...chain.map((step) => chainItem(report, step, pick))),
    el("p", {}, slackSentence(program)),
  );
}

export function instructionPanel(report: Report, issue: number, pick: Pick): HTMLElement {
  const { issues } = report;
  const program = report.programOf(issue);
  const opcode = report.opcodeOf(issue);
  const cycle = issues.cycle[issue]!;
  return el(
    "div",
    {},
    el("h3", {}, report.textOf(issue)),
    el("p", {}, `${opcode.mnemonic}: `, coded(opcode.meaning), "."),
    facts([
      ["Queue", `${report.queueOf(issue).path}, column ${report.queueOf(issue).position}`],
      ["Dispatch", `cycle ${grouped(cycle)}, holds its queue for ${cycles(issues.busy[issue]!)}`],
      ["Result", `cycle ${grouped(cycle + opcode.result)}, after ${cycles(opcode.result)}`],
      [
        "Operator",
        `${programName(program)}${program.layer >= 0 ? `, layer ${program.layer}` : ""}`,
      ],
      ["Reads", valuesRead(report, issue)],
      ["Writes", valuesWritten(report, issue)],
    ]),
    whyNow(report, issue, pick),
  );
}
