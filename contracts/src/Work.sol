// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Auction} from "./Auction.sol";
import {Deliveries} from "./Deliveries.sol";
import {Filling} from "./Filling.sol";
import {Lapsing} from "./Lapsing.sol";
import {Leaf} from "./Leaf.sol";
import {Pairing} from "./Pairing.sol";
import {Records} from "./Records.sol";
import {Settlement} from "./Settlement.sol";
import {Sharing} from "./Sharing.sol";
import {Delivery, Head, Market} from "./State.sol";
import {Known, Witness} from "./Witness.sol";

/// Work: what takes more than one record, because it goes over all orders or all metering points.
///
/// A record begins it; `advance` carries on by so many items. Between items a delivery's four last words keep what is
/// known so far. While work goes on nothing else may happen but ticks, so what was checked stays true.
library Work {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    /// Carries work on by at most so many orders or metering points; what was claimed wrongly ends it.
    function advance(Known memory known, uint256 record) internal pure {
        unchecked {
            uint256 slot = known.head.u16(Head.WORK);
            if (slot == 0) return; // NotFrozen
            slot = uint8(slot - 1);
            uint256 delivery = known.leaf(Delivery.place(slot));
            uint256 market = known.leaf(Market.place(delivery.u8(Delivery.CARRIER)));
            uint256 left = record.field(1, 16);
            while (true) {
                if (turn(known, delivery, market)) break;
                uint256 stage = delivery.u8(Delivery.STAGE);
                if (left == 0 || !Deliveries.isWork(stage) || stage == Delivery.PAIR) break;
                --left;
                if (item(known, slot, delivery, market, stage)) break;
            }
            Deliveries.finish(known, delivery);
        }
    }

    /// Goes on to the next stage for as long as one is through; whether what was claimed is refused.
    function turn(Known memory known, uint256 delivery, uint256 market) private pure returns (bool refused) {
        while (true) {
            uint256 stage = delivery.u8(Delivery.STAGE);
            if (stage == Delivery.SCAN_BIDS || stage == Delivery.SCAN_OFFERS) {
                refused = Auction.turn(delivery, market, stage);
            } else if (stage == Delivery.FILL_BIDS || stage == Delivery.FILL_OFFERS) {
                Filling.turn(delivery, market, stage);
            } else if (stage == Delivery.PAIR) {
                Pairing.turn(delivery);
            } else if (stage == Delivery.SHARE_BOUGHT || stage == Delivery.SHARE_SOLD) {
                Sharing.turn(delivery, market, stage);
            } else if (stage == Delivery.WEIGH || stage == Delivery.SETTLE) {
                refused = Settlement.turn(known, delivery, market, stage);
            } else if (stage == Delivery.LAPSE) {
                Lapsing.turn(delivery);
            }
            if (refused || delivery.u8(Delivery.STAGE) == stage) return refused;
        }
    }

    /// Does one item; whether what was claimed is refused.
    function item(Known memory known, uint256 slot, uint256 delivery, uint256 market, uint256 stage)
        private
        pure
        returns (bool refused)
    {
        unchecked {
            if (stage == Delivery.SCAN_BIDS || stage == Delivery.SCAN_OFFERS) {
                Auction.scan(known, slot, delivery, stage - Delivery.SCAN_BIDS);
            } else if (stage == Delivery.FILL_BIDS || stage == Delivery.FILL_OFFERS) {
                Filling.fill(known, slot, delivery, market, stage - Delivery.FILL_BIDS);
            } else if (stage == Delivery.SHARE_BOUGHT) {
                Sharing.bought(known, slot, delivery, market);
            } else if (stage == Delivery.SHARE_SOLD) {
                Sharing.sold(known, slot, delivery, market);
            } else if (stage == Delivery.WEIGH) {
                refused = Settlement.weigh(known, slot, delivery);
            } else if (stage == Delivery.SETTLE) {
                Settlement.settle(known, slot, delivery);
            } else if (stage == Delivery.LAPSE) {
                Lapsing.lapse(known, slot, delivery);
            }
        }
    }
}
