// SPDX-License-Identifier: Apache-2.0
// Where the page, its packages and a browser are. VIEWER_BUILD names the folder that build.mjs
// filled; without it the folders of ordinary builds are tried.
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const root = resolve(here, "..", "..");
export const CHROMIUM = "/usr/bin/chromium";

export function viewerBuild() {
  if (process.env.VIEWER_BUILD) return resolve(process.env.VIEWER_BUILD);
  const builds = join(root, "build");
  const presets = existsSync(builds) ? readdirSync(builds) : [];
  const folders = [
    join(builds, "viewer"),
    ...presets.map((name) => join(builds, name, "waveforms", "viewer")),
  ];
  const found = folders.find((folder) => existsSync(join(folder, "report_page.html")));
  if (!found)
    throw new Error(
      "no built page: build first, or set VIEWER_BUILD to the folder of report_page.html",
    );
  return found;
}

export function findTemplate() {
  return join(viewerBuild(), "report_page.html");
}

export function requireFromBuild(name) {
  return createRequire(join(viewerBuild(), "package.json"))(name);
}

/** Where screenshots and the PDF go. */
export function outputFolder() {
  const folder = resolve(process.env.SCREENSHOTS ?? join(viewerBuild(), "screenshots"));
  mkdirSync(folder, { recursive: true });
  return folder;
}
