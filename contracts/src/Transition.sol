// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ITransition} from "./ITransition.sol";

contract Transition is ITransition {
    error MissingLeaf(uint32 place);

    function execute(bytes32, uint64, uint64, bytes calldata, bytes calldata, bytes32, bytes calldata)
        external
        pure
        returns (bytes32, uint64, uint64, bytes32)
    {
        revert MissingLeaf(0);
    }
}
