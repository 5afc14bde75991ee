// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// The primary chain's side of the dual chain: deposits, batches, disputes, withdrawals; docs/ledgers/rollup.md.
///
/// Money is the chain's own coin, 10⁹ wei for 1 n€. Nobody can take it but by a proven withdrawal or exit.
interface IRollup {
    /// A batch, kept as keccak256(abi.encode(header)).
    struct Header {
        uint64 id; // given once, never reused
        uint64 number; // position in the chain of batches, and number of its input
        bytes32 parent; // hash of the header before
        bytes32 dataRoot; // over the segments: roots and records
        bytes32 recordsHash; // keccak256 of the segments' keccak256(records), one after the other: the input
        uint32 segments;
        bytes32 root; // after the last segment
        uint64 queue; // items of the queue consumed up to here, as the head after the last segment says
        bool idle; // whether no work is half done there
        uint64 time; // when the input was posted first, Unix s
        uint64 postedAt; // when this batch was posted, Unix s
        uint64 block_; // and in which block
        address operator;
        uint32 version; // of the transition that judges it
        bytes32 blob; // versioned hash of the blob that holds the data; zero where calldata does
    }

    /// The state's head and the root of its tree: keccak256(keccak256(head) ‖ tree) is the root.
    struct Head {
        bytes32[3] words;
        bytes32 tree;
    }

    /// What proves one segment wrong.
    struct Fraud {
        Header parent;
        Header header;
        uint32 segment;
        bytes32 pre; // root before the segment
        bytes records;
        bytes32 post; // root after it, as posted
        bytes32[] path; // from the segment's leaf to the data root
        uint64 queue; // items of the queue consumed before the segment
        bytes items;
        bytes witness;
    }

    struct Config {
        bytes32 genesis; // root
        address transition;
        address governor; // announces transitions, pauses; cannot touch money
        address[] operators; // who may propose, in order of succession
        uint128 bond; // wei
        uint64 windowBlocks; // a batch can be challenged for so many blocks and so many seconds
        uint64 windowSeconds;
        uint64 silence; // s without a batch after which the next operator may post
        uint64 forcedDelay; // s within which an item of the queue must be consumed
        uint64 exitDelay; // s of silence of all, after which members exit
        uint64 revealSeconds; // how long after its commit a proof may be revealed with reward
        uint64 pauseSeconds; // the longest pause
        uint64 upgradeDelay; // s between announcement and activation; > window + forced delay + exit delay
        uint128 forcedFee; // wei, what a forced record pays the operator that carries it out
    }

    event Deposited(uint64 indexed item, uint32 account, uint128 amount, address sender, uint64 time);
    event Forced(uint64 indexed item, bytes record, address sender, uint64 time);
    event Posted(uint64 indexed number, bytes32 indexed hash, Header header);
    event Reposted(uint64 indexed number, bytes32 indexed hash, Header header);
    event Proven(uint64 indexed number, bytes32 indexed hash, uint32 segment, address challenger, uint256 reward);
    event Finalised(uint64 indexed number, bytes32 root);
    event Withdrawn(uint32 indexed withdrawal, address to, uint256 amount);
    event Exited(uint32 indexed account, address to, uint256 amount);
    event Bonded(address indexed operator, uint256 bond);
    event Unbonded(address indexed operator, uint256 bond);
    event Turn(address indexed operator);
    event Frozen(bytes32 root);
    event Announced(uint32 version, address transition, uint64 from);
    event Paused(uint64 until);

    // Money in and out, for anybody.
    function deposit(uint32 account) external payable;
    function force(bytes calldata record) external payable;
    function withdraw(uint32 withdrawal, address to, uint128 amount, Head calldata head, bytes calldata proof) external;
    function collect() external; // pull payment: rewards, fees, returned bonds

    // Operators.
    function bond() external payable;
    function unbond() external;
    function post(Header calldata parent, bytes calldata data, Head calldata head, bytes calldata next) external;
    function repost(
        Header calldata parent,
        Header calldata voided,
        bytes32[] calldata records,
        bytes32[] calldata roots,
        Head calldata head
    ) external;

    // Anybody.
    function commit(bytes32 promise_) external payable; // keccak256(abi.encode(challenger, batch hash, segment, salt))
    function prove(Fraud calldata fraud, bytes32 salt) external;
    function finalise(Header calldata header) external;
    function attest(uint64 number, bytes32 root) external; // a watcher shows that it watches
    function freeze() external;
    function exit(uint32 account, bytes32[3] calldata words, Head calldata head, bytes calldata proof) external;

    // Governor.
    function announce(address transition) external;
    function pause(uint64 seconds_) external;

    // Reading.
    function tip() external view returns (uint64 batches, uint64 inputs, uint64 finalised, uint64 nextId);
    function batch(uint64 number) external view returns (bytes32);
    function finalRoot() external view returns (bytes32);
    function queue() external view returns (uint64 length, bytes32 hash);
    function queueHash(uint64 item) external view returns (bytes32);
    function turn() external view returns (address);
    function claimable(address who) external view returns (uint256);
}
