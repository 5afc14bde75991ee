// Signatures on demand, with the transition that members live under: who lies, withholds or spams, and what becomes of it.

import { test } from "node:test";
import assert from "node:assert/strict";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ACCOUNT, UNIT, WITHDRAWAL, dataPath, headOf, path, refuses, stateRoot, withdrawalLeaf } from "./world.mjs";
import { CONFIG, Demand, TERMS } from "./modes.mjs";
import { person } from "./chain.mjs";
import { artefact } from "./evm.mjs";
import { Tree, bytes, concat, keccak, unhex } from "./tree.mjs";

const MEMBER = 6;
const SALT = keccak([7]);
const DOMAIN = keccak([1]);
const mia = person("mia");

function words({ queue = 0, money = 0n, withdrawals = 0 }) {
  const first = [[0, 5], [7, 4], [0, 4], [withdrawals, 4], [queue, 8], [0, 2], [0, 5]];
  const second = [[900, 4], [3600, 4], [96, 2], [1, 1], [money, 16], [0, 5]]; // everything is signed
  return concat(...[...first, ...second].map(([value, size]) => bytes(value, size)), DOMAIN);
}
const account = (nonce, balance) =>
  concat(unhex(mia.address), bytes(nonce, 8), bytes(0, 4), bytes(balance, 16), bytes(0, 16), new Uint8Array(32));
const state = (fields, leaves) => {
  const full = new Tree(new Map(leaves));
  return { words: words(fields), tree: full.root(), full };
};
const genesis = state({}, [[ACCOUNT + MEMBER, account(0, 0n)]]);
const credited = state({ queue: 1, money: 1_000n }, [[ACCOUNT + MEMBER, account(0, 1_000n)]]);
const paidOut = state({ queue: 1, money: 600n, withdrawals: 1 }, [
  [ACCOUNT + MEMBER, account(1, 600n)],
  [WITHDRAWAL, withdrawalLeaf(mia.address, 400n)],
]);

const text = (words) => keccak(new TextEncoder().encode(words));
/// A withdrawal of 400 n€, the member's first command, signed by somebody, in 64 bytes (EIP-2098).
function signature(who) {
  const type = text("Withdraw(uint32 account,int256 amountNano,uint64 nonce)");
  const digest = keccak([0x19, 0x01], DOMAIN, keccak(type, bytes(MEMBER, 32), bytes(400, 32), bytes(1, 32)));
  const recovered = secp256k1.sign(digest, who.key, { prehash: false, format: "recovered" });
  const compact = recovered.slice(1);
  compact[32] |= recovered[0] << 7;
  return compact;
}
const WITHDRAW = concat([0x28], bytes(MEMBER, 4), bytes(400, 16));

const segment = (records, before, after, said = after, signatures = undefined) =>
  ({ records: Uint8Array.from(records), signatures, before, after, state: said, root: stateRoot(said) });
const deposit = () => segment([2, 1], genesis, credited);
const paid = (signatures = signature(mia)) => segment(WITHDRAW, credited, paidOut, paidOut, signatures);
/// The operator signs in the member's place and goes on as if that were good.
const forged = () => segment(WITHDRAW, credited, credited, paidOut, signature(person("ada")));

async function founded(segments) {
  const world = await Demand.create({}, genesis, { transition: artefact("Transition") });
  const noa = await world.member("noa");
  const spam = await world.member("spam");
  await world.deposit(noa, MEMBER, 1_000n);
  const operator = await world.onTurn();
  await world.postSegments(operator, segments());
  return { world, noa, spam, operator, batch: world.newest };
}
const proof = (world, batch, index) =>
  ({ ...world.fraud(batch, index), witness: batch.segments[index].before.full.witness(batch.segments[index].before.words, [ACCOUNT + MEMBER, WITHDRAWAL].slice(0, index + 1)) });
const owed = (world, who) => world.demands.ask("claimable", [who.address]);

test("what was posted without signatures becomes final, and pays", async () => {
  const { world, noa, batch } = await founded(() => [deposit(), paid()]);
  await refuses("NoFraud", world.send(noa, "prove", [proof(world, batch, 1), SALT]));
  await world.finalise();
  await world.send(noa, "withdraw", [0, mia.address, 400n, headOf(paidOut), path(paidOut.full, WITHDRAWAL)]);
  assert.equal(await world.balance(mia.address), 400n * UNIT);
});

