// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Core} from "./Core.sol";

/// Who may post. Operators stand in an order that never changes; whoever is on turn posts until it is silent for
/// `silence` seconds, then it is the next one's turn, after another `silence` the turn of the one after it, and so on
/// in a ring. A proven fraud passes the turn on at once. Operators without a bond, and those that leave, are skipped.
///
/// An operator that lost its bond may pay another: each lie costs one.
abstract contract Operators is Core {
    error NotOperator(address who);
    error NotYourTurn(address turn);
    error WrongBond(uint256 bond);
    error AlreadyBonded();
    error NotBonded();
    /// Passed on by another contract, or sent by an account with code.
    error NotDirect();
    /// Something it posted may still be challenged.
    error StillLiable(uint64 number);

    /// In one slot.
    struct Operator {
        uint128 bond; // wei
        uint64 leaving; // 0, or one more than the number of the input that must be final first
        uint16 place; // in the order of succession, from 1
    }

    /// The most operators, so that finding the one on turn is bounded.
    uint256 private constant MOST = 32;

    address[] internal _order;
    mapping(address who => Operator) internal _operators;

    constructor(address[] memory order) {
        if (order.length == 0 || order.length > MOST) revert BadConfig("operators");
        for (uint256 i; i < order.length; ++i) {
            if (order[i] == address(0) || _operators[order[i]].place != 0) revert BadConfig("operators");
            _operators[order[i]].place = uint16(i + 1);
        }
        _order = order;
    }

    function bond() external payable {
        Operator memory operator = _operators[msg.sender];
        if (operator.place == 0) revert NotOperator(msg.sender);
        if (operator.bond != 0) revert AlreadyBonded();
        operator.bond = uint128(_bond);
        _operators[msg.sender] = operator;
        emit Bonded(msg.sender, _bond);
        if (!_take(_bond)) revert WrongBond(_bond);
    }

    function unbond() external {
        Operator memory operator = _operators[msg.sender];
        if (operator.bond == 0) revert NotBonded();
        Tip memory t = _tip;
        if (operator.leaving == 0) {
            operator.leaving = uint64(t.inputs) + 1;
            emit Leaving(msg.sender, t.inputs);
        } else {
            // After the end nothing can be challenged any more.
            if (!t.frozen && t.finalised + 1 < operator.leaving) revert StillLiable(operator.leaving - 1);
            claimable[msg.sender] += operator.bond;
            emit Unbonded(msg.sender, operator.bond);
            operator.bond = 0;
            operator.leaving = 0;
        }
        _operators[msg.sender] = operator;
    }

    function turn() external view returns (address who) {
        (, who) = _onTurn(_tip, _clock);
    }

    function bondOf(address operator) external view returns (uint256) {
        return _operators[operator].bond;
    }

    function operators() external view returns (address[] memory) {
        return _order;
    }

    /// Checks that it is the sender's turn, and starts the clock of its silence.
    ///
    /// What is posted must be the data of a transaction, where everybody finds it: what a contract passes on, or an
    /// account's delegated code (EIP-7702), is computed on the way, and nobody could check what cannot be read.
    function _takeTurn(Tip memory t, Clock memory clock) internal {
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert NotDirect();
        (uint256 place, address who) = _onTurn(t, clock);
        if (who != msg.sender) revert NotYourTurn(who);
        if (place != t.turn) {
            t.turn = uint16(place);
            emit Turn(who);
        }
        t.turnSince = _now();
    }

    /// Takes a whole bond and passes the turn on.
    function _slash(address who, Tip memory t) internal returns (uint256 amount) {
        Operator memory operator = _operators[who];
        amount = operator.bond;
        operator.bond = 0;
        operator.leaving = 0;
        _operators[who] = operator;
        // Whoever took over meanwhile keeps its turn; in any case the silence of the next counts from now.
        // slither-disable-next-line weak-prng (the next place of a ring, nothing is drawn)
        if (t.turn + 1 == operator.place) t.turn = uint16(operator.place % _order.length);
        t.turnSince = _now();
    }

    /// Place and address of the operator on turn; address 0 if none has a bond.
    function _onTurn(Tip memory t, Clock memory clock) internal view returns (uint256 place, address who) {
        uint256 turns = _running(t.turnSince, clock) / _silence;
        uint256 count = _order.length;
        place = t.turn;
        who = _order[place];
        bool ready = _ready(who);
        if (ready && turns == 0) return (place, who);

        // How many are ready decides how far so many turns lead around the ring.
        uint256 bonded;
        for (uint256 i; i < count; ++i) {
            if (_ready(_order[i])) ++bonded;
        }
        if (bonded == 0) return (place, address(0));
        // slither-disable-next-line weak-prng (a ring)
        turns %= bonded;
        while (true) {
            if (ready) {
                if (turns == 0) return (place, who);
                --turns;
            }
            // slither-disable-next-line weak-prng (a ring)
            place = (place + 1) % count;
            who = _order[place];
            ready = _ready(who);
        }
    }

    function _ready(address who) private view returns (bool) {
        Operator memory operator = _operators[who];
        return operator.bond != 0 && operator.leaving == 0;
    }
}
