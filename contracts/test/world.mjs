// A primary chain with the contract, operators and members, and the secondary chain's state as the toy transition has
// it: enough to post honest batches and lies.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { compile, sources } from "../build.mjs";
import { artefact } from "./evm.mjs";
import { Chain, person } from "./chain.mjs";
import { measured } from "./coverage.mjs";
import { encode } from "./abi.mjs";
import { Coin, Tokens } from "./money.mjs";
import { Tree, bytes, concat, hex, keccak, unhex } from "./tree.mjs";

export const EURO = 10n ** 18n; // wei of 1 €: 10⁹ n€
export const UNIT = 10n ** 9n;
export const ZERO = new Uint8Array(32);

const HOUR = 3600;
export const CONFIG = {
  bond: 50n * EURO,
  windowBlocks: 10,
  windowSeconds: HOUR,
  silence: 600,
  forcedDelay: 2 * HOUR,
  exitDelay: 24 * HOUR,
  revealSeconds: 900,
  commitBond: EURO,
  pauseSeconds: 6 * HOUR,
  upgradeDelay: 28 * HOUR,
  forcedFee: EURO / 100n,
};

/// For tests about coin itself, where money is a token.
export const coinOnly = { skip: process.env.MONEY === "token" && "about coin" };

const made = {};
/// A contract that only the tests know, compiled here.
export function testOnly(name) {
  made[name] ??= (() => {
    const source = readFileSync(new URL(`./${name}.sol`, import.meta.url), "utf8");
    const all = { [`test/${name}.sol`]: source, "src/ITransition.sol": sources()["ITransition.sol"] };
    const { abi, evm } = compile(all)[`test/${name}.sol`][name];
    return { abi, bytecode: "0x" + evm.bytecode.object };
  })();
  return made[name];
}
export const toy = () => testOnly("Toy");
export const thief = () => testOnly("Thief");

// The toy's records.
export const T = (time) => concat([0x54], bytes(time, 5));
export const Q = (count) => concat([0x51], bytes(count, 1));
export const W = (work) => concat([0x57], bytes(work, 2));
export const R = (tree) => concat([0x52], tree);

/// A state is its head's three words and its tree's root.
export const stateRoot = (state) => keccak(keccak(state.words), state.tree);
export const headOf = (state) => ({
  words: [0, 32, 64].map((from) => state.words.slice(from, from + 32)),
  tree: state.tree,
});
export const witnessOf = (state) => concat(state.words, state.tree);

export function genesisState(tree = new Tree().root(), fields = {}) {
  return { words: concat(headWord(fields), bytes(1, 64)), tree };
}

export function headWord({ time = 0, accounts = 0, meters = 0, withdrawals = 0, queue = 0, work = 0 }) {
  const parts = [[time, 5], [accounts, 4], [meters, 4], [withdrawals, 4], [queue, 8], [work, 2], [0, 5]];
  return concat(...parts.map(([value, size]) => bytes(value, size)));
}

const number = (data) => Number(BigInt(hex(data)));
export const queueOf = (state) => number(state.words.slice(17, 25));
const workOf = (state) => number(state.words.slice(25, 27));

/// What the toy does, once more.
export function apply(state, records, time, available) {
  const words = Uint8Array.from(state.words);
  let { tree } = state;
  let place = 0;
  const take = (size) => records.slice(place + 1, (place += 1 + size));
  for (;;) {
    const kind = String.fromCharCode(records[place] ?? 0);
    const left = records.length - place - 1;
    if (kind === "T" && left >= 5) {
      const value = take(5);
      if (number(value) <= time && number(value) >= number(words.slice(0, 5))) words.set(value, 0);
    } else if (kind === "Q" && left >= 1) {
      const to = number(words.slice(17, 25)) + number(take(1));
      if (to <= available && workOf({ words }) === 0) words.set(bytes(to, 8), 17);
    } else if (kind === "W" && left >= 2) words.set(take(2), 25);
    else if (kind === "R" && left >= 32) tree = take(32);
    else return { words, tree };
  }
}

/// A proof of one leaf: 4 bytes, one bit a level, then the siblings.
export function path(tree, place) {
  const levels = tree.levels();
  const bits = new Uint8Array(4);
  const siblings = [];
  for (let level = 0, at = place; level < 32; level++, at = Math.floor(at / 2)) {
    const sibling = levels[level].get(at % 2 === 0 ? at + 1 : at - 1);
    if (sibling === undefined) continue;
    bits[level >> 3] |= 128 >> (level & 7);
    siblings.push(sibling);
  }
  return concat(bits, ...siblings);
}

