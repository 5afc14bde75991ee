// The study of the virtual power plant in a real browser. It is the one that VPP names, or that `wattle study vpp` writes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NARROW, WIDE, fits, named, open as openPage, readable, start } from "./page.mjs";

let study;

before(async () => { study = await start(process.env.VPP, ["study", "vpp", "--lies", "25"]); });
after(() => study?.stop());

const open = (t, viewport, options) => openPage(study, t, viewport, options);

test("the first screen says what the plant is worth", async (t) => {
  const page = await open(t, WIDE);
  assert.match(await page.locator(".plain-words").innerText(), /players earn .*€ together; operated as one plant they earn/);
  const visible = (locator) => locator.evaluate((node) => node.getBoundingClientRect().bottom <= innerHeight);
  for (const part of ["h1", ".plain-words", ".cards"]) assert.ok(await visible(page.locator(part)), part);
});

test("every player is in the pictures and in the tables", async (t) => {
  const page = await open(t, WIDE);
  const players = await page.locator("#fit tbody tr").count();
  assert.ok(players >= 7, `${players}`);
  assert.equal(await page.locator("#day .legend li").count(), players + 2);
  assert.equal(await page.locator("#who svg.wide text.label").count(), players);
  // A column for each beside its name, the operator, all, the complaint and the rounds; a row for each alone.
  assert.equal(await page.locator("#concepts thead th").count(), players + 5);
  assert.equal(await page.locator("#concepts tbody tr").count(), 8);
  assert.ok(await page.locator("#lies tbody tr").count() >= 8);
  assert.ok(await page.locator("#less tbody tr").count() >= 4);
});

test("a step says who gives how much", async (t) => {
  const page = await open(t, WIDE);
  const step = page.locator("#day svg.wide rect.fill").first();
  await step.scrollIntoViewIfNeeded();
  await step.hover();
  assert.match(await page.locator("#tip").innerText(), /\d\d:\d\d, .*: (gives|takes) .*kW; wholesale/);
});

test("a heading sorts each table by keyboard", async (t) => {
  const page = await open(t, WIDE);
  for (const table of ["#concepts", "#lies", "#less", "#fit"]) {
    const head = page.locator(`${table} thead th.num`).first();
    await head.getByRole("button").focus();
    await page.keyboard.press("Enter");
    assert.equal(await head.getAttribute("aria-sort"), "descending", table);
    const place = await head.evaluate((cell) => cell.cellIndex);
    const values = await page.locator(`${table} tbody tr`).evaluateAll((rows, place) =>
      rows.map((row) => Number(row.cells[place].dataset.value)), place);
    assert.deepEqual(values, values.toSorted((a, b) => b - a), table);
  }
});

for (const [name, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
  test(`nothing leaves the page or its picture (${name})`, async (t) => fits(await open(t, viewport)));
}

for (const colorScheme of ["light", "dark"]) {
  test(`all text can be read (${colorScheme})`, async (t) =>
    readable(await open(t, WIDE, { colorScheme }), colorScheme));
}

test("without scripts the pictures and tables are there", async (t) => {
  const page = await open(t, WIDE, { javaScriptEnabled: false });
  assert.ok(await page.locator("svg.wide").count() >= 3);
  for (const svg of await page.locator("svg.wide").all()) assert.ok(await svg.isVisible());
});

test("whoever cannot see the pictures is told what they show", async (t) => {
  const page = await open(t, WIDE);
  await named(page);
  assert.equal(await page.locator("h1").count(), 1);
});
