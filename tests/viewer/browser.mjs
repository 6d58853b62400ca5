// SPDX-License-Identifier: Apache-2.0
// A page in a browser that tells on itself: errors and requests are kept.
import { pathToFileURL } from "node:url";
import { CHROMIUM, requireFromBuild } from "./places.mjs";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch() {
  const { chromium } = requireFromBuild("playwright-core");
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

/** Opens a report; resolves when it is ready to use. */
export async function open(
  browser,
  file,
  { width = 1400, height = 900, dark = false, hash = "" } = {},
) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const faults = [];
  const requests = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  const begin = Date.now();
  await page.goto(pathToFileURL(file).href + hash);
  await page.evaluate(() => window.metronome.ready);
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  const loaded = Date.now() - begin;
  return { page, context, faults, requests, loaded };
}
