// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Merkle} from "./Merkle.sol";
import {Queue} from "./Queue.sol";

/// How members get their money without anybody's leave.
///
/// A withdrawal is a leaf of the state and stays there; it is paid once against any final root that holds it, before
/// and after the end. The end comes when no operator posted for `exitDelay` seconds (a pause not counted) and all that
/// stands is final. Then every account is paid its balance at the last final root, holds included: orders that were
/// open there and intervals that were not settled are void, nobody owes for them. Batches that fell or never became
/// final do not count. Accounts that no address owns are not paid. Queue items that this root did not consume go back to their senders.
abstract contract Exits is Queue {
    error NotInState();
    error AlreadyPaid();
    error NothingToPay();
    error NotSilent();
    /// The newest batch is not final yet, or this is not its header.
    error NotFinal(uint64 number);
    error AlreadyConsumed(uint64 item);

    uint32 private constant ACCOUNTS = 1 << 28;
    uint32 private constant WITHDRAWALS = 6 << 28;
    uint32 private constant MOST_ACCOUNTS = 1 << 20;
    uint32 private constant MOST_WITHDRAWALS = 1 << 28;

    /// Bits of what is paid, 256 a word.
    mapping(uint256 word => uint256) private _withdrawn;
    mapping(uint256 word => uint256) private _exited;
    mapping(uint256 word => uint256) private _refunded;

    function withdraw(uint32 withdrawal, address to, uint128 amount, Head calldata head, bytes calldata proof)
        external
    {
        if (withdrawal >= MOST_WITHDRAWALS || amount > type(uint96).max) revert NotInState();
        if (amount == 0) revert NothingToPay();
        bytes32 leaf = keccak256(abi.encodePacked(to, uint96(amount)));
        _checkLeaf(leaf, WITHDRAWALS | withdrawal, head, finalRoot, proof);
        _once(_withdrawn, withdrawal);
        _takeOut(amount);
        uint256 value = _valueOf(amount);
        emit Withdrawn(withdrawal, to, value);
        _send(to, value);
    }

    /// Whether a withdrawal is paid.
    function withdrawn(uint32 withdrawal) external view returns (bool) {
        return _withdrawn[withdrawal >> 8] >> (withdrawal & 255) & 1 == 1;
    }

    function freeze(Header calldata newest) external {
        Tip memory t = _tip;
        if (t.frozen) revert IsFrozen();
        bytes32 hash = keccak256(abi.encode(newest));
        if (newest.number != t.batches || hash != batch[newest.number] || t.finalised != t.batches) {
            revert NotFinal(t.batches);
        }
        // What was posted and fell was no sign of life.
        if (_running(newest.postedAt, _clock) <= _exitDelay) revert NotSilent();
        t.frozen = true;
        _tip = t;
        emit Frozen(finalRoot);
    }

    function exit(uint32 account, bytes32[3] calldata words, Head calldata head, bytes calldata proof) external {
        if (!_tip.frozen) revert NotFrozen();
        if (account >= MOST_ACCOUNTS) revert NotInState();
        _checkLeaf(keccak256(abi.encodePacked(words)), ACCOUNTS | account, head, finalRoot, proof);
        // address u160, nonce u64 · balance i128, holds i128 · debt i128
        address to = address(bytes20(words[0]));
        int128 balance = int128(uint128(bytes16(words[1])));
        if (balance <= 0 || to == address(0)) revert NothingToPay();
        _once(_exited, account);
        uint256 amount = uint128(balance);
        _takeOut(amount);
        uint256 value = _valueOf(amount);
        emit Exited(account, to, value);
        _send(to, value);
    }

    function refund(uint64 item, bytes calldata preimage, Head calldata head) external {
        if (!_tip.frozen) revert NotFrozen();
        _checkHead(head, finalRoot);
        (uint64 consumed,) = _cursor(head);
        if (item < consumed) revert AlreadyConsumed(item);
        _checkItem(item, preimage);
        _once(_refunded, item);
        address to;
        uint256 value;
        if (uint8(preimage[0]) == DEPOSIT) {
            // kind u8, time u40, account u32, amount u128, sender u160
            uint256 amount = uint128(bytes16(preimage[10:26]));
            to = address(bytes20(preimage[26:46]));
            _takeOut(amount);
            value = _valueOf(amount);
        } else {
            to = _forcedBy[item];
            // An operator of a later batch that did become final at a root with work half done has it already.
            if (to == address(0)) revert AlreadyPaid();
            _forcedBy[item] = address(0);
            value = _forcedFee;
        }
        emit Refunded(item, to, value);
        _send(to, value);
    }

    /// Items of the queue consumed, and whether no work is half done, from a head's first word:
    /// time u40, accounts u32, meters u32, withdrawals u32, queue u64, work u16.
    function _cursor(Head calldata head) internal pure returns (uint64 consumed, bool idle) {
        uint256 word = uint256(head.words[0]);
        return (uint64(word >> 56), uint16(word >> 40) == 0);
    }

    function _checkHead(Head calldata head, bytes32 root) internal pure {
        if (Merkle.pair(keccak256(abi.encodePacked(head.words)), head.tree) != root) revert NotInState();
    }

    function _checkLeaf(bytes32 leaf, uint32 place, Head calldata head, bytes32 root, bytes calldata proof)
        internal
        pure
    {
        _checkHead(head, root);
        if (Merkle.climb(leaf, place, proof) != head.tree) revert NotInState();
    }

    function _accountPlace(uint32 account) internal pure returns (uint32) {
        return ACCOUNTS | account;
    }

    function _once(mapping(uint256 word => uint256) storage bits, uint256 number) private {
        uint256 bit = 1 << (number & 255);
        uint256 word = bits[number >> 8];
        if (word & bit != 0) revert AlreadyPaid();
        bits[number >> 8] = word | bit;
    }
}
