// What the governor can do, and that it is nothing else.

import { test } from "node:test";
import assert from "node:assert/strict";
import { T, World, refuses, toy } from "./world.mjs";
import { keccak } from "./tree.mjs";

const SALT = keccak([7]);

test("a configuration that cannot be is refused with the field's name", async () => {
  const good = await World.create();
  const check = async (field, value) => {
    await assert.rejects(World.create({ [field]: value }, undefined, { chain: good.chain }), (error) => {
      assert.deepEqual([error.name, ...error.args], ["BadConfig", field], error.stack);
      return true;
    });
  };
  const { windowSeconds, revealSeconds, forcedDelay, exitDelay } = good.config;
  const leaving = windowSeconds + revealSeconds + forcedDelay + exitDelay;
  const forever = 2 ** 32;
  await check("windowBlocks", 0);
  await check("windowBlocks", forever);
  await check("windowSeconds", 0);
  await check("windowSeconds", forever);
  await check("forcedDelay", 0);
  await check("forcedDelay", forever);
  await check("exitDelay", 0);
  await check("exitDelay", forever);
  await check("silence", 0);
  await check("silence", exitDelay + 1);
  await check("revealSeconds", 0);
  await check("revealSeconds", windowSeconds + 1);
  await check("bond", 0n);
  await check("commitBond", 0n);
  await check("upgradeDelay", leaving);
  await check("upgradeDelay", forever);
  await check("pauseSeconds", leaving + 1);
  await check("operators", []);
  await check("operators", ["0x" + "00".repeat(20)]);
  await check("operators", Array(2).fill(good.governor.address));
  await check("operators", Array.from({ length: 33 }, (_, i) => "0x" + (i + 1).toString(16).padStart(40, "0")));
  await refuses("NoCode", World.create({ transition: good.governor.address }, undefined, { chain: good.chain }));
  await World.create({ upgradeDelay: leaving + 1, pauseSeconds: leaving, silence: exitDelay }, undefined, { chain: good.chain });
});

test("only the governor announces and pauses", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  await refuses("NotGovernor", world.send(ada, "pause", [1]));
  await refuses("NotGovernor", world.send(ada, "announce", [world.transition.address]));
  await refuses("NoCode", world.send(world.governor, "announce", [ada.address]));
  assert.equal(await world.ask("governor"), world.governor.address);
});

test("no function pays the governor, or lets it move coin", async () => {
  const world = await World.create();
  const mia = await world.member("mia");
  await world.deposit(mia, 0, 10n ** 9n);
  const held = await world.balance(world.rollup.address);
  await world.send(world.governor, "collect");
  await world.send(world.governor, "announce", [world.transition.address]);
  await world.send(world.governor, "pause", [1]);
  await refuses("NotOperator", world.send(world.governor, "bond"));
  assert.equal(await world.balance(world.governor.address), 0n);
  assert.equal(await world.balance(world.rollup.address), held);
});

test("an announced transition is active after the delay, and not before", async () => {
  const world = await World.create();
  const next = await world.chain.deploy(world.deployer, toy());
  const { events } = await world.send(world.governor, "announce", [next.address]);
  const from = BigInt(world.chain.now) + BigInt(world.config.upgradeDelay);
  assert.deepEqual(events, [{ event: "Announced", version: 2n, transition: next.address, from }]);
  world.chain.wait(world.config.upgradeDelay - 1);
  assert.deepEqual(await world.ask("version"), { active: 1n, transition: world.transition.address });
  world.chain.wait(1);
  assert.deepEqual(await world.ask("version"), { active: 2n, transition: next.address });
  await world.post(await world.onTurn(), [T(1)]);
  assert.equal(world.newest.header.version, 2n);
  await world.post(await world.onTurn(), [T(2)]);
  assert.equal(world.newest.header.version, 2n);
});

test("another announcement replaces one that is not active yet, and waits its full time", async () => {
  const world = await World.create();
  const [one, two, three] = [
    await world.chain.deploy(world.deployer, toy()),
    await world.chain.deploy(world.deployer, toy()),
    await world.chain.deploy(world.deployer, toy()),
  ];
  await world.send(world.governor, "announce", [one.address]);
  world.chain.wait(world.config.upgradeDelay - 1);
  await world.send(world.governor, "announce", [two.address]);
  world.chain.wait(1);
  assert.equal((await world.ask("version")).active, 1n);
  world.chain.wait(world.config.upgradeDelay);
  assert.deepEqual(await world.ask("version"), { active: 2n, transition: two.address });
  // Without a batch between: the next announcement is the third version.
  const { events } = await world.send(world.governor, "announce", [three.address]);
  assert.equal(events[0].version, 3n);
  assert.deepEqual(await world.ask("version"), { active: 2n, transition: two.address });
});

