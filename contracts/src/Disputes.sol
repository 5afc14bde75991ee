// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Operators} from "./Operators.sol";

/// What a proven lie costs and who is paid for it.
///
/// A proven fraud takes the operator's whole bond: three fifths are burnt, two fifths are the reward, so that nobody
/// gains by proving their own lie. Burnt coin stays in the contract, where nothing can move it.
///
/// A proof in the pool of pending transactions can be copied, so the reward needs a promise: a hash that binds
/// challenger, batch and segment, paid for with a small bond and older than the block of the proof. It is good for
/// `revealSeconds`. A proof without one counts just the same and earns nothing. For another `revealSeconds` after the
/// proof an older promise of the same proof takes the reward over, so that a copier whose promise came later, or who
/// put the proof in without any, gains nothing. The liar itself may hold the oldest promise, of course: that is why most
/// of the bond is burnt. Promises of batches that fell get their bond back; all others lose it.
///
/// A promise does not say which batch it is about. One made inside a batch's window keeps the batch from becoming final
/// until it expires, at most `revealSeconds` (no longer than a window) after the window's end, however many there are:
/// promises that come later add nothing. A wrong proof reverts and delays nothing.
abstract contract Disputes is Operators {
    error AlreadyPromised();
    error NotPromised();
    error NotProven(bytes32 hash);
    /// Older promises are still heard.
    error StillClaimable(uint64 until);

    /// In one slot.
    struct Promise {
        uint40 sequence; // among all promises, from 1
        uint40 time;
        bool spent;
    }

    /// In one slot.
    struct Verdict {
        address challenger; // who gets the reward as things stand
        uint40 until; // older promises are heard so long; PAID: there is no reward, or it is paid
        uint40 sequence; // promises older than this one are
        uint16 segment;
    }

    uint40 private constant PAID = 1;

    mapping(bytes32 promise_ => Promise) internal _promises;
    mapping(bytes32 hash => Verdict) internal _verdicts;

    /// Wei that nobody will ever get.
    uint256 public burnt;

    function commit(bytes32 promise_) external payable {
        if (_promises[promise_].time != 0) revert AlreadyPromised();
        Clock memory clock = _clock;
        clock.lastCommit = _now();
        ++clock.commits;
        _clock = clock;
        _promises[promise_] = Promise(clock.commits, _now(), false);
        emit Committed(promise_, clock.commits);
        if (!_take(_commitBond)) revert WrongBond(_commitBond);
    }

    function claim(bytes32 hash, uint32 segment, bytes32 salt) external {
        Verdict memory verdict = _verdicts[hash];
        if (verdict.until == 0) revert NotProven(hash);
        (bytes32 promise_, Promise memory made) = _promiseOf(hash, segment, salt);
        if (made.time == 0 || made.spent) revert NotPromised();
        _promises[promise_].spent = true;

        // An end that has passed covers PAID.
        if (
            block.timestamp <= verdict.until && segment == verdict.segment && made.sequence < verdict.sequence
                && _good(made, verdict.until - _revealSeconds)
        ) {
            // The bond of whoever stands as the challenger goes with the reward; the one before gets theirs back.
            if (verdict.challenger != address(0)) claimable[verdict.challenger] += _commitBond;
            verdict.challenger = msg.sender;
            verdict.sequence = made.sequence;
            _verdicts[hash] = verdict;
            emit Claimed(hash, msg.sender, _reward());
        } else {
            claimable[msg.sender] += _commitBond;
        }
    }

    function reward(bytes32 hash) external {
        Verdict memory verdict = _verdicts[hash];
        if (verdict.until <= PAID) revert NotProven(hash);
        if (block.timestamp <= verdict.until) revert StillClaimable(verdict.until);
        verdict.until = PAID;
        _verdicts[hash] = verdict;
        uint256 paid;
        if (verdict.challenger != address(0)) {
            paid = _reward();
            claimable[verdict.challenger] += paid + _commitBond;
        }
        burnt += _bond - paid;
        emit Rewarded(hash, verdict.challenger, paid);
    }

    /// Voids a batch and all after it: the tip moves to its parent, whatever their number.
    function _void(Header calldata header, bytes32 hash, uint32 segment, bytes32 salt) internal {
        uint256 amount = _topple(header);

        // Where the bond is gone already there is no reward either; a promise gets its bond back by `claim`.
        Verdict memory verdict = Verdict(address(0), PAID, 0, uint16(segment));
        uint256 earned;
        if (amount != 0) {
            verdict.until = uint40(block.timestamp + _revealSeconds);
            verdict.sequence = _clock.commits + 1;
            (bytes32 promise_, Promise memory made) = _promiseOf(hash, segment, salt);
            if (made.time != 0 && _good(made, block.timestamp)) {
                _promises[promise_].spent = true;
                verdict.challenger = msg.sender;
                verdict.sequence = made.sequence;
                earned = _reward();
            }
        }
        _verdicts[hash] = verdict;
        emit Slashed(header.operator, amount);
        emit Turn(_order[_tip.turn]);
        emit Proven(header.number, hash, segment, msg.sender, earned);
    }

    /// The same where data was not shown to whoever asked for it: there is nothing to copy, so they have the reward at
    /// once.
    function _forfeit(Header calldata header, bytes32 hash, uint32 segment, address who) internal {
        uint256 amount = _topple(header);
        uint256 earned = amount == 0 ? 0 : _reward();
        _verdicts[hash] = Verdict(address(0), PAID, 0, uint16(segment));
        claimable[who] += earned;
        burnt += amount - earned;
        emit Slashed(header.operator, amount);
        emit Turn(_order[_tip.turn]);
        emit Proven(header.number, hash, segment, who, earned);
    }

    /// Moves the tip to a batch's parent and takes its operator's bond.
    function _topple(Header calldata header) private returns (uint256 amount) {
        Tip memory t = _tip;
        t.batches = uint40(header.number - 1);
        amount = _slash(header.operator, t);
        _tip = t;
    }

    /// Whether promises keep a batch from becoming final whose window ended at `end`.
    function _promised(uint256 postedAt, uint256 end, Clock memory clock) internal view returns (bool) {
        uint256 last = clock.lastCommit;
        if (last < postedAt) return false;
        return block.timestamp <= (last < end ? last : end) + _revealSeconds;
    }

    /// Whether a promise was there before the block of a proof at this time, and had not expired.
    function _good(Promise memory made, uint256 provenAt) private view returns (bool) {
        return made.time < provenAt && made.time + _revealSeconds >= provenAt;
    }

    /// The sender's promise of this proof; time 0 if there is none.
    function _promiseOf(bytes32 hash, uint32 segment, bytes32 salt)
        private
        view
        returns (bytes32 promise_, Promise memory made)
    {
        promise_ = keccak256(abi.encode(msg.sender, hash, segment, salt));
        made = _promises[promise_];
    }

    function _reward() private view returns (uint256) {
        return _bond * 2 / 5;
    }
}
