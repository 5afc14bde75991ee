// An invoice in a real browser. It is the one that INVOICE names, or that of the attic in `wattle run lime_street`.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { NARROW, ROOT, WIDE, fits, named, open as openPage, readable, start } from "./page.mjs";

let invoice, scratch;

before(async () => {
  let file = process.env.INVOICE;
  if (!file) {
    scratch = mkdtempSync(join(tmpdir(), "wattle-invoice-"));
    const wattle = (...verb) =>
      execFileSync("cargo", ["run", "--quiet", "--", ...verb], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
    const ledger = join(scratch, "street.sqlite");
    wattle("run", "lime_street", "--quiet", "--out", join(scratch, "street"), "--ledger", ledger);
    wattle("invoice", ledger, "--member", "Attic", "--quiet", "--out", join(scratch, "invoices"));
    const made = join(scratch, "invoices");
    file = join(made, readdirSync(made).find((name) => name.endsWith(".html")));
  }
  invoice = await start(file);
});
after(async () => {
  await invoice?.stop();
  if (scratch) rmSync(scratch, { recursive: true });
});

const open = (t, viewport, options) => openPage(invoice, t, viewport, options);
const unfold = (page) => page.evaluate(() => document.querySelectorAll("details").forEach((day) => { day.open = true; }));

test("the first screen says whose it is, for when and how much", async (t) => {
  const page = await open(t, WIDE);
  const visible = (locator) => locator.evaluate((node) => node.getBoundingClientRect().bottom <= innerHeight);
  assert.match(await page.locator("h1").innerText(), /^Invoice for /);
  assert.match(await page.locator(".amount").innerText(), /€/);
  for (const part of ["h1", ".amount", ".sum"]) assert.ok(await visible(page.locator(part).first()), part);
});

test("lines add up to the sum, days to their lines", async (t) => {
  const page = await open(t, WIDE);
  const number = (text) => Number(text.replaceAll("\u202f", "").replace("−", "-").replace(/[^\d.-]/g, ""));
  const lines = await page.locator(".lines tbody tr:not(.interval)").evaluateAll((rows) =>
    rows.map((row) => row.cells[4].textContent));
  assert.ok(lines.length > 100, `${lines.length} lines`);
  const sum = number(await page.locator(".sum td").first().innerText());
  const total = lines.map(number).reduce((one, other) => one + other, 0);
  assert.ok(Math.abs(total - sum) < 1e-6, `${total} is not ${sum}`);
  const days = await page.locator("summary").evaluateAll((all) => all.map((day) => day.lastElementChild.textContent));
  const ofDays = days.map(number).reduce((one, other) => one + other, 0);
  assert.ok(Math.abs(ofDays - sum) <= 0.005 * days.length, `${ofDays} is not ${sum}`);
});

test("a day opens with the keyboard and shows its readings", async (t) => {
  const page = await open(t, WIDE);
  const day = page.locator("details").first();
  await day.locator("summary").focus();
  await page.keyboard.press("Enter");
  assert.ok(await day.locator(".interval").first().isVisible());
  assert.match(await day.locator(".interval").first().innerText(), /metering point \d+ .*record \d+/s);
});

test("estimates are flagged and corrections say what they correct", async (t) => {
  const page = await open(t, WIDE);
  await unfold(page);
  assert.match(await page.locator(".note").innerText(), /estimate/);
  const corrections = page.locator("details").last();
  assert.match(await corrections.innerText(), /corrected, reading \d+.*before: took .*estimated/s);
});

for (const colorScheme of ["light", "dark"]) {
  for (const [name, viewport] of [["wide", WIDE], ["narrow", NARROW]]) {
    test(`${name} and ${colorScheme}: it fits and can be read`, async (t) => {
      const page = await open(t, viewport, { colorScheme });
      await unfold(page);
      await fits(page);
      await readable(page, colorScheme);
      await named(page);
    });
  }
}

test("on paper it is black on white and as wide as the sheet", async (t) => {
  const page = await open(t, WIDE, { colorScheme: "dark" });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const [ground, ink] = await page.evaluate(() =>
    [document.body, document.querySelector("h1")].map((node, place) =>
      getComputedStyle(node)[place ? "color" : "backgroundColor"]));
  assert.deepEqual([ground, ink], ["rgb(255, 255, 255)", "rgb(29, 36, 48)"]);
  await page.setViewportSize({ width: 680, height: 960 }); // A4 less its margins at 96 pixels per inch
  const [width, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(width <= shown, `${width} px wide on a sheet of ${shown}`);
});
