// Data in blobs: what the contract is told of one, and how what is not true of it is proven.

import { test } from "node:test";
import assert from "node:assert/strict";
import { R, T, refuses, stateRoot } from "./world.mjs";
import { Blobs } from "./modes.mjs";
import { CELLS, blobHash, contentOf, kzg, open, pack } from "./blobs.mjs";
import { bytes, concat, hex, keccak } from "./tree.mjs";

const SALT = keccak([7]);

/// A batch of three cells: two segments, two segments, one.
async function founded({ lies = {}, ...changes } = {}) {
  const world = await Blobs.create();
  const noa = await world.member("noa");
  const operator = await world.onTurn();
  const records = [T(world.chain.now), R(keccak([1])), R(keccak([2])), R(keccak([3])), R(keccak([4]))];
  const segments = world.run(records, lies);
  [2, 4].forEach((i) => (segments[i].apart = true));
  await world.postSegments(operator, segments, changes);
  return { world, noa, operator, batch: world.newest };
}
const other = keccak([99]);
const lie = { words: bytes(0, 96), tree: keccak([9]) };
const fell = async (world, operator) => {
  assert.equal((await world.ask("tip")).batches, 0n);
  assert.equal(await world.ask("bondOf", [operator.address]), 0n);
};

test("an honest batch in a blob becomes final, and no proof works against it", async () => {
  const { world, noa, batch } = await founded();
  for (const i of [0, 1, 2, 3, 4]) await refuses("NoFraud", world.send(noa, "prove", [world.fraud(batch, i), SALT]));
  for (const cell of [0, 2, 3]) await refuses("NoFraud", world.mismatch(noa, batch, cell));
  await refuses("NoFraud", world.mislisted(noa, batch));
  await refuses("NoFraud", world.altered(noa, batch, batch, 0));
  await world.finalise();
  assert.equal(await world.ask("finalRoot"), batch.header.root);
  assert.equal(batch.header.blob, hex(blobHash(batch.blob)));
});

test("a wrong step is proven by the leaf alone", async () => {
  for (const index of [0, 1, 3, 4]) {
    const { world, noa, operator, batch } = await founded({ lies: { [index]: lie } });
    await world.promise(noa, batch, world.fraud(batch, index).segment);
    world.chain.wait(12);
    const { events } = await world.send(noa, "prove", [world.fraud(batch, index), SALT]);
    assert.equal(events.find(({ event }) => event === "Proven").challenger, noa.address);
    await fell(world, operator);
  }
});

test("a leaf that is not the blob's cell is proven wrong by opening the cell", async () => {
  // Other records, another root after the cell, a cell that the leaf leaves empty.
  const elsewhere = (cell, changes) => (leaves) => leaves.map((leaf, i) => (i === cell ? { ...leaf, ...changes } : leaf));
  const follows = (cell, post) => (leaves) =>
    leaves.map((leaf, i) => (i === cell ? { ...leaf, post } : i === cell + 1 ? { ...leaf, pre: post } : leaf));
  const cases = [[1, elsewhere(1, { input: other })], [1, follows(1, other)], [40, elsewhere(40, { input: other })]];
  for (const [cell, claims] of cases) {
    const { world, noa, operator, batch } = await founded({ claims });
    await refuses("NoFraud", world.mismatch(noa, batch, 0));
    await world.mismatch(noa, batch, cell);
    await fell(world, operator);
  }
});

test("a blob that carries other segments than it lists is proven wrong by a cell", async () => {
  const honest = await founded();
  const blob = Uint8Array.from(honest.batch.blob);
  blob[32 * 64 + 5] ^= 1; // a byte of the first record of cell 1
  const { world, noa, operator, batch } = await founded({ blob });
  await refuses("NoFraud", world.mislisted(noa, batch));
  await refuses("NoFraud", world.mismatch(noa, batch, 0));
  await world.mismatch(noa, batch, 1);
  await fell(world, operator);
});

