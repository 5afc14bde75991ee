// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IRollup} from "../src/IRollup.sol";
import {IToken} from "../src/IToken.sol";
import {Rollup} from "../src/Rollup.sol";
import {TokenRollup} from "../src/TokenRollup.sol";
import {Token} from "../test/Token.sol";
import {vm} from "./Vm.sol";
import {World} from "./World.sol";

/// The same world where money is a token of 18 decimals, whose units are counted like wei.
contract TokenWorld is World {
    Token private token;

    function create(IRollup.Config memory config) internal override returns (Rollup) {
        token = new Token(18, Token.Manner.PLAIN);
        return new TokenRollup(config, IToken(address(token)));
    }

    function balanceOf(address who) public view override returns (uint256) {
        return token.balanceOf(who);
    }

    function depositOf(uint32 account, uint256 value) internal pure override returns (bytes memory) {
        return abi.encodeWithSignature("deposit(uint32,uint256)", account, value);
    }

    function pay(address who, uint256 value, bytes memory call) internal override returns (bool done) {
        token.mint(who, value);
        vm.prank(who, who);
        token.approve(address(rollup), value);
        return as_(who, call);
    }
}
