// SPDX-License-Identifier: Apache-2.0
// Asks the page's stream probe for random registers and cycles.
// Usage: node probe_pairs.mjs REPORT COUNT SEED; prints JSON, half of it where a value is.
import { launch, open } from "./browser.mjs";
import { random } from "./random.mjs";

const [report, count, seed] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const browser = await launch();
const { page, faults } = await open(browser, report);
const shape = await page.evaluate(() => {
  const { chip, program } = JSON.parse(document.getElementById("report-data").textContent);
  return { streams: chip.streams, positions: chip.positions, cycles: program.simulatedCycles };
});
const draw = random(seed);
const pairs = [];
const wanted = { value: count / 2, any: count / 2 };
while (wanted.value + wanted.any > 0) {
  const place = {
    direction: draw.below(2) === 0 ? "east" : "west",
    stream: draw.below(shape.streams),
    column: draw.below(shape.positions),
    cycle: draw.below(shape.cycles),
  };
  const found = await page.evaluate(
    (p) => window.metronome.probe(p.direction, p.stream, p.column, p.cycle), place);
  const kind = wanted.any > 0 ? "any" : "value";
  if (kind === "value" && !found) continue;
  --wanted[kind];
  pairs.push({ ...place, lanes: found ? found.lanes : null });
}
await browser.close();
if (faults.length) throw new Error(faults.join("\n"));
console.log(JSON.stringify(pairs));
