// SPDX-License-Identifier: Apache-2.0
// Random numbers that a seed repeats (mulberry32).

export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  /** Normal, by the sum of twelve. */
  const normal = (mean, deviation) => {
    let sum = -6;
    for (let i = 0; i < 12; ++i) sum += next();
    return mean + sum * deviation;
  };
  return { next, below, normal };
}
