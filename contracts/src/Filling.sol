// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Auction} from "./Auction.sol";
import {Deliveries} from "./Deliveries.sol";
import {Leaf} from "./Leaf.sol";
import {Money} from "./Money.sol";
import {Pairing} from "./Pairing.sol";
import {Delivery, Market, Order, Position} from "./State.sol";
import {Trading} from "./Trading.sol";
import {Known, Witness} from "./Witness.sol";

/// Filling: orders better than the price entirely, worse ones not at all, those at it by cumulative floor.
///
/// The market shares the margin in canonical order: accounts by their first arrival at the price, each one's orders by
/// arrival. Here orders are met by arrival alone. When an account's first one is met, the accounts met before it are
/// exactly those before it in canonical order, so its block begins at the sum of their weights, which the scan has
/// noted. Part i is ⌊A·(start + used + w)/W⌋ − ⌊A·(start + used)/W⌋.
library Filling {
    using Leaf for uint256;
    using Witness for Known;

    /// Fills the next order.
    function fill(Known memory known, uint256 slot, uint256 delivery, uint256 market, uint256 side) internal pure {
        unchecked {
            uint256 cursor = delivery.u32(Auction.CURSOR);
            uint256 order = known.leaf(Order.place(slot, side, cursor));
            delivery.put(Auction.CURSOR, 32, cursor + 1);
            if (order.u32(Order.ACCOUNT) == 0) return;
            uint256 position = known.leaf(Position.place(slot, order.u32(Order.RANK)));
            uint256 energy = order.u64(Order.ENERGY);
            uint256 filled = order.u64(Order.FILL);
            uint256 part = partOf(delivery, side, order, position);
            if (part > 0) {
                int256 price;
                if (market.u8(Market.RULE) == Market.PAY_AS_BID) {
                    filled = part; // its money is the pairs' business
                } else {
                    price = delivery.i32(Auction.PRICE);
                    filled = 0;
                }
                trade(position, side, part, int256(part) * price);
                energy -= part;
            }
            if (energy > 0 && (delivery.u8(Auction.FLAGS) & Auction.LAST != 0 || order.u8(Order.TIME_IN_FORCE) == 0)) {
                int256 released = Trading.lapse(position, side, energy, order.i32(Order.LIMIT));
                Money.hold(known, order.u32(Order.ACCOUNT), -released);
                energy = 0;
            }
            if (energy == 0) {
                delivery.put(Delivery.LIVE, 32, delivery.u32(Delivery.LIVE) - 1);
                if (filled == 0) {
                    order.putWord(0, 0);
                    return;
                }
            }
            order.put(Order.ENERGY, 64, energy);
            order.put(Order.FILL, 64, filled);
        }
    }

    /// Part of an open order becomes a trade; its hold stays until the settlement.
    function trade(uint256 position, uint256 side, uint256 energy, int256 money) private pure {
        unchecked {
            Trading.close(position, side, energy);
            uint256 traded = side == 0 ? Position.BOUGHT : Position.SOLD;
            position.put(traded, 64, position.u64(traded) + energy);
            if (money != 0) Pairing.pay(position, side, money);
        }
    }

    /// What an order trades, Wh; at the price its position says from where on it shares.
    function partOf(uint256 delivery, uint256 side, uint256 order, uint256 position) private pure returns (uint256) {
        unchecked {
            if (delivery.u8(Auction.FLAGS) & Auction.NOTHING != 0) return 0;
            uint256 energy = order.u64(Order.ENERGY);
            int256 gain = Auction.gain(side, order.i32(Order.LIMIT), delivery.i32(Auction.EQUILIBRIUM));
            if (gain != 0) return gain > 0 ? energy : 0;
            uint256 used = position.u64(Position.MARGIN_USED);
            if (used == 0) {
                uint256 running = delivery.u64(Auction.RUNNING);
                position.put(Position.MARGIN_START, 64, running);
                delivery.put(Auction.RUNNING, 64, running + position.u64(Position.MARGIN_WEIGHT));
            }
            uint256 start = position.u64(Position.MARGIN_START) + used;
            position.put(Position.MARGIN_USED, 64, used + energy);
            uint256 at_ = Auction.atPrice(delivery, side);
            uint256 share = Auction.volume(delivery) - Auction.better(delivery, side);
            if (at_ == 0) at_ = 1;
            return share * (start + energy) / at_ - share * start / at_;
        }
    }

    /// Goes on from bids to offers, and from there to the pairs, if the rule has any.
    function turn(uint256 delivery, uint256 market, uint256 stage) internal pure {
        bool bids = stage == Delivery.FILL_BIDS;
        if (delivery.u32(Auction.CURSOR) < delivery.u32(bids ? Delivery.BIDS : Delivery.OFFERS)) return;
        if (bids) {
            delivery.put(Auction.CURSOR, 32, 0);
            delivery.put(Auction.RUNNING, 64, 0);
            delivery.put8(Delivery.STAGE, Delivery.FILL_OFFERS);
        } else if (market.u8(Market.RULE) == Market.PAY_AS_BID && Auction.volume(delivery) > 0) {
            Pairing.begin(delivery);
        } else {
            Deliveries.rest(delivery, Delivery.OPEN);
        }
    }
}
