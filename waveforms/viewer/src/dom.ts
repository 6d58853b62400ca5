// SPDX-License-Identifier: Apache-2.0
// Short ways to make elements; text is always set as text, never as HTML.

export type Child = Node | string | null;
export type Attributes = Record<string, string | number | boolean>;

function fill(node: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null) node.append(child);
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  fill(node, attributes, children);
  return node;
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(node, attributes, children);
  return node;
}

/** Text whose words between backquotes are code. */
export function coded(text: string): HTMLSpanElement {
  const parts = text.split("`").map((part, i) => (i % 2 === 1 ? el("code", {}, part) : part));
  return el("span", {}, ...parts);
}

export function byId(id: string): HTMLElement {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no element ${id}`);
  return node;
}

export function button(
  text: string,
  action: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  const node = el("button", { type: "button", ...attributes }, text);
  node.addEventListener("click", action);
  return node;
}

/** Goes somewhere in the page; its address works alone too, in a new tab. */
export function link(text: string, href: string, action: () => void): HTMLAnchorElement {
  const node = el("a", { href }, text);
  node.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    action();
  });
  return node;
}

export interface Choice {
  value: string;
  text: string;
}

export function select(
  choices: Choice[],
  action: (value: string) => void,
  attributes: Attributes = {},
): HTMLSelectElement {
  const options = choices.map((choice) => el("option", { value: choice.value }, choice.text));
  const node = el("select", attributes, ...options);
  node.addEventListener("change", () => action(node.value));
  return node;
}

/** A control with its words beside it. */
export function labelled(text: string, control: HTMLElement): HTMLLabelElement {
  return el("label", { class: "labelled" }, el("span", {}, text), control);
}

/** Rows of text; a column whose head starts with `>` holds numbers and is set to the right. */
export function table(heads: string[], rows: Child[][], caption = ""): HTMLElement {
  const numeric = heads.map((head) => head.startsWith(">"));
  const cells = (row: Child[], tag: "th" | "td") =>
    row.map((cell, i) =>
      el(
        tag,
        { class: numeric[i] ? "number" : "", ...(tag === "th" ? { scope: "col" } : {}) },
        cell,
      ),
    );
  const titles = heads.map((head, i) => (numeric[i] ? head.slice(1) : head));
  const body = rows.map((row) => el("tr", {}, ...cells(row, "td")));
  const node = el(
    "table",
    {},
    caption ? el("caption", {}, caption) : null,
    el("thead", {}, el("tr", {}, ...cells(titles, "th"))),
    el("tbody", {}, ...body),
  );
  return el(
    "div",
    { class: "table", tabindex: 0, role: "region", "aria-label": caption || "Table" },
    node,
  );
}

/** The table is made when it is first opened: a page has some with thousands of rows. */
export function expandable(summary: string, make: () => Node): HTMLDetailsElement {
  const node = el("details", {}, el("summary", {}, summary));
  let made = false;
  node.addEventListener("toggle", () => {
    if (made || !node.open) return;
    made = true;
    node.append(make());
  });
  return node;
}

export function replace(node: Element, ...children: Child[]): void {
  node.replaceChildren(...children.filter((child): child is Node | string => child !== null));
}

/** A term and what is said of it, one after the other. */
export function facts(pairs: [string, Child][]): HTMLElement {
  const nodes: Node[] = [];
  for (const [term, value] of pairs) nodes.push(el("dt", {}, term), el("dd", {}, value));
  return el("dl", { class: "facts-list" }, ...nodes);
}
