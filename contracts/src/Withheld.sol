// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Batches} from "./Batches.sol";
import {Demands, IWithheld} from "./Demands.sol";
import {Judge} from "./Judge.sol";

/// Modes that post a segment in two parts, one of them by its hash alone; docs/ledgers/data_modes.md. A segment is
/// `length u16 ‖ part ‖ hash of the other ‖ root`, its input keccak256(keccak256(part) ‖ that hash).
///
/// Whoever needs the other part demands it, see `Demands`. Without an answer the batch falls as after a proven fraud, and the
/// segment is void from then on, because nobody can be sure what it says: its input becomes the mode's form of the byte 00,
/// which begins no record.
abstract contract Withheld is Judge, IWithheld {
    error NotDemands();

    /// Where parts are demanded and shown.
    Demands public immutable demands;

    /// Segments of an input that nobody showed, a bit each.
    mapping(uint64 number => mapping(uint256 word => uint256)) private _gone;

    constructor(Demands demands_) {
        demands = demands_;
    }

    function repost(
        Header calldata parent,
        Header calldata voided,
        bytes32[] calldata inputs,
        bytes32[] calldata roots,
        Head calldata head,
        bytes32 chain
    ) external {
        uint256 count = roots.length;
        if (inputs.length != count) revert Batches.SegmentCount(count);
        bytes32[] memory leaves = new bytes32[](count);
        bytes32[] memory now_ = inputs;
        bytes32 before = keccak256(abi.encodePacked(inputs));
        bytes32 pre = parent.root;
        bytes32 void_ = demands.voidInput();
        for (uint256 i; i < count; ++i) {
            if (_gone[voided.number][i >> 8] >> (i & 255) & 1 == 1) now_[i] = void_;
            leaves[i] = Batches.leaf(pre, now_[i], roots[i]);
            pre = roots[i];
        }
        _replace(parent, voided, Batches.commit(leaves, now_, pre), before, head, chain, 0);
    }

    /// `records` of the proof is what the mode's `reveal` takes.
    function prove(Fraud calldata fraud, bytes32 salt) external {
        bytes32 hash = _open(fraud.header);
        (bytes32 input, bytes memory records) = demands.reveal(fraud.records);
        _checkSegment(fraud.header, fraud.segment, fraud.pre, input, fraud.post, fraud.path);
        _checkWrong(fraud, fraud.pre, records, fraud.post);
        _void(fraud.header, hash, fraud.segment, salt);
    }

    function opened(Header calldata header) external view returns (bytes32 hash, uint256 end, uint256 endBlock) {
        return (_open(header), _windowEnd(header, _clock), _windowEndBlock(header));
    }

    function forfeit(Header calldata header, uint32 segment, address who) external {
        if (msg.sender != address(demands)) revert NotDemands();
        _gone[header.number][segment >> 8] |= 1 << (segment & 255);
        _forfeit(header, _open(header), segment, who);
    }

    function _extended(bytes32 hash, uint256 end, uint256 endBlock) internal view override returns (uint256, uint256) {
        // slither-disable-next-line calls-loop (one call for each batch that becomes final, to a contract of its own)
        (uint256 until, uint256 untilBlock) = demands.openUntil(hash);
        return (until > end ? until : end, untilBlock > endBlock ? untilBlock : endBlock);
    }

    /// Walks over `length u16 ‖ part ‖ hash ‖ root`, one after the other.
    /// @param pre the root before the first segment
    function _walk(bytes calldata data, bytes32 pre) internal pure returns (Batches.Commitment memory) {
        // Every segment takes at least 66 bytes, so no more leaves can come.
        bytes32[] memory leaves = new bytes32[](data.length / 66);
        bytes32[] memory inputs = new bytes32[](data.length / 66);
        uint256 count;
        uint256 wrong; // 0, or one more than the segment that is malformed
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            for { let here := 0 } lt(here, data.length) {} {
                // Beyond the end calldata reads as zero: then the length below does not fit.
                let length := shr(240, calldataload(add(data.offset, here)))
                let end := add(add(here, 66), length)
                if or(gt(end, data.length), gt(length, 2048)) {
                    wrong := add(count, 1)
                    break
                }
                calldatacopy(scratch, add(data.offset, add(here, 2)), length)
                mstore(0, keccak256(scratch, length))
                mstore(32, calldataload(add(data.offset, sub(end, 64))))
                let input := keccak256(0, 64)
                let post := calldataload(add(data.offset, sub(end, 32)))
                count := add(count, 1)
                mstore(add(inputs, shl(5, count)), input)
                mstore(scratch, pre)
                mstore(add(scratch, 32), input)
                mstore(add(scratch, 64), post)
                mstore(add(leaves, shl(5, count)), keccak256(scratch, 96))
                pre := post
                here := end
            }
            mstore(leaves, count)
            mstore(inputs, count)
        }
        if (wrong != 0) revert Batches.MalformedSegment(wrong - 1);
        return Batches.commit(leaves, inputs, pre);
    }
}
