// A primary chain for tests on an EVM that shares nothing with the Rust side's: blocks with times, transactions with
// their true gas (floor of calldata included), snapshots that stand for re-organisations.

import { createVM, runTx } from "@ethereumjs/vm";
import { createBlock } from "@ethereumjs/block";
import { Common, Mainnet } from "@ethereumjs/common";
import { createBlob4844Tx, createLegacyTx } from "@ethereumjs/tx";
import { Account, createAddressFromPrivateKey, createAddressFromString } from "@ethereumjs/util";
import { decode, encode, selector, topic } from "./abi.mjs";
import { listen, measured } from "./coverage.mjs";
import { bytes, concat, hex, keccak, unhex } from "./tree.mjs";
import { fork } from "../build.mjs";

/// A member, operator or watcher: a key and its address.
export function person(name) {
  const key = keccak(new TextEncoder().encode(name));
  const address = createAddressFromPrivateKey(key).toString();
  return { name, key, address };
}

const GAS = 200_000_000n;

/// What a contract refused with, named after its error.
export class Reverted extends Error {
  constructor(name, args) {
    super(`${name}(${(args ?? []).join(", ")})`);
    this.name = name;
    this.args = args;
  }
}

export class Chain {
  /// @param start time of the first block, Unix s
  /// @param customCrypto what the EVM needs beside for blobs, `{ kzg }`
  static async create(start = 1_700_000_000, customCrypto = {}) {
    const common = new Common({ chain: Mainnet, hardfork: fork, customCrypto });
    const chain = new Chain();
    // What is measured is longer than a chain would keep.
    const evmOpts = measured ? { allowUnlimitedContractSize: true, allowUnlimitedInitCodeSize: true } : {};
    const vm = await createVM({ common, evmOpts });
    Object.assign(chain, { common, vm, number: 1, now: start, watched: new Set() });
    await listen(vm.evm, (address) => chain.watched.has(address));
    return chain;
  }

  /// Lets time pass and blocks be made.
  wait(seconds, blocks = 1) {
    this.now += seconds;
    this.number += blocks;
  }

  block() {
    const header = { number: this.number, timestamp: this.now, gasLimit: GAS, baseFeePerGas: 0n };
    return createBlock({ header }, { common: this.common, skipConsensusFormatValidation: true });
  }

  /// Gives coin, wei.
  async fund({ address }, wei) {
    const at = createAddressFromString(address);
    const account = (await this.vm.stateManager.getAccount(at)) ?? new Account();
    account.balance += BigInt(wei);
    await this.vm.stateManager.putAccount(at, account);
  }

  async balance(address) {
    return (await this.vm.stateManager.getAccount(createAddressFromString(address)))?.balance ?? 0n;
  }

  /// One transaction; in the present block. Gives gas, logs and calldata; a refused one throws `Reverted`.
  async send(from, to, data, value = 0n, abi = []) {
    const nonce = (await this.vm.stateManager.getAccount(createAddressFromString(from.address)))?.nonce ?? 0n;
    const fields = { nonce, gasPrice: 0n, gasLimit: GAS, to: to && createAddressFromString(to), value, data };
    // Blobs go along with the next transaction, by their versioned hashes.
    const { blobs } = this;
    delete this.blobs;
    const carrying = { ...fields, gasPrice: undefined, blobVersionedHashes: blobs, maxFeePerBlobGas: 1n };
    const made = blobs ? createBlob4844Tx(carrying, { common: this.common }) : createLegacyTx(fields, { common: this.common });
    const tx = made.sign(from.key);
    const result = await runTx(this.vm, { tx, block: this.block() });
    const { exceptionError, returnValue, logs } = result.execResult;
    if (exceptionError) throw refusal(exceptionError, returnValue, abi);
    return {
      gas: Number(result.totalGasSpent),
      contract: result.createdAddress?.toString(),
      returned: returnValue,
      logs: logs ?? [],
      data,
    };
  }

