// The page's table is the committed snapshot.

import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const text = (path) => readFileSync(new URL(path, import.meta.url), "utf8");

test("the figures on the page are those of gas-modes.json", () => {
  const modes = JSON.parse(text("../gas-modes.json"));
  const page = text("../../docs/ledgers/data_modes.md");
  const spaced = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ");
  const row = (name) => page.split("\n").find((line) => line.startsWith(`| ${name} |`)) ?? assert.fail(`no row ${name}`);
  const check = (name, figures) => {
    for (const figure of figures) assert.ok(row(name).includes(` ${spaced(figure)} `), `${name}: ${figure}`);
  };
  const all = (of) => ["calldata", "demand", "blobs", "sealed"].map((mode) => of(modes[mode]));
  check("gas per order", all(({ post }) => post.perOrder));
  check("gas per batch", all(({ post }) => post.gas));
  check("proof of a wrong step", all(({ prove }) => prove.gas));
  check("new roots for the batch", all(({ repost }) => repost.gas));
  check("a demand", [modes.demand.demand.gas, modes.sealed.demand.gas]);
  check("its answer", [modes.demand["show 16 signatures"].gas, modes.sealed.answer.gas]);
  check("overdue, or answer refuted", [modes.demand.overdue.gas, modes.sealed.refute.gas]);
  for (const name of ["mismatch, a cell opened", "mislisted, two cells opened", "altered, two cells opened"]) {
    assert.ok(row("other proofs").includes(spaced(modes.blobs[name].gas)), name);
  }
});
