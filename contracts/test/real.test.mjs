// The contract with the transition that members live under, not the tests' toy. What is posted here is computed by hand
// from docs/ledgers/rollup.md.

import { test } from "node:test";
import assert from "node:assert/strict";
import {
  ACCOUNT, UNIT, WITHDRAWAL, World, headOf, path, refuses, stateRoot, threeWords, withdrawalLeaf,
} from "./world.mjs";
import { artefact } from "./evm.mjs";
import { Tree, bytes, concat, keccak, unhex } from "./tree.mjs";

const MEMBER = 6; // the first account that is a member's
const SALT = keccak([7]);

function words({ time = 0, accounts = 7, withdrawals = 0, queue = 0, money = 0n }) {
  const first = [[time, 5], [accounts, 4], [0, 4], [withdrawals, 4], [queue, 8], [0, 2], [0, 5]];
  const second = [[900, 4], [3600, 4], [96, 2], [0, 1], [money, 16], [0, 5]];
  return concat(...[...first, ...second].map(([value, size]) => bytes(value, size)), keccak([1]));
}
const account = (owner, nonce, balance) =>
  concat(unhex(owner), bytes(nonce, 8), bytes(0, 4), bytes(balance, 16), bytes(0, 16), new Uint8Array(32));
const state = (fields, leaves) => {
  const full = new Tree(new Map(leaves));
  return { words: words(fields), tree: full.root(), full };
};

/// A segment from one state to another; `said` is what its operator says of it.
const segment = (records, before, after, said = after) =>
  ({ records: Uint8Array.from(records), before, after, state: said, root: stateRoot(said) });

const withdraw = (amount) => concat([0x28], bytes(MEMBER, 4), bytes(amount, 16));

async function founded() {
  const mia = { address: "0x" + "a1".repeat(20) };
  const genesis = state({}, [[ACCOUNT + MEMBER, account(mia.address, 0, 0n)]]);
  const world = await World.create({}, genesis, { transition: artefact("Transition") });
  const noa = await world.member("noa");
  await world.deposit(noa, MEMBER, 1_000n);
  const credited = state({ queue: 1, money: 1_000n }, [[ACCOUNT + MEMBER, account(mia.address, 0, 1_000n)]]);
  const paidOut = state({ queue: 1, money: 600n, withdrawals: 1 }, [
    [ACCOUNT + MEMBER, account(mia.address, 1, 600n)],
    [WITHDRAWAL, withdrawalLeaf(mia.address, 400n)],
  ]);
  return { world, mia, noa, genesis, credited, paidOut };
}

const proof = (world, batch, index, places) => {
  const { before } = batch.segments[index];
  return { ...world.fraud(batch, index), witness: before.full.witness(before.words, places) };
};

test("what was deposited is credited, withdrawn, paid out; the rest is paid at the end", async () => {
  const { world, mia, noa, genesis, credited, paidOut } = await founded();
  const segments = [segment([2, 1], genesis, credited), segment(withdraw(400n), credited, paidOut)];
  await world.postSegments(await world.onTurn(), segments);
  const batch = world.newest;
  await refuses("NoFraud", world.send(noa, "prove", [proof(world, batch, 0, [ACCOUNT + MEMBER]), SALT]));
  await refuses("NoFraud", world.send(noa, "prove", [proof(world, batch, 1, [ACCOUNT + MEMBER, WITHDRAWAL]), SALT]));
  await world.finalise();
  const head = headOf(paidOut);
  await world.send(noa, "withdraw", [0, mia.address, 400n, head, path(paidOut.full, WITHDRAWAL)]);
  world.chain.wait(world.config.exitDelay + 1);
  await world.send(noa, "freeze", [batch.header]);
  const leaf = threeWords(account(mia.address, 1, 600n));
  await world.send(noa, "exit", [MEMBER, leaf, head, path(paidOut.full, ACCOUNT + MEMBER)]);
  assert.equal(await world.balance(mia.address), 1_000n * UNIT);
  assert.equal(await world.ask("held"), 0n);
});

test("an operator that credits a deposit to itself, or pays more than was withdrawn, is proven wrong", async () => {
  const { world, mia, noa, genesis, credited, paidOut } = await founded();
  const robbed = state({ queue: 1, money: 1_000n }, [[ACCOUNT + MEMBER, account(world.operators[0].address, 0, 1_000n)]]);
  await world.postSegments(await world.onTurn(), [segment([2, 1], genesis, credited, robbed)]);
  await world.send(noa, "prove", [proof(world, world.newest, 0, [ACCOUNT + MEMBER]), SALT]);
  assert.equal(await world.ask("bondOf", [world.operators[0].address]), 0n);

  const [voided] = world.batches.splice(1);
  const roots = [segment([2, 1], genesis, credited)];
  const next = await world.onTurn();
  const { events } = await world.send(next, "repost", world.repostArgs(voided, roots));
  world.batches.push({ ...events.at(-1), state: credited, segments: roots });
  const more = state({ queue: 1, money: 600n, withdrawals: 1 }, [
    [ACCOUNT + MEMBER, account(mia.address, 1, 600n)],
    [WITHDRAWAL, withdrawalLeaf(mia.address, 401n)],
  ]);
  await world.postSegments(next, [segment(withdraw(400n), credited, paidOut, more)]);
  await world.send(noa, "prove", [proof(world, world.newest, 0, [ACCOUNT + MEMBER, WITHDRAWAL]), SALT]);
  assert.equal(await world.ask("bondOf", [next.address]), 0n);
});

test("the queue's items that a proof names are those of the queue", async () => {
  const { world, noa, genesis, credited } = await founded();
  await world.postSegments(await world.onTurn(), [segment([2, 1], genesis, credited)]);
  const right = proof(world, world.newest, 0, [ACCOUNT + MEMBER]);
  const [item] = world.items;
  const forged = Uint8Array.from(item);
  forged[25] ^= 1; // the amount
  await refuses("WrongQueue", world.send(noa, "prove", [{ ...right, items: forged }, SALT]));
  await assert.rejects(world.send(noa, "prove", [{ ...right, items: [] }, SALT]));
});

test("a record that names an item which never was changes nothing, and that can be judged", async () => {
  const { world, noa, genesis } = await founded();
  await world.postSegments(await world.onTurn(), [segment([2, 2], genesis, genesis)]);
  await refuses("NoFraud", world.send(noa, "prove", [proof(world, world.newest, 0, [ACCOUNT + MEMBER]), SALT]));
  const invented = state({ queue: 0, money: 5n }, [[ACCOUNT + MEMBER, account(noa.address, 0, 5n)]]);
  await world.postSegments(await world.onTurn(), [segment([2, 9], genesis, genesis, invented)]);
  await world.send(noa, "prove", [proof(world, world.newest, 0, [ACCOUNT + MEMBER]), SALT]);
});
