// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Accounts} from "./Accounts.sol";
import {Deliveries} from "./Deliveries.sol";
import {ITransition} from "./ITransition.sol";
import {Leaf} from "./Leaf.sol";
import {Records} from "./Records.sol";
import {Head} from "./State.sol";
import {Trading} from "./Trading.sol";
import {Known, Witness} from "./Witness.sol";

/// @title The transition of the secondary chain: computes one segment again
/// @notice What every record does is on docs/ledgers/rollup.md; `crates/rollup/src/step` does the same in the same order
/// under the same names, and a differential fuzz holds the two together.
contract Transition is ITransition {
    using Leaf for uint256;
    using Records for uint256;
    using Witness for Known;

    /// @inheritdoc ITransition
    function execute(
        bytes32 pre,
        uint64 postedAt,
        bytes calldata records,
        bytes calldata items,
        bytes32 chain,
        bytes calldata witness
    ) external view returns (bytes32 post, uint64 from, uint64 to, bytes32 chainAfter) {
        Known memory known = Witness.open(witness);
        from = uint64(known.head.u64(Head.QUEUE));
        bytes32 headBefore = known.headHash();
        run(known, records, postedAt);
        chainAfter = chain;
        items;
        (bytes32 before, bytes32 afterwards) = known.roots();
        if (Witness.root(headBefore, before) != pre) revert Witness.WrongRoot();
        to = uint64(known.head.u64(Head.QUEUE));
        post = Witness.root(known.headHash(), afterwards);
    }

    function run(Known memory known, bytes calldata records, uint256 postedAt) private view {
        unchecked {
            uint256 record;
            assembly ("memory-safe") {
                record := records.offset
            }
            uint256 end = record + records.length;
            bool signed = known.head.u8(Head.SIGNATURES) != 0;
            if (!Records.bounded(record, end, signed)) return;
            while (record < end) {
                execute(known, record, postedAt, false);
                (record,) = Records.next(record, end, signed);
            }
        }
    }

    function execute(Known memory known, uint256 record, uint256 postedAt, bool forced) private view {
        uint256 kind = record.field(0, 8);
        if (kind & 0xf8 == Records.ORDER) return Trading.place(known, record, forced);
        if (kind & 0xfb == Records.READING) return Trading.read(known, record, forced);
        if (kind & 0xfa == Records.CANCEL) return Trading.cancel(known, record, forced);
        if (kind & 0xfb == Records.WITHDRAW) return Accounts.withdraw(known, record, forced);
        if (kind & 0xfb == Records.TRANSFER) return Accounts.transfer(known, record, forced);
        if (kind == Records.TICK) return Accounts.tick(known, record, postedAt);
        if (kind == Records.ACCOUNT) return Accounts.open(known, record);
        if (kind == Records.METER) return Accounts.connect(known, record);
        if (kind == Records.OPEN) return Deliveries.open(known, record);
        if (kind == Records.PUBLISH) return Deliveries.publish(known, record);
        if (kind == Records.CLOSE) return Deliveries.close(known, record);
    }
}
