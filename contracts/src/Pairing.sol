// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Auction} from "./Auction.sol";
import {Deliveries} from "./Deliveries.sol";
import {Leaf} from "./Leaf.sol";
import {Records} from "./Records.sol";
import {Delivery, Head, Market, Order, Position} from "./State.sol";
import {Known, Witness} from "./Witness.sol";

/// Pay as bid: the filled orders of both sides, best first, laid side by side; wherever both go on, a pair trades.
///
/// `merit` records name the next order of whichever side has run out, a bid where both have. Each is checked to be the
/// next in merit order: limits get no better; at one limit accounts come in the order of their first arrival there, none
/// twice, and each one's orders by arrival. At a price that is shared the order is that of the starts which filling
/// noted. An order is listed once, since its fill is taken off; all are once the whole volume is paired.
library Pairing {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    // What pairing knows, in the delivery's words for work.
    uint256 private constant EQUILIBRIUM = Delivery.WORK; // i32
    uint256 private constant SHARES = Delivery.WORK + 4; // u8, bit s: the orders of side s at that price share
    uint256 private constant UNPAIRED = Delivery.WORK + 5; // u64
    // Where a side stands: one word each.
    uint256 private constant RUNGS = Delivery.WORK + 32;
    uint256 private constant LIMIT = 0; // i32
    uint256 private constant RUN = 4; // u32, how many prices it has had so far
    uint256 private constant KEY = 8; // u64, where the account at hand stands among those of its price
    uint256 private constant RANK = 16; // u32
    uint256 private constant ARRIVAL = 20; // u32
    uint256 private constant LEFT = 24; // u64, of the fill of the order at hand

    /// After filling.
    function begin(uint256 delivery) internal pure {
        unchecked {
            int256 equilibrium = delivery.i32(Auction.EQUILIBRIUM);
            uint256 volume = Auction.volume(delivery);
            uint256 shares;
            for (uint256 side = 0; side < 2; ++side) {
                if (volume - Auction.better(delivery, side) != Auction.atPrice(delivery, side)) shares |= 1 << side;
            }
            Deliveries.rest(delivery, Delivery.PAIR);
            delivery.put(EQUILIBRIUM, 32, uint256(equilibrium));
            delivery.put8(SHARES, shares);
            delivery.put(UNPAIRED, 64, volume);
        }
    }

    /// Takes the next filled orders, three bytes each, as far as they are right.
    function merit(Known memory known, uint256 record) internal pure {
        unchecked {
            uint256 slot = known.head.u16(Head.WORK);
            if (slot == 0) return; // NotFrozen
            slot = uint8(slot - 1);
            uint256 delivery = known.leaf(Delivery.place(slot));
            if (delivery.u8(Delivery.STAGE) != Delivery.PAIR) return; // WrongClaim
            uint256 market = known.leaf(Market.place(delivery.u8(Delivery.CARRIER)));
            uint256 end = 2 + 3 * record.field(1, 8);
            for (uint256 offset = 2; offset < end; offset += 3) {
                if (!list(known, slot, delivery, market, record.field(offset, 24))) break; // MeritOrder
                turn(delivery);
                if (delivery.u8(Delivery.STAGE) != Delivery.PAIR) break;
            }
            Deliveries.finish(known, delivery);
        }
    }

    /// It is over once everything is paired.
    function turn(uint256 delivery) internal pure {
        if (delivery.u64(UNPAIRED) == 0) Deliveries.rest(delivery, Delivery.OPEN);
    }

    /// Lists the next order of the side that has run out; whether it is right.
    function list(Known memory known, uint256 slot, uint256 delivery, uint256 market, uint256 arrival)
        private
        pure
        returns (bool)
    {
        unchecked {
            if (arrival >= Order.MOST) return false;
            uint256 side = delivery.u64(RUNGS + LEFT) == 0 ? 0 : 1;
            uint256 rung = delivery + RUNGS + 32 * side;
            uint256 order = known.leaf(Order.place(slot, side, arrival));
            uint256 fill = order.u64(Order.FILL);
            if (fill == 0) return false;
            uint256 position = known.leaf(Position.place(slot, order.u32(Order.RANK)));
            uint256 round = delivery.u16(Delivery.ROUND);
            bool shares = delivery.u8(SHARES) >> side & 1 == 1 && order.i32(Order.LIMIT) == delivery.i32(EQUILIBRIUM);
            (uint256 run, uint256 key) = follows(side, rung, arrival, order, shares, round, position);
            if (run == 0) return false;
            position.put(Position.RUN, 40, round << 24 | run);
            rung.putWord(
                0,
                order.u32(Order.LIMIT) << 224 | run << 192 | key << 128 | order.u32(Order.RANK) << 96 | arrival << 64
                    | fill
            );
            if (order.u64(Order.ENERGY) == 0) order.putWord(0, 0);
            else order.put(Order.FILL, 64, 0);
            pair(known, slot, delivery, market);
            return true;
        }
    }

    /// Whether an order may be the next of its side: the number of its price, and where its account stands there; zero: it
    /// may not.
    function follows(
        uint256 side,
        uint256 rung,
        uint256 arrival,
        uint256 order,
        bool shares,
        uint256 round,
        uint256 position
    ) private pure returns (uint256 run, uint256 key) {
        unchecked {
            key = shares ? position.u64(Position.MARGIN_START) : arrival;
            run = rung.u32(RUN);
            int256 better = Auction.gain(side, order.i32(Order.LIMIT), rung.i32(LIMIT));
            if (run == 0 || better < 0) return (run + 1, key);
            if (better > 0) return (0, 0);
            if (order.u32(Order.RANK) == rung.u32(RANK)) {
                return arrival > rung.u32(ARRIVAL) ? (run, rung.u64(KEY)) : (0, 0);
            }
            uint256 tag = position.word(Position.MARGIN_ROUND) & 0xffffffffff; // RUN, its last field
            if (key <= rung.u64(KEY) || tag == round << 24 | run) return (0, 0);
        }
    }

    /// The bid and the offer at hand trade as much as both go on.
    function pair(Known memory known, uint256 slot, uint256 delivery, uint256 market) private pure {
        unchecked {
            uint256 bid = delivery + RUNGS;
            uint256 offer = bid + 32;
            uint256 buys = bid.u64(LEFT);
            uint256 sells = offer.u64(LEFT);
            if (buys == 0 || sells == 0) return;
            uint256 energy = buys < sells ? buys : sells;
            int256 money = int256(energy) * Deliveries.between(market, offer.i32(LIMIT), bid.i32(LIMIT));
            pay(known.leaf(Position.place(slot, bid.u32(RANK))), 0, money);
            pay(known.leaf(Position.place(slot, offer.u32(RANK))), 1, money);
            bid.put(LEFT, 64, buys - energy);
            offer.put(LEFT, 64, sells - energy);
            delivery.put(UNPAIRED, 64, delivery.u64(UNPAIRED) - energy);
        }
    }

    /// What a metering point owes for what it bought, or earned for what it sold, grows.
    function pay(uint256 position, uint256 side, int256 money) internal pure {
        unchecked {
            uint256 sum = Position.PAID + 8 * side;
            position.put(sum, 64, uint256(position.i64(sum) + money));
        }
    }
}
