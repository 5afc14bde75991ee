// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Batches} from "./Batches.sol";
import {Cell} from "./Cell.sol";
import {IRollup} from "./IRollup.sol";
import {Merkle} from "./Merkle.sol";

/// What the cells of a blob hold; docs/ledgers/data_modes.md. A cell is a run of segments `length u16 ‖ records ‖ root`,
/// ended by the length 0 or by what no longer fits. The last two cells, one after the other, list keccak256 of each cell
/// before them and the root after it, 62 times 64 bytes.
///
/// Without state: `BlobRollup` passes disputes on to it. They revert unless they prove a fraud.
contract Cells {
    /// The cell has fewer segments.
    error NoSegment(uint256 index);
    error WrongCell(uint32 cell);
    /// The leaf is not the batch's, or the parent not the batch's parent.
    error WrongLeaf();
    /// What is disputed is as posted.
    error NoFraud();

    /// A leaf of the data root.
    struct Leaf {
        bytes32 pre;
        bytes32 input;
        bytes32 post;
        bytes32[] path;
    }

    /// A cell that is proven to be in a blob, see `Cell`.
    struct Opening {
        bytes elements;
        bytes proof;
    }

    /// The leaf is not the blob's cell.
    function mismatch(IRollup.Header calldata header, uint32 cell, Leaf calldata leaf, Opening calldata opening)
        external
        view
    {
        bytes32 node = Batches.leaf(leaf.pre, leaf.input, leaf.post);
        if (cell >= Cell.DATA) revert WrongCell(cell);
        if (Merkle.follow(node, cell, Cell.DATA, leaf.path) != header.dataRoot) revert WrongLeaf();
        bytes memory content = _content(header.blob, cell, opening);
        (bytes32 post,) = read(content, leaf.pre);
        _fraudIf(keccak256(content) != leaf.input || post != leaf.post);
    }

    /// The data root, or the root after the batch, does not follow from the list in the blob's last cells.
    /// @param cell the first of these
    /// @param parent the header of the batch before
    function mislisted(
        IRollup.Header calldata header,
        uint32 cell,
        IRollup.Header calldata parent,
        Opening calldata first,
        Opening calldata second
    ) external view {
        if (cell != Cell.DATA) revert WrongCell(cell);
        if (Batches.hash(parent) != header.parent) revert WrongLeaf();
        bytes memory entries =
            bytes.concat(_content(header.blob, Cell.DATA, first), _content(header.blob, Cell.DATA + 1, second));
        bytes32[] memory leaves = new bytes32[](Cell.DATA);
        bytes32 root = parent.root;
        for (uint256 i; i < leaves.length; ++i) {
            bytes32 input;
            bytes32 post;
            assembly ("memory-safe") {
                let entry := add(add(entries, 32), shl(6, i))
                input := mload(entry)
                post := mload(add(entry, 32))
            }
            leaves[i] = Batches.leaf(root, input, post);
            root = post;
        }
        _fraudIf(root != header.root || Merkle.root(leaves) != header.dataRoot);
    }

    /// A repost whose blob has other records in this cell than the one that first carried its input.
    function altered(IRollup.Header calldata header, uint32 cell, Opening calldata first, Opening calldata again)
        external
        view
    {
        if (cell >= Cell.DATA) revert WrongCell(cell);
        (, bytes32 right) = read(_content(header.recordsHash, cell, first), 0);
        (, bytes32 said) = read(_content(header.blob, cell, again), 0);
        _fraudIf(right != said);
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

    /// What a cell says.
    /// @param pre the root before it
    /// @return post the root after its last segment; `pre` if it has none
    /// @return records the hash of its records without the roots
    function read(bytes memory content, bytes32 pre) public pure returns (bytes32 post, bytes32 records) {
        post = pre;
        for (uint256 here;;) {
            uint256 length = _lengthAt(content, here);
            if (length == 0) return (post, records);
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

    function _content(bytes32 blob, uint256 cell, Opening calldata opening) private view returns (bytes memory) {
        return Cell.open(blob, cell, opening.elements, opening.proof);
    }

    /// Length of the records of the segment that begins here; 0 if none does.
    function _lengthAt(bytes memory content, uint256 here) private pure returns (uint256 length) {
        if (here + 34 > content.length) return 0;
        assembly ("memory-safe") {
            length := shr(240, mload(add(add(content, 32), here)))
        }
        if (here + 34 + length > content.length) return 0;
    }

    function _fraudIf(bool fraud) private pure {
        if (!fraud) revert NoFraud();
    }
}
