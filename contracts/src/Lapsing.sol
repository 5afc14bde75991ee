// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Deliveries} from "./Deliveries.sol";
import {Leaf} from "./Leaf.sol";
import {Records} from "./Records.sol";
import {Delivery, Head, Market, Order} from "./State.sol";
import {Trading} from "./Trading.sol";
import {Known, Witness} from "./Witness.sol";

/// Lapse: an interval is over and its book was not cleared. What is open leaves it, what was promised is free again.
///
/// Anybody can force this, so an operator who does not clear holds nobody's money.
library Lapsing {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    /// What lapsing knows: the next order, bids by arrival, then offers.
    uint256 private constant CURSOR = Delivery.WORK; // u32

    /// Orders begin to lapse. An interval in which nothing ever happened is given up at once, where it is its carrier's
    /// first, so that it keeps nothing else from being settled.
    function begin(Known memory known, uint256 record) internal pure {
        uint256 slot = record.field(1, 8);
        uint256 delivery = Deliveries.used(known, slot);
        if (delivery == 0) return; // NotFrozen
        if (known.head.u40(Head.TIME) < Deliveries.end(known, delivery)) return; // TooEarly
        if (delivery.u32(Delivery.LIVE) == 0 && delivery.u8(Delivery.STAGE) != Delivery.FROZEN) {
            giveUp(known, slot, delivery);
        } else {
            Deliveries.begin(known, slot, delivery, Delivery.LAPSE);
        }
    }

    function giveUp(Known memory known, uint256 slot, uint256 delivery) private pure {
        uint256 market = known.leaf(Market.place(delivery.u8(Delivery.CARRIER)));
        uint256 happened =
            delivery.u32(Delivery.BIDS) | delivery.u32(Delivery.OFFERS) | delivery.u32(Delivery.READINGS);
        if (happened != 0 || delivery.u8(Delivery.STAGE) != Delivery.OPEN) return; // NotFrozen
        if (market.u16(Market.FIRST) != slot + 1) return; // NotFrozen
        market.put(Market.FIRST, 16, delivery.u16(Delivery.NEXT));
        Deliveries.clear(delivery);
    }

    /// The next order lapses.
    function lapse(Known memory known, uint256 slot, uint256 delivery) internal pure {
        unchecked {
            uint256 cursor = delivery.u32(CURSOR);
            delivery.put(CURSOR, 32, cursor + 1);
            uint256 bids = delivery.u32(Delivery.BIDS);
            uint256 side = cursor < bids ? 0 : 1;
            uint256 order = known.leaf(Order.place(slot, side, side == 0 ? cursor : cursor - bids));
            if (order.u32(Order.ACCOUNT) == 0) return;
            Trading.endOrder(known, slot, side, order);
            delivery.put(Delivery.LIVE, 32, delivery.u32(Delivery.LIVE) - 1);
        }
    }

    /// It is over after the last one.
    function turn(uint256 delivery) internal pure {
        unchecked {
            uint256 all = delivery.u32(Delivery.BIDS) + delivery.u32(Delivery.OFFERS);
            if (delivery.u32(CURSOR) >= all) Deliveries.rest(delivery, Delivery.OPEN);
        }
    }
}