test("a forged order is shown on demand and proven wrong, and the next operator goes on", async () => {
  const { world, noa, operator, batch } = await founded(() => [deposit(), forged()]);
  await world.demand(noa, batch, 1);
  await world.show(operator, batch, 1);
  assert.equal(await owed(world, operator), TERMS.deposit, "an answered demand pays the answer");
  await world.promise(noa, batch, 1);
  world.chain.wait(12);
  const { events } = await world.send(noa, "prove", [proof(world, batch, 1), keccak([7])]);
  assert.equal(events.find(({ event }) => event === "Proven").challenger, noa.address);
  assert.equal(await world.ask("bondOf", [operator.address]), 0n);
  world.batches.splice(1);

  // The signature stays what it is, so the record is refused and the root says so.
  const right = [deposit(), segment(WITHDRAW, credited, credited, credited, signature(person("ada")))];
  const next = await world.onTurn();
  assert.notEqual(next.address, operator.address);
  const done = await world.send(next, "repost", world.repostArgs(batch, right));
  world.batches.push({ ...done.events.at(-1), state: credited, segments: right });
  await refuses("NoFraud", world.send(noa, "prove", [proof(world, world.newest, 1), SALT]));
  await world.finalise();
  assert.equal(await world.ask("finalRoot"), world.newest.header.root);
});

test("where no signature matters a lie is proven in one transaction", async () => {
  const { world, noa, batch } = await founded(() => [segment([2, 1], genesis, credited, genesis)]);
  await world.send(noa, "prove", [proof(world, batch, 0), SALT]);
  assert.equal((await world.ask("tip")).batches, 0n);
});

test("who does not show what was demanded loses the batch and the bond, and only its own segment is void", async () => {
  const { world, noa, operator, batch } = await founded(() => [deposit(), paid()]);
  await world.demand(noa, batch, 1);
  await refuses("AnswerNotDue", world.overdue(noa, batch, 1, noa));
  world.pass();
  await refuses("AnswerTooLate", world.show(operator, batch, 1));
  const { events } = await world.overdue(await world.member("anybody"), batch, 1, noa);
  assert.equal(events.at(-1).event, "Defaulted");
  assert.equal(await owed(world, noa), TERMS.deposit, "the deposit returns");
  assert.equal(await world.ask("claimable", [noa.address]), CONFIG.bond * 2n / 5n, "and the reward comes with it");
  assert.equal(await world.ask("bondOf", [operator.address]), 0n);
  assert.equal(await world.ask("burnt"), CONFIG.bond * 3n / 5n);

  // The next operator cannot take the withheld segment in, only its void form.
  const next = await world.onTurn();
  const taken = world.repostArgs(batch, [deposit(), paid()]);
  const done = await world.send(next, "repost", taken);
  const lied = { ...done.events.at(-1), segments: [deposit(), { ...paid(), records: new Uint8Array([0]), signatures: undefined, after: credited }] };
  await world.send(noa, "prove", [proof(world, lied, 1), SALT]);

  const third = await world.onTurn();
  const hollow = segment([0], credited, credited);
  const again = await world.send(third, "repost", world.repostArgs({ header: lied.header }, [deposit(), hollow]));
  world.batches.push({ ...again.events.at(-1), state: credited, segments: [deposit(), hollow] });
  await refuses("NoFraud", world.send(noa, "prove", [proof(world, world.newest, 1), SALT]));
  await world.finalise();
  assert.equal(await world.ask("finalRoot"), world.newest.header.root);
});

test("only what the leaf binds answers a demand, and it may come from anybody", async () => {
  const { world, noa, spam, operator, batch } = await founded(() => [deposit(), paid()]);
  await refuses("NotDemanded", world.show(operator, batch, 1));
  await world.demand(noa, batch, 1);
  await refuses("WrongSegment", world.show(operator, batch, 1, signature(person("ada"))));
  await refuses("WrongSegment", world.show(operator, batch, 1, new Uint8Array(0)));
  await world.show(spam, batch, 1);
  assert.equal(await owed(world, spam), TERMS.deposit);
  await refuses("NotDemanded", world.show(operator, batch, 1));
  const before = await world.balance(spam.address);
  await world.demands.send(spam, "collect");
  assert.equal((await world.balance(spam.address)) - before, TERMS.deposit);
  assert.equal(await world.balance(world.demands.address), 0n);
});

test("a demand names a segment that there is, once, with its deposit, within the window", async () => {
  const { world, noa, spam, batch } = await founded(() => [deposit(), paid()]);
  await refuses("WrongSegment", world.demand(noa, batch, 2));
  await refuses("WrongDeposit", world.demand(noa, batch, 1, [], TERMS.deposit - 1n));
  await refuses("NotOpen", world.demand(noa, { header: { ...batch.header, root: "0x" + "11".repeat(32) } }, 1));
  world.chain.wait(CONFIG.windowSeconds, CONFIG.windowBlocks);
  await world.demand(noa, batch, 1); // the last second of the window
  await refuses("AlreadyDemanded", world.demand(spam, batch, 1));
  world.chain.wait(1, 1);
  await refuses("WindowOver", world.demand(spam, batch, 0));
});

