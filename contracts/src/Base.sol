// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Batches} from "./Batches.sol";
import {Disputes} from "./Disputes.sol";
import {Exits} from "./Exits.sol";
import {Operators} from "./Operators.sol";
import {Core} from "./Core.sol";

/// The chain of batches, whatever the mode their data is published in: appending, new roots for old inputs, finality.
///
/// A mode says how data reaches the chain and how a segment of it is proven wrong; it calls `_append`, `_replace` and
/// `_void`.
abstract contract Base is Disputes, Exits {
    /// The parent is not the newest batch of this chain.
    error StaleParent(uint64 number);
    /// Inputs wait for new roots; they come first.
    error RootsFirst(uint64 number);
    /// No input waits for new roots.
    error NoRootsDue();
    error WrongInput(uint64 number);
    error NotNext(uint64 number);
    error NotOpen(uint64 number);
    error WindowOpen(uint64 number);
    error NotFinalised(uint64 number);
    error NotConsumed(uint64 item);
    error NotAsked(uint64 number);

    /// One batch in so many asks a watcher for a sign of attention.
    uint256 internal constant ATTENTION = 16;

    /// The newest batch that a watcher showed it holds the state of.
    mapping(address watcher => uint64) public lastSeen;

    constructor(Config memory config) Core(config) Operators(config.operators) {}

    /// Appends a batch with a new input.
    /// @param blob versioned hash of the blob with its data; zero in modes without
    function _append(
        Header calldata parent,
        Batches.Commitment memory made,
        Head calldata head,
        bytes32 chain,
        bytes calldata next,
        bytes32 blob
    ) internal {
        Tip memory t = _tip;
        Clock memory clock = _activated();
        _whileRunning(t, clock);
        if (t.batches != t.inputs) revert RootsFirst(t.batches + 1);
        Header memory header = _extend(t, clock, parent, made, head, chain);
        header.blob = blob;
        header.time = header.postedAt;
        Holdings memory holdings = _holdings;
        header.available = holdings.length;
        _stopBefore(parent.queue, header.queue, holdings, next);
        t.inputs = t.batches;
        _tip = t;
        bytes32 hash = Batches.hash(header);
        batch[header.number] = hash;
        emit Posted(header.number, hash, header);
    }

    /// Gives the oldest input whose roots fell new ones.
    /// @param made what the batch commits to now
    /// @param input what its input was, as the voided header has it; a mode may have replaced segments nobody showed
    function _replace(
        Header calldata parent,
        Header calldata voided,
        Batches.Commitment memory made,
        bytes32 input,
        Head calldata head,
        bytes32 chain,
        bytes32 blob
    ) internal {
        Tip memory t = _tip;
        Clock memory clock = _activated();
        _whileRunning(t, clock);
        if (t.batches == t.inputs) revert NoRootsDue();
        Header memory header = _extend(t, clock, parent, made, head, chain);
        if (
            Batches.hash(voided) != batch[header.number] || voided.recordsHash != input
                || voided.segments != made.segments
        ) revert WrongInput(header.number);
        // The input keeps its time and what it could consume, so that its records mean what they meant.
        header.blob = blob;
        header.time = voided.time;
        header.available = voided.available;
        if (header.queue > header.available) revert QueueRange(header.queue);
        _tip = t;
        bytes32 hash = Batches.hash(header);
        batch[header.number] = hash;
        emit Reposted(header.number, hash, header);
    }

    /// What both have in common; moves the tip.
    function _extend(
        Tip memory t,
        Clock memory clock,
        Header calldata parent,
        Batches.Commitment memory made,
        Head calldata head,
        bytes32 chain
    ) private returns (Header memory header) {
        _takeTurn(t, clock);
        // On a chain that was re-organised the parent, or what the queue held, is another.
        bytes32 parentHash = Batches.hash(parent);
        if (parent.number != t.batches || parentHash != batch[t.batches]) revert StaleParent(t.batches);
        _checkHead(head, made.root);
        (uint64 consumed, bool idle) = _cursor(head);
        if (consumed < parent.queue || consumed > _holdings.length) revert QueueRange(consumed);
        if (queueHash[consumed] != chain) revert QueueChanged(consumed);

        header.id = t.nextId++;
        header.number = ++t.batches;
        header.parent = parentHash;
        header.dataRoot = made.dataRoot;
        header.recordsHash = made.recordsHash;
        header.segments = made.segments;
        header.root = made.root;
        header.queue = consumed;
        header.idle = idle;
        header.postedAt = uint64(block.timestamp);
        header.block_ = uint64(block.number);
        header.operator = msg.sender;
        header.version = clock.version;
        // An announced version becomes active with the first batch under it; writing this each time would cost more.
        if (clock.version != _clock.version) _clock = clock;
    }

    /// A batch's window ends `windowSeconds` after posting, not counting a pause, but not before `windowBlocks` blocks
    /// are over; blocks of a pause count, as a challenge could be in each of them. Then promises of proofs that were
    /// made inside the window are waited for, see `Disputes`. Until it is final a batch can be proven wrong.
    function finalise(Header[] calldata headers) external {
        Tip memory t = _tip;
        Clock memory clock = _clock;
        _whileRunning(t, clock);
        bytes32 root = finalRoot;
        for (uint256 i; i < headers.length; ++i) {
            Header calldata header = headers[i];
            uint64 number = header.number;
            if (number != t.finalised + 1 || number > t.batches || Batches.hash(header) != batch[number]) {
                revert NotNext(t.finalised + 1);
            }
            (uint256 end, uint256 endBlock) = _extended(batch[number], _windowEnd(header, clock), _windowEndBlock(header));
            if (block.timestamp <= end || block.number <= endBlock || _promised(header.postedAt, end, clock)) {
                revert WindowOpen(number);
            }
            t.finalised = uint40(number);
            // Only where no work is half done do the balances sum up to the money held.
            if (header.idle) root = header.root;
            emit Finalised(number, header.root);
        }
        finalRoot = root;
        _tip = t;
    }

    /// Last second and last block of a batch's window.
    function _windowEnd(Header calldata header, Clock memory clock) internal view returns (uint256 end) {
        end = header.postedAt + _windowSeconds;
        if (clock.pausedAt >= header.postedAt && clock.pausedAt <= end) end += clock.pausedUntil - clock.pausedAt;
    }

    function _windowEndBlock(Header calldata header) internal view returns (uint256) {
        return header.block_ + _windowBlocks;
    }

    /// How much longer a batch stays open in modes where a proof may need an answer first.
    function _extended(bytes32, uint256 end, uint256 endBlock) internal view virtual returns (uint256, uint256) {
        return (end, endBlock);
    }

    function earn(Header calldata parent, Header calldata header, uint64[] calldata items) external {
        uint64 number = header.number;
        if (
            number > _tip.finalised || Batches.hash(header) != batch[number] || Batches.hash(parent) != header.parent
        ) revert NotFinalised(number);
        for (uint256 i; i < items.length; ++i) {
            uint64 item = items[i];
            if (item < parent.queue || item >= header.queue || _forcedBy[item] == address(0)) revert NotConsumed(item);
            _forcedBy[item] = address(0);
            emit Earned(item, header.operator, _forcedFee);
        }
        claimable[header.operator] += items.length * _forcedFee;
    }

    /// One open batch in `ATTENTION` asks a watcher, by its hash and the watcher's address, for one account of its
    /// state, drawn by lot: whoever answers holds that state, which only the batch's data gives, and was there while
    /// the batch could be challenged. It does not show that the watcher compared the roots, nor that it would
    /// challenge; who never answers when asked may not be watching.
    function attest(Header calldata header, Head calldata head, bytes32[3] calldata words, bytes calldata proof)
        external
    {
        bytes32 hash = _open(header);
        uint256 lot = uint256(keccak256(abi.encode(hash, msg.sender)));
        uint256 accounts = uint32(uint256(head.words[0]) >> 184);
        if (lot % ATTENTION != 0 || accounts == 0) revert NotAsked(header.number);
        uint32 place = _accountPlace(uint32((lot / ATTENTION) % accounts));
        _checkLeaf(keccak256(abi.encodePacked(words)), place, head, header.root, proof);
        lastSeen[msg.sender] = header.number;
        emit Attested(msg.sender, header.number, header.root);
    }

    /// The hash of a batch that can be challenged.
    function _open(Header calldata header) internal view returns (bytes32 hash) {
        Tip memory t = _tip;
        hash = Batches.hash(header);
        uint64 number = header.number;
        if (number <= t.finalised || number > t.batches || hash != batch[number]) revert NotOpen(number);
    }
}
