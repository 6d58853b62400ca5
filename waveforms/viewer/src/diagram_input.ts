// SPDX-License-Identifier: Apache-2.0
// Mouse, touch and keys on the diagram.
import type { Diagram, Place } from "./diagram";

export interface DiagramActions {
  pick(place: Place): void;
  hover(place: Place | null, x: number, y: number): void;
  step(instructions: number): void; // to the next instruction of the selected queue
  side(queues: number): void; // to the queue beside it
  probe(): void; // what passes the selected place
}

const kWheel = 0.0018;
const kPan = 0.15; // share of the view, a key
const kStep = 0.7; // factor, a key

/** Where nothing is left to zoom out to, the wheel scrolls the page as everywhere else. */
function wheel(diagram: Diagram, event: WheelEvent): void {
  const { span, wide } = diagram.view;
  const [across, down] = diagram.shareAt(event.offsetX, event.offsetY);
  const delta = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY || event.deltaX;
  const factor = Math.exp(delta * kWheel);
  if (event.shiftKey) diagram.view.zoomColumns(factor, across);
  else diagram.view.zoomCycles(factor, Math.max(0, down));
  if (span === diagram.view.span && wide === diagram.view.wide) return;
  event.preventDefault();
  diagram.invalidate();
}

const kMoves: Record<string, (diagram: Diagram) => void> = {
  ArrowUp: (d) => d.view.pan(-d.view.span * kPan, 0),
  ArrowDown: (d) => d.view.pan(d.view.span * kPan, 0),
  ArrowLeft: (d) => d.view.pan(0, -d.view.wide * kPan),
  ArrowRight: (d) => d.view.pan(0, d.view.wide * kPan),
  PageUp: (d) => d.view.pan(-d.view.span, 0),
  PageDown: (d) => d.view.pan(d.view.span, 0),
  Home: (d) => d.view.pan(-Infinity, 0),
  End: (d) => d.view.pan(1e12, 0),
  "+": (d) => d.view.zoomCycles(kStep),
  "=": (d) => d.view.zoomCycles(kStep),
  "-": (d) => d.view.zoomCycles(1 / kStep),
  "]": (d) => d.view.zoomColumns(kStep),
  "[": (d) => d.view.zoomColumns(1 / kStep),
  "0": (d) => d.view.whole(),
};

function key(diagram: Diagram, actions: DiagramActions, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const selecting: Record<string, () => void> = {
    n: () => actions.step(1),
    p: () => actions.step(-1),
    ",": () => actions.side(-1),
    ".": () => actions.side(1),
    Enter: () => actions.probe(),
  };
  const move = kMoves[event.key];
  const action = selecting[event.key];
  if (!move && !action) return;
  event.preventDefault();
  if (move) move(diagram);
  else action!();
  diagram.invalidate();
}

interface Drag {
  x: number;
  y: number;
  moved: boolean;
}

/** Two fingers zoom; one drags; a press that does not move picks. */
function pointers(diagram: Diagram, actions: DiagramActions): void {
  const { canvas, view } = diagram;
  const down = new Map<number, { x: number; y: number }>();
  let drag: Drag | null = null;
  const distance = () => {
    const [a, b] = [...down.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    drag = { x: event.offsetX, y: event.offsetY, moved: down.size > 1 };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag || !down.has(event.pointerId)) {
      actions.hover(diagram.placeAt(event.offsetX, event.offsetY), event.offsetX, event.offsetY);
      return;
    }
    const before = distance();
    down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (down.size === 2 && before > 0) view.zoomCycles(before / Math.max(1, distance()));
    const dx = event.offsetX - drag.x;
    const dy = event.offsetY - drag.y;
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    drag = { x: event.offsetX, y: event.offsetY, moved: true };
    if (down.size === 1)
      view.pan((-dy * view.span) / diagram.area.height, (-dx * view.wide) / diagram.area.width);
    actions.hover(null, 0, 0);
    diagram.invalidate();
  });
  const up = (event: PointerEvent) => {
    down.delete(event.pointerId);
    if (drag && !drag.moved && event.type === "pointerup") {
      const place = diagram.placeAt(event.offsetX, event.offsetY);
      if (place) actions.pick(place);
    }
    if (down.size === 0) drag = null;
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => actions.hover(null, 0, 0));
}

export function listenTo(diagram: Diagram, actions: DiagramActions): void {
  diagram.canvas.addEventListener("wheel", (event) => wheel(diagram, event), { passive: false });
  diagram.canvas.addEventListener("keydown", (event) => key(diagram, actions, event));
  pointers(diagram, actions);
}
