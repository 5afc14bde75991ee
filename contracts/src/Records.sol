// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// Records: one byte that says which it is, then the fields, big-endian and without gaps; then, where a bit says so, a
/// nonce; then, where it is asked for, a signature. A record is known by where it begins in calldata.
library Records {
    uint256 internal constant TICK = 0x01;
    uint256 internal constant QUEUE = 0x02;
    uint256 internal constant ACCOUNT = 0x03;
    uint256 internal constant METER = 0x04;
    uint256 internal constant OPEN = 0x05;
    uint256 internal constant PUBLISH = 0x06;
    uint256 internal constant ORDER = 0x10; // to 0x17
    uint256 internal constant CANCEL = 0x20;
    uint256 internal constant WITHDRAW = 0x28;
    uint256 internal constant TRANSFER = 0x30;
    uint256 internal constant READING = 0x38;
    uint256 internal constant CLOSE = 0x40;
    uint256 internal constant CLEAR = 0x41;
    uint256 internal constant NOTHING = 0x42;
    uint256 internal constant SHARE = 0x43;
    uint256 internal constant SETTLE = 0x44;
    uint256 internal constant ADVANCE = 0x45;
    uint256 internal constant MERIT = 0x46;
    uint256 internal constant LAPSE = 0x47;

    // Bits of the first byte.
    uint256 internal constant SELL = 1;
    uint256 internal constant UNTIL_GATE = 2;
    uint256 internal constant NONCE = 4;

    /// The most bytes of a segment's records.
    uint256 private constant MOST_BYTES = 2048;
    /// The most weight of a segment's records.
    uint256 private constant MOST_WEIGHT = 64;

    /// `bits` bits of a record from this byte on.
    function field(uint256 record, uint256 offset, uint256 bits) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, bits), calldataload(add(record, offset)))
        }
    }

    /// The same, signed.
    function signedField(uint256 record, uint256 offset, uint256 bits) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            value := sar(sub(256, bits), calldataload(add(record, offset)))
        }
    }

    /// Bytes of the record up to its nonce, its weight in the segment's measure, and whether a member or a meter signs it;
    /// no bytes: it is no record.
    function shape(uint256 record) internal pure returns (uint256 size, uint256 weight, bool personal) {
        uint256 kind = field(record, 0, 8);
        if (kind & 0xf8 == ORDER) return (12, 4, true);
        if (kind == ADVANCE) {
            weight = 3 * field(record, 1, 16);
            return (3, weight > 2 ? weight : 2, false);
        }
        if (kind & 0xfb == READING) return (11, 3, true);
        if (kind & 0xfa == CANCEL) return (5, 4, true);
        if (kind == TICK) return (6, 2, false);
        if (kind == MERIT) {
            weight = 3 * field(record, 1, 8);
            return (2 + weight, weight > 2 ? weight : 2, false);
        }
        if (kind == QUEUE) {
            weight = 4 * field(record, 1, 8);
            return (2, weight > 2 ? weight : 2, false);
        }
        if (kind == CLEAR) return (10, 2, false);
        if (kind >= CLOSE && kind <= LAPSE) return (2, 2, false);
        if (kind & 0xfb == WITHDRAW) return (21, 3, true);
        if (kind & 0xfb == TRANSFER) return (25, 3, true);
        if (kind == OPEN) return (9, 2, false);
        if (kind == PUBLISH) return (12, 2, false);
        if (kind == ACCOUNT) return (21, 3, false);
        if (kind == METER) return (48, 4, false);
    }

    /// The record after this one, none beyond `end`; zero where the bytes up to `end` do not begin with a record. `signed`:
    /// whether a member's or a meter's record carries a signature.
    function next(uint256 record, uint256 end, bool signed) internal pure returns (uint256 after_, uint256 weight) {
        unchecked {
            bool personal;
            (after_, weight, personal) = shape(record);
            if (after_ == 0) return (0, 0);
            if (personal) {
                if (field(record, 0, 8) & NONCE != 0) after_ += 8;
                if (signed) after_ += 64;
            }
            after_ += record;
            if (after_ > end) after_ = 0;
        }
    }

    /// Whether the bytes are records within a segment's bounds; else the segment is void.
    function bounded(uint256 record, uint256 end, bool signed) internal pure returns (bool) {
        unchecked {
            if (end - record > MOST_BYTES) return false;
            uint256 sum;
            while (record < end) {
                uint256 weight;
                (record, weight) = next(record, end, signed);
                if (record == 0) return false;
                sum += weight;
            }
            return sum <= MOST_WEIGHT;
        }
    }
}
