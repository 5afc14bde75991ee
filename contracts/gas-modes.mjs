// What each data mode costs, exact counts on an EVM of its own, for the same thousand signed orders.
//
//   node gas-modes.mjs           prints the table and writes gas-modes.json
//   node gas-modes.mjs --check   compares with what is committed
//
// Gas is that of whole transactions, calldata included (EIP-7623); a proof's is without the transition's own work, which
// is the same in every mode. A blob's own price, 131 072 blob gas, is on a market apart and not in it.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { person } from "./test/chain.mjs";
import { bytes, concat, hex, keccak, unhex } from "./test/tree.mjs";
import { World, ZERO, stateRoot } from "./test/world.mjs";
import { Blobs, Demand, Sealed, TERMS } from "./test/modes.mjs";
import { blobHash } from "./test/blobs.mjs";

const ORDERS = 1000;
const PER_SEGMENT = 16; // weight 4 each, 64 a segment
/// In a cell of a blob, 1 984 bytes, two segments of 12 orders use the room better than one of 16.
const PER_CELL_SEGMENT = 12;
const WRONG = 40; // the segment that is a lie

/// An order as a busy community writes it: slot, rank below 2 000, some kWh in Wh, a limit in n€/Wh.
function order(i) {
  const draw = (salt) => Number(BigInt(hex(keccak(bytes(i, 4), bytes(salt, 1)).slice(0, 6))));
  return concat([0x10 + (i & 1)], [draw(1) % 24], bytes(draw(2) % 2000, 3), bytes(100 + (draw(3) % 9000), 4),
    bytes(30_000 + (draw(4) % 250_000), 3));
}
/// As many bytes as a signature, as random as one.
const signature = (i) => concat(keccak(bytes(i, 4), [7]), keccak(bytes(i, 4), [8]));

const chunks = (list, size) =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => concat(...list.slice(i * size, (i + 1) * size)));
const orders = Array.from({ length: ORDERS }, (_, i) => order(i));
const signed = orders.map((bare, i) => concat(bare, signature(i)));
const signatures = orders.map((_, i) => signature(i));

/// A world with one batch of all orders posted, its first slots written before; and one with a lie.
async function posted(mode, records, attach = () => ({})) {
  const world = await mode.create();
  const operator = await world.onTurn();
  const watcher = await world.member("wanda");
  const rows = {};
  const post = async (lies) => {
    world.chain.wait(12);
    const segments = world.run(records, lies);
    segments.forEach((segment, i) => Object.assign(segment, attach(i)));
    return world.postSegments(operator, segments);
  };
  await post();
  const done = await post();
  const count = world.newest.segments.length;
  rows["post"] = { gas: done.gas, perOrder: done.gas / ORDERS, bytes: done.data.length, bytesPerOrder: done.data.length / ORDERS, segments: count };
  const forged = { ...world.newest.state, tree: keccak([1]) };
  await post({ [WRONG]: forged });
  return { world, operator, watcher, rows, wrong: world.newest };
}

/// The proof, the repost and what becomes final.
async function proven({ world, watcher, rows, wrong }, fraud = world.fraud(wrong, WRONG)) {
  await world.send(watcher, "commit", [keccak([9])], world.config.commitBond);
  world.chain.wait(12);
  const snapshot = await world.chain.snapshot();
  const { gas, data } = await world.send(watcher, "prove", [fraud, keccak([7])]);
  rows["prove"] = { gas, bytes: data.length };
  const next = await world.onTurn();
  world.batches.pop();
  const segments = world.run(wrong.segments.map(({ records }) => records), {}, { time: Number(wrong.header.time), available: Number(wrong.header.available) });
  segments.forEach((segment, i) => Object.assign(segment, { ...wrong.segments[i], ...segment }));
  if (world instanceof Blobs) {
    const again = await world.postSegments(next, segments, { voided: wrong });
    rows["repost"] = { gas: again.gas };
  } else rows["repost"] = { gas: (await world.send(next, "repost", world.repostArgs(wrong, segments))).gas };
  await world.chain.revert(snapshot);
  world.batches.splice(3, 1, wrong);
}

async function calldata() {
  const made = await posted(World, chunks(signed, PER_SEGMENT));
  await proven(made);
  return made.rows;
}

async function demand() {
  const made = await posted(Demand, chunks(orders, PER_SEGMENT), (i) =>
    ({ signatures: concat(...signatures.slice(i * PER_SEGMENT, (i + 1) * PER_SEGMENT)) }));
  const { world, operator, watcher, rows, wrong } = made;
  rows["demand, the first"] = { gas: (await world.demand(watcher, wrong, WRONG - 1)).gas };
  rows["demand"] = { gas: (await world.demand(watcher, wrong, WRONG)).gas };
  await world.show(operator, wrong, WRONG - 1);
  rows["show 16 signatures"] = { gas: (await world.show(operator, wrong, WRONG)).gas };
  await proven(made);
  await world.demand(watcher, wrong, WRONG + 1);
  world.pass();
  rows["overdue"] = { gas: (await world.overdue(watcher, wrong, WRONG + 1, watcher)).gas };
  return rows;
}

