// SPDX-License-Identifier: Apache-2.0
// Loads a module of the page, which is TypeScript, into a test.
import { join } from "node:path";
import { requireFromBuild, root, viewerBuild } from "./places.mjs";

export async function loadSource(name) {
  const esbuild = requireFromBuild("esbuild");
  const done = await esbuild.build({
    entryPoints: [join(root, "waveforms", "viewer", "src", name)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    nodePaths: [join(viewerBuild(), "node_modules")],
  });
  return import(
    `data:text/javascript;base64,${Buffer.from(done.outputFiles[0].text).toString("base64")}`
  );
}
