// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ITransition} from "./ITransition.sol";
import {Known, Witness} from "./Witness.sol";
import {Leaf} from "./Leaf.sol";

contract Transition is ITransition {
    using Witness for Known;

    function execute(
        bytes32 pre,
        uint64 postedAt,
        uint64 available,
        bytes calldata records,
        bytes calldata items,
        bytes32 chain,
        bytes calldata witness
    ) external pure returns (bytes32 post, uint64 from, uint64 to, bytes32 chainAfter) {
        Known memory known = Witness.open(witness);
        (bytes32 before, bytes32 afterwards) = known.roots();
        postedAt; available; records; items;
        if (root(known.head, before) != pre) revert Witness.WrongRoot();
        return (root(known.head, afterwards), 0, 0, chain);
    }

    function root(uint256 head, bytes32 tree) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, keccak256(head, 96))
            mstore(32, tree)
            hash := keccak256(0, 64)
        }
    }
}
