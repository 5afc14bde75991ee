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
/// put the proof in without any, gains nothing. Promises of batches that fell get their bond back; all others lose it.
///
/// A promise does not say which batch it is about. One made inside a batch's window keeps the batch from becoming final
/// until it expires, at most `revealSeconds` (no longer than a window) after the window's end, however many there are:
/// promises that come later add nothing. A wrong proof reverts and delays nothing.
abstract contract Disputes is Operators {
    error AlreadyPromised();
    error NotPromised();
    error NotProven(bytes32 hash);
    error Claimable(uint64 until);

    /// In one slot.
    struct Promise {
        uint40 sequence; // among all promises, from 1
        uint40 time;
        bool spent;
    }

    /// In one slot.
    struct Verdict {
        address challenger; // who gets the reward as things stand
        uint40 until; // older promises are heard so long; PAID: there is no reward or it is paid
        uint40 sequence; // promises older than this one are
        uint16 segment;
    }

    uint40 private constant PAID = 1;

    mapping(bytes32 promise_ => Promise) internal _promises;
    mapping(bytes32 hash => Verdict) internal _verdicts;

    /// Wei that nobody will ever get.
    uint256 public burnt;

    function commit(bytes32 promise_) external payable {
        if (msg.value != _commitBond) revert WrongBond(_commitBond);
        if (_promises[promise_].time != 0) revert AlreadyPromised();
        Clock memory clock = _clock;
        clock.lastCommit = _now();
        ++clock.commits;
        _clock = clock;
        _promises[promise_] = Promise(clock.commits, _now(), false);
        emit Committed(promise_, clock.commits);
    }

    function claim(bytes32 hash, uint32 segment, bytes32 salt) external {
        Verdict memory verdict = _verdicts[hash];
        if (verdict.until == 0) revert NotProven(hash);
        Promise memory promise_ = _redeem(hash, segment, salt);
        if (promise_.time == 0) revert NotPromised();

        bool heard = verdict.until != PAID && block.timestamp <= verdict.until;
        // It had not expired at the proof, and was there before the proof's block.
        uint256 provenAt = verdict.until - (heard ? _revealSeconds : 0);
        bool alive = promise_.time < provenAt && promise_.time + _revealSeconds >= provenAt;
        if (heard && alive && segment == verdict.segment && promise_.sequence < verdict.sequence) {
            verdict.challenger = msg.sender;
            verdict.sequence = promise_.sequence;
            _verdicts[hash] = verdict;
            emit Claimed(hash, msg.sender, _reward());
        }
    }

    function reward(bytes32 hash) external {
        Verdict memory verdict = _verdicts[hash];
        if (verdict.until <= PAID) revert NotProven(hash);
        if (block.timestamp <= verdict.until) revert Claimable(verdict.until);
        verdict.until = PAID;
        _verdicts[hash] = verdict;
        if (verdict.challenger == address(0)) burnt += _reward();
        else claimable[verdict.challenger] += _reward();
        emit Rewarded(hash, verdict.challenger, _reward());
    }

    /// Voids a batch and all after it: the tip moves to its parent, whatever their number.
    function _void(Header calldata header, bytes32 hash, uint32 segment, bytes32 salt) internal {
        Tip memory t = _tip;
        t.batches = uint40(header.number - 1);
        uint256 amount = _slash(header.operator, t);
        _tip = t;

        Promise memory promise_ = _redeem(hash, segment, salt);
        bool good = promise_.time != 0 && promise_.time < block.timestamp
            && promise_.time + _revealSeconds >= block.timestamp;
        uint256 paid = amount == 0 ? 0 : _reward();
        burnt += amount - paid;
        _verdicts[hash] = Verdict({
            challenger: good ? msg.sender : address(0),
            until: paid == 0 ? PAID : uint40(block.timestamp + _revealSeconds),
            sequence: good ? promise_.sequence : _clock.commits + 1,
            segment: uint16(segment)
        });
        emit Slashed(header.operator, amount, amount - paid);
        emit Turn(_order[t.turn]);
        emit Proven(header.number, hash, segment, good ? msg.sender : address(0), good ? paid : 0);
    }

    /// Whether promises keep a batch from becoming final whose window ended at `end`.
    function _promised(uint256 postedAt, uint256 end, Clock memory clock) internal view returns (bool) {
        uint256 last = clock.lastCommit;
        if (last < postedAt) return false;
        return block.timestamp <= (last < end ? last : end) + _revealSeconds;
    }

    /// Spends the sender's promise and credits its bond; time 0 if there is none.
    function _redeem(bytes32 hash, uint32 segment, bytes32 salt) private returns (Promise memory found) {
        bytes32 promise_ = keccak256(abi.encode(msg.sender, hash, segment, salt));
        found = _promises[promise_];
        if (found.spent) found.time = 0;
        if (found.time == 0) return found;
        _promises[promise_].spent = true;
        claimable[msg.sender] += _commitBond;
    }

    function _reward() private view returns (uint256) {
        return _bond * 2 / 5;
    }
}