test("the input of a voided batch is judged by the transition that is active when it gets new roots", async () => {
  const world = await World.create();
  const wanda = await world.member("wanda");
  const next = await world.chain.deploy(world.deployer, toy());
  await world.send(world.governor, "announce", [next.address]);
  world.chain.wait(world.config.upgradeDelay - 1);
  await world.post(await world.onTurn(), [T(1)], { lies: { 0: { ...world.newest.state, tree: keccak([1]) } } });
  const wrong = world.newest;
  world.chain.wait(1);
  await world.prove(wanda, wrong, 0);
  await world.repost(await world.onTurn(), wrong);
  assert.deepEqual([wrong.header.version, world.newest.header.version], [1n, 2n]);
});

test("a pause stops posting and finalisation, never challenges or the queue", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const wanda = await world.member("wanda");
  await world.post(ada, [T(1)], { lies: { 0: { ...world.newest.state, tree: keccak([1]) } } });
  const wrong = world.newest;
  const { events } = await world.send(world.governor, "pause", [world.config.pauseSeconds]);
  const until = BigInt(world.chain.now + world.config.pauseSeconds);
  assert.deepEqual(events, [{ event: "Paused", until }]);
  assert.equal(await world.ask("pausedUntil"), until);
  world.chain.wait(1);
  await refuses("IsPaused", world.post(ada, [T(2)]));
  await refuses("IsPaused", world.send(wanda, "finalise", [[wrong.header]]));
  await world.deposit(wanda, 0, 1n);
  await world.force(wanda, [1]);
  await world.promise(wanda, wrong, 0);
  world.chain.wait(12);
  await world.prove(wanda, wrong, 0);
  await refuses("IsPaused", world.repost(await world.onTurn(), wrong));
  world.chain.wait(world.config.pauseSeconds);
  await world.repost(await world.onTurn(), wrong); // it ended by itself
});

test("a pause stops the window's clock, and lasts no longer than it may", async () => {
  const check = async (early, passes) => {
    const world = await World.create();
    const [ada] = world.operators;
    const { windowSeconds, windowBlocks, pauseSeconds } = world.config;
    await world.post(ada, [T(1)]);
    world.chain.wait(windowSeconds - 10, windowBlocks + 1);
    await world.send(world.governor, "pause", [pauseSeconds]);
    world.chain.wait(pauseSeconds + 10 + early);
    const done = world.send(ada, "finalise", [[world.newest.header]]);
    if (passes) await done;
    else await refuses("WindowOpen", done);
  };
  await check(0, false);
  await check(1, true);
});

test("a pause after a window's end, or before its beginning, does not stretch it", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const { windowSeconds, windowBlocks } = world.config;
  await world.post(ada, [T(1)]);
  world.chain.wait(windowSeconds + 1, windowBlocks + 1);
  await world.send(world.governor, "pause", [100]);
  world.chain.wait(100);
  await world.send(ada, "finalise", [[world.newest.header]]);
  await world.post(await world.onTurn(), [T(2)]);
  await world.finalise();
});

test("a pause stops the clock of silence: nobody loses their turn by it, and the end does not come", async () => {
  const world = await World.create();
  const [ada, bo] = world.operators;
  const { silence, exitDelay, pauseSeconds, windowBlocks } = world.config;
  world.chain.wait(silence - 1);
  await world.send(world.governor, "pause", [pauseSeconds]);
  world.chain.wait(pauseSeconds);
  assert.equal(await world.ask("turn"), ada.address);
  world.chain.wait(1);
  assert.equal(await world.ask("turn"), bo.address);
  world.chain.wait(exitDelay - silence, windowBlocks);
  await refuses("NotSilent", world.send(ada, "freeze", [world.newest.header]));
  world.chain.wait(1);
  await world.send(ada, "freeze", [world.newest.header]);
});

test("a pause cannot be renewed: the next waits until members could leave", async () => {
  const world = await World.create();
  const pause = (seconds) => world.send(world.governor, "pause", [seconds]);
  const { pauseSeconds, upgradeDelay } = world.config;
  await refuses("NotPausable", pause(0));
  await refuses("NotPausable", pause(pauseSeconds + 1));
  await pause(pauseSeconds);
  await refuses("NotPausable", pause(1)); // nor lengthened
  world.chain.wait(pauseSeconds + upgradeDelay - 1);
  await refuses("NotPausable", pause(1));
  world.chain.wait(1);
  await pause(1);
});

test("a fraud proven in a pause gives the next operator its whole time", async () => {
  const world = await World.create();
  const [ada, bo] = world.operators;
  await world.post(ada, [T(1)], { lies: { 0: { ...world.newest.state, tree: keccak([1]) } } });
  await world.send(world.governor, "pause", [world.config.pauseSeconds]);
  world.chain.wait(100);
  await world.prove(await world.member("wanda"), world.newest, 0, SALT);
  world.chain.wait(world.config.pauseSeconds - 100 + world.config.silence - 1);
  assert.equal(await world.ask("turn"), bo.address);
});
