// SPDX-License-Identifier: Apache-2.0
// Section 5: what happens if one instruction is moved, as the judge tells it.
import { byId, el, expandable, facts, svg, table } from "./dom";
import { issueLink } from "./instruction_panel";
import type { Report } from "./model";
import { grouped } from "./numbers";
import type { ConflictStory } from "./report_data";
import { responsive } from "./responsive";
import { cycleStep } from "./viewport";

const kNarrow = 110; // a queue narrower than this has its name upright

function picture(story: ConflictStory, width: number): SVGSVGElement {
  const paths = [...new Set(story.around.map((row) => row.path))];
  const first = Math.min(story.cycle, ...story.around.map((row) => row.cycle)) - 1;
  const last = Math.max(story.cycle, ...story.around.map((row) => row.cycle + row.busy)) + 1;
  const left = 56;
  const wide = (width - left) / Math.max(1, paths.length);
  const upright = wide < kNarrow;
  const top = upright ? 116 : 40;
  const scale = Math.max(8, Math.min(26, 460 / (last - first)));
  const height = top + (last - first) * scale + 6;
  const label = `The schedule around the conflict in cycle ${story.cycle}: ${story.around
    .filter((row) => row.culprit)
    .map((row) => `${row.path} at cycle ${row.cycle}`)
    .join(" against ")}`;
  const node = svg("svg", { width, height, role: "img", class: "plot", "aria-label": label });
  paths.forEach((path, i) => {
    const x = left + (i + 0.5) * wide;
    const way = upright
      ? { "text-anchor": "start", transform: `rotate(-90 ${x + 4} ${top - 18})`, y: top - 18 }
      : { "text-anchor": "middle", y: 16 };
    node.append(svg("text", { x: upright ? x + 4 : x, class: "small", ...way }, path));
    if (i > 0)
      node.append(
        svg("line", {
          x1: left + i * wide,
          x2: left + i * wide,
          y1: top - 12,
          y2: height,
          class: "base",
        }),
      );
  });
  drawCycles(node, first, last, scale, left, width, top);
  const y = top + (story.cycle - first) * scale;
  node.append(
    svg("rect", { x: left, y, width: width - left, height: scale, class: "conflict-cycle" }),
  );
  for (const row of story.around) {
    const same = story.around.filter(
      (other) => other.path === row.path && other.cycle === row.cycle,
    );
    const share = wide / same.length; // two in one cycle stand side by side
    const x = left + paths.indexOf(row.path) * wide + same.indexOf(row) * share;
    node.append(instruction(row, x, top + (row.cycle - first) * scale, share, scale));
  }
  return node;
}

function drawCycles(
  node: SVGSVGElement,
  first: number,
  last: number,
  scale: number,
  left: number,
  width: number,
  top: number,
): void {
  const step = cycleStep(scale, 18);
  for (let cycle = Math.ceil(first / step) * step; cycle <= last; cycle += step) {
    const y = top + (cycle - first) * scale;
    node.append(svg("line", { x1: left, x2: width, y1: y, y2: y, class: "base" }));
    node.append(
      svg(
        "text",
        { x: left - 6, y: y + scale / 2 + 4, "text-anchor": "end", class: "small" },
        grouped(cycle),
      ),
    );
  }
}

function instruction(
  row: ConflictStory["around"][number],
  x: number,
  y: number,
  wide: number,
  scale: number,
): SVGGElement {
  const kind = row.culprit ? "culprit" : "plain";
  const height = Math.max(5, row.busy * scale - 1);
  const group = svg("g", { class: `around ${kind}${row.moved ? " moved" : ""}` });
  group.append(
    svg(
      "title",
      {},
      `${row.path}, cycle ${row.cycle}: ${row.text}${row.moved ? " (moved here)" : ""}`,
    ),
  );
  group.append(svg("rect", { x: x + 2, y, width: wide - 4, height }));
  const most = Math.floor((wide - 12) / 6);
  const words =
    row.text.length > most ? `${row.text.slice(0, Math.max(1, most - 1))}\u2026` : row.text;
  if (scale >= 11 && most >= 3)
    group.append(svg("text", { x: x + 6, y: y + scale / 2 + 4 }, words));
  return group;
}

function aroundTable(story: ConflictStory): Node {
  const rows = [...story.around]
    .sort((a, b) => a.cycle - b.cycle)
    .map((row) => [
      grouped(row.cycle),
      row.path,
      row.text,
      row.culprit ? "culprit" : "",
      row.moved ? "moved" : "",
    ]);
  return table(
    [">cycle", "queue", "instruction", "part", "place"],
    rows,
    "The schedule around the conflict",
  );
}

export function conflictSection(report: Report, show: (issue: number) => void): void {
  const story = report.data.conflict;
  const section = byId("conflict");
  if (!story || !story.change) {
    section.append(el("p", {}, "This report has no conflict to show."));
    return;
  }
  const box = el("div", { class: "plot-box" });
  responsive(box, (width) => picture(story, width));
  const culprits = story.culprits.map((row) => {
    const item = el(
      "li",
      {},
      el("strong", {}, `${row.path}, cycle ${grouped(row.cycle)}`),
      `: ${row.text}`,
    );
    const known = row.issue >= 0 && row.issue < report.issues.count;
    if (known)
      item.append(". ", issueLink(report, row.issue, report.ran ? "Show it in the right schedule" : "Show it in the schedule", show));
    return item;
  });
  section.append(
    el(
      "div",
      { class: "panel" },
      el(
        "p",
        {},
        "Nothing on this chip waits, so a schedule is right or wrong before it runs. " +
          "The judge reads the program alone and follows every value; here is what it says " +
          (report.ran
            ? "of a copy of this schedule in which one instruction was moved."
            : "of this schedule."),
      ),
      facts([
        ["The change", story.change],
        ["Place", story.place],
        ["Cycle", grouped(story.cycle)],
      ]),
      el("h3", {}, "What the judge says"),
      el("blockquote", { class: "verdict" }, story.verdict),
      el("h3", {}, culprits.length === 1 ? "The culprit" : "Both culprits"),
      el("ul", { class: "sentences" }, ...culprits),
      el("h3", {}, "The schedule around it"),
      el(
        "ul",
        { class: "legend" },
        el("li", {}, el("span", { class: "swatch culprit" }), "culprit"),
        el("li", {}, el("span", { class: "swatch moved" }), "moved here"),
        el("li", {}, el("span", { class: "swatch plain" }), "other instruction"),
        el("li", {}, el("span", { class: "swatch conflict" }), "cycle of the conflict"),
      ),
      box,
      expandable("The numbers behind this picture", () => aroundTable(story)),
    ),
  );
}
