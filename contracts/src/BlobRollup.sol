// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Base} from "./Base.sol";
import {Batches} from "./Batches.sol";
import {Cell} from "./Cell.sol";
import {Cells} from "./Cells.sol";
import {Judge} from "./Judge.sol";
import {Merkle} from "./Merkle.sol";

/// The dual chain with its data in blobs, roots included; docs/ledgers/data_modes.md. A leaf stands for a cell of the
/// blob: keccak256(root before ‖ keccak256(what the cell carries) ‖ root after). The data root is claimed. The blob's last two
/// cells list what the leaves are made of, so that everybody knows them; a data root that does not follow from the list, and a
/// leaf that is not its cell's, are proven wrong by opening cells.
contract BlobRollup is Judge {
    /// The transaction carries no blob.
    error NoBlob();
    /// A claim is a data root and nothing else.
    error WrongClaim();

    /// Blobs are kept for 18 days on Ethereum's main network; all that a batch may have to wait for ends well before.
    uint256 private constant LONGEST = 14 days;

    Cells public immutable cells;

    constructor(Config memory config) Base(config) {
        uint256 longest = uint256(config.windowSeconds) + config.revealSeconds + config.pauseSeconds;
        if (longest > LONGEST) revert BadConfig("windowSeconds");
        cells = new Cells();
    }

    /// @param claim the data root
    // slither-disable-next-line shadowing-local (what is claimed of the data, not the call)
    function post(Header calldata parent, bytes calldata claim, Head calldata head, bytes32 chain, bytes calldata next)
        external
    {
        if (claim.length != 32) revert WrongClaim();
        bytes32 blob = blobhash(0);
        _append(parent, _commitment(bytes32(claim), blob, head), head, chain, next, blob);
    }

    /// The same records with right roots, in another blob.
    /// @param claim the data root; nothing else
    function repost(
        Header calldata parent,
        Header calldata voided,
        // slither-disable-next-line shadowing-local (what is claimed of the data, not the call)
        bytes32[] calldata claim,
        bytes32[] calldata,
        Head calldata head,
        bytes32 chain
    ) external {
        if (claim.length != 1) revert WrongClaim();
        bytes32 input = voided.recordsHash;
        _replace(parent, voided, _commitment(claim[0], input, head), input, head, chain, blobhash(0));
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

    /// What the batch claims of its blob is not so: a call of `Cells` shows it, `mismatch`, `mislisted` or `altered`.
    /// @param call selector ‖ header 16 words ‖ cell, a word ‖ the rest
    function dispute(bytes calldata call, bytes32 salt) external {
        if (call.length < 548) revert WrongClaim();
        Header calldata header;
        assembly ("memory-safe") {
            header := add(call.offset, 4)
        }
        bytes32 hash = _open(header);
        bytes4 which = bytes4(call);
        // Other functions of `Cells` come to their end without any fraud.
        if (which != Cells.mismatch.selector && which != Cells.mislisted.selector && which != Cells.altered.selector) {
            revert WrongClaim();
        }
        // slither-disable-next-line low-level-calls (the cells' own refusal is passed on)
        (bool success, bytes memory answer) = address(cells).staticcall(call);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        _void(header, hash, uint32(uint256(bytes32(call[516:548]))), salt);
    }

    /// The root after the batch is the head's; that it is the list's too, `mislisted` is for.
    function _commitment(bytes32 dataRoot, bytes32 input, Head calldata head)
        private
        view
        returns (Batches.Commitment memory)
    {
        if (blobhash(0) == 0) revert NoBlob();
        bytes32 root = Merkle.pair(keccak256(abi.encodePacked(head.words)), head.tree);
        return Batches.Commitment(uint32(Cell.DATA), dataRoot, input, root);
    }
}
