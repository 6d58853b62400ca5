// SPDX-License-Identifier: Apache-2.0
// The stream probe: which value stands on a stream register in a cycle.
import { button, el, facts, labelled, replace, select, table } from "./dom";
import { type Pick, issueLink } from "./instruction_panel";
import { hex, typed } from "./lanes";
import type { Report } from "./model";
import { counted, cycles, grouped } from "./numbers";
import type { Direction, Probed, Prober, Reader } from "./probe";

export interface ProbeRequest {
  direction: Direction;
  stream: number;
  column: number;
  cycle: number;
}

interface ProbeParts {
  direction: HTMLSelectElement;
  stream: HTMLInputElement;
  column: HTMLInputElement;
  cycle: HTMLInputElement;
}

function numberInput(name: string, most: number): HTMLInputElement {
  return el("input", {
    type: "number",
    name,
    min: 0,
    max: most,
    step: 1,
    value: 0,
    required: true,
  });
}

export class ProbePanel {
  readonly node: HTMLElement;
  private readonly parts: ProbeParts;
  private readonly result = el("div", {
    class: "probe-result",
    id: "probe-result",
    "aria-live": "polite",
  });
  private readonly here = el("div", { class: "here" });

  constructor(
    private readonly report: Report,
    private readonly prober: Prober,
    private readonly pick: Pick,
    private readonly shown: (request: ProbeRequest, found: Probed | null) => void,
  ) {
    const { chip } = report.data;
    const choices = [
      { value: "east", text: "eastward" },
      { value: "west", text: "westward" },
    ];
    this.parts = {
      direction: select(choices, () => {}, { name: "direction" }),
      stream: numberInput("stream", chip.streams - 1),
      column: numberInput("column", chip.positions - 1),
      cycle: numberInput("cycle", report.cycles - 1),
    };
    const { direction, stream, column, cycle } = this.parts;
    const form = el("form", { class: "controls", id: "probe-form" });
    form.append(
      labelled("Direction", direction),
      labelled("Stream", stream),
      labelled("Column", column),
      labelled("Cycle", cycle),
    );
    form.append(el("button", { type: "submit" }, "Probe"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.show(this.request());
    });
    this.node = el(
      "div",
      { class: "panel", id: "probe" },
      el("h3", {}, "Stream probe"),
      form,
      this.here,
      this.result,
    );
    replace(
      this.result,
      el(
        "p",
        { class: "note" },
        "Choose a direction, stream, column and cycle, or click a free place in the diagram.",
      ),
    );
  }

  request(): ProbeRequest {
    const { direction, stream, column, cycle } = this.parts;
    return {
      direction: direction.value as Direction,
      stream: Number(stream.value),
      column: Number(column.value),
      cycle: Number(cycle.value),
    };
  }

  show(request: ProbeRequest): void {
    const { direction, stream, column, cycle } = this.parts;
    direction.value = request.direction;
    stream.value = String(request.stream);
    column.value = String(request.column);
    cycle.value = String(request.cycle);
    const found = this.prober.probe(
      request.direction,
      request.stream,
      request.column,
      request.cycle,
    );
    this.listPlace(request.column, request.cycle);
    replace(this.result, found ? this.value(found) : this.nothing(request));
    this.shown(request, found);
  }

  /** All streams that carry a value past this place; the first one is shown. */
  showPlace(column: number, cycle: number): void {
    const { direction, stream } = this.request();
    const now = this.prober.driveAt(direction, stream, column, cycle);
    const all = this.streamsAt(column, cycle);
    const first = now >= 0 || all.length === 0 ? { direction, stream } : all[0]!;
    this.show({ ...first, column, cycle });
  }

  private streamsAt(column: number, cycle: number): { direction: Direction; stream: number }[] {
    const all: { direction: Direction; stream: number }[] = [];
    for (const direction of ["east", "west"] as const) {
      for (let stream = 0; stream < this.report.data.chip.streams; ++stream) {
        if (this.prober.driveAt(direction, stream, column, cycle) >= 0)
          all.push({ direction, stream });
      }
    }
    return all;
  }

  private listPlace(column: number, cycle: number): void {
    const all = this.streamsAt(column, cycle);
    const buttons = all.map(({ direction, stream }) =>
      button(
        `${direction === "east" ? "E" : "W"}${stream}`,
        () => this.show({ direction, stream, column, cycle }),
        { class: `chip ${direction}` },
      ),
    );
    const words =
      `Column ${column}, cycle ${grouped(cycle)}: values on ${grouped(all.length)} of ` +
      `${grouped(2 * this.report.data.chip.streams)} streams. `;
    replace(this.here, el("p", {}, words), el("div", { class: "chips" }, ...buttons));
  }

  private nothing(request: ProbeRequest): HTMLElement {
    const way = request.direction === "east" ? "eastward" : "westward";
    return el(
      "p",
      {},
      el("strong", {}, "No value"),
      `: nothing upstream put one on ${way} stream ${request.stream} that would pass ` +
        `column ${request.column} in cycle ${grouped(request.cycle)}.`,
    );
  }

  private value(found: Probed): HTMLElement {
    const name = `${found.direction === "east" ? "E" : "W"}${found.stream}`;
    const move = found.cycle - found.visible;
    const moved =
      move === 0 ? "" : `; since then it has moved ${counted(move, "column")} in ${cycles(move)}`;
    const writer = issueLink(
      this.report,
      found.writer.issue,
      `${found.writer.queue}, cycle ${grouped(found.writer.cycle)}`,
      this.pick,
    );
    return el(
      "div",
      {},
      el(
        "p",
        {},
        el("strong", {}, `${name} at column ${found.column}, cycle ${grouped(found.cycle)}`),
        `: byte ${found.byte} of ${found.width}, put on the stream at column ` +
          `${found.position} in cycle ${grouped(found.visible)}${moved}.`,
      ),
      facts([
        ["Written by", el("span", {}, writer, `, ${found.writer.operator}`)],
        ["Read by", this.readers(found)],
      ]),
      this.lanes(found),
    );
  }

  private readers(found: Probed): HTMLElement {
    if (found.readers.length === 0) return el("span", {}, "nobody");
    const beyond = (reader: Reader) =>
      found.direction === "east" ? reader.column < found.column : reader.column > found.column;
    const items = found.readers.map((reader) => {
      const text = `${reader.queue}, cycle ${grouped(reader.cycle)}`;
      return el(
        "li",
        {},
        issueLink(this.report, reader.issue, text, this.pick),
        `, ${reader.operator}${beyond(reader) ? " (has passed it)" : ""}`,
      );
    });
    return el("ul", { class: "plain" }, ...items);
  }

  private lanes(found: Probed): HTMLElement {
    const whole = this.prober.whole(found);
    const rows = found.lanes.map((byte, lane) => [String(lane), hex(byte), String(byte)]);
    const heads = [">lane", ">byte, hex", ">byte"];
    if (whole && found.width === 1) heads.push(">int8");
    for (const reading of whole ? typed(whole) : []) {
      if (found.width > 1) heads.push(`>${reading.name}`);
      reading.values.forEach((text, lane) => rows[lane]!.push(text));
    }
    const caption =
      whole || found.width === 1
        ? "Lanes 0 to 15"
        : "Lanes 0 to 15; the value's other bytes are not beside it here";
    return table(heads, rows, caption);
  }
}
