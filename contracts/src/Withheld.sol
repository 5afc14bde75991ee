// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Base} from "./Base.sol";
import {Batches} from "./Batches.sol";
import {Judge} from "./Judge.sol";

/// Modes that post a segment in two parts, one of them by its hash alone; docs/ledgers/data_modes.md. A segment is
/// `length u16 ‖ part ‖ hash of the other ‖ root`, its input keccak256(keccak256(part) ‖ that hash).
///
/// Whoever needs the other part demands it within the batch's window and pays a deposit. The answer, in time, gets the
/// deposit; without one the batch falls as after a proven fraud, and the segment is void from then on, because nobody can be sure what
/// it says: its input becomes the mode's form of the byte 00, which begins no record.
///
/// A batch becomes final no sooner than twice the answer time after the last demand, so every answer can be followed by a
/// proof. Demands come inside the window, and twice the answer time is no more than a window: however many there are,
/// finality moves by one window at most. While a demand is open the batch is not final.
abstract contract Withheld is Judge {
    struct Terms {
        uint64 answerSeconds; // to answer a demand, and as much again to prove what the answer shows; both
        uint64 answerBlocks; // seconds and blocks must be over
        uint128 deposit; // wei
    }

    /// In one slot.
    struct Demand {
        address who;
        uint40 until;
        uint40 untilBlock;
        uint8 state;
    }

    /// What is asked of a batch; in one slot.
    struct Asked {
        uint40 until;
        uint40 untilBlock;
        uint32 open;
    }

    uint8 internal constant OPEN = 1;
    uint8 internal constant ANSWERED = 2;
    uint8 internal constant CLOSED = 3;

    /// Demands come within the window.
    error WindowOver(uint64 number);
    error AlreadyDemanded();
    /// Nothing was demanded, or it is answered, overdue or settled already.
    error NotDemanded();
    error AnswerTooLate(uint64 until);
    error AnswerNotDue(uint64 until);
    /// The batch still stands.
    error Stands(uint64 number);

    event Demanded(bytes32 indexed hash, uint32 indexed segment, address indexed who, bytes32 point, bool odd, uint64 until);
    event Answered(bytes32 indexed hash, uint32 indexed segment, address indexed who, bytes answer);
    event Defaulted(uint64 indexed number, bytes32 indexed hash, uint32 segment, address who);

    uint256 internal immutable _answerSeconds;
    uint256 internal immutable _answerBlocks;
    uint256 internal immutable _deposit;

    mapping(bytes32 id => Demand) internal _demands;
    mapping(bytes32 hash => Asked) internal _asked;

    /// Segments of an input that nobody showed, a bit each.
    mapping(uint64 number => mapping(uint256 word => uint256)) internal _gone;

    constructor(Config memory config, Terms memory terms) Base(config) {
        if (terms.answerSeconds == 0 || 2 * terms.answerSeconds > config.windowSeconds) revert BadConfig("answerSeconds");
        if (terms.answerBlocks == 0 || 2 * terms.answerBlocks > config.windowBlocks) revert BadConfig("answerBlocks");
        if (terms.deposit == 0) revert BadConfig("deposit");
        _answerSeconds = terms.answerSeconds;
        _answerBlocks = terms.answerBlocks;
        _deposit = terms.deposit;
    }

    /// The mode's form of the byte 00: the input of a segment that nobody showed.
    function _voidInput() internal view virtual returns (bytes32);

    /// The input behind what a proof shows, and its records as the transition has them.
    function _reveal(bytes calldata shown) internal view virtual returns (bytes32 input, bytes memory records);

    /// What a demand is kept under.
    function _id(bytes32 hash, uint32 segment, address who) internal pure virtual returns (bytes32);

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
        bytes32 pre = parent.root;
        uint256 bits;
        for (uint256 i; i < count; ++i) {
            if (i & 255 == 0) bits = _gone[voided.number][i >> 8];
            if (bits >> (i & 255) & 1 == 1) now_[i] = _voidInput();
            leaves[i] = Batches.leaf(pre, now_[i], roots[i]);
            pre = roots[i];
        }
        bytes32 before = keccak256(abi.encodePacked(inputs));
        _replace(parent, voided, Batches.commit(leaves, now_, pre), before, head, chain, 0);
    }

    /// `records` of the proof is what the mode's `_reveal` takes.
    function prove(Fraud calldata fraud, bytes32 salt) external {
        bytes32 hash = _open(fraud.header);
        (bytes32 input, bytes memory records) = _reveal(fraud.records);
        _checkSegment(fraud.header, fraud.segment, fraud.pre, input, fraud.post, fraud.path);
        _checkWrong(fraud, fraud.pre, records, fraud.post);
        _void(fraud.header, hash, fraud.segment, salt);
    }

    /// An answer is overdue: the batch falls, the demander has its deposit back and the reward. For anybody to call.
    function forfeit(Header calldata header, uint32 segment, address who) external {
        bytes32 hash = _open(header);
        Demand memory found = _demands[_id(hash, segment, who)];
        if (found.state != OPEN) revert NotDemanded();
        if (_inTime(found)) revert AnswerNotDue(found.until);
        claimable[found.who] += _deposit;
        _gone_(header, hash, segment, found.who);
    }

    /// The deposit of a demand whose batch fell otherwise goes back.
    function reclaim(Header calldata header, uint32 segment, address who) external {
        bytes32 hash = Batches.hash(header);
        if (header.number <= _tip.batches && batch[header.number] == hash) revert Stands(header.number);
        bytes32 id = _id(hash, segment, who);
        Demand memory found = _demands[id];
        if (found.state != OPEN) revert NotDemanded();
        _demands[id].state = CLOSED;
        claimable[found.who] += _deposit;
    }

    /// How a demand stands: 0 none, 1 open, 2 answered, 3 settled.
    function demandOf(bytes32 hash, uint32 segment, address who)
        external
        view
        returns (uint8 state, uint64 until, uint64 untilBlock)
    {
        Demand memory found = _demands[_id(hash, segment, who)];
        return (found.state, found.until, found.untilBlock);
    }

    function _ask(Header calldata header, uint32 segment, bytes32 point, bool odd) internal {
        bytes32 hash = _open(header);
        if (segment >= header.segments) revert WrongData(segment);
        if (msg.value != _deposit) revert WrongBond(_deposit);
        if (block.timestamp > _windowEnd(header, _clock) && block.number > _windowEndBlock(header)) {
            revert WindowOver(header.number);
        }
        bytes32 id = _id(hash, segment, msg.sender);
        if (_demands[id].state != 0) revert AlreadyDemanded();
        uint40 until = uint40(block.timestamp + _answerSeconds);
        uint40 untilBlock = uint40(block.number + _answerBlocks);
        _demands[id] = Demand(msg.sender, until, untilBlock, OPEN);
        _asked[hash] = Asked(uint40(until + _answerSeconds), uint40(untilBlock + _answerBlocks), _asked[hash].open + 1);
        emit Demanded(hash, segment, msg.sender, point, odd, until);
    }

    /// Takes an answer that came in time and pays it.
    function _answered(Header calldata header, uint32 segment, address who, bytes memory answer)
        internal
        returns (bytes32 id)
    {
        bytes32 hash = _open(header);
        id = _id(hash, segment, who);
        Demand memory found = _demands[id];
        if (found.state != OPEN) revert NotDemanded();
        if (!_inTime(found)) revert AnswerTooLate(found.until);
        _demands[id].state = ANSWERED;
        --_asked[hash].open;
        claimable[msg.sender] += _deposit;
        emit Answered(hash, segment, found.who, answer);
    }

    /// The batch falls, and the segment is void wherever its input is posted again.
    function _gone_(Header calldata header, bytes32 hash, uint32 segment, address who) internal {
        _demands[_id(hash, segment, who)].state = CLOSED;
        _gone[header.number][segment >> 8] |= 1 << (segment & 255);
        emit Defaulted(header.number, hash, segment, who);
        _topple(header, hash, segment, who, 0);
    }

    function _inTime(Demand memory found) private view returns (bool) {
        return block.timestamp <= found.until || block.number <= found.untilBlock;
    }

    function _extended(bytes32 hash, uint256 end, uint256 endBlock) internal view override returns (uint256, uint256) {
        Asked memory asked = _asked[hash];
        if (asked.open != 0) return (type(uint256).max, endBlock);
        return (asked.until > end ? asked.until : end, asked.untilBlock > endBlock ? asked.untilBlock : endBlock);
    }

    /// Walks over `length u16 ‖ part ‖ hash ‖ root`, one after the other.
    /// @param pre the root before the first segment
    function _walk(bytes calldata data, bytes32 pre) internal pure returns (Batches.Commitment memory) {
        uint256 most = data.length / 66;
        bytes32[] memory leaves = new bytes32[](most);
        bytes32[] memory inputs = new bytes32[](most);
        uint256 count;
        uint256 here;
        while (here < data.length) {
            if (here + 66 > data.length) revert Batches.MalformedSegment(count);
            uint256 length = uint16(bytes2(data[here:]));
            uint256 end = here + 66 + length;
            if (end > data.length || length > Batches.LONGEST) revert Batches.MalformedSegment(count);
            bytes32 input = _pair(keccak256(data[here + 2:here + 2 + length]), bytes32(data[end - 64:]));
            bytes32 post_ = bytes32(data[end - 32:]);
            inputs[count] = input;
            leaves[count++] = Batches.leaf(pre, input, post_);
            pre = post_;
            here = end;
        }
        assembly ("memory-safe") {
            mstore(leaves, count)
            mstore(inputs, count)
        }
        return Batches.commit(leaves, inputs, pre);
    }

    function _pair(bytes32 part, bytes32 other) internal pure returns (bytes32 input) {
        assembly ("memory-safe") {
            mstore(0, part)
            mstore(32, other)
            input := keccak256(0, 64)
        }
    }
}
