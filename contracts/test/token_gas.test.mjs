// The page's table is the committed snapshots.

import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const text = (path) => readFileSync(new URL(path, import.meta.url), "utf8");

test("the figures on the page of tokens are those of both snapshots", () => {
  const [coin, token] = ["gas", "gas-token"].map((name) => JSON.parse(text(`../${name}.json`)));
  const page = text("../../docs/ledgers/token.md");
  const spaced = (row) => (row ? String(row.gas).replace(/\B(?=(\d{3})+$)/g, " ") : "–");
  const rows = {
    "deposit, the first of all included": "deposit",
    "approve, before it": "approve",
    "deposit with a permit, in one transaction": "deposit with a permit",
    "force, 85 bytes": "force, a withdrawal of 85 bytes",
    commit: "commit",
    collect: "collect",
    "withdraw among 2²⁰ withdrawals": "withdraw, among 2^20",
    "the same, the first of 256": "withdraw, among 2^20, the first of 256",
    exit: "exit",
    "refund of a deposit": "refund of a deposit",
    deployment: "deployment",
  };
  for (const [label, name] of Object.entries(rows)) {
    const line = `| ${label} | ${spaced(coin[name])} | ${spaced(token[name])} |`;
    assert.ok(page.includes(`\n${line}\n`), line);
  }
  for (const rows of [coin, token]) assert.equal(rows["deposit, the first of all"].gas, rows.deposit.gas);
});
