// What is paid with: the chain's own coin, or a token.

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { person } from "./chain.mjs";
import { bytes, keccak, unhex } from "./tree.mjs";
import { testOnly } from "./world.mjs";

/// The chain's own coin: what is paid comes with the call.
export class Coin {
  constructor(chain) {
    this.chain = chain;
  }

  fund(who, value) {
    return this.chain.fund(who, value);
  }

  balance(address) {
    return this.chain.balance(address);
  }

  send(who, name, args, value) {
    return this.rollup.send(who, name, args, value);
  }
}

/// The ways of a token, as in Token.sol.
export const MANNERS = ["PLAIN", "SILENT", "REFUSING", "TAXED", "CALLING", "LYING"];

/// A token: what is paid is approved before and fetched by the contract.
export class Tokens {
  static async create(chain, { decimals = 18, manner = "PLAIN" } = {}) {
    const token = await chain.deploy(person("issuer"), testOnly("Token"), [decimals, MANNERS.indexOf(manner)]);
    return Object.assign(new Tokens(), { chain, token });
  }

  fund({ address }, value) {
    return this.token.send(person("issuer"), "mint", [address, value]);
  }

  balance(address) {
    return this.token.ask("balanceOf", [address]);
  }

  /// A signature that lets the contract fetch so much of `owner`'s (EIP-2612), for a minute: the arguments that follow the
  /// account's in `depositWithPermit`.
  async permit(owner, value, signer = owner) {
    const { chain, token, rollup } = this;
    const deadline = chain.now + 60;
    const kind = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";
    const nonce = await token.ask("nonces", [owner.address]);
    const fields = [BigInt(owner.address), BigInt(rollup.address), value, nonce, deadline].map((field) => bytes(field, 32));
    const content = keccak(keccak(new TextEncoder().encode(kind)), ...fields);
    const digest = keccak([0x19, 1], unhex(await token.ask("DOMAIN_SEPARATOR")), content);
    const signature = secp256k1.sign(digest, signer.key, { prehash: false, format: "recovered" });
    return [value, deadline, 27 + signature[0], signature.slice(1, 33), signature.slice(33)];
  }

  async send(who, name, args = [], value = 0n) {
    if (value > 0n) await this.token.send(who, "approve", [this.rollup.address, value]);
    return this.rollup.send(who, name, name === "deposit" ? [...args, value] : args);
  }
}