test("a data root, or a last root, that does not follow from the blob's list is proven wrong", async () => {
  const cases = [
    { root: other },
    { state: lie }, // the head's root is another than the list's last
    // A leaf that does not go on where the one before ended: no list gives it.
    { claims: (leaves) => leaves.map((leaf, i) => (i === 2 ? { ...leaf, pre: other } : leaf)) },
    { claims: (leaves) => leaves.map((leaf, i) => (i === 0 ? { ...leaf, pre: other } : leaf)) },
    { blob: pack([bytes(7, 40)]) },
  ];
  for (const changes of cases) {
    const { world, noa, operator, batch } = await founded(changes);
    await world.mislisted(noa, batch);
    await fell(world, operator);
  }
});

test("a list is judged from the batch's own parent, and by the blob's last cells", async () => {
  const { world, noa, batch } = await founded({ root: other });
  await refuses("WrongLeaf", world.mislisted(noa, batch, batch.header));
  const [first, second] = [open(batch.blob, 62), open(batch.blob, 63)];
  const parent = world.batches[0].header;
  await refuses("NotOpened", world.dispute(noa, "mislisted", [batch.header, 62, parent, second, first]));
  await refuses("WrongCell", world.dispute(noa, "mislisted", [batch.header, 61, parent, first, second]));
  await refuses("WrongCell", world.altered(noa, batch, batch, 62));
  await refuses("WrongCell", world.dispute(noa, "mismatch", [batch.header, 62, world.leafOf(batch, 0), first]));
});

test("the next operator posts the same records in another blob; other records are proven wrong", async () => {
  const { world, noa, operator, batch } = await founded({ lies: { 3: lie } });
  await world.send(noa, "prove", [world.fraud(batch, 3), SALT]);
  await fell(world, operator);
  world.batches.splice(1);
  const records = batch.segments.map((segment) => segment.records);
  const time = { time: Number(batch.header.time) };

  const next = await world.onTurn();
  const altered = world.run([...records.slice(0, 3), R(keccak([33])), records[4]], {}, time);
  [2, 4].forEach((i) => (altered[i].apart = true));
  await world.postSegments(next, altered, { voided: batch });
  const [, changed] = world.batches;
  assert.equal(changed.header.recordsHash, batch.header.blob, "the input is the first blob's");
  await refuses("NoFraud", world.altered(noa, changed, batch, 0));
  await world.altered(noa, changed, batch, 1);
  assert.equal(await world.ask("bondOf", [next.address]), 0n);
  world.batches.splice(1);

  const third = await world.onTurn();
  const right = world.run(records, {}, time);
  [2, 4].forEach((i) => (right[i].apart = true));
  await world.postSegments(third, right, { voided: { header: changed.header } });
  const again = world.newest;
  for (const cell of [0, 1, 2]) await refuses("NoFraud", world.altered(noa, again, batch, cell));
  for (const i of [0, 3, 4]) await refuses("NoFraud", world.send(noa, "prove", [world.fraud(again, i), SALT]));
  await world.finalise();
});

test("without a blob, or with a claim that is no data root, nothing is posted", async () => {
  const { world, operator, batch } = await founded();
  const [segment] = world.run([R(keccak([5]))]);
  const head = { words: [0, 32, 64].map((i) => segment.state.words.slice(i, i + 32)), tree: segment.state.tree };
  const post = (claim, blobs) => {
    world.chain.blobs = blobs;
    return world.send(operator, "post", [batch.header, claim, head, world.chainHash(0), new Uint8Array(0)]);
  };
  const carried = [blobHash(batch.blob)];
  await refuses("NoBlob", post(other, null));
  await refuses("WrongClaim", post(other.slice(1), carried));
  await refuses("WrongClaim", post(concat(other, other), carried));
  await post(other, carried);
});

