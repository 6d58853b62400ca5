// SPDX-License-Identifier: Apache-2.0
// Rows gathered by a small whole number, in two typed arrays: the rows of key k are
// items[start[k]] to items[start[k + 1] - 1], in their old order.

export interface Groups {
  start: Uint32Array;
  items: Uint32Array;
}

export function groupBy(keys: ArrayLike<number>, keyCount: number): Groups {
  const start = new Uint32Array(keyCount + 1);
  for (let i = 0; i < keys.length; ++i) ++start[keys[i]! + 1];
  for (let k = 0; k < keyCount; ++k) start[k + 1]! += start[k]!;
  const next = start.slice(0, keyCount);
  const items = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; ++i) items[next[keys[i]!]!++] = i;
  return { start, items };
}

export function membersOf(groups: Groups, key: number): Uint32Array {
  return groups.items.subarray(groups.start[key], groups.start[key + 1]);
}

/** The first index in [from, to) whose value is at least `wanted`, or `to`. */
export function lowerBound(
  from: number,
  to: number,
  wanted: number,
  value: (index: number) => number,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value(middle) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
