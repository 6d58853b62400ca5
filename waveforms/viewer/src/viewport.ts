// SPDX-License-Identifier: Apache-2.0
// Which part of the diagram is seen: cycles down, columns across.

export class Viewport {
  cycle = 0; // at the top edge
  span = 1; // cycles shown
  left = 0; // column units at the left edge
  wide = 1; // column units shown

  constructor(
    private cycles: number,
    private columns: number,
  ) {
    this.whole();
  }

  resizeColumns(columns: number): void {
    const full = this.wide >= this.columns;
    this.columns = columns;
    if (full) this.wide = columns;
    this.clamp();
  }

  whole(): void {
    this.cycle = 0;
    this.span = this.cycles;
    this.left = 0;
    this.wide = this.columns;
  }

  /** Scales time about `share` of the height; a factor below 1 comes closer. */
  zoomCycles(factor: number, share = 0.5): void {
    const about = this.cycle + this.span * share;
    this.span = Math.min(this.cycles, Math.max(kLeastCycles, this.span * factor));
    this.cycle = about - this.span * share;
    this.clamp();
  }

  zoomColumns(factor: number, share = 0.5): void {
    const about = this.left + this.wide * share;
    this.wide = Math.min(this.columns, Math.max(kLeastColumns, this.wide * factor));
    this.left = about - this.wide * share;
    this.clamp();
  }

  pan(cycles: number, columns: number): void {
    this.cycle += cycles;
    this.left += columns;
    this.clamp();
  }

  show(cycle: number, span: number): void {
    this.span = Math.min(this.cycles, Math.max(kLeastCycles, span));
    this.cycle = cycle - this.span / 2;
    this.clamp();
  }

  /** Moves as little as brings this place into sight. */
  reveal(cycle: number, column: number): void {
    const margin = this.span * 0.1;
    if (cycle < this.cycle + margin || cycle > this.cycle + this.span - margin)
      this.cycle = cycle - this.span / 2;
    if (!Number.isNaN(column) && (column < this.left || column + 1 > this.left + this.wide)) {
      this.left = column - this.wide / 2;
    }
    this.clamp();
  }

  private clamp(): void {
    this.cycle = Math.min(Math.max(0, this.cycle), Math.max(0, this.cycles - this.span));
    this.left = Math.min(Math.max(0, this.left), Math.max(0, this.columns - this.wide));
  }
}

const kLeastCycles = 8;
const kLeastColumns = 6;

/** 1, 2 or 5 times a power of ten, so that marks are at least `least` pixels apart. */
export function cycleStep(scale: number, least: number): number {
  let step = 1;
  for (let i = 0; step * scale < least; ++i) step = [2, 5, 10][i % 3]! * 10 ** Math.floor(i / 3);
  return step;
}
