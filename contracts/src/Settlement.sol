// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Deliveries} from "./Deliveries.sol";
import {Leaf} from "./Leaf.sol";
import {Money} from "./Money.sol";
import {Records} from "./Records.sol";
import {Account, Delivery, Head, Market, Meter, Position, Published, Tariff} from "./State.sol";
import {Known, Witness} from "./Witness.sol";

/// Settlement: trades and readings turn into transfers.
///
/// Twice over all metering points: first the bills are weighed, so that a guarantor who could not lend, or a supplier
/// who could not pay, refuses the whole settlement before anything is posted; then they are posted.
library Settlement {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    // What a settlement knows, in the delivery's words for work.
    uint256 private constant CURSOR = Delivery.WORK; // u32, the next rank
    uint256 private constant BEFORE = Delivery.WORK + 4; // u8, the stage to go back to where it is refused
    uint256 private constant EXHAUSTED = Delivery.WORK + 5; // u8, 1: the guarantor could not lend
    uint256 private constant GUARANTOR_LEFT = Delivery.WORK + 32; // i128, n€
    uint256 private constant SUPPLIER_LEFT = Delivery.WORK + 48; // i128, n€

    /// One metering point's account and bill: its member's money, and by how much the accounts from the beginning change,
    /// by number.
    struct Due {
        uint256 id; // 0: its tariff's price was not published
        int256 balance;
        int256 holds;
        int256 debt;
        int256 fund; // what the guarantor had before
        int256[6] flows;
        bool exhausted; // the guarantor could not lend
    }

    /// A settlement begins.
    function begin(Known memory known, uint256 record) internal pure {
        uint256 slot = record.field(1, 8);
        uint256 delivery = Deliveries.used(known, slot);
        if (delivery == 0) return; // ReadingMissing
        if (known.head.u40(Head.TIME) < Deliveries.end(known, delivery)) return; // TooEarly
        uint256 market = known.leaf(Market.place(delivery.u8(Delivery.CARRIER)));
        if (delivery.u32(Delivery.READINGS) < market.u32(Market.METERS)) return; // ReadingMissing
        uint256 before = Deliveries.takesOrders(market) ? Delivery.OPEN : Delivery.SHARED;
        if (delivery.u8(Delivery.STAGE) != before || delivery.u32(Delivery.LIVE) > 0) return; // NotCleared
        if (market.u16(Market.FIRST) != slot + 1) return; // OutOfOrder
        int256 guarantor = Money.available(Money.account(known, Account.GUARANTOR));
        int256 supplier = Money.account(known, Account.SUPPLIER).i128(Account.BALANCE);
        Deliveries.begin(known, slot, delivery, Delivery.WEIGH);
        delivery.put8(BEFORE, before);
        delivery.put(GUARANTOR_LEFT, 128, uint256(guarantor));
        delivery.put(SUPPLIER_LEFT, 128, uint256(supplier));
    }

    /// What the metering point of this rank owes and is owed, where its tariff's price is known, is posted between its
    /// member and the others in `due`.
    function bill(Known memory known, uint256 slot, uint256 delivery, uint256 rank, Due memory due) private pure {
        unchecked {
            uint256 meter = known.leaf(Meter.place(delivery.u8(Delivery.CARRIER), rank));
            uint256 tariff = known.leaf(Tariff.place(meter.u16(Meter.TARIFF)));
            uint256 prices = tariff; // import, then export, in both
            if (tariff.u8(Tariff.KIND) == 2) {
                prices = known.leaf(Published.place(slot, meter.u16(Meter.TARIFF)));
                if (prices.u64(Published.START) != delivery.u64(Delivery.START)) return; // PriceUnknown
            }
            uint256 position = known.leaf(Position.place(slot, rank));
            due.id = meter.u32(Meter.ACCOUNT);
            uint256 owner = Money.account(known, due.id);
            due.balance = owner.i128(Account.BALANCE);
            due.holds = owner.i128(Account.HOLDS) - int256(position.u64(Position.HOLD));
            due.debt = owner.i128(Account.DEBT);
            if (!due.exhausted) lines(due, position, prices, tariff);
        }
    }

    /// Posts all lines, what the member receives first.
    function lines(Due memory due, uint256 position, uint256 prices, uint256 tariff) private pure {
        unchecked {
            uint256 import_ = position.u64(Position.IMPORT);
            uint256 export_ = position.u64(Position.EXPORT);
            uint256 bought = position.u64(Position.BOUGHT);
            uint256 sold = position.u64(Position.SOLD);
            int256 price = prices.i32(Tariff.EXPORT);
            if (!post(due, false, Account.COMMUNITY, position.i64(Position.RECEIVED), sold)) return;
            uint256 energy = above(export_, sold); // fed in
            if (!post(due, false, Account.SUPPLIER, int256(energy) * price, energy)) return;
            energy = above(bought, import_); // long
            if (!post(due, false, Account.SUPPLIER, int256(energy) * price, energy)) return;
            if (!post(due, true, Account.COMMUNITY, position.i64(Position.PAID), bought)) return;
            price = prices.i32(Tariff.IMPORT);
            uint256 supplied = above(import_, bought);
            if (!post(due, true, Account.SUPPLIER, int256(supplied) * price, supplied)) return;
            energy = above(sold, export_); // short
            if (!post(due, true, Account.SUPPLIER, int256(energy) * price, energy)) return;
            int256 taken = int256(bought < import_ ? bought : import_);
            if (!post(due, true, Account.GRID_OPERATOR, taken * tariff.i32(Tariff.PEER_GRID_FEE), 0)) return;
            if (!post(due, true, Account.LEVIES, taken * tariff.i32(Tariff.PEER_LEVY), 0)) return;
            taken = int256(supplied + energy);
            if (!post(due, true, Account.GRID_OPERATOR, taken * tariff.i32(Tariff.GRID_FEE), 0)) return;
            post(due, true, Account.LEVIES, taken * tariff.i32(Tariff.LEVY), 0);
        }
    }

    /// By how much one energy exceeds another, Wh.
    function above(uint256 one, uint256 other) private pure returns (uint256) {
        unchecked {
            return one > other ? one - other : 0;
        }
    }

    /// Posts a line between the member and an account: what the member lacks is lent by the guarantor, what it receives
    /// pays its debt back. A line over no money is one only if energy moves. Whether the guarantor could lend.
    function post(Due memory due, bool pays, uint256 with, int256 money, uint256 energy) private pure returns (bool) {
        unchecked {
            if (money == 0 && energy == 0) return true;
            if (money < 0) {
                pays = !pays;
                money = -money;
            }
            if (pays) {
                int256 lacking = money - (due.balance - due.holds);
                if (lacking > 0) {
                    if (due.fund + due.flows[Account.GUARANTOR] < lacking) {
                        due.exhausted = true;
                        return false;
                    }
                    due.flows[Account.GUARANTOR] -= lacking;
                    due.balance += lacking;
                    due.debt += lacking;
                }
                due.balance -= money;
                due.flows[with] += money;
            } else {
                due.flows[with] -= money;
                due.balance += money;
                int256 amount = due.balance - due.holds;
                if (due.debt < amount) amount = due.debt;
                if (amount > 0) {
                    due.balance -= amount;
                    due.debt -= amount;
                    due.flows[Account.GUARANTOR] += amount;
                }
            }
            return true;
        }
    }

    /// Weighs the next bill; whether the settlement is refused.
    function weigh(Known memory known, uint256 slot, uint256 delivery) internal pure returns (bool refused) {
        unchecked {
            uint256 rank = delivery.u32(CURSOR);
            Due memory due;
            due.fund = delivery.i128(GUARANTOR_LEFT);
            due.exhausted = delivery.u8(EXHAUSTED) != 0;
            bill(known, slot, delivery, rank, due);
            if (due.id == 0) {
                Deliveries.rest(delivery, delivery.u8(BEFORE));
                return true;
            }
            delivery.put(CURSOR, 32, rank + 1);
            if (due.exhausted) delivery.put8(EXHAUSTED, 1);
            delivery.put(GUARANTOR_LEFT, 128, uint256(due.fund + due.flows[Account.GUARANTOR]));
            delivery.put(
                SUPPLIER_LEFT, 128, uint256(delivery.i128(SUPPLIER_LEFT) + due.flows[Account.SUPPLIER])
            );
        }
    }

    /// Posts the next bill; the position is done with.
    function settle(Known memory known, uint256 slot, uint256 delivery) internal pure {
        unchecked {
            uint256 rank = delivery.u32(CURSOR);
            delivery.put(CURSOR, 32, rank + 1);
            Due memory due;
            due.fund = Money.available(Money.account(known, Account.GUARANTOR));
            bill(known, slot, delivery, rank, due);
            // Its price is known and the guarantor can lend: it was weighed.
            if (due.id == 0) return;
            uint256 owner = Money.account(known, due.id);
            owner.put(Account.BALANCE, 128, uint256(due.balance));
            owner.put(Account.HOLDS, 128, uint256(due.holds));
            owner.put(Account.DEBT, 128, uint256(due.debt));
            for (uint256 id = 0; id < 6; ++id) Money.add(known, id, due.flows[id]);
            uint256 position = known.leaf(Position.place(slot, rank));
            for (uint256 word = 0; word < 128; word += 32) position.putWord(word, 0);
        }
    }

    /// Goes on from weighing to posting, and from there to the end of the delivery; whether the settlement is refused.
    function turn(Known memory known, uint256 delivery, uint256 market, uint256 stage)
        internal
        pure
        returns (bool refused)
    {
        if (delivery.u32(CURSOR) < market.u32(Market.METERS)) return false;
        if (stage == Delivery.SETTLE) {
            market.put(Market.SETTLED, 64, Deliveries.end(known, delivery));
            market.put(Market.FIRST, 16, delivery.u16(Delivery.NEXT));
            Deliveries.clear(delivery);
            return false;
        }
        // GuarantorExhausted, or InsufficientFunds of the supplier.
        if (delivery.u8(EXHAUSTED) != 0 || delivery.i128(SUPPLIER_LEFT) < 0) {
            Deliveries.rest(delivery, delivery.u8(BEFORE));
            return true;
        }
        delivery.put(CURSOR, 32, 0);
        delivery.put8(Delivery.STAGE, Delivery.SETTLE);
    }
}
