// Proofs: what counts as one, what it costs the liar, and who is paid.

import { test } from "node:test";
import assert from "node:assert/strict";
import { EURO, Q, R, T, World, promise, refuses, toy } from "./world.mjs";
import { concat, hex, keccak } from "./tree.mjs";

const SALT = keccak([7]);
const lieAt = (world, i) => ({ [i]: { ...world.newest.state, tree: keccak([1]) } });

/// A batch of three segments whose middle one is a lie.
async function lied(changes, options) {
  const world = await World.create(changes, undefined, options);
  const [ada] = world.operators;
  const [wanda, cora] = [await world.member("wanda"), await world.member("cora")];
  await world.post(ada, [T(1), concat(T(2), R(keccak([3]))), T(4)], { lies: lieAt(world, 1) });
  return { world, wanda, cora, ada, wrong: world.newest };
}

const claim = (world, who, { hash }, segment = 1, salt = SALT) => world.send(who, "claim", [hash, segment, salt]);
const reward = (world, who, { hash }) => world.send(who, "reward", [hash]);
const owed = (world, who) => world.ask("claimable", [who.address]);

test("an honest batch cannot be proven wrong", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const cora = await world.member("cora");
  await world.post(ada, [T(1), R(keccak([3])), T(2), T(3), T(4)]);
  for (let i = 0; i < 5; i++) {
    await refuses("NoFraud", world.send(cora, "prove", [world.fraud(world.newest, i), SALT]));
  }
});

test("after a lie the segments that go on from it are as posted", async () => {
  const { world, cora, wrong } = await lied();
  await refuses("NoFraud", world.send(cora, "prove", [world.fraud(wrong, 0), SALT]));
  await refuses("NoFraud", world.send(cora, "prove", [world.fraud(wrong, 2), SALT]));
  await world.prove(cora, wrong, 1);
});

test("a watcher with incomplete data that attacks an honest batch is refused and delays nothing", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const cora = await world.member("cora");
  await world.post(ada, [T(1), R(keccak([3])), T(2)]);
  const right = world.fraud(world.newest, 1);
  const check = (error, changes) =>
    refuses(error, world.send(cora, "prove", [{ ...right, ...changes }, SALT]));
  await check("WrongData", { segment: 0 });
  await check("WrongData", { segment: 3 });
  await check("WrongData", { pre: keccak([0]) });
  await check("WrongData", { post: keccak([0]) });
  await check("WrongData", { records: T(9) });
  await check("WrongData", { path: [keccak([0]), ...right.path.slice(1)] });
  await check("PathLength", { path: right.path.slice(1) });
  await check("PathLength", { path: [...right.path, keccak([0])] });
  await check("NotOpen", { header: { ...right.header, operator: cora.address } });
  await check("NotOpen", { header: world.batches[0].header });
  await check("NotOpen", { header: { ...right.header, number: 2n } });
  // What the re-execution lacks makes it revert; that is never fraud.
  const toyErrors = toy().abi.filter(({ type }) => type === "error").map(({ name }) => name);
  assert.deepEqual(toyErrors.sort(), ["Items", "Witness"]);
  await assert.rejects(world.send(cora, "prove", [{ ...right, witness: [] }, SALT]));
  await assert.rejects(world.send(cora, "prove", [{ ...right, items: [1] }, SALT]));
  await world.finalise();
});

test("a proof cannot invent items of the queue, leave some out, or begin elsewhere", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const mia = await world.member("mia");
  const cora = await world.member("cora");
  await world.deposit(mia, 0, 1n);
  await world.deposit(mia, 0, 2n);
  await world.post(ada, [Q(1), Q(1)]);
  const right = world.fraud(world.newest, 0);
  await refuses("WrongQueue", world.send(cora, "prove", [{ ...right, items: world.items[1] }, SALT]));
  await refuses("WrongQueue", world.send(cora, "prove", [{ ...right, queue: 1 }, SALT]));
  await assert.rejects(world.send(cora, "prove", [{ ...right, items: [] }, SALT]));
  await assert.rejects(world.send(cora, "prove", [{ ...right, items: concat(...world.items) }, SALT]));
});

