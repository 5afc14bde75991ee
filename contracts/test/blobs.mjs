// Blobs, their commitments and openings, without the Rust side: the field's arithmetic in bigints, commitments by the
// reference library compiled to WebAssembly.

import { loadKZG } from "kzg-wasm";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytes, concat, hex, keccak, unhex } from "./tree.mjs";

export const kzg = await loadKZG();

const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const ELEMENTS = 4096;
const WIDTH = 64;
export const CELLS = 64;
/// Cells with segments; the two after them list the leaves.
export const DATA = 62;
export const CELL = 31 * WIDTH;

const mod = (value) => ((value % ORDER) + ORDER) % ORDER;
function power(base, exponent) {
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n, base = (base * base) % ORDER) if (exponent & 1n) result = (result * base) % ORDER;
  return result;
}
const inverse = (value) => power(mod(value), ORDER - 2n);
const OMEGA = power(7n, (ORDER - 1n) / BigInt(ELEMENTS));
const reversed = (i) => Number.parseInt(i.toString(2).padStart(12, "0").split("").reverse().join(""), 2);
const POINTS = [1n];
for (let i = 1; i < ELEMENTS; i++) POINTS.push((POINTS[i - 1] * OMEGA) % ORDER);

/// Values at the roots of unity from coefficients; with the inverse root, and divided by the number, the other way.
function transform(values, root) {
  if (values.length === 1) return values;
  const square = (root * root) % ORDER;
  const even = transform(values.filter((_, i) => i % 2 === 0), square);
  const odd = transform(values.filter((_, i) => i % 2 === 1), square);
  const half = values.length / 2;
  const out = Array(values.length);
  for (let i = 0, x = 1n; i < half; i++, x = (x * root) % ORDER) {
    const term = (x * odd[i]) % ORDER;
    out[i] = mod(even[i] + term);
    out[i + half] = mod(even[i] - term);
  }
  return out;
}

/// The blob that carries these cells.
export function pack(cells) {
  const blob = new Uint8Array(32 * ELEMENTS);
  cells.forEach((content, cell) => {
    for (let i = 0; 31 * i < content.length; i++) blob.set(content.slice(31 * i, 31 * i + 31), 32 * (WIDTH * cell + i) + 1);
  });
  return blob;
}

export function contentOf(blob, cell) {
  const elements = Array.from({ length: WIDTH }, (_, i) => blob.slice(32 * (WIDTH * cell + i) + 1, 32 * (WIDTH * cell + i + 1)));
  return concat(...elements);
}

const commit = (blob) => unhex(kzg.blobToKZGCommitment(hex(blob)));
export function versioned(commitment) {
  const hash = sha256(commitment);
  hash[0] = 1;
  return hash;
}
export const blobHash = (blob) => versioned(commit(blob));

const blobOf = (values) => concat(...Array.from({ length: ELEMENTS }, (_, i) => bytes(values[reversed(i)], 32)));

/// A polynomial's value and its proof at a point that is no root of unity.
function evaluate(coefficients, values, at) {
  const y = coefficients.reduceRight((sum, c) => mod(sum * at + c), 0n);
  const differences = POINTS.map((x) => mod(x - at));
  const prefixes = [1n];
  for (const d of differences) prefixes.push((prefixes.at(-1) * d) % ORDER);
  let all = inverse(prefixes.at(-1));
  const quotients = Array(ELEMENTS);
  for (let i = ELEMENTS - 1; i >= 0; i--) {
    quotients[i] = mod((values[i] - y) * ((prefixes[i] * all) % ORDER));
    all = (all * differences[i]) % ORDER;
  }
  return { y, proof: commit(blobOf(quotients)) };
}

const opened = new Map();
/// What shows the contract a cell of a blob.
export function open(blob, cell) {
  const name = hex(keccak(blob, bytes(cell, 1)));
  if (!opened.has(name)) opened.set(name, made(blob, cell));
  return opened.get(name);
}

function made(blob, cell) {
  const values = Array(ELEMENTS);
  for (let i = 0; i < ELEMENTS; i++) values[reversed(i)] = BigInt(hex(blob.slice(32 * i, 32 * i + 32)));
  const scale = inverse(BigInt(ELEMENTS));
  const coefficients = transform(values, inverse(OMEGA)).map((value) => (value * scale) % ORDER);
  const a = power(OMEGA, BigInt(WIDTH * reversed(WIDTH * cell)));
  const rest = [...coefficients];
  const quotient = Array(ELEMENTS).fill(0n);
  for (let i = ELEMENTS - 1; i >= WIDTH; i--) {
    quotient[i - WIDTH] = rest[i];
    rest[i - WIDTH] = mod(rest[i - WIDTH] + rest[i] * a);
  }
  const quotientValues = transform(quotient, OMEGA);
  const commitment = commit(blob);
  const other = commit(blobOf(quotientValues));
  const elements = blob.slice(32 * WIDTH * cell, 32 * WIDTH * (cell + 1));
  const r = BigInt(hex(keccak(versioned(commitment), bytes(cell, 32), elements, other))) % ORDER;
  const first = evaluate(coefficients, values, r);
  const second = evaluate(quotient, quotientValues, r);
  const proof = concat(commitment, first.proof, other, second.proof, bytes(first.y, 32), bytes(second.y, 32));
  return { elements, proof };
}
