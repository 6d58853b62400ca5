// SPDX-License-Identifier: Apache-2.0
// The columns of the report: base64 of gzip, unpacked into typed arrays that share one buffer.
import type { Column } from "./report_data";

export interface Issues {
  count: number;
  cycle: Uint32Array;
  queue: Uint16Array;
  opcode: Uint8Array;
  busy: Uint16Array;
  operands: Uint32Array;
  program: Uint16Array;
}

export interface Drives {
  count: number;
  issue: Uint32Array;
  visible: Uint32Array;
  stream: Uint8Array;
  position: Uint8Array;
  width: Uint8Array;
  byte: Uint8Array;
  reach: Uint8Array;
  lanes: Uint8Array;
}

export interface Samples {
  count: number;
  issue: Uint32Array;
  drive: Uint32Array;
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array;

const kViews = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array };

export async function inflate(base64: string): Promise<ArrayBuffer> {
  const text = atob(base64.trim());
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) packed[i] = text.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** A view where the offset allows one, else a copy. */
function view(buffer: ArrayBuffer, column: Column): Numbers {
  const Kind = kViews[column.type];
  const size = column.count * Kind.BYTES_PER_ELEMENT;
  if (column.offset % Kind.BYTES_PER_ELEMENT === 0)
    return new Kind(buffer, column.offset, column.count);
  return new Kind(buffer.slice(column.offset, column.offset + size));
}

export class Columns {
  constructor(
    private readonly buffer: ArrayBuffer,
    private readonly columns: Record<string, Column>,
  ) {}

  issues(): Issues {
    const cycle = this.u32("issues.cycle");
    return {
      count: cycle.length,
      cycle,
      queue: this.u16("issues.queue"),
      opcode: this.u8("issues.opcode"),
      busy: this.u16("issues.busy"),
      operands: this.u32("issues.operands"),
      program: this.u16("issues.stream_program"),
    };
  }

  drives(): Drives {
    const issue = this.u32("drives.issue");
    return {
      count: issue.length,
      issue,
      visible: this.u32("drives.visible"),
      stream: this.u8("drives.stream"),
      position: this.u8("drives.position"),
      width: this.u8("drives.width"),
      byte: this.u8("drives.byte"),
      reach: this.u8("drives.reach"),
      lanes: this.u8("drives.lanes"),
    };
  }

  samples(): Samples {
    const issue = this.u32("samples.issue");
    return { count: issue.length, issue, drive: this.u32("samples.drive") };
  }

  private find(name: string, type: Column["type"]): Numbers {
    const column = this.columns[name];
    if (!column) throw new Error(`the report has no column ${name}`);
    if (column.type !== type) throw new Error(`column ${name} is ${column.type}, not ${type}`);
    return view(this.buffer, column);
  }

  private u8(name: string): Uint8Array {
    return this.find(name, "u8") as Uint8Array;
  }
  private u16(name: string): Uint16Array {
    return this.find(name, "u16") as Uint16Array;
  }
  private u32(name: string): Uint32Array {
    return this.find(name, "u32") as Uint32Array;
  }
}
