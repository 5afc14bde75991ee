// What the contract costs, exact counts on an EVM of its own.
//
//   node gas.mjs           prints the table and writes gas.json
//   node gas.mjs --check   compares with what is committed
//
// With MONEY=token the same where money is a token, in gas-token.json. The token is test/Token.sol, plain; who pays
// approves just this payment before, in a transaction that is not in the figures.
//
// Gas is that of whole transactions, calldata included (EIP-7623: never less than 40 a non-zero byte and 10 a zero
// byte, above the base of 21 000).

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dataGas, person } from "./test/chain.mjs";
import { Tree, bytes, concat, hex, keccak } from "./test/tree.mjs";
import {
  ACCOUNT, EURO, T, UNIT, WITHDRAWAL, World, accountWords, genesisState, headOf, path, threeWords, withdrawalLeaf,
} from "./test/world.mjs";

const TOKEN = process.env.MONEY === "token";
const ORDERS = 1000;
const PER_SEGMENT = 16; // weight 4 each, 64 a segment

/// An order as a busy community writes it: slot, rank below 2 000, some kWh in Wh, a limit in n€/Wh.
function order(i) {
  const draw = (salt) => Number(BigInt(hex(keccak(bytes(i, 4), bytes(salt, 1)).slice(0, 6))));
  return concat([0x10 + (i & 1)], [draw(1) % 24], bytes(draw(2) % 2000, 3), bytes(100 + (draw(3) % 9000), 4),
    bytes(30_000 + (draw(4) % 250_000), 3));
}

/// The dearest there is: no byte is zero.
const fullOrder = () => new Uint8Array(12).fill(0x55);

const chunks = (list, size) =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => concat(...list.slice(i * size, (i + 1) * size)));

/// 2 000 members' accounts, 100 withdrawals.
function community(who) {
  const leaves = new Map();
  for (let i = 0; i < 2000; i++) leaves.set(ACCOUNT + i, accountWords(who.address, 1_000_000_000n + BigInt(i)));
  for (let i = 0; i < 100; i++) leaves.set(WITHDRAWAL + i, withdrawalLeaf(who.address, 500_000_000n + BigInt(i)));
  return new Tree(leaves);
}

async function measure() {
  const rows = {};
  const member = person("mia");
  const tree = community(member);
  const state = genesisState(tree.root(), { accounts: 2000, withdrawals: 100 });
  const world = await World.create({}, state);
  const [ada, bo] = world.operators;
  const watcher = await world.member("wanda");
  await world.fund(member, 1_000_000n * EURO);
  rows["deployment"] = { gas: world.rollup.gas };

  rows["deposit, the first of all"] = { gas: (await world.deposit(member, 1, 1_000_000_000_000n)).gas };
  rows["deposit"] = { gas: (await world.deposit(member, 7, 12_345_678_901n)).gas };
  if (TOKEN) Object.assign(rows, await approving(world, member));
  rows["force, a withdrawal of 85 bytes"] = { gas: (await world.force(member, keccakBytes(85))).gas };

  /// Posts these records and says what an order's share is.
  const posting = async (records) => {
    world.chain.wait(12);
    const done = await world.post(ada, records);
    const segments = world.newest.segments.length;
    const [floor] = dataGas(done.data);
    const of = (part) => dataGas(part)[0];
    const recordBytes = concat(...records);
    return {
      gas: done.gas,
      segments,
      bytes: done.data.length,
      floor: 21_000 + floor,
      executed: done.gas > 21_000 + floor,
      records: { bytes: recordBytes.length, gas: of(recordBytes) },
      roots: { bytes: 32 * segments, gas: of(concat(...world.newest.segments.map(({ root }) => root))) },
    };
  };
  await posting([T(world.chain.now)]);
  rows["post, one tick"] = await posting([T(world.chain.now)]);
  const orders = Array.from({ length: ORDERS }, (_, i) => order(i));
  rows["post, 1000 orders"] = await posting(chunks(orders, PER_SEGMENT));
  rows["post, 1000 orders without a zero byte"] = await posting(chunks(orders.map(fullOrder), PER_SEGMENT));
  for (const name of ["post, 1000 orders", "post, 1000 orders without a zero byte"]) {
    rows[name].perOrder = rows[name].gas / ORDERS;
  }

  // 63 segments, one of them a lie.
  const forged = { ...world.newest.state, tree: keccak([1]) };
  await world.post(ada, chunks(orders, PER_SEGMENT), { lies: { 40: forged } });
  const wrong = world.newest;
  rows["commit"] = { gas: (await world.promise(watcher, wrong, 40)).gas };
  world.chain.wait(12);
  rows["prove, without the transition's own work"] = { gas: (await world.prove(watcher, wrong, 40)).gas };
  rows["repost, 63 segments"] = { gas: (await world.repost(bo, wrong)).gas };
  world.chain.wait(world.config.revealSeconds + 1);
  rows["reward"] = { gas: (await world.send(watcher, "reward", [wrong.hash])).gas };
  rows["collect"] = { gas: (await world.send(watcher, "collect")).gas };
  const final = await world.finalise();
  rows["finalise, 5 batches"] = { gas: final.gas };

  const head = () => headOf(world.newest.state);
  const pay = async (i) => {
    const { gas } = await world.send(watcher, "withdraw", [i, member.address, 500_000_000n + BigInt(i), head(), path(tree, WITHDRAWAL + i)]);
    return { gas };
  };
  rows["withdraw, the first of 256"] = await pay(0);
  rows["withdraw"] = await pay(1);
  Object.assign(rows, await amongMany());

  world.chain.wait(world.config.exitDelay + 1);
  rows["freeze"] = { gas: (await world.send(watcher, "freeze", [world.newest.header])).gas };
  const leave = async (i) => {
    const words = accountWords(member.address, 1_000_000_000n + BigInt(i));
    const { gas } = await world.send(watcher, "exit", [i, threeWords(words), head(), path(tree, ACCOUNT + i)]);
    return { gas };
  };
  rows["exit, the first of 256"] = await leave(0);
  rows["exit"] = await leave(1);
  rows["refund of a deposit"] = { gas: (await world.send(watcher, "refund", [0, world.items[0], head()])).gas };
  return rows;
}

