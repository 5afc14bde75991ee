// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IRollup} from "../src/IRollup.sol";
import {Batches} from "../src/Batches.sol";
import {Rollup} from "../src/Rollup.sol";
import {Toy} from "../test/Toy.sol";
import {vm, Vm} from "./Vm.sol";

/// A rollup and everybody around it, moved by random calls: members who pay in and withdraw, operators who tell the
/// truth or lie, a watcher who proves every lie before it becomes final, others who try to prove what is true.
///
/// What is right is kept here beside: the state that every input leads to. The transition is `Toy`, whose records set
/// the tree's root and consume the queue, so every state is known without executing anything.
contract World {
    uint32 internal constant MEMBERS = 5;
    uint256 internal constant UNIT = 1e9;
    uint32 internal constant ACCOUNTS = 1 << 28;
    uint32 internal constant WITHDRAWALS = 6 << 28;
    uint256 public constant BOND = 10 ether;
    uint256 public constant PROMISE = 1 ether;
    uint256 public constant FEE = 0.01 ether;
    uint256 internal constant DELAY = 4 hours;

    struct State {
        uint64 queue;
        uint32 withdrawals;
        uint128[MEMBERS] balances;
        bytes32 tree;
    }

    struct Out {
        address to;
        uint96 amount;
        bool paid;
    }

    struct Item {
        bytes preimage;
        uint40 time;
        uint32 account;
        uint128 amount; // 0: a forced record
        address sender;
        bool refunded;
    }

    /// A batch as it was posted: two segments, the first consumes the queue, the second sets the tree.
    struct Posted {
        IRollup.Header header;
        bytes[2] records;
        bytes32[3] trees; // before, between and after, as claimed
        uint64[3] queues;
        bool[2] lies;
    }

    struct Promised {
        address who;
        bytes32 hash;
        uint32 segment;
        bytes32 salt;
    }

    Rollup public immutable rollup;
    address[3] public operators;
    address[MEMBERS] public members;
    address internal constant watcher = address(0x77);

    State[] internal states; // after each input, from the genesis on
    Posted[] internal batches; // by number, from 1; the one before stands for the genesis
    Out[] internal outs;
    Item[] internal items;
    Promised[] internal promises;
    bytes32[] internal fallen; // batches proven wrong whose reward is open
    mapping(bytes32 hash => bool) internal fell;
    mapping(uint32 account => bool) internal exited;
    bytes32[33] internal zeros;

    uint256 public coin; // wei that must be there beside what is held for members, bonds, claims and burnt coin
    uint64 public finalised;
    mapping(string what => uint256) public counts;

    constructor() {
        for (uint256 level; level < 32; ++level) {
            zeros[level + 1] = keccak256(abi.encodePacked(zeros[level], zeros[level]));
        }
        for (uint160 i; i < MEMBERS; ++i) members[i] = address(0xA0 + i);
        address[] memory order = new address[](3);
        for (uint160 i; i < 3; ++i) order[i] = operators[i] = address(0xB0 + i);
        State storage genesis = states.push();
        genesis.tree = rootOf(genesis);
        IRollup.Config memory config = IRollup.Config({
            genesis: rootWith(0, genesis.tree),
            transition: address(new Toy()),
            governor: address(0x60),
            operators: order,
            bond: uint128(BOND),
            windowBlocks: 10,
            windowSeconds: 1 hours,
            silence: 2 hours,
            forcedDelay: uint64(DELAY),
            exitDelay: 2 days,
            revealSeconds: 10 minutes,
            commitBond: uint128(PROMISE),
            pauseSeconds: 1 days,
            upgradeDelay: 4 days,
            forcedFee: uint128(FEE)
        });
        vm.recordLogs();
        rollup = create(config);
        batches.push().header = headerOf(vm.getRecordedLogs());
        batches[0].trees[2] = genesis.tree;
        for (uint256 i; i < 3; ++i) pay(operators[i], BOND, abi.encodeCall(IRollup.bond, ()));
    }

    // What anybody may do.

    function deposit(uint256 who, uint32 account, uint64 amount) external {
        Item memory item = Item("", uint40(block.timestamp), account % (MEMBERS + 2), uint128(amount) + 1, members[who % MEMBERS], false);
        item.preimage = abi.encodePacked(uint8(0), item.time, item.account, item.amount, item.sender);
        uint256 value = item.amount * UNIT;
        bool done = pay(item.sender, value, depositOf(item.account, value));
        check(done == !rollup.frozen(), "a deposit is taken unless all is over");
        if (done) items.push(item);
        count("deposit", done);
    }

    function force(uint256 who, bytes calldata record) external {
        bytes memory cut = record.length > 200 ? record[:200] : record;
        address sender = members[who % MEMBERS];
        bool done = pay(sender, FEE, abi.encodeCall(IRollup.force, (cut)));
        if (done) {
            bytes memory preimage = abi.encodePacked(uint8(1), uint40(block.timestamp), uint16(cut.length), cut);
            items.push(Item(preimage, uint40(block.timestamp), 0, 0, sender, false));
            coin += FEE;
        }
        count("force", done);
    }

    function wait(uint256 time, uint8 blocks) external {
        // Mostly within a window, now and then beyond every delay.
        uint256 longest = time % 16 == 0 ? 3 days : 90 minutes;
        vm.warp(block.timestamp + 1 + (time >> 8) % longest);
        vm.roll(block.number + 1 + blocks % 20);
    }

    function pause(uint64 length) external {
        vm.prank(address(0x60), address(0x60));
        try rollup.pause(length % 1 days + 1) {
            count("pause", true);
        } catch {
            count("pause", false);
        }
    }

    // Operators.

    /// Posts a batch, new or in place of one that fell; `lie` says in which of its segments, if in any.
    function post(uint256 seed, uint8 lie) external {
        (uint64 live, uint64 inputs,,) = rollup.tip();
        address operator = rollup.turn();
        if (operator == address(0)) return;
        Posted memory made;
        Posted storage parent = batches[live];
        made.trees[0] = parent.trees[2];
        made.queues[0] = parent.queues[2];
        if (live == inputs) {
            // A new input: so many items of the queue, and somebody withdraws.
            uint64 most = uint64(items.length) - made.queues[0];
            if (most > 20) most = 20;
            uint64 taken = seed % 4 == 0 ? uint64(seed >> 8) % (most + 1) : most;
            next(states[live], taken, seed);
            made.records[0] = abi.encodePacked("Q", uint8(taken));
            made.records[1] = abi.encodePacked("R", states[live + 1].tree);
        } else {
            made.records = batches[live + 1].records;
        }
        State storage right = states[live + 1];
        made.queues[1] = made.queues[2] = right.queue;
        made.trees[1] = lie % 4 == 1 ? keccak256(abi.encode(seed, 1)) : made.trees[0];
        made.trees[2] = lie % 4 == 2 ? keccak256(abi.encode(seed, 2)) : right.tree;
        made.lies = [lie % 4 == 1, lie % 4 == 2];

        bytes memory call = live == inputs ? newBatch(parent.header, made) : newRoots(parent.header, live + 1, made);
        vm.recordLogs();
        bool done = as_(operator, call);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (done) {
            made.header = headerOf(logs);
            if (batches.length == live + 1) batches.push();
            save(batches[live + 1], made);
            leftOut(parent.header.queue, right.queue, live == inputs);
            count(made.lies[0] || made.lies[1] ? "lie" : "truth", true);
        } else {
            if (live == inputs) undo();
            bool overdue = right.queue < items.length && items[right.queue].time + DELAY < block.timestamp;
            bool paused = rollup.pausedUntil() > block.timestamp;
            check(overdue || paused || rollup.frozen(), "whose turn it is can post what is right");
        }
        count("post", done);
    }

    function bond(uint256 who) external {
        address operator = operators[who % 3];
        bool done = pay(operator, BOND, abi.encodeCall(IRollup.bond, ()));
        count("bond", done);
    }

    function unbond(uint256 who) external {
        if (who % 8 != 0) return; // or nobody would be left
        count("unbond", as_(operators[who / 8 % 3], abi.encodeCall(IRollup.unbond, ())));
    }

    function earn(uint64 number) external {
        number = number % uint64(batches.length);
        if (number == 0 || number > finalised) return;
        uint64 from = batches[number - 1].header.queue;
        uint64 to = batches[number].header.queue;
        for (uint64 item = from; item < to; ++item) {
            if (items[item].amount != 0) continue;
            uint64[] memory one = new uint64[](1);
            one[0] = item;
            bool done = as_(watcher, abi.encodeCall(IRollup.earn, (batches[number - 1].header, batches[number].header, one)));
            if (done) coin -= FEE;
            count("earn", done);
        }
    }

    // Disputes.

    /// Whoever tries to prove any segment wrong: it works exactly where it is.
    function accuse(uint64 number, uint8 segment, bool promised) external {
        (uint64 live,,,) = rollup.tip();
        if (live == finalised) return;
        number = finalised + 1 + number % (live - finalised);
        accuseOf(number, segment % 2, promised);
    }

    function accuseOf(uint64 number, uint8 segment, bool promised) internal {
        Posted storage posted = batches[number];
        bytes32 hash = Batches.hash(posted.header);
        bytes32 salt = keccak256(abi.encode(number, promises.length));
        address who = members[number % MEMBERS];
        if (promised) {
            // Somebody else was first and claims later.
            pledge(members[(number + 1) % MEMBERS], hash, segment, ~salt);
            pledge(who, hash, segment, salt);
            vm.warp(block.timestamp + 12);
        }
        uint256 atRisk = rollup.bondOf(posted.header.operator);
        bytes memory call = abi.encodeCall(IRollup.prove, (fraudOf(posted, segment), salt));
        bool done = as_(who, call);
        check(done == posted.lies[segment], done ? "the truth was punished" : "a lie was not");
        if (done) {
            fell[hash] = true;
            if (atRisk != 0) {
                fallen.push(hash);
                coin += BOND;
            }
            (uint64 live,,,) = rollup.tip();
            check(live == number - 1, "a batch falls with those after it");
        }
        count(done ? "proven" : "acquitted", true);
    }

    function pledge(address who, bytes32 hash, uint32 segment, bytes32 salt) internal {
        bool done = pay(who, PROMISE, abi.encodeCall(IRollup.commit, (keccak256(abi.encode(who, hash, segment, salt)))));
        if (!done) return;
        coin += PROMISE;
        promises.push(Promised(who, hash, segment, salt));
    }

    /// Somebody promises a proof and does not give one.
    function spam(uint256 who, bytes32 hash) external {
        pledge(members[who % MEMBERS], hash, 0, bytes32(promises.length));
        count("spam", true);
    }

    function claim(uint256 which) external {
        if (promises.length == 0) return;
        // One of a batch that fell, where there is one.
        which %= promises.length;
        for (uint256 i; i < promises.length && !fell[promises[which].hash]; ++i) which = (which + 1) % promises.length;
        Promised storage made = promises[which];
        uint256 before = owed();
        bool done = as_(made.who, abi.encodeCall(IRollup.claim, (made.hash, made.segment, made.salt)));
        if (done) coin -= owed() - before;
        count("claim", done);
    }

    function reward(uint256 which) external {
        if (fallen.length == 0) return;
        which %= fallen.length;
        uint256 before = owed() + rollup.burnt();
        bool done = as_(watcher, abi.encodeCall(IRollup.reward, (fallen[which])));
        if (done) {
            coin -= owed() + rollup.burnt() - before;
            fallen[which] = fallen[fallen.length - 1];
            fallen.pop();
        }
        count("reward", done);
    }

    // Finality and money out.

    /// The watcher looks first: a lie never becomes final.
    function finalise() external {
        (uint64 live,,,) = rollup.tip();
        for (uint64 number = finalised + 1; number <= live; ++number) {
            for (uint8 segment; segment < 2; ++segment) {
                if (batches[number].lies[segment]) {
                    accuseOf(number, segment, false);
                    return;
                }
            }
        }
        if (live == finalised) return;
        IRollup.Header[] memory one = new IRollup.Header[](1);
        one[0] = batches[finalised + 1].header;
        bool done = as_(watcher, abi.encodeCall(IRollup.finalise, (one)));
        if (done) {
            ++finalised;
            check(block.timestamp > one[0].postedAt + 1 hours, "nothing is final inside its window");
        }
        count("finalise", done);
    }

    function withdraw(uint32 which) external {
        if (outs.length == 0) return;
        which %= uint32(outs.length);
        Out storage out = outs[which];
        State storage at = states[finalised];
        IRollup.Head memory head = headOf(at.queue, at.tree);
        bytes memory proof = proofOf(at, WITHDRAWALS | which);
        uint256 before = balanceOf(out.to);
        bool done = as_(watcher, abi.encodeCall(IRollup.withdraw, (which, out.to, out.amount, head, proof)));
        check(done == (which < at.withdrawals && !out.paid), "a final withdrawal is paid once, no other is");
        if (done) {
            out.paid = true;
            check(balanceOf(out.to) == before + out.amount * UNIT, "to the last wei");
        }
        count("withdraw", done);
    }

    function collect(uint256 who) external {
        as_(someone(who), abi.encodeCall(IRollup.collect, ()));
    }

    function freeze() external {
        (uint64 live,,,) = rollup.tip();
        count("freeze", as_(watcher, abi.encodeCall(IRollup.freeze, (batches[live].header))));
    }

    function exit(uint32 account) external {
        account %= MEMBERS;
        State storage at = states[finalised];
        bytes32[3] memory words = [bytes32(uint256(uint160(members[account])) << 96), bytes32(uint256(at.balances[account]) << 128), 0];
        bytes memory proof = proofOf(at, ACCOUNTS | account);
        bool done = as_(watcher, abi.encodeCall(IRollup.exit, (account, words, headOf(at.queue, at.tree), proof)));
        check(done == (rollup.frozen() && !exited[account] && at.balances[account] > 0), "all leave once, at the end");
        if (done) exited[account] = true;
        count("exit", done);
    }

    function refund(uint64 item) external {
        if (items.length == 0) return;
        item %= uint64(items.length);
        Item storage kept = items[item];
        State storage at = states[finalised];
        bool done = as_(watcher, abi.encodeCall(IRollup.refund, (item, kept.preimage, headOf(at.queue, at.tree))));
        if (done) {
            check(!kept.refunded && item >= at.queue && rollup.frozen(), "what was not consumed is given back once");
            kept.refunded = true;
            if (kept.amount == 0) coin -= FEE;
        }
        count("refund", done);
    }

    // What must hold.

    /// n€ that members have: balances, withdrawals not paid yet, deposits not consumed yet.
    function membersHave() external view returns (uint256 sum) {
        bool over = rollup.frozen();
        State storage at = over ? states[finalised] : states[states.length - 1];
        for (uint32 i; i < MEMBERS; ++i) {
            if (!exited[i]) sum += at.balances[i];
        }
        for (uint256 i; i < at.withdrawals; ++i) {
            if (!outs[i].paid) sum += outs[i].amount;
        }
        for (uint256 i = at.queue; i < items.length; ++i) {
            if (!items[i].refunded) sum += items[i].amount;
        }
    }

    /// wei owed to whoever collects, and bonds.
    function owed() public view returns (uint256 sum) {
        for (uint256 i; i < 3; ++i) sum += rollup.bondOf(operators[i]) + rollup.claimable(operators[i]);
        for (uint256 i; i < MEMBERS; ++i) sum += rollup.claimable(members[i]);
        sum += rollup.claimable(watcher);
    }

    function rightRoot() external view returns (bytes32) {
        return rootWith(states[finalised].queue, states[finalised].tree);
    }

    function keptRoot(uint64 number) external view returns (bytes32) {
        return batches[number].header.root;
    }

    // Helpers.

    function someone(uint256 who) internal view returns (address) {
        who %= MEMBERS + 4;
        return who < MEMBERS ? members[who] : who < MEMBERS + 3 ? operators[who - MEMBERS] : watcher;
    }

    /// The state that so many items of the queue and a random withdrawal lead to.
    function next(State storage from, uint64 taken, uint256 seed) internal {
        State memory to = from;
        for (uint64 i; i < taken; ++i) {
            Item storage item = items[to.queue++];
            if (item.amount == 0) continue;
            if (item.account < MEMBERS) to.balances[item.account] += item.amount;
            else outOf(to, item.sender, uint96(item.amount));
        }
        uint256 who = (seed >> 16) % MEMBERS;
        uint128 amount = to.balances[who] == 0 ? 0 : uint128(seed >> 24) % (to.balances[who] + 1);
        if (amount > 0 && to.withdrawals < 48) {
            to.balances[who] -= amount;
            outOf(to, members[who], uint96(amount));
        }
        states.push() = to;
        State storage made = states[states.length - 1];
        made.tree = rootOf(made);
    }

    function outOf(State memory state, address to, uint96 amount) internal {
        outs.push(Out(to, amount, false));
        ++state.withdrawals;
    }

    function undo() internal {
        states.pop();
        while (outs.length > states[states.length - 1].withdrawals) outs.pop();
    }

    function leftOut(uint64 from, uint64 to, bool fresh) internal view {
        if (!fresh || to == items.length || to - from >= 256) return;
        check(items[to].time + DELAY >= block.timestamp, "what is older than the delay is not left out");
    }

    function newBatch(IRollup.Header storage parent, Posted memory made) internal view returns (bytes memory) {
        bytes memory data;
        for (uint256 i; i < 2; ++i) {
            bytes32 root = rootWith(made.queues[i + 1], made.trees[i + 1]);
            data = abi.encodePacked(data, uint16(made.records[i].length), made.records[i], root);
        }
        uint64 queue = made.queues[2];
        bytes memory following = queue < items.length ? items[queue].preimage : bytes("");
        return abi.encodeCall(
            IRollup.post, (parent, data, headOf(queue, made.trees[2]), rollup.queueHash(queue), following)
        );
    }

    function newRoots(IRollup.Header storage parent, uint64 number, Posted memory made) internal view returns (bytes memory) {
        bytes32[] memory records = new bytes32[](2);
        bytes32[] memory roots = new bytes32[](2);
        for (uint256 i; i < 2; ++i) {
            records[i] = keccak256(made.records[i]);
            roots[i] = rootWith(made.queues[i + 1], made.trees[i + 1]);
        }
        uint64 queue = made.queues[2];
        return abi.encodeCall(
            IRollup.repost,
            (parent, batches[number].header, records, roots, headOf(queue, made.trees[2]), rollup.queueHash(queue))
        );
    }

    function fraudOf(Posted storage posted, uint8 segment) internal view returns (IRollup.Fraud memory fraud) {
        fraud.header = posted.header;
        fraud.segment = segment;
        fraud.pre = rootWith(posted.queues[segment], posted.trees[segment]);
        fraud.records = posted.records[segment];
        fraud.post = rootWith(posted.queues[segment + 1], posted.trees[segment + 1]);
        fraud.queue = posted.queues[segment];
        for (uint64 i = posted.queues[segment]; i < posted.queues[segment + 1]; ++i) {
            fraud.items = abi.encodePacked(fraud.items, items[i].preimage);
        }
        uint8 other = 1 - segment;
        fraud.path = new bytes32[](1);
        fraud.path[0] = Batches.leaf(
            rootWith(posted.queues[other], posted.trees[other]),
            keccak256(posted.records[other]),
            rootWith(posted.queues[other + 1], posted.trees[other + 1])
        );
        IRollup.Head memory head = headOf(posted.queues[segment], posted.trees[segment]);
        fraud.witness = abi.encodePacked(head.words, head.tree);
    }

    function headOf(uint64 queue, bytes32 tree) internal pure returns (IRollup.Head memory head) {
        head.words[0] = bytes32(uint256(queue) << 56);
        head.tree = tree;
    }

    function rootWith(uint64 queue, bytes32 tree) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(keccak256(abi.encodePacked(headOf(queue, tree).words)), tree));
    }

    function rootOf(State storage state) internal view returns (bytes32) {
        return node(state, 32, 0);
    }

    /// The node of this level and index; level 0 are the leaves.
    function node(State storage state, uint256 level, uint256 index) internal view returns (bytes32) {
        uint256 from = index << level;
        uint256 to = from + (1 << level);
        bool some = (from < ACCOUNTS + MEMBERS && to > ACCOUNTS)
            || (from < uint256(WITHDRAWALS) + state.withdrawals && to > WITHDRAWALS);
        if (!some) return zeros[level];
        if (level == 0) {
            if (from >= WITHDRAWALS) {
                Out storage out = outs[from - WITHDRAWALS];
                return keccak256(abi.encodePacked(out.to, out.amount));
            }
            uint256 who = from - ACCOUNTS;
            return keccak256(abi.encodePacked(members[who], bytes12(0), state.balances[who], uint128(0), uint256(0)));
        }
        return keccak256(abi.encodePacked(node(state, level - 1, 2 * index), node(state, level - 1, 2 * index + 1)));
    }

    function proofOf(State storage state, uint32 place) internal view returns (bytes memory proof) {
        uint32 bits;
        bytes memory siblings;
        for (uint256 level; level < 32; ++level) {
            bytes32 sibling = node(state, level, (place >> level) ^ 1);
            if (sibling == zeros[level]) continue;
            bits |= uint32(1 << (31 - level));
            siblings = abi.encodePacked(siblings, sibling);
        }
        return abi.encodePacked(bits, siblings);
    }

    function headerOf(Vm.Log[] memory logs) internal pure returns (IRollup.Header memory) {
        for (uint256 i; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (topic == IRollup.Posted.selector || topic == IRollup.Reposted.selector) {
                return abi.decode(logs[i].data, (IRollup.Header));
            }
        }
        revert("no batch was posted");
    }

    function save(Posted storage to, Posted memory from) internal {
        to.header = from.header;
        to.records = from.records;
        to.trees = from.trees;
        to.queues = from.queues;
        to.lies = from.lies;
    }

    function as_(address who, bytes memory call) internal returns (bool done) {
        vm.prank(who, who);
        (done,) = address(rollup).call(call);
    }

    // The money: coin, or in `TokenWorld` a token.

    function create(IRollup.Config memory config) internal virtual returns (Rollup) {
        return new Rollup(config);
    }

    function balanceOf(address who) public view virtual returns (uint256) {
        return who.balance;
    }

    function depositOf(uint32 account, uint256) internal pure virtual returns (bytes memory) {
        return abi.encodeCall(IRollup.deposit, (account));
    }

    function pay(address who, uint256 value, bytes memory call) internal virtual returns (bool done) {
        vm.deal(who, who.balance + value);
        vm.prank(who, who);
        (done,) = address(rollup).call{value: value}(call);
    }

    function count(string memory what, bool done) internal {
        if (done) ++counts[what];
    }

    function check(bool holds, string memory what) internal pure {
        require(holds, what);
    }
}
