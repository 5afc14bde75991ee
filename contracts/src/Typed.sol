// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Head} from "./State.sol";
import {Known} from "./Witness.sol";

/// What members and meters sign: EIP-712 typed data, `market::signing`; signatures in 64 bytes (EIP-2098).
library Typed {
    // keccak256 of the types.
    // Order(uint32 account,uint32 meter,uint64 start,uint32 duration,uint8 side,int64 energyWh,
    //       int64 limitMicroPerKwh,uint8 timeInForce,uint64 nonce)
    uint256 internal constant ORDER = 0x5a5af5cc16af6f400dd413bb5feb633329842c661098e5f6e7bc320d2129fa00;
    // Cancel(uint32 account,uint8 carrier,uint64 start,uint32 duration,uint8 side,uint32 arrival,uint64 nonce)
    uint256 internal constant CANCEL = 0xd5e75ba85e338bc8917a696550c1f97fe9fd051e3a7f8c9713699922050c747c;
    // Withdraw(uint32 account,int256 amountNano,uint64 nonce)
    uint256 internal constant WITHDRAW = 0x07583316e4e2730f44d45e36e81cc6a2679aa0ecdf91161d7077439a912f4f4d;
    // Transfer(uint32 from,uint32 to,int256 amountNano,uint64 nonce)
    uint256 internal constant TRANSFER = 0x4600b5f8144feb0d4d57fa2752f43da2694519e3e926f99cb1a023e76725ae6c;
    // Reading(uint32 meter,uint64 start,uint32 duration,int64 importWh,int64 exportWh,uint64 sequence)
    uint256 internal constant READING = 0x28a26f9b7f836857c6616825df0031f91b415efaa33e4399f94706291e7f0f38;

    /// Half of secp256k1's group order, rounded down: a larger s would be a second signature of the same (EIP-2).
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// Where a structure's words are written: the type first, then the fields. Free memory, not kept.
    function begin(uint256 kind) internal pure returns (uint256 words) {
        assembly ("memory-safe") {
            words := mload(64)
            mstore(words, kind)
        }
    }

    /// Writes the field of this number, from 1.
    function field(uint256 words, uint256 which, uint256 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(words, shl(5, which)), value)
        }
    }

    /// Whether the `signature` in calldata, over the structure of so many words in the state's domain, was made by
    /// `signer`.
    function signed(uint256 words, uint256 count, Known memory known, uint256 signature, uint256 signer)
        internal
        view
        returns (bool right)
    {
        uint256 domain = known.head + Head.DOMAIN;
        assembly ("memory-safe") {
            let structure := keccak256(words, shl(5, count))
            mstore(words, shl(240, 0x1901))
            mstore(add(words, 2), mload(domain))
            mstore(add(words, 34), structure)
            let vs := calldataload(add(signature, 32))
            let s := shr(1, shl(1, vs))
            mstore(words, keccak256(words, 66))
            mstore(add(words, 32), add(27, shr(255, vs)))
            mstore(add(words, 64), calldataload(signature))
            mstore(add(words, 96), s)
            // Where nobody can have signed, nothing is returned, and no account has a key of zero.
            mstore(0, 0)
            pop(staticcall(gas(), 1, words, 128, 0, 32))
            right := and(and(iszero(gt(s, HALF_ORDER)), eq(mload(0), signer)), gt(signer, 0))
        }
    }
}
