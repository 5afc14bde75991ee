// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// The sealed mode's cipher and key agreement, as far as the contract checks them; docs/ledgers/data_modes.md.
library Seal {
    /// Order of the group of secp256k1.
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    /// Its generator; y is even.
    uint256 private constant GENERATOR = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;

    /// text ⊕ keccak256(key ‖ 0) ‖ keccak256(key ‖ 1) ‖ …: seals and opens.
    function xor_(bytes32 key, bytes calldata text) internal pure returns (bytes memory out) {
        out = text;
        assembly ("memory-safe") {
            let size := mload(out)
            mstore(0x00, key)
            let here := add(out, 32)
            for { let i := 0 } lt(mul(32, i), size) { i := add(i, 1) } {
                mstore(0x20, i)
                let word := keccak256(0x00, 0x40)
                // What lies beyond the end stays zero.
                let left := sub(size, mul(32, i))
                if lt(left, 32) {
                    let bits := mul(8, sub(32, left))
                    word := shl(bits, shr(bits, word))
                }
                mstore(here, xor(mload(here), word))
                here := add(here, 32)
            }
        }
    }

    /// keccak256 of the point k·P in its last 20 bytes, as of any public key; zero where x is no point's.
    ///
    /// ecrecover gives the address of r⁻¹·(s·R − e·G); with e = 0, R = P, r = x and s = k·x that is k·P.
    /// @param x P's first coordinate
    /// @param odd whether P's second is
    function product(uint256 k, uint256 x, bool odd) internal pure returns (address) {
        return ecrecover(0, odd ? 28 : 27, bytes32(x), bytes32(mulmod(k, x, ORDER)));
    }

    /// The address of k·G.
    function publicAddress(uint256 k) internal pure returns (address) {
        return product(k, GENERATOR, false);
    }

    /// What hides a key from all but those who know the shared point.
    function pad(address shared, bytes32 context) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(shared, context));
    }
}
