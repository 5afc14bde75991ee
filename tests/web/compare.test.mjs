// The comparison of designs in a real browser. It is the one that COMPARISON names, or that `wattle compare village` writes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NARROW, WIDE, fits, named, open as openPage, readable, start } from "./page.mjs";

let comparison;

before(async () => { comparison = await start(process.env.COMPARISON, ["compare", "village"]); });
after(() => comparison?.stop());

const open = (t, viewport, options) => openPage(comparison, t, viewport, options);

test("the first screen says what the numbers mean", async (t) => {
  const page = await open(t, WIDE);
  assert.match(await page.title(), /\d+ market designs compared/);
  assert.match(await page.locator(".plain-words").innerText(), /With the supplier alone .*€.* Trading with each other/s);
  const visible = (locator) => locator.evaluate((node) => node.getBoundingClientRect().bottom <= innerHeight);
  for (const part of ["h1", ".plain-words", ".cards"]) assert.ok(await visible(page.locator(part)), part);
  assert.equal(await page.locator(".card").count(), 4);
});

test("every design is in every picture and in the table", async (t) => {
  const page = await open(t, WIDE);
  const designs = await page.locator("#all tbody tr").count();
  assert.ok(designs >= 10, `${designs}`);
  assert.equal(await page.locator("#savings svg.wide rect.fill").count(), designs);
  const members = await page.locator("#who svg.wide text.label").count();
  assert.equal(await page.locator("#who svg.wide rect.fill").count(), designs * members);
  for (const svg of await page.locator("#measures svg.half").all()) {
    assert.equal(await svg.locator("text.label").count(), designs);
    assert.ok(await svg.isVisible());
  }
});

test("a cell says who saves what under which design", async (t) => {
  const page = await open(t, WIDE);
  const cell = page.locator("#who svg.wide rect.fill").first();
  await cell.scrollIntoViewIfNeeded();
  await cell.hover();
  assert.match(await page.locator("#tip").innerText(), / (saves|loses) .*€ under /);
});

test("a heading sorts each table by keyboard", async (t) => {
  const page = await open(t, WIDE);
  for (const table of ["#lies", "#all"]) {
    const head = page.locator(`${table} thead th.num`).first();
    await head.getByRole("button").focus();
    await page.keyboard.press("Enter");
    assert.equal(await head.getAttribute("aria-sort"), "descending");
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
  for (const svg of await page.locator("svg.wide, svg.half").all()) assert.ok(await svg.isVisible());
});

test("whoever cannot see the pictures is told what they show", async (t) => {
  const page = await open(t, WIDE);
  await named(page);
  assert.equal(await page.locator("h1").count(), 1);
});
