// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Demands} from "./Demands.sol";
import {IRollup} from "./IRollup.sol";
import {Merge} from "./Merge.sol";

/// Members' signatures on demand; docs/ledgers/data_modes.md. One demand a segment: what is shown, all can read.
contract Signatures is Demands {
    /// A longer list would make the proof that needs it dearer than any other.
    uint256 private constant LONGEST = 2048;

    constructor(address rollup_, Terms memory terms, uint64 windowSeconds, uint64 windowBlocks)
        Demands(rollup_, terms, windowSeconds, windowBlocks)
    {}

    /// Demands the signatures of a segment.
    function demand(IRollup.Header calldata header, uint32 segment) external payable {
        _ask(header, segment, "");
    }

    /// Shows the signatures that were demanded; for anybody who has them.
    /// @param bare keccak256 of the segment's records without signatures
    function show(
        IRollup.Header calldata header,
        uint32 segment,
        bytes32 pre,
        bytes32 bare,
        bytes calldata signatures,
        bytes32 post,
        bytes32[] calldata path
    ) external {
        if (signatures.length > LONGEST) revert WrongSegment(segment);
        _checkSegment(header, segment, pre, _pair(bare, keccak256(signatures)), post, path);
        _answered(header, segment, address(0), signatures);
    }

    function voidInput() external pure override returns (bytes32) {
        return _pair(keccak256(hex"00"), keccak256(""));
    }

    /// @param shown `length u16 ‖ records without signatures ‖ signatures`
    function reveal(bytes calldata shown) external pure override returns (bytes32 input, bytes memory records) {
        uint256 end = 2 + uint256(uint16(bytes2(shown)));
        bytes calldata bare = shown[2:end];
        bytes calldata signatures = shown[end:];
        return (_pair(keccak256(bare), keccak256(signatures)), Merge.merge(bare, signatures));
    }

    function _id(bytes32 hash, uint32 segment, address) internal pure override returns (bytes32) {
        return keccak256(abi.encode(hash, segment));
    }
}
