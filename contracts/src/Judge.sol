// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Base} from "./Base.sol";
import {Batches} from "./Batches.sol";
import {ITransition} from "./ITransition.sol";
import {Merkle} from "./Merkle.sol";

/// What the modes beside calldata share when they prove a step wrong: the leaf, and the transition on records that were
/// put together in memory.
abstract contract Judge is Base {
    error WrongData(uint32 segment);
    /// The proof's queue items are not those of the queue.
    error WrongQueue();
    /// The segment is as posted.
    error NoFraud();

    /// A leaf of the batch: the segment's input between the roots before and after it.
    function _checkSegment(
        Header calldata header,
        uint32 segment,
        bytes32 pre,
        bytes32 input,
        // slither-disable-next-line shadowing-local (the root after, not the call)
        bytes32 post,
        bytes32[] calldata path
    ) internal pure {
        if (
            segment >= header.segments
                || Merkle.follow(Batches.leaf(pre, input, post), segment, header.segments, path) != header.dataRoot
        ) revert WrongData(segment);
    }

    /// Only a re-execution that came to its end with another root is fraud; whatever else goes wrong reverts.
    function _checkWrong(Fraud calldata fraud, bytes32 pre, bytes memory records, bytes32 posted) internal view {
        (bytes32 post_, uint64 from, uint64 to, bytes32 after_) = ITransition(_transitions[fraud.header.version])
            .execute(
            pre,
            fraud.header.time,
            fraud.header.available,
            records,
            fraud.items,
            queueHash[fraud.queue],
            fraud.witness
        );
        if (from != fraud.queue || after_ != queueHash[to]) revert WrongQueue();
        if (post_ == posted) revert NoFraud();
    }
}
