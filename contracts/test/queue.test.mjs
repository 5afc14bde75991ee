// What members put before every operator.

import { test } from "node:test";
import assert from "node:assert/strict";
import { Q, T, UNIT, World, headWord, refuses } from "./world.mjs";
import { bytes, concat, hex } from "./tree.mjs";

test("a deposit is a whole number of n€", async () => {
  const world = await World.create();
  const mia = await world.member("mia");
  for (const wei of [0n, 1n, UNIT - 1n, UNIT + 1n]) {
    await refuses("NotWhole", world.send(mia, "deposit", [0], wei));
  }
  const rich = await world.member("rich", 10n ** 32n);
  await refuses("TooMuch", world.send(rich, "deposit", [0], (10n ** 22n + 1n) * UNIT));
  await world.deposit(mia, 3, 1n);
  assert.equal(await world.ask("held"), 1n);
  assert.equal(await world.balance(world.rollup.address), 3n * world.config.bond + UNIT);
});

test("the queue is a chain of hashes over items as the page of the dual chain writes them", async () => {
  const world = await World.create();
  const mia = await world.member("mia");
  const { events } = await world.deposit(mia, 3, 5_000n);
  await world.force(mia, concat([0x2c], bytes(9, 20)));
  assert.deepEqual(events, [
    { event: "Deposited", item: 0n, account: 3n, amount: 5_000n, sender: mia.address, time: BigInt(world.chain.now) },
  ]);
  assert.deepEqual(await world.ask("queue"), { length: 2n, hash: hex(world.chainHash(2)) });
  assert.equal(await world.ask("queueHash", [1]), hex(world.chainHash(1)));
});

test("a forced record has 1 to 256 bytes and pays the fee", async () => {
  const world = await World.create();
  const mia = await world.member("mia");
  const fee = world.config.forcedFee;
  await refuses("RecordLength", world.send(mia, "force", [new Uint8Array(0)], fee));
  await refuses("RecordLength", world.send(mia, "force", [new Uint8Array(257)], fee));
  await refuses("WrongFee", world.send(mia, "force", [new Uint8Array(256)], fee - 1n));
  await world.force(mia, new Uint8Array(256));
});

test("posting stops when a forced item is left out too long", async () => {
  const world = await World.create({ silence: 7 * 3600 });
  const [ada] = world.operators;
  const mia = await world.member("mia");
  await world.deposit(mia, 0, 1n);
  await world.force(mia, concat([0x28], bytes(1, 20)));
  world.chain.wait(world.config.forcedDelay);
  await world.post(ada, [T(world.chain.now)]); // to the second
  world.chain.wait(1);
  await refuses("Overdue", world.post(ada, [T(world.chain.now)]));
  await refuses("Overdue", world.post(ada, [concat(Q(1), T(world.chain.now))]));
  await world.post(ada, [concat(Q(2), T(world.chain.now))]);
});

test("a batch shows the first item that it leaves, where that may be overdue", async () => {
  const world = await World.create({ silence: 7 * 3600 });
  const [ada] = world.operators;
  const mia = await world.member("mia");
  const { forcedDelay } = world.config;
  const nothing = new Uint8Array(0);
  const quarter = forcedDelay / 4 + 1;
  await world.deposit(mia, 0, 1n);
  await world.deposit(mia, 0, 2n);
  for (let i = 0; i < 2; i++) {
    world.chain.wait(quarter);
    await world.deposit(mia, 0, 3n);
  }
  await refuses("WrongItem", world.post(ada, [T(1)], { next: nothing }));
  await refuses("WrongItem", world.post(ada, [T(1)], { next: world.items[1] }));
  await world.post(ada, [T(1)]);
  await world.post(ada, [Q(2)], { next: nothing }); // the third and fourth cannot be overdue
  world.chain.wait(forcedDelay - quarter);
  await world.post(ada, [T(1)], { next: nothing });
  world.chain.wait(1); // now the third is
  await refuses("WrongItem", world.post(ada, [T(1)], { next: nothing }));
  await refuses("Overdue", world.post(ada, [T(1)]));
  await world.post(ada, [Q(1)], { next: nothing });
  world.chain.wait(quarter);
  await refuses("Overdue", world.post(ada, [T(1)]));
  await world.post(ada, [Q(1)], { next: nothing });
});

