// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Merge} from "./Merge.sol";
import {Withheld} from "./Withheld.sol";

/// The dual chain with members' signatures on demand: records are posted without them, and whoever doubts a segment has
/// them shown; docs/ledgers/data_modes.md.
contract DemandRollup is Withheld {
    constructor(Config memory config, Terms memory terms) Withheld(config, terms) {}

    /// @param data `length u16 ‖ records without signatures ‖ keccak256(signatures) ‖ root` for each segment
    function post(Header calldata parent, bytes calldata data, Head calldata head, bytes32 chain, bytes calldata next)
        external
    {
        _append(parent, _walk(data, parent.root), head, chain, next, 0);
    }

    /// Demands the signatures of a segment; one demand a segment.
    function demand(Header calldata header, uint32 segment) external payable {
        _ask(header, segment, 0, false);
    }

    /// Shows the signatures that were demanded; for anybody who has them.
    /// @param bare keccak256 of the segment's records without signatures
    function show(
        Header calldata header,
        uint32 segment,
        bytes32 pre,
        bytes32 bare,
        bytes calldata signatures,
        bytes32 post_,
        bytes32[] calldata path
    ) external {
        // A longer list would make the proof that needs it dearer than any.
        if (signatures.length > 2048) revert WrongData(segment);
        _checkSegment(header, segment, pre, _pair(bare, keccak256(signatures)), post_, path);
        _answered(header, segment, address(0), signatures);
    }

    function _voidInput() internal pure override returns (bytes32) {
        return _pair(keccak256(hex"00"), keccak256(""));
    }

    /// A proof shows `length u16 ‖ records without signatures ‖ signatures`.
    function _reveal(bytes calldata shown) internal pure override returns (bytes32 input, bytes memory records) {
        uint256 end = 2 + uint256(uint16(bytes2(shown)));
        bytes calldata bare = shown[2:end];
        bytes calldata signatures = shown[end:];
        return (_pair(keccak256(bare), keccak256(signatures)), Merge.merge(bare, signatures));
    }

    function _id(bytes32 hash, uint32 segment, address) internal pure override returns (bytes32) {
        return keccak256(abi.encode(hash, segment));
    }
}
