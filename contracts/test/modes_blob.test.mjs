// Data in blobs: what the contract is told of one, and how what is not true of it is proven.

import { test } from "node:test";
import assert from "node:assert/strict";
import { R, T, refuses, stateRoot } from "./world.mjs";
import { Blobs } from "./modes.mjs";
import { CELLS, blobHash, kzg, open, pack, contentOf } from "./blobs.mjs";
import { Contract } from "./chain.mjs";
import { artefact } from "./evm.mjs";
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
  for (const cell of [0, 1, 2, 3, 63]) await refuses("NoFraud", world.seam(noa, batch, cell));
  await refuses("NoFraud", world.alter(noa, batch, batch, 0));
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

test("leaves for a blob that carries something else are proven wrong", async () => {
  const { world, noa, operator, batch } = await founded({ blob: pack([bytes(7, 40)]) });
  await world.mismatch(noa, batch, 1);
  await fell(world, operator);
});

test("a leaf that does not go on where the one before ended is proven wrong", async () => {
  for (const cell of [0, 2, 50]) {
    const claims = (leaves) => leaves.map((leaf, i) => (i === cell ? { ...leaf, pre: other } : leaf));
    const { world, noa, operator, batch } = await founded({ claims });
    for (const right of [1, 3, 49]) await refuses("NoFraud", world.seam(noa, batch, right));
    await world.seam(noa, batch, cell);
    await fell(world, operator);
  }
});

test("a seam is shown with the batch's own parent", async () => {
  const { world, noa, batch } = await founded();
  await refuses("WrongData", world.seam(noa, batch, 0, batch.header));
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
  await refuses("NoFraud", world.alter(noa, changed, batch, 0));
  await world.alter(noa, changed, batch, 1);
  assert.equal(await world.ask("bondOf", [next.address]), 0n);
  world.batches.splice(1);

  const third = await world.onTurn();
  const right = world.run(records, {}, time);
  [2, 4].forEach((i) => (right[i].apart = true));
  await world.postSegments(third, right, { voided: { header: changed.header } });
  const again = world.newest;
  for (const cell of [0, 1, 2]) await refuses("NoFraud", world.alter(noa, again, batch, cell));
  for (const i of [0, 3, 4]) await refuses("NoFraud", world.send(noa, "prove", [world.fraud(again, i), SALT]));
  await world.finalise();
});

test("without a blob, or with a last leaf that is not under the data root, nothing is posted", async () => {
  const { world, operator } = await founded();
  const segments = world.run([R(keccak([5]))]);
  const words = world.claimWords(world.claim(segments, world.blobOf(segments), stateRoot(segments[0].before)));
  const tail = [{ words: [0, 32, 64].map((i) => segments[0].state.words.slice(i, i + 32)), tree: segments[0].state.tree }, world.chainHash(0), new Uint8Array(0)];
  const post = (claim, blobs = [blobHash(world.blobOf(segments))]) => {
    world.chain.blobs = blobs;
    return world.send(operator, "post", [world.newest.header, claim, ...tail]);
  };
  await refuses("NoBlob", post(concat(...words), null));
  await refuses("WrongClaim", post(concat(...words).slice(32)));
  for (const i of [0, 1, 2, 3, 5, 9]) {
    await refuses("WrongClaim", post(concat(...words.map((word, at) => (at === i ? other : word)))));
  }
  await post(concat(...words));
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

test("a cell of any bytes is read to its end and no further", async () => {
  const world = await Blobs.create();
  const cells = await world.ask("cells");
  const { abi } = artefact("Cells");
  const contract = new Contract(world.chain, cells, abi);
  const root = keccak([1]);
  const full = concat(bytes(1950, 2), new Uint8Array(1950).fill(5), root);
  const check = async (content, expected) => {
    const padded = concat(content, new Uint8Array(1984 - content.length));
    for (const [i, [records, post]] of expected.entries()) {
      const found = await contract.ask("segment", [padded, i, bytes(0, 32)]);
      assert.equal(found.records, hex(records));
      assert.equal(found.post, hex(post));
      assert.equal(found.before, hex(i === 0 ? bytes(0, 32) : expected[i - 1][1]));
    }
    await refuses("NoSegment", contract.ask("segment", [padded, expected.length, bytes(0, 32)]));
    const blob = pack([padded]);
    const { elements, proof } = open(blob, 0);
    const read = await contract.ask("read", [blobHash(blob), 0, keccak([3]), elements, proof]);
    assert.equal(read.input, hex(keccak(padded)));
    assert.equal(read.post, hex(expected.at(-1)?.[1] ?? keccak([3])));
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