test("a record that names items which never were is judged all the same", async () => {
  const world = await World.create();
  const [ada, bo] = world.operators;
  const mia = await world.member("mia");
  const cora = await world.member("cora");
  await world.deposit(mia, 0, 1n);
  await world.post(ada, [Q(2), T(1)]); // refused by the transition, as it should
  await refuses("NoFraud", world.send(cora, "prove", [world.fraud(world.newest, 0), SALT]));
  // Another operator says that something came of it. Meanwhile there are two items, but not for this input.
  const lie = { ...world.newest.state, tree: keccak([1]) };
  await world.post(ada, [Q(2), T(2)], { lies: { 0: lie } });
  await world.deposit(mia, 0, 1n);
  await world.prove(cora, world.newest, 0);
  assert.equal(await world.ask("turn"), bo.address);
});

test("the liar's bond is lost: at least half is burnt, and the reward is smaller than that", async () => {
  const { world, wanda, ada, wrong } = await lied();
  const { bond, commitBond } = world.config;
  await world.promise(wanda, wrong, 1);
  world.chain.wait(12);
  const { events } = await world.prove(wanda, wrong, 1);
  assert.deepEqual(events.map(({ event }) => event), ["Slashed", "Turn", "Proven"]);
  assert.equal(events[0].bond, bond);
  assert.equal(await world.ask("bondOf", [ada.address]), 0n);
  await refuses("StillClaimable", reward(world, wanda, wrong));
  world.chain.wait(world.config.revealSeconds + 1);
  await reward(world, wanda, wrong);
  await refuses("NotProven", reward(world, wanda, wrong));
  const paid = (await owed(world, wanda)) - commitBond;
  const burnt = await world.ask("burnt");
  assert.equal(paid, events[2].reward);
  assert.equal(paid + burnt, bond);
  assert.ok(2n * burnt >= bond && paid < burnt);
  // An operator that proves its own lie loses more than half of its bond.
  assert.ok(bond - paid > bond / 2n);
  const before = await world.balance(wanda.address);
  await world.send(wanda, "collect");
  assert.equal((await world.balance(wanda.address)) - before, paid + commitBond);
  assert.equal(await owed(world, wanda), 0n);
});

test("a proof without a promise is accepted, and earns nothing", async () => {
  const { world, wanda, wrong } = await lied();
  const { events } = await world.prove(wanda, wrong, 1);
  assert.equal(events.at(-1).reward, 0n);
  world.chain.wait(world.config.revealSeconds + 1);
  await reward(world, wanda, wrong);
  assert.equal(await owed(world, wanda), 0n);
  assert.equal(await world.ask("burnt"), world.config.bond);
});

test("a promise in the proof's own block earns nothing, but its bond comes back", async () => {
  const { world, cora, wrong } = await lied();
  await world.promise(cora, wrong, 1);
  const { events } = await world.prove(cora, wrong, 1);
  assert.equal(events.at(-1).reward, 0n);
  await claim(world, cora, wrong);
  assert.equal(await owed(world, cora), world.config.commitBond);
  world.chain.wait(world.config.revealSeconds + 1);
  await reward(world, cora, wrong);
  assert.equal(await owed(world, cora), world.config.commitBond);
});

test("a promise is good for its time", async () => {
  const check = async (later, earns) => {
    const { world, wanda, wrong } = await lied();
    await world.promise(wanda, wrong, 1);
    world.chain.wait(world.config.revealSeconds + later);
    const { events } = await world.prove(wanda, wrong, 1);
    assert.equal(events.at(-1).reward > 0n, earns);
    if (!earns) await claim(world, wanda, wrong);
    world.chain.wait(world.config.revealSeconds + 1);
    await reward(world, wanda, wrong);
    const expected = world.config.commitBond + (earns ? (world.config.bond * 2n) / 5n : 0n);
    assert.equal(await owed(world, wanda), expected);
  };
  await check(0, true);
  await check(1, false);
});

