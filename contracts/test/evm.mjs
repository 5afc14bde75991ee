// An EVM that shares nothing with the one the Rust side runs.

import { readFileSync } from "node:fs";
import { createEVM } from "@ethereumjs/evm";
import { Common, Mainnet } from "@ethereumjs/common";
import { createAddressFromString, hexToBytes } from "@ethereumjs/util";
import { bytes, concat, keccak } from "./tree.mjs";

export const artefact = (name) => JSON.parse(readFileSync(new URL(`../artifacts/${name}.json`, import.meta.url), "utf8"));

/// The first four bytes of a signature's hash.
export const selector = (signature) => keccak(new TextEncoder().encode(signature)).slice(0, 4);

/// A contract without constructor arguments, deployed under its artefact's fork: `call(data)` gives `{ gas, data, reverted }`.
export async function deployed(name, bytecode = artefact(name).bytecode) {
  const common = new Common({ chain: Mainnet, hardfork: artefact(name).evm });
  const evm = await createEVM({ common });
  const caller = createAddressFromString("0x00000000000000000000000000000000000000aa");
  const made = await evm.runCall({ caller, data: hexToBytes(bytecode), gasLimit: 30_000_000n });
  if (made.execResult.exceptionError) throw new Error(`${name}: ${made.execResult.exceptionError.error}`);
  const to = made.createdAddress;
  return {
    async call(data) {
      const { execResult } = await evm.runCall({ caller, to, data, gasLimit: 100_000_000n, isStatic: true });
      const { exceptionError, executionGasUsed, returnValue } = execResult;
      return { gas: Number(executionGasUsed), data: returnValue, reverted: exceptionError?.error };
    },
  };
}

/// Calldata of `execute`.
export function execute(pre, postedAt, available, records, items, chain, witness) {
  const dynamic = [records, items, witness];
  const heads = [];
  const tails = [];
  let at = 7 * 32;
  for (const part of dynamic) {
    const padded = new Uint8Array(32 * Math.ceil(part.length / 32));
    padded.set(part);
    heads.push(bytes(at, 32));
    tails.push(bytes(part.length, 32), padded);
    at += 32 + padded.length;
  }
  const name = selector("execute(bytes32,uint64,uint64,bytes,bytes,bytes32,bytes)");
  return concat(name, pre, bytes(postedAt, 32), bytes(available, 32), heads[0], heads[1], chain, heads[2], ...tails);
}

/// Gas of a whole transaction with this calldata and execution, EIP-7623.
export function transactionGas(data, execution) {
  const zeros = data.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  const tokens = zeros + 4 * (data.length - zeros);
  return 21_000 + Math.max(4 * tokens + execution, 10 * tokens);
}