test("a demand in the window's last second has its answer and its proof", async () => {
  const { world, noa, operator, batch } = await founded(() => [deposit(), forged()]);
  world.chain.wait(CONFIG.windowSeconds, CONFIG.windowBlocks);
  await world.demand(noa, batch, 1);
  world.chain.wait(TERMS.answerSeconds, TERMS.answerBlocks);
  await refuses("WindowOpen", world.send(operator, "finalise", [[batch.header]]));
  await world.show(operator, batch, 1); // the last second of the answer
  world.chain.wait(TERMS.answerSeconds, TERMS.answerBlocks);
  await refuses("WindowOpen", world.send(operator, "finalise", [[batch.header]]));
  await world.send(noa, "prove", [proof(world, batch, 1), SALT]);
});

test("while a demand is open nothing is final, however late it is", async () => {
  const { world, noa, operator, batch } = await founded(() => [deposit(), paid()]);
  await world.demand(noa, batch, 1);
  world.chain.wait(10 * CONFIG.windowSeconds, 10 * CONFIG.windowBlocks);
  await refuses("WindowOpen", world.send(operator, "finalise", [[batch.header]]));
  await world.overdue(noa, batch, 1, noa);
  await refuses("NotNext", world.send(operator, "finalise", [[batch.header]]));
});

test("however many demands come, finality moves by less than a window", async () => {
  const segments = () => [deposit(), ...Array.from({ length: 12 }, () => segment([0], credited, credited))];
  const { world, spam, operator, batch } = await founded(segments);
  const steps = batch.segments.length;
  const start = world.chain.now;
  for (let i = 0; i < steps; i++) {
    const left = start + CONFIG.windowSeconds - world.chain.now;
    world.chain.wait(Math.floor(left / (steps - i)), i % 2);
    await world.demand(spam, batch, i);
    await world.show(operator, batch, i);
  }
  assert.equal(world.chain.now, start + CONFIG.windowSeconds);
  world.extension();
  world.chain.wait(0, CONFIG.windowBlocks);
  await world.send(operator, "finalise", [[batch.header]]);
  assert.ok(world.chain.now - start <= 2 * CONFIG.windowSeconds);
  assert.equal(await owed(world, operator), TERMS.deposit * BigInt(steps), "and all of it is paid");
});

test("a demand dies with its batch and the deposit returns", async () => {
  const { world, noa, operator } = await founded(() => [deposit(), forged()]);
  const first = world.newest;
  await world.postSegments(operator, [segment([0], paidOut, paidOut)]);
  const second = world.newest;
  await world.demand(noa, second, 0);
  await refuses("Stands", world.demands.send(noa, "reclaim", [second.header, 0, noa.address]));
  await world.send(noa, "prove", [proof(world, first, 1), SALT]);
  await refuses("NotOpen", world.demands.send(noa, "overdue", [second.header, 0, noa.address]));
  await world.demands.send(noa, "reclaim", [second.header, 0, noa.address]);
  assert.equal(await owed(world, noa), TERMS.deposit);
  await refuses("NotDemanded", world.demands.send(noa, "reclaim", [second.header, 0, noa.address]));
});

test("only the contract that takes demands can say that one was not answered", async () => {
  const { world, noa, batch } = await founded(() => [deposit(), paid()]);
  await refuses("NotDemands", world.send(noa, "forfeit", [batch.header, 1, noa.address]));
});

test("more signatures than records, fewer, or no records at all make a void segment", async () => {
  const world = await Demand.create();
  const reveal = async (bare, signatures) =>
    (await world.demands.ask("reveal", [concat(bytes(bare.length, 2), bare, signatures)])).records;
  const one = signature(mia);
  const check = async (bare, signatures, expected) =>
    assert.deepEqual(unhex(await reveal(bare, signatures)), Uint8Array.from(expected));
  await check(WITHDRAW, one, concat(WITHDRAW, one));
  await check([2, 1], [], [2, 1]);
  await check(concat([2, 1], WITHDRAW, [0x42, 0], WITHDRAW), concat(one, one), concat([2, 1], WITHDRAW, one, [0x42, 0], WITHDRAW, one));
  await check(WITHDRAW, [], [0]);
  await check(WITHDRAW, one.slice(1), [0]);
  await check(WITHDRAW, concat(one, one), [0]);
  await check([2, 1], one, [0]);
  await check(WITHDRAW.slice(1), one, [0]);
  await check([0x46, 2, 0, 0, 1], [], [0]);
  await check([0x46, 1, 0, 0, 1], [], [0x46, 1, 0, 0, 1]);
  await check([], [], []);
});

test("terms that leave no time, or more than a window, are refused", async () => {
  const build = (terms) => Demand.create({}, undefined, { terms: [{ ...TERMS, ...terms }] });
  for (const terms of [{ answerSeconds: 0 }, { answerSeconds: 1801 }, { answerBlocks: 0 }, { answerBlocks: 6 }, { deposit: 0 }]) {
    await assert.rejects(build(terms), { name: /BadTerms|0x/ });
  }
});
