// Long random days of members, operators, liars and watchers. After every step the coin in the contract is what it owes,
// to the last wei; what is final never changes; at the end everybody is paid and nothing of members' money is left.
//
// CAMPAIGN=seeds×steps (default 2×150) makes it longer.

import { test } from "node:test";
import assert from "node:assert/strict";
import {
  ACCOUNT, Q, R, T, UNIT, W, WITHDRAWAL, World, accountWords, genesisState, headOf, path, promise, queueOf, threeWords,
  withdrawalLeaf,
} from "./world.mjs";
import { Tree, bytes, concat, hex, keccak } from "./tree.mjs";

const MEMBERS = 5;

/// Balances by account and everything ever withdrawn, as honest books have them.
class Books {
  constructor(balances = Array(MEMBERS).fill(0n), withdrawals = []) {
    Object.assign(this, { balances, withdrawals });
  }

  copy() {
    return new Books([...this.balances], [...this.withdrawals]);
  }

  tree(members) {
    const leaves = new Map();
    this.balances.forEach((balance, i) => leaves.set(ACCOUNT + i, accountWords(members[i].address, balance)));
    this.withdrawals.forEach(({ to, amount }, i) => leaves.set(WITHDRAWAL + i, withdrawalLeaf(to, amount)));
    return new Tree(leaves);
  }
}

class Campaign {
  constructor(seed) {
    this.seed = keccak(bytes(seed, 8));
    this.counts = {};
    this.promises = new Map(); // promise → who made it, about what; until its bond is back
    this.verdicts = new Map(); // hash → challenger, until the reward is paid
    this.forced = new Set(); // items whose fee nobody has
    this.finals = []; // hashes of final batches
    this.paid = new Set();
  }

  draw(below) {
    this.seed = keccak(this.seed);
    return Number(BigInt(hex(this.seed.slice(0, 6))) % BigInt(below));
  }
  pick(list) {
    return list[this.draw(list.length)];
  }

  async begin() {
    const empty = new Books();
    this.members = [];
    const probe = await World.create({}, genesisState());
    for (let i = 0; i < MEMBERS; i++) this.members.push(await probe.member(`member ${i}`));
    const state = genesisState(empty.tree(this.members).root(), { accounts: MEMBERS });
    this.world = await World.create({}, state);
    for (const who of this.members) await this.world.fund(who, 10n ** 24n);
    this.watchers = [await this.world.member("wanda", 10n ** 24n), await this.world.member("wim", 10n ** 24n)];
    for (const operator of this.world.operators) await this.world.fund(operator, 10n ** 24n);
    this.world.newest.books = empty;
    this.world.newest.honest = true;
    this.voided = []; // batches whose inputs wait for new roots
    return this;
  }

  /// The next input: some of the queue, trades and withdrawals as the books allow.
  compose() {
    const { world } = this;
    const before = world.newest;
    const books = before.books.copy();
    const from = queueOf(before.state);
    const count = Math.min(world.items.length - from, 200);
    for (const item of world.items.slice(from, from + count)) {
      if (item[0] !== 0) continue;
      const account = Number(BigInt(hex(item.slice(6, 10))));
      const amount = BigInt(hex(item.slice(10, 26)));
      if (account < MEMBERS) books.balances[account] += amount;
      else books.withdrawals.push({ to: hex(item.slice(26, 46)), amount });
    }
    for (let i = this.draw(4); i > 0; i--) {
      const [one, other] = [this.draw(MEMBERS), this.draw(MEMBERS)];
      const amount = (books.balances[one] * BigInt(this.draw(100))) / 100n;
      books.balances[one] -= amount;
      books.balances[other] += amount;
    }
    const leaver = this.draw(MEMBERS);
    const amount = books.balances[leaver] / 3n;
    if (this.draw(3) === 0 && amount > 0n) {
      books.balances[leaver] -= amount;
      books.withdrawals.push({ to: this.members[leaver].address, amount });
    }
    const idle = this.draw(5) > 0;
    // The queue cannot be consumed while work goes on; it never does here when a batch begins.
    const records = [concat(W(0), Q(count)), concat(R(books.tree(this.members).root()), T(world.chain.now))];
    if (!idle) records.push(W(1 + this.draw(9)));
    return { books, records };
  }

  lie(records) {
    const at = this.draw(records.length);
    const honest = this.world.run(records)[at].after;
    return { [at]: { ...honest, tree: keccak(this.seed) } };
  }

  async post(lies) {
    const { world } = this;
    const { books, records } = this.compose();
    await world.post(await world.onTurn(), records, { lies: lies ? this.lie(records) : undefined });
    Object.assign(world.newest, { books, honest: !lies });
  }