test("a reward copied from the pending pool: the promise binds the challenger", async () => {
  // Cora sees Wanda's proof on its way, and sends the very same with more fee.
  const { world, wanda, cora, wrong } = await lied();
  await world.promise(wanda, wrong, 1);
  world.chain.wait(12);
  const { events } = await world.prove(cora, wrong, 1);
  assert.equal(events.at(-1).reward, 0n);
  await refuses("NotPromised", claim(world, cora, wrong));
  // The batch fell, and the reward is Wanda's.
  await claim(world, wanda, wrong);
  await refuses("NotPromised", claim(world, wanda, wrong));
  world.chain.wait(world.config.revealSeconds + 1);
  await reward(world, cora, wrong);
  assert.equal(await owed(world, wanda), world.config.commitBond + (world.config.bond * 2n) / 5n);
  assert.equal(await owed(world, cora), 0n);
});

test("a reward copied from the pending pool: the older promise wins over one made after the proof was seen", async () => {
  // Wanda's proof waits, by chance or because somebody sees to it; Cora promises, waits a block and is first.
  const { world, wanda, cora, wrong } = await lied();
  await world.promise(wanda, wrong, 1);
  world.chain.wait(12);
  await world.promise(cora, wrong, 1, keccak([8]));
  world.chain.wait(12);
  await world.prove(cora, wrong, 1, keccak([8]));
  const { events } = await claim(world, wanda, wrong);
  assert.equal(events[0].event, "Claimed");
  assert.equal(await owed(world, cora), world.config.commitBond);
  world.chain.wait(world.config.revealSeconds + 1);
  await reward(world, wanda, wrong);
  assert.equal(await owed(world, wanda), world.config.commitBond + (world.config.bond * 2n) / 5n);
  assert.equal(await owed(world, cora), world.config.commitBond);
});

test("a reward copied from the pending pool: whoever sends the same promise first only pays the bond for it", async () => {
  const { world, wanda, cora, wrong } = await lied();
  await world.send(cora, "commit", [promise(wanda, wrong.hash, 1, SALT)], world.config.commitBond);
  await refuses("AlreadyPromised", world.promise(wanda, wrong, 1));
  world.chain.wait(12);
  const { events } = await world.prove(wanda, wrong, 1);
  assert.ok(events.at(-1).reward > 0n);
});

test("only an older promise of the same proof takes the reward over, and in time", async () => {
  // promised when (s before the proof's), which segment, claimed how late: takes over?
  const check = async ({ before, segment = 1, late = 0, alone = false }, takes) => {
    const { world, wanda, cora, wrong } = await lied();
    const { revealSeconds } = world.config;
    if (before > 0) await world.promise(cora, wrong, segment, keccak([8]));
    world.chain.wait(Math.max(before - 12, 12));
    if (!alone) await world.promise(wanda, wrong, 1);
    if (before < 0) await world.promise(cora, wrong, segment, keccak([8]));
    world.chain.wait(12);
    await world.prove(wanda, wrong, 1);
    world.chain.wait(late);
    const { events } = await claim(world, cora, wrong, segment, keccak([8]));
    assert.equal(events.length === 1, takes);
    world.chain.wait(revealSeconds + 1);
    await reward(world, wanda, wrong);
    const paid = (world.config.bond * 2n) / 5n;
    assert.equal(await owed(world, cora), world.config.commitBond + (takes ? paid : 0n));
    assert.equal(await owed(world, wanda), alone ? 0n : world.config.commitBond + (takes ? 0n : paid));
  };
  const { revealSeconds } = (await World.create()).config;
  await check({ before: 60 }, true);
  await check({ before: revealSeconds }, true);
  await check({ before: revealSeconds + 1 }, false); // expired at the proof
  await check({ before: -1 }, false); // younger
  await check({ before: 60, segment: 2 }, false); // another proof
  await check({ before: 60, late: revealSeconds }, true);
  await check({ before: 60, late: 1, alone: true }, true); // the proof had no promise
  await check({ before: 60, late: revealSeconds + 1 }, false); // too late, although nobody settled it yet
});

