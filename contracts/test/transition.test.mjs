// The transition on an EVM that shares nothing with the one of the Rust tests: every case of cases/step/, the same cases
// tampered with, and trees and witnesses made by a third program (tree.mjs).

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { artefact, deployed, execute, returned, selector } from "./evm.mjs";
import { Tree, bytes, concat, hex, keccak, rootOf, unhex, wordsAt } from "./tree.mjs";

const folder = new URL("../../cases/step/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const cases = files.flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")));
const contract = await deployed("Transition");

const binary = ["pre", "records", "items", "chain", "witness"];
const call = (one) => ({ ...one, ...Object.fromEntries(binary.map((field) => [field, unhex(one[field])])) });

/// The name of a revert's error.
function errorOf({ reverted, data }) {
  assert.ok(reverted, "it did not revert");
  const errors = artefact("Transition").abi.filter((entry) => entry.type === "error");
  const signature = (entry) => `${entry.name}(${entry.inputs.map((input) => input.type).join(",")})`;
  const found = errors.find((entry) => hex(selector(signature(entry))) === hex(data.slice(0, 4)));
  return found?.name ?? `? ${hex(data)}`;
}

test("every case gives the root that the reference gives", async () => {
  assert.ok(cases.length > 100, `only ${cases.length} cases`);
  let most = 0;
  for (const one of cases) {
    const { data, gas, reverted } = await contract.call(execute(call(one)));
    assert.equal(reverted, undefined, one.name);
    const { post, from, to, chainAfter } = returned(data);
    const found = { post: hex(post), from, to, chainAfter: hex(chainAfter) };
    const { post: expected, from: before, to: after, chainAfter: chain } = one;
    assert.deepEqual(found, { post: expected, from: before, to: after, chainAfter: chain }, one.name);
    most = Math.max(most, gas);
  }
  console.log(`${cases.length} cases, at most ${most} gas`);
});

test("a witness with a byte turned proves nothing", async () => {
  for (const [i, one] of cases.entries()) {
    const asked = call(one);
    // Somewhere else in each case: head, leaves, bits and siblings all have their turn.
    for (const share of [0, 0.31, 0.62, 0.9]) {
      const witness = Uint8Array.from(asked.witness);
      const at = Math.min(witness.length - 1, Math.floor(share * witness.length) + (i % 29));
      if (at === 96 || at === 97) continue; // the count: below
      witness[at] ^= 1 << i % 8;
      const { reverted } = await contract.call(execute({ ...asked, witness }));
      assert.ok(reverted, `${one.name}: byte ${at} of the witness`);
    }
  }
});

test("a witness that is cut off, or goes on, or is of another root, proves nothing", async () => {
  const asked = call(cases.find((one) => one.name.startsWith("order")));
  const error = async (changes) => errorOf(await contract.call(execute({ ...asked, ...changes })));
  const { witness, pre } = asked;
  assert.equal(await error({ witness: witness.slice(0, 99) }), "BadWitness");
  assert.equal(await error({ witness: witness.slice(0, witness.length - 1) }), "BadWitness");
  assert.equal(await error({ witness: concat(witness, new Uint8Array(32)) }), "BadWitness");
  assert.equal(await error({ pre: keccak(pre) }), "WrongRoot");
  assert.equal(await error({ items: new Uint8Array(46) }), "WrongItems");
  const none = concat(witness.slice(0, 96), bytes(0, 2), witness.slice(98));
  assert.equal(await error({ witness: none }), "BadWitness");
});

test("leaves that are not in rising order, or lie where no leaf can, are no witness", async () => {
  const head = new Uint8Array(96);
  const leaf = (place) => concat(bytes(place, 4), new Uint8Array(32 * wordsAt(place)));
  const asked = (...places) => {
    const witness = concat(head, bytes(places.length, 2), ...places.map(leaf), bytes(8, 2), new Uint8Array(8));
    const none = new Uint8Array(0);
    return { pre: keccak(head), postedAt: 0, available: 0, records: none, items: none, chain: keccak(), witness };
  };
  const account = 2 ** 28;
  for (const places of [[account, account], [account + 1, account], [8 * account]]) {
    assert.equal(errorOf(await contract.call(execute(asked(...places)))), "BadWitness");
  }
});

test("a leaf that a record needs is named where it is missing", async () => {
  const one = cases.find((one) => one.name.startsWith("transfer") && one.outcomes[0] === 0);
  const asked = call(one);
  const head = asked.witness.slice(0, 96);
  const witness = concat(head, bytes(1, 2), bytes(0, 4), new Uint8Array(64), bytes(4, 2), new Uint8Array(4));
  const found = await contract.call(execute({ ...asked, witness }));
  assert.equal(errorOf(found), "MissingLeaf");
  const from = Buffer.from(asked.records).readUInt32BE(1);
  assert.equal(Number(BigInt(hex(found.data.slice(4)))), 2 ** 28 + from);
});

test("witnesses of a third program are understood", async () => {
  let seed = 7n;
  const random = (below) => {
    seed = (seed * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n);
    return Number((seed >> 33n) % BigInt(below));
  };
  for (let round = 0; round < 40; round++) {
    const place = () => {
      const section = random(8);
      const index = [300, 40, 2 ** 22, 256, 2 ** 28, 2 ** 28, 50, 2 ** 24][section];
      return section * 2 ** 28 + random(index);
    };
    const leaves = new Map();
    for (let i = random(30); i > 0; i--) {
      const at = place();
      leaves.set(at, concat(...Array.from({ length: wordsAt(at) }, () => keccak(bytes(seed, 8), bytes(random(9), 1)))));
    }
    const tree = new Tree(leaves);
    const head = concat(bytes(random(2 ** 31), 5), new Uint8Array(91));
    const wanted = [...leaves.keys()].filter(() => random(2) === 0);
    for (let i = random(6); i > 0; i--) wanted.push(place());
    const none = new Uint8Array(0);
    const pre = rootOf(head, tree);
    const witness = tree.witness(head, wanted);
    const asked = { pre, postedAt: 2 ** 40, available: 0, items: none, chain: keccak(), witness };
    const same = await contract.call(execute({ ...asked, records: none }));
    assert.equal(same.reverted, undefined);
    assert.equal(hex(returned(same.data).post), hex(pre));
    const now = 2 ** 31 + random(99);
    const after = await contract.call(execute({ ...asked, records: concat([1], bytes(now, 5)) }));
    const later = rootOf(concat(bytes(now, 5), head.slice(5)), tree);
    assert.equal(hex(returned(after.data).post), hex(later), "a tick changes the head alone");
  }
});