  async prove() {
    const { world } = this;
    const { finalised } = await world.ask("tip");
    const wrong = world.batches.find(({ header, honest }) => !honest && header.number > finalised);
    if (!wrong) return false;
    const index = wrong.segments.findIndex((each) => each.state !== each.after);
    const watcher = this.pick(this.watchers);
    const salt = keccak(this.seed);
    if (this.draw(3) > 0) {
      await world.promise(watcher, wrong, index, salt);
      this.promises.set(hex(promise(watcher, wrong.hash, index, salt)), { watcher, hash: wrong.hash, index, salt });
      world.chain.wait(this.draw(2) * 12);
    }
    const fallen = world.batches.slice(Number(wrong.header.number));
    const bonded = await world.ask("bondOf", [wrong.header.operator]);
    const { events } = await world.prove(watcher, wrong, index, salt);
    const rewarded = events.at(-1).reward > 0n;
    if (rewarded) this.promises.delete(hex(promise(watcher, wrong.hash, index, salt)));
    if (bonded > 0n) this.verdicts.set(wrong.hash, rewarded);
    this.voided = [...fallen, ...this.voided.filter((each) => each.header.number > fallen.at(-1).header.number)];
    return true;
  }

  async repost() {
    const { world } = this;
    if (this.voided.length === 0) return false;
    const [voided] = this.voided;
    const lies = this.draw(8) === 0;
    const records = voided.segments.map((segment) => segment.records);
    let said;
    if (lies) {
      const { time, available } = voided.header;
      const [first] = world.run(records, {}, { time: Number(time), available: Number(available) });
      said = { 0: { ...first.after, tree: keccak(this.seed) } };
    }
    await world.repost(await world.onTurn(), voided, { lies: said });
    Object.assign(world.newest, { books: voided.books, honest: !lies });
    this.voided.shift();
    return true;
  }

  async finalise() {
    const { world } = this;
    while (await this.prove()); // an honest watcher is there in time
    if (world.batches.length === 1) return false;
    await world.finalise();
    const { finalised } = await world.ask("tip");
    this.finals = world.batches.slice(0, Number(finalised) + 1).map(({ hash }) => hash);
    return true;
  }

  /// The newest final batch without work half done.
  get final() {
    return this.world.batches.slice(0, Math.max(this.finals.length, 1)).findLast(({ header }) => header.idle);
  }

  async withdraw() {
    const { books, state } = this.final;
    const open = books.withdrawals.map((each, i) => i).filter((i) => !this.paid.has(i));
    if (open.length === 0) return false;
    const i = this.pick(open);
    const { to, amount } = books.withdrawals[i];
    const proof = path(books.tree(this.members), WITHDRAWAL + i);
    await this.world.send(this.watchers[0], "withdraw", [i, to, amount, headOf(state), proof]);
    this.paid.add(i);
    return true;
  }

  async earn() {
    const { world } = this;
    for (const [k, batch] of world.batches.slice(0, this.finals.length).entries()) {
      if (k === 0) continue;
      const items = [...this.forced].filter((i) => i >= queueOf(world.batches[k - 1].state) && i < queueOf(batch.state));
      if (items.length === 0) continue;
      await world.send(this.watchers[0], "earn", [world.batches[k - 1].header, batch.header, items]);
      items.forEach((item) => this.forced.delete(item));
      return true;
    }
    return false;
  }

  async step() {
    const { world } = this;
    const paused = BigInt(world.chain.now) < (await world.ask("pausedUntil"));
    const stuck = paused || (await world.onTurn()) === undefined;
    const roots = this.voided.length > 0;
    const actions = {
      wait: async () => world.chain.wait(1 + this.draw(paused ? 9000 : 500), 1 + this.draw(5)),
      deposit: async () => {
        const who = this.draw(MEMBERS);
        await world.deposit(this.members[who], this.pick([who, who, 99]), BigInt(1 + this.draw(2 ** 40)));
      },
      force: async () => {
        await world.force(this.pick(this.members), concat([0x28], bytes(this.draw(2 ** 32), 20)));
        this.forced.add(world.items.length - 1);
      },
      post: async () => !stuck && !roots && this.post(false),
      lie: async () => !stuck && !roots && this.draw(2) === 0 && this.post(true),
      prove: () => this.prove(),
      repost: async () => !stuck && this.repost(),
      finalise: async () => !paused && this.draw(2) === 0 && this.finalise(),
      withdraw: () => this.withdraw(),
      earn: () => this.earn(),
      reward: async () => {
        const [hash] = this.verdicts.keys();
        if (!hash) return false;
        world.chain.wait(world.config.revealSeconds + 1);
        await world.send(this.watchers[0], "reward", [hash]);
        this.verdicts.delete(hash);
      },
      claim: async () => {
        const found = [...this.promises].find(([, each]) => !world.batches.some(({ hash }) => hash === each.hash));
        if (!found) return false;
        const [made, { watcher, hash, index, salt }] = found;
        const { events } = await world.send(watcher, "claim", [hash, index, salt]);
        this.promises.delete(made);
        if (events.length > 0) {
          // Its own bond goes with the reward now; whoever stood there before has theirs back.
          assert.ok(this.verdicts.has(hash));
          this.verdicts.set(hash, true);
        }
      },
      spam: async () => {
        const nothing = keccak(this.seed);
        await world.send(this.watchers[1], "commit", [nothing], world.config.commitBond);
        this.promises.set(hex(nothing), { hash: world.batches[0].hash });
      },
      collect: async () => {
        await world.send(this.pick([...this.watchers, ...world.operators]), "collect");
      },
      bond: async () => {
        const poor = [];
        for (const operator of world.operators) {
          if ((await world.ask("bondOf", [operator.address])) === 0n) poor.push(operator);
        }
        if (poor.length === 0) return false;
        await world.send(this.pick(poor), "bond", [], world.config.bond);
      },
      leave: async () => {
        if (this.draw(3) > 0) return false;
        await world.send(this.pick(world.operators), "unbond").catch((error) => {
          assert.match(error.name, /^(NotBonded|StillLiable)$/);
        });
      },
      pause: async () => {
        if (this.draw(6) > 0) return false;
        await world.send(world.governor, "pause", [1 + this.draw(world.config.pauseSeconds)]).catch((error) => {
          assert.equal(error.name, "NotPausable");
        });
      },
    };
    for (;;) {
      const name = this.choose(Object.keys(actions), stuck && !paused, paused);
      if ((await actions[name]()) === false) continue; // there was nothing of the kind to do
      this.counts[name] = (this.counts[name] ?? 0) + 1;
      return this.check(name);
    }
  }

