// SPDX-License-Identifier: Apache-2.0
// What stands on a stream register in a cycle. A value moves one column a cycle, so it stays on a
// diagonal: `visible - position` eastward, `visible + position` westward. Of the drives of a stream
// on one diagonal, the nearest upstream of the column is what is found there.
import type { Report } from "./model";

export type Direction = "east" | "west";

export interface Party {
  issue: number;
  queue: string;
  cycle: number; // of dispatch
  operator: string;
}

export interface Reader extends Party {
  column: number;
}

export interface Probed {
  drive: number;
  direction: Direction;
  stream: number;
  column: number;
  cycle: number;
  lanes: number[];
  width: number;
  byte: number;
  position: number; // column where it was put on the stream
  visible: number; // first cycle there
  writer: Party;
  readers: Reader[];
}

export interface DiagonalIndex {
  find(stream: number, column: number, cycle: number): number;
}

export interface DriveColumns {
  count: number;
  visible: ArrayLike<number>;
  stream: ArrayLike<number>;
  position: ArrayLike<number>;
}

/** Sorts drives by stream, diagonal and column; one number holds all three and the row, so that the
 *  sort needs no comparison function. `streams` counts those of one direction. */
export function diagonalIndex(
  drives: DriveColumns,
  streams: number,
  positions: number,
  cycles: number,
): DiagonalIndex {
  const diagonals = cycles + 2 * positions + 1;
  const rows = Math.max(1, drives.count);
  const eastward = (stream: number) => stream < streams;
  const keyOf = (stream: number, column: number, cycle: number) => {
    const diagonal = eastward(stream) ? cycle - column + positions : cycle + column;
    return (stream * diagonals + diagonal) * positions + column;
  };
  const sorted = new Float64Array(drives.count);
  for (let i = 0; i < drives.count; ++i) {
    sorted[i] = keyOf(drives.stream[i]!, drives.position[i]!, drives.visible[i]!) * rows + i;
  }
  sorted.sort();
  const lower = (wanted: number) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const find = (stream: number, column: number, cycle: number) => {
    const key = keyOf(stream, column, cycle);
    const east = eastward(stream);
    const slot = east ? lower((key + 1) * rows) - 1 : lower(key * rows);
    if (slot < 0 || slot >= sorted.length) return -1;
    const found = Math.floor(sorted[slot]! / rows);
    if (Math.floor(found / positions) !== Math.floor(key / positions)) return -1;
    return sorted[slot]! - found * rows;
  };
  return { find };
}

export class Prober {
  private readonly index: DiagonalIndex;

  constructor(private readonly report: Report) {
    const { chip } = report.data;
    this.index = diagonalIndex(
      report.drives,
      chip.streams,
      chip.positions,
      report.cycles + chip.positions,
    );
  }

  /** The drive whose value is there, or -1. */
  driveAt(direction: Direction, stream: number, column: number, cycle: number): number {
    const { streams, positions } = this.report.data.chip;
    const within = stream >= 0 && stream < streams && column >= 0 && column < positions;
    if (!within || cycle < 0 || cycle >= this.report.cycles + positions) return -1;
    return this.index.find(direction === "east" ? stream : streams + stream, column, cycle);
  }

  probe(direction: Direction, stream: number, column: number, cycle: number): Probed | null {
    const drive = this.driveAt(direction, stream, column, cycle);
    if (drive < 0) return null;
    const { drives } = this.report;
    return {
      drive,
      direction,
      stream,
      column,
      cycle,
      lanes: Array.from(drives.lanes.subarray(drive * 16, drive * 16 + 16)),
      width: drives.width[drive]!,
      byte: drives.byte[drive]!,
      position: drives.position[drive]!,
      visible: drives.visible[drive]!,
      writer: this.party(drives.issue[drive]!),
      readers: this.readersOf(drive),
    };
  }

  /** Bytes 0 to width - 1 of the value that this one belongs to; null where one is missing. */
  whole(found: Probed): Uint8Array[] | null {
    const { drives } = this.report;
    const parts: Uint8Array[] = [];
    for (let byte = 0; byte < found.width; ++byte) {
      const drive = this.driveAt(
        found.direction,
        found.stream - found.byte + byte,
        found.column,
        found.cycle,
      );
      if (drive < 0 || drives.byte[drive] !== byte || drives.width[drive] !== found.width)
        return null;
      if (drives.visible[drive] !== found.visible) return null;
      parts.push(drives.lanes.subarray(drive * 16, drive * 16 + 16));
    }
    return parts;
  }

  private party(issue: number): Party {
    const { report } = this;
    return {
      issue,
      queue: report.queueOf(issue).path,
      cycle: report.issues.cycle[issue]!,
      operator: report.programOf(issue).operator,
    };
  }

  private readersOf(drive: number): Reader[] {
    const issues = Array.from(
      this.report.readersOf(drive),
      (sample) => this.report.samples.issue[sample]!,
    );
    const unique = [...new Set(issues)];
    return unique.map((issue) => ({
      ...this.party(issue),
      column: this.report.queueOf(issue).position,
    }));
  }
}
