// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Batches} from "./Batches.sol";
import {IRollup} from "./IRollup.sol";
import {Merkle} from "./Merkle.sol";

/// What a rollup whose segments are posted in two parts does for its `Demands`.
interface IWithheld {
    /// The hash of a batch that can be challenged, last second and last block of its window; reverts for any other.
    function opened(IRollup.Header calldata header)
        external
        view
        returns (bytes32 hash, uint256 end, uint256 endBlock);
    /// A segment was not shown to whoever asked: the batch falls.
    function forfeit(IRollup.Header calldata header, uint32 segment, address who) external;
}

/// Demands for parts of segments that were posted by their hash alone; docs/ledgers/data_modes.md.
///
/// A demand comes within the batch's window, with a deposit. An answer in time gets the deposit. Without one the batch
/// falls, the deposit returns and the demander has the reward of a proof.
///
/// A batch becomes final no sooner than twice the answer time after the last demand, so every answer can be followed by
/// a proof. As demands come inside the window and twice the answer time is no more than a window, finality moves by one
/// window at most, however many there are. While a demand is open its batch is not final.
///
/// It holds the deposits and nothing else; what it says about a batch, the rollup believes.
abstract contract Demands {
    struct Terms {
        uint64 answerSeconds; // to answer a demand, and as much again to prove what the answer shows: both
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
    uint8 internal constant SETTLED = 3;

    error BadTerms(string field);
    error WrongDeposit(uint256 deposit);
    error WrongSegment(uint32 segment);
    /// Demands come within the window.
    error WindowOver(uint64 number);
    error AlreadyDemanded();
    /// Nothing was demanded, or it is answered, overdue or settled already.
    error NotDemanded();
    error AnswerTooLate(uint64 until);
    error AnswerNotDue(uint64 until);
    /// The batch still stands.
    error Stands(uint64 number);
    error NotPaid(address to);

    event Demanded(bytes32 indexed hash, uint32 indexed segment, address indexed who, bytes question, uint64 until);
    event Answered(bytes32 indexed hash, uint32 indexed segment, address indexed who, bytes answer);
    event Defaulted(bytes32 indexed hash, uint32 indexed segment, address indexed who);
    event Collected(address indexed who, uint256 amount);

    address public immutable rollup;
    uint256 public immutable answerSeconds;
    uint256 public immutable answerBlocks;
    uint256 public immutable deposit;

    mapping(bytes32 id => Demand) internal _demands;
    mapping(bytes32 hash => Asked) internal _asked;

    /// Wei that the contract owes, to be collected.
    mapping(address who => uint256) public claimable;

    /// @param windowSeconds and `windowBlocks`: the rollup's window
    constructor(address rollup_, Terms memory terms, uint64 windowSeconds, uint64 windowBlocks) {
        if (terms.answerSeconds == 0 || 2 * uint256(terms.answerSeconds) > windowSeconds) revert BadTerms("answerSeconds");
        if (terms.answerBlocks == 0 || 2 * uint256(terms.answerBlocks) > windowBlocks) revert BadTerms("answerBlocks");
        if (terms.deposit == 0) revert BadTerms("deposit");
        rollup = rollup_;
        answerSeconds = terms.answerSeconds;
        answerBlocks = terms.answerBlocks;
        deposit = terms.deposit;
    }

    /// The input of a segment that nobody showed: the mode's form of the byte 00.
    function voidInput() external pure virtual returns (bytes32);

    /// The input behind what a proof shows, and its records as the transition has them.
    function reveal(bytes calldata shown) external pure virtual returns (bytes32 input, bytes memory records);

    /// What a demand is kept under.
    function _id(bytes32 hash, uint32 segment, address who) internal pure virtual returns (bytes32);

    /// Until when, second and block, a batch must not become final because of demands.
    function openUntil(bytes32 hash) external view returns (uint256 until, uint256 untilBlock) {
        Asked memory asked = _asked[hash];
        return (asked.open != 0 ? type(uint256).max : asked.until, asked.untilBlock);
    }

    /// How a demand stands: 0 there is none, 1 open, 2 answered, 3 settled.
    function demandOf(bytes32 hash, uint32 segment, address who)
        external
        view
        returns (uint8 state, uint64 until, uint64 untilBlock)
    {
        Demand memory found = _demands[_id(hash, segment, who)];
        return (found.state, found.until, found.untilBlock);
    }

    /// An answer is overdue: the batch falls, the demander has its deposit back and the reward. For anybody to call.
    function overdue(IRollup.Header calldata header, uint32 segment, address who) external {
        // slither-disable-next-line unused-return (the other values are the window's)
        (bytes32 hash,,) = IWithheld(rollup).opened(header);
        Demand memory found = _demands[_id(hash, segment, who)];
        if (found.state != OPEN) revert NotDemanded();
        if (_inTime(found)) revert AnswerNotDue(found.until);
        claimable[found.who] += deposit;
        _default(header, hash, segment, found.who);
    }

    /// The deposit of an open demand whose batch fell otherwise goes back.
    function reclaim(IRollup.Header calldata header, uint32 segment, address who) external {
        // slither-disable-next-line unused-return (only how many batches stand)
        (uint64 batches,,,) = IRollup(rollup).tip();
        bytes32 hash = Batches.hash(header);
        if (header.number <= batches && IRollup(rollup).batch(header.number) == hash) revert Stands(header.number);
        bytes32 id = _id(hash, segment, who);
        Demand memory found = _demands[id];
        if (found.state != OPEN) revert NotDemanded();
        _demands[id].state = SETTLED;
        claimable[found.who] += deposit;
    }

    /// Pays what the contract owes the sender.
    function collect() external {
        uint256 amount = claimable[msg.sender];
        claimable[msg.sender] = 0;
        emit Collected(msg.sender, amount);
        // slither-disable-next-line low-level-calls (a pull payment, booked before)
        (bool sent,) = msg.sender.call{value: amount}("");
        if (!sent) revert NotPaid(msg.sender);
    }

    function _ask(IRollup.Header calldata header, uint32 segment, bytes memory question) internal returns (bytes32 id) {
        (bytes32 hash, uint256 end, uint256 endBlock) = IWithheld(rollup).opened(header);
        if (segment >= header.segments) revert WrongSegment(segment);
        if (msg.value != deposit) revert WrongDeposit(deposit);
        if (block.timestamp > end && block.number > endBlock) revert WindowOver(header.number);
        id = _id(hash, segment, msg.sender);
        if (_demands[id].state != 0) revert AlreadyDemanded();
        uint40 until = uint40(block.timestamp + answerSeconds);
        uint40 untilBlock = uint40(block.number + answerBlocks);
        _demands[id] = Demand(msg.sender, until, untilBlock, OPEN);
        uint32 open = _asked[hash].open + 1;
        _asked[hash] = Asked(uint40(until + answerSeconds), uint40(untilBlock + answerBlocks), open);
        emit Demanded(hash, segment, msg.sender, question, until);
    }

    /// Takes an answer that came in time and pays it.
    function _answered(IRollup.Header calldata header, uint32 segment, address who, bytes memory answer_)
        internal
        returns (bytes32 id)
    {
        // slither-disable-next-line unused-return (the other values are the window's)
        (bytes32 hash,,) = IWithheld(rollup).opened(header);
        id = _id(hash, segment, who);
        Demand memory found = _demands[id];
        if (found.state != OPEN) revert NotDemanded();
        if (!_inTime(found)) revert AnswerTooLate(found.until);
        _demands[id].state = ANSWERED;
        --_asked[hash].open;
        claimable[msg.sender] += deposit;
        emit Answered(hash, segment, found.who, answer_);
    }

    function _default(IRollup.Header calldata header, bytes32 hash, uint32 segment, address who) internal {
        _demands[_id(hash, segment, who)].state = SETTLED;
        emit Defaulted(hash, segment, who);
        IWithheld(rollup).forfeit(header, segment, who);
    }

    /// A leaf of the batch: the segment's input between the roots before and after it.
    function _checkSegment(
        IRollup.Header calldata header,
        uint32 segment,
        bytes32 pre,
        bytes32 input,
        bytes32 post,
        bytes32[] calldata path
    ) internal pure {
        if (
            segment >= header.segments
                || Merkle.follow(Batches.leaf(pre, input, post), segment, header.segments, path) != header.dataRoot
        ) revert WrongSegment(segment);
    }

    function _pair(bytes32 part, bytes32 other) internal pure returns (bytes32) {
        return Merkle.pair(part, other);
    }

    /// An answer is due until both its seconds and its blocks are over.
    function _inTime(Demand memory found) private view returns (bool) {
        return block.timestamp <= found.until || block.number <= found.untilBlock;
    }
}