  /// Mostly what brings things on: time after a pause, a bond where no operator has one, posts.
  choose(names, broke, paused) {
    if (paused && this.draw(3) > 0) return "wait";
    if (broke && this.draw(2) === 0) return this.pick(["bond", "leave", "finalise"]);
    return this.draw(3) === 0 ? this.pick(["post", "repost", "finalise", "withdraw"]) : this.pick(names);
  }

  /// What must hold whatever happened.
  async check(after) {
    const { world } = this;
    const { bond, commitBond, forcedFee } = world.config;
    const people = [...world.operators, ...this.watchers, ...this.members, world.governor, world.deployer];
    let owed = (await world.ask("held")) * UNIT + (await world.ask("burnt"));
    for (const { address } of people) owed += await world.ask("claimable", [address]);
    for (const { address } of world.operators) owed += await world.ask("bondOf", [address]);
    for (const challenged of this.verdicts.values()) owed += bond + (challenged ? commitBond : 0n);
    owed += BigInt(this.promises.size) * commitBond + BigInt(this.forced.size) * forcedFee;
    assert.equal(await world.balance(world.rollup.address), owed, `after ${after}`);
    for (const [number, hash] of this.finals.entries()) {
      if (number % 7 === this.finals.length % 7) assert.equal(await world.ask("batch", [number]), hash, "final is final");
    }
    assert.equal(await world.ask("finalRoot"), this.final.header.root);
  }

  /// All operators vanish.
  async end() {
    const { world } = this;
    while (await this.prove());
    world.chain.wait(world.config.exitDelay + world.config.pauseSeconds + 1, 100);
    if (world.batches.length > this.finals.length) await this.finalise();
    await world.send(this.watchers[0], "freeze", [world.newest.header]);
    const { books, state } = this.final;
    const [head, tree] = [headOf(state), books.tree(this.members)];
    while (await this.withdraw());
    for (const [i, balance] of books.balances.entries()) {
      if (balance === 0n) continue;
      const words = threeWords(accountWords(this.members[i].address, balance));
      const before = await world.balance(this.members[i].address);
      await world.send(this.watchers[0], "exit", [i, words, head, path(tree, ACCOUNT + i)]);
      assert.equal((await world.balance(this.members[i].address)) - before, balance * UNIT);
    }
    while (await this.earn());
    for (let item = queueOf(state); item < world.items.length; item++) {
      const deposit = world.items[item][0] === 0;
      if (!deposit && !this.forced.has(item)) continue;
      await world.send(this.watchers[0], "refund", [item, world.items[item], head]);
      this.forced.delete(item);
    }
    assert.equal(await world.ask("held"), 0n, "to the last n€");
    await this.check("end");
  }
}

const [seeds, steps] = (process.env.CAMPAIGN ?? "2×150").split(/[x×]/).map(Number);

test("whatever happens, the coin in the contract is what it owes, and at the end everybody is paid", async (t) => {
  for (let seed = 1; seed <= seeds; seed++) {
    const campaign = await new Campaign(seed).begin();
    for (let i = 0; i < steps; i++) {
      await campaign.step().catch((error) => {
        error.message = `seed ${seed}, step ${i}: ${error.message}`;
        throw error;
      });
    }
    await campaign.end();
    t.diagnostic(`seed ${seed}: ${JSON.stringify(campaign.counts)}, ${campaign.world.batches.length} batches stand`);
  }
});
