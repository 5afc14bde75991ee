// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Auction} from "./Auction.sol";
import {Deliveries} from "./Deliveries.sol";
import {Leaf} from "./Leaf.sol";
import {Pairing} from "./Pairing.sol";
import {Records} from "./Records.sol";
import {Delivery, Head, Order, Position} from "./State.sol";
import {Known, Witness} from "./Witness.sol";

/// Pay as bid: the filled orders of each side are put in merit order, bids first.
///
/// `merit` records name them, best first. Each is checked to come after the one before: limits get no better; at one
/// limit accounts come in the order of their first arrival there, none twice, and each one's orders by arrival. Where
/// orders at the price shared, the order is that of the beginnings which filling noted. No order can come twice that
/// way, so a side is through once its fills sum to the volume. One that was left out can no longer be brought in; a
/// `merit` of nothing starts the side again.
library Listing {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    // The last order listed, in the second of the delivery's words for work; the first is pairing's.
    uint256 private constant LIMIT = Delivery.WORK + 32; // i32, n€/Wh
    uint256 private constant KEY = Delivery.WORK + 36; // u64, where its account stands among those of its price
    uint256 private constant RANK = Delivery.WORK + 44; // u32
    uint256 private constant LAST = Delivery.WORK + 48; // u32, its place of arrival + 1; 0: none is listed

    /// After filling.
    function begin(uint256 delivery) internal pure {
        unchecked {
            int256 equilibrium = delivery.i32(Auction.EQUILIBRIUM);
            uint256 volume = Auction.volume(delivery);
            uint256 shares;
            for (uint256 side = 0; side < 2; ++side) {
                if (volume - Auction.better(delivery, side) != Auction.atPrice(delivery, side)) shares |= 1 << side;
            }
            Deliveries.rest(delivery, Delivery.LIST_BIDS);
            delivery.put(Pairing.EQUILIBRIUM, 32, uint256(equilibrium));
            delivery.put8(Pairing.SHARES, shares);
            delivery.put(Pairing.VOLUME, 64, volume);
            delivery.put(Pairing.LEFT, 64, volume);
        }
    }

    /// Takes the next filled orders, three bytes each, as far as they are right; none: the side starts again.
    function merit(Known memory known, uint256 record) internal pure {
        unchecked {
            uint256 slot = known.head.u16(Head.WORK);
            if (slot == 0) return; // NotFrozen
            slot = uint8(slot - 1);
            uint256 delivery = known.leaf(Delivery.place(slot));
            if (!Deliveries.isListing(delivery.u8(Delivery.STAGE))) return; // WrongClaim
            uint256 end = 2 + 3 * record.field(1, 8);
            if (end == 2) {
                delivery.put(Pairing.LEFT, 64, delivery.u64(Pairing.VOLUME));
                delivery.put(LAST, 32, 0);
            }
            for (uint256 offset = 2; offset < end; offset += 3) {
                uint256 stage = delivery.u8(Delivery.STAGE);
                if (!Deliveries.isListing(stage)) break;
                if (!list(known, slot, delivery, stage - Delivery.LIST_BIDS, record.field(offset, 24))) break; // MeritOrder
                turn(delivery, stage);
            }
            Deliveries.finish(known, delivery);
        }
    }

    /// Goes on from bids to offers, and from there to the pairs.
    function turn(uint256 delivery, uint256 stage) private pure {
        if (delivery.u64(Pairing.LEFT) > 0) return;
        delivery.put(Pairing.LEFT, 64, delivery.u64(Pairing.VOLUME));
        uint256 last = delivery.u32(LAST);
        if (stage == Delivery.LIST_BIDS) {
            delivery.put8(Delivery.STAGE, Delivery.LIST_OFFERS);
            delivery.put(Pairing.HANDS + Pairing.NEXT, 32, last);
        } else {
            delivery.put8(Delivery.STAGE, Delivery.PAIR);
            delivery.put(Pairing.HANDS + 32 + Pairing.NEXT, 32, last);
        }
        delivery.put(LAST, 32, 0);
    }

    /// Lists the next order; whether it is right.
    function list(Known memory known, uint256 slot, uint256 delivery, uint256 side, uint256 arrival)
        private
        pure
        returns (bool)
    {
        unchecked {
            if (arrival >= Order.MOST) return false;
            uint256 order = known.leaf(Order.place(slot, side, arrival));
            uint256 fill = order.u64(Order.FILL);
            if (fill == 0) return false;
            uint256 rank = order.u32(Order.RANK);
            uint256 position = known.leaf(Position.place(slot, rank));
            (uint256 run, uint256 key) = follows(delivery, side, arrival, order, position);
            if (run == 0) return false;
            delivery.put(Delivery.RUNS, 40, run);
            position.put(Position.RUN, 40, run);
            order.put(Order.BETTER, 24, delivery.u32(LAST));
            delivery.put(LIMIT, 160, order.u32(Order.LIMIT) << 128 | key << 64 | rank << 32 | (arrival + 1));
            uint256 left = delivery.u64(Pairing.LEFT);
            delivery.put(Pairing.LEFT, 64, left > fill ? left - fill : 0);
            return true;
        }
    }

    /// Whether an order may be the next of its side: the number of its price, and where its account stands there; zero: it
    /// may not.
    ///
    /// Prices are numbered over the delivery's whole life, so that a position's number is never mistaken for another's.
    function follows(uint256 delivery, uint256 side, uint256 arrival, uint256 order, uint256 position)
        private
        pure
        returns (uint256 run, uint256 key)
    {
        unchecked {
            int256 limit = order.i32(Order.LIMIT);
            bool shares = delivery.u8(Pairing.SHARES) >> side & 1 == 1 && limit == delivery.i32(Pairing.EQUILIBRIUM);
            key = shares ? position.u64(Position.MARGIN_START) : arrival;
            run = delivery.u40(Delivery.RUNS);
            uint256 last = delivery.u32(LAST);
            int256 better = Auction.gain(side, limit, delivery.i32(LIMIT));
            if (last == 0 || better < 0) return (run + 1, key);
            if (better > 0) return (0, 0);
            if (order.u32(Order.RANK) == delivery.u32(RANK)) {
                return arrival >= last ? (run, delivery.u64(KEY)) : (0, 0);
            }
            if (key <= delivery.u64(KEY) || position.u40(Position.RUN) == run) return (0, 0);
        }
    }
}
