// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Accounts} from "./Accounts.sol";
import {Leaf} from "./Leaf.sol";
import {Records} from "./Records.sol";
import {Delivery, Head, Market, Published, Tariff} from "./State.sol";
import {Known, Witness} from "./Witness.sol";

/// Deliveries: intervals get a slot, prices are published, books are frozen.
library Deliveries {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    /// Most of a price, n€/Wh.
    int256 private constant MOST_PRICE = 10_000_000;

    /// First instant after an interval, Unix s.
    function end(Known memory known, uint256 delivery) internal pure returns (uint256) {
        unchecked {
            return delivery.u64(Delivery.START) + known.head.u32(Head.DURATION);
        }
    }

    /// First instant at which orders for an interval are refused, Unix s.
    function gate(Known memory known, uint256 start) internal pure returns (uint256) {
        unchecked {
            uint256 closure = known.head.u32(Head.GATE_CLOSURE);
            return start > closure ? start - closure : 0;
        }
    }

    /// Whether the gate of the interval that starts then is beyond the horizon.
    function isAhead(Known memory known, uint256 start) internal pure returns (bool) {
        unchecked {
            uint256 horizon = known.head.u16(Head.HORIZON) * known.head.u32(Head.DURATION);
            return gate(known, start) > known.head.u40(Head.TIME) + horizon;
        }
    }

    /// The delivery of a slot; zero where no interval has it.
    function used(Known memory known, uint256 slot) internal pure returns (uint256 delivery) {
        delivery = known.leaf(Delivery.place(slot));
        if (delivery.u8(Delivery.STAGE) == Delivery.UNUSED) return 0;
    }

    /// Whether a carrier's rule takes orders that are cleared before delivery; else what was metered is shared.
    function takesOrders(uint256 market) internal pure returns (bool) {
        uint256 rule = market.u8(Market.RULE);
        return rule == Market.EQUILIBRIUM || rule == Market.LAST_PAIR || rule == Market.PAY_AS_BID;
    }

    /// An interval gets a slot and its place among the carrier's open intervals, after the one in slot `after_`, or first
    /// where that is its own slot.
    function open(Known memory known, uint256 record) internal pure {
        unchecked {
            uint256 slot = record.field(1, 8);
            uint256 carrier = record.field(2, 8);
            uint256 start = record.field(3, 40);
            uint256 after_ = record.field(8, 8);
            uint256 duration = known.head.u32(Head.DURATION);
            if (start == 0 || start % (duration == 0 ? 1 : duration) != 0) return; // BadInterval
            uint256 market = Accounts.traded(known, carrier);
            if (market == 0) return; // NotTraded
            if (isAhead(known, start)) return; // TooEarly
            if (start < market.u64(Market.SETTLED)) return; // AlreadySettled
            uint256 delivery = known.leaf(Delivery.place(slot));
            if (delivery.u8(Delivery.STAGE) != Delivery.UNUSED) return; // TooMany
            uint256 before;
            if (after_ != slot) {
                before = used(known, after_);
                if (before == 0) return; // OutOfOrder
                if (before.u8(Delivery.CARRIER) != carrier || before.u64(Delivery.START) >= start) return; // OutOfOrder
            }
            uint256 next = before == 0 ? market.u16(Market.FIRST) : before.u16(Delivery.NEXT);
            if (next != 0) {
                uint256 following = known.leaf(Delivery.place(uint8(next - 1)));
                if (following.u64(Delivery.START) <= start) return; // OutOfOrder
            }
            if (before == 0) market.put(Market.FIRST, 16, slot + 1);
            else before.put(Delivery.NEXT, 16, slot + 1);
            delivery.putWord(0, start << 192 | carrier << 184 | Delivery.OPEN << 176 | next << 16);
            for (uint256 word = 32; word < 192; word += 32) delivery.putWord(word, 0);
        }
    }

    /// A tariff's prices for an interval.
    function publish(Known memory known, uint256 record) internal pure {
        uint256 slot = record.field(1, 8);
        uint256 tariff = record.field(2, 16);
        uint256 delivery = used(known, slot);
        if (delivery == 0) return; // BadInterval
        if (known.leaf(Tariff.place(tariff)).u8(Tariff.KIND) != 2) return; // UnknownTariff
        if (!bounded(record.signedField(4, 32)) || !bounded(record.signedField(8, 32))) return; // BadAmount
        uint256 published = known.leaf(Published.place(slot, tariff));
        uint256 start = delivery.u64(Delivery.START);
        if (published.u64(Published.START) == start) return; // PricePublished
        published.putWord(0, record.field(4, 64) << 192 | start << 128);
    }

    function bounded(int256 price) private pure returns (bool) {
        return price <= MOST_PRICE && price >= -MOST_PRICE;
    }

    /// Freezes a book for its clearing.
    function close(Known memory known, uint256 record) internal pure {
        uint256 delivery = used(known, record.field(1, 8));
        if (delivery == 0) return; // BadInterval
        if (isAhead(known, delivery.u64(Delivery.START))) return; // TooEarly
        if (delivery.u8(Delivery.STAGE) == Delivery.FROZEN) return; // BookFrozen
        if (!takesOrders(known.leaf(Market.place(delivery.u8(Delivery.CARRIER))))) return; // NotForThisRule
        delivery.put8(Delivery.STAGE, Delivery.FROZEN);
    }

    /// Whether a stage is work.
    function isWork(uint256 stage) internal pure returns (bool) {
        return stage != Delivery.UNUSED && stage != Delivery.OPEN && stage != Delivery.FROZEN && stage != Delivery.SHARED;
    }

    /// Whether a stage goes on by `merit`, not by `advance`.
    function isListing(uint256 stage) internal pure returns (bool) {
        return stage == Delivery.LIST_BIDS || stage == Delivery.LIST_OFFERS;
    }

    /// Work begins at a delivery, knowing nothing yet.
    function begin(Known memory known, uint256 slot, uint256 delivery, uint256 stage) internal pure {
        unchecked {
            rest(delivery, stage);
            known.head.put(Head.WORK, 16, slot + 1);
        }
    }

    /// Goes on to a stage, forgetting what work knew.
    function rest(uint256 delivery, uint256 stage) internal pure {
        delivery.put8(Delivery.STAGE, stage);
        delivery.putWord(Delivery.WORK, 0);
        delivery.putWord(Delivery.WORK + 32, 0);
        delivery.putWord(Delivery.WORK + 64, 0);
        delivery.putWord(Delivery.WORK + 96, 0);
    }

    /// Says that nothing is at work where that is so.
    function finish(Known memory known, uint256 delivery) internal pure {
        if (!isWork(delivery.u8(Delivery.STAGE))) known.head.put(Head.WORK, 16, 0);
    }

    /// The slot is free.
    function clear(uint256 delivery) internal pure {
        for (uint256 word = 0; word < 192; word += 32) delivery.putWord(word, 0);
    }

    /// from + ⌊k·(to − from)⌋, n€/Wh.
    function between(uint256 market, int256 from, int256 to) internal pure returns (int256) {
        unchecked {
            int256 part = (to - from) * int256(market.u32(Market.NUMERATOR));
            int256 whole = int256(market.u32(Market.DENOMINATOR));
            if (whole == 0) whole = 1;
            // Division rounds toward zero, a price down.
            if (part < 0) part -= whole - 1;
            return from + part / whole;
        }
    }
}
