// SPDX-License-Identifier: Apache-2.0
// What is looked at, shared by the chip and the schedule, and kept in the page's address.

export interface State {
  section: string; // `schedule`
  cycle: number;
  queue: number; // -1 for none
  issue: number; // selected instruction, -1 for none
  span: number; // cycles that the diagram shows
}

export type Change = Partial<State>;

export class Store {
  readonly state: State = { section: "", cycle: 0, queue: -1, issue: -1, span: 0 };
  private readonly listeners: ((state: State, change: Change) => void)[] = [];

  listen(listener: (state: State, change: Change) => void): void {
    this.listeners.push(listener);
  }

  set(change: Change): void {
    Object.assign(this.state, change);
    for (const listener of this.listeners) listener(this.state, change);
  }
}

export interface Route {
  section: string;
  values: Record<string, string>;
}

/** `#schedule?cycle=120&queue=mem_w.slice_3`. */
export function parseRoute(hash: string): Route {
  const [section = "", query = ""] = hash.replace(/^#/, "").split("?");
  return { section, values: Object.fromEntries(new URLSearchParams(query)) };
}

export function formatRoute(route: Route): string {
  const query = Object.entries(route.values)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  return `#${route.section}${query ? `?${query}` : ""}`;
}

/** The address of an instruction in the schedule. */
export function instructionAddress(queue: string, cycle: number): string {
  return formatRoute({ section: "schedule", values: { cycle: String(cycle), queue } });
}

export function wholeNumber(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : otherwise;
}
