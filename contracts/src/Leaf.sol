// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// Fields of packed words in memory.
///
/// A leaf lies in memory as it is hashed. Every field begins at a whole byte, so that a field is read by one load from
/// its first byte and a shift; `offset` counts bytes from the leaf's first one.
library Leaf {
    function u8(uint256 leaf, uint256 offset) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, mload(add(leaf, offset)))
        }
    }

    function u16(uint256 leaf, uint256 offset) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(240, mload(add(leaf, offset)))
        }
    }

    function u32(uint256 leaf, uint256 offset) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(224, mload(add(leaf, offset)))
        }
    }

    function u40(uint256 leaf, uint256 offset) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(216, mload(add(leaf, offset)))
        }
    }

    function u64(uint256 leaf, uint256 offset) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(192, mload(add(leaf, offset)))
        }
    }

    function u128(uint256 leaf, uint256 offset) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(128, mload(add(leaf, offset)))
        }
    }

    function u160(uint256 leaf, uint256 offset) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(96, mload(add(leaf, offset)))
        }
    }

    function i32(uint256 leaf, uint256 offset) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            value := sar(224, mload(add(leaf, offset)))
        }
    }

    function i64(uint256 leaf, uint256 offset) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            value := sar(192, mload(add(leaf, offset)))
        }
    }

    function i128(uint256 leaf, uint256 offset) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            value := sar(128, mload(add(leaf, offset)))
        }
    }

    function word(uint256 leaf, uint256 offset) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(leaf, offset))
        }
    }

    /// Writes the lowest `bits` of `value`.
    function put(uint256 leaf, uint256 offset, uint256 bits, uint256 value) internal pure {
        assembly ("memory-safe") {
            let place := add(leaf, offset)
            mstore(place, or(shr(bits, shl(bits, mload(place))), shl(sub(256, bits), value)))
        }
    }

    function put8(uint256 leaf, uint256 offset, uint256 value) internal pure {
        assembly ("memory-safe") {
            mstore8(add(leaf, offset), value)
        }
    }

    function putWord(uint256 leaf, uint256 offset, uint256 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(leaf, offset), value)
        }
    }
}
