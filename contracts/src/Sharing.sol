// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Deliveries} from "./Deliveries.sol";
import {Leaf} from "./Leaf.sol";
import {Pairing} from "./Pairing.sol";
import {Records} from "./Records.sol";
import {Delivery, Head, Market, Meter, Position} from "./State.sol";
import {Known, Witness} from "./Witness.sol";

/// Keys: what was metered is shared after delivery.
///
/// With generation G and consumption C of all metering points, the static key gives each min(c, k·G), the dynamic one
/// c·min(1, G/C); producers give it in proportion to what they fed in. Fractions round by running sums, in the order of
/// ranks from (interval number mod n) on.
library Sharing {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    // What sharing knows, in the delivery's words for work.
    uint256 private constant CURSOR = Delivery.WORK; // u32, how many metering points are done
    uint256 private constant FIRST = Delivery.WORK + 4; // u32, the rank of the first
    uint256 private constant GIVEN = Delivery.WORK + 8; // u64, energy given out so far, Wh
    uint256 private constant SHARED = Delivery.WORK + 16; // u64, energy that all get together, once that is known, Wh
    uint256 private constant SUM = Delivery.WORK + 32; // u128, of what the points done brought, in the key's parts

    /// Parts of a whole that static shares are in.
    uint256 private constant PARTS = 1_000_000;

    /// Sharing begins.
    function share(Known memory known, uint256 record) internal pure {
        unchecked {
            uint256 slot = record.field(1, 8);
            uint256 delivery = Deliveries.used(known, slot);
            if (delivery == 0) return; // ReadingMissing
            uint256 market = known.leaf(Market.place(delivery.u8(Delivery.CARRIER)));
            if (Deliveries.takesOrders(market)) return; // WrongClaim, or NotFrozen
            uint256 meters = market.u32(Market.METERS);
            if (delivery.u32(Delivery.READINGS) < meters) return; // ReadingMissing
            if (delivery.u8(Delivery.STAGE) == Delivery.SHARED) return; // NotFrozen
            uint256 duration = known.head.u32(Head.DURATION);
            uint256 number = delivery.u64(Delivery.START) / (duration == 0 ? 1 : duration);
            Deliveries.begin(known, slot, delivery, Delivery.SHARE_BOUGHT);
            delivery.put(FIRST, 32, number % (meters == 0 ? 1 : meters));
        }
    }

    /// Goes on from those who get to those who give.
    function turn(uint256 delivery, uint256 market, uint256 stage) internal pure {
        if (delivery.u32(CURSOR) < market.u32(Market.METERS)) return;
        if (stage == Delivery.SHARE_BOUGHT) {
            uint256 first = delivery.u32(FIRST);
            uint256 given = delivery.u64(GIVEN);
            Deliveries.rest(delivery, Delivery.SHARE_SOLD);
            delivery.put(FIRST, 32, first);
            delivery.put(SHARED, 64, given);
        } else {
            Deliveries.rest(delivery, Delivery.SHARED);
        }
    }

    /// The next rank.
    function next(uint256 delivery, uint256 market) private pure returns (uint256 rank) {
        unchecked {
            uint256 cursor = delivery.u32(CURSOR);
            uint256 meters = market.u32(Market.METERS);
            rank = (delivery.u32(FIRST) + cursor) % (meters == 0 ? 1 : meters);
            delivery.put(CURSOR, 32, cursor + 1);
        }
    }

    /// The next part of a running sum n/d·Σ, rounded down, becomes a trade of the position.
    function give(uint256 delivery, uint256 position, uint256 side, uint256 market, uint256 more, uint256 n, uint256 d)
        private
        pure
    {
        unchecked {
            more += delivery.u128(SUM);
            delivery.put(SUM, 128, more);
            uint256 upto = d == 0 ? 0 : more * n / d;
            uint256 part = upto - delivery.u64(GIVEN);
            delivery.put(GIVEN, 64, upto);
            uint256 traded = Position.BOUGHT + 8 * side;
            position.put(traded, 64, position.u64(traded) + part);
            Pairing.pay(position, side, int256(part) * market.i32(Market.PRICE));
        }
    }

    /// What the next metering point gets.
    function bought(Known memory known, uint256 slot, uint256 delivery, uint256 market) internal pure {
        unchecked {
            uint256 rank = next(delivery, market);
            uint256 position = known.leaf(Position.place(slot, rank));
            uint256 consumption = position.u64(Position.IMPORT);
            uint256 generation = delivery.u64(Delivery.EXPORT);
            if (market.u8(Market.RULE) == Market.STATIC) {
                uint256 meter = known.leaf(Meter.place(delivery.u8(Delivery.CARRIER), rank));
                uint256 cell = meter.u32(Meter.SHARE) * generation;
                if (consumption * PARTS < cell) cell = consumption * PARTS;
                give(delivery, position, 0, market, cell, 1, PARTS);
            } else {
                uint256 all = delivery.u64(Delivery.IMPORT);
                give(delivery, position, 0, market, consumption, all < generation ? all : generation, all);
            }
        }
    }

    /// What the next metering point gives.
    function sold(Known memory known, uint256 slot, uint256 delivery, uint256 market) internal pure {
        uint256 position = known.leaf(Position.place(slot, next(delivery, market)));
        uint256 shared = delivery.u64(SHARED);
        give(
            delivery, position, 1, market, position.u64(Position.EXPORT), shared, delivery.u64(Delivery.EXPORT)
        );
    }
}
