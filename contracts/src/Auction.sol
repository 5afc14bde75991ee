// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Deliveries} from "./Deliveries.sol";
import {Leaf} from "./Leaf.sol";
import {Records} from "./Records.sol";
import {Delivery, Head, Market, Order, Position} from "./State.sol";
import {Known, Witness} from "./Witness.sol";

/// Clearing by orders: is the claimed price an equilibrium, and is it the one the rule names?
///
/// Two passes over the book in order of arrival, bids then offers, see it from the claimed price p: the energy of the
/// better orders and of those at p on each side, and the nearest limits. On the way every position notes what it has
/// at p, so that filling can share the margin without sorting. A side is 0 for bids, 1 for offers.
library Auction {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    // What a clearing knows, in the delivery's words for work.
    uint256 internal constant CURSOR = Delivery.WORK; // u32
    uint256 internal constant EQUILIBRIUM = Delivery.WORK + 4; // i32
    uint256 internal constant PRICE = Delivery.WORK + 8; // i32
    uint256 internal constant FLAGS = Delivery.WORK + 12; // u8
    uint256 private constant NEAREST_BETTER = Delivery.WORK + 13; // i32, 8 bytes a side
    uint256 private constant NEAREST_WORSE = Delivery.WORK + 17; // i32, 8 bytes a side
    uint256 private constant BETTER = Delivery.WORK + 32; // u64, 16 bytes a side
    uint256 private constant AT = Delivery.WORK + 40; // u64, 16 bytes a side
    uint256 internal constant RUNNING = Delivery.WORK + 64; // u64

    // Flags; those of the offers are two bits further left.
    uint256 private constant HAS_BETTER = 1;
    uint256 private constant HAS_WORSE = 2;
    uint256 internal constant NOTHING = 16; // the claim is that nothing is traded: the better ones are the best ones
    uint256 internal constant LAST = 32; // the gate was closed when the claim came: what is unfilled lapses

    /// A claim comes in.
    function clear(Known memory known, uint256 record) internal pure {
        unchecked {
            uint256 slot = record.field(1, 8);
            uint256 delivery = Deliveries.used(known, slot);
            if (delivery == 0) return; // NotFrozen
            if (!Deliveries.takesOrders(known.leaf(Market.place(delivery.u8(Delivery.CARRIER))))) return; // WrongClaim
            if (delivery.u8(Delivery.STAGE) != Delivery.FROZEN) return; // NotFrozen
            uint256 round = delivery.u16(Delivery.ROUND);
            if (round == type(uint16).max) return; // TooMany
            Deliveries.begin(known, slot, delivery, Delivery.SCAN_BIDS);
            delivery.put(Delivery.ROUND, 16, round + 1);
            uint256 flags;
            if (record.field(0, 8) == Records.NOTHING) flags = NOTHING;
            else delivery.put(EQUILIBRIUM, 64, record.field(2, 64)); // and the price
            if (known.head.u40(Head.TIME) >= Deliveries.gate(known, delivery)) flags |= LAST;
            delivery.put8(FLAGS, flags);
        }
    }

    /// How much better an order's limit is than a price, n€/Wh.
    function gain(uint256 side, int256 limit, int256 price) internal pure returns (int256) {
        unchecked {
            return side == 0 ? limit - price : price - limit;
        }
    }

    /// Looks at the next order.
    function scan(Known memory known, uint256 slot, uint256 delivery, uint256 side) internal pure {
        unchecked {
            uint256 cursor = delivery.u32(CURSOR);
            uint256 order = known.leaf(Order.place(slot, side, cursor));
            delivery.put(CURSOR, 32, cursor + 1);
            if (order.u32(Order.ACCOUNT) == 0) return;
            if (delivery.u8(FLAGS) & NOTHING != 0) {
                noteBest(delivery, side, order.i32(Order.LIMIT));
            } else if (see(delivery, side, order)) {
                uint256 position = known.leaf(Position.place(slot, order.u32(Order.RANK)));
                noteMargin(position, delivery.u16(Delivery.ROUND), side, order.u64(Order.ENERGY));
            }
        }
    }

    function noteBest(uint256 delivery, uint256 side, int256 limit) private pure {
        unchecked {
            uint256 best = NEAREST_BETTER + 8 * side;
            uint256 found = HAS_BETTER << 2 * side;
            uint256 flags = delivery.u8(FLAGS);
            if (flags & found == 0 || gain(side, limit, delivery.i32(best)) > 0) delivery.put(best, 32, uint256(limit));
            delivery.put8(FLAGS, flags | found);
        }
    }

    /// Takes an order into account; whether it is at the price.
    function see(uint256 delivery, uint256 side, uint256 order) private pure returns (bool) {
        unchecked {
            int256 price = delivery.i32(EQUILIBRIUM);
            int256 limit = order.i32(Order.LIMIT);
            int256 here = gain(side, limit, price);
            uint256 sum = here == 0 ? AT + 16 * side : BETTER + 16 * side;
            if (here >= 0) delivery.put(sum, 64, delivery.u64(sum) + order.u64(Order.ENERGY));
            if (here == 0) return true;
            uint256 nearest = (here > 0 ? NEAREST_BETTER : NEAREST_WORSE) + 8 * side;
            uint256 found = (here > 0 ? HAS_BETTER : HAS_WORSE) << 2 * side;
            uint256 flags = delivery.u8(FLAGS);
            int256 before = delivery.i32(nearest);
            // Both are on the same side of the price, so the nearer one is the one between.
            if (flags & found == 0 || (limit < before) == (limit > price) && limit != before) {
                delivery.put(nearest, 32, uint256(limit));
            }
            delivery.put8(FLAGS, flags | found);
            return false;
        }
    }

    /// Notes energy at the price; what an earlier clearing left is forgotten.
    function noteMargin(uint256 position, uint256 round, uint256 side, uint256 energy) private pure {
        unchecked {
            uint256 run = position.word(Position.MARGIN_ROUND) & 0xffffffffff;
            if (position.u16(Position.MARGIN_ROUND) != round || position.u8(Position.MARGIN_SIDE) != side) {
                position.putWord(Position.MARGIN_ROUND, round << 240 | side << 232 | energy << 168 | run);
            } else {
                position.put(Position.MARGIN_WEIGHT, 64, position.u64(Position.MARGIN_WEIGHT) + energy);
            }
        }
    }

    /// Goes on from bids to offers, and from there to the outcome; whether the claim is refused.
    function turn(uint256 delivery, uint256 market, uint256 stage) internal pure returns (bool refused) {
        bool bids = stage == Delivery.SCAN_BIDS;
        if (delivery.u32(CURSOR) < delivery.u32(bids ? Delivery.BIDS : Delivery.OFFERS)) return false;
        delivery.put(CURSOR, 32, 0);
        if (bids) {
            delivery.put8(Delivery.STAGE, Delivery.SCAN_OFFERS);
        } else if (holds(delivery, market)) {
            delivery.put8(Delivery.STAGE, Delivery.FILL_BIDS);
        } else {
            Deliveries.rest(delivery, Delivery.FROZEN);
            return true;
        }
    }

    /// Energy of a side's orders better than the price, Wh.
    function better(uint256 delivery, uint256 side) internal pure returns (uint256) {
        unchecked {
            return delivery.u64(BETTER + 16 * side);
        }
    }

    /// Energy of a side's orders at the price, Wh.
    function atPrice(uint256 delivery, uint256 side) internal pure returns (uint256) {
        unchecked {
            return delivery.u64(AT + 16 * side);
        }
    }

    /// Energy traded, Wh.
    function volume(uint256 delivery) internal pure returns (uint256) {
        unchecked {
            uint256 bids = better(delivery, 0) + atPrice(delivery, 0);
            uint256 offers = better(delivery, 1) + atPrice(delivery, 1);
            return bids < offers ? bids : offers;
        }
    }

    /// Whether the claim is right: `market::rule::Cut` and the rules' own conditions.
    function holds(uint256 delivery, uint256 market) private pure returns (bool) {
        unchecked {
            uint256 flags = delivery.u8(FLAGS);
            int256 bid = delivery.i32(NEAREST_BETTER); // the last one filled
            int256 offer = delivery.i32(NEAREST_BETTER + 8);
            if (flags & NOTHING != 0) {
                uint256 both = HAS_BETTER | HAS_BETTER << 2;
                return flags & both != both || bid < offer; // else TradeLeft
            }
            uint256 traded = volume(delivery);
            uint256 bids = better(delivery, 0);
            uint256 offers = better(delivery, 1);
            if (traded < bids || traded < offers || traded == 0) return false; // NotEquilibrium
            int256 equilibrium = delivery.i32(EQUILIBRIUM);
            // Something is traded, so both sides have a last order.
            if (traded > offers || flags & HAS_BETTER << 2 == 0) offer = equilibrium;
            if (traded > bids || flags & HAS_BETTER == 0) bid = equilibrium;
            // The ends of the equilibrium prices: the last ones filled, and the next ones.
            int256 lo = offer;
            int256 hi = bid;
            if (traded < bids + atPrice(delivery, 0)) {
                if (equilibrium > lo) lo = equilibrium;
            } else if (flags & HAS_WORSE != 0) {
                int256 next = delivery.i32(NEAREST_WORSE);
                if (next > lo) lo = next;
            }
            if (traded < offers + atPrice(delivery, 1)) {
                if (equilibrium < hi) hi = equilibrium;
            } else if (flags & HAS_WORSE << 2 != 0) {
                int256 next = delivery.i32(NEAREST_WORSE + 8);
                if (next < hi) hi = next;
            }
            int256 price = delivery.i32(PRICE);
            uint256 rule = market.u8(Market.RULE);
            if (rule == Market.EQUILIBRIUM) {
                lo = Deliveries.between(market, lo, hi);
                return equilibrium == lo && price == lo; // else WrongPrice
            }
            if (equilibrium != lo) return false; // NotEquilibrium
            if (rule == Market.LAST_PAIR) return price == Deliveries.between(market, offer, bid); // else WrongPrice
            return price == 0; // pay as bid; else WrongPrice
        }
    }
}
