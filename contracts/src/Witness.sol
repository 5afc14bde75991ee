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
    uint256 index; // in memory, for each leaf: place (33 bits), size, where its words are (32 bits each); its hash before
    uint256 end; // of the index, where a place beyond all others follows
    uint256 bits; // in calldata, in bits: for each sibling whether it is given
    uint256 siblings; // in calldata
    uint256 over; // where the witness ends in calldata
    uint256[6] fixed_; // the leaves of the accounts that exist from the beginning, once they were asked for
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
    // slither-disable-next-line too-many-digits (assembly takes no expression)
    uint256 private constant ACCOUNTS = 0x10000000;

    // keccak256 of so many words of zero: what an empty leaf would hash to, were its hash not zero.
    uint256 private constant ZERO_1 = 0x290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563;
    uint256 private constant ZERO_2 = 0xad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5;
    uint256 private constant ZERO_3 = 0x46700b4d40ac5c35af2c22dda2787a91eb567b06c924a8fb8ae9a05b20c08c21;
    uint256 private constant ZERO_4 = 0x012893657d8eb2efad4de0a91bcd0e39ad9837745dec3ea923737ea803fc8e3d;
    uint256 private constant ZERO_6 = 0x1e990e27f0d7976bf2adbd60e20384da0125b76e2885a96aa707bcb054108b0d;

    /// Copies head and leaves to memory and hashes the leaves as they are before.
    function open(bytes calldata witness) internal pure returns (Known memory known) {
        if (witness.length < 100) revert BadWitness();
        bool bad;
        assembly ("memory-safe") {
            let from := witness.offset
            mstore(add(known, 160), add(from, witness.length))
            let head := mload(64)
            calldatacopy(head, from, 96)
            mstore(known, head)
            let count := shr(240, calldataload(add(from, 96)))
            bad := iszero(count)
            from := add(from, 98)
            // After the head: the index, with one word more, then the leaves.
            let index := add(head, 96)
            mstore(add(known, 32), index)
            let end := add(index, shl(6, count))
            mstore(add(known, 64), end)
            mstore(end, shl(96, 1))
            let room := add(end, 32)
            let next := 0 // the least place that may follow
            for {} lt(index, end) {} {
                let place := shr(224, calldataload(from))
                let size := and(shl(5, shr(shl(2, shr(28, place)), WORDS)), 480)
                if and(gt(place, LAST_MARKET), lt(place, ACCOUNTS)) { size := 32 }
                bad := or(bad, or(iszero(size), lt(place, next)))
                next := add(place, 1)
                calldatacopy(room, add(from, 4), size)
                mstore(index, or(or(shl(64, place), shl(32, size)), room))
                index := add(index, 64)
                room := add(room, size)
                from := add(from, add(4, size))
            }
            mstore(64, room)
            let length := shr(240, calldataload(from))
            from := add(from, 2)
            mstore(add(known, 96), shl(3, from))
            from := add(from, length)
            mstore(add(known, 128), from)
            bad := or(bad, gt(from, mload(add(known, 160))))
        }
        if (bad) revert BadWitness();
        rehash(known, 32);
    }

    /// Writes the hash of each leaf into the index, `offset` bytes after its entry.
    function rehash(Known memory known, uint256 offset) private pure {
        assembly ("memory-safe") {
            let zeros := mload(64)
            mstore(add(zeros, 32), ZERO_1)
            mstore(add(zeros, 64), ZERO_2)
            mstore(add(zeros, 96), ZERO_3)
            mstore(add(zeros, 128), ZERO_4)
            mstore(add(zeros, 192), ZERO_6)
            let end := mload(add(known, 64))
            for { let index := mload(add(known, 32)) } lt(index, end) { index := add(index, 64) } {
                let entry := mload(index)
                let size := and(shr(32, entry), 0xffffffff)
                let hash := keccak256(and(entry, 0xffffffff), size)
                mstore(add(index, offset), mul(hash, iszero(eq(hash, mload(add(zeros, size))))))
            }
        }
    }

    /// The hash of the head as it is.
    function headHash(Known memory known) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(mload(known), 96)
        }
    }

    /// A state's root, from the head's hash and the tree's root.
    function root(bytes32 head, bytes32 tree) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, head)
            mstore(32, tree)
            hash := keccak256(0, 64)
        }
    }

    /// The words of a leaf, in memory.
    function leaf(Known memory known, uint256 place) internal pure returns (uint256 words) {
        assembly ("memory-safe") {
            let low := mload(add(known, 32))
            let high := mload(add(known, 64))
            let base := low
            for {} lt(low, high) {} {
                // Entries are 64 bytes each, counted from the first.
                let middle := add(base, and(shr(1, add(sub(low, base), sub(high, base))), not(63)))
                let entry := mload(middle)
                let found := shr(64, entry)
                if eq(found, place) {
                    words := and(entry, 0xffffffff)
                    break
                }
                switch lt(found, place)
                case 0 { high := middle }
                default { low := add(middle, 64) }
            }
        }
        if (words == 0) revert MissingLeaf(uint32(place));
    }

    /// The roots of the tree before and after.
    ///
    /// A leaf climbs until it stands beside the way of the next one and waits there; the last one climbs to the root
    /// and takes along, level by level, what waits. What it meets else is in the witness, or an empty subtree.
    // slither-disable-next-line cyclomatic-complexity (one pass; its cases are explained inside)
    function roots(Known memory known) internal pure returns (bytes32 before, bytes32 afterwards) {
        bool bad;
        assembly ("memory-safe") {
            // From one level up to another, the hash being the same before and after. The first bit of `given` says whether
            // the next sibling is in the witness.
            function climb(place, hash, level, until, given, sibling) -> above, top, next {
                for {} lt(level, until) { level := add(level, 32) } {
                    let side := and(place, 32)
                    place := shr(1, place)
                    mstore(side, hash)
                    switch slt(given, 0)
                    // slither-disable-next-line incorrect-exp (the other half of the pair)
                    case 0 { mstore(xor(side, 32), mload(level)) }
                    default {
                        // slither-disable-next-line incorrect-exp (the other half of the pair)
                        mstore(xor(side, 32), calldataload(sibling))
                        sibling := add(sibling, 32)
                    }
                    given := add(given, given)
                    hash := keccak256(0, 64)
                }
                above := place
                top := hash
                next := sibling
            }
            // The same where it changed.
            function climbTwice(place, old, new_, level, until, given, sibling) -> above, top, topNow, next {
                for {} lt(level, until) { level := add(level, 32) } {
                    let side := and(place, 32)
                    place := shr(1, place)
                    mstore(side, old)
                    switch slt(given, 0)
                    // slither-disable-next-line incorrect-exp (the other half of the pair)
                    case 0 { mstore(xor(side, 32), mload(level)) }
                    default {
                        // slither-disable-next-line incorrect-exp (the other half of the pair)
                        mstore(xor(side, 32), calldataload(sibling))
                        sibling := add(sibling, 32)
                    }
                    given := add(given, given)
                    old := keccak256(0, 64)
                    mstore(side, new_)
                    new_ := keccak256(0, 64)
                }
                above := place
                top := old
                topNow := new_
                next := sibling
            }
            // The hashes of empty subtrees; a level is the place of its own in this table.
            let levels := mload(64)
            {
                mstore(levels, 0)
                let top := add(levels, 992)
                for { let level := levels } lt(level, top) {} {
                    mstore(0, mload(level))
                    mstore(32, mload(level))
                    level := add(level, 32)
                    mstore(level, keccak256(0, 64))
                }
            }
            // What waits: level, hash before, hash after; at the bottom a level that is never reached.
            let waiting := add(levels, 1024)
            mstore(waiting, not(0))
            let index := mload(add(known, 32))
            let bit := mload(add(known, 96))
            let sibling := mload(add(known, 128))
            for {} 1 {} {
                let place := shr(64, mload(index))
                let old := mload(add(index, 32))
                let new_
                {
                    let entry := mload(index)
                    let size := and(shr(32, entry), 0xffffffff)
                    new_ := keccak256(and(entry, 0xffffffff), size)
                    let zero := ZERO_1
                    switch size
                    case 64 { zero := ZERO_2 }
                    case 96 { zero := ZERO_3 }
                    case 128 { zero := ZERO_4 }
                    case 192 { zero := ZERO_6 }
                    if eq(new_, zero) { new_ := 0 }
                }
                index := add(index, 64)
                // Up to the level at which the next leaf's way is the sibling; after the last leaf, to the root.
                let meeting
                {
                    let differ := xor(place, shr(64, mload(index)))
                    meeting := shl(5, gt(differ, 0xffffffff))
                    meeting := or(meeting, shl(4, gt(shr(meeting, differ), 0xffff)))
                    meeting := or(meeting, shl(3, gt(shr(meeting, differ), 0xff)))
                    meeting := or(meeting, shl(2, gt(shr(meeting, differ), 15)))
                    meeting := or(meeting, shl(1, gt(shr(meeting, differ), 3)))
                    meeting := or(meeting, gt(shr(meeting, differ), 1))
                    meeting := add(levels, shl(5, meeting))
                }
                place := shl(5, place) // so that its lowest bit is an offset: 0 left, 32 right
                let level := levels
                for {} 1 {} {
                    let until := mload(waiting)
                    if gt(until, meeting) { until := meeting }
                    let given := shl(and(bit, 7), calldataload(shr(3, bit)))
                    bit := add(bit, shr(5, sub(until, level)))
                    switch eq(old, new_)
                    case 0 { place, old, new_, sibling := climbTwice(place, old, new_, level, until, given, sibling) }
                    default {
                        place, old, sibling := climb(place, old, level, until, given, sibling)
                        new_ := old
                    }
                    level := until
                    if eq(until, meeting) { break }
                    // On this level the left sibling waits.
                    let left := mload(add(waiting, 64))
                    mstore(0, left)
                    mstore(32, new_)
                    new_ := keccak256(0, 64)
                    mstore(0, mload(add(waiting, 32)))
                    mstore(32, old)
                    old := keccak256(0, 64)
                    place := shr(1, place)
                    level := add(level, 32)
                    waiting := sub(waiting, 96)
                }
                if eq(level, add(levels, 1024)) {
                    before := old
                    afterwards := new_
                    break
                }
                waiting := add(waiting, 96)
                mstore(waiting, meeting)
                mstore(add(waiting, 32), old)
                mstore(add(waiting, 64), new_)
            }
            // Every byte of the witness has its use. The siblings begin where the bits end.
            bad := or(
                xor(sibling, mload(add(known, 160))),
                xor(shr(3, add(bit, 7)), mload(add(known, 128)))
            )
            // The bits of the last byte that stand for nothing are zero.
            let spare := and(sub(0, bit), 7)
            // slither-disable-next-line incorrect-shift (the lowest `spare` bits)
            bad := or(bad, and(shr(248, calldataload(shr(3, bit))), sub(shl(spare, 1), 1)))
        }
        if (bad) revert BadWitness();
    }
}
