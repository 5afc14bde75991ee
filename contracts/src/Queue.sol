// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Core} from "./Core.sol";

/// What members put before every operator: deposits, and records that an operator would leave out.
///
/// The queue is a chain of hashes. If the first item that a batch leaves waits longer than `forcedDelay`, posting
/// reverts, unless the batch consumed as many as one batch must. The operator shows that item; an item that cannot be
/// so old need not be shown, so that nobody stops a batch on its way, for up to a quarter of the delay, by putting
/// items before it. Nothing closes the queue but the end of everything.
abstract contract Queue is Core {
    /// Money that is not a whole number of n€, or none.
    error NotWhole(uint256 value);
    /// More than a state can hold.
    error TooMuch(uint256 amount);
    error RecordLength(uint256 length);
    error WrongFee(uint256 fee);
    /// The queue's hash is not the one that the operator saw.
    error QueueChanged(uint64 item);
    error WrongItem(uint64 item);
    /// This item had to be consumed.
    error Overdue(uint64 item);
    error QueueRange(uint64 item);

    /// A batch that consumes so many items may leave overdue ones for the next.
    uint256 internal constant ITEMS = 256;

    /// The longest record that can be forced, in bytes.
    uint256 internal constant LONGEST_RECORD = 256;

    /// The most money that the transition accepts, n€: more would be consumed and credited to nobody.
    uint256 internal constant MOST_MONEY = 1e22;

    uint8 internal constant DEPOSIT = 0;
    uint8 internal constant FORCED = 1;

    /// In one slot, since a deposit changes both.
    struct Holdings {
        uint32 length; // items ever put into the queue
        uint96 held; // n€ of members: what was deposited less what was paid out
        uint32 mark; // items from this one on
        uint32 markedAt; // came at this time or later
        uint32 lastMark; // the mark before, likewise
        uint32 lastMarkedAt;
    }

    Holdings internal _holdings;

    /// The queue's hash before an item.
    mapping(uint64 item => bytes32) public queueHash;

    /// Who forced a record whose fee nobody has yet.
    mapping(uint64 item => address) internal _forcedBy;

    /// Nothing is older than the contract. With this the first deposit finds its slot written and costs what others do.
    constructor() {
        _holdings.markedAt = uint32(block.timestamp);
    }

    function deposit(uint32 account) external payable virtual {
        _deposit(account, msg.value);
    }

    /// Books a deposit.
    function _deposit(uint32 account, uint256 value) internal {
        uint256 amount = _amountOf(value);
        if (amount == 0 || _valueOf(amount) != value) revert NotWhole(value);
        if (amount > MOST_MONEY) revert TooMuch(amount);
        Holdings memory holdings = _holdings;
        holdings.held += uint96(amount);
        uint64 item = _enqueue(holdings, abi.encodePacked(DEPOSIT, _now(), account, uint128(amount), msg.sender));
        emit Deposited(item, account, uint128(amount), msg.sender, _now());
    }

    function force(bytes calldata record) external payable {
        if (record.length == 0 || record.length > LONGEST_RECORD) revert RecordLength(record.length);
        uint64 item = _enqueue(_holdings, abi.encodePacked(FORCED, _now(), uint16(record.length), record));
        _forcedBy[item] = msg.sender;
        emit Forced(item, record, msg.sender, _now());
        if (!_take(_forcedFee)) revert WrongFee(_forcedFee);
    }

    function queue() external view returns (uint64 length, bytes32 hash) {
        length = _holdings.length;
        return (length, queueHash[length]);
    }

    /// Members' money, n€: deposits less withdrawals, exits and refunds.
    function held() external view returns (uint128) {
        return _holdings.held;
    }

    function _enqueue(Holdings memory holdings, bytes memory item) private returns (uint64 number) {
        if (_tip.frozen) revert IsFrozen();
        number = holdings.length++;
        // Items that came while a batch was on its way, for up to a quarter of the delay, are behind one of two marks
        // that are younger than the delay: the next mark after one in force comes a quarter later.
        if (block.timestamp > holdings.markedAt + _forcedDelay / 4) {
            (holdings.lastMark, holdings.lastMarkedAt) = (holdings.mark, holdings.markedAt);
            (holdings.mark, holdings.markedAt) = (uint32(number), uint32(block.timestamp));
        }
        queueHash[number + 1] = keccak256(abi.encodePacked(queueHash[number], item));
        _holdings = holdings;
    }

    /// Whether a batch may stop before item `to`.
    /// @param from where it began
    /// @param next item number `to`; needed where it may be overdue
    function _stopBefore(uint64 from, uint64 to, Holdings memory holdings, bytes calldata next) internal view {
        if (to == holdings.length || to - from >= ITEMS) return;
        if (to >= holdings.mark && block.timestamp <= holdings.markedAt + _forcedDelay) return;
        if (to >= holdings.lastMark && block.timestamp <= holdings.lastMarkedAt + _forcedDelay) return;
        _checkItem(to, next);
        if (block.timestamp > _timeOf(next) + _forcedDelay) revert Overdue(to);
    }

    function _checkItem(uint64 item, bytes calldata preimage) internal view {
        if (item >= _holdings.length) revert QueueRange(item);
        if (keccak256(abi.encodePacked(queueHash[item], preimage)) != queueHash[item + 1]) revert WrongItem(item);
    }

    /// kind u8 ‖ time u40
    function _timeOf(bytes calldata preimage) private pure returns (uint256) {
        return uint40(bytes5(preimage[1:6]));
    }

    /// Takes n€ from the members' money.
    function _takeOut(uint256 amount) internal {
        _holdings.held -= uint96(amount);
    }
}
