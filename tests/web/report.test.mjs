// The report in a real browser: opened from the file system, wide and narrow, light and dark, with and without scripts.
//
// The report is the one that REPORT names, or that `wattle run village` writes.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { NARROW, ROOT, WIDE, fits, named, open as openPage, readable, start } from "./page.mjs";

let report;

before(async () => { report = await start(process.env.REPORT, ["run", "village"]); });
after(() => report?.stop());

const open = (t, viewport, options) => openPage(report, t, viewport, options);

/// Scrolls to an element and lets the page take note.
async function show(page, locator) {
  await locator.scrollIntoViewIfNeeded();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

const drawing = (figure) =>
  figure.locator("svg").evaluateAll((all) => all.map((svg) =>
    [...svg.querySelectorAll("path, circle, [data-axes] text")].map((mark) =>
      [mark.getAttribute("class"), mark.getAttribute("d"), mark.getAttribute("cx"), mark.getAttribute("cy"),
        mark.tagName === "text" ? mark.textContent : ""])));

test("the first screen says what this is and what came of it", async (t) => {
  const page = await open(t, WIDE);
  const visible = (locator) => locator.evaluate((node) => node.getBoundingClientRect().bottom <= innerHeight);
  assert.match(await page.title(), /members traded .* for /);
  assert.match(await page.locator(".result").first().innerText(), /(paid|earned) .*€.* instead of .*€/);
  for (const part of ["h1", ".result", ".cards", ".how"]) assert.ok(await visible(page.locator(part).first()), part);
  assert.equal(await page.locator(".card").count(), 4);
});

test("another interval draws other curves, and the first one again the same", async (t) => {
  const page = await open(t, WIDE);
  const figure = page.locator("[data-curves=electricity]");
  const slider = figure.locator("input");
  const [before, label] = [await drawing(figure), await figure.locator(".chosen").innerText()];
  const place = Number(await slider.inputValue());
  await slider.fill(String(place > 10 ? place - 7 : place + 7));
  assert.notDeepEqual(await drawing(figure), before);
  assert.notEqual(await figure.locator(".chosen").innerText(), label);
  // The script and the program draw the same picture.
  await slider.fill(String(place));
  assert.deepEqual(await drawing(figure), before);
  assert.equal(await figure.locator(".chosen").innerText(), label);
  await figure.getByLabel("Later").click();
  assert.equal(Number(await slider.inputValue()), place + 1);
});

test("every interval of every carrier can be drawn", async (t) => {
  const page = await open(t, WIDE);
  const broken = await page.evaluate(() => {
    const broken = [];
    for (const figure of document.querySelectorAll("[data-curves]")) {
      const slider = figure.querySelector("input");
      for (let place = 0; place <= Number(slider.max); place++) {
        slider.value = place;
        slider.dispatchEvent(new Event("input"));
        const markup = figure.innerHTML;
        if (/NaN|undefined|Infinity/.test(markup)) broken.push(`${figure.dataset.curves} ${place}`);
      }
    }
    return broken;
  });
  assert.deepEqual(broken, []);
});

test("a heading sorts the table, a second time the other way", async (t) => {
  const page = await open(t, WIDE);
  const column = async (number) =>
    page.locator("table.sortable tbody tr").evaluateAll((rows, number) =>
      rows.map((row) => row.cells[number].dataset.value ?? row.cells[number].textContent), number);
  const heads = page.locator("table.sortable thead th");
  const last = (await heads.count()) - 1;
  const numbers = async () => (await column(last)).map(Number);
  await heads.nth(last).getByRole("button").click();
  assert.deepEqual(await numbers(), (await numbers()).toSorted((a, b) => b - a));
  assert.equal(await heads.nth(last).getAttribute("aria-sort"), "descending");
  await heads.nth(last).getByRole("button").click();
  assert.deepEqual(await numbers(), (await numbers()).toSorted((a, b) => a - b));
  await heads.first().getByRole("button").click();
  assert.equal(await heads.last().getAttribute("aria-sort"), null);
  const names = await column(0);
  assert.deepEqual(names, names.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })));
});

test("pointing at a picture of time tells the values, and so do the arrow keys", async (t) => {
  const page = await open(t, WIDE);
  const svg = page.locator("svg.wide[data-time]").first();
  const tip = page.locator("#tip");
  await show(page, svg);
  await svg.hover({ position: { x: 400, y: 100 } });
  assert.match(await tip.innerText(), /20\d\d, \d\d:\d\d\n.*kWh/s);
  await page.mouse.move(2, 2);
  assert.ok(await tip.isHidden());
  await svg.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(await tip.innerText(), /\d\d:\d\d\n/);
  await page.keyboard.press("Escape");
  assert.ok(await tip.isHidden());
});

test("a mark says what it stands for", async (t) => {
  const page = await open(t, WIDE);
  const ribbon = page.locator("svg.wide .ribbon").first();
  await show(page, ribbon);
  const [x, y] = await ribbon.evaluate((path) => {
    const { x, y } = path.getPointAtLength(0).matrixTransform(path.getScreenCTM());
    return [x + 3, y + 1];
  });
  await page.mouse.move(x, y);
  assert.match(await page.locator("#tip").innerText(), /→ .*: .*kWh/);
});

for (const [name, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
  test(`nothing leaves the page or its picture (${name})`, async (t) => {
    const page = await open(t, viewport);
    await fits(page);
  });
}

for (const colorScheme of ["light", "dark"]) {
  test(`all text can be read (${colorScheme})`, async (t) => {
    const page = await open(t, WIDE, { colorScheme });
    await readable(page, colorScheme);
  });
}

test("without scripts the pictures and tables are there", async (t) => {
  const page = await open(t, WIDE, { javaScriptEnabled: false });
  assert.ok(await page.locator("svg.wide").count() >= 6);
  for (const svg of await page.locator("svg.wide").all()) assert.ok(await svg.isVisible());
  assert.ok(await page.locator("table.sortable tbody tr").count() >= 2);
  assert.ok(await page.locator(".choose").first().isHidden());
});

test("whoever cannot see the pictures is told what they show", async (t) => {
  const page = await open(t, WIDE);
  await named(page);
  assert.equal(await page.locator("h1").count(), 1);
});

test("the picture of a single auction stands alone", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "wattle-web-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const out = join(folder, "auction");
  const stdio = ["ignore", "ignore", "inherit"];
  execFileSync("cargo", ["run", "--quiet", "--", "clear", "examples/orders.csv", "--out", out], { cwd: ROOT, stdio });
  const page = await report.browser.newPage({ viewport: WIDE, colorScheme: "dark" });
  t.after(() => page.close());
  await page.goto(pathToFileURL(join(out, "curves.svg")).href);
  assert.equal(await page.locator("parsererror").count(), 0);
  assert.equal(await page.locator("path.demand, path.supply, circle.clearing").count(), 3);
  const [ground, ink] = await page.evaluate(() => {
    const style = (selector) => getComputedStyle(document.querySelector(selector));
    return [style("svg").backgroundColor, style("text").fill];
  });
  assert.match(ground, /rgb\(2\d, /);
  assert.match(ink, /rgb\((1|2)\d\d, /);
});
