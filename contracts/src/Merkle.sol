// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// Two kinds of trees: the dense one over a batch's segments, and the sparse one of depth 32 that is the state.
library Merkle {
    /// The path is longer or shorter than its tree is deep.
    error PathLength();

    function pair(bytes32 left, bytes32 right) internal pure returns (bytes32 node) {
        assembly ("memory-safe") {
            mstore(0, left)
            mstore(32, right)
            node := keccak256(0, 64)
        }
    }

    /// The root over leaves, where a level is odd its last node moves up as it is. Overwrites `leaves`.
    function root(bytes32[] memory leaves) internal pure returns (bytes32 node) {
        assembly ("memory-safe") {
            let base := add(leaves, 32)
            for { let width := mload(leaves) } gt(width, 1) {} {
                let pairs := shr(1, width)
                for { let i := 0 } lt(i, pairs) { i := add(i, 1) } {
                    mstore(add(base, shl(5, i)), keccak256(add(base, shl(6, i)), 64))
                }
                if and(width, 1) { mstore(add(base, shl(5, pairs)), mload(add(base, shl(5, sub(width, 1))))) }
                width := sub(width, pairs)
            }
            node := mload(base)
        }
    }

    /// The root that follows from leaf `index` of `width` and its siblings, from the bottom up.
    function follow(bytes32 node, uint256 index, uint256 width, bytes32[] calldata path)
        internal
        pure
        returns (bytes32)
    {
        uint256 next;
        while (width > 1) {
            // The last node of an odd level has no sibling.
            if (index ^ 1 < width) {
                if (next == path.length) revert PathLength();
                bytes32 sibling = path[next++];
                node = index & 1 == 0 ? pair(node, sibling) : pair(sibling, node);
            }
            index >>= 1;
            width = (width + 1) >> 1;
        }
        if (next != path.length) revert PathLength();
        return node;
    }

    /// The state tree's root that follows from the leaf at `place`.
    /// @param proof 4 bytes, one bit a level from the leaves up, most significant first (1: the sibling follows, 0: it
    ///        is an empty subtree); then the siblings, from the leaves up
    function climb(bytes32 node, uint32 place, bytes calldata proof) internal pure returns (bytes32) {
        if (proof.length < 4) revert PathLength();
        uint32 given = uint32(bytes4(proof[:4]));
        uint256 here = 4;
        bytes32 empty; // the hash of an empty subtree as high as `node`
        for (uint256 level; level < 32; ++level) {
            bytes32 sibling = empty;
            if (given >> (31 - level) & 1 == 1) {
                if (proof.length < here + 32) revert PathLength();
                sibling = bytes32(proof[here:here + 32]);
                here += 32;
            }
            node = place >> level & 1 == 0 ? pair(node, sibling) : pair(sibling, node);
            empty = pair(empty, empty);
        }
        if (here != proof.length) revert PathLength();
        return node;
    }
}
