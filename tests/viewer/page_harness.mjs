// SPDX-License-Identifier: Apache-2.0
// What the tests of the page share: the reports that they open, and a page that must stay clean.
// REPORT names a report to try; without it made-up ones are used. What is written goes to
// SCREENSHOTS, or into the build folder.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch, open } from "./browser.mjs";
import { findTemplate, outputFolder } from "./places.mjs";
import { fillPage, sampleReport } from "./sample_report.mjs";

export const output = outputFolder();
export const given = process.env.REPORT;

const written = new Map();

/** The path of a made-up report, made when it is first asked for. */
export function sample(name, settings) {
  if (written.has(name)) return written.get(name);
  const { data, bytes } = sampleReport({ seed: 7, ...settings });
  const path = join(output, `${name}.html`);
  writeFileSync(path, fillPage(readFileSync(findTemplate(), "utf8"), data, bytes));
  written.set(name, path);
  return path;
}

/** The report where size matters. */
export function largeReport() {
  return given ?? sample("large", { size: "large" });
}

let browser;

export async function startBrowser() {
  browser ??= await launch();
  return browser;
}

export async function stopBrowser() {
  await browser?.close();
}

/** Opens a report; afterwards the console must be clean and no network must have been asked. */
export async function withPage(settings, body) {
  const file = settings.file ?? given ?? sample("small", { size: "small" });
  const opened = await open(await startBrowser(), file, settings);
  try {
    await body(opened.page, opened);
    assert.deepEqual(opened.faults, [], "the console shows no errors");
    const asked = opened.requests.filter((url) => !/^(file|data):/.test(url));
    assert.deepEqual(asked, [], "nothing is asked of a network");
  } finally {
    await opened.context.close();
  }
}
