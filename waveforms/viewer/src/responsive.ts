// SPDX-License-Identifier: Apache-2.0
// Plots are drawn for the width that they have, and again when it changes.

export interface Responsive {
  node: HTMLElement;
  redraw(): void;
}

export function responsive(node: HTMLElement, draw: (width: number) => Node): Responsive {
  let width = 0;
  const redraw = () => {
    if (width > 0) node.replaceChildren(draw(width));
  };
  new ResizeObserver((entries) => {
    const found = Math.floor(entries[entries.length - 1]!.contentRect.width);
    if (found === width || found === 0) return;
    width = found;
    redraw();
  }).observe(node);
  return { node, redraw };
}
