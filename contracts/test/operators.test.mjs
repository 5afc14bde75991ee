// Who may post, and what a bond is liable for.

import { test } from "node:test";
import assert from "node:assert/strict";
import { T, World, refuses } from "./world.mjs";
import { keccak } from "./tree.mjs";

const lieOf = (world) => ({ 0: { ...world.newest.state, tree: keccak([1]) } });

test("only operators of the list pay a bond, the whole one, once", async () => {
  const world = await World.create({}, undefined, { bonded: 1 });
  const [ada, bo] = world.operators;
  const mia = await world.member("mia");
  await refuses("NotOperator", world.send(mia, "bond", [], world.config.bond));
  await refuses("WrongBond", world.send(bo, "bond", [], world.config.bond - 1n));
  await refuses("AlreadyBonded", world.send(ada, "bond", [], world.config.bond));
  assert.equal(await world.ask("bondOf", [ada.address]), world.config.bond);
  assert.deepEqual(await world.ask("operators"), world.operators.map(({ address }) => address));
});

test("nobody posts out of turn, and nobody without a bond", async () => {
  const world = await World.create({}, undefined, { bonded: 0 });
  const [ada, bo] = world.operators;
  assert.equal(BigInt(await world.ask("turn")), 0n);
  await refuses("NotYourTurn", world.post(ada, [T(1)]));
  await world.send(bo, "bond", [], world.config.bond);
  assert.equal(await world.ask("turn"), bo.address);
  await refuses("NotYourTurn", world.post(ada, [T(1)]));
  const { events } = await world.post(bo, [T(1)]);
  assert.deepEqual(events[0], { event: "Turn", operator: bo.address });
});

test("after silence the next may post, after more the one after it, in a ring", async () => {
  const world = await World.create();
  const [ada, bo, cy] = world.operators;
  const { silence } = world.config;
  const turns = [];
  world.chain.wait(silence - 1);
  for (let i = 0; i < 5; i++, world.chain.wait(silence)) turns.push(await world.ask("turn"));
  assert.deepEqual(turns, [ada, bo, cy, ada, bo].map(({ address }) => address));
  await world.post(cy, [T(1)]);
  world.chain.wait(silence - 1);
  await world.post(cy, [T(2)]);
  world.chain.wait(silence);
  assert.equal(await world.ask("turn"), ada.address);
});

test("operators without a bond are skipped", async () => {
  const world = await World.create();
  const [ada, bo, cy] = world.operators;
  await world.send(bo, "unbond");
  world.chain.wait(world.config.silence);
  assert.equal(await world.ask("turn"), cy.address);
  world.chain.wait(world.config.silence);
  assert.equal(await world.ask("turn"), ada.address);
});

test("a lone operator gets its turn back whenever it returns", async () => {
  const world = await World.create({}, undefined, { bonded: 1 });
  const [ada] = world.operators;
  world.chain.wait(10 * world.config.silence);
  await world.post(ada, [T(1)]);
});

test("an operator leaves with its bond once all it may have posted is final", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const mia = await world.member("mia");
  await refuses("NotBonded", world.send(mia, "unbond"));
  await world.post(ada, [T(1)]);
  await world.send(ada, "unbond");
  await refuses("StillLiable", world.send(ada, "unbond"));
  await refuses("NotYourTurn", world.post(ada, [T(1)]));
  await world.finalise();
  await world.send(ada, "unbond");
  assert.equal(await world.ask("claimable", [ada.address]), world.config.bond);
  const before = await world.balance(ada.address);
  await world.send(ada, "collect");
  assert.equal((await world.balance(ada.address)) - before, world.config.bond);
  await refuses("NotBonded", world.send(ada, "unbond"));
  await world.post(await world.onTurn(), [T(1)]);
  assert.notEqual(await world.ask("turn"), ada.address);
  await world.send(ada, "bond", [], world.config.bond); // and comes back
});

test("who leaves is liable until its last batch is final", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const wanda = await world.member("wanda");
  await world.post(ada, [T(1)], { lies: lieOf(world) });
  await world.send(ada, "unbond");
  await world.prove(wanda, world.newest, 0);
  assert.equal(await world.ask("bondOf", [ada.address]), 0n);
  await refuses("NotBonded", world.send(ada, "unbond"));
});

test("a proven fraud passes the turn on at once", async () => {
  const world = await World.create();
  const [ada, bo] = world.operators;
  const wanda = await world.member("wanda");
  await world.post(ada, [T(1)], { lies: lieOf(world) });
  const voided = world.newest;
  await world.prove(wanda, voided, 0);
  await refuses("NotYourTurn", world.repost(ada, voided));
  await world.repost(bo, voided);
});

test("the last of the list passes the turn to the first", async () => {
  const world = await World.create();
  const [ada, , cy] = world.operators;
  world.chain.wait(2 * world.config.silence);
  await world.post(cy, [T(1)], { lies: lieOf(world) });
  await world.prove(await world.member("wanda"), world.newest, 0);
  assert.equal(await world.ask("turn"), ada.address);
});

test("honest builders on a voided root keep their bond and their turn", async () => {
  const world = await World.create();
  const [ada, bo] = world.operators;
  await world.post(ada, [T(1)], { lies: lieOf(world) });
  const wrong = world.newest;
  world.chain.wait(world.config.silence);
  await world.post(bo, [T(2)]);
  const built = world.newest;
  await world.prove(await world.member("wanda"), wrong, 0);
  assert.equal(await world.ask("bondOf", [bo.address]), world.config.bond);
  assert.equal(await world.ask("turn"), bo.address);
  await world.repost(bo, wrong);
  await world.repost(bo, built);
});

test("an operator that pays another bond after a lie may post again", async () => {
  const world = await World.create({}, undefined, { bonded: 1 });
  const [ada] = world.operators;
  await world.post(ada, [T(1)], { lies: lieOf(world) });
  const voided = world.newest;
  await world.prove(await world.member("wanda"), voided, 0);
  await refuses("NotYourTurn", world.repost(ada, voided));
  await world.send(ada, "bond", [], world.config.bond);
  await world.repost(ada, voided);
});
