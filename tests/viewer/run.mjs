// SPDX-License-Identifier: Apache-2.0
// Runs test files; those of the page need a browser. Exit status 77: skipped, as ctest counts it.
// Usage: node run.mjs [--browser] FILE...
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { CHROMIUM } from "./places.mjs";

const needsBrowser = process.argv.includes("--browser");
const files = process.argv.slice(2).filter((argument) => argument !== "--browser");

if (needsBrowser && !existsSync(CHROMIUM)) {
  const words = `${CHROMIUM} is missing; on Debian or Ubuntu: apt-get install chromium`;
  console.log(process.env.CI ? words : `SKIP: ${words}`);
  process.exit(process.env.CI ? 1 : 77);
}
const done = spawnSync(process.execPath, ["--test", "--test-concurrency=1", ...files], {
  stdio: "inherit",
});
process.exit(done.status ?? 1);
