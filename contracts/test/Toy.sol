// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ITransition} from "../src/ITransition.sol";

/// A transition for the contract's own tests, small enough to say every state in a line: records set the head's time
/// (T, u40), consume the queue (Q, count u8), set the work (W, u16) or the tree's root (R, 32 bytes). Anything else
/// does nothing. The witness is the head and the root of the tree; the items come with their lengths.
contract Toy is ITransition {
    error Witness();
    error Items();

    function execute(
        bytes32 pre,
        uint64 postedAt,
        uint64 available,
        bytes calldata records,
        bytes calldata items,
        bytes32 chain,
        bytes calldata witness
    ) external pure returns (bytes32 post, uint64 from, uint64 to, bytes32 chainAfter) {
        if (witness.length != 128 || hash(witness) != pre) revert Witness();
        bytes memory state = witness;
        uint256 word = uint256(bytes32(witness[:32]));
        from = uint64(word >> 56);
        to = from;
        chainAfter = chain;
        while (records.length > 0) {
            bytes1 kind = records[0];
            if (kind == "T" && records.length >= 6) {
                uint256 time = uint40(bytes5(records[1:6]));
                if (time <= postedAt && time >= word >> 216) word = word << 40 >> 40 | time << 216;
                records = records[6:];
            } else if (kind == "Q" && records.length >= 2) {
                uint64 count = uint8(records[1]);
                if (to + count <= available && uint16(word >> 40) == 0) {
                    to += count;
                    for (; count > 0; --count) {
                        uint256 length = uint8(items[0]) == 0 ? 46 : 8 + uint256(uint16(bytes2(items[6:8])));
                        if (items.length < length) revert Items();
                        chainAfter = keccak256(abi.encodePacked(chainAfter, items[:length]));
                        items = items[length:];
                    }
                    word = word & ~(uint256(type(uint64).max) << 56) | uint256(to) << 56;
                }
                records = records[2:];
            } else if (kind == "W" && records.length >= 3) {
                word = word & ~(uint256(type(uint16).max) << 40) | uint256(uint16(bytes2(records[1:3]))) << 40;
                records = records[3:];
            } else if (kind == "R" && records.length >= 33) {
                bytes32 tree = bytes32(records[1:33]);
                assembly ("memory-safe") {
                    mstore(add(state, 128), tree)
                }
                records = records[33:];
            } else {
                break;
            }
        }
        if (items.length > 0) revert Items();
        assembly ("memory-safe") {
            mstore(add(state, 32), word)
            mstore(0, keccak256(add(state, 32), 96))
            mstore(32, mload(add(state, 128)))
            post := keccak256(0, 64)
        }
    }

    function hash(bytes calldata state) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(keccak256(state[:96]), state[96:128]));
    }
}