  /// A question without a transaction.
  async ask(to, data, abi) {
    const { execResult } = await this.vm.evm.runCall({
      to: createAddressFromString(to),
      data,
      block: this.block(),
      gasLimit: GAS,
      isStatic: true,
    });
    if (execResult.exceptionError) throw refusal(execResult.exceptionError, execResult.returnValue, abi);
    return execResult.returnValue;
  }

  async snapshot() {
    await this.vm.stateManager.checkpoint();
    return { number: this.number, now: this.now };
  }

  /// Back to the last snapshot, as a re-organisation does. Every snapshot ends by `revert` or `keep`.
  async revert(snapshot) {
    await this.vm.stateManager.revert();
    Object.assign(this, snapshot);
  }

  async keep() {
    await this.vm.stateManager.commit();
  }

  async deploy(from, { bytecode, abi }, args = []) {
    const params = abi.find((entry) => entry.type === "constructor")?.inputs ?? [];
    const { contract, gas } = await this.send(from, undefined, concat(unhex(bytecode), encode(params, args)), 0n, abi);
    if (bytecode === measured?.bytecode) this.watched.add(contract);
    return Object.assign(new Contract(this, contract, abi), { gas });
  }
}

function refusal(exception, data, abi) {
  if (data.length < 4) return new Reverted(exception.error);
  const found = abi.find((entry) => entry.type === "error" && hex(selector(entry)) === hex(data.slice(0, 4)));
  if (found) return new Reverted(found.name, decode(found.inputs, data.slice(4)));
  const panic = hex(data.slice(0, 4)) === "0x4e487b71";
  return new Reverted(panic ? `Panic ${hex(data.slice(-1))}` : hex(data));
}

/// A deployed contract: `send` for transactions, `ask` for views.
export class Contract {
  constructor(chain, address, abi) {
    Object.assign(this, { chain, address, abi });
  }

  /// @param count of arguments, where there is more than one of the name
  entry(name, count) {
    const fits = ({ type, inputs }) => type === "function" && inputs.length === (count ?? inputs.length);
    const found = this.abi.find((entry) => entry.name === name && fits(entry));
    if (!found) throw new Error(`no function ${name}${count === undefined ? "" : ` of ${count} arguments`}`);
    return found;
  }

  data(name, args) {
    const entry = this.entry(name, args.length);
    return concat(selector(entry), encode(entry.inputs, args));
  }

  async send(from, name, args = [], value = 0n) {
    const done = await this.chain.send(from, this.address, this.data(name, args), BigInt(value), this.abi);
    return { ...done, events: done.logs.filter((log) => hex(log[0]) === this.address).map((log) => this.event(log)) };
  }

  /// One value, or many by name.
  async ask(name, args = []) {
    const { outputs } = this.entry(name);
    const values = decode(outputs, await this.chain.ask(this.address, this.data(name, args), this.abi));
    if (outputs.length === 1) return values[0];
    return Object.fromEntries(outputs.map((output, i) => [output.name, values[i]]));
  }

  event([, topics, data]) {
    const found = this.abi.find((entry) => entry.type === "event" && hex(topic(entry)) === hex(topics[0]));
    const indexed = found.inputs.filter((input) => input.indexed);
    const plain = found.inputs.filter((input) => !input.indexed);
    const values = decode(plain, data);
    return {
      event: found.name,
      ...Object.fromEntries(indexed.map((input, i) => [input.name, decode([input], topics[i + 1])[0]])),
      ...Object.fromEntries(plain.map((input, i) => [input.name, values[i]])),
    };
  }
}

/// Gas that calldata alone costs, EIP-7623: [floor, standard], the base of 21 000 not included.
export function dataGas(data) {
  const zeros = data.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  const tokens = zeros + 4 * (data.length - zeros);
  return [10 * tokens, 4 * tokens];
}

export { bytes };
