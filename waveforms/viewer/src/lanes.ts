// SPDX-License-Identifier: Apache-2.0
// Bytes of one lane, least significant first, as the numbers that they may stand for.

const kScratch = new DataView(new ArrayBuffer(4));

export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export interface Reading {
  name: string; // `fp16`
  values: string[]; // one a lane
}

function shown(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value))
    return Object.is(value, -0) ? "-0" : String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(7))) : value.toExponential(4);
}

function word(parts: Uint8Array[], lane: number): void {
  kScratch.setUint32(0, 0);
  parts.forEach((part, i) => kScratch.setUint8(i, part[lane]!));
}

function readings(parts: Uint8Array[], name: string, value: () => number): Reading {
  const lanes = Array.from(parts[0]!, (_, lane) => lane);
  const values = lanes.map((lane) => {
    word(parts, lane);
    return shown(value());
  });
  return { name, values };
}

/** What the bytes of a value may mean, by its width. */
export function typed(parts: Uint8Array[]): Reading[] {
  if (parts.length === 1) return [readings(parts, "int8", () => kScratch.getInt8(0))];
  if (parts.length === 2)
    return [readings(parts, "fp16", () => halfToNumber(kScratch.getUint16(0, true)))];
  if (parts.length !== 4) return [];
  return [
    readings(parts, "fp32", () => kScratch.getFloat32(0, true)),
    readings(parts, "int32", () => kScratch.getInt32(0, true)),
  ];
}

export function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
