// The secondary chain's state tree and its witnesses once more, straight from docs/ledgers/rollup.md, so that the
// contract's tests do not lean on the Rust side alone.

import { keccak_256 } from "@noble/hashes/sha3.js";

export const keccak = (...parts) => keccak_256(concat(...parts));

export function concat(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/// A number as so many bytes, big-endian, two's complement.
export function bytes(value, size) {
  const out = new Uint8Array(size);
  let rest = BigInt.asUintN(8 * size, BigInt(value));
  for (let i = size - 1; i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 255n);
  return out;
}

export const hex = (data) => "0x" + Buffer.from(data).toString("hex");
export const unhex = (text) => Uint8Array.from(Buffer.from(text.replace(/^0x/, ""), "hex"));

const DEPTH = 32;
const EMPTY = [new Uint8Array(32)];
for (let level = 0; level < DEPTH; level++) EMPTY.push(keccak(EMPTY[level], EMPTY[level]));

/// Words of the leaf at a place.
export function wordsAt(place) {
  const section = Math.floor(place / 2 ** 28);
  if (section === 0) return place < 256 ? 2 : 1;
  return [0, 3, 2, 6, 4, 1, 1, 1][section];
}

const leafHash = (words) => (words === undefined || words.every((byte) => byte === 0) ? EMPTY[0] : keccak(words));

/// A sparse tree: leaves by place.
export class Tree {
  constructor(leaves = new Map()) {
    this.leaves = leaves;
  }

  /// Every node that is not empty, level by level from the leaves up.
  levels() {
    let level = new Map();
    for (const [place, words] of this.leaves) {
      const hash = leafHash(words);
      if (hash !== EMPTY[0]) level.set(place, hash);
    }
    const levels = [level];
    for (let depth = 0; depth < DEPTH; depth++) {
      const above = new Map();
      for (const place of level.keys()) {
        const parent = Math.floor(place / 2);
        if (above.has(parent)) continue;
        const child = (side) => level.get(2 * parent + side) ?? EMPTY[depth];
        above.set(parent, keccak(child(0), child(1)));
      }
      levels.push((level = above));
    }
    return levels;
  }

  root() {
    return this.levels()[DEPTH].get(0) ?? EMPTY[DEPTH];
  }

  /// The witness of these places, with the head before it.
  witness(head, places) {
    const wanted = [...new Set(places.length === 0 ? [0] : places)].sort((one, other) => one - other);
    const leaves = wanted.map((place) => {
      return concat(bytes(place, 4), this.leaves.get(place) ?? new Uint8Array(32 * wordsAt(place)));
    });
    const levels = this.levels();
    const bits = [];
    const siblings = [];
    // What is beside the ways, in the order of the climb: a leaf goes up to where it meets the next one.
    wanted.forEach((place, i) => {
      const last = i + 1 === wanted.length;
      for (let depth = 0, node = place; depth < DEPTH; depth++, node = Math.floor(node / 2)) {
        const beside = node % 2 === 0 ? node + 1 : node - 1;
        const at = (other) => Math.floor(other / 2 ** depth);
        if (!last && at(wanted[i + 1]) === beside) break;
        if (i > 0 && wanted.slice(0, i).some((other) => at(other) === beside)) continue;
        const hash = levels[depth].get(beside);
        bits.push(hash !== undefined);
        if (hash !== undefined) siblings.push(hash);
      }
    });
    const packed = new Uint8Array(Math.ceil(bits.length / 8));
    bits.forEach((bit, i) => (packed[i >> 3] |= Number(bit) << (7 - (i & 7))));
    return concat(head, bytes(wanted.length, 2), ...leaves, bytes(packed.length, 2), packed, ...siblings);
  }
}

export const rootOf = (head, tree) => keccak(keccak(head), tree.root());
