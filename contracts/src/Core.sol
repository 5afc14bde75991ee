// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IRollup} from "./IRollup.sol";
import {Batches} from "./Batches.sol";

/// Configuration, the counters that everything hangs on, the pause and the versions of the transition.
///
/// The governor announces transitions and pauses, and can do nothing else. A pause lasts at most `pauseSeconds` and
/// ends by itself; the next may begin no sooner than `upgradeDelay` after it ended. As that is longer than a window
/// with its promises, the delay of forced records and the delay of exits together, members can leave between any two pauses, and no
/// window, turn or silence is stretched by more than one pause: only the last one needs to be remembered.
abstract contract Core is IRollup {
    error NotGovernor();
    /// This field of the configuration cannot be.
    error BadConfig(string field);
    error NotPausable();
    error IsPaused(uint64 until);
    error IsFrozen();
    error NotFrozen();
    error NoCode(address transition);

    /// Durations are below this, so that sums of times never overflow.
    uint256 private constant FOREVER = type(uint32).max;

    /// Written at every posting, hence in one slot.
    struct Tip {
        uint40 batches; // number of the newest batch whose roots stand
        uint40 inputs; // number of the newest input
        uint40 finalised; // number of the newest final batch
        uint40 nextId;
        uint40 turnSince; // when the clock of the operator's silence began
        uint16 turn; // place of the operator in the order of succession
        bool frozen;
    }

    /// Read at every posting, hence in one slot.
    struct Clock {
        uint40 pausedAt;
        uint40 pausedUntil;
        uint32 version; // the newest that was active when this was written
        uint40 nextFrom; // from when on the version after it is; 0: none announced
        uint40 lastCommit; // time of the newest promise of a proof
        uint40 commits; // how many there were
    }

    address public immutable governor;
    uint256 internal immutable _bond;
    uint256 internal immutable _windowBlocks;
    uint256 internal immutable _windowSeconds;
    uint256 internal immutable _silence;
    uint256 internal immutable _forcedDelay;
    uint256 internal immutable _exitDelay;
    uint256 internal immutable _revealSeconds;
    uint256 internal immutable _pauseSeconds;
    uint256 internal immutable _upgradeDelay;
    uint256 internal immutable _forcedFee;
    uint256 internal immutable _commitBond;

    Tip internal _tip;
    Clock internal _clock;

    /// The newest final root at which no work was half done.
    bytes32 public finalRoot;

    /// Hashes of headers by number; beyond the tip they are the inputs that wait for new roots.
    mapping(uint64 number => bytes32) public batch;

    mapping(uint32 version => address) internal _transitions;

    /// Wei that the contract owes, to be collected.
    mapping(address who => uint256) public claimable;

    // slither-disable-next-line cyclomatic-complexity (one line for each field that cannot be)
    constructor(Config memory config) {
        if (config.windowBlocks == 0 || config.windowBlocks > FOREVER) revert BadConfig("windowBlocks");
        if (config.windowSeconds == 0 || config.windowSeconds > FOREVER) revert BadConfig("windowSeconds");
        if (config.forcedDelay == 0 || config.forcedDelay > FOREVER) revert BadConfig("forcedDelay");
        if (config.exitDelay == 0 || config.exitDelay > FOREVER) revert BadConfig("exitDelay");
        if (config.silence == 0 || config.silence > config.exitDelay) revert BadConfig("silence");
        if (config.revealSeconds == 0 || config.revealSeconds > config.windowSeconds) revert BadConfig("revealSeconds");
        if (config.bond == 0) revert BadConfig("bond");
        if (config.commitBond == 0) revert BadConfig("commitBond");
        uint256 leaving = uint256(config.windowSeconds) + config.revealSeconds + config.forcedDelay + config.exitDelay;
        if (config.upgradeDelay <= leaving || config.upgradeDelay > FOREVER) revert BadConfig("upgradeDelay");
        if (config.pauseSeconds > leaving) revert BadConfig("pauseSeconds");
        if (config.transition.code.length == 0) revert NoCode(config.transition);

        governor = config.governor;
        _bond = config.bond;
        _windowBlocks = config.windowBlocks;
        _windowSeconds = config.windowSeconds;
        _silence = config.silence;
        _forcedDelay = config.forcedDelay;
        _exitDelay = config.exitDelay;
        _revealSeconds = config.revealSeconds;
        _pauseSeconds = config.pauseSeconds;
        _upgradeDelay = config.upgradeDelay;
        _forcedFee = config.forcedFee;
        _commitBond = config.commitBond;

        _transitions[1] = config.transition;
        _clock.version = 1;
        _tip.nextId = 1;
        _tip.turnSince = _now();
        finalRoot = config.genesis;

        Header memory genesis;
        genesis.root = config.genesis;
        genesis.idle = true;
        genesis.time = _now();
        genesis.postedAt = _now();
        genesis.block_ = uint64(block.number);
        genesis.version = 1;
        batch[0] = Batches.hash(genesis);
        emit Announced(1, config.transition, _now());
        emit Posted(0, batch[0], genesis);
        emit Finalised(0, config.genesis);
    }

    /// Announces the next transition. It becomes active `upgradeDelay` later; batches posted before stay under theirs.
    function announce(address transition) external {
        if (msg.sender != governor) revert NotGovernor();
        if (transition.code.length == 0) revert NoCode(transition);
        Clock memory clock = _activated();
        uint64 from = uint64(block.timestamp + _upgradeDelay);
        clock.nextFrom = uint40(from);
        _clock = clock;
        _transitions[clock.version + 1] = transition;
        emit Announced(clock.version + 1, transition, from);
    }

    function pause(uint64 seconds_) external {
        if (msg.sender != governor) revert NotGovernor();
        Clock memory clock = _clock;
        if (seconds_ == 0 || seconds_ > _pauseSeconds) revert NotPausable();
        if (clock.pausedUntil != 0 && block.timestamp < clock.pausedUntil + _upgradeDelay) revert NotPausable();
        clock.pausedAt = _now();
        clock.pausedUntil = _now() + uint40(seconds_);
        _clock = clock;
        emit Paused(clock.pausedUntil);
    }

    /// Pays what the contract owes the sender.
    function collect() external {
        uint256 amount = claimable[msg.sender];
        claimable[msg.sender] = 0;
        emit Collected(msg.sender, amount);
        _send(msg.sender, amount);
    }

    function tip() external view returns (uint64 batches, uint64 inputs, uint64 finalised, uint64 nextId) {
        Tip memory t = _tip;
        return (t.batches, t.inputs, t.finalised, t.nextId);
    }

    function version() external view returns (uint32 active, address transition) {
        active = _activated().version;
        return (active, _transitions[active]);
    }

    function frozen() external view returns (bool) {
        return _tip.frozen;
    }

    /// Whether and how long posting is paused; 0 before the first pause.
    function pausedUntil() external view returns (uint64) {
        return _clock.pausedUntil;
    }

    /// The clock after an announced version became active.
    function _activated() internal view returns (Clock memory clock) {
        clock = _clock;
        if (clock.nextFrom != 0 && block.timestamp >= clock.nextFrom) {
            ++clock.version;
            clock.nextFrom = 0;
        }
    }

    function _whileRunning(Tip memory t, Clock memory clock) internal view {
        if (t.frozen) revert IsFrozen();
        if (block.timestamp < clock.pausedUntil) revert IsPaused(clock.pausedUntil);
    }

    /// Seconds since `from` outside the last pause.
    function _running(uint256 from, Clock memory clock) internal view returns (uint256) {
        uint256 begin = clock.pausedAt > from ? clock.pausedAt : from;
        uint256 end = clock.pausedUntil < block.timestamp ? clock.pausedUntil : block.timestamp;
        return block.timestamp - from - (end > begin ? end - begin : 0);
    }

    function _now() internal view returns (uint40) {
        return uint40(block.timestamp);
    }

    // Money is the chain's own coin here; `TokenRollup` has a token in its place. Whoever calls `_take` or `_send` has
    // booked the payment before.

    /// The units of the money, here wei, that an amount of n€ is.
    function _valueOf(uint256 amount) internal view virtual returns (uint256) {
        return amount * 1e9;
    }

    /// The n€ that a value is, rounded down.
    function _amountOf(uint256 value) internal view virtual returns (uint256) {
        return value / 1e9;
    }

    /// Takes a payment from the sender: what came with the call. Says whether it is this.
    // slither-disable-next-line msg-value-in-nonpayable (all who call it are payable, where it is not overridden)
    function _take(uint256 value) internal virtual returns (bool) {
        return msg.value == value;
    }

    function _send(address to, uint256 value) internal virtual {
        // slither-disable-next-line arbitrary-send-eth,low-level-calls (every caller books the payment first and says to whom)
        (bool sent,) = to.call{value: value}("");
        if (!sent) revert NotPaid(to);
    }

    /// The receiver refused the money.
    error NotPaid(address to);
}
