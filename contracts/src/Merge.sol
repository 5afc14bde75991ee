// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// Puts signatures back between the records they belong to; docs/ledgers/data_modes.md.
library Merge {
    uint256 private constant SIGNATURE = 64; // bytes

    /// Sizes in bytes, one a byte from the left, zero where no record begins so: of the records 00 to 06,
    bytes32 private constant LOW = bytes32(uint256(0x0006021530080c) << 200);
    /// of 40 to 47 (46 lists items beyond these),
    bytes32 private constant HIGH = bytes32(uint256(0x020a020202030202) << 192);
    /// and of the signed ones, by eights from 10 on, without nonce.
    bytes32 private constant SIGNED = bytes32(uint256(0x0c000515190b) << 208);

    /// The records with their signatures, as if they had been posted so.
    ///
    /// Total: where a byte begins no record, a record is cut off, or the signatures are more or fewer than needed, it is
    /// the byte 00, which begins no record, so that the segment is void.
    /// @param bare the records without signatures
    /// @param signatures 64 bytes for each signed record, in their order
    function merge(bytes calldata bare, bytes calldata signatures) internal pure returns (bytes memory full) {
        full = new bytes(bare.length + signatures.length);
        uint256 here;
        uint256 used;
        while (here < bare.length) {
            uint256 kind = uint8(bare[here]);
            bool signed = kind >= 0x10 && kind < 0x40;
            uint256 size;
            if (signed) {
                size = uint8(SIGNED[(kind - 0x10) >> 3]);
                if (size != 0 && kind & 4 != 0) size += 8;
            } else if (kind < 7) {
                size = uint8(LOW[kind]);
            } else if (kind >= 0x40 && kind < 0x48) {
                size = uint8(HIGH[kind - 0x40]);
                if (kind == 0x46 && here + 1 < bare.length) size += 3 * uint256(uint8(bare[here + 1]));
            }
            if (size == 0 || here + size > bare.length) return hex"00";
            if (signed && used + SIGNATURE > signatures.length) return hex"00";
            assembly ("memory-safe") {
                let to := add(add(full, 32), add(here, used))
                calldatacopy(to, add(bare.offset, here), size)
                if signed { calldatacopy(add(to, size), add(signatures.offset, used), SIGNATURE) }
            }
            here += size;
            if (signed) used += SIGNATURE;
        }
        if (used != signatures.length) return hex"00";
    }
}
