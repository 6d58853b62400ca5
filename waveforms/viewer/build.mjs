// SPDX-License-Identifier: Apache-2.0
// Makes the page of `metronome report` and the C++ source that carries it.
// Usage: node build.mjs OUT_DIR
// Packages are looked for in OUT_DIR/node_modules, then beside this file, so that a build never
// writes into the source tree.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const MARKS = ["@@REPORT_DATA@@", "@@REPORT_COLUMNS@@"];
const PAGE_LIMIT = 600 * 1024;
const CHUNK = 15000; // compilers must take literals of 65,536 bytes; shorter ones are easier to read
const DELIMITER = "report_page";

function modulesFolder(out) {
  const found = [out, here].map((folder) => join(folder, "node_modules")).find(existsSync);
  if (!found) throw new Error(`no node_modules in ${out}: run npm ci there first`);
  return found;
}

/** The sources lie outside the folder of the packages, so the compiler is told where those are. */
function checkTypes(out, modules) {
  const config = {
    extends: join(here, "tsconfig.json"),
    compilerOptions: { paths: { "*": [join(modules, "@types", "*"), join(modules, "*")] } },
    include: [join(here, "src")],
  };
  const file = join(out, "tsconfig.json");
  writeFileSync(file, JSON.stringify(config, null, 2) + "\n");
  const compiler = join(modules, "typescript", "bin", "tsc");
  execFileSync(process.execPath, [compiler, "--noEmit", "-p", file], { stdio: "inherit" });
}

async function bundle(modules, entry, loader) {
  const require = createRequire(join(modules, "entry.js"));
  const esbuild = await import(pathToFileURL(require.resolve("esbuild")).href);
  const done = await esbuild.default.build({
    entryPoints: [join(here, "src", entry)],
    bundle: true,
    minify: true,
    write: false,
    charset: "ascii",
    format: loader === "css" ? undefined : "iife",
    target: "es2022",
    legalComments: "none",
    nodePaths: [modules],
    logLevel: "warning",
  });
  return done.outputFiles[0].text.trim();
}

/** A replacement by function: text of a bundle may hold `$&`. */
function fill(template, mark, text) {
  if (template.split(mark).length !== 2) throw new Error(`${mark} must stand once in the template`);
  return template.replace(mark, () => text);
}

function checkPage(page) {
  for (const mark of MARKS) {
    if (page.split(mark).length !== 2) throw new Error(`${mark} must stand once in the page`);
  }
  const outside = page.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"|@import|url\((?!["']?data:)/);
  if (outside) throw new Error(`the page refers to something outside itself: ${outside[0]}`);
  const size = Buffer.byteLength(page);
  if (size > PAGE_LIMIT) throw new Error(`the page has ${size} bytes, more than ${PAGE_LIMIT}`);
  return size;
}

function chunksOf(page) {
  const chunks = [];
  const characters = Array.from(page);
  for (let i = 0; i < characters.length; i += CHUNK) {
    chunks.push(characters.slice(i, i + CHUNK).join(""));
  }
  return chunks;
}

function cppSource(page) {
  if (page.includes(`)${DELIMITER}"`)) throw new Error("the page holds the end of its C++ literal");
  const literals = chunksOf(page).map((chunk) => `R"${DELIMITER}(${chunk})${DELIMITER}",`);
  return `// SPDX-License-Identifier: Apache-2.0
// Made by waveforms/viewer/build.mjs.
#include "waveforms/report_page.h"

#include <string>

namespace metronome::waveforms {
namespace {

// Compilers need not take literals of more than 65,536 bytes.
constexpr std::string_view kPieces[] = {
${literals.join("\n")}
};

std::string joined() {
  std::string page;
  for (const std::string_view piece : kPieces) page += piece;
  return page;
}

}  // namespace

std::string_view report_page() {
  static const std::string page = joined();
  return page;
}

}  // namespace metronome::waveforms
`;
}

async function main() {
  const out = resolve(process.argv[2] ?? "build");
  mkdirSync(out, { recursive: true });
  const modules = modulesFolder(out);
  if (!process.argv.includes("--no-check")) checkTypes(out, modules);
  let page = readFileSync(join(here, "src", "page.html"), "utf8");
  page = fill(page, "/*STYLE*/", await bundle(modules, "style/page.css", "css"));
  page = fill(page, "/*SCRIPT*/", await bundle(modules, "main.ts", "ts"));
  const size = checkPage(page);
  writeFileSync(join(out, "report_page.html"), page);
  writeFileSync(join(out, "report_page.cpp"), cppSource(page));
  console.log(`report_page.html: ${size} bytes`);
}

main().catch((error) => {
  console.error(`build.mjs: ${error.message}`);
  process.exitCode = 1;
});
