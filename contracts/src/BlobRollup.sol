// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Base} from "./Base.sol";
import {Batches} from "./Batches.sol";
import {Cell} from "./Cell.sol";
import {Cells} from "./Cells.sol";
import {Judge} from "./Judge.sol";
import {Merkle} from "./Merkle.sol";

/// The dual chain with its data in blobs, roots included; docs/ledgers/data_modes.md. A leaf stands for a cell of the
/// blob: keccak256(root before ‖ keccak256(what the cell carries) ‖ root after). The data root is claimed; a leaf that is not
/// the blob's, or that does not go on where the one before it ended, is proven wrong by showing it.
contract BlobRollup is Judge {
    /// The transaction carries no blob.
    error NoBlob();
    /// The claim's last leaf is not under its data root.
    error WrongClaim();

    /// Blobs are kept for 18 days on Ethereum's main network; all that a batch may have to wait for ends well before.
    uint256 private constant LONGEST = 14 days;

    Cells public immutable cells;

    constructor(Config memory config) Base(config) {
        uint256 longest = uint256(config.windowSeconds) + config.revealSeconds + config.pauseSeconds;
        if (longest > LONGEST) revert BadConfig("windowSeconds");
        cells = new Cells();
    }

    /// @param claim data root ‖ root after the batch ‖ root before the last cell ‖ its input ‖ its path, 32 bytes each
    function post(Header calldata parent, bytes calldata claim, Head calldata head, bytes32 chain, bytes calldata next)
        external
    {
        if (claim.length != 320) revert WrongClaim();
        bytes32[10] memory words = abi.decode(claim, (bytes32[10]));
        bytes32 blob = blobhash(0);
        _append(parent, _commitment(words, blob), head, chain, next, blob);
    }

    /// The same records with right roots, in another blob.
    /// @param claim as at posting, a word each; nothing else
    function repost(
        Header calldata parent,
        Header calldata voided,
        bytes32[] calldata claim,
        bytes32[] calldata,
        Head calldata head,
        bytes32 chain
    ) external {
        if (claim.length != 10) revert WrongClaim();
        bytes32[10] memory words;
        for (uint256 i; i < 10; ++i) {
            words[i] = claim[i];
        }
        bytes32 input = voided.recordsHash;
        _replace(parent, voided, _commitment(words, input), input, head, chain, blobhash(0));
    }

    /// A wrong step, by the leaf alone.
    /// @param fraud `segment`, `pre`, `post` and `path` are the cell's; `records` is `index u16 ‖ what the cell carries`
    function prove(Fraud calldata fraud, bytes32 salt) external {
        bytes32 hash = _open(fraud.header);
        bytes calldata content = fraud.records[2:];
        _checkSegment(fraud.header, fraud.segment, fraud.pre, keccak256(content), fraud.post, fraud.path);
        (bytes32 before, bytes memory records, bytes32 posted) =
            cells.segment(content, uint16(bytes2(fraud.records)), fraud.pre);
        _checkWrong(fraud, before, records, posted);
        _void(fraud.header, hash, fraud.segment, salt);
    }

    /// A leaf of the claim.
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
    function mismatch(
        Header calldata header,
        uint32 cell,
        Leaf calldata leaf,
        Opening calldata opening,
        bytes32 salt
    ) external {
        bytes32 hash = _open(header);
        _checkSegment(header, cell, leaf.pre, leaf.input, leaf.post, leaf.path);
        (bytes32 input, bytes32 post_,) = cells.read(header.blob, cell, leaf.pre, opening.elements, opening.proof);
        if (input == leaf.input && post_ == leaf.post) revert NoFraud();
        _void(header, hash, cell, salt);
    }

    /// The leaf does not begin with the root that the one before it, or the parent of the batch, ended with.
    /// @param parent the header of the batch before, for the first cell
    /// @param earlier the leaf before, for any other
    function seam(
        Header calldata header,
        Header calldata parent,
        uint32 cell,
        Leaf calldata earlier,
        Leaf calldata leaf,
        bytes32 salt
    ) external {
        bytes32 hash = _open(header);
        _checkSegment(header, cell, leaf.pre, leaf.input, leaf.post, leaf.path);
        bytes32 before = earlier.post;
        if (cell > 0) {
            _checkSegment(header, cell - 1, earlier.pre, earlier.input, earlier.post, earlier.path);
        } else {
            if (Batches.hash(parent) != header.parent) revert WrongData(0);
            before = parent.root;
        }
        if (before == leaf.pre) revert NoFraud();
        _void(header, hash, cell, salt);
    }

    /// A repost whose blob has other records in this cell than the one that first carried its input.
    function alter(
        Header calldata header,
        uint32 cell,
        Opening calldata first,
        Opening calldata again,
        bytes32 salt
    ) external {
        bytes32 hash = _open(header);
        (,, bytes32 right) = cells.read(header.recordsHash, cell, 0, first.elements, first.proof);
        (,, bytes32 said) = cells.read(header.blob, cell, 0, again.elements, again.proof);
        if (right == said) revert NoFraud();
        _void(header, hash, cell, salt);
    }

    function _commitment(bytes32[10] memory words, bytes32 input)
        private
        view
        returns (Batches.Commitment memory made)
    {
        if (blobhash(0) == 0) revert NoBlob();
        bytes32 node = Batches.leaf(words[2], words[3], words[1]);
        for (uint256 i = 4; i < 10; ++i) {
            node = Merkle.pair(words[i], node);
        }
        if (node != words[0]) revert WrongClaim();
        return Batches.Commitment(uint32(Cell.COUNT), words[0], input, words[1]);
    }
}
