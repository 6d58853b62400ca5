// SPDX-License-Identifier: Apache-2.0
// Plots are drawn for the width that they have, and again when it changes.

export interface Responsive {
  node: HTMLElement;
  redraw(): void;
}

export function responsive(node: HTMLElement, draw: (width: number) => Node): Responsive {
  let width = 0;
  const redraw = () => {
    if (width === 0) return;
    const drawn = draw(width);
    // Paper is narrower than the window, and nothing is drawn again for it: the plot is scaled.
    if (drawn instanceof SVGSVGElement) {
      drawn.setAttribute("viewBox", `0 0 ${drawn.getAttribute("width")} ${drawn.getAttribute("height")}`);
    }
    node.replaceChildren(drawn);
  };
  new ResizeObserver((entries) => {
    const found = Math.floor(entries[entries.length - 1]!.contentRect.width);
    if (found === width || found === 0) return;
    width = found;
    redraw();
  }).observe(node);
  return { node, redraw };
}
