// Signs of attention: some batches ask a watcher for an account of their state.

import { test } from "node:test";
import assert from "node:assert/strict";
import { ACCOUNT, T, World, accountWords, genesisState, headOf, path, refuses, threeWords } from "./world.mjs";
import { encode } from "./abi.mjs";
import { Tree, concat, hex, keccak } from "./tree.mjs";

const ATTENTION = 16n;
const ACCOUNTS = 5;

function lot(batch, who) {
  return BigInt(hex(keccak(encode([{ type: "bytes32" }, { type: "address" }], [batch.hash, who.address]))));
}

test("a watcher that is asked shows the account drawn by lot; nobody else can", async () => {
  const leaves = new Map();
  const owner = "0x" + "11".repeat(20);
  for (let i = 0; i < ACCOUNTS; i++) leaves.set(ACCOUNT + i, accountWords(owner, BigInt(i + 1)));
  const tree = new Tree(leaves);
  const world = await World.create({}, genesisState(tree.root(), { accounts: ACCOUNTS }));
  const [ada] = world.operators;
  const wanda = await world.member("wanda");
  const answer = (batch, account) =>
    [batch.header, headOf(batch.state), threeWords(leaves.get(ACCOUNT + account)), path(tree, ACCOUNT + account)];
  let asked = 0;
  for (let i = 0; i < 64; i++) {
    world.chain.wait(12);
    await world.post(ada, [T(i)]);
    const batch = world.newest;
    const account = Number((lot(batch, wanda) / ATTENTION) % BigInt(ACCOUNTS));
    if (lot(batch, wanda) % ATTENTION !== 0n) {
      await refuses("NotAsked", world.send(wanda, "attest", answer(batch, account)));
      continue;
    }
    asked++;
    await refuses("NotInState", world.send(wanda, "attest", answer(batch, (account + 1) % ACCOUNTS)));
    const { events } = await world.send(wanda, "attest", answer(batch, account));
    const { number, root } = batch.header;
    assert.deepEqual(events, [{ event: "Attested", watcher: wanda.address, number, root }]);
    assert.equal(await world.ask("lastSeen", [wanda.address]), number);
  }
  assert.ok(asked > 0 && asked < 16, `${asked} of 64 batches asked`);
  await world.finalise();
  const [, first] = world.batches;
  await refuses("NotOpen", world.send(wanda, "attest", answer(first, 0)));
});

test("a state without accounts asks nobody", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  await world.post(ada, [T(1)]);
  const nothing = new Uint8Array(32);
  for (let i = 0; i < 40; i++) {
    const who = await world.member(`w${i}`);
    const args = [world.newest.header, headOf(world.newest.state), [nothing, nothing, nothing], concat(new Uint8Array(4))];
    await refuses("NotAsked", world.send(who, "attest", args));
  }
});
