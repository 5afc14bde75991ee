// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Leaf} from "../src/Leaf.sol";
import {Sharing} from "../src/Sharing.sol";
import {Delivery, Market, Meter, Position} from "../src/State.sol";
import {Known} from "../src/Witness.sol";

/// What is shared out by running sums that are rounded down: the parts sum up to the whole, and each is its exact share
/// or less than one Wh beside it, whoever comes first.
contract Shares {
    using Leaf for uint256;

    uint256 internal constant SLOT = 9;
    uint256 internal constant PARTS = 1_000_000;

    struct Street {
        Known known;
        uint256 market;
        uint256 delivery;
        uint256 count;
        uint256[] positions;
        uint256[] consumption; // Wh
        uint256[] generation; // Wh
        uint256 imported; // the sums
        uint256 exported;
    }

    function words(uint256 count) internal pure returns (uint256 leaf) {
        bytes memory room = new bytes(32 * count);
        assembly ("memory-safe") {
            leaf := add(room, 32)
        }
    }

    /// A carrier with so many metering points that were all read, about to be shared from a rank on.
    function streetOf(uint256 seed, uint256 rule) internal pure returns (Street memory street) {
        uint256 count = seed % 12 + 1;
        street.count = count;
        street.positions = new uint256[](count);
        street.consumption = new uint256[](count);
        street.generation = new uint256[](count);
        // Entries of the index by place: meters are in section 2, positions in section 4.
        uint256 index = words(2 * (2 * count + 1));
        street.known.index = index;
        street.known.end = index + 128 * count;
        uint256 left = PARTS;
        // Readings have 24 bits; small ones, where rounding matters, are drawn as often.
        uint256 largest = seed >> 250 & 1 == 0 ? 20 : (1 << 24) - 1;
        for (uint256 rank; rank < count; ++rank) {
            uint256 drawn = uint256(keccak256(abi.encode(seed, rank)));
            uint256 meter = words(2);
            uint256 share = rank + 1 == count ? left : drawn % (left + 1);
            left -= share;
            meter.put(Meter.SHARE, 32, share);
            index.putWord(64 * rank, Meter.place(0, rank) << 64 | 64 << 32 | meter);
            uint256 position = street.positions[rank] = words(4);
            street.consumption[rank] = drawn % 7 == 0 ? 0 : (drawn >> 64) % (largest + 1);
            street.generation[rank] = drawn % 3 == 0 ? 0 : (drawn >> 128) % (largest + 1);
            position.put(Position.IMPORT, 64, street.consumption[rank]);
            position.put(Position.EXPORT, 64, street.generation[rank]);
            street.imported += street.consumption[rank];
            street.exported += street.generation[rank];
            index.putWord(64 * (count + rank), Position.place(SLOT, rank) << 64 | 128 << 32 | position);
        }
        street.market = words(2);
        street.market.put(Market.METERS, 32, count);
        street.market.put8(Market.RULE, rule);
        street.market.put(Market.PRICE, 32, uint256(uint32(seed >> 100 & 0xffffff)));
        street.delivery = words(6);
        street.delivery.put(Delivery.IMPORT, 64, street.imported);
        street.delivery.put(Delivery.EXPORT, 64, street.exported);
        street.delivery.put8(Delivery.STAGE, Delivery.SHARE_BOUGHT);
        street.delivery.put(Delivery.WORK + 4, 32, (seed >> 32) % count); // the first rank
    }

    function share(Street memory street) internal pure {
        for (uint256 i; i < street.count; ++i) Sharing.bought(street.known, SLOT, street.delivery, street.market);
        Sharing.turn(street.delivery, street.market, Delivery.SHARE_BOUGHT);
        require(street.delivery.u8(Delivery.STAGE) == Delivery.SHARE_SOLD, "goes on to those who give");
        for (uint256 i; i < street.count; ++i) Sharing.sold(street.known, SLOT, street.delivery, street.market);
    }

    /// `part` is at most one away from n / d.
    function near(uint256 part, uint256 n, uint256 d) internal pure returns (bool) {
        return part * d < n + d && (part + 1) * d > n;
    }

    function add(Street memory street) internal pure returns (uint256 bought, uint256 sold, int256 money) {
        for (uint256 rank; rank < street.count; ++rank) {
            uint256 position = street.positions[rank];
            bought += position.u64(Position.BOUGHT);
            sold += position.u64(Position.SOLD);
            money += position.i64(Position.PAID) - position.i64(Position.RECEIVED);
            require(position.u64(Position.BOUGHT) <= street.consumption[rank], "no more than consumed");
            require(position.u64(Position.SOLD) <= street.generation[rank], "no more than fed in");
        }
    }

    function test_dynamic_shares_sum_up_to_what_there_is(uint256 seed) public pure {
        Street memory street = streetOf(seed, Market.DYNAMIC);
        share(street);
        (uint256 bought, uint256 sold, int256 money) = add(street);
        uint256 both = street.imported < street.exported ? street.imported : street.exported;
        require(bought == both && sold == both && money == 0, "the whole");
        for (uint256 rank; rank < street.count; ++rank) {
            uint256 position = street.positions[rank];
            if (street.imported > 0) require(near(position.u64(Position.BOUGHT), street.consumption[rank] * both, street.imported), "who gets");
            if (street.exported > 0) require(near(position.u64(Position.SOLD), street.generation[rank] * both, street.exported), "who gives");
        }
    }

    function test_static_shares_sum_up_to_what_is_taken(uint256 seed) public pure {
        Street memory street = streetOf(seed, Market.STATIC);
        share(street);
        (uint256 bought, uint256 sold, int256 money) = add(street);
        uint256 sum;
        for (uint256 rank; rank < street.count; ++rank) {
            uint256 meter = street.known.index.word(64 * rank) & 0xffffffff;
            uint256 most = meter.u32(Meter.SHARE) * street.exported;
            uint256 taken = street.consumption[rank] * PARTS;
            uint256 cell = taken < most ? taken : most;
            sum += cell;
            require(near(street.positions[rank].u64(Position.BOUGHT), cell, PARTS), "who gets");
        }
        require(bought == sum / PARTS && money == 0, "the whole, rounded down once");
        require(sold == (street.exported == 0 ? 0 : bought), "what is got is given");
        require(bought <= street.exported && bought <= street.imported, "no more than there is");
    }
}
