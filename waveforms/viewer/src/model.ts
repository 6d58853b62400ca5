// SPDX-License-Identifier: Apache-2.0
// The report with the indices that its sections look things up in.
import { Columns, type Drives, type Issues, type Samples, inflate } from "./columns";
import { type Groups, groupBy, lowerBound, membersOf } from "./groups";
import type { Opcode, Queue, ReportData, StreamProgram } from "./report_data";

export class Report {
  readonly issues: Issues;
  readonly drives: Drives;
  readonly samples: Samples;
  readonly cycles: number; // of the token, and of what is still in flight then
  readonly byQueue: Groups; // issues
  readonly byProgram: Groups; // issues
  readonly drivesByIssue: Groups;
  readonly drivesByCycle: Groups; // by `visible`
  readonly readers: Groups; // samples by drive
  private readonly queueIndex = new Map<string, number>();

  constructor(
    readonly data: ReportData,
    columns: Columns,
  ) {
    this.issues = columns.issues();
    this.drives = columns.drives();
    this.samples = columns.samples();
    this.cycles = this.lastCycle() + 1;
    this.byQueue = groupBy(this.issues.queue, data.chip.queues.length);
    this.byProgram = groupBy(this.issues.program, data.streamPrograms.length);
    this.drivesByIssue = groupBy(this.drives.issue, this.issues.count);
    this.drivesByCycle = groupBy(this.drives.visible, this.cycles);
    this.readers = groupBy(this.samples.drive, this.drives.count);
    data.chip.queues.forEach((queue, i) => this.queueIndex.set(queue.path, i));
  }

  queueNamed(path: string): number {
    return this.queueIndex.get(path) ?? -1;
  }
  queueOf(issue: number): Queue {
    return this.data.chip.queues[this.issues.queue[issue]!]!;
  }
  opcodeOf(issue: number): Opcode {
    return this.data.opcodes[this.issues.opcode[issue]!]!;
  }
  programOf(issue: number): StreamProgram {
    return this.data.streamPrograms[this.issues.program[issue]!]!;
  }
  operandsOf(issue: number): string {
    return this.data.strings[this.issues.operands[issue]!] ?? "";
  }
  /** `Read address=0,out=E30`. */
  textOf(issue: number): string {
    return `${this.opcodeOf(issue).mnemonic} ${this.operandsOf(issue)}`.trim();
  }

  /** Where in byQueue.items the first issue of the queue at or after the cycle stands. */
  slotAt(queue: number, cycle: number): number {
    const { start, items } = this.byQueue;
    return lowerBound(
      start[queue]!,
      start[queue + 1]!,
      cycle,
      (i) => this.issues.cycle[items[i]!]!,
    );
  }

  /** The issue that holds the queue in this cycle, or -1. */
  issueAt(queue: number, cycle: number): number {
    const slot = this.slotAt(queue, cycle + 1) - 1;
    if (slot < this.byQueue.start[queue]!) return -1;
    const issue = this.byQueue.items[slot]!;
    return cycle < this.issues.cycle[issue]! + Math.max(1, this.issues.busy[issue]!) ? issue : -1;
  }

  /** The last issue of the queue at or before the cycle, or -1. */
  lastIssue(queue: number, cycle: number): number {
    const slot = this.slotAt(queue, cycle + 1) - 1;
    return slot < this.byQueue.start[queue]! ? -1 : this.byQueue.items[slot]!;
  }

  drivesOf(issue: number): Uint32Array {
    return membersOf(this.drivesByIssue, issue);
  }
  readersOf(drive: number): Uint32Array {
    return membersOf(this.readers, drive);
  }
  /** The samples of an issue: their rows are in order of issue. */
  samplesOf(issue: number): [number, number] {
    const column = this.samples.issue;
    const value = (i: number) => column[i]!;
    const from = lowerBound(0, column.length, issue, value);
    return [from, lowerBound(from, column.length, issue + 1, value)];
  }

  /** A schedule that the judge rejects did not run. */
  get ran(): boolean {
    return this.data.program.simulatedCycles > 0;
  }

  private lastCycle(): number {
    const { issues, drives } = this;
    let last = Math.max(this.data.program.simulatedCycles, this.data.program.predictedCycles);
    for (let i = 0; i < issues.count; ++i)
      last = Math.max(last, issues.cycle[i]! + issues.busy[i]!);
    for (let i = 0; i < drives.count; ++i) last = Math.max(last, drives.visible[i]!);
    return last;
  }
}

export async function readReport(json: string, base64: string): Promise<Report> {
  const data = JSON.parse(json) as ReportData;
  if (data.schema !== "metronome.report/1") throw new Error(`this page cannot read ${data.schema}`);
  return new Report(data, new Columns(await inflate(base64), data.columns));
}
