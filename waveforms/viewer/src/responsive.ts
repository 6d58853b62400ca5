// SPDX-License-Identifier: Apache-2.0
// Plots are drawn for the width that they have, again when it changes, and for paper.

export interface Responsive {
  node: HTMLElement;
  redraw(): void;
}

const kPaper = 680; // pixels across a printed page

/** A plot that is still too wide for its place is scaled. */
function scalable(drawn: Node): Node {
  if (drawn instanceof SVGSVGElement) {
    drawn.setAttribute(
      "viewBox",
      `0 0 ${drawn.getAttribute("width")} ${drawn.getAttribute("height")}`,
    );
  }
  return drawn;
}

export function responsive(node: HTMLElement, draw: (width: number) => Node): Responsive {
  let width = 0;
  const redraw = () => {
    if (width > 0) node.replaceChildren(scalable(draw(width)));
  };
  new ResizeObserver((entries) => {
    const found = Math.floor(entries[entries.length - 1]!.contentRect.width);
    if (found === width || found === 0) return;
    width = found;
    redraw();
  }).observe(node);
  window.addEventListener("beforeprint", () => node.replaceChildren(scalable(draw(kPaper))));
  window.addEventListener("afterprint", redraw);
  return { node, redraw };
}
