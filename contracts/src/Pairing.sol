// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Deliveries} from "./Deliveries.sol";
import {Leaf} from "./Leaf.sol";
import {Delivery, Order, Position} from "./State.sol";
import {Known, Witness} from "./Witness.sol";

/// Pay as bid: the filled orders of both sides are laid side by side in merit order; wherever both go on, a pair trades.
///
/// Both sides sum to the volume, so it makes no difference from which end they are laid: pairing goes from the last
/// orders, along the links that listing left, to the best ones.
library Pairing {
    using Leaf for uint256;
    using Witness for Known;

    // What listing and pairing know, in the delivery's words for work.
    uint256 internal constant EQUILIBRIUM = Delivery.WORK; // i32, n€/Wh
    uint256 internal constant SHARES = Delivery.WORK + 4; // u8, bit s: the orders of side s at that price share
    uint256 internal constant VOLUME = Delivery.WORK + 5; // u64, energy traded, Wh
    uint256 internal constant LEFT = Delivery.WORK + 13; // u64, not listed yet, then not paired yet, Wh
    // What is at hand of a side: one word each.
    uint256 internal constant HANDS = Delivery.WORK + 64;
    uint256 internal constant NEXT = 0; // u32, place of arrival + 1 of the order that comes next; 0: none
    uint256 private constant LIMIT = 4; // i32, n€/Wh
    uint256 private constant RANK = 8; // u32
    uint256 private constant FILL = 12; // u64, what is left of it, Wh

    /// Takes the next order of the side that has run out, a bid where both have; then whatever can be paired is.
    function next(Known memory known, uint256 slot, uint256 delivery, uint256 market) internal pure {
        unchecked {
            uint256 bid = delivery + HANDS;
            uint256 offer = bid + 32;
            if (bid.u64(FILL) == 0) take(known, slot, 0, bid);
            else take(known, slot, 1, offer);
            uint256 buys = bid.u64(FILL);
            uint256 sells = offer.u64(FILL);
            if (buys == 0 || sells == 0) return;
            // The bid and the offer at hand trade as much as both go on.
            uint256 energy = buys < sells ? buys : sells;
            int256 money = int256(energy) * Deliveries.between(market, offer.i32(LIMIT), bid.i32(LIMIT));
            pay(known.leaf(Position.place(slot, bid.u32(RANK))), 0, money);
            pay(known.leaf(Position.place(slot, offer.u32(RANK))), 1, money);
            bid.put(FILL, 64, buys - energy);
            offer.put(FILL, 64, sells - energy);
            delivery.put(LEFT, 64, delivery.u64(LEFT) - energy);
        }
    }

    /// The next order comes to hand; what is left of it stays in the book, if anything.
    function take(Known memory known, uint256 slot, uint256 side, uint256 hand) private pure {
        unchecked {
            uint256 arrival = hand.u32(NEXT); // the fills of a side sum to the volume: there is a next one
            if (arrival != 0) --arrival;
            uint256 order = known.leaf(Order.place(slot, side, arrival));
            hand.putWord(
                0,
                order.u24(Order.BETTER) << 224 | order.u32(Order.LIMIT) << 192 | order.u32(Order.RANK) << 160
                    | order.u64(Order.FILL) << 96
            );
            if (order.u64(Order.ENERGY) == 0) {
                order.putWord(0, 0);
            } else {
                order.put(Order.FILL, 88, 0); // and the link
            }
        }
    }

    /// It is over once everything is paired.
    function turn(uint256 delivery) internal pure {
        if (delivery.u64(LEFT) == 0) Deliveries.rest(delivery, Delivery.OPEN);
    }

    /// What a metering point owes for what it bought, or earned for what it sold, grows.
    function pay(uint256 position, uint256 side, int256 money) internal pure {
        unchecked {
            uint256 sum = Position.PAID + 8 * side;
            position.put(sum, 64, uint256(position.i64(sum) + money));
        }
    }
}
