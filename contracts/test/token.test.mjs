// A token in the place of the chain's own coin: what is taken, what is refused, whatever manners the token has.

import { test } from "node:test";
import assert from "node:assert/strict";
import { ACCOUNT, EURO, Q, R, UNIT, WITHDRAWAL, World, accountWords, headOf, path, refuses, threeWords, withdrawalLeaf } from "./world.mjs";
import { Chain, person } from "./chain.mjs";
import { Tokens } from "./money.mjs";
import { Tree, bytes, concat, keccak, unhex } from "./tree.mjs";

/// A world whose money is a token of this manner.
async function found({ manner, decimals, changes } = {}) {
  const chain = await Chain.create();
  const money = await Tokens.create(chain, { manner, decimals });
  const world = await World.create(changes, undefined, { chain, money, bonded: manner === "TAXED" ? 0 : 3 });
  return { world, money, token: money.token, mia: await world.member("mia") };
}

/// Consumes the deposits there are and makes a withdrawal of so many n€ to this address final; it as the contract takes it.
async function withdrawal(world, to, amount) {
  const tree = new Tree(new Map([[WITHDRAWAL, withdrawalLeaf(to, amount)], [ACCOUNT + 1, accountWords(to, amount)]]));
  await world.post(await world.onTurn(), [concat(Q(world.items.length), R(tree.root()))]);
  await world.finalise();
  const head = headOf(world.newest.state);
  const exit = [1, threeWords(accountWords(to, amount)), head, path(tree, ACCOUNT + 1)];
  return { withdraw: [0, to, amount, head, path(tree, WITHDRAWAL)], exit };
}

test("coin is refused, with a word for what is wanted", async () => {
  const { world, mia } = await found();
  await world.chain.fund(mia, EURO);
  await world.chain.fund(world.operators[0], 100n * EURO);
  const { rollup, config } = world;
  await refuses("NoCoin", rollup.send(mia, "deposit", [0], UNIT));
  await refuses("NoCoin", rollup.send(mia, "deposit", [0]));
  await refuses("NoCoin", rollup.send(mia, "force", [[1]], config.forcedFee));
  await refuses("NoCoin", rollup.send(mia, "commit", [keccak([1])], config.commitBond));
  await world.send(world.operators[0], "unbond");
  await world.send(world.operators[0], "unbond");
  await refuses("NoCoin", rollup.send(world.operators[0], "bond", [], config.bond));
  await assert.rejects(rollup.send(mia, "deposit", [0, UNIT], 1n));
  await assert.rejects(world.chain.send(mia, rollup.address, new Uint8Array(0), 1n));
  assert.equal(await world.chain.balance(rollup.address), 0n);
});

test("nothing is booked without the token", async () => {
  for (const manner of ["PLAIN", "SILENT", "REFUSING"]) {
    const { world, token, mia } = await found({ manner });
    const { rollup, config } = world;
    const poor = person("poor");
    await token.send(poor, "approve", [rollup.address, 10n ** 30n]); // approved, but has none
    for (const who of [mia, poor]) {
      await refuses("NotTaken", rollup.send(who, "deposit", [0, UNIT]));
      await refuses("WrongFee", rollup.send(who, "force", [[1]]));
      await refuses("WrongBond", rollup.send(who, "commit", [keccak([1])]));
    }
    assert.equal((await world.ask("queue")).length, 0n);
    assert.equal(await world.ask("held"), 0n);
    assert.equal(await world.balance(rollup.address), 3n * config.bond);
  }
});

test("a token that returns nothing, or false where others revert, is paid in and out", async () => {
  for (const manner of ["PLAIN", "SILENT", "REFUSING"]) {
    const { world, mia } = await found({ manner });
    await world.deposit(mia, 0, 20n);
    const before = await world.balance(mia.address);
    await world.send(world.deployer, "withdraw", (await withdrawal(world, mia.address, 7n)).withdraw);
    assert.equal((await world.balance(mia.address)) - before, 7n * UNIT);
    assert.equal(await world.balance(world.rollup.address), 3n * world.config.bond + 13n * UNIT);
  }
});

test("a token that keeps a fee on the way is refused", async () => {
  const { world, mia } = await found({ manner: "TAXED" });
  await refuses("NotTaken", world.send(mia, "deposit", [0], 100n * UNIT));
  await refuses("WrongFee", world.send(mia, "force", [[1]], world.config.forcedFee));
  await refuses("WrongBond", world.send(mia, "commit", [keccak([1])], world.config.commitBond));
  await refuses("WrongBond", world.send(world.operators[0], "bond", [], world.config.bond));
  assert.equal(await world.balance(world.rollup.address), 0n);
});

test("a token that calls back finds a payment out made", async () => {
  const { world, token, mia } = await found({ manner: "CALLING" });
  await world.deposit(mia, 0, 20n);
  const { withdraw, exit } = await withdrawal(world, mia.address, 6n);
  const paid = async (name, args) => {
    await token.send(mia, "aim", [world.rollup.address, world.rollup.data(name, args)]);
    const before = await world.balance(mia.address);
    await world.send(world.deployer, name, args);
    assert.equal((await world.balance(mia.address)) - before, 6n * UNIT);
    assert.deepEqual([await token.ask("tries"), await token.ask("worked")], [1n, 0n]);
  };
  await paid("withdraw", withdraw);
  world.chain.wait(world.config.exitDelay + 1, world.config.windowBlocks + 1);
  await world.send(world.deployer, "freeze", [world.newest.header]);
  await paid("exit", exit);
  assert.equal(await world.ask("held"), 8n);
  assert.equal(await world.balance(world.rollup.address), 3n * world.config.bond + 8n * UNIT);
});

