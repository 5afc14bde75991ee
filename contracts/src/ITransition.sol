// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// What the records of the secondary chain do; docs/ledgers/rollup.md. Immutable and without state, so that a batch
/// is judged by the transition that was active when it was posted.
interface ITransition {
    /// Computes one segment again.
    ///
    /// Reverts iff the witness does not prove what is needed; a revert says nothing about the segment.
    /// @param pre the root before
    /// @param postedAt when the batch's input was posted first, Unix s: a tick may not lie after it
    /// @param available items of the queue there were when the batch's input was posted first: a queue record that
    ///        would go beyond is refused, so that a segment can be judged although the items it names never existed
    /// @param records the segment's bytes, without its root
    /// @param items the queue's items that the segment consumes, one after the other
    /// @param chain the queue's hash before the first of them
    /// @param witness head, leaves and siblings
    /// @return post the root after
    /// @return from how many items of the queue were consumed before
    /// @return to how many after
    /// @return chainAfter the queue's hash after the last of them
    function execute(
        bytes32 pre,
        uint64 postedAt,
        uint64 available,
        bytes calldata records,
        bytes calldata items,
        bytes32 chain,
        bytes calldata witness
    ) external view returns (bytes32 post, uint64 from, uint64 to, bytes32 chainAfter);
}
