// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IRollup} from "./IRollup.sol";
import {Merkle} from "./Merkle.sol";

/// What a batch's bytes commit to. Nothing is claimed: the number of segments, the root before each and the hashes
/// follow from the bytes.
library Batches {
    /// The bytes end inside a segment, or a segment's records are longer than any that would be executed.
    error MalformedSegment(uint256 segment);
    /// A batch has at least one segment and at most 65 535.
    error SegmentCount(uint256 segments);

    /// The most bytes of a segment's records.
    uint256 internal constant LONGEST = 2048;

    /// The most segments of a batch.
    uint256 internal constant MOST = type(uint16).max;

    struct Commitment {
        uint32 segments;
        bytes32 dataRoot;
        bytes32 recordsHash;
        bytes32 root; // after the last segment
    }

    function hash(IRollup.Header memory header) internal pure returns (bytes32) {
        return keccak256(abi.encode(header));
    }

    /// A segment's leaf.
    function leaf(bytes32 pre, bytes32 records, bytes32 post) internal pure returns (bytes32 node) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, pre)
            mstore(add(free, 32), records)
            mstore(add(free, 64), post)
            node := keccak256(free, 96)
        }
    }

    /// Walks over `length u16 ‖ records ‖ root`, one after the other.
    /// @param pre the root before the first segment
    function walk(bytes calldata data, bytes32 pre) internal pure returns (Commitment memory made) {
        // Every segment takes at least 34 bytes, so no more leaves can come.
        uint256 most = data.length / 34;
        bytes32[] memory leaves = new bytes32[](most);
        bytes32[] memory records = new bytes32[](most);
        uint256 count;
        uint256 here;
        uint256 wrong; // 0, or one more than the segment that is malformed
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            let leaf_ := add(leaves, 32)
            let record_ := add(records, 32)
            for {} lt(here, data.length) {} {
                // Beyond the end calldata reads as zero: then the length below does not fit.
                let length := shr(240, calldataload(add(data.offset, here)))
                let end := add(add(here, 34), length)
                if or(gt(end, data.length), gt(length, LONGEST)) {
                    wrong := add(count, 1)
                    break
                }
                calldatacopy(scratch, add(data.offset, add(here, 2)), length)
                let hash_ := keccak256(scratch, length)
                let post := calldataload(add(data.offset, sub(end, 32)))
                mstore(record_, hash_)
                mstore(scratch, pre)
                mstore(add(scratch, 32), hash_)
                mstore(add(scratch, 64), post)
                mstore(leaf_, keccak256(scratch, 96))
                pre := post
                leaf_ := add(leaf_, 32)
                record_ := add(record_, 32)
                count := add(count, 1)
                here := end
            }
            mstore(leaves, count)
            mstore(records, count)
        }
        if (wrong != 0) revert MalformedSegment(wrong - 1);
        return commit(leaves, records, pre);
    }

    /// The same from the hashes of the records and the roots.
    function build(bytes32[] calldata records, bytes32[] calldata roots, bytes32 pre)
        internal
        pure
        returns (Commitment memory)
    {
        uint256 count = roots.length;
        if (records.length != count) revert SegmentCount(count);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = leaf(pre, records[i], roots[i]);
            pre = roots[i];
        }
        return commit(leaves, records, pre);
    }

    function commit(bytes32[] memory leaves, bytes32[] memory records, bytes32 post)
        internal
        pure
        returns (Commitment memory)
    {
        uint256 count = leaves.length;
        if (count == 0 || count > MOST) revert SegmentCount(count);
        bytes32 recordsHash;
        assembly ("memory-safe") {
            recordsHash := keccak256(add(records, 32), shl(5, count))
        }
        return Commitment(uint32(count), Merkle.root(leaves), recordsHash, post);
    }
}
