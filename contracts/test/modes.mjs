// The other data modes, docs/ledgers/data_modes.md, once more from the page: what is posted, what a leaf binds, what a
// proof shows.

import { World, EURO, CONFIG, dataPath, encodeData, headOf, queueOf, stateRoot } from "./world.mjs";
import { Chain, Contract } from "./chain.mjs";
import { CELL, DATA, blobHash, kzg, open, pack } from "./blobs.mjs";
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
    const wraps = new Uint8Array(33 + 32 * 3).fill(0x5a); // three readers; no byte is likely to be zero
    return concat(bytes(wraps.length, 2), wraps, super.dataOf(segments));
  }
}

export class Blobs extends World {
  static async create(changes = {}, state = undefined, options = {}) {
    const chain = await Chain.create(undefined, { kzg });
    const world = await super.create(changes, state, { contract: "BlobRollup", chain, ...options });
    world.cells = new Contract(chain, await world.ask("cells"), artefact("Cells").abi);
    world.rollup.abi = [...world.rollup.abi, ...artefact("Cells").abi.filter(({ type }) => type === "error")];
    return world;
  }

  /// Segments by cell: each goes into the first cell, not before the last one's, that has room.
  cellsOf(segments) {
    const cells = [];
    for (const [i, segment] of segments.entries()) {
      const size = encodeData([segment]).length;
      const last = cells.at(-1);
      if (last && last.size + size <= CELL && !segment.apart) {
        last.size += size;
        last.members.push(i);
      } else cells.push({ size, members: [i] });
    }
    return cells.map(({ members }) => members);
  }

  /// A leaf for each cell with segments.
  claim(segments, pre) {
    const cells = this.cellsOf(segments);
    const contents = this.contents(segments);
    const leaves = [];
    for (let cell = 0; cell < DATA; cell++) {
      const post = cells[cell]?.length ? segments[cells[cell].at(-1)].root : pre;
      leaves.push({ pre, input: keccak(contents[cell] ?? new Uint8Array(CELL)), post });
      pre = post;
    }
    return leaves;
  }

  contents(segments) {
    return this.cellsOf(segments).map((members) => {
      const data = encodeData(members.map((i) => segments[i]));
      return concat(data, new Uint8Array(CELL - data.length));
    });
  }

  /// The blob with these segments and this list of leaves.
  blobOf(segments, leaves) {
    const contents = this.contents(segments);
    while (contents.length < DATA) contents.push(new Uint8Array(CELL));
    const list = concat(...leaves.map(({ input, post }) => concat(input, post)));
    return pack([...contents, list.slice(0, CELL), list.slice(CELL)]);
  }

  static hashes(leaves) {
    return leaves.map(({ pre, input, post }) => keccak(pre, input, post));
  }

  /// A leaf as the contract takes it.
  leafOf({ leaves }, cell) {
    return { ...leaves[cell], path: dataPath(Blobs.hashes(leaves), cell).siblings };
  }

  /// `claims` changes the leaves that are listed and claimed, `root` the data root, `blob` puts something else into the
  /// blob, `state` is what the head says.
  async postSegments(operator, segments, { claims = (leaves) => leaves, root, blob, voided, ...changes } = {}) {
    const { state = segments.at(-1).state } = changes;
    const leaves = claims(this.claim(segments, stateRoot(segments[0].before)));
    blob ??= this.blobOf(segments, leaves);
    root ??= dataPath(Blobs.hashes(leaves), 0).root;
    const queue = queueOf(state);
    const tail = [headOf(state), this.chainHash(queue)];
    this.chain.blobs = [blobHash(blob)];
    const parent = this.newest.header;
    const done = voided
      ? await this.send(operator, "repost", [parent, voided.header, [root], [], ...tail])
      : await this.send(operator, "post", [parent, root, ...tail, this.items[queue] ?? new Uint8Array(0)]);
    const posted = done.events.find(({ event }) => event === "Posted" || event === "Reposted");
    this.batches.push({ header: posted.header, hash: posted.hash, state, segments, leaves, blob });
    return done;
  }

  /// What proves a segment wrong: by its cell's leaf.
  fraud(batch, index) {
    const cells = this.cellsOf(batch.segments);
    const cell = cells.findIndex((members) => members.includes(index));
    const content = this.contents(batch.segments)[cell];
    const records = concat(bytes(cells[cell].indexOf(index), 2), content);
    const { pre, post, path } = this.leafOf(batch, cell);
    return { ...super.fraud(batch, index), segment: cell, pre, post, path, records };
  }

  dispute(who, name, args) {
    return this.send(who, "dispute", [this.cells.data(name, args), keccak([7])]);
  }

  mismatch(who, batch, cell, opened = open(batch.blob, cell)) {
    return this.dispute(who, "mismatch", [batch.header, cell, this.leafOf(batch, cell), opened]);
  }

  mislisted(who, batch, parent = this.batches[Number(batch.header.number) - 1].header) {
    return this.dispute(who, "mislisted", [batch.header, DATA, parent, open(batch.blob, DATA), open(batch.blob, DATA + 1)]);
  }

  altered(who, batch, first, cell) {
    return this.dispute(who, "altered", [batch.header, cell, open(first.blob, cell), open(batch.blob, cell)]);
  }
}

/// text ⊕ keccak256(key ‖ 0) ‖ keccak256(key ‖ 1) ‖ …
export function xor(key, text) {
  return text.map((byte, i) => byte ^ keccak(key, bytes(i >> 5, 32))[i & 31]);
}

export { CONFIG };
