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
            // slither-disable-next-line incorrect-exp (the sibling)
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
        uint256 size = 4; // bytes of the proof that the bits ask for
        uint256 given = uint32(bytes4(proof[:4]));
        assembly ("memory-safe") {
            let empty := 0 // the hash of an empty subtree as high as `node`
            for { let level := 0 } lt(level, 32) { level := add(level, 1) } {
                let sibling := empty
                if and(shr(sub(31, level), given), 1) {
                    // Beyond the proof's end this reads what is not its own; the length is compared below.
                    sibling := calldataload(add(proof.offset, size))
                    size := add(size, 32)
                }
                let right := shl(5, and(shr(level, place), 1)) // where the node stands in its pair
                mstore(right, node)
                // slither-disable-next-line incorrect-exp (the other half of the pair)
                mstore(xor(right, 32), sibling)
                node := keccak256(0, 64)
                mstore(0, empty)
                mstore(32, empty)
                empty := keccak256(0, 64)
            }
        }
        if (size != proof.length) revert PathLength();
        return node;
    }
}
