// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Records} from "./Records.sol";

/// Puts signatures back between the records they belong to; docs/ledgers/data_modes.md.
library Merge {
    uint256 private constant SIGNATURE = 64; // bytes

    /// The records with their signatures, as if they had been posted so.
    ///
    /// Total: where a byte begins no record, a record is cut off, or the signatures are more or fewer than needed, it is
    /// the byte 00, which begins no record, so that the segment is void.
    /// @param bare the records without signatures
    /// @param signatures 64 bytes for each signed record, in their order
    function merge(bytes calldata bare, bytes calldata signatures) internal pure returns (bytes memory full) {
        full = new bytes(bare.length + signatures.length);
        uint256 record;
        assembly ("memory-safe") {
            record := bare.offset
        }
        uint256 start = record;
        uint256 end = record + bare.length;
        uint256 used;
        while (record < end) {
            // slither-disable-next-line unused-return (its size and weight are counted elsewhere)
            (,, bool personal) = Records.shape(record);
            // slither-disable-next-line unused-return (its weight is counted elsewhere)
            (uint256 after_,) = Records.next(record, end, false);
            if (after_ == 0 || (personal && used + SIGNATURE > signatures.length)) return hex"00";
            assembly ("memory-safe") {
                let to := add(add(full, 32), add(sub(record, start), used))
                calldatacopy(to, record, sub(after_, record))
                if personal { calldatacopy(add(to, sub(after_, record)), add(signatures.offset, used), SIGNATURE) }
            }
            record = after_;
            if (personal) used += SIGNATURE;
        }
        if (used != signatures.length) return hex"00";
    }
}