test("a token that calls back during a payment in books nothing twice", async () => {
  for (const [manner, booked] of [["CALLING", 5n], ["LYING", 0n]]) {
    const { world, token, mia } = await found({ manner });
    const { rollup, config } = world;
    // The token pays in something of its own while it is asked for mia's: it has some, and lets the contract fetch it.
    await token.send(mia, "mint", [token.address, 10n * UNIT]);
    await token.send(mia, "aim", [token.address, token.data("approve", [rollup.address, 10n * UNIT])]);
    await token.send(mia, "transfer", [mia.address, 0]);
    assert.equal(await token.ask("worked"), 1n);
    await token.send(mia, "aim", [rollup.address, rollup.data("deposit", [0, 5n * UNIT])]);
    const deposit = world.send(mia, "deposit", [0], 5n * UNIT);
    if (manner === "LYING") await refuses("NotTaken", deposit);
    else {
      await deposit;
      assert.deepEqual([await token.ask("tries"), await token.ask("worked")], [1n, 0n]);
    }
    assert.equal(await world.ask("held"), booked);
    assert.equal((await world.ask("queue")).length, booked / 5n);
    assert.equal(await world.balance(rollup.address), 3n * config.bond + booked * UNIT);
    // The lock is open again.
    await token.send(mia, "aim", ["0x" + "00".repeat(20), []]);
    await world.send(mia, "deposit", [0], 5n * UNIT);
    assert.equal(await world.ask("held"), booked + 5n);
  }
});

test("from nine decimals on a token holds n€ exactly; with fewer, whole units come in and the rest of one stays", async () => {
  const check = async (decimals, value, amount, wrong, paid) => {
    const { world, mia } = await found({ decimals });
    const { rollup, config } = world;
    await world.fund(mia, value);
    for (const each of [0n, ...wrong]) await refuses("NotWhole", world.send(mia, "deposit", [0], each));
    const done = await world.send(mia, "deposit", [0], value);
    assert.equal(done.events[0].amount, amount, `${decimals} decimals`);
    assert.equal(await world.ask("held"), amount);
    world.items.push(concat([0], bytes(world.chain.now, 5), bytes(0, 4), bytes(amount, 16), unhex(mia.address)));
    const { withdraw } = await withdrawal(world, mia.address, amount - 1n);
    const before = await world.balance(mia.address);
    const { events } = await world.send(mia, "withdraw", withdraw);
    assert.equal(events[0].amount, paid);
    assert.equal((await world.balance(mia.address)) - before, paid, `${decimals} decimals`);
    assert.equal(await world.ask("held"), 1n);
    assert.equal(await world.balance(rollup.address), 3n * config.bond + value - paid);
  };
  await check(18, 5n * UNIT, 5n, [1n, UNIT - 1n, UNIT + 1n], 4n * UNIT);
  await check(9, 5n, 5n, [], 4n);
  await check(57, 5n * 10n ** 48n, 5n, [10n ** 48n - 1n], 4n * 10n ** 48n);
  await check(6, 5n, 5_000n, [], 4n);
  await check(0, 3n, 3n * UNIT, [], 2n);
});

test("what is no token, or has more decimals than a word holds, is refused at the founding", async () => {
  const chain = await Chain.create();
  const founded = (money) => World.create({}, undefined, { chain, money, bonded: 0 });
  await refuses("BadConfig", founded(await Tokens.create(chain, { decimals: 58 })));
  const at = (address) => Object.assign(new Tokens(), { chain, token: { address } });
  await refuses("NoCode", founded(at(person("nobody").address)));
  const { transition } = await World.create({}, undefined, { chain });
  await assert.rejects(founded(at(transition.address)));
});

test("a signature approves and pays in one transaction, whoever else has shown it", async () => {
  const { world, money, token, mia } = await found();
  const { rollup } = world;
  const eve = person("eve");
  const value = 5n * UNIT;
  await rollup.send(mia, "depositWithPermit", [7, ...(await money.permit(mia, value))]);
  assert.equal(await world.ask("held"), 5n);
  const shown = await money.permit(mia, value);
  await token.send(world.deployer, "permit", [mia.address, rollup.address, ...shown]);
  await rollup.send(mia, "depositWithPermit", [7, ...shown]);
  assert.equal(await world.ask("held"), 10n);
  await refuses("NotTaken", rollup.send(mia, "depositWithPermit", [7, ...shown])); // spent
  await refuses("NotTaken", rollup.send(mia, "depositWithPermit", [7, ...(await money.permit(mia, value, eve))]));
  await refuses("NotTaken", rollup.send(eve, "depositWithPermit", [7, ...(await money.permit(mia, value))])); // not hers
});