async function blobs() {
  const made = await posted(Blobs, chunks(signed, PER_CELL_SEGMENT));
  const { world, watcher, rows, wrong } = made;
  rows["post"].cells = world.cellsOf(wrong.segments).length;
  await proven(made);
  // Leaf ≠ blob, and leaves ≠ list.
  const attempt = async (changes, work) => {
    const snapshot = await world.chain.snapshot();
    await world.postSegments(await world.onTurn(), world.run(wrong.segments.map(({ records }) => records)), changes);
    const { gas, data } = await work(world.newest);
    world.batches.pop();
    await world.chain.revert(snapshot);
    return { gas, bytes: data.length };
  };
  const claims = (leaves) => leaves.map((leaf, i) => (i === 20 ? { ...leaf, input: keccak([5]) } : leaf));
  rows["mismatch, a cell opened"] = await attempt({ claims }, (batch) => world.mismatch(watcher, batch, 20));
  rows["mislisted, two cells opened"] = await attempt({ root: keccak([5]) }, (batch) => world.mislisted(watcher, batch));
  // Other records under the same input.
  await world.send(watcher, "prove", [world.fraud(wrong, WRONG), keccak([7])]);
  world.batches.pop();
  const records = wrong.segments.map(({ records }) => Uint8Array.from(records));
  records[WRONG][3] ^= 1;
  const altered = world.run(records, {}, { time: Number(wrong.header.time), available: Number(wrong.header.available) });
  await world.postSegments(await world.onTurn(), altered, { voided: wrong });
  const cell = world.cellsOf(altered).findIndex((members) => members.includes(WRONG));
  const done = await world.altered(watcher, world.newest, wrong, cell);
  rows["altered, two cells opened"] = { gas: done.gas, bytes: done.data.length };
  rows["post"].blob = blobHash(wrong.blob).length * 4096;
  return rows;
}

async function sealed() {
  const key = (i) => keccak([1], bytes(i, 4));
  const made = await posted(Sealed, chunks(signed, PER_SEGMENT), (i) => ({ key: key(i) }));
  const { world, operator, watcher, rows, wrong } = made;
  const secret = (name) => keccak(new TextEncoder().encode(name));
  const point = (of) => {
    const compressed = secp256k1.getPublicKey(of, true);
    return [compressed.slice(1), compressed[0] === 3];
  };
  const admitted = await world.demands.send(world.governor, "admit", [watcher.address, ...point(secret("wanda"))]);
  rows["admit a reader"] = { gas: admitted.gas };
  const ask = (index) => world.demand(watcher, wrong, index, point(secret(`question ${index}`)));
  const answer = (index, text) => {
    const [x, odd] = point(secret(`answer ${index}`));
    const product = secp256k1.getSharedSecret(secret(`answer ${index}`), secp256k1.getPublicKey(secret(`question ${index}`), true), false);
    const pad = keccak(keccak(product.slice(1)).slice(12), unhex(wrong.header.parent));
    const hidden = text.map((byte, i) => byte ^ pad[i]);
    return { said: { point: x, odd, hidden }, args: [wrong.header, index, watcher.address, x, odd, hidden] };
  };
  await ask(WRONG - 1);
  rows["demand"] = { gas: (await ask(WRONG)).gas };
  await world.demands.send(operator, "answer", answer(WRONG - 1, key(WRONG - 1)).args);
  const { args } = answer(WRONG, key(WRONG));
  rows["answer"] = { gas: (await world.demands.send(operator, "answer", args)).gas };
  await proven(made);
  await ask(WRONG + 1);
  const false_ = answer(WRONG + 1, keccak([3]));
  await world.demands.send(operator, "answer", false_.args);
  const { pre, path } = world.leaf(wrong, WRONG + 1);
  const segment = wrong.segments[WRONG + 1];
  const leaf = { pre, text: keccak(world.partOf(segment)), keyHash: keccak(segment.key), post: segment.root, path };
  const refutation = { segment: WRONG + 1, secret: BigInt(hex(secret(`question ${WRONG + 1}`))), ...false_.said, ...leaf };
  rows["refute"] = { gas: (await world.demands.send(watcher, "refute", [wrong.header, refutation])).gas };
  return rows;
}

const MODES = { calldata, demand, blobs, sealed };

async function main() {
  const path = new URL("./gas-modes.json", import.meta.url);
  const all = {};
  for (const [name, measure] of Object.entries(MODES)) {
    all[name] = await measure();
    for (const [row, { gas, perOrder, bytes: size }] of Object.entries(all[name])) {
      console.log(name.padEnd(9), row.padEnd(24), String(gas).padStart(9), perOrder ?? "", size ? `${size} bytes` : "");
    }
  }
  const text = JSON.stringify(all, null, 1) + "\n";
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
    console.error("gas-modes.json is not what the modes cost: run node gas-modes.mjs and commit it");
    process.exit(1);
  }
}

await main();
