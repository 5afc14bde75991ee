// The contract ABI, as far as the contracts here use it: numbers, bytes32, address, bool, bytes, string, arrays, structs.

import { bytes, concat, hex, keccak, unhex } from "./tree.mjs";

const utf8 = (text) => new TextEncoder().encode(text);
const WORD = 32;

/// The canonical name of a type: `(uint64,bytes32)[]`.
export function canonical({ type, components }) {
  if (!type.startsWith("tuple")) return type;
  return `(${components.map(canonical).join(",")})${type.slice(5)}`;
}

export const signature = (entry) => `${entry.name}(${entry.inputs.map(canonical).join(",")})`;
export const topic = (entry) => keccak(utf8(signature(entry)));
export const selector = (entry) => topic(entry).slice(0, 4);

/// Element type and length (undefined: dynamic) of an array type.
function array({ type, components }) {
  const found = /^(.*)\[(\d*)\]$/.exec(type);
  return found && { of: { type: found[1], components }, length: found[2] === "" ? undefined : Number(found[2]) };
}

function isDynamic(param) {
  const list = array(param);
  if (list) return list.length === undefined || isDynamic(list.of);
  if (param.type === "tuple") return param.components.some(isDynamic);
  return param.type === "bytes" || param.type === "string";
}

/// Bytes of a static type's encoding.
function sizeOf(param) {
  const list = array(param);
  if (list) return list.length * sizeOf(list.of);
  if (param.type === "tuple") return param.components.reduce((sum, each) => sum + sizeOf(each), 0);
  return WORD;
}

const raw = (value) => (typeof value === "string" ? unhex(value) : value);

function encodeOne(param, value) {
  const list = array(param);
  if (list) {
    const encoded = encode(value.map(() => list.of), value);
    return list.length === undefined ? concat(bytes(value.length, WORD), encoded) : encoded;
  }
  if (param.type === "tuple") {
    return encode(param.components, param.components.map((each) => value[each.name]));
  }
  if (param.type === "bytes" || param.type === "string") {
    const data = param.type === "string" ? utf8(value) : raw(value);
    return concat(bytes(data.length, WORD), data, new Uint8Array((WORD - (data.length % WORD)) % WORD));
  }
  if (param.type === "address") return concat(new Uint8Array(12), raw(value));
  if (param.type.startsWith("bytes")) return concat(raw(value), new Uint8Array(WORD - raw(value).length));
  return bytes(param.type === "bool" ? Number(value) : value, WORD);
}

/// Values in the order of the parameters.
export function encode(params, values) {
  const heads = [];
  const tails = [];
  let place = params.reduce((sum, param) => sum + (isDynamic(param) ? WORD : sizeOf(param)), 0);
  params.forEach((param, i) => {
    const encoded = encodeOne(param, values[i]);
    if (isDynamic(param)) {
      heads.push(bytes(place, WORD));
      tails.push(encoded);
      place += encoded.length;
    } else heads.push(encoded);
  });
  return concat(...heads, ...tails);
}

function decodeOne(param, data, place) {
  const list = array(param);
  if (list) {
    const length = list.length ?? Number(toBig(data.slice(place, place + WORD)));
    const from = list.length === undefined ? place + WORD : place;
    return decode(Array(length).fill(list.of), data.slice(from));
  }
  if (param.type === "tuple") {
    const values = decode(param.components, data.slice(place));
    return Object.fromEntries(param.components.map((each, i) => [each.name, values[i]]));
  }
  const word = data.slice(place, place + WORD);
  if (param.type === "bytes" || param.type === "string") {
    const content = data.slice(place + WORD, place + WORD + Number(toBig(word)));
    return param.type === "bytes" ? hex(content) : new TextDecoder().decode(content);
  }
  if (param.type === "address") return hex(word.slice(12));
  if (param.type === "bool") return word[31] === 1;
  if (param.type.startsWith("bytes")) return hex(word.slice(0, Number(param.type.slice(5))));
  const value = toBig(word);
  return param.type.startsWith("int") ? BigInt.asIntN(256, value) : value;
}

/// The values of an encoding: numbers as bigint, bytes and addresses in hex.
export function decode(params, data) {
  let place = 0;
  return params.map((param) => {
    const dynamic = isDynamic(param);
    const value = decodeOne(param, data, dynamic ? Number(toBig(data.slice(place, place + WORD))) : place);
    place += dynamic ? WORD : sizeOf(param);
    return value;
  });
}

const toBig = (data) => BigInt(data.length === 0 ? 0 : hex(data));
