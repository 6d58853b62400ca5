// SPDX-License-Identifier: Apache-2.0
// The page in a browser: how it looks, on screens and on paper, and what it says when parts lack.
import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { contrastRatio } from "./contrast_ratio.mjs";
import { given, output, sample, startBrowser, stopBrowser, withPage } from "./page_harness.mjs";
import { findTemplate } from "./places.mjs";

const SECTIONS = ["contrast", "chip", "schedule", "layers", "conflict"];

after(stopBrowser);

for (const dark of [false, true]) {
  test(`colours are told apart in ${dark ? "dark" : "light"}`, async () => {
    await withPage({ dark }, async (page) => {
      const colour = (name) =>
        page.evaluate(
          (n) => getComputedStyle(document.documentElement).getPropertyValue(`--${n}`).trim(),
          name,
        );
      for (const ground of ["page", "panel", "soft"]) {
        for (const ink of ["text", "muted", "accent"]) {
          const ratio = contrastRatio(await colour(ink), await colour(ground));
          assert.ok(ratio >= 4.5, `${ink} on ${ground}: ${ratio.toFixed(2)}`);
        }
      }
      for (let i = 1; i <= 20; ++i) {
        const ratio = contrastRatio(await colour(`series-${i}`), await colour("panel"));
        assert.ok(ratio >= 3, `series-${i} on panel: ${ratio.toFixed(2)}`);
      }
      assert.ok(contrastRatio(await colour("ink-on-accent"), await colour("accent")) >= 4.5);
    });
  });
}

test("no window is too narrow or too wide", async () => {
  for (const width of [360, 390, 768, 1400, 3840]) {
    await withPage({ width }, async (page) => {
      const [content, window] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        innerWidth,
      ]);
      assert.ok(content <= window, `${content} of ${window} pixels`);
    });
  }
});

test("prints, without controls", async () => {
  await withPage({ dark: true }, async (page) => {
    const path = join(output, "report.pdf");
    await page.pdf({ path, printBackground: true, format: "A4" });
    assert.ok(statSync(path).size > 30000);
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("#nav").isVisible(), false);
    assert.equal(await page.locator("#play").isVisible(), false);
    assert.equal(await page.locator(".diagram").isVisible(), true);
  });
});

test("a screenshot of each section", async () => {
  for (const [width, dark] of [
    [1400, false],
    [1400, true],
    [390, false],
    [390, true],
  ]) {
    await withPage({ width, dark }, async (page) => {
      await page.addStyleTag({ content: "#nav { position: static !important; }" });
      for (const id of SECTIONS) {
        const path = join(output, `${id}-${width}-${dark ? "dark" : "light"}.png`);
        await page.locator(`#${id}`).screenshot({ path });
        assert.ok(statSync(path).size > 3000, path);
      }
    });
  }
});

test("a report without comparison says how to get one", { skip: Boolean(given) }, async () => {
  await withPage({ file: sample("alone", { size: "small", alone: true }) }, async (page) => {
    assert.match(await page.locator("#contrast").innerText(), /metronome report --runs 20/);
  });
});

test("the conflict names both culprits", { skip: Boolean(given) }, async () => {
  await withPage({}, async (page) => {
    assert.equal(await page.locator("#conflict .sentences li").count(), 2);
    assert.equal(await page.locator("#conflict .around.culprit").count(), 2);
    assert.equal(await page.locator("#conflict .around.moved").count(), 1);
  });
});

test("a report that cannot be read says so", { skip: Boolean(given) }, async () => {
  const path = join(output, "broken.html");
  writeFileSync(
    path,
    readFileSync(findTemplate(), "utf8").replace("@@REPORT_DATA@@", () => '{"schema":"other"}'),
  );
  const context = await (await startBrowser()).newContext();
  const page = await context.newPage();
  await page.goto(`file://${path}`);
  await page.waitForSelector("[role=alert]");
  assert.match(await page.locator("#facts").innerText(), /cannot be shown/);
  await context.close();
});
