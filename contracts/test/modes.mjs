// The other data modes, docs/ledgers/data_modes.md, once more from the page: what is posted, what a leaf binds, what a
// proof shows.

import { World, EURO, CONFIG, dataPath, stateRoot } from "./world.mjs";
import { Contract } from "./chain.mjs";
import { artefact } from "./evm.mjs";
import { bytes, concat, keccak } from "./tree.mjs";

/// Answers are due after a quarter of a window, and proofs after as much again.
export const TERMS = { answerSeconds: 900, answerBlocks: 3, deposit: EURO / 50n };

/// A world whose segments are posted in two parts: `part`, and `other` by its hash.
class Withheld extends World {
  static async create(changes = {}, state = undefined, options = {}) {
    const world = await super.create(changes, state, { terms: [TERMS], ...options });
    // What the rollup refuses comes through.
    const errors = world.rollup.abi.filter(({ type }) => type === "error");
    world.demands = new Contract(world.chain, await world.ask("demands"), [...artefact(this.asks).abi, ...errors]);
    return world;
  }

  inputOf(segment) {
    return segment.input ?? keccak(keccak(this.partOf(segment)), keccak(this.otherOf(segment)));
  }

  dataOf(segments) {
    return concat(...segments.map((segment) => {
      const part = this.partOf(segment);
      return concat(bytes(part.length, 2), part, keccak(this.otherOf(segment)), segment.root);
    }));
  }

  /// What opens a segment's leaf: [pre, path].
  leaf(batch, index) {
    const { before } = batch.segments[index];
    return { pre: stateRoot(before), path: dataPath(this.leavesOf(batch.segments), index).siblings };
  }

  demand(who, batch, index, question = [], value = TERMS.deposit) {
    return this.demands.send(who, "demand", [batch.header, index, ...question], value);
  }

  /// Until an unanswered demand is overdue.
  pass() {
    this.chain.wait(TERMS.answerSeconds + 1, TERMS.answerBlocks + 1);
  }

  /// Until what demands add is over, if nothing else keeps a batch open.
  extension() {
    this.chain.wait(2 * TERMS.answerSeconds + 1, 2 * TERMS.answerBlocks + 1);
  }

  async overdue(who, batch, index, demander) {
    const done = await this.demands.send(who, "overdue", [batch.header, index, demander.address]);
    this.batches = this.batches.slice(0, Number(batch.header.number));
    return done;
  }
}

export class Demand extends Withheld {
  static asks = "Signatures";

  static create(changes, state, options) {
    return super.create(changes, state, { contract: "DemandRollup", ...options });
  }

  partOf(segment) {
    return segment.records;
  }

  otherOf(segment) {
    return segment.signatures ?? new Uint8Array(0);
  }

  shownOf(segment) {
    return concat(bytes(segment.records.length, 2), segment.records, this.otherOf(segment));
  }

  show(who, batch, index, signatures = this.otherOf(batch.segments[index])) {
    const { pre, path } = this.leaf(batch, index);
    const { records, root } = batch.segments[index];
    return this.demands.send(who, "show", [batch.header, index, pre, keccak(records), signatures, root, path]);
  }
}

export class Sealed extends Withheld {
  static asks = "Keys";

  static create(changes, state, options) {
    return super.create(changes, state, { contract: "SealedRollup", ...options });
  }

  partOf(segment) {
    return xor(segment.key, segment.records);
  }

  otherOf(segment) {
    return segment.key;
  }

  shownOf(segment) {
    return concat(segment.key, this.partOf(segment));
  }

  dataOf(segments) {
    const wraps = new Uint8Array(33 + 32 * 3);
    return concat(bytes(wraps.length, 2), wraps, super.dataOf(segments));
  }
}

/// text ⊕ keccak256(key ‖ 0) ‖ keccak256(key ‖ 1) ‖ …
export function xor(key, text) {
  return text.map((byte, i) => byte ^ keccak(key, bytes(i >> 5, 32))[i & 31]);
}

export { CONFIG };
