// How members get their money, with an operator and without any.

import { test } from "node:test";
import assert from "node:assert/strict";
import {
  ACCOUNT, Q, R, T, UNIT, W, WITHDRAWAL, World, accountWords, coinOnly, headOf, path, refuses, thief, threeWords,
  withdrawalLeaf,
} from "./world.mjs";
import { Chain, person } from "./chain.mjs";
import { Tree, concat, keccak } from "./tree.mjs";

const withdrawalsOf = (...leaves) => leaves.map(([i, to, amount]) => [WITHDRAWAL + i, withdrawalLeaf(to, amount)]);

/// A final state with these leaves, and money for it.
async function settled(leaves, money, changes) {
  const world = await World.create(changes);
  const mia = await world.member("mia", 10n ** 21n);
  await world.deposit(mia, 0, money);
  const tree = new Tree(new Map(leaves(mia)));
  await world.post(await world.onTurn(), [concat(Q(1), R(tree.root()))]);
  await world.finalise();
  return { world, mia, tree, head: headOf(world.newest.state) };
}

/// Nobody posts any more; the end.
async function end(world) {
  world.chain.wait(world.config.exitDelay + 1, world.config.windowBlocks + 1);
  await world.send(world.deployer, "freeze", [world.newest.header]);
}

test("a withdrawal is paid once, to the address that its leaf names, whoever asks", async () => {
  const { world, mia, tree, head } = await settled((mia) => withdrawalsOf([0, mia.address, 7n], [9, mia.address, 8n]), 15n);
  const cora = await world.member("cora");
  const before = await world.balance(mia.address);
  const args = (i, amount) => [i, mia.address, amount, head, path(tree, WITHDRAWAL + i)];
  assert.equal(await world.ask("withdrawn", [9]), false);
  const { events } = await world.send(cora, "withdraw", args(9, 8n));
  assert.deepEqual(events, [{ event: "Withdrawn", withdrawal: 9n, to: mia.address, amount: 8n * UNIT }]);
  assert.equal(await world.ask("withdrawn", [9]), true);
  assert.equal(await world.ask("withdrawn", [0]), false);
  await refuses("AlreadyPaid", world.send(cora, "withdraw", args(9, 8n)));
  await world.send(cora, "withdraw", args(0, 7n));
  assert.equal((await world.balance(mia.address)) - before, 15n * UNIT);
  assert.equal(await world.ask("held"), 0n);
});

test("a withdrawal that the final root does not hold is refused", async () => {
  const { world, mia, tree, head } = await settled((mia) => withdrawalsOf([3, mia.address, 7n], [4, mia.address, 9n]), 100n);
  const cora = await world.member("cora");
  const right = { i: 3, to: mia.address, amount: 7n, head, proof: path(tree, WITHDRAWAL + 3) };
  const check = (error, changes) => {
    const { i, to, amount, head, proof } = { ...right, ...changes };
    return refuses(error, world.send(cora, "withdraw", [i, to, amount, head, proof]));
  };
  await check("NotInState", { i: 2 });
  await check("NotInState", { i: 4 });
  await check("NotInState", { i: 2 ** 28 + 3 });
  await check("NotInState", { to: cora.address });
  await check("NotInState", { amount: 8n });
  await check("NotInState", { amount: 7n + 2n ** 96n });
  await check("NothingToPay", { amount: 0n });
  await check("NotInState", { head: headOf(world.batches[0].state) });
  const { proof } = right;
  await check("PathLength", { proof: proof.slice(0, 3) });
  await check("PathLength", { proof: proof.slice(0, -1) });
  await check("PathLength", { proof: concat(proof, new Uint8Array(32)) });
  const flipped = Uint8Array.from(proof);
  flipped[1] ^= 1;
  await check("PathLength", { proof: flipped });
  await check("NotInState", { proof: concat(proof.slice(0, -1), [proof.at(-1) ^ 1]) });
  await world.send(cora, "withdraw", [3, mia.address, 7n, head, proof]);
});

test("a reverted batch with pending withdrawals pays none of them", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const mia = await world.member("mia");
  const wanda = await world.member("wanda");
  await world.deposit(mia, 0, 50n);
  const tree = new Tree(new Map(withdrawalsOf([0, ada.address, 50n])));
  const state = { ...world.newest.state, tree: tree.root() };
  await world.post(ada, [T(1)], { lies: { 0: state } });
  await world.post(ada, [T(2)]);
  const [, wrong, after] = world.batches;
  const args = [0, ada.address, 50n, headOf(after.state), path(tree, WITHDRAWAL)];
  await refuses("NotInState", world.send(ada, "withdraw", args)); // not final
  await world.prove(wanda, wrong, 0);
  world.chain.wait(world.config.windowSeconds + 1, world.config.windowBlocks + 1);
  await refuses("NotInState", world.send(ada, "withdraw", args));
  const bo = await world.onTurn();
  await world.repost(bo, wrong);
  await world.repost(bo, after);
  await world.finalise();
  await refuses("NotInState", world.send(ada, "withdraw", args));
});

