// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Base} from "./Base.sol";
import {Keys} from "./Keys.sol";
import {Withheld} from "./Withheld.sol";

/// The dual chain with batches that only registered watchers can read; docs/ledgers/data_modes.md. A proof shows the
/// key of one segment, and with it that segment's records.
contract SealedRollup is Withheld {
    constructor(Config memory config, Keys.Terms memory terms)
        Base(config)
        Withheld(new Keys(address(this), terms, config.windowSeconds, config.windowBlocks, config.governor))
    {}

    /// @param data `length u16 ‖ wraps`, which the contract does not look at, then for each segment
    ///        `length u16 ‖ ciphertext ‖ keccak256(key) ‖ root`
    function post(Header calldata parent, bytes calldata data, Head calldata head, bytes32 chain, bytes calldata next)
        external
    {
        _append(parent, _walk(data[2 + uint256(uint16(bytes2(data))):], parent.root), head, chain, next, 0);
    }
}
