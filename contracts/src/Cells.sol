// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Cell} from "./Cell.sol";

/// What the cells of a blob hold; docs/ledgers/data_modes.md. A cell is a run of segments `length u16 ‖ records ‖ root`,
/// ended by the length 0 or by what no longer fits. Without state: `BlobRollup` asks it.
contract Cells {
    /// The cell has fewer segments.
    error NoSegment(uint256 index);

    /// A cell that is proven to be in a blob.
    /// @param pre the root before it
    /// @return input keccak256 of what it carries
    /// @return post the root after its last segment; `pre` if it has none
    /// @return records the hash of its records without the roots
    function read(bytes32 blob, uint256 cell, bytes32 pre, bytes calldata elements, bytes calldata proof)
        external
        view
        returns (bytes32 input, bytes32 post, bytes32 records)
    {
        bytes memory content = Cell.open(blob, cell, elements, proof);
        input = keccak256(content);
        post = pre;
        for (uint256 here;;) {
            uint256 length = _lengthAt(content, here);
            if (length == 0) break;
            assembly ("memory-safe") {
                let start := add(add(content, 32), here)
                post := mload(add(add(start, 2), length))
                mstore(0, records)
                mstore(32, keccak256(start, add(2, length)))
                records := keccak256(0, 64)
            }
            here += 34 + length;
        }
    }

    /// A segment of a cell: the root before it, its records and the root after.
    /// @param pre the root before the cell
    function segment(bytes calldata shown, uint256 index, bytes32 pre)
        external
        pure
        returns (bytes32 before, bytes memory records, bytes32 post)
    {
        bytes memory content = shown;
        before = pre;
        for (uint256 here;; --index) {
            uint256 length = _lengthAt(content, here);
            if (length == 0) revert NoSegment(index);
            uint256 end = here + 2 + length;
            assembly ("memory-safe") {
                post := mload(add(add(content, 32), end))
            }
            if (index == 0) return (before, shown[here + 2:end], post);
            before = post;
            here = end + 32;
        }
    }

    /// Length of the records of the segment that begins here; 0 if none does.
    function _lengthAt(bytes memory content, uint256 here) private pure returns (uint256 length) {
        if (here + 34 > content.length) return 0;
        assembly ("memory-safe") {
            length := shr(240, mload(add(add(content, 32), here)))
        }
        if (here + 34 + length > content.length) return 0;
    }
}