test("a receiver that refuses coin harms only itself", coinOnly, async () => {
  const world = await World.create();
  const mia = await world.member("mia");
  await world.deposit(mia, 0, 20n);
  const deaf = world.transition.address; // a contract that takes no coin
  const tree = new Tree(new Map(withdrawalsOf([0, deaf, 5n], [1, mia.address, 6n])));
  await world.post(await world.onTurn(), [R(tree.root())]);
  await world.finalise();
  const head = headOf(world.newest.state);
  await refuses("NotPaid", world.send(mia, "withdraw", [0, deaf, 5n, head, path(tree, WITHDRAWAL)]));
  await world.send(mia, "withdraw", [1, mia.address, 6n, head, path(tree, WITHDRAWAL + 1)]);
  assert.equal(await world.ask("withdrawn", [0]), false);
});

test("a receiver that calls back is paid once", coinOnly, async () => {
  const world = await World.create();
  const mia = await world.member("mia");
  await world.deposit(mia, 0, 20n);
  const robber = await world.chain.deploy(world.deployer, thief());
  const tree = new Tree(new Map([
    ...withdrawalsOf([0, robber.address, 5n]),
    [ACCOUNT + 1, accountWords(robber.address, 6n)],
  ]));
  await world.post(await world.onTurn(), [R(tree.root())]);
  await world.finalise();
  const head = headOf(world.newest.state);
  const paid = async (name, args, amount) => {
    await robber.send(mia, "aim", [world.rollup.address, world.rollup.data(name, args)]);
    const before = await world.balance(robber.address);
    await world.send(mia, name, args);
    assert.equal((await world.balance(robber.address)) - before, amount);
  };
  await paid("withdraw", [0, robber.address, 5n, head, path(tree, WITHDRAWAL)], 5n * UNIT);
  await end(world);
  await paid("exit", [1, threeWords(accountWords(robber.address, 6n)), head, path(tree, ACCOUNT + 1)], 6n * UNIT);
  assert.equal(await robber.ask("tries"), 2n);
  assert.equal(await robber.ask("worked"), 0n);
});

/// A contract that is the only operator, left with its bond, and now is owed it.
async function owed() {
  const chain = await Chain.create();
  const robber = await chain.deploy(person("deployer"), thief());
  const world = await World.create({ operators: [robber.address] }, undefined, { bonded: 0, chain });
  const mia = await world.member("mia", 10n ** 21n);
  const act = async (name, value = 0n) => {
    const data = robber.data("act", [world.rollup.address, world.rollup.data(name, [])]);
    return chain.send(mia, robber.address, data, value, world.rollup.abi);
  };
  await act("bond", world.config.bond);
  await act("unbond");
  await act("unbond");
  return { world, robber, mia, act };
}

test("what is owed is collected once, also by one that calls back", coinOnly, async () => {
  const { world, robber, mia, act } = await owed();
  await world.send(mia, "deposit", [0], world.config.bond); // something to steal
  await robber.send(mia, "aim", [robber.address, robber.data("act", [world.rollup.address, world.rollup.data("collect", [])])]);
  await act("collect");
  assert.equal(await world.balance(robber.address), world.config.bond);
  assert.equal(await world.balance(world.rollup.address), world.config.bond);
  assert.ok((await robber.ask("tries")) > 0n);
});

test("who refuses what it is owed can ask again", coinOnly, async () => {
  const { world, robber, mia, act } = await owed();
  await robber.send(mia, "close");
  await refuses("NotPaid", act("collect"));
  assert.equal(await world.ask("claimable", [robber.address]), world.config.bond);
});

test("the end comes only after silence of all, when all that stands is final", async () => {
  const world = await World.create();
  const [ada] = world.operators;
  const freeze = (batch) => world.send(world.deployer, "freeze", [batch.header]);
  await world.post(ada, [T(1)]);
  await world.finalise();
  const { exitDelay, windowSeconds, windowBlocks } = world.config;
  world.chain.wait(exitDelay - (windowSeconds + 1));
  await refuses("NotSilent", freeze(world.newest));
  await refuses("NotFinal", freeze(world.batches[0]));
  await refuses("NotFinal", freeze({ header: { ...world.newest.header, postedAt: 1n } }));
  await world.post(await world.onTurn(), [T(2)]);
  await refuses("NotFinal", freeze(world.newest));
  world.chain.wait(exitDelay + 1, windowBlocks + 1);
  await refuses("NotFinal", freeze(world.newest));
  await world.finalise();
  const { events } = await freeze(world.newest);
  assert.deepEqual(events, [{ event: "Frozen", root: world.newest.header.root }]);
  assert.equal(await world.ask("frozen"), true);
  await refuses("IsFrozen", freeze(world.newest));
});

