// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Accounts} from "./Accounts.sol";
import {Deliveries} from "./Deliveries.sol";
import {Leaf} from "./Leaf.sol";
import {Money} from "./Money.sol";
import {Records} from "./Records.sol";
import {Account, Delivery, Head, Market, Meter, Order, Position} from "./State.sol";
import {Typed} from "./Typed.sol";
import {Known, Witness} from "./Witness.sol";

/// Time before delivery: orders enter and leave the book; and after it: readings.
library Trading {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    /// An order on its way into the book.
    struct New {
        uint256 slot;
        uint256 rank;
        uint256 side;
        uint256 energy;
        int256 limit;
        uint256 nonce;
        bool fresh;
        int256 held;
    }

    /// Takes an order into the book.
    function place(Known memory known, uint256 record, bool forced) internal view {
        unchecked {
            New memory order;
            order.slot = record.field(1, 8);
            uint256 delivery = Deliveries.used(known, order.slot);
            if (delivery == 0) return; // BadInterval
            order.rank = record.field(2, 24);
            uint256 meter = metered(known, delivery, order.rank);
            if (meter == 0) return; // UnknownMeter
            order.side = record.field(0, 8) & Records.SELL;
            order.energy = record.field(5, 32);
            order.limit = record.signedField(9, 24);
            uint256 owner = Money.account(known, meter.u32(Meter.ACCOUNT));
            uint256 signature;
            (order.nonce, order.fresh, signature) = Accounts.fresh(record, 12, owner.u64(Account.NONCE));
            if (Accounts.asked(known, forced)) {
                uint256 words = Typed.begin(Typed.ORDER);
                Typed.field(words, 1, meter.u32(Meter.ACCOUNT));
                Typed.field(words, 2, meter.u32(Meter.METER));
                Typed.field(words, 3, delivery.u64(Delivery.START));
                Typed.field(words, 4, known.head.u32(Head.DURATION));
                Typed.field(words, 5, order.side);
                Typed.field(words, 6, order.energy);
                Typed.field(words, 7, uint256(order.limit));
                Typed.field(words, 8, untilGate(record));
                Typed.field(words, 9, order.nonce);
                if (!Typed.signed(words, 10, known, signature, owner.u160(Account.ADDRESS))) return; // BadSignature
            }
            if (!order.fresh) return; // StaleNonce
            order.held = holdRate(order.side, order.limit) * int256(order.energy);
            if (order.held > Money.available(owner)) return; // InsufficientFunds
            if (Deliveries.isAhead(known, delivery.u64(Delivery.START))) return; // TooEarly
            if (known.head.u40(Head.TIME) >= Deliveries.gate(known, delivery.u64(Delivery.START))) return; // GateClosed
            if (delivery.u8(Delivery.STAGE) == Delivery.FROZEN) return; // BookFrozen
            if (order.energy == 0) return; // BadEnergy
            uint256 market = known.leaf(Market.place(delivery.u8(Delivery.CARRIER)));
            if (order.limit < market.i32(Market.FLOOR) || order.limit > market.i32(Market.CAP)) return; // OutsideCollar
            uint256 position = known.leaf(Position.place(order.slot, order.rank));
            if (beyondCapacity(position, meter, order)) return; // BeyondCapacity
            if (wouldSelfTrade(position, order)) return; // SelfTrade
            if (!Deliveries.takesOrders(market)) return; // NotForThisRule
            enter(known, delivery, position, order, owner, meter.u32(Meter.ACCOUNT), untilGate(record));
        }
    }

    /// An accepted order enters the book.
    function enter(
        Known memory known,
        uint256 delivery,
        uint256 position,
        New memory order,
        uint256 owner,
        uint256 account,
        uint256 timeInForce
    ) private pure {
        unchecked {
            uint256 arrivals = order.side == 0 ? Delivery.BIDS : Delivery.OFFERS;
            uint256 arrival = delivery.u32(arrivals);
            if (arrival >= Order.MOST) return; // TooMany
            uint256 leaf = known.leaf(Order.place(order.slot, order.side, arrival));
            // The limits beyond which the account would trade with itself.
            if (order.side == 0) {
                uint256 open = position.u64(Position.OPEN_BUY);
                if (open == 0 || order.limit > position.i32(Position.HIGHEST_BID)) {
                    position.put(Position.HIGHEST_BID, 32, uint256(order.limit));
                }
                position.put(Position.OPEN_BUY, 64, open + order.energy);
            } else {
                uint256 open = position.u64(Position.OPEN_SELL);
                if (open == 0 || order.limit < position.i32(Position.LOWEST_OFFER)) {
                    position.put(Position.LOWEST_OFFER, 32, uint256(order.limit));
                }
                position.put(Position.OPEN_SELL, 64, open + order.energy);
            }
            position.put(Position.HOLD, 64, position.u64(Position.HOLD) + uint256(order.held));
            owner.put(Account.NONCE, 64, order.nonce);
            Money.change(owner, Account.HOLDS, order.held);
            leaf.putWord(
                0,
                uint256(order.limit) << 224 | order.energy << 160 | order.rank << 128 | account << 96
                    | timeInForce << 88
            );
            delivery.put(arrivals, 32, arrival + 1);
            delivery.put(Delivery.LIVE, 32, delivery.u32(Delivery.LIVE) + 1);
        }
    }

    function untilGate(uint256 record) private pure returns (uint256) {
        return record.field(0, 8) >> 1 & 1;
    }

    function beyondCapacity(uint256 position, uint256 meter, New memory order) private pure returns (bool) {
        unchecked {
            (uint256 committed, uint256 capacity) = order.side == 0
                ? (
                    position.u64(Position.OPEN_BUY) + position.u64(Position.BOUGHT),
                    meter.u64(Meter.IMPORT_CAPACITY)
                )
                : (
                    position.u64(Position.OPEN_SELL) + position.u64(Position.SOLD),
                    meter.u64(Meter.EXPORT_CAPACITY)
                );
            return committed + order.energy > capacity;
        }
    }

    /// Whether an order would meet one of its own: never missed, but seen also where the better of two own orders is gone
    /// and the worse one is still there.
    function wouldSelfTrade(uint256 position, New memory order) private pure returns (bool) {
        if (order.side == 0) {
            return position.u64(Position.OPEN_SELL) > 0 && order.limit >= position.i32(Position.LOWEST_OFFER);
        }
        return position.u64(Position.OPEN_BUY) > 0 && order.limit <= position.i32(Position.HIGHEST_BID);
    }

    /// The metering point of this rank; zero where there is none.
    function metered(Known memory known, uint256 delivery, uint256 rank) private pure returns (uint256 meter) {
        if (rank >= Meter.MOST) return 0;
        meter = known.leaf(Meter.place(delivery.u8(Delivery.CARRIER), rank));
        if (meter.u32(Meter.ACCOUNT) == 0) return 0;
    }

    /// Takes what is left of an order out of the book.
    function cancel(Known memory known, uint256 record, bool forced) internal view {
        unchecked {
            uint256 slot = record.field(1, 8);
            uint256 delivery = Deliveries.used(known, slot);
            if (delivery == 0) return; // UnknownOrder
            uint256 arrival = record.field(2, 24);
            if (arrival >= Order.MOST) return; // UnknownOrder, or BookFrozen
            uint256 side = record.field(0, 8) & Records.SELL;
            uint256 order = known.leaf(Order.place(slot, side, arrival));
            uint256 account = order.u32(Order.ACCOUNT);
            if (account == 0) return; // UnknownOrder, or BookFrozen
            uint256 owner = Money.account(known, account);
            (uint256 nonce, bool right, uint256 signature) = Accounts.fresh(record, 5, owner.u64(Account.NONCE));
            if (Accounts.asked(known, forced)) {
                uint256 words = Typed.begin(Typed.CANCEL);
                Typed.field(words, 1, account);
                Typed.field(words, 2, delivery.u8(Delivery.CARRIER));
                Typed.field(words, 3, delivery.u64(Delivery.START));
                Typed.field(words, 4, known.head.u32(Head.DURATION));
                Typed.field(words, 5, side);
                Typed.field(words, 6, arrival);
                Typed.field(words, 7, nonce);
                if (!Typed.signed(words, 8, known, signature, owner.u160(Account.ADDRESS))) return; // BadSignature
            }
            if (!right) return; // StaleNonce
            if (delivery.u8(Delivery.STAGE) == Delivery.FROZEN) return; // BookFrozen
            owner.put(Account.NONCE, 64, nonce);
            endOrder(known, slot, side, order);
            delivery.put(Delivery.LIVE, 32, delivery.u32(Delivery.LIVE) - 1);
        }
    }

    /// What is left of an order leaves the book: its hold is released, its leaf goes.
    function endOrder(Known memory known, uint256 slot, uint256 side, uint256 order) internal pure {
        unchecked {
            uint256 position = known.leaf(Position.place(slot, order.u32(Order.RANK)));
            int256 released = lapse(position, side, order.u64(Order.ENERGY), order.i32(Order.LIMIT));
            Money.hold(known, order.u32(Order.ACCOUNT), -released);
            order.putWord(0, 0);
        }
    }

    /// An open order, or what is left of one, leaves the book: what may be released of the hold, n€.
    function lapse(uint256 position, uint256 side, uint256 energy, int256 limit)
        internal
        pure
        returns (int256 released)
    {
        unchecked {
            released = holdRate(side, limit) * int256(energy);
            close(position, side, energy);
            position.put(Position.HOLD, 64, position.u64(Position.HOLD) - uint256(released));
        }
    }

    /// Energy is no longer open; where none is, the limits are forgotten.
    function close(uint256 position, uint256 side, uint256 energy) internal pure {
        unchecked {
            if (side == 0) {
                energy = position.u64(Position.OPEN_BUY) - energy;
                position.put(Position.OPEN_BUY, 64, energy);
                if (energy == 0) position.put(Position.HIGHEST_BID, 32, 0);
            } else {
                energy = position.u64(Position.OPEN_SELL) - energy;
                position.put(Position.OPEN_SELL, 64, energy);
                if (energy == 0) position.put(Position.LOWEST_OFFER, 32, 0);
            }
        }
    }

    /// What an account must promise per Wh of an open order, n€/Wh.
    function holdRate(uint256 side, int256 limit) internal pure returns (int256) {
        unchecked {
            if (side != 0) limit = -limit;
            return limit > 0 ? limit : int256(0);
        }
    }

    /// Puts a reading in force.
    function read(Known memory known, uint256 record, bool forced) internal view {
        unchecked {
            uint256 slot = record.field(1, 8);
            uint256 delivery = Deliveries.used(known, slot);
            if (delivery == 0) return; // BadInterval
            uint256 rank = record.field(2, 24);
            uint256 meter = metered(known, delivery, rank);
            if (meter == 0) return; // UnknownMeter
            uint256 import_ = record.field(5, 24);
            uint256 export_ = record.field(8, 24);
            uint256 last = meter.u64(Meter.SEQUENCE);
            // slither-disable-next-line unused-return (a reading's sequence is checked below)
            (uint256 sequence,, uint256 signature) = Accounts.fresh(record, 11, last);
            if (Accounts.asked(known, forced)) {
                uint256 words = Typed.begin(Typed.READING);
                Typed.field(words, 1, meter.u32(Meter.METER));
                Typed.field(words, 2, delivery.u64(Delivery.START));
                Typed.field(words, 3, known.head.u32(Head.DURATION));
                Typed.field(words, 4, import_);
                Typed.field(words, 5, export_);
                Typed.field(words, 6, sequence);
                if (!Typed.signed(words, 7, known, signature, meter.u160(Meter.KEY))) return; // BadSignature
            }
            if (known.head.u40(Head.TIME) < Deliveries.end(known, delivery)) return; // TooEarly
            if (import_ > meter.u64(Meter.IMPORT_CAPACITY)) return; // BadReading
            if (export_ > meter.u64(Meter.EXPORT_CAPACITY)) return; // BadReading
            if (sequence != last + 1) return; // ReadingOutOfSequence
            uint256 position = known.leaf(Position.place(slot, rank));
            if (position.u8(Position.READ) != 0) return; // ReadingTwice
            position.put8(Position.READ, 1);
            position.put(Position.IMPORT, 64, import_);
            position.put(Position.EXPORT, 64, export_);
            meter.put(Meter.SEQUENCE, 64, sequence);
            delivery.put(Delivery.READINGS, 32, delivery.u32(Delivery.READINGS) + 1);
            delivery.put(Delivery.IMPORT, 64, delivery.u64(Delivery.IMPORT) + import_);
            delivery.put(Delivery.EXPORT, 64, delivery.u64(Delivery.EXPORT) + export_);
        }
    }
}
