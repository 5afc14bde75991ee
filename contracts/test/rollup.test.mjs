// What the contract promises, each line of it a test.

import { test } from "node:test";
import assert from "node:assert/strict";
import { Q, R, T, UNIT, WITHDRAWAL, World, headOf, path, refuses, withdrawalLeaf } from "./world.mjs";
import { Tree } from "./tree.mjs";

test("members deposit, an operator posts, a watcher proves a lie, the next goes on, a member withdraws", async () => {
  const world = await World.create();
  const [ada, bo] = world.operators;
  const member = await world.member("mia");
  const watcher = await world.member("wanda");
  await world.deposit(member, 0, 3_000_000_000n);
  world.chain.wait(60);

  const tree = new Tree(new Map([[WITHDRAWAL + 0, withdrawalLeaf(member.address, 1_250_000_000n)]]));
  const forged = new Tree(new Map([[WITHDRAWAL + 0, withdrawalLeaf(ada.address, 3_000_000_000n)]]));
  await world.post(ada, [T(world.chain.now), Q(1)]);
  const lie = { ...world.newest.state, tree: forged.root() };
  await world.post(ada, [R(tree.root()), T(world.chain.now)], { lies: { 0: lie } });
  const wrong = world.newest;
  assert.equal((await world.ask("tip")).batches, 2n);

  await world.promise(watcher, wrong, 0);
  world.chain.wait(12);
  const { events } = await world.prove(watcher, wrong, 0);
  assert.equal(events.find(({ event }) => event === "Proven").challenger, watcher.address);
  assert.deepEqual(await world.ask("tip"), { batches: 1n, inputs: 2n, finalised: 0n, nextId: 3n });
  assert.equal(await world.ask("turn"), bo.address);

  await world.repost(bo, wrong);
  await world.post(bo, [T(world.chain.now)]);
  await world.finalise();
  assert.equal(await world.ask("finalRoot"), world.newest.header.root);

  const before = await world.balance(member.address);
  const head = headOf(world.newest.state);
  const args = [0, member.address, 1_250_000_000n, head, path(tree, WITHDRAWAL)];
  await world.send(watcher, "withdraw", args);
  assert.equal((await world.balance(member.address)) - before, 1_250_000_000n * UNIT);
  await refuses("AlreadyPaid", world.send(watcher, "withdraw", args));
});
