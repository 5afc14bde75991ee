// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// The primary chain's side of the dual chain: deposits, batches, disputes, withdrawals; docs/ledgers/rollup.md.
///
/// Money is the chain's own coin, 10⁹ wei for 1 n€; where it is a token (`TokenRollup`), its units stand for wei. Nobody
/// can take it but by a proven withdrawal or exit.
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
        uint64 available; // items of the queue there were when the input was posted first: more cannot be consumed
    }

    /// The state's head and the root of its tree: keccak256(keccak256(head) ‖ tree) is the root.
    struct Head {
        bytes32[3] words;
        bytes32 tree;
    }

    /// What proves one segment wrong.
    struct Fraud {
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
        uint64 revealSeconds; // how long after its commit a proof may be revealed with reward; at most a window
        uint128 commitBond; // wei, lost where no proof follows
        uint64 pauseSeconds; // the longest pause
        uint64 upgradeDelay; // s between announcement and activation; > window + reveal + forced delay + exit delay
        uint128 forcedFee; // wei, what a forced record pays the operator that carries it out
    }

    event Deposited(uint64 indexed item, uint32 account, uint128 amount, address sender, uint64 time);
    event Forced(uint64 indexed item, bytes record, address sender, uint64 time);
    event Posted(uint64 indexed number, bytes32 indexed hash, Header header);
    event Reposted(uint64 indexed number, bytes32 indexed hash, Header header);
    event Committed(bytes32 indexed promise_, uint64 sequence);
    event Proven(uint64 indexed number, bytes32 indexed hash, uint32 segment, address challenger, uint256 reward);
    event Claimed(bytes32 indexed hash, address challenger, uint256 reward); // an earlier promise of the same proof
    event Rewarded(bytes32 indexed hash, address challenger, uint256 reward);
    event Finalised(uint64 indexed number, bytes32 root);
    event Attested(address indexed watcher, uint64 indexed number, bytes32 root);
    event Withdrawn(uint32 indexed withdrawal, address to, uint256 amount);
    event Exited(uint32 indexed account, address to, uint256 amount);
    event Refunded(uint64 indexed item, address to, uint256 amount);
    event Earned(uint64 indexed item, address indexed operator, uint256 fee);
    event Collected(address indexed who, uint256 amount);
    event Bonded(address indexed operator, uint256 bond);
    event Leaving(address indexed operator, uint64 number); // released once this batch is final
    event Unbonded(address indexed operator, uint256 bond);
    event Slashed(address indexed operator, uint256 bond);
    event Turn(address indexed operator);
    event Frozen(bytes32 root);
    // slither-disable-next-line unindexed-event-address (so few that nobody searches them by address)
    event Announced(uint32 version, address transition, uint64 from);
    event Paused(uint64 until);

    // Money in and out, for anybody.

    /// Puts the coin sent, a whole number of n€, into the queue as a deposit for an account.
    function deposit(uint32 account) external payable;
    /// Puts a signed record into the queue; the fee sent is the operator's that consumes it.
    function force(bytes calldata record) external payable;
    /// Pays a withdrawal that the last final root holds, once, to the address its leaf names.
    /// @param proof 4 bytes, one bit a level from the leaves up, most significant first (1: the sibling follows, 0: it
    ///        is an empty subtree); then the siblings, from the leaves up
    function withdraw(uint32 withdrawal, address to, uint128 amount, Head calldata head, bytes calldata proof) external;
    /// Pays what the contract owes the sender: rewards, fees, returned bonds.
    function collect() external;

    // Operators.

    /// Pays the bond without which an operator cannot post.
    function bond() external payable;
    /// Leaves; called again once everything posted until then is final, gives the bond back.
    function unbond() external;
    /// Posts a batch: `length u16 ‖ records ‖ root` for each segment, as one run of bytes.
    /// @param parent the header of the newest batch
    /// @param head the state's head and tree after the last segment
    /// @param chain the queue's hash where this batch stops, as the operator saw it
    /// @param next the first item of the queue that this batch leaves; needed only where it may have waited longer than
    ///        the forced delay, and empty if the batch leaves none
    function post(Header calldata parent, bytes calldata data, Head calldata head, bytes32 chain, bytes calldata next)
        external;
    /// Gives the oldest input whose roots fell new roots; until all have some, nothing new can be posted.
    /// @param voided the header under which the input stood last
    /// @param records keccak256 of each segment's records
    /// @param roots after each segment
    /// @param chain the queue's hash where this batch stops, as the operator saw it
    function repost(
        Header calldata parent,
        Header calldata voided,
        bytes32[] calldata records,
        bytes32[] calldata roots,
        Head calldata head,
        bytes32 chain
    ) external;
    /// Credits the fees of forced records that a final batch consumed to its operator.
    function earn(Header calldata parent, Header calldata header, uint64[] calldata items) external;

    // Anybody.

    /// Promises a proof, with the commit bond: keccak256(abi.encode(challenger, hash of the header, segment, salt)).
    function commit(bytes32 promise_) external payable;
    /// Proves one segment wrong: its batch and all after it fall, its operator loses the bond.
    function prove(Fraud calldata fraud, bytes32 salt) external;
    /// Returns the commit bond of a promise whose batch fell without it; an older promise of the same proof takes the
    /// reward over.
    function claim(bytes32 hash, uint32 segment, bytes32 salt) external;
    /// Credits the reward of a proof once nobody can claim it with an older promise any more.
    function reward(bytes32 hash) external;
    /// Makes batches final, in order.
    function finalise(Header[] calldata headers) external;
    /// A watcher shows that it holds the state of a batch that asks it to.
    function attest(Header calldata header, Head calldata head, bytes32[3] calldata words, bytes calldata proof) external;
    /// Ends everything but withdrawals and exits, when no operator posts any more.
    /// @param newest the header of the newest batch; it must be final
    function freeze(Header calldata newest) external;
    /// After the end: pays an account's balance at the last final root.
    function exit(uint32 account, bytes32[3] calldata words, Head calldata head, bytes calldata proof) external;
    /// After the end: gives the money of queue items that the last final root did not consume back to their senders.
    function refund(uint64 item, bytes calldata preimage, Head calldata head) external;

    // Governor.

    /// Announces the next transition; another announcement before it is active replaces it.
    function announce(address transition) external;
    /// Stops posting, finalisation and the window's clock for so long; never challenges, the queue or exits.
    function pause(uint64 seconds_) external;

    // Reading.
    function tip() external view returns (uint64 batches, uint64 inputs, uint64 finalised, uint64 nextId);
    function batch(uint64 number) external view returns (bytes32);
    function finalRoot() external view returns (bytes32);
    function queue() external view returns (uint64 length, bytes32 hash);
    function queueHash(uint64 item) external view returns (bytes32); // before the item of this number
    function turn() external view returns (address);
    function claimable(address who) external view returns (uint256);
    function bondOf(address operator) external view returns (uint256);
    function version() external view returns (uint32 active, address transition);
    function frozen() external view returns (bool);
    function lastSeen(address watcher) external view returns (uint64 number);
}
