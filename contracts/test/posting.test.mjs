// Batches: what is posted, derived, refused, and given new roots.

import { test } from "node:test";
import assert from "node:assert/strict";
import { createAddressFromString } from "@ethereumjs/util";
import { Q, R, T, W, World, dataPath, encodeData, headOf, headWord, refuses, stateRoot } from "./world.mjs";
import { bytes, concat, hex, keccak } from "./tree.mjs";

test("number, roots and hashes of the segments are derived from the data", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  for (let count = 1; count <= 9; count++) {
    const records = Array.from({ length: count }, (_, i) => concat(R(keccak([count, i])), new Uint8Array(i)));
    await world.post(ada, records);
    const { header, hash, segments } = world.newest;
    const leaves = segments.map((each) => keccak(stateRoot(each.before), keccak(each.records), each.root));
    assert.equal(header.segments, BigInt(count));
    assert.equal(header.dataRoot, hex(dataPath(leaves, 0).root));
    assert.equal(header.recordsHash, hex(keccak(...segments.map((each) => keccak(each.records)))));
    assert.equal(header.root, hex(stateRoot(world.newest.state)));
    assert.equal(header.parent, world.batches.at(-2).hash);
    assert.equal(header.idle, true);
    assert.equal(await world.ask("batch", [count]), hash);
  }
});

test("data that ends inside a segment, has none, or one too long, is refused", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const segments = world.run([T(1), T(2)]);
  const data = encodeData(segments);
  for (const size of [1, 2, 33, 39, 41, 42, data.length - 1]) {
    await refuses("MalformedSegment", world.send(ada, "post", world.postArgs(segments, { data: data.slice(0, size) })));
  }
  await refuses("SegmentCount", world.send(ada, "post", world.postArgs(segments, { data: [] })));
  await refuses("MalformedSegment", world.post(ada, [new Uint8Array(2049)]));
  await world.post(ada, [new Uint8Array(2048), new Uint8Array(0)]);
});

test("a batch of more segments than can be numbered is refused", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const one = concat(bytes(0, 2), new Uint8Array(32));
  const data = new Uint8Array(65_536 * one.length);
  await refuses("SegmentCount", world.send(ada, "post", world.postArgs(world.run([T(1)]), { data })));
});

test("the head must be the posted root's", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const other = headOf({ ...world.newest.state, tree: keccak([9]) });
  await refuses("NotInState", world.post(ada, [T(1)], { head: other }));
});

test("work half done is read from the head", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  await world.post(ada, [W(3)]);
  assert.equal(world.newest.header.idle, false);
  await world.post(ada, [W(0)]);
  assert.equal(world.newest.header.idle, true);
});

test("a stale parent is refused: another number, another header", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  await world.post(ada, [T(1)]);
  await refuses("StaleParent", world.post(ada, [T(1)], { parent: world.batches[0].header }));
  await refuses("StaleParent", world.post(ada, [T(1)], { parent: { ...world.newest.header, time: 1n } }));
});

test("after a re-organisation a batch on the lost parent is refused", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const before = await world.chain.snapshot();
  await world.post(ada, [T(1)]);
  const lost = world.newest;
  world.batches.pop();
  await world.chain.revert(before);
  world.chain.wait(1); // the same batch, but in another block
  await world.post(ada, [T(1)]);
  await refuses("StaleParent", world.post(ada, [T(2)], { parent: lost.header }));
});

test("after a re-organisation that changed the queue a batch that consumed it is refused", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const mia = await world.member("mia");
  const before = await world.chain.snapshot();
  await world.deposit(mia, 0, 1n);
  const segments = world.run([Q(1)]);
  const args = world.postArgs(segments);
  await world.chain.revert(before);
  world.items = [];
  await world.deposit(mia, 0, 2n);
  await refuses("QueueChanged", world.send(ada, "post", args));
});

/// Three batches, the second a lie, found by a watcher.
async function fallen() {
  const world = await World.create();
  const [ada, bo] = world.operators;
  const mia = await world.member("mia");
  await world.deposit(mia, 0, 5n);
  await world.post(ada, [concat(T(1), Q(1))]);
  await world.deposit(mia, 0, 6n);
  const lie = { ...world.newest.state, tree: keccak([1]) };
  await world.post(ada, [T(2), concat(T(3), Q(1)), T(4)], { lies: { 1: lie } });
  await world.post(ada, [T(5), T(6)]);
  const [, , wrong, after] = world.batches;
  world.chain.wait(100);
  await world.prove(await world.member("wanda"), wrong, 1);
  return { world, bo, wrong, after, mia };
}

