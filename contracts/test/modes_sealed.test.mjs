// Batches that only registered watchers can read: keys on demand, keys withheld, keys that are none.

import { test } from "node:test";
import assert from "node:assert/strict";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { R, T, ZERO, refuses, stateRoot } from "./world.mjs";
import { CONFIG, Sealed, TERMS, xor } from "./modes.mjs";
import { bytes, concat, hex, keccak, unhex } from "./tree.mjs";

const SALT = keccak([7]);
const text = (words) => new TextEncoder().encode(words);
const secret = (name) => keccak(text(`secret of ${name}`));

/// A public key as the contract takes it: first coordinate, parity of the second.
function point(of) {
  const compressed = secp256k1.getPublicKey(of, true);
  return [compressed.slice(1), compressed[0] === 3];
}
/// keccak256(address of the product ‖ context)
function pad(mine, theirs, context) {
  const product = secp256k1.getSharedSecret(mine, secp256k1.getPublicKey(theirs, true), false);
  return keccak(keccak(product.slice(1)).slice(12), unhex(context));
}
const hide = (key, mask) => key.map((byte, i) => byte ^ mask[i]);

async function founded({ lies = {} } = {}) {
  const world = await Sealed.create();
  const [noa, spam, stranger] = [await world.member("noa"), await world.member("spam"), await world.member("stranger")];
  for (const reader of [noa, spam]) {
    await world.demands.send(world.governor, "admit", [reader.address, ...point(secret(reader.name))]);
  }
  const operator = await world.onTurn();
  const segments = world.run([T(world.chain.now), R(keccak([1])), R(keccak([2]))], lies);
  segments.forEach((segment, i) => (segment.key = keccak(text(`key ${i}`))));
  await world.postSegments(operator, segments);
  const batch = world.newest;
  /// Answers with a key; returns what was said.
  const answer = async (index, who, question, key = batch.segments[index].key, from = operator) => {
    const mine = secret(`answer ${index} ${who.name}`);
    const hidden = hide(key, pad(mine, question, batch.header.parent));
    const [x, odd] = point(mine);
    await world.demands.send(from, "answer", [batch.header, index, who.address, x, odd, hidden]);
    return { point: x, odd, hidden };
  };
  const refute = (who, index, question, said) => {
    const { pre, path } = world.leaf(batch, index);
    const { key, root } = batch.segments[index];
    const leaf = { pre, text: keccak(world.partOf(batch.segments[index])), keyHash: keccak(key), post: root, path };
    const refutation = { segment: index, secret: BigInt(hex(question)), ...said, ...leaf };
    return world.demands.send(who, "refute", [batch.header, refutation]);
  };
  return { world, noa, spam, stranger, operator, batch, answer, refute };
}

test("what was posted sealed becomes final, and the chain does not show a record", async () => {
  const { world, noa, batch } = await founded();
  await refuses("NoFraud", world.send(noa, "prove", [world.fraud(batch, 1), SALT]));
  const posted = hex(world.dataOf(batch.segments));
  for (const { records } of batch.segments) assert.ok(!posted.includes(hex(records).slice(2)));
  await world.finalise();
  assert.equal(await world.ask("finalRoot"), batch.header.root);
});

test("a reader with the key proves a lie by showing that segment's key", async () => {
  const lie = { words: bytes(0, 96), tree: keccak([9]) };
  const { world, noa, operator, batch } = await founded({ lies: { 1: lie } });
  await world.promise(noa, batch, 1);
  world.chain.wait(12);
  const { data, events } = await world.send(noa, "prove", [world.fraud(batch, 1), SALT]);
  assert.equal(events.find(({ event }) => event === "Proven").challenger, noa.address);
  const shown = hex(data);
  assert.ok(shown.includes(hex(batch.segments[1].key).slice(2)));
  for (const other of [0, 2]) assert.ok(!shown.includes(hex(batch.segments[other].key).slice(2)), "no other key");
  world.batches.splice(1);

  const segments = world.run(batch.segments.map(({ records }) => records), {}, { time: Number(batch.header.time) });
  segments.forEach((segment, i) => (segment.key = batch.segments[i].key));
  const next = await world.onTurn();
  assert.notEqual(next.address, operator.address);
  const done = await world.send(next, "repost", world.repostArgs(batch, segments));
  world.batches.push({ ...done.events.at(-1), state: segments.at(-1).state, segments });
  await world.finalise();
});

test("another key opens nothing", async () => {
  const { world, noa, batch } = await founded({ lies: { 1: { words: bytes(0, 96), tree: keccak([9]) } } });
  const fraud = world.fraud(batch, 1);
  const other = concat(keccak([3]), fraud.records.slice(32));
  await refuses("WrongData", world.send(noa, "prove", [{ ...fraud, records: other }, SALT]));
});

test("a demanded key is read by who asked, and by nobody else", async () => {
  const { world, noa, spam, operator, batch, answer } = await founded();
  const question = secret("question");
  await world.demand(noa, batch, 1, point(question));
  const said = await answer(1, noa, question);
  const { key } = batch.segments[1];
  const mask = pad(question, secret(`answer 1 noa`), batch.header.parent);
  assert.deepEqual(hide(said.hidden, mask), key);
  const wrong = pad(secret("spam"), secret(`answer 1 noa`), batch.header.parent);
  assert.notDeepEqual(hide(said.hidden, wrong), key);
  assert.equal(await world.demands.ask("claimable", [operator.address]), TERMS.deposit);
  assert.equal((await world.demands.ask("demandOf", [batch.hash, 1, spam.address])).state, 0n);
});

