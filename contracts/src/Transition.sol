// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Accounts} from "./Accounts.sol";
import {Auction} from "./Auction.sol";
import {Deliveries} from "./Deliveries.sol";
import {ITransition} from "./ITransition.sol";
import {Lapsing} from "./Lapsing.sol";
import {Leaf} from "./Leaf.sol";
import {Listing} from "./Listing.sol";
import {Records} from "./Records.sol";
import {Settlement} from "./Settlement.sol";
import {Sharing} from "./Sharing.sol";
import {Head} from "./State.sol";
import {Trading} from "./Trading.sol";
import {Known, Witness} from "./Witness.sol";
import {Work} from "./Work.sol";

/// @title The transition of the secondary chain: computes one segment again
/// @notice What every record does is on docs/ledgers/rollup.md; `crates/rollup/src/step` does the same in the same order
/// under the same names, and a differential fuzz holds the two together. A record that does not hold changes nothing;
/// the comment where it is refused names the market's refusal.
contract Transition is ITransition {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    /// The items of the queue are cut off, or more than the segment consumes.
    error WrongItems();

    /// What a segment depends on beside the state.
    struct Context {
        uint256 postedAt;
        uint256 available; // items of the queue that there were then
        uint256 item; // the next one, in calldata
        uint256 items; // where they end
        bytes32 chain; // the queue's hash before it
        bytes32 pre; // the root before
        bytes32 head; // the head's hash before
        uint256 from; // items of the queue consumed before
    }

    /// @inheritdoc ITransition
    function execute(
        bytes32 pre,
        uint64 postedAt,
        uint64 available,
        bytes calldata records,
        bytes calldata items,
        bytes32 chain,
        bytes calldata witness
    ) external view returns (bytes32 post, uint64 from, uint64 to, bytes32 chainAfter) {
        Known memory known = Witness.open(witness);
        Context memory context;
        context.postedAt = postedAt;
        context.available = available;
        context.pre = pre;
        context.head = known.headHash();
        context.from = known.head.u64(Head.QUEUE);
        context.chain = chain;
        uint256 item;
        assembly ("memory-safe") {
            item := items.offset
        }
        context.item = item;
        context.items = item + items.length;
        run(known, context, records);
        if (context.item != context.items) revert WrongItems();
        return (proven(known, context), uint64(context.from), uint64(known.head.u64(Head.QUEUE)), context.chain);
    }

    /// The root after, once the root before is the one that was asked for.
    function proven(Known memory known, Context memory context) private pure returns (bytes32) {
        (bytes32 before, bytes32 afterwards) = known.roots();
        if (Witness.root(context.head, before) != context.pre) revert Witness.WrongRoot();
        return Witness.root(known.headHash(), afterwards);
    }

    /// Carries a segment's records out, one after the other; none where their bytes are beyond a bound or no records.
    function run(Known memory known, Context memory context, bytes calldata records) private view {
        unchecked {
            uint256 record;
            assembly ("memory-safe") {
                record := records.offset
            }
            uint256 end = record + records.length;
            bool signed = known.head.u8(Head.SIGNATURES) != 0;
            if (!Records.bounded(record, end, signed)) return;
            while (record < end) {
                carryOut(known, context, record);
                // slither-disable-next-line unused-return (its weight was counted before)
                (record,) = Records.next(record, end, signed);
            }
        }
    }

    /// Carries one record out. While work goes on nothing else may happen but ticks.
    function carryOut(Known memory known, Context memory context, uint256 record) private view {
        uint256 kind = record.field(0, 8);
        if (kind == Records.ADVANCE) return Work.advance(known, record);
        if (kind == Records.TICK) return Accounts.tick(known, record, context.postedAt);
        if (kind == Records.MERIT) return Listing.merit(known, record);
        if (known.head.u16(Head.WORK) != 0) return; // BookFrozen
        if (kind >= Records.ORDER && kind < Records.CLOSE) return personal(known, record, kind, false);
        if (kind == Records.QUEUE) return consume(known, context, record);
        if (kind == Records.ACCOUNT) return Accounts.open(known, record);
        if (kind == Records.METER) return Accounts.connect(known, record);
        if (kind == Records.OPEN) return Deliveries.open(known, record);
        if (kind == Records.PUBLISH) return Deliveries.publish(known, record);
        if (kind == Records.CLOSE) return Deliveries.close(known, record);
        if (kind == Records.CLEAR || kind == Records.NOTHING) return Auction.clear(known, record);
        if (kind == Records.SHARE) return Sharing.share(known, record);
        if (kind == Records.SETTLE) return Settlement.begin(known, record);
        if (kind == Records.LAPSE) return Lapsing.begin(known, record);
    }

    /// Carries out what members and meters ask for.
    function personal(Known memory known, uint256 record, uint256 kind, bool forced) private view {
        if (kind & 0xf8 == Records.ORDER) return Trading.place(known, record, forced);
        if (kind & 0xfa == Records.CANCEL) return Trading.cancel(known, record, forced);
        if (kind & 0xfb == Records.READING) return Trading.read(known, record, forced);
        if (kind & 0xfb == Records.WITHDRAW) return Accounts.withdraw(known, record, forced);
        if (kind & 0xfb == Records.TRANSFER) return Accounts.transfer(known, record, forced);
    }

    /// Carries out items of the primary chain's queue. One that begins work is the last.
    function consume(Known memory known, Context memory context, uint256 record) private view {
        unchecked {
            uint256 consumed = known.head.u64(Head.QUEUE);
            uint256 count = record.field(1, 8);
            if (consumed + count > context.available) return; // TooMany
            for (; count > 0 && known.head.u16(Head.WORK) == 0; --count) {
                uint256 item = context.item;
                // kind u8 ‖ time u40 ‖ deposit: account u32, amount u128, sender u160; forced: length u16, record
                uint256 kind = item.field(0, 8);
                uint256 size = kind == 0 ? 46 : 8 + item.field(6, 16);
                if (kind > 1 || item + size > context.items) revert WrongItems();
                context.item = item + size;
                context.chain = link(context.chain, item, size);
                if (kind == 0) Accounts.deposit(known, item.field(6, 32), item.field(10, 128), item.field(26, 160));
                else force(known, item + 8, item + size);
                known.head.put(Head.QUEUE, 64, ++consumed);
            }
        }
    }

    /// The queue's hash after one more item.
    function link(bytes32 chain, uint256 item, uint256 size) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let room := mload(64)
            mstore(room, chain)
            calldatacopy(add(room, 32), item, size)
            hash := keccak256(room, add(size, 32))
        }
    }

    /// Carries out a record that somebody forced in: a personal one with its signature, or a lapse. Others do nothing.
    function force(Known memory known, uint256 record, uint256 end) private view {
        // slither-disable-next-line unused-return (its weight is the queue's)
        (uint256 after_,) = Records.next(record, end, true);
        if (after_ != end) return; // Malformed
        uint256 kind = record.field(0, 8);
        if (kind == Records.LAPSE) Lapsing.begin(known, record);
        else personal(known, record, kind, true);
    }
}
