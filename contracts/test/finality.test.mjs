// When a batch is final, and what can delay it.

import { test } from "node:test";
import assert from "node:assert/strict";
import { Q, T, W, World, promise, refuses } from "./world.mjs";
import { hex, keccak } from "./tree.mjs";

const SALT = keccak([7]);
const lieOf = (world) => ({ 0: { ...world.newest.state, tree: keccak([1]) } });

async function posted(changes) {
  const world = await World.create(changes);
  const [ada] = world.operators;
  await world.post(ada, [T(1)]);
  return { world, ada };
}
const finalise = (world, ...batches) => world.send(world.deployer, "finalise", [batches.map(({ header }) => header)]);

test("a batch is final after so many seconds and so many blocks", async () => {
  const check = async (seconds, blocks, done) => {
    const { world } = await posted();
    const { windowSeconds, windowBlocks } = world.config;
    world.chain.wait(windowSeconds + seconds, windowBlocks + blocks);
    if (!done) return refuses("WindowOpen", finalise(world, world.newest));
    const { events } = await finalise(world, world.newest);
    assert.deepEqual(events, [{ event: "Finalised", number: 1n, root: world.newest.header.root }]);
    assert.equal(await world.ask("finalRoot"), world.newest.header.root);
  };
  await check(1, 1, true);
  await check(0, 1, false);
  await check(1, 0, false);
});

test("batches become final in order, many at once, each once", async () => {
  const { world, ada } = await posted();
  await world.post(ada, [T(2)]);
  await world.post(ada, [T(3)]);
  const [genesis, one, two, three] = world.batches;
  world.chain.wait(world.config.windowSeconds + 1, world.config.windowBlocks + 1);
  await refuses("NotNext", finalise(world, two));
  await refuses("NotNext", finalise(world, genesis));
  await refuses("NotNext", finalise(world, { header: { ...one.header, idle: false } }));
  await refuses("NotNext", finalise(world, one, three));
  await finalise(world, one, two);
  await refuses("NotNext", finalise(world, two));
  await finalise(world, three);
  await refuses("NotNext", finalise(world, { header: { ...three.header, number: 4n } }));
  await finalise(world); // nothing is nothing
  assert.equal((await world.ask("tip")).finalised, 3n);
});

test("the final root moves only where no work is half done", async () => {
  const { world, ada } = await posted();
  await world.post(ada, [W(1)]);
  const root = world.batches[1].header.root;
  await world.finalise();
  assert.equal((await world.ask("tip")).finalised, 2n);
  assert.equal(await world.ask("finalRoot"), root);
  await world.post(await world.onTurn(), [W(0)]);
  await world.finalise();
  assert.equal(await world.ask("finalRoot"), world.newest.header.root);
});

test("a move in the last second of a window: a lie can be proven until somebody makes it final", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const wanda = await world.member("wanda");
  const { windowSeconds, windowBlocks } = world.config;
  await world.post(ada, [T(1)], { lies: lieOf(world) });
  const wrong = world.newest;
  world.chain.wait(windowSeconds, windowBlocks); // the last second and block
  await refuses("WindowOpen", finalise(world, wrong));
  await world.prove(wanda, wrong, 0);
  world.chain.wait(1);
  await refuses("NotNext", finalise(world, wrong));
});

test("a move in the last second of a window: a promise made then can still be kept", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const wanda = await world.member("wanda");
  const { windowSeconds, windowBlocks, revealSeconds } = world.config;
  await world.post(ada, [T(1)], { lies: lieOf(world) });
  const wrong = world.newest;
  world.chain.wait(windowSeconds, windowBlocks);
  await world.promise(wanda, wrong, 0);
  world.chain.wait(revealSeconds, 100);
  await refuses("WindowOpen", finalise(world, wrong));
  const { events } = await world.prove(wanda, wrong, 0);
  assert.ok(events.at(-1).reward > 0n);
});

test("a move in the last second of a window: what comes after it is too late for a final batch", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const wanda = await world.member("wanda");
  await world.post(ada, [T(1)], { lies: lieOf(world) });
  const wrong = world.newest;
  await world.finalise();
  await refuses("NotOpen", world.send(wanda, "prove", [world.fraud(wrong, 0), SALT]));
});

test("parallel spam of challenges delays finality by at most one window", async () => {
  const { world } = await posted();
  const cora = await world.member("cora", 10n ** 24n);
  const { windowSeconds, windowBlocks, revealSeconds } = world.config;
  const postedAt = world.chain.now;
  let salt = 0;
  const spam = async () => {
    for (let i = 0; i < 5; i++) {
      await world.send(cora, "commit", [promise(cora, world.newest.hash, 0, keccak([salt++]))], world.config.commitBond);
      const fraud = world.fraud(world.newest, 0);
      await refuses("NoFraud", world.send(cora, "prove", [fraud, SALT]));
    }
  };
  // Promises without end, before and after the window's.
  for (;;) {
    await spam();
    world.chain.wait(300, 5);
    const ended = await finalise(world, world.newest).then(() => true, (error) => {
      assert.equal(error.name, "WindowOpen");
      return false;
    });
    if (ended) break;
    assert.ok(world.chain.now <= postedAt + windowSeconds + revealSeconds, "nothing more can delay it");
  }
  assert.ok(world.chain.now - postedAt <= 2 * windowSeconds);
  assert.ok(salt > 60 && windowBlocks > 0);
});

test("promises outside a batch's window do not delay it", async () => {
  const check = async (when) => {
    const world = await World.create();
    const [ada] = world.operators;
    const cora = await world.member("cora");
    const { windowSeconds, windowBlocks } = world.config;
    const commit = () => world.send(cora, "commit", [keccak([1])], world.config.commitBond);
    if (when === "before") await commit();
    world.chain.wait(1);
    await world.post(ada, [T(1)]);
    world.chain.wait(windowSeconds + 1, windowBlocks + 1);
    await finalise(world, world.newest);
  };
  await check("before");
  // Promised inside, with the window long over and the promise expired.
  const { world } = await posted();
  const cora = await world.member("cora");
  const { windowSeconds, windowBlocks, revealSeconds, commitBond } = world.config;
  await world.send(cora, "commit", [keccak([1])], commitBond);
  world.chain.wait(Math.max(windowSeconds, revealSeconds) + 1, windowBlocks + 1);
  await finalise(world, world.newest);
});

test("a reverted batch with pending withdrawals: nothing of it becomes final", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const wanda = await world.member("wanda");
  await world.post(ada, [T(1)], { lies: lieOf(world) });
  await world.post(ada, [T(2)]);
  const [, wrong, after] = world.batches;
  await world.prove(wanda, wrong, 0);
  world.chain.wait(world.config.windowSeconds + 1, world.config.windowBlocks + 1);
  await refuses("NotNext", finalise(world, wrong));
  await refuses("NotNext", finalise(world, wrong, after));
});

test("the queue goes on while nothing is final", async () => {
  const { world, ada } = await posted();
  const mia = await world.member("mia");
  await world.deposit(mia, 0, 1n);
  await world.post(ada, [Q(1)]);
  assert.equal(world.newest.header.queue, 1n);
  assert.equal(world.newest.header.available, 1n);
  assert.equal(hex(world.chainHash(1)), (await world.ask("queue")).hash);
});