test("what was posted and fell is no sign of life", async () => {
  const world = await World.create();
  const wanda = await world.member("wanda");
  world.chain.wait(world.config.exitDelay);
  await world.post(await world.onTurn(), [T(1)], { lies: { 0: { ...world.newest.state, tree: keccak([1]) } } });
  await world.prove(wanda, world.newest, 0);
  world.chain.wait(1);
  await world.send(wanda, "freeze", [world.newest.header]);
});

test("after the end nothing is posted, made final, deposited or forced", async () => {
  const { world, mia } = await settled(() => [], 5n);
  await end(world);
  await refuses("IsFrozen", world.post(await world.onTurn(), [T(9)]));
  await refuses("IsFrozen", world.send(mia, "finalise", [[]]));
  await refuses("IsFrozen", world.send(mia, "deposit", [0], UNIT));
  await refuses("IsFrozen", world.send(mia, "force", [[1]], world.config.forcedFee));
  const args = world.repostArgs(world.newest, world.run([T(9)]));
  await refuses("IsFrozen", world.send(await world.onTurn(), "repost", args));
});

test("operators get their bonds back after the end, whatever they posted", async () => {
  const { world } = await settled(() => [], 5n);
  const [ada, bo] = world.operators;
  // An input whose roots fell and that nobody gave new ones.
  await world.post(await world.onTurn(), [T(9)], { lies: { 0: { ...world.newest.state, tree: keccak([1]) } } });
  await world.send(bo, "unbond");
  const liar = world.newest.header.operator;
  await world.prove(await world.member("wanda"), world.newest, 0);
  await end(world);
  for (const operator of [ada, bo].filter(({ address }) => address !== liar)) {
    if (operator !== bo) await world.send(operator, "unbond");
    await world.send(operator, "unbond");
    assert.equal(await world.ask("claimable", [operator.address]), world.config.bond);
  }
});

test("after the end every account is paid its balance, holds included, to the last n€", async () => {
  const world = await World.create();
  const owners = await Promise.all([0, 1, 2, 3, 4].map((i) => world.member(`m${i}`, 10n ** 25n)));
  const balances = [123_456_789_012n, 1n, 0n, 7_777n, 999_999_999_999_999n];
  const total = balances.reduce((sum, each) => sum + each, 0n);
  await world.deposit(owners[0], 0, total);
  // Open orders hold most of it, and one account owes another's loan: neither changes what is paid.
  const words = balances.map((balance, i) => accountWords(owners[i].address, balance, balance / 2n, 5n));
  const tree = new Tree(new Map(words.map((each, i) => [ACCOUNT + i, each])));
  await world.post(await world.onTurn(), [concat(Q(1), R(tree.root()))]);
  await world.finalise();
  const args = (i) => [i, threeWords(words[i]), headOf(world.newest.state), path(tree, ACCOUNT + i)];
  await refuses("NotFrozen", world.send(owners[0], "exit", args(0)));
  await end(world);
  for (const [i, owner] of owners.entries()) {
    const before = await world.balance(owner.address);
    if (balances[i] === 0n) {
      await refuses("NothingToPay", world.send(owner, "exit", args(i)));
      continue;
    }
    const { events } = await world.send(owners[3], "exit", args(i));
    assert.deepEqual(events, [{ event: "Exited", account: BigInt(i), to: owner.address, amount: balances[i] * UNIT }]);
    assert.equal((await world.balance(owner.address)) - before, balances[i] * UNIT);
    await refuses("AlreadyPaid", world.send(owner, "exit", args(i)));
  }
  assert.equal(await world.ask("held"), 0n);
  assert.equal(await world.balance(world.rollup.address), 3n * world.config.bond);
});

test("an account that the final root does not hold, or that owes, is not paid", async () => {
  const nobody = "0x" + "00".repeat(20);
  const owing = (mia) => [
    [ACCOUNT + 1, accountWords(mia.address, -5n)],
    [ACCOUNT + 2, accountWords(mia.address, 5n)],
    [ACCOUNT + 4, accountWords(nobody, 5n)],
  ];
  const { world, mia, tree, head } = await settled(owing, 5n);
  await end(world);
  const exit = (i, words, at = i) => world.send(mia, "exit", [i, threeWords(words), head, path(tree, ACCOUNT + at)]);
  await refuses("NothingToPay", exit(1, accountWords(mia.address, -5n)));
  await refuses("NothingToPay", exit(4, accountWords(nobody, 5n)));
  await refuses("NotInState", exit(2, accountWords(mia.address, 6n)));
  await refuses("NotInState", exit(3, accountWords(mia.address, 5n), 2));
  await refuses("NotInState", exit(2 ** 20 + 2, accountWords(mia.address, 5n), 2));
  await exit(2, accountWords(mia.address, 5n));
});