test("nobody stops a batch on its way by putting items into the queue before it", async () => {
  // Deposits at whatever time hurts most, while the batch waits for up to a quarter of the delay.
  const world = await World.create({ silence: 7 * 3600 });
  const [ada] = world.operators;
  const cora = await world.member("cora");
  const { forcedDelay } = world.config;
  let seen = 0;
  let draw = 1;
  const random = (below) => (draw = (draw * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 40; round++) {
    const segments = world.run([concat(Q(world.items.length - seen), T(world.chain.now))]);
    const args = world.postArgs(segments);
    seen = world.items.length;
    for (let left = forcedDelay / 4; left > 0; ) {
      const step = Math.min(left, 1 + random(forcedDelay / 8));
      if (random(3) > 0) await world.deposit(cora, 0, 1n);
      world.chain.wait(step);
      left -= step;
    }
    const { events } = await world.send(ada, "post", args);
    const { header, hash } = events.at(-1);
    world.batches.push({ header, hash, state: segments.at(-1).state, segments });
  }
  assert.equal(world.newest.header.number, 40n);
});

test("a flood of items cannot stop posting: a batch need not consume more than 256", async () => {
  const world = await World.create();
  const [ada, bo] = world.operators;
  const mia = await world.member("mia");
  for (let i = 0; i < 258; i++) await world.deposit(mia, 0, 1n);
  world.chain.wait(world.config.forcedDelay + 1, 100);
  const onTurn = (await world.ask("turn")) === ada.address ? ada : bo;
  await refuses("Overdue", world.post(onTurn, [Q(255)]));
  await world.post(onTurn, [Q(255), Q(1)]);
  await world.post(onTurn, [Q(2)]);
});

test("the cursor of the queue never moves back and never beyond its end", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const mia = await world.member("mia");
  await world.deposit(mia, 0, 1n);
  const beyond = { ...world.newest.state, words: concat(headWord({ queue: 2 }), bytes(1, 64)) };
  await refuses("QueueRange", world.post(ada, [T(1)], { lies: { 0: beyond } }));
  await world.post(ada, [Q(1)]);
  const back = { ...world.newest.state, words: concat(headWord({ queue: 0 }), bytes(1, 64)) };
  await refuses("QueueRange", world.post(ada, [T(1)], { lies: { 0: back } }));
});

test("the fee of a forced record is its operator's once the batch is final, once", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const mia = await world.member("mia");
  await world.deposit(mia, 0, 1n);
  await world.force(mia, [1]);
  await world.force(mia, [2]);
  await world.post(ada, [Q(2)]);
  const [genesis, batch] = world.batches;
  const earn = (items, parent = genesis, of = batch) => world.send(mia, "earn", [parent.header, of.header, items]);
  await refuses("NotFinalised", earn([1]));
  await world.finalise();
  await refuses("NotConsumed", earn([0])); // a deposit
  await refuses("NotConsumed", earn([2])); // not consumed yet
  await refuses("NotFinalised", earn([1], batch));
  await refuses("NotFinalised", earn([1], genesis, { header: { ...batch.header, operator: mia.address } }));
  await earn([1]);
  await refuses("NotConsumed", earn([1]));
  assert.equal(await world.ask("claimable", [ada.address]), world.config.forcedFee);
  world.chain.wait(1);
  await world.post(await world.onTurn(), [Q(1)]);
  await world.finalise();
  await refuses("NotConsumed", earn([1], batch, world.newest));
  await earn([2], batch, world.newest);
});