test("a proven fraud voids roots, not data: inputs get new roots before anything new", async () => {
  const { world, bo, wrong, after } = await fallen();
  assert.deepEqual(await world.ask("tip"), { batches: 1n, inputs: 3n, finalised: 0n, nextId: 4n });
  await refuses("RootsFirst", world.post(bo, [T(7)]));
  await world.repost(bo, wrong);
  await refuses("RootsFirst", world.post(bo, [T(7)]));
  await world.repost(bo, after);
  const args = world.repostArgs(after, after.segments);
  await refuses("NoRootsDue", world.send(bo, "repost", args));
  await world.post(bo, [T(7)]);
  const { header } = world.batches[2];
  assert.equal(header.time, wrong.header.time, "an input keeps its time");
  assert.equal(header.available, wrong.header.available, "and what it could consume");
  assert.ok(header.postedAt > wrong.header.postedAt, "but its window begins anew");
  assert.equal(header.recordsHash, wrong.header.recordsHash);
  assert.notEqual(header.dataRoot, wrong.header.dataRoot);
  assert.equal(header.operator, bo.address);
});

test("ids are never reused", async () => {
  const { world, bo, wrong, after } = await fallen();
  await world.repost(bo, wrong);
  await world.repost(bo, after);
  assert.deepEqual(world.batches.map(({ header }) => header.id), [0n, 1n, 4n, 5n]);
  assert.deepEqual(world.batches.map(({ header }) => header.number), [0n, 1n, 2n, 3n]);
});

test("new roots are for the same records in the same segments", async () => {
  const { world, bo, wrong, after } = await fallen();
  const honest = () => {
    const { time, available } = wrong.header;
    return world.run(wrong.segments.map(({ records }) => records), {}, { time: Number(time), available: Number(available) });
  };
  const check = async (error, changes) =>
    refuses(error, world.send(bo, "repost", world.repostArgs(wrong, honest(), changes)));
  const hashes = honest().map(({ records }) => keccak(records));
  const roots = honest().map(({ root }) => root);
  await check("WrongInput", { records: [keccak([0]), ...hashes.slice(1)] });
  await check("WrongInput", { voided: after.header });
  await check("WrongInput", { voided: { ...wrong.header, time: 1n } });
  await check("SegmentCount", { records: hashes.slice(1) });
  await check("SegmentCount", { records: [], roots: [] });
  await check("NotInState", { roots: [...roots.slice(0, 2), keccak([0])] });
  await check("StaleParent", { parent: wrong.header });
  await check("QueueChanged", { chain: keccak([3]) });
});

test("new roots cannot consume items that came after the input", async () => {
  const { world, bo, wrong, mia } = await fallen();
  await world.deposit(mia, 0, 7n);
  const { state } = world.newest;
  const beyond = { ...state, words: concat(headWord({ time: 4, queue: 3 }), state.words.slice(32)) };
  await refuses("QueueRange", world.repost(bo, wrong, { lies: { 2: beyond } }));
});

test("an input that fell twice gets roots a third time", async () => {
  const { world, bo, wrong, after } = await fallen();
  const [, , cy] = world.operators;
  await world.repost(bo, wrong, { lies: { 0: { ...world.newest.state, tree: keccak([8]) } } });
  const again = world.newest;
  await world.prove(await world.member("wim"), again, 0);
  await refuses("WrongInput", world.repost(cy, wrong)); // the newest header counts
  await world.repost(cy, again);
  await world.repost(cy, after);
});

test("the model of the tests and the toy agree", async () => {
  // So that an honest batch of the tests is one: nothing can be proven against it.
  const world = await World.create();
  const [ada] = world.operators;
  const mia = await world.member("mia");
  await world.deposit(mia, 0, 1n);
  await world.force(mia, [1, 2, 3]);
  await world.deposit(mia, 0, 1n);
  const records = [concat(T(1), Q(1)), concat(W(2), Q(1)), W(0), Q(9), Q(2), R(keccak([4])), T(2 ** 40 - 1), [0], []];
  await world.post(ada, records.map((each) => Uint8Array.from(each)));
  for (let i = 0; i < records.length; i++) {
    await refuses("NoFraud", world.send(mia, "prove", [world.fraud(world.newest, i), keccak([])]));
  }
  assert.equal(world.newest.header.queue, 3n);
});

test("an account whose code is delegated (EIP-7702) cannot post: its data could be computed on the way", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  await world.chain.vm.stateManager.putCode(createAddressFromString(ada.address), Uint8Array.of(0xef, 1, 0, ...Array(20).fill(7)));
  await refuses("NotDirect", world.post(ada, [R(keccak([1]))]));
});
