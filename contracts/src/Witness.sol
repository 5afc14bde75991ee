// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// What is known of the state: its head, and some leaves that one multiproof ties to the root; docs/ledgers/rollup.md,
/// Witness.
///
/// The leaves lie in memory as they are hashed, records change them there, and at the end the siblings give the root
/// before and the root after in one pass. Nothing of the witness is proven until then; so nothing may be concluded
/// from what a record met on the way, and whatever is wrong with a witness reverts.
struct Known {
    uint256 head; // in memory, three words
    uint256 index; // in memory, a word for each leaf: its place, then where its words are (32 bits)
    uint256 count; // of leaves
    uint256 nodes; // in memory, three words for each leaf: place, hash before, room for the hash after
    uint256 bits; // in calldata: for each sibling whether it is given
    uint256 bitCount;
    uint256 siblings; // in calldata
    uint256 end; // of the witness in calldata
}

/// Reads, finds and proves leaves.
library Witness {
    /// The witness does not have this leaf.
    error MissingLeaf(uint32 place);

    /// The bytes are no witness.
    error BadWitness();

    /// The witness does not belong to the root before.
    error WrongRoot();

    /// Words of a leaf by section (a nibble each, section 0 lowest); a tariff has but one.
    uint256 private constant WORDS = 0x11146232;

    /// The last place of section 0 that is no tariff's, and the first of section 1.
    uint256 private constant LAST_MARKET = 255;
    uint256 private constant ACCOUNTS = 0x10000000;

    /// Copies head and leaves to memory and hashes the leaves as they are before.
    function open(bytes calldata witness) internal pure returns (Known memory known) {
        if (witness.length < 100) revert BadWitness();
        bool bad;
        assembly ("memory-safe") {
            let at := witness.offset
            let end := add(at, witness.length)
            let head := mload(64)
            calldatacopy(head, at, 96)
            let count := shr(240, calldataload(add(at, 96)))
            at := add(at, 98)
            // After the head: the index, the nodes, then the leaves.
            let index := add(head, 96)
            let nodes := add(index, shl(5, count))
            let room := add(nodes, mul(96, count))
            mstore(known, head)
            mstore(add(known, 32), index)
            mstore(add(known, 64), count)
            mstore(add(known, 96), nodes)
            let next := 0 // the least place that may follow
            for {} count { count := sub(count, 1) } {
                let place := shr(224, calldataload(at))
                let words := and(shr(shl(2, shr(28, place)), WORDS), 15)
                if and(gt(place, LAST_MARKET), lt(place, ACCOUNTS)) { words := 1 }
                bad := or(bad, or(iszero(words), lt(place, next)))
                next := add(place, 1)
                let size := shl(5, words)
                calldatacopy(room, add(at, 4), size)
                let some := 0
                let after_ := add(room, size)
                for { let word := room } lt(word, after_) { word := add(word, 32) } { some := or(some, mload(word)) }
                mstore(index, or(shl(32, place), room))
                mstore(nodes, place)
                mstore(add(nodes, 32), 0)
                if some { mstore(add(nodes, 32), keccak256(room, size)) }
                index := add(index, 32)
                nodes := add(nodes, 96)
                room := after_
                at := add(at, add(4, size))
            }
            mstore(64, room)
            let length := shr(240, calldataload(at))
            at := add(at, 2)
            mstore(add(known, 128), at)
            mstore(add(known, 160), shl(3, length))
            at := add(at, length)
            mstore(add(known, 192), at)
            mstore(add(known, 224), end)
            bad := or(bad, gt(at, end))
        }
        if (bad) revert BadWitness();
    }

    /// The words of a leaf, in memory.
    function leaf(Known memory known, uint256 place) internal pure returns (uint256 words) {
        assembly ("memory-safe") {
            let low := mload(add(known, 32))
            let high := add(low, shl(5, mload(add(known, 64))))
            for {} lt(low, high) {} {
                let middle := and(shr(1, add(low, high)), not(31))
                let entry := mload(middle)
                switch lt(shr(32, entry), place)
                case 0 {
                    high := middle
                    if eq(shr(32, entry), place) {
                        words := and(entry, 0xffffffff)
                        break
                    }
                }
                default { low := add(middle, 32) }
            }
        }
        if (words == 0) revert MissingLeaf(uint32(place));
    }

    /// The roots of the tree before and after.
    ///
    /// Level by level from the leaves up, the nodes stay in rising order: one meets its sibling among them, or takes
    /// it from the witness, or has an empty subtree beside it.
    function roots(Known memory known) internal pure returns (bytes32 before, bytes32 afterwards) {
        bool bad;
        assembly ("memory-safe") {
            let first := mload(add(known, 96))
            let end := first
            // The leaves as they are now.
            {
                let index := mload(add(known, 32))
                let count := mload(add(known, 64))
                for { let last := add(index, shl(5, count)) } lt(index, last) { index := add(index, 32) } {
                    let entry := mload(index)
                    let place := shr(32, entry)
                    let size := shl(5, and(shr(shl(2, shr(28, place)), WORDS), 15))
                    if and(gt(place, LAST_MARKET), lt(place, ACCOUNTS)) { size := 32 }
                    let word := and(entry, 0xffffffff)
                    let after_ := add(word, size)
                    let some := 0
                    for { let at := word } lt(at, after_) { at := add(at, 32) } { some := or(some, mload(at)) }
                    if some { some := keccak256(word, size) }
                    mstore(add(end, 64), some)
                    end := add(end, 96)
                }
            }
            let bits := mload(add(known, 128))
            let bit := 0
            let sibling := mload(add(known, 192))
            let empty := 0
            for { let level := 0 } lt(level, 32) { level := add(level, 1) } {
                let to := first
                for { let from := first } lt(from, end) {} {
                    let place := mload(from)
                    let old := mload(add(from, 32))
                    let now_ := mload(add(from, 64))
                    let other := add(from, 96)
                    // Places are even or odd; an even one's sibling is the next node, if it is a node at all.
                    switch and(lt(other, end), eq(mload(other), or(place, 1)))
                    case 1 {
                        let same := and(eq(old, now_), eq(mload(add(other, 32)), mload(add(other, 64))))
                        mstore(0, old)
                        mstore(32, mload(add(other, 32)))
                        old := keccak256(0, 64)
                        switch same
                        case 1 { now_ := old }
                        default {
                            mstore(0, now_)
                            mstore(32, mload(add(other, 64)))
                            now_ := keccak256(0, 64)
                        }
                        from := add(from, 192)
                    }
                    default {
                        let beside := empty
                        if and(shr(sub(255, and(bit, 7)), calldataload(add(bits, shr(3, bit)))), 1) {
                            beside := calldataload(sibling)
                            sibling := add(sibling, 32)
                        }
                        bit := add(bit, 1)
                        let side := shl(5, and(place, 1))
                        mstore(sub(32, side), beside)
                        mstore(side, old)
                        let hash := keccak256(0, 64)
                        switch eq(old, now_)
                        case 1 { now_ := hash }
                        default {
                            mstore(side, now_)
                            now_ := keccak256(0, 64)
                        }
                        old := hash
                        from := other
                    }
                    mstore(to, shr(1, place))
                    mstore(add(to, 32), old)
                    mstore(add(to, 64), now_)
                    to := add(to, 96)
                }
                end := to
                mstore(0, empty)
                mstore(32, empty)
                empty := keccak256(0, 64)
            }
            switch mload(add(known, 64))
            case 0 {
                // No leaf is needed: the tree itself is the one sibling.
                before := calldataload(sibling)
                afterwards := before
                sibling := add(sibling, 32)
            }
            default {
                before := mload(add(first, 32))
                afterwards := mload(add(first, 64))
            }
            // Every byte of the witness has its use, so that there is one witness for a set of leaves.
            bad := or(iszero(eq(sibling, mload(add(known, 224)))), iszero(eq(shr(3, add(bit, 7)), shr(3, mload(add(known, 160))))))
        }
        if (bad) revert BadWitness();
    }
}
