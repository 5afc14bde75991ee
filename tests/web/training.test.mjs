// The page of a training in a real browser: one that is done, and one that still goes on.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { NARROW, ROOT, WIDE, fits, named, open as openPage, readable, start } from "./page.mjs";

const scratch = mkdtempSync(join(tmpdir(), "wattle-training-"));
const SHORT = ["lanes=32", "updates=20", "batch=32", "hidden=16"].flatMap((choice) => ["--set", choice]);
const train = (name, rounds) => ["run", "--quiet", "--", "train", "--tariff", "two_level", ...SHORT, "--rounds", rounds, "--quiet",
  "--every", "1", "--out", join(scratch, `${name}.policy`), "--report", join(scratch, name)];
const page = (name) => join(scratch, name, "index.html");

let training;

before(async () => {
  execFileSync("cargo", train("done", 24), { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  training = await start(page("done"));
});
after(async () => {
  await training?.stop();
  rmSync(scratch, { recursive: true });
});

const open = (t, viewport, options) => openPage(training, t, viewport, options);

test("the curves and the table hold every look", async (t) => {
  const page = await open(t, WIDE);
  assert.match(await page.locator(".card").first().innerText(), /24 of 24/);
  assert.equal(await page.locator("svg.wide path.curve").count(), 3);
  assert.equal(await page.locator("#looks tbody tr").count(), 12);
});

test("a page follows the training while it goes on", async (t) => {
  const child = spawn("cargo", train("under_way", 1_000_000), { cwd: ROOT, stdio: "ignore", detached: true });
  t.after(() => process.kill(-child.pid, "SIGKILL"));
  while (!existsSync(page("under_way"))) await new Promise((wake) => setTimeout(wake, 100));
  const under_way = await start(page("under_way"));
  t.after(() => under_way.stop());
  const shown = await openPage(under_way, t, WIDE);
  const rounds = shown.locator(".card .number").first();
  const first = await rounds.innerText();
  await shown.waitForFunction((first) => document.querySelector(".card .number")?.innerText !== first, first);
  assert.match(await rounds.innerText(), /of 1000000/);
});

for (const [name, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
  test(`nothing leaves the page or its picture (${name})`, async (t) => fits(await open(t, viewport)));
}

for (const colorScheme of ["light", "dark"]) {
  test(`all text can be read (${colorScheme})`, async (t) => readable(await open(t, WIDE, { colorScheme }), colorScheme));
}

test("whoever cannot see the pictures is told what they show", async (t) => {
  const page = await open(t, WIDE);
  await named(page);
  assert.equal(await page.locator("h1").count(), 1);
});
