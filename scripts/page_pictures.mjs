// SPDX-License-Identifier: Apache-2.0
// Makes the pictures of the report's page in docs/: makes reports, opens them in a browser, brings
// them into the states that the walkthroughs tell of, and takes what is seen there.
// Usage: node scripts/page_pictures.mjs PROGRAM [PICTURE...]   (VIEWER_BUILD as in tests/viewer)
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, open } from "../tests/viewer/browser.mjs";
import { root } from "../tests/viewer/places.mjs";

const kWidth = 1200; // pixels, of a picture
const kMostBytes = 200_000;
const kMargin = 12;

// What is above a picture's subject would only hide it, and a chain is not to be scrolled in.
const kStyle = `
  #nav { position: static !important; }
  main, header, footer { max-width: none !important; }
  .chain, .table { max-height: none !important; overflow: visible !important; }
  .facts, .verdict, .panel p, .panel li, section p { max-width: none !important; }
`;

const press = (name, times = 1) => async (page) => {
  for (let i = 0; i < times; ++i) await page.getByRole("button", { name, exact: true }).click();
};

/** Leaves one panel of the schedule, as wide as the page. */
const alone = (panel) => async (page) => {
  await page.addStyleTag({
    content: `.panels { grid-template-columns: 1fr !important; }
      .panels > .panel:not(${panel}) { display: none; }`,
  });
};

const tall = (selector, height) => async (page) => {
  await page.addStyleTag({
    content: `${selector} { height: ${height}px !important; max-height: none !important; }`,
  });
};

const hide = (selector) => async (page) => {
  await page.addStyleTag({ content: `${selector} { display: none !important; }` });
};

const keys = (key, times) => async (page) => {
  await page.locator("canvas.diagram").focus();
  for (let i = 0; i < times; ++i) await page.keyboard.press(key);
  await page.locator("canvas.diagram").evaluate((node) => node.blur());
};

/** Draws the stream of the address only, and the way of this value on another one. */
const follow = (value) => async (page) => {
  const { direction, column, cycle } = value;
  const form = page.locator("#probe-form");
  await page.locator("select[name=streams]").selectOption("one");
  await form.locator("select").selectOption(direction);
  for (const [name, number] of Object.entries({ stream: value.stream, column, cycle }))
    await form.locator(`input[name=${name}]`).fill(String(number));
  await form.locator("button").click();
};

const lifetimes = async (page) => {
  await page.locator("select").filter({ hasText: "cycles and addresses" }).selectOption("lifetimes");
  const map = page.locator("canvas.memory");
  await map.focus();
  for (let i = 0; i < 100; ++i) {
    if ((await page.locator("#memory-live").textContent()).startsWith("scores")) break;
    await page.keyboard.press("ArrowDown");
  }
  await map.evaluate((node) => node.blur());
};

const memoryFigure = (page) => page.locator(".figure", { has: page.locator("canvas.memory") });
const figure = (title) => (page) =>
  page.locator(".figure", { has: page.getByRole("heading", { name: title }) });
const css = (selector) => (page) => page.locator(selector).first();

// Each is taken of `report`, at the address `hash`, after `steps`, from the first of `parts` to the
// last.
const kPictures = [
  {
    name: "page_report",
    hash: "#chip?cycle=633",
    steps: [hide("#contrast, #chip > p:not(#chip-live), .skip")],
    parts: [css("h1"), css("#chip-live")],
  },
  {
    name: "page_read",
    hash: "#schedule?cycle=287&queue=mem_w.slice_4&at=292&span=30",
    steps: [tall(".diagram", 560), press("Wider queues"), keys("ArrowLeft", 2)],
    parts: [css("canvas.diagram"), css("#schedule-live")],
  },
  {
    name: "page_why",
    hash: "#schedule?cycle=287&queue=mem_w.slice_4",
    steps: [alone("#instruction")],
    parts: [css("#instruction")],
  },
  { name: "page_layers", parts: [figure("Achieved and bound")] },
  { name: "page_units", parts: [figure("How much each unit")] },
  {
    name: "page_weights",
    hash: "#schedule?cycle=1266&queue=mxm_w.plane_0.weights&at=1240&span=300",
    steps: [tall(".diagram", 640), press("Narrower queues", 2)],
    parts: [css("canvas.diagram"), css("#schedule-live")],
  },
  { name: "page_memory", steps: [tall("canvas.memory", 480), lifetimes], parts: [memoryFigure] },
  {
    name: "page_multiply",
    hash: "#schedule?cycle=335&queue=mxm_w.plane_0.activations&at=365&span=112&stream=W30&column=0&probe=335",
    steps: [
      tall(".diagram", 760),
      press("Narrower queues", 2),
      follow({ direction: "east", stream: 28, column: 23, cycle: 406 }),
    ],
    parts: [css("canvas.diagram"), css("#schedule-live")],
  },
  {
    name: "page_probe",
    hash: "#schedule?cycle=406&queue=mem_e.slice_0&stream=E28&column=23&probe=406",
    width: 800,
    steps: [alone("#probe")],
    parts: [css("#probe")],
  },
  { name: "page_conflict", report: "moved", parts: [css("#conflict")] },
  { name: "page_contrast", report: "contrast", parts: [figure("Token: the last")] },
];

