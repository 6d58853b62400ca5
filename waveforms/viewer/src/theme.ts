// SPDX-License-Identifier: Apache-2.0
// The colours of the style sheet, read back for canvases, which cannot use its variables.

export interface Theme {
  page: string;
  panel: string;
  text: string;
  muted: string;
  line: string;
  accent: string;
  east: string;
  west: string;
  series: string[];
}

const kSeries = 20;

function read(): Theme {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const series = Array.from({ length: kSeries }, (_, i) => value(`series-${i + 1}`));
  const [page, panel, text, muted] = [value("page"), value("panel"), value("text"), value("muted")];
  const [line, accent, east, west] = [value("line"), value("accent"), value("east"), value("west")];
  return { page, panel, text, muted, line, accent, east, west, series } as Theme;
}

let current: Theme | null = null;
const listeners: (() => void)[] = [];

export function theme(): Theme {
  return (current ??= read());
}

/** Canvases draw again when light turns to dark, or the page is printed. */
export function onThemeChange(listener: () => void): void {
  listeners.push(listener);
}

function changed(): void {
  current = null;
  for (const listener of listeners) listener();
}

for (const query of ["(prefers-color-scheme: dark)", "print"]) {
  window.matchMedia(query).addEventListener("change", changed);
}

/** `#rrggbb` as red, green, blue. */
export function channels(colour: string): [number, number, number] {
  const bits = parseInt(colour.slice(1), 16);
  return [(bits >> 16) & 255, (bits >> 8) & 255, bits & 255];
}

/** Relative luminance of WCAG 2. */
export function luminance(colour: string): number {
  const linear = channels(colour).map((c) => {
    const share = c / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!;
}

/** Black or white, whichever is read better on this colour. */
export function inkOn(colour: string): string {
  const l = luminance(colour);
  return (l + 0.05) / 0.05 > 1.05 / (l + 0.05) ? "#000000" : "#ffffff";
}
