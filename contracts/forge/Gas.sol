// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IRollup} from "../src/IRollup.sol";
import {Batches} from "../src/Batches.sol";
import {Rollup} from "../src/Rollup.sol";
import {Toy} from "../test/Toy.sol";
import {vm, Vm} from "./Vm.sol";

/// What leaving and proving cost grows with the logarithm of what is proven in, by a fixed amount a level, and with
/// nothing else: calldata of a sibling (32 bytes, 16 gas each at most) and one more hash.
contract Gas {
    uint256 internal constant UNIT = 1e9;

    /// gas a level: 512 of calldata, the rest to read and to hash it.
    uint256 internal constant LEVEL = 512 + 400;

    address internal constant member = address(0xA1);
    uint96 internal constant amount = 5e9;

    /// Shown by `forge test -vv`: the gas by level.
    event log_named_array(string key, uint256[] val);

    /// A tree with one leaf that is known, and siblings on the lowest so many levels.
    function treeOf(bytes32 leaf, uint32 place, uint256 levels) internal pure returns (bytes32 node, bytes memory proof) {
        uint32 bits;
        bytes32 empty;
        node = leaf;
        for (uint256 level; level < 32; ++level) {
            bytes32 sibling = empty;
            if (level < levels) {
                sibling = keccak256(abi.encode(level));
                bits |= uint32(1) << uint32(31 - level);
                proof = abi.encodePacked(proof, sibling);
            }
            node = place >> level & 1 == 0 ? pair(node, sibling) : pair(sibling, node);
            empty = pair(empty, empty);
        }
        proof = abi.encodePacked(bits, proof);
    }

    function pair(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(left, right));
    }

    function headOf(bytes32 tree) internal pure returns (IRollup.Head memory head) {
        head.tree = tree;
    }

    function rootOf(bytes32 tree) internal pure returns (bytes32) {
        return pair(keccak256(abi.encodePacked(headOf(tree).words)), tree);
    }

    /// A chain that begins with this tree and holds some money.
    function chainOf(bytes32 tree) internal returns (Rollup rollup, IRollup.Header memory genesis) {
        address[] memory operators = new address[](1);
        operators[0] = address(0xB0);
        IRollup.Config memory config = IRollup.Config({
            genesis: rootOf(tree),
            transition: address(new Toy()),
            governor: address(0x60),
            operators: operators,
            bond: 1 ether,
            windowBlocks: 10,
            windowSeconds: 1 hours,
            silence: 2 hours,
            forcedDelay: 4 hours,
            exitDelay: 2 days,
            revealSeconds: 10 minutes,
            commitBond: 1 ether,
            pauseSeconds: 1 days,
            upgradeDelay: 4 days,
            forcedFee: 0.01 ether
        });
        vm.recordLogs();
        rollup = new Rollup(config);
        genesis = headerOf(vm.getRecordedLogs());
        vm.deal(address(this), 100 ether);
        rollup.deposit{value: 2 * amount * UNIT}(0);
        (member.call{value: 1}("")); // it exists
    }

    function headerOf(Vm.Log[] memory logs) internal pure returns (IRollup.Header memory) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == IRollup.Posted.selector) return abi.decode(logs[i].data, (IRollup.Header));
        }
        revert("no batch was posted");
    }

    /// gas of a call: execution and calldata.
    function cost(Rollup rollup, bytes memory call) internal returns (uint256 gas) {
        for (uint256 i; i < call.length; ++i) gas += call[i] == 0 ? 4 : 16;
        uint256 before = gasleft();
        (bool done,) = address(rollup).call(call);
        gas += before - gasleft();
        require(done, "done");
    }

    function bounded(string memory what, uint256[] memory gas) internal {
        emit log_named_array(what, gas);
        for (uint256 level; level < gas.length; ++level) require(gas[level] <= gas[0] + LEVEL * level, what);
    }

    function test_leaving_costs_a_constant_and_so_much_a_level() public {
        uint256[] memory gas = new uint256[](29); // 2^28 withdrawals
        for (uint256 level; level < gas.length; ++level) {
            (bytes32 tree, bytes memory proof) = treeOf(keccak256(abi.encodePacked(member, amount)), 6 << 28, level);
            (Rollup rollup,) = chainOf(tree);
            gas[level] = cost(rollup, abi.encodeCall(IRollup.withdraw, (0, member, amount, headOf(tree), proof)));
        }
        bounded("withdraw", gas);
        gas = new uint256[](21); // 2^20 accounts
        bytes32[3] memory words = [bytes32(bytes20(member)), bytes32(uint256(amount) << 128), 0];
        for (uint256 level; level < gas.length; ++level) {
            (bytes32 tree, bytes memory proof) = treeOf(keccak256(abi.encodePacked(words)), 1 << 28, level);
            (Rollup rollup, IRollup.Header memory genesis) = chainOf(tree);
            vm.warp(genesis.postedAt + 2 days + 1); // not from `block.timestamp`, which the compiler reads once
            rollup.freeze(genesis);
            gas[level] = cost(rollup, abi.encodeCall(IRollup.exit, (0, words, headOf(tree), proof)));
        }
        bounded("exit", gas);
    }

    /// A lie in the first of 2^levels segments.
    function test_a_proof_of_fraud_costs_a_constant_and_so_much_a_level() public {
        uint256[] memory gas = new uint256[](13); // 4096 segments
        for (uint256 level; level < gas.length; ++level) gas[level] = fraud(level);
        bounded("prove", gas);
    }

    function fraud(uint256 levels) internal returns (uint256) {
        bytes32 tree = keccak256("tree");
        (Rollup rollup, IRollup.Header memory genesis) = chainOf(tree);
        IRollup.Head memory end = headOf(keccak256("lie"));
        bytes32 lie = rootOf(end.tree);
        uint256 count = 1 << levels;
        bytes32[] memory nodes = new bytes32[](count);
        bytes memory data = new bytes(34 * count); // no records
        for (uint256 i; i < count; ++i) {
            nodes[i] = Batches.leaf(i == 0 ? genesis.root : lie, keccak256(""), lie);
            assembly ("memory-safe") {
                mstore(add(add(data, 34), mul(34, i)), lie)
            }
        }
        vm.deal(address(0xB0), 2 ether);
        vm.prank(address(0xB0), address(0xB0));
        rollup.bond{value: 1 ether}();
        vm.recordLogs();
        vm.prank(address(0xB0), address(0xB0));
        rollup.post(genesis, data, end, 0, preimageOf());
        IRollup.Fraud memory told;
        told.header = headerOf(vm.getRecordedLogs());
        told.pre = genesis.root;
        told.post = lie;
        told.witness = abi.encodePacked(headOf(tree).words, tree);
        told.path = new bytes32[](levels);
        for (uint256 level; level < levels; ++level) {
            told.path[level] = nodes[1];
            for (uint256 i; i < count >> (level + 1); ++i) nodes[i] = pair(nodes[2 * i], nodes[2 * i + 1]);
        }
        return cost(rollup, abi.encodeCall(IRollup.prove, (told, bytes32(0))));
    }

    /// The deposit that waits in the queue.
    function preimageOf() internal view returns (bytes memory) {
        return abi.encodePacked(uint8(0), uint40(block.timestamp), uint32(0), uint128(2 * amount), address(this));
    }
}