test("a proof that is not of this cell, of this blob, or was touched, opens nothing", async () => {
  const { world, noa, batch } = await founded({ claims: (leaves) => leaves.map((leaf, i) => (i === 1 ? { ...leaf, input: other } : leaf)) });
  const right = open(batch.blob, 1);
  const tries = [
    { ...right, elements: open(batch.blob, 0).elements },
    open(batch.blob, 0),
    open(pack([bytes(1, 40), bytes(2, 40)]), 1),
    { ...right, elements: right.elements.slice(32) },
    { ...right, proof: right.proof.slice(1) },
  ];
  for (const at of [3, 60, 100, 150, 200, 230]) {
    const proof = Uint8Array.from(right.proof);
    proof[at] ^= 1;
    tries.push({ ...right, proof });
  }
  for (const at of [31, 1000, 2047]) {
    const elements = Uint8Array.from(right.elements);
    elements[at] ^= 1;
    tries.push({ ...right, elements });
  }
  // The same element by another name: beyond the field's order.
  const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
  const alias = Uint8Array.from(right.elements);
  alias.set(bytes(BigInt(hex(alias.slice(0, 32))) + ORDER, 32), 0);
  tries.push({ ...right, elements: alias });
  for (const opened of tries) await refuses("NotOpened", world.mismatch(noa, batch, 1, opened));
  await world.mismatch(noa, batch, 1, right);
});

test("a dispute is one of the three, about a batch that can be challenged", async () => {
  const { world, noa, batch } = await founded();
  const send = (call) => world.send(noa, "dispute", [call, SALT]);
  await refuses("WrongClaim", send(new Uint8Array(547)));
  await refuses("NotOpen", send(new Uint8Array(548)));
  // What comes to its end without proving anything gets nobody by.
  const call = world.cells.data("mismatch", [batch.header, 0, world.leafOf(batch, 0), open(batch.blob, 0)]);
  const read = world.cells.data("read", [new Uint8Array(1984), other]);
  await refuses("WrongClaim", send(concat(read.slice(0, 4), call.slice(4))));
  await refuses("NoFraud", send(call));
});

test("a cell of any bytes is read to its end and no further", async () => {
  const { cells } = await Blobs.create();
  const root = keccak([1]);
  const full = concat(bytes(1950, 2), new Uint8Array(1950).fill(5), root);
  const check = async (content, expected) => {
    const padded = concat(content, new Uint8Array(1984 - content.length));
    for (const [i, [records, post]] of expected.entries()) {
      const found = await cells.ask("segment", [padded, i, bytes(0, 32)]);
      assert.equal(found.records, hex(records));
      assert.equal(found.post, hex(post));
      assert.equal(found.before, hex(i === 0 ? bytes(0, 32) : expected[i - 1][1]));
    }
    await refuses("NoSegment", cells.ask("segment", [padded, expected.length, bytes(0, 32)]));
    const { post } = await cells.ask("read", [padded, keccak([3])]);
    assert.equal(post, hex(expected.at(-1)?.[1] ?? keccak([3])));
  };
  await check([], []);
  await check(full, [[full.slice(2, 1952), root]]);
  await check(concat(bytes(1951, 2), new Uint8Array(1900)), []); // does not fit
  await check(concat(bytes(1, 2), [7], root, bytes(2, 2), [8, 9], keccak([2])), [[[7], root], [[8, 9], keccak([2])]]);
  await check(concat(bytes(1, 2), [7], root, bytes(1920, 2)), [[[7], root]]); // the second is cut off
});

test("the quotient's commitment is the cell's proof of EIP-7594", async () => {
  const blob = pack(Array.from({ length: CELLS }, (_, i) => concat(...Array.from({ length: 62 }, (_, j) => keccak([i, j])))));
  const { proofs } = kzg.computeCellsAndKZGProofs(hex(blob));
  for (const cell of [0, 7, 63]) assert.equal(hex(open(blob, cell).proof.slice(96, 144)), proofs[cell].toLowerCase());
  assert.deepEqual(contentOf(blob, 7).slice(0, 32), keccak([7, 0]));
});

test("a window that may outlive the blobs is refused", async () => {
  await assert.rejects(Blobs.create({ windowSeconds: 15 * 86_400, upgradeDelay: 40 * 86_400 }), { name: "BadConfig" });
});