export const WITHDRAWAL = 6 * 2 ** 28;
export const ACCOUNT = 2 ** 28;
export const withdrawalLeaf = (to, amount) => concat(unhex(to), bytes(amount, 12));
export function accountWords(owner, balance, holds = 0n, debt = 0n) {
  return concat(unhex(owner), bytes(3, 8), bytes(0, 4), bytes(balance, 16), bytes(holds, 16), bytes(debt, 16), bytes(0, 16));
}
export const threeWords = (words) => [0, 32, 64].map((from) => words.slice(from, from + 32));

/// The data root and the path of one segment.
export function dataPath(leaves, index) {
  const siblings = [];
  let level = leaves;
  for (let at = index; level.length > 1; at >>= 1) {
    const sibling = level[at ^ 1];
    if (sibling) siblings.push(sibling);
    const above = [];
    for (let i = 0; i < level.length; i += 2) {
      above.push(i + 1 < level.length ? keccak(level[i], level[i + 1]) : level[i]);
    }
    level = above;
  }
  return { root: level[0], siblings };
}

export const encodeData = (segments) =>
  concat(...segments.map(({ records, root }) => concat(bytes(records.length, 2), records, root)));

export const promise = (who, hash, segment, salt) =>
  keccak(encode(["address", "bytes32", "uint32", "bytes32"].map((type) => ({ type })), [who.address, hash, segment, salt]));

/// The contract refuses with this error.
export const refuses = (name, work) => assert.rejects(work, (error) => (assert.equal(error.name, name, error.stack), true));

export class World {
  /// @param changes of the configuration
  /// @param bonded how many operators pay their bond
  /// @param chain to be on; a new one if none
  /// @param transition its artefact
  /// @param contract the mode's, with what its constructor takes beside the configuration
  /// @param money what is paid with; with tokens the contract is `TokenRollup`
  static async create(
    changes = {},
    state = genesisState(),
    { bonded = 3, chain, transition = toy(), contract = "Rollup", terms = [], money } = {},
  ) {
    const world = new this();
    chain ??= await Chain.create();
    if (contract === "Rollup" && process.env.MONEY === "token") money ??= await Tokens.create(chain);
    money ??= new Coin(chain);
    if (money instanceof Tokens) [contract, terms] = ["TokenRollup", [money.token.address]];
    const deployer = person("deployer");
    const governor = person("governor");
    const operators = ["ada", "bo", "cy"].map(person);
    const judge = await chain.deploy(deployer, transition);
    const config = {
      genesis: stateRoot(state),
      transition: judge.address,
      governor: governor.address,
      operators: operators.map(({ address }) => address),
      ...CONFIG,
      ...changes,
    };
    const made = contract === "Rollup" ? (measured ?? artefact("Rollup")) : artefact(contract);
    const rollup = await chain.deploy(deployer, made, [config, ...terms]);
    money.rollup = rollup;
    Object.assign(world, { chain, deployer, governor, operators, transition: judge, config, rollup, money });
    for (const [i, operator] of operators.entries()) {
      await world.fund(operator, 1000n * EURO);
      if (i < bonded) await world.send(operator, "bond", [], config.bond);
    }
    const word = (value) => hex(bytes(value, 32));
    const time = BigInt(chain.now);
    const genesis = {
      id: 0n, number: 0n, parent: word(0), dataRoot: word(0), recordsHash: word(0), segments: 0n,
      root: hex(stateRoot(state)), queue: 0n, idle: true, time, postedAt: time, block_: BigInt(chain.number),
      operator: "0x" + "00".repeat(20), version: 1n, blob: word(0), available: 0n,
    };
    world.batches = [{ header: genesis, hash: hashOf(rollup, genesis), state, segments: [] }];
    world.items = [];
    return world;
  }

  async member(name, value = 100n * EURO) {
    const who = person(name);
    await this.fund(who, value);
    return who;
  }

  fund(who, value) {
    return this.money.fund(who, value);
  }

  balance(address) {
    return this.money.balance(address);
  }

  /// The operator on turn.
  async onTurn() {
    const turn = await this.ask("turn");
    return this.operators.find(({ address }) => address === turn);
  }

  get newest() {
    return this.batches.at(-1);
  }

  /// @param value what is paid with the call
  send(who, name, args, value) {
    return this.money.send(who, name, args, value);
  }

  ask(name, args) {
    return this.rollup.ask(name, args);
  }

  async deposit(who, account, amount) {
    const done = await this.send(who, "deposit", [account], amount * UNIT);
    const [{ time }] = done.events;
    this.items.push(concat([0], bytes(time, 5), bytes(account, 4), bytes(amount, 16), unhex(who.address)));
    return done;
  }