test("a wrong answer is shown to be wrong by the one-time secret, and the batch falls", async () => {
  const { world, noa, operator, batch, answer, refute } = await founded();
  const question = secret("question");
  await world.demand(noa, batch, 1, point(question));
  const said = await answer(1, noa, question, keccak([13]));
  await refuses("NoPoint", refute(noa, 1, secret("another"), said));
  await refuses("GoodAnswer", refute(noa, 1, question, { ...said, hidden: keccak([1]) }));
  await refuses("NotDemanded", refute(await world.member("spam"), 1, question, said));
  await refute(noa, 1, question, said);
  assert.equal(await world.ask("bondOf", [operator.address]), 0n);
  assert.equal(await world.ask("claimable", [noa.address]), CONFIG.bond * 2n / 5n);
  assert.equal((await world.ask("tip")).batches, 0n);
});

test("an answer that is no point of the curve is a wrong one", async () => {
  const { world, noa, operator, batch, refute } = await founded();
  const question = secret("question");
  await world.demand(noa, batch, 1, point(question));
  const none = { point: bytes(5, 32), odd: false, hidden: ZERO }; // x = 5 is on no point of secp256k1
  await world.demands.send(operator, "answer", [batch.header, 1, noa.address, none.point, none.odd, none.hidden]);
  await refute(noa, 1, question, none);
  assert.equal((await world.ask("tip")).batches, 0n);
});

test("a right answer cannot be refuted", async () => {
  const { world, noa, batch, answer, refute } = await founded();
  const question = secret("question");
  await world.demand(noa, batch, 1, point(question));
  const said = await answer(1, noa, question);
  await refuses("GoodAnswer", refute(noa, 1, question, said));
  world.extension();
  await world.finalise();
});

test("who withholds a key loses the batch, and the segment is void for everybody", async () => {
  const { world, noa, operator, batch, answer } = await founded();
  const question = secret("question");
  await world.demand(noa, batch, 1, point(question));
  world.pass();
  await refuses("AnswerTooLate", answer(1, noa, question));
  await world.overdue(noa, batch, 1, noa);
  assert.equal(await world.ask("bondOf", [operator.address]), 0n);

  const next = await world.onTurn();
  const records = batch.segments.map(({ records }, i) => (i === 1 ? new Uint8Array([0]) : records));
  const segments = world.run(records, {}, { time: Number(batch.header.time) });
  segments.forEach((segment, i) => (segment.key = i === 1 ? ZERO : batch.segments[i].key));
  const args = world.repostArgs(batch, segments, { records: batch.segments.map((segment) => world.inputOf(segment)) });
  const done = await world.send(next, "repost", args);
  world.batches.push({ ...done.events.at(-1), state: segments.at(-1).state, segments });
  assert.equal(hex(world.inputOf(segments[1])), await world.demands.ask("voidInput"));
  for (const i of [0, 1, 2]) await refuses("NoFraud", world.send(noa, "prove", [world.fraud(world.newest, i), SALT]));
  await world.finalise();
});

test("strangers get no keys, and only the operator answers", async () => {
  const { world, noa, stranger, batch, answer } = await founded();
  const question = secret("question");
  await refuses("NotReader", world.demand(stranger, batch, 1, point(question)));
  await refuses("NoPoint", world.demand(noa, batch, 1, [bytes(5, 32), false]));
  await world.demand(noa, batch, 1, point(question));
  await refuses("NotByOperator", answer(1, noa, question, undefined, stranger));
});

test("each reader demands for itself", async () => {
  const { world, noa, spam, batch, answer } = await founded();
  const [first, second] = [secret("first"), secret("second")];
  await world.demand(noa, batch, 1, point(first));
  await world.demand(spam, batch, 1, point(second));
  await refuses("AlreadyDemanded", world.demand(noa, batch, 1, point(second)));
  await answer(1, noa, first);
  world.chain.wait(10 * CONFIG.windowSeconds, 10 * CONFIG.windowBlocks);
  await refuses("WindowOpen", world.send(noa, "finalise", [[batch.header]]));
});

test("the governor admits readers, gives no place twice, and ends admissions", async () => {
  const { world, noa, stranger, batch } = await founded();
  await refuses("NotGovernor", world.demands.send(stranger, "admit", [stranger.address, ...point(secret("stranger"))]));
  await refuses("NoPoint", world.demands.send(world.governor, "admit", [stranger.address, bytes(5, 32), false]));
  await world.demands.send(world.governor, "admit", [noa.address, ZERO, false]);
  await refuses("NotReader", world.demand(noa, batch, 1, point(secret("question"))));
  const { events } = await world.demands.send(world.governor, "admit", [noa.address, ...point(secret("anew"))]);
  assert.equal(events[0].place, 3n);
});

test("the contract opens what was sealed, of any length", async () => {
  const world = await Sealed.create();
  for (const size of [0, 1, 31, 32, 33, 64, 500, 2048]) {
    const records = Uint8Array.from({ length: size }, (_, i) => i % 251);
    const key = keccak(bytes(size, 4));
    const { records: opened, input } = await world.demands.ask("reveal", [concat(key, xor(key, records))]);
    assert.equal(opened, hex(records));
    assert.equal(input, hex(keccak(keccak(xor(key, records)), keccak(key))));
  }
});
