// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Rollup} from "../src/Rollup.sol";
import {TokenWorld} from "./TokenWorld.sol";
import {World} from "./World.sol";

/// What holds after any calls in any order.
contract Invariants {
    World internal world;
    Rollup internal rollup;
    uint64 private last;
    bytes32 private lastRoot;

    function setUp() public {
        world = create();
        rollup = world.rollup();
    }

    function create() internal virtual returns (World) {
        return new World();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(world);
    }

    /// Balances, withdrawals and deposits of members are what is held for them, and the contract has that coin, the
    /// bonds, what anybody may collect, what is burnt and what promises and fees have put in; nothing else.
    function invariant_every_coin_is_somebodys() public view {
        require(rollup.held() == world.membersHave(), "held for members");
        uint256 coin = rollup.held() * 1e9 + world.owed() + rollup.burnt() + world.coin();
        require(world.balanceOf(address(rollup)) == coin, "coin");
    }

    /// What is final is right, and stays.
    function invariant_a_final_root_is_right_and_never_changes() public {
        require(rollup.finalRoot() == world.rightRoot(), "the final root is the right one");
        (uint64 batches,, uint64 finalised,) = rollup.tip();
        require(finalised >= last && finalised <= batches, "finality goes forward");
        if (last > 0) require(world.keptRoot(last) == lastRoot, "what was final is");
        (last, lastRoot) = (finalised, world.keptRoot(finalised));
    }

    /// Random calls do reach every outcome that the invariants are about.
    function test_everything_happens() public {
        string[18] memory kinds = [
            "deposit", "force", "pause", "truth", "lie", "proven", "acquitted", "bond", "unbond", "earn", "spam", "claim",
            "reward", "finalise", "withdraw", "freeze", "exit", "refund"
        ];
        uint256[18] memory sum;
        for (uint256 life; life < 6; ++life) {
            if (life > 0) setUp();
            for (uint256 i; i < 700; ++i) act(uint256(keccak256(abi.encode(life, i))), i > 600);
            invariant_every_coin_is_somebodys();
            require(rollup.finalRoot() == world.rightRoot(), "right");
            for (uint256 kind; kind < kinds.length; ++kind) sum[kind] += world.counts(kinds[kind]);
        }
        for (uint256 kind; kind < kinds.length; ++kind) {
            emit Happened(kinds[kind], sum[kind]);
            require(sum[kind] > 0, kinds[kind]);
        }
    }

    event Happened(string what, uint256 times);

    /// One call of the world; towards the end nobody posts any more.
    function act(uint256 seed, bool silent) private {
        uint256 kind = seed % 24;
        uint256 drawn = seed >> 8;
        if (kind < 2) world.deposit(drawn, uint32(drawn >> 8), uint64(drawn >> 40));
        else if (kind == 2) world.force(drawn, abi.encodePacked(drawn));
        else if (kind < 6) world.wait(silent ? drawn << 4 : drawn, uint8(drawn));
        else if (kind < 10 && !silent) world.post(drawn, drawn % 5 == 0 ? uint8(drawn >> 8) : 0);
        else if (kind == 10) world.accuse(uint64(drawn), uint8(drawn >> 64), drawn >> 80 & 1 == 1);
        else if (kind == 11) world.spam(drawn, bytes32(drawn));
        else if (kind == 12) world.claim(drawn);
        else if (kind == 13) world.reward(drawn);
        else if (kind < 16) world.finalise();
        else if (kind == 16) world.withdraw(uint32(drawn));
        else if (kind == 17) world.collect(drawn);
        else if (kind == 18) world.freeze();
        else if (kind == 19) world.exit(uint32(drawn));
        else if (kind == 20) world.refund(uint64(drawn));
        else if (kind == 21) world.bond(drawn);
        else if (kind == 22) world.unbond(drawn);
        else if (drawn % 9 == 0) world.pause(uint64(drawn >> 8));
        else world.earn(uint64(drawn));
    }
}

/// The same where money is a token.
contract TokenInvariants is Invariants {
    function create() internal override returns (World) {
        return new TokenWorld();
    }
}