test("a promise costs its bond, and is heard only where a batch fell", async () => {
  const { world, wanda, wrong } = await lied();
  await refuses("WrongBond", world.send(wanda, "commit", [keccak([1])], EURO / 2n));
  await world.promise(wanda, wrong, 1);
  await refuses("NotProven", claim(world, wanda, wrong));
  await refuses("NotProven", reward(world, wanda, wrong));
});

test("an operator whose bond is gone cannot lose it twice", async () => {
  const world = await World.create();
  const [ada, bo] = world.operators;
  const wanda = await world.member("wanda");
  await world.post(ada, [T(1)], { lies: lieAt(world, 0) });
  const first = world.newest;
  await world.post(ada, [T(2)], { lies: { 0: { ...world.newest.state, tree: keccak([2]) } } });
  const second = world.newest;
  await world.prove(wanda, second, 0);
  // Found later, but it still falls; the promise's bond is not lost.
  await world.promise(wanda, first, 0);
  world.chain.wait(12);
  const { events } = await world.prove(wanda, first, 0);
  assert.equal(events.find(({ event }) => event === "Slashed").bond, 0n);
  assert.equal(events.at(-1).reward, 0n);
  await world.send(wanda, "claim", [first.hash, 0, SALT]);
  assert.equal(await owed(world, wanda), world.config.commitBond);
  await refuses("NotProven", reward(world, wanda, first));
  assert.equal((await world.ask("tip")).batches, 0n);
  assert.equal(await world.ask("turn"), bo.address);
});

test("a revert costs the same however many batches fall", async () => {
  const check = async (successors) => {
    const { world, wanda, ada, wrong } = await lied();
    for (let i = 0; i < successors; i++) await world.post(ada, [T(5 + i)]);
    return (await world.prove(wanda, wrong, 1)).gas;
  };
  assert.equal(await check(1), await check(40));
});

test("a batch that was re-organised away cannot be hit", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const cora = await world.member("cora");
  const before = await world.chain.snapshot();
  await world.post(ada, [T(1)], { lies: lieAt(world, 0) });
  const lost = world.newest;
  world.batches.pop();
  await world.chain.revert(before);
  await world.post(ada, [T(2)]);
  await refuses("NotOpen", world.send(cora, "prove", [world.fraud(lost, 0), SALT]));
});

test("a batch that fell cannot fall again", async () => {
  const { world, wanda, cora, wrong } = await lied();
  const proof = world.fraud(wrong, 1);
  await world.prove(wanda, wrong, 1);
  await refuses("NotOpen", world.send(cora, "prove", [proof, SALT]));
});

test("a verifier that lags the version: a batch is judged by the transition active when it was posted", async () => {
  // The next transition is another contract, which finds everything wrong.
  const world = await World.create();
  const cora = await world.member("cora");
  const strict = await world.chain.deploy(world.deployer, strictToy());
  await world.send(world.governor, "announce", [strict.address]);
  world.chain.wait(world.config.upgradeDelay - 1);
  await world.post(await world.onTurn(), [T(1)]);
  const old = world.newest;
  world.chain.wait(1);
  await world.post(await world.onTurn(), [T(2)]);
  const young = world.newest;
  assert.deepEqual([old.header.version, young.header.version], [1n, 2n]);
  await refuses("NoFraud", world.send(cora, "prove", [world.fraud(old, 0), SALT]));
  await world.prove(cora, young, 0); // under its own rules it is wrong
});

/// Answers every question with another root: PUSH the four words and return them.
function strictToy() {
  // post = 1, from = 0, to = 0, chainAfter = 0
  const runtime = concat([0x60, 0x01, 0x5f, 0x52, 0x60, 0x80, 0x5f, 0xf3]);
  const creation = concat([0x60, runtime.length, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3], runtime);
  return { abi: toy().abi, bytecode: hex(creation) };
}
