// The study of appliances in a real browser. It is the one that APPLIANCES names, or a quick one that we write.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NARROW, WIDE, fits, named, open as openPage, readable, start } from "./page.mjs";

let study;

before(async () => {
  study = await start(process.env.APPLIANCES, ["study", "appliances", "--quick", "--tariff", "two_level", "--quiet"]);
});
after(() => study?.stop());

const open = (t, viewport, options) => openPage(study, t, viewport, options);
const values = (page) => page.locator(".knob tbody tr").evaluateAll((rows) =>
  rows.map((row) => [...row.cells].slice(1).map((cell) => cell.textContent)));

test("turning the knob shows what everybody does there, and rules stay as they are", async (t) => {
  const page = await open(t, WIDE);
  assert.equal(await page.locator(".knob input").count(), 21);
  assert.match(await page.locator(".knob .chosen").innerText(), /cost 40.%, peak 40.%, delay 20.%/);
  const before = await values(page);
  await page.locator(".knob input[value='20']").check();
  assert.match(await page.locator(".knob .chosen").innerText(), /cost 100.%, peak 0.%, delay 0.%/);
  const after = await values(page);
  assert.equal(after.length, before.length);
  const outcome = (row) => row.slice(0, 3);
  // The rules come first.
  for (let rule = 0; rule < 4; rule++) assert.deepEqual(outcome(before[rule]), outcome(after[rule]));
  assert.notDeepEqual(outcome(before.at(-1)), outcome(after.at(-1)));
  // What is shown is what the table of all outcomes holds.
  await page.locator("#outcomes summary").click();
  const listed = await page.locator("#outcomes tbody tr", { hasText: "100/0/0" }).evaluateAll((rows) =>
    rows.map((row) => Number(row.cells[2].dataset.value).toFixed(2)));
  assert.deepEqual(after.map((row) => row[0].replace("−", "-")), listed);
});

test("the knob turns by keyboard", async (t) => {
  const page = await open(t, WIDE);
  await page.locator(".knob input:checked").focus();
  const before = await page.locator(".knob .chosen").innerText();
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await page.locator(".knob .chosen").innerText(), before);
});

test("every preference is in the pictures and tables", async (t) => {
  const page = await open(t, WIDE);
  assert.equal(await page.locator("#regret svg circle").count(), 42);
  assert.equal(await page.locator("#places tbody tr").count(), 21);
  assert.equal(await page.locator("#published .claims tbody tr").count(), 3);
  assert.equal(await page.locator("#published table.gains tbody tr").count(), 121);
  assert.equal(await page.locator("#published svg rect.fill").count(), 3 * 121);
  assert.equal(await page.locator("#published svg rect.outline").count(), 3);
  assert.ok(await page.locator("#learning svg.wide path.curve").count() >= 2);
});

test("a heading sorts each table by keyboard", async (t) => {
  const page = await open(t, WIDE);
  await page.locator("#published summary").click();
  for (const table of ["#overall", "#published .gains", "#places"]) {
    const head = page.locator(`${table} thead th.num`).first();
    await head.getByRole("button").focus();
    await page.keyboard.press("Enter");
    assert.equal(await head.getAttribute("aria-sort"), "descending", table);
    const place = await head.evaluate((cell) => cell.cellIndex);
    const sorted = await page.locator(`${table} tbody tr`).evaluateAll((rows, place) =>
      rows.map((row) => Number(row.cells[place].dataset.value)), place);
    assert.deepEqual(sorted, sorted.toSorted((a, b) => b - a), table);
  }
});

for (const [name, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
  test(`nothing leaves the page or its picture (${name})`, async (t) => fits(await open(t, viewport)));
}

for (const colorScheme of ["light", "dark"]) {
  test(`all text can be read (${colorScheme})`, async (t) =>
    readable(await open(t, WIDE, { colorScheme }), colorScheme));
}

test("without scripts the tables and pictures are there, and no knob that does nothing", async (t) => {
  const page = await open(t, WIDE, { javaScriptEnabled: false });
  assert.ok(!await page.locator(".knob fieldset").isVisible());
  assert.equal((await values(page)).length, 8);
  for (const svg of await page.locator("svg.wide").all()) assert.ok(await svg.isVisible());
});

test("whoever cannot see the pictures is told what they show", async (t) => {
  const page = await open(t, WIDE);
  await named(page);
  assert.equal(await page.locator("h1").count(), 1);
});