  async force(who, record) {
    const done = await this.send(who, "force", [record], this.config.forcedFee);
    const [{ time }] = done.events;
    this.items.push(concat([1], bytes(time, 5), bytes(record.length, 2), record));
    return done;
  }

  /// The segments with right roots, or with lies: `lies[i]` stands for the root after segment i.
  run(records, lies = {}, { time = this.chain.now, available = this.items.length, state = this.newest.state } = {}) {
    const segments = [];
    for (const [i, each] of records.entries()) {
      const before = state;
      const after = apply(state, each, time, available);
      // After a lie the next segment goes on from what was said.
      state = lies[i] ?? after;
      segments.push({ records: each, before, after, state, root: stateRoot(state) });
    }
    return segments;
  }

  // What a mode posts of segments, what a leaf binds of one, and what a proof shows of it.
  dataOf(segments) {
    return encodeData(segments);
  }

  inputOf(segment) {
    return keccak(segment.records);
  }

  shownOf(segment) {
    return segment.records;
  }

  chainHash(count) {
    return this.items.slice(0, count).reduce((hash, item) => keccak(hash, item), ZERO);
  }

  postArgs(segments, changes = {}) {
    const { state } = segments.at(-1);
    const queue = queueOf(state);
    const args = {
      parent: this.newest.header,
      data: this.dataOf(segments),
      head: headOf(state),
      chain: this.chainHash(queue),
      next: this.items[queue] ?? new Uint8Array(0),
      ...changes,
    };
    return [args.parent, args.data, args.head, args.chain, args.next];
  }

  /// Posts records, one entry a segment.
  async post(operator, records, { lies, ...changes } = {}) {
    return this.postSegments(operator, this.run(records, lies), changes);
  }

  async postSegments(operator, segments, changes = {}) {
    const done = await this.send(operator, "post", this.postArgs(segments, changes));
    const posted = done.events.find(({ event }) => event === "Posted");
    this.batches.push({ header: posted.header, hash: posted.hash, state: segments.at(-1).state, segments });
    return done;
  }

  /// Gives voided inputs right roots.
  async repost(operator, voided, { lies, ...changes } = {}) {
    const { time, available } = voided.header;
    const records = voided.segments.map((segment) => segment.records);
    const segments = this.run(records, lies, { time: Number(time), available: Number(available) });
    const done = await this.send(operator, "repost", this.repostArgs(voided, segments, changes));
    const posted = done.events.find(({ event }) => event === "Reposted");
    this.batches.push({ header: posted.header, hash: posted.hash, state: segments.at(-1).state, segments });
    return done;
  }

  repostArgs(voided, segments, changes = {}) {
    const { state } = segments.at(-1);
    const args = {
      parent: this.newest.header,
      voided: voided.header,
      records: segments.map((segment) => this.inputOf(segment)),
      roots: segments.map((segment) => segment.root),
      head: headOf(state),
      chain: this.chainHash(queueOf(state)),
      ...changes,
    };
    return [args.parent, args.voided, args.records, args.roots, args.head, args.chain];
  }

  leavesOf(segments) {
    return segments.map((segment) => keccak(stateRoot(segment.before), this.inputOf(segment), segment.root));
  }

  /// What proves a segment of a batch wrong.
  fraud({ header, segments }, index) {
    const leaves = this.leavesOf(segments);
    const { before, after, root } = segments[index];
    return {
      header,
      segment: index,
      pre: stateRoot(before),
      records: this.shownOf(segments[index]),
      post: root,
      path: dataPath(leaves, index).siblings,
      queue: queueOf(before),
      items: concat(...this.items.slice(queueOf(before), queueOf(after))),
      witness: witnessOf(before),
    };
  }

  /// Commits to a proof and shows it a block later.
  async promise(who, batch, index, salt = keccak([7])) {
    return this.send(who, "commit", [promise(who, batch.hash, index, salt)], this.config.commitBond);
  }

  async prove(who, batch, index, salt = keccak([7]), changes = {}) {
    const done = await this.send(who, "prove", [{ ...this.fraud(batch, index), ...changes }, salt]);
    this.batches = this.batches.slice(0, Number(batch.header.number));
    return done;
  }

  /// Over the window, then everything that can be final is.
  async finalise(who = this.deployer) {
    this.chain.wait(this.config.windowSeconds + 1, this.config.windowBlocks + 1);
    const { finalised } = await this.ask("tip");
    const headers = this.batches.slice(Number(finalised) + 1).map(({ header }) => header);
    return this.send(who, "finalise", [headers]);
  }
}

export function hashOf(rollup, header) {
  const [param] = rollup.entry("freeze").inputs;
  return hex(keccak(encode([param], [header])));
}
