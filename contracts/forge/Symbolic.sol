// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Leaf} from "../src/Leaf.sol";
import {Merkle} from "../src/Merkle.sol";
import {Records} from "../src/Records.sol";
import {Money} from "../src/Money.sol";
import {Account} from "../src/State.sol";
import {Typed} from "../src/Typed.sol";
import {Known} from "../src/Witness.sol";

/// What holds for all values, not only for drawn ones: halmos runs these with symbols for the arguments and asks an SMT
/// solver for a counterexample.
contract Symbolic {
    using Leaf for uint256;

    /// Three words of anything, at a place in memory.
    function memoryOf(uint256 a, uint256 b, uint256 c) internal pure returns (uint256 leaf) {
        assembly ("memory-safe") {
            leaf := mload(64)
            mstore(64, add(leaf, 96))
            mstore(leaf, a)
            mstore(add(leaf, 32), b)
            mstore(add(leaf, 64), c)
        }
    }

    /// What a field of these bits is put to is read from it, and nothing else changes.
    function putAndRead(uint256 a, uint256 b, uint256 c, uint256 value, uint256 bits, uint256 offset) internal pure returns (uint256 leaf) {
        leaf = memoryOf(a, b, c);
        leaf.put(offset, bits, value);
        // The three words as one number of 768 bits, in two parts: what is before the field, and what is behind it.
        uint256 end = offset + bits / 8;
        for (uint256 at = 0; at < 64; ++at) {
            if (at >= offset && at < end) continue;
            uint256 word = at < 32 ? a : b;
            assert(leaf.u8(at) == uint8(word >> (8 * (31 - at % 32))));
        }
        assert(leaf.word(64) == c);
    }

    function check_a_field_of_16_bits(uint256 a, uint256 b, uint256 c, uint256 value) public pure {
        for (uint256 at = 0; at <= 62; at += 31) assert(putAndRead(a, b, c, value, 16, at).u16(at) == uint16(value));
    }

    function check_a_field_of_32_bits(uint256 a, uint256 b, uint256 c, uint256 value) public pure {
        for (uint256 at = 0; at <= 60; at += 30) {
            uint256 leaf = putAndRead(a, b, c, value, 32, at);
            assert(leaf.u32(at) == uint32(value) && leaf.i32(at) == int32(uint32(value)));
        }
    }

    function check_a_field_of_40_bits(uint256 a, uint256 b, uint256 c, uint256 value) public pure {
        for (uint256 at = 0; at <= 59; at += 29) assert(putAndRead(a, b, c, value, 40, at).u40(at) == uint40(value));
    }

    function check_a_field_of_64_bits(uint256 a, uint256 b, uint256 c, uint256 value) public pure {
        for (uint256 at = 0; at <= 56; at += 28) {
            uint256 leaf = putAndRead(a, b, c, value, 64, at);
            assert(leaf.u64(at) == uint64(value) && leaf.i64(at) == int64(uint64(value)));
        }
    }

    function check_a_field_of_128_bits(uint256 a, uint256 b, uint256 c, uint256 value) public pure {
        for (uint256 at = 0; at <= 48; at += 24) {
            uint256 leaf = putAndRead(a, b, c, value, 128, at);
            assert(leaf.u128(at) == uint128(value) && leaf.i128(at) == int128(uint128(value)));
        }
    }

    function check_a_field_of_160_bits(uint256 a, uint256 b, uint256 c, uint256 value) public pure {
        for (uint256 at = 0; at <= 44; at += 22) assert(putAndRead(a, b, c, value, 160, at).u160(at) == uint160(value));
    }

    // Records.

    function shapeOf(bytes calldata record) external pure returns (uint256 size, uint256 weight, bool personal) {
        uint256 at;
        assembly ("memory-safe") {
            at := record.offset
        }
        return Records.shape(at);
    }

    /// Whatever the bytes: a record has at least two bytes and weighs at least two, so that a segment's records are at
    /// most 32; what is signed has a weight that pays for recovering a key; and no record outgrows a segment by itself.
    function check_every_record_has_its_weight(bytes32 head) public view {
        bytes memory record = abi.encodePacked(head);
        (uint256 size, uint256 weight, bool personal) = this.shapeOf(record);
        if (size == 0) {
            assert(weight == 0 && !personal);
        } else {
            assert(size >= 2 && weight >= 2);
            if (personal) assert(weight >= 3);
            if (weight <= 64) assert(size <= 66);
        }
    }

    function nextOf(bytes calldata data, uint256 length, bool signed) external pure returns (uint256 after_) {
        uint256 at;
        assembly ("memory-safe") {
            at := data.offset
        }
        (after_,) = Records.next(at, at + length, signed);
        if (after_ != 0) after_ -= at;
    }

    /// Reading goes forward and never beyond the end, whatever the bytes are.
    function check_reading_goes_forward_within_the_end(bytes32 head, uint8 length, bool signed) public view {
        uint256 after_ = this.nextOf(abi.encodePacked(head), length, signed);
        assert(after_ == 0 || (after_ >= 2 && after_ <= length));
    }

    // Trees.

    function followed(bytes32 node, uint256 index, uint256 width, bytes32[] calldata path) external pure returns (bytes32) {
        return Merkle.follow(node, index, width, path);
    }

    /// In a tree of up to four leaves a path has the length that the place asks for, and the root is that of the pairs
    /// in their order; a hash without collisions is assumed.
    function check_a_path_is_as_long_as_its_place_asks_for(bytes32 node, uint8 index, uint8 width, bytes32 a, bytes32 b) public view {
        if (width == 0 || width > 4 || index >= width) return;
        uint256 levels = width == 1 ? 0 : width == 2 ? 1 : width == 3 && index == 2 ? 1 : 2;
        for (uint256 length = 0; length < 4; ++length) {
            bytes32[] memory path = new bytes32[](length);
            if (length > 0) path[0] = a;
            if (length > 1) path[1] = b;
            try this.followed(node, index, width, path) returns (bytes32 root) {
                assert(length == levels);
                bytes32 right = node;
                if (width == 3 && index == 2) {
                    right = Merkle.pair(a, node);
                } else {
                    if (levels > 0) right = index % 2 == 0 ? Merkle.pair(node, a) : Merkle.pair(a, node);
                    if (levels > 1) right = index < 2 ? Merkle.pair(right, b) : Merkle.pair(b, right);
                }
                assert(root == right);
            } catch {
                assert(length != levels);
            }
        }
    }

    /// Pairs differ where a side does.
    function check_a_pair_binds_both_sides(bytes32 a, bytes32 b, bytes32 c, bytes32 d) public pure {
        if (Merkle.pair(a, b) == Merkle.pair(c, d)) assert(a == c && b == d);
    }

    // Signatures.

    function verified(bytes calldata signature, bytes32 structure, uint160 signer) external view returns (bool) {
        Known memory known;
        known.head = memoryOf(0, 0, 0);
        uint256 at;
        assembly ("memory-safe") {
            at := signature.offset
        }
        return Typed.signed(Typed.begin(uint256(structure)), 1, known, at, signer);
    }

    /// Whatever key would be recovered: s beyond half the order is refused, and nobody is no signer.
    function check_a_large_s_is_refused(bytes32 r, uint256 vs, bytes32 structure, uint160 signer) public view {
        bool right = this.verified(abi.encodePacked(r, vs), structure, signer);
        uint256 s = vs & (type(uint256).max >> 1);
        if (s > 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0 || signer == 0) assert(!right);
    }

    // Money.

    /// Paying a loan back moves what it takes from the balance, never more than is owed or free, and never the holds.
    function check_paying_back_takes_no_more_than_is_owed_or_free(uint64 nonce, int128 balance, int128 holds, int128 debt) public pure {
        int128 most = 1e22;
        if (balance < -most || balance > most || holds < 0 || holds > most || debt < 0 || debt > most) return;
        uint256 owner = memoryOf(uint256(nonce) << 32, uint256(uint128(balance)) << 128 | uint128(holds), uint256(uint128(debt)) << 128);
        int256 paid = Money.repay(owner);
        assert(paid >= 0 && paid <= debt);
        assert(paid == 0 || paid <= int256(balance) - holds);
        assert(owner.i128(Account.BALANCE) == int256(balance) - paid);
        assert(owner.i128(Account.DEBT) == int256(debt) - paid);
        assert(owner.i128(Account.HOLDS) == holds);
        assert(owner.word(0) == uint256(nonce) << 32);
    }
}
