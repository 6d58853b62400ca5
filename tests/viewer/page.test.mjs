// SPDX-License-Identifier: Apache-2.0
// The page in a browser: what it does. See page_harness.mjs for the reports that it opens.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { largeReport, stopBrowser, withPage } from "./page_harness.mjs";
import { random } from "./random.mjs";

const SEED = 20260718;
const SECTIONS = 5;

console.log(`# seed ${SEED}`);
after(stopBrowser);

/** Half of the places have a value for certain: they are on the way of a random drive. */
function placesIn(page, count) {
  const rng = random(SEED);
  const numbers = Array.from({ length: 3 * count }, () => rng.next());
  return page.evaluate((draws) => {
    const { drives, data, cycles } = window.metronome.report;
    const { streams, positions } = data.chip;
    const places = [];
    for (let i = 0; i < draws.length; i += 3) {
      const [a, b, c] = draws.slice(i, i + 3);
      const drive = Math.floor(a * drives.count);
      const east = drives.stream[drive] < streams;
      const left = east ? positions - 1 - drives.position[drive] : drives.position[drive];
      const moved = Math.floor(b * (left + 1));
      const onWay = {
        stream: drives.stream[drive],
        column: drives.position[drive] + (east ? moved : -moved),
        cycle: drives.visible[drive] + moved,
      };
      const anywhere = {
        stream: Math.floor(a * 2 * streams),
        column: Math.floor(b * positions),
        cycle: Math.floor(c * cycles),
      };
      places.push((i / 3) % 2 === 0 || drives.count === 0 ? anywhere : onWay);
    }
    return places.map((place) => ({
      ...place,
      way: place.stream < streams ? "east" : "west",
      number: place.stream % streams,
    }));
  }, numbers);
}

/** The rule as a plain search over all drives, beside what the page's own probe says. */
function bothAnswers(page, place) {
  return page.evaluate(({ stream, column, cycle, way, number }) => {
    const { drives, samples, data } = window.metronome.report;
    const east = stream < data.chip.streams;
    let best = -1;
    for (let i = 0; i < drives.count; ++i) {
      const at = drives.position[i];
      if (drives.stream[i] !== stream || (east ? at > column : at < column)) continue;
      if (drives.visible[i] + Math.abs(column - at) !== cycle) continue;
      if (best < 0 || Math.abs(column - at) < Math.abs(column - drives.position[best])) best = i;
    }
    const readers = new Set();
    for (let i = 0; i < samples.count; ++i)
      if (samples.drive[i] === best) readers.add(samples.issue[i]);
    const wanted =
      best < 0
        ? null
        : {
            lanes: Array.from(drives.lanes.slice(best * 16, best * 16 + 16)),
            width: drives.width[best],
            byte: drives.byte[best],
            writer: drives.issue[best],
            readers: [...readers],
          };
    const found = window.metronome.probe(way, number, column, cycle);
    const said = found && {
      ...found,
      writer: found.writer.issue,
      readers: found.readers.map((reader) => reader.issue),
    };
    return { wanted, said };
  }, place);
}

test("loads in less than 3 seconds", async () => {
  await withPage({ file: largeReport() }, async (page, { loaded }) => {
    const counts = await page.evaluate(() => [
      window.metronome.report.issues.count,
      window.metronome.report.drives.count,
    ]);
    console.log(`# ${counts[0]} instructions and ${counts[1]} drives load in ${loaded} ms`);
    assert.ok(loaded < 3000, `${loaded} ms`);
    assert.equal(await page.locator("section h2").count(), SECTIONS);
  });
});

test("the probe says what a plain search finds, by call and by form", async () => {
  await withPage({ file: largeReport() }, async (page) => {
    const cycles = await page.evaluate(() => window.metronome.report.cycles);
    let values = 0;
    for (const [i, place] of (await placesIn(page, 100)).entries()) {
      const { wanted, said } = await bothAnswers(page, place);
      assert.deepEqual(said, wanted, JSON.stringify(place));
      if (wanted) ++values;
      if (i < 12 && place.cycle < cycles) await probeByForm(page, place, wanted);
    }
    assert.ok(values > 20, `${values} of 100 places hold a value`);
  });
});