/// A withdrawal whose path has the siblings that it has among 2²⁰ others, and one to an address that never had coin.
async function amongMany() {
  const [member, stranger] = [person("mia"), person("a stranger")];
  const leaves = new Map([[ACCOUNT, accountWords(member.address, 1n)]]);
  const put = (i, to) => leaves.set(WITHDRAWAL + i, withdrawalLeaf(to.address, 5_000_000_000n));
  [0, 1, 2, 3].forEach((i) => put(i, i === 3 ? stranger : member));
  for (let bit = 2; bit < 20; bit++) put(2 ** bit, member);
  const tree = new Tree(leaves);
  const world = await World.create({}, genesisState(tree.root()));
  await world.fund(member, EURO * 1000n);
  await world.deposit(member, 0, 20_000_000_000n);
  const pay = async (i, to) => {
    const args = [i, to.address, 5_000_000_000n, headOf(world.newest.state), path(tree, WITHDRAWAL + i)];
    return { gas: (await world.send(member, "withdraw", args)).gas };
  };
  return {
    "withdraw, among 2^20, the first of 256": await pay(0, member),
    "withdraw, among 2^20": await pay(1, member),
    "withdraw, among 2^20, to who never had coin": await pay(3, stranger),
  };
}

/// What is beside a deposit in tokens: the approval, or both in one.
async function approving({ money, rollup, chain }, member) {
  const value = 12_345_678_901n * UNIT;
  const snapshot = await chain.snapshot();
  const approve = await money.token.send(member, "approve", [rollup.address, value]);
  const permit = await rollup.send(member, "depositWithPermit", [7, ...(await money.permit(member, value))]);
  await chain.revert(snapshot);
  return { approve: { gas: approve.gas }, "deposit with a permit": { gas: permit.gas } };
}

const keccakBytes = (size) => Uint8Array.from({ length: size }, (_, i) => keccak(bytes(i, 2))[0] | 1);

/// What was promised of each where money is coin, gas.
const BOUNDS = TOKEN ? {} : {
  "deposit, the first of all": 60_000,
  deposit: 60_000,
  withdraw: 90_000,
  "withdraw, the first of 256": 90_000,
  "withdraw, among 2^20": 90_000,
  "withdraw, among 2^20, the first of 256": 90_000,
  "post, 1000 orders": 600 * ORDERS,
};

function main() {
  const file = TOKEN ? "gas-token.json" : "gas.json";
  const path = new URL(`./${file}`, import.meta.url);
  return measure().then((rows) => {
    let wrong = 0;
    for (const [name, { gas, ...rest }] of Object.entries(rows)) {
      const bound = BOUNDS[name] ? `of ${BOUNDS[name]}` : "";
      console.log(name.padEnd(42), String(gas).padStart(9), bound.padEnd(10), describe(rest));
      if (gas > (BOUNDS[name] ?? Infinity)) {
        console.error(`${name} costs more than was promised`);
        wrong += 1;
      }
    }
    const text = JSON.stringify(rows, null, 1) + "\n";
    if (!process.argv.includes("--check")) writeFileSync(path, text);
    else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
      console.error(`${file} is not what the contract costs: run ${TOKEN ? "MONEY=token " : ""}node gas.mjs and commit it`);
      wrong += 1;
    }
    process.exit(wrong === 0 ? 0 : 1);
  });
}

function describe({ segments, bytes: size, floor, executed, records, roots, perOrder }) {
  if (segments === undefined) return "";
  const share = perOrder === undefined ? "" : `${perOrder} an order; `;
  const what = executed ? "execution decides" : "calldata's floor decides";
  return `${share}${size} bytes: ${records.bytes} of records (${records.gas} gas), ${segments} roots (${roots.gas}); ${what}, floor ${floor}`;
}

await main();
