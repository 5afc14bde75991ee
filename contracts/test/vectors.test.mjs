// The cases of cases/step through the contract: posted with the right root none of them can be proven wrong, posted with
// another each falls to one transaction.
//
// VECTORS=n takes every n-th case (default 9; 1: all). Left out are those that consume queue items, since theirs are of
// another queue.

import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { Chain } from "./chain.mjs";
import { artefact } from "./evm.mjs";
import { World, dataPath, encodeData, genesisState, headOf, refuses, stateRoot } from "./world.mjs";
import { keccak, unhex } from "./tree.mjs";

const folder = new URL("../../cases/step/", import.meta.url);
const cases = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .flatMap((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")))
  .filter(({ items, from, to }) => items === "0x" && from === to);

const nth = Number(process.env.VECTORS ?? 9);
const chosen = cases.filter((_, i) => i % nth === 0);
const SALT = keccak([7]);

test(`no true root of ${chosen.length} of ${cases.length} cases can be proven wrong, and each lie falls`, async (t) => {
  const [{ postedAt }] = chosen;
  assert.ok(chosen.every((each) => each.postedAt === postedAt));
  const chain = await Chain.create(postedAt);
  const world = await World.create({}, undefined, { chain, transition: artefact("Transition") });
  const operator = await world.onTurn();
  const wanda = await world.member("wanda");

  // One batch with all: to the root before each, its true root, back again, and a lie. The last segment ends at a root
  // whose head is known.
  const end = genesisState(keccak([9]));
  const nothing = new Uint8Array(0);
  const segments = chosen.flatMap(({ pre, post, records }) => [
    { records: nothing, root: unhex(pre) },
    { records: unhex(records), root: unhex(post) },
    { records: nothing, root: unhex(pre) },
    { records: unhex(records), root: keccak(unhex(post)) },
  ]);
  segments.push({ records: nothing, root: stateRoot(end) });
  const args = [world.newest.header, encodeData(segments), headOf(end), world.chainHash(0), nothing];
  const { events } = await world.send(operator, "post", args);
  const { header, hash } = events.at(-1);

  const roots = [stateRoot(world.newest.state), ...segments.map(({ root }) => root)];
  const leaves = segments.map(({ records, root }, i) => keccak(roots[i], keccak(records), root));
  const fraud = (i, { from, witness }) => ({
    header,
    segment: i,
    pre: roots[i],
    records: segments[i].records,
    post: segments[i].root,
    path: dataPath(leaves, i).siblings,
    queue: from,
    items: nothing,
    witness: unhex(witness),
  });
  let most = { gas: 0 };
  for (const [k, each] of chosen.entries()) {
    await refuses("NoFraud", world.send(wanda, "prove", [fraud(4 * k + 1, each), SALT]));
    const before = await chain.snapshot();
    const { gas, events } = await world.send(wanda, "prove", [fraud(4 * k + 3, each), SALT]);
    assert.equal(events.at(-1).hash, hash, each.name);
    await chain.revert(before);
    if (gas > most.gas) most = { gas, name: each.name };
  }
  t.diagnostic(`the dearest proof: ${most.gas} gas (${most.name})`);
  assert.ok(most.gas <= 1_000_000);
});