async function probeByForm(page, place, wanted) {
  const form = page.locator("#probe-form");
  await form.locator("[name=direction]").selectOption(place.way);
  for (const [name, value] of [
    ["stream", place.number],
    ["column", place.column],
    ["cycle", place.cycle],
  ])
    await form.locator(`[name=${name}]`).fill(String(value));
  await form.locator("[type=submit]").click();
  const result = page.locator("#probe-result");
  if (!wanted) {
    assert.match(await result.innerText(), /No value/);
    return;
  }
  const bytes = await result.locator("tbody tr td:nth-child(3)").allInnerTexts();
  assert.deepEqual(bytes.map(Number), wanted.lanes);
}

test("the chip steps, plays and pauses", async () => {
  await withPage({}, async (page) => {
    const cycle = async () => Number(await page.locator("[name=chip-cycle]").inputValue());
    const first = await cycle();
    await page.locator("#step-on").click();
    assert.equal(await cycle(), first + 1);
    await page.locator("#step-back").click();
    await page.locator("#step-back").click();
    assert.equal(await cycle(), first - 1);
    await page.locator("#play").click();
    await page.waitForFunction(
      (from) => Number(document.querySelector("[name=chip-cycle]").value) > from + 3,
      first,
      { timeout: 5000 },
    );
    await page.locator("#play").click();
    const paused = await cycle();
    await page.waitForTimeout(300);
    assert.equal(await cycle(), paused);
    await page.locator(".scrub").fill("0");
    assert.equal(await cycle(), 0);
    assert.match(await page.locator("#chip-live").innerText(), /^Cycle 0: /);
  });
});

test("zooming draws no more than can be seen", async () => {
  await withPage({ file: largeReport() }, async (page) => {
    const canvas = page.locator(".diagram");
    await canvas.scrollIntoViewIfNeeded();
    const size = await canvas.boundingBox();
    await page.mouse.move(size.x + size.width * 0.4, size.y + size.height * 0.6);
    for (let i = 0; i < 25; ++i) await page.mouse.wheel(0, i < 15 ? -240 : 400);
    await page.waitForTimeout(300);
    const { count, milliseconds, rects } = await page.evaluate(() => window.metronome.frameTimes());
    const queues = await page.evaluate(() => window.metronome.report.data.chip.queues.length);
    const most = queues * size.height + 4000;
    const sorted = [...milliseconds].sort((a, b) => a - b);
    console.log(
      `# ${count} frames, median ${sorted[count >> 1].toFixed(1)} ms, most ` +
        `${sorted[count - 1].toFixed(1)} ms; at most ${Math.max(...rects)} boxes and ` +
        "lines a frame",
    );
    assert.ok(count > 3);
    assert.ok(Math.max(...rects) <= most, `${Math.max(...rects)} of ${most}`);
  });
});

