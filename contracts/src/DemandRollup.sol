// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Base} from "./Base.sol";
import {Signatures} from "./Signatures.sol";
import {Withheld} from "./Withheld.sol";

/// The dual chain with members' signatures on demand: records are posted without them, and whoever doubts a segment has
/// them shown; docs/ledgers/data_modes.md.
contract DemandRollup is Withheld {
    constructor(Config memory config, Signatures.Terms memory terms)
        Base(config)
        Withheld(new Signatures(address(this), terms, config.windowSeconds, config.windowBlocks))
    {}

    /// @param data `length u16 ‖ records without signatures ‖ keccak256(signatures) ‖ root` for each segment
    function post(Header calldata parent, bytes calldata data, Head calldata head, bytes32 chain, bytes calldata next)
        external
    {
        _append(parent, _walk(data, parent.root), head, chain, next, 0);
    }
}
