// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Leaf} from "./Leaf.sol";
import {Money} from "./Money.sol";
import {Records} from "./Records.sol";
import {Account, Head, Market, Meter, Tariff, Withdrawal} from "./State.sol";
import {Typed} from "./Typed.sol";
import {Known, Witness} from "./Witness.sol";

/// Who is there, and money in and out. A record that does not hold returns before it has changed anything.
library Accounts {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    /// How many carriers there can be.
    uint256 private constant CARRIERS = 3;
    /// Most energy of a metering point in an interval, Wh.
    uint256 private constant MOST_ENERGY = 100_000_000_000;
    /// Parts of a whole that shares are counted in.
    uint256 private constant PPM = 1_000_000;

    /// Time goes on, never beyond that of the posting.
    function tick(Known memory known, uint256 record, uint256 postedAt) internal pure {
        uint256 time = record.field(1, 40);
        if (time < known.head.u40(Head.TIME)) return; // TimeRunsBackwards
        if (time > postedAt) return; // TooEarly
        known.head.put(Head.TIME, 40, time);
    }

    /// Opens an account.
    function open(Known memory known, uint256 record) internal pure {
        unchecked {
            uint256 accounts = known.head.u32(Head.ACCOUNTS);
            if (accounts >= Account.MOST) return; // TooMany
            uint256 account = Money.account(known, accounts);
            account.putWord(0, record.field(1, 160) << 96);
            account.putWord(32, 0);
            account.putWord(64, 0);
            known.head.put(Head.ACCOUNTS, 32, accounts + 1);
        }
    }

    /// Connects a metering point: one for each account and carrier.
    function connect(Known memory known, uint256 record) internal pure {
        unchecked {
            uint256 id = record.field(1, 32);
            uint256 meters = known.head.u32(Head.METERS);
            if (!isMember(known, id)) return; // UnknownAccount
            if (meters >= Meter.MOST) return; // TooMany
            uint256 carrier = record.field(5, 8);
            uint256 market = traded(known, carrier);
            if (market == 0) return; // NotTraded
            uint256 tariff = record.field(42, 16);
            if (known.leaf(Tariff.place(tariff)).u8(Tariff.KIND) == 0) return; // UnknownTariff
            uint256 share = record.field(44, 32);
            uint256 shares = market.u32(Market.SHARES) + share;
            uint256 capacities = record.field(26, 128);
            if (capacities >> 64 > MOST_ENERGY || uint64(capacities) > MOST_ENERGY || shares > PPM) return; // BadAmount
            uint256 owner = Money.account(known, id);
            uint256 carriers = owner.u8(Account.CARRIERS);
            if (carriers >> carrier & 1 == 1) return; // TooMany
            uint256 rank = market.u32(Market.METERS);
            uint256 meter = known.leaf(Meter.place(carrier, rank));
            owner.put8(Account.CARRIERS, carriers | 1 << carrier);
            meter.putWord(0, record.field(6, 160) << 96 | id << 64 | meters << 32 | tariff << 16);
            meter.putWord(32, capacities << 128 | share << 96);
            market.put(Market.METERS, 32, rank + 1);
            market.put(Market.SHARES, 32, shares);
            known.head.put(Head.METERS, 32, meters + 1);
        }
    }

    /// How a carrier is traded: its leaf; zero where it is not.
    function traded(Known memory known, uint256 carrier) internal pure returns (uint256 market) {
        if (carrier >= CARRIERS) return 0;
        market = known.leaf(Market.place(carrier));
        if (market.u8(Market.RULE) == Market.NONE) return 0;
    }

    /// What follows a record's fields, from byte `size` on: the nonce it uses (that it names, or else `last` + 1), whether
    /// that is larger than `last`, and where its signature is.
    function fresh(uint256 record, uint256 size, uint256 last)
        internal
        pure
        returns (uint256 nonce, bool right, uint256 signature)
    {
        unchecked {
            signature = record + size;
            if (record.field(0, 8) & Records.NONCE == 0) {
                nonce = uint64(last + 1);
            } else {
                nonce = record.field(size, 64);
                signature += 8;
            }
            right = nonce > last;
        }
    }

    /// Whether records have to be signed.
    function asked(Known memory known, bool forced) internal pure returns (bool) {
        return forced || known.head.u8(Head.SIGNATURES) != 0;
    }

    function isMember(Known memory known, uint256 id) private pure returns (bool) {
        return id >= Account.FIRST_MEMBER && id < known.head.u32(Head.ACCOUNTS);
    }

    /// Money leaves for the primary chain: a member's, or that of a party outside (supplier, grid operator, levies).
    function withdraw(Known memory known, uint256 record, bool forced) internal view {
        unchecked {
            uint256 id = record.field(1, 32);
            uint256 amount = record.field(5, 128);
            bool isFund = id == Account.WORLD || id == Account.COMMUNITY || id == Account.GUARANTOR;
            if (isFund || id >= known.head.u32(Head.ACCOUNTS)) return; // UnknownAccount
            uint256 owner = Money.account(known, id);
            (uint256 nonce, bool right, uint256 signature) = fresh(record, 21, owner.u64(Account.NONCE));
            if (asked(known, forced)) {
                uint256 words = Typed.begin(Typed.WITHDRAW);
                Typed.field(words, 1, id);
                Typed.field(words, 2, amount);
                Typed.field(words, 3, nonce);
                if (!Typed.signed(words, 4, known, signature, owner.u160(Account.ADDRESS))) return; // BadSignature
            }
            if (!right) return; // StaleNonce
            if (amount == 0 || amount > Money.MOST) return; // BadAmount
            if (Money.available(owner) < int256(amount)) return; // InsufficientFunds
            if (known.head.u32(Head.WITHDRAWALS) >= Withdrawal.MOST) return; // TooMany
            owner.put(Account.NONCE, 64, nonce);
            Money.change(owner, Account.BALANCE, -int256(amount));
            payOut(known, owner.u160(Account.ADDRESS), amount);
            known.head.put(Head.MONEY, 128, known.head.u128(Head.MONEY) - amount);
        }
    }

    /// The contract owes somebody money.
    function payOut(Known memory known, uint256 to, uint256 amount) private pure {
        unchecked {
            uint256 number = known.head.u32(Head.WITHDRAWALS);
            known.leaf(Withdrawal.place(number)).putWord(0, to << 96 | amount);
            known.head.put(Head.WITHDRAWALS, 32, number + 1);
        }
    }

    /// A member pays another member.
    function transfer(Known memory known, uint256 record, bool forced) internal view {
        unchecked {
            uint256 id = record.field(1, 32);
            uint256 to = record.field(5, 32);
            uint256 amount = record.field(9, 128);
            if (!isMember(known, id)) return; // UnknownAccount
            uint256 owner = Money.account(known, id);
            (uint256 nonce, bool right, uint256 signature) = fresh(record, 25, owner.u64(Account.NONCE));
            if (asked(known, forced)) {
                uint256 words = Typed.begin(Typed.TRANSFER);
                Typed.field(words, 1, id);
                Typed.field(words, 2, to);
                Typed.field(words, 3, amount);
                Typed.field(words, 4, nonce);
                if (!Typed.signed(words, 5, known, signature, owner.u160(Account.ADDRESS))) return; // BadSignature
            }
            if (!isMember(known, to)) return; // UnknownAccount
            if (!right) return; // StaleNonce
            if (amount == 0 || amount > Money.MOST) return; // BadAmount
            if (Money.available(owner) < int256(amount)) return; // InsufficientFunds
            if (id == to) return; // SelfTrade
            owner.put(Account.NONCE, 64, nonce);
            Money.change(owner, Account.BALANCE, -int256(amount));
            Money.receive_(known, to, int256(amount));
        }
    }

    /// Money has arrived; for an account that is not there, or beyond what there may be, it goes back.
    function deposit(Known memory known, uint256 to, uint256 amount, uint256 sender) internal pure {
        unchecked {
            if (amount == 0 || amount > Money.MOST) return; // BadAmount
            uint256 money = known.head.u128(Head.MONEY) + amount;
            if (to == Account.WORLD || to >= known.head.u32(Head.ACCOUNTS) || money > Money.MOST) {
                if (known.head.u32(Head.WITHDRAWALS) >= Withdrawal.MOST) return; // TooMany
                payOut(known, sender, amount);
                return;
            }
            known.head.put(Head.MONEY, 128, money);
            Money.receive_(known, to, int256(amount));
        }
    }
}