test("why now: the chain is that of the report, and its steps select", async () => {
  await withPage({}, async (page) => {
    const picked = await page.evaluate(() => {
      const { data, issues } = window.metronome.report;
      const blocked = data.streamPrograms.findLastIndex(
        (one) => one.why.culprit >= 0 && one.why.issue >= 0,
      );
      const issue = blocked >= 0 ? data.streamPrograms[blocked].why.issue : issues.count - 1;
      const program = issues.program[issue];
      const chain = [];
      for (let p = program; p >= 0 && !chain.includes(p);) {
        chain.push(p);
        const { culprit } = data.streamPrograms[p].why;
        p = culprit < 0 ? -1 : issues.program[culprit];
      }
      const path = data.chip.queues[issues.queue[issue]].path;
      return {
        cycle: issues.cycle[issue],
        path,
        length: chain.length,
        culprit: data.streamPrograms[program].why.culprit,
      };
    });
    await page.evaluate(
      (hash) => (location.hash = hash),
      `#schedule?cycle=${picked.cycle}&queue=${picked.path}`,
    );
    await page.waitForSelector("ol.chain li");
    assert.equal(await page.locator("ol.chain > li").count(), picked.length);
    assert.match(
      await page.locator("#why").innerText(),
      /could be later|cannot be even one cycle later/,
    );
    const before = await page.locator("#schedule-live").innerText();
    if (picked.culprit < 0) return;
    await page.locator("ol.chain > li").first().locator("a").last().click();
    assert.notEqual(await page.locator("#schedule-live").innerText(), before);
  });
});

test("an address brings a view back", async () => {
  let hash = "";
  let text = "";
  await withPage({}, async (page) => {
    const { cycle, path } = await page.evaluate(() => {
      const { issues, data } = window.metronome.report;
      const issue = Math.floor(issues.count / 2);
      return { cycle: issues.cycle[issue], path: data.chip.queues[issues.queue[issue]].path };
    });
    await page.evaluate(
      (wanted) => (location.hash = wanted),
      `#schedule?cycle=${cycle}&queue=${path}&span=64`,
    );
    await page.waitForTimeout(700);
    hash = await page.evaluate(() => location.hash);
    text = await page.locator("#schedule-live").innerText();
    assert.match(text, /^Selected: /);
  });
  await withPage({ hash }, async (page) => {
    await page.waitForFunction(() =>
      document.querySelector("#schedule-live").textContent.startsWith("Selected"),
    );
    assert.equal(await page.locator("#schedule-live").innerText(), text);
  });
});

test("everything can be reached and used by keys", async () => {
  await withPage({}, async (page) => {
    const reached = new Set();
    for (let i = 0; i < 120; ++i) {
      await page.keyboard.press("Tab");
      const [name, visible] = await page.evaluate(() => {
        const node = document.activeElement;
        const style = getComputedStyle(node);
        return [
          node.id || node.className || node.tagName,
          style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        ];
      });
      if (name !== "BODY") assert.ok(visible, `focus is seen on ${name}`);
      reached.add(name);
    }
    for (const name of ["play", "step-on", "chip-canvas", "diagram", "memory"])
      assert.ok(reached.has(name), `${name} is in the tab order`);
    await page.locator(".chip-canvas").focus();
    for (const key of ["ArrowRight", "ArrowDown", "."]) await page.keyboard.press(key);
    assert.match(await page.locator("#chip-live").innerText(), /: .*: /);
    await page.locator(".diagram").focus();
    for (const key of ["+", "+", "]", "ArrowDown", ".", "n", "n", "Enter"])
      await page.keyboard.press(key);
    assert.match(await page.locator("#schedule-live").innerText(), /^Selected: Cycle /);
    assert.match(await page.locator("#probe-result").innerText(), /Written by|No value/);
    const size = await page.evaluate(() => window.metronome.report.data.memory.length);
    await page.locator(".memory").focus();
    await page.keyboard.press("ArrowDown");
    if (size > 0) assert.match(await page.locator("#layers .live").innerText(), /slice/);
  });
});

test("canvases and plots say in words what they show", async () => {
  await withPage({}, async (page) => {
    const silent = await page.evaluate(
      () =>
        [...document.querySelectorAll("canvas, svg[role=img]")].filter(
          (node) => !node.getAttribute("aria-label"),
        ).length,
    );
    assert.equal(silent, 0);
    const unnamed = await page.evaluate(
      () =>
        [...document.querySelectorAll("input, select, button")].filter(
          (node) =>
            !node.labels?.length && !node.getAttribute("aria-label") && !node.textContent.trim(),
        ).length,
    );
    assert.equal(unnamed, 0);
  });
});
