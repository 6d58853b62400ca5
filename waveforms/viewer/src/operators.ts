// SPDX-License-Identifier: Apache-2.0
// Which colour an instruction has: that of its operator, the same in every layer.
import type { StreamProgram } from "./report_data";

/** `blk.3.attn_q` is `attn_q` in each layer. */
export function operatorKind(operator: string): string {
  return operator.replace(/^blk\.\d+\./, "");
}

export interface OperatorColours {
  kinds: string[]; // in order of their first cycle
  ofProgram: Uint8Array; // index into the colours of the theme
  ofKind(kind: string): number;
}

export function operatorColours(programs: StreamProgram[], colours: number): OperatorColours {
  const order = programs.map((_, i) => i).sort((a, b) => programs[a]!.begin - programs[b]!.begin);
  const kinds: string[] = [];
  const index = new Map<string, number>();
  for (const program of order) {
    const kind = operatorKind(programs[program]!.operator);
    if (index.has(kind)) continue;
    index.set(kind, kinds.length);
    kinds.push(kind);
  }
  const ofKind = (kind: string) => (index.get(kind) ?? 0) % colours;
  const ofProgram = Uint8Array.from(programs, (program) => ofKind(operatorKind(program.operator)));
  return { kinds, ofProgram, ofKind };
}
