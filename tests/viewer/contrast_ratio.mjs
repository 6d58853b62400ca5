// SPDX-License-Identifier: Apache-2.0
// How well one colour is told from another, by WCAG 2.

function luminance([r, g, b]) {
  const linear = [r, g, b].map((c) =>
    c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function channels(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

export function contrastRatio(a, b) {
  const [low, high] = [luminance(channels(a)), luminance(channels(b))].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}
