// SPDX-License-Identifier: Apache-2.0
// Why an instruction is where it is: its stream program could not start earlier because of an
// instruction of another one, which could not because of a third, and so on to the token's start.
import type { StreamProgram } from "./report_data";
import { cycles } from "./numbers";

export interface Link {
  program: number;
  issue: number; // of this program, that would collide or go without its operand; -1 if none
  culprit: number; // the issue that is in its way; -1 if none
}

/** `programOf` says to which stream program an issue belongs. */
export function whyChain(
  programs: StreamProgram[],
  programOf: ArrayLike<number>,
  start: number,
): Link[] {
  const chain: Link[] = [];
  const seen = new Set<number>();
  let program = start;
  while (program >= 0 && program < programs.length && !seen.has(program)) {
    seen.add(program);
    const { issue, culprit } = programs[program]!.why;
    chain.push({ program, issue, culprit });
    if (culprit < 0 || culprit >= programOf.length) break;
    program = programOf[culprit]!;
  }
  return chain;
}

export function programName(program: StreamProgram): string {
  return program.step ? `${program.operator}, ${program.step}` : program.operator;
}

const kReasons: Record<StreamProgram["why"]["kind"], string> = {
  start: "nothing is in its way: it begins with the token",
  search: "nothing is in its way, but the scheduler's search ended before it came there",
  value: "a value that it reads from memory is not written earlier",
  overwrite: "what it overwrites is still read",
  queue: "a queue that it needs is taken",
  stream: "a stream register that it needs is taken",
  weights: "its weights are not installed, or their buffer is in use",
  accumulator: "an accumulator that it needs is in use",
};

export function reason(program: StreamProgram): string {
  return kReasons[program.why.kind] ?? program.why.kind;
}

export function slackSentence(program: StreamProgram): string {
  if (program.slack < 0)
    return "With all others in place, it could be later by any number of cycles within the token.";
  if (program.slack === 0)
    return `With all others in place, it cannot be even one cycle later${because(program)}.`;
  return (
    `With all others in place, it could be later by ${cycles(program.slack)}, and no ` +
    `more${because(program)}.`
  );
}

function because(program: StreamProgram): string {
  return program.slackText ? `: ${program.slackText.replace(/\.$/, "")}` : "";
}