/** The rectangle that holds all parts, with a margin. */
async function rectangle(page, parts) {
  const boxes = await Promise.all(parts.map((part) => part(page).boundingBox()));
  const [scrollX, scrollY] = await page.evaluate(() => [scrollX, scrollY]);
  const left = Math.min(...boxes.map((box) => box.x)) + scrollX;
  const top = Math.min(...boxes.map((box) => box.y)) + scrollY;
  const right = Math.max(...boxes.map((box) => box.x + box.width)) + scrollX;
  const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + scrollY;
  const x = Math.max(0, left - kMargin);
  const y = Math.max(0, top - kMargin);
  return { x, y, width: right + kMargin - x, height: bottom + kMargin - y };
}

async function take(browser, reports, picture, work) {
  const { name, hash = "", report = "plain", width = kWidth, steps = [], parts } = picture;
  const { page, context, faults } = await open(browser, reports[report], {
    width,
    height: 1000,
    hash,
  });
  await page.waitForTimeout(400); // until the page shows what the address says
  await page.addStyleTag({ content: kStyle });
  for (const step of steps) await step(page);
  await page.mouse.move(0, 0);
  await page.waitForTimeout(600); // until the diagram has its new size
  const seen = join(work, `${name}.png`);
  await page.screenshot({ path: seen, fullPage: true, clip: await rectangle(page, parts) });
  await context.close();
  if (faults.length > 0) throw new Error(`${name}: ${faults.join("; ")}`);
  const path = join(root, "docs", `${name}.png`);
  execFileSync("convert", [seen, "-strip", "+dither", "-colors", "128", `PNG8:${path}`]);
  const bytes = statSync(path).size;
  process.stdout.write(`docs/${name}.png: ${bytes} bytes\n`);
  if (bytes > kMostBytes) throw new Error(`${name}: more than ${kMostBytes} bytes`);
}

/** The image in which the Read of which docs/architect.md tells is one cycle late. */
function movedImage(program, work) {
  const [image, text] = [join(work, "moved.mtm"), join(work, "moved.txt")];
  const model = join(root, "programs", "shipped_model", "metronome-stories.gguf");
  execFileSync(program, ["compile", "-q", model, "-o", image]);
  execFileSync(program, ["disasm", image, "-o", text]);
  const all = readFileSync(text, "utf8");
  const queue = all.indexOf("\n.queue mem_w.slice_4\n", all.indexOf("\n.program token_64"));
  const read = all.indexOf("\n287: Read", queue) + 1;
  writeFileSync(text, `${all.slice(0, read)}288${all.slice(read + 3)}`);
  execFileSync(program, ["asm", text, "-o", image]);
  return image;
}

function makeReports(program, wanted, work) {
  const make = (name, ...options) => {
    const path = join(work, `${name}.html`);
    execFileSync(program, ["report", "-q", "--prompt", "Once", ...options, "-o", path]);
    return path;
  };
  const needed = (name) => wanted.some((picture) => picture.report === name);
  const reports = { plain: make("plain", "--runs", "0") };
  if (needed("contrast")) reports.contrast = make("contrast", "--tokens", "1", "--context", "16");
  if (needed("moved")) reports.moved = make("moved", movedImage(program, work));
  return reports;
}

async function main(program, names) {
  if (!program) throw new Error("Usage: node scripts/page_pictures.mjs PROGRAM [PICTURE...]");
  const wanted = kPictures.filter(({ name }) => names.length === 0 || names.includes(name));
  const work = mkdtempSync(join(tmpdir(), "page-pictures-"));
  const browser = await launch();
  try {
    const reports = makeReports(program, wanted, work);
    for (const picture of wanted) await take(browser, reports, picture, work);
  } finally {
    await browser.close();
    rmSync(work, { recursive: true });
  }
}

await main(process.argv[2], process.argv.slice(3));