test("a fallback that would invalidate withdrawals does not: they stay payable after the end, and exits add to them", async () => {
  const leaves = (mia) => [...withdrawalsOf([0, mia.address, 30n], [1, mia.address, 20n]), [ACCOUNT + 0, accountWords(mia.address, 50n)]];
  const { world, mia, tree, head } = await settled(leaves, 100n);
  const before = await world.balance(mia.address);
  const withdraw = (i, amount) => world.send(mia, "withdraw", [i, mia.address, amount, head, path(tree, WITHDRAWAL + i)]);
  await withdraw(0, 30n);
  await end(world);
  await world.send(mia, "exit", [0, threeWords(accountWords(mia.address, 50n)), head, path(tree, ACCOUNT)]);
  await refuses("AlreadyPaid", withdraw(0, 30n));
  await withdraw(1, 20n);
  assert.equal((await world.balance(mia.address)) - before, 100n * UNIT);
  assert.equal(await world.ask("held"), 0n);
});

test("what the last final root did not consume goes back to its sender, once", async () => {
  const { world, mia, head } = await settled(() => [], 100n);
  const noa = await world.member("noa");
  await world.deposit(noa, 5, 40n);
  await world.force(mia, [1, 2, 3]);
  await world.deposit(mia, 5, 2n);
  // Consumed by a batch that is final but with work half done: the root of exits is the one before.
  await world.post(await world.onTurn(), [concat(Q(2), W(1))]);
  const [, parent, half] = world.batches;
  await world.finalise();
  const refund = (item, preimage = world.items[item]) => world.send(noa, "refund", [item, preimage, head]);
  await refuses("NotFrozen", refund(1));
  await end(world);
  const balances = async () => [await world.balance(mia.address), await world.balance(noa.address)];
  const before = await balances();
  await refuses("AlreadyConsumed", refund(0));
  await refuses("QueueRange", refund(4, new Uint8Array(46)));
  await refuses("WrongItem", refund(1, world.items[3]));
  await refuses("NotInState", world.send(noa, "refund", [1, world.items[1], headOf(half.state)]));
  await refund(1);
  await refuses("AlreadyPaid", refund(1));
  await refund(2);
  await refuses("AlreadyPaid", refund(2));
  await refund(3);
  const after = await balances();
  assert.equal(after[0] - before[0], world.config.forcedFee + 2n * UNIT);
  assert.equal(after[1] - before[1], 40n * UNIT);
  await refuses("NotConsumed", world.send(noa, "earn", [parent.header, half.header, [2]]));
  assert.equal(await world.ask("held"), 100n);
});

test("a fee that an operator earned is not paid back", async () => {
  const { world, mia, head } = await settled(() => [], 100n);
  await world.force(mia, [1]);
  await world.post(await world.onTurn(), [concat(Q(1), W(1))]);
  const [, parent, half] = world.batches;
  await world.finalise();
  await world.send(mia, "earn", [parent.header, half.header, [1]]);
  await end(world);
  await refuses("AlreadyPaid", world.send(mia, "refund", [1, world.items[1], head]));
});

test("members leave a pause as they leave anything else", async () => {
  const { world, mia, tree, head } = await settled((mia) => [...withdrawalsOf([0, mia.address, 7n]), [ACCOUNT, accountWords(mia.address, 8n)]], 15n);
  world.chain.wait(world.config.exitDelay + 1);
  await world.send(world.governor, "pause", [world.config.pauseSeconds]);
  world.chain.wait(1);
  await world.send(mia, "withdraw", [0, mia.address, 7n, head, path(tree, WITHDRAWAL)]);
  await world.send(mia, "freeze", [world.newest.header]);
  await world.send(mia, "exit", [0, threeWords(accountWords(mia.address, 8n)), head, path(tree, ACCOUNT)]);
  assert.equal(await world.ask("held"), 0n);
});

test("a lie that became final cannot pay out bonds, rewards or fees", async () => {
  // Nobody watched: a forged withdrawal of more than members ever deposited.
  const world = await World.create();
  const [ada] = world.operators;
  const mia = await world.member("mia");
  await world.deposit(mia, 0, 50n);
  const tree = new Tree(new Map(withdrawalsOf([0, ada.address, 51n], [1, ada.address, 50n])));
  await world.post(ada, [T(1)], { lies: { 0: { ...world.newest.state, tree: tree.root() } } });
  await world.finalise();
  const head = headOf(world.newest.state);
  await refuses("Panic 0x11", world.send(ada, "withdraw", [0, ada.address, 51n, head, path(tree, WITHDRAWAL)]));
  assert.equal(await world.balance(world.rollup.address), 3n * world.config.bond + 50n * UNIT);
});
