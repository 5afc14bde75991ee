// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Base} from "./Base.sol";
import {Batches} from "./Batches.sol";
import {ITransition} from "./ITransition.sol";
import {Merkle} from "./Merkle.sol";

/// The dual chain on calldata: all data is in the transactions that post it, and a proof is one transaction.
contract Rollup is Base {
    error WrongData(uint32 segment);
    /// The proof's queue items are not those of the queue.
    error WrongQueue();
    /// The segment is as posted.
    error NoFraud();

    constructor(Config memory config) Base(config) {}

    function post(Header calldata parent, bytes calldata data, Head calldata head, bytes32 chain, bytes calldata next)
        external
    {
        _append(parent, Batches.walk(data, parent.root), head, chain, next, 0);
    }

    function repost(
        Header calldata parent,
        Header calldata voided,
        bytes32[] calldata records,
        bytes32[] calldata roots,
        Head calldata head,
        bytes32 chain
    ) external {
        Batches.Commitment memory made = Batches.build(records, roots, parent.root);
        _replace(parent, voided, made, made.recordsHash, head, chain, 0);
    }

    /// Only a re-execution that came to its end with another root is fraud; whatever else goes wrong reverts.
    function prove(Fraud calldata fraud, bytes32 salt) external {
        bytes32 hash = _open(fraud.header);
        _checkSegment(fraud);
        (bytes32 post_, uint64 from, uint64 to, bytes32 after_) = ITransition(_transitions[fraud.header.version])
            .execute(
            fraud.pre,
            fraud.header.time,
            fraud.header.available,
            fraud.records,
            fraud.items,
            queueHash[fraud.queue],
            fraud.witness
        );
        if (from != fraud.queue || after_ != queueHash[to]) revert WrongQueue();
        if (post_ == fraud.post) revert NoFraud();
        _void(fraud.header, hash, fraud.segment, salt);
    }

    /// The segment is the batch's.
    function _checkSegment(Fraud calldata fraud) private pure {
        if (fraud.segment >= fraud.header.segments) revert WrongData(fraud.segment);
        bytes32 leaf = Batches.leaf(fraud.pre, keccak256(fraud.records), fraud.post);
        if (Merkle.follow(leaf, fraud.segment, fraud.header.segments, fraud.path) != fraud.header.dataRoot) {
            revert WrongData(fraud.segment);
        }
    }
}
