// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Leaf} from "./Leaf.sol";
import {Account} from "./State.sol";
import {Known, Witness} from "./Witness.sol";

/// Money: every movement has two sides; only deposits and withdrawals change the sum in the head.
///
/// No sum of money exceeds `MOST`, so nothing here overflows in a state that the transition can reach; in any other the
/// result is wrong like the state, and no root is.
library Money {
    using Leaf for uint256;
    using Witness for Known;

    /// The most money there is, n€.
    uint256 internal constant MOST = 10_000_000_000_000 * 1_000_000_000;

    /// An account's leaf.
    function account(Known memory known, uint256 id) internal pure returns (uint256) {
        return known.leaf(Account.place(id));
    }

    /// What an account can still promise or pay, n€.
    function available(uint256 owner) internal pure returns (int256) {
        unchecked {
            return owner.i128(Account.BALANCE) - owner.i128(Account.HOLDS);
        }
    }

    /// Changes one of an account's amounts.
    function change(uint256 owner, uint256 field, int256 amount) internal pure {
        unchecked {
            owner.put(field, 128, uint256(owner.i128(field) + amount));
        }
    }

    /// Changes a balance.
    function add(Known memory known, uint256 id, int256 amount) internal pure {
        if (amount != 0) change(account(known, id), Account.BALANCE, amount);
    }

    /// Changes what is promised.
    function hold(Known memory known, uint256 id, int256 amount) internal pure {
        if (amount != 0) change(account(known, id), Account.HOLDS, amount);
    }

    /// An account receives money; what it owes the guarantor is paid back from what it has then.
    function receive_(Known memory known, uint256 id, int256 amount) internal pure {
        uint256 owner = account(known, id);
        change(owner, Account.BALANCE, amount);
        add(known, Account.GUARANTOR, repay(owner));
    }

    /// Takes what an account can pay back now from it: how much that is, n€.
    function repay(uint256 owner) internal pure returns (int256 amount) {
        unchecked {
            amount = owner.i128(Account.DEBT);
            int256 most = available(owner);
            if (most < amount) amount = most;
            if (amount <= 0) return 0;
            change(owner, Account.BALANCE, -amount);
            change(owner, Account.DEBT, -amount);
        }
    }
}
