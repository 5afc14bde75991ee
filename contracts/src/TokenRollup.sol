// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IRollup} from "./IRollup.sol";
import {IToken} from "./IToken.sol";
import {Queue} from "./Queue.sol";
import {Rollup} from "./Rollup.sol";

/// The dual chain on calldata with an ERC-20 token as its money, in the place of the chain's own coin: deposits, bonds,
/// promises, fees, rewards, withdrawals and exits; docs/ledgers/token.md. Who pays approves the contract first. Gas is paid in
/// coin as ever.
///
/// The token must stand for euros; it is chosen at the founding and never changes, and what it does to balances (a freeze, a
/// fee begun later) the contract cannot mend. What is taken in has to arrive in full: a token that keeps a fee on the
/// way is refused.
// slither-disable-next-line locked-ether (what is payable refuses coin: in `deposit`, and in `_take`)
contract TokenRollup is Rollup {
    /// Money is the token here: approve it, then `deposit(account, value)`, or the call without coin.
    error NoCoin();
    /// The token did not come in full: not approved, not there, or less a fee.
    error NotTaken(uint256 value);
    /// The token called back in the midst of a payment.
    error Reentered();

    /// n€ has nine decimals.
    uint8 private constant NANO = 9;

    /// With more, the units of all the money that the contract can hold might not fit into a word.
    uint8 private constant MOST_DECIMALS = 57;

    IToken public immutable token;

    // Units of 1 n€, or n€ of one unit: the other is 1.
    uint256 private immutable _units;
    uint256 private immutable _nanos;

    /// While the token is asked for a payment, what else it moves cannot be told from it.
    bool private transient _taking;

    /// @param config its bonds and fees are units of the token
    constructor(Config memory config, IToken token_) Rollup(config) {
        if (address(token_).code.length == 0) revert NoCode(address(token_));
        uint8 decimals = token_.decimals();
        if (decimals > MOST_DECIMALS) revert BadConfig("token");
        token = token_;
        _units = decimals > NANO ? 10 ** (decimals - NANO) : 1;
        _nanos = decimals < NANO ? 10 ** (NANO - decimals) : 1;
    }

    /// Coin is not taken.
    function deposit(uint32) external payable override(IRollup, Queue) {
        revert NoCoin();
    }

    /// Puts so many units of the token, a whole number of n€, into the queue as a deposit for an account.
    function deposit(uint32 account, uint256 value) public {
        _deposit(account, value);
        if (!_take(value)) revert NotTaken(value);
    }

    /// The same with the approval as a signature (EIP-2612), in one transaction.
    // slither-disable-next-line reentrancy-events (nothing is booked before the token is called)
    function depositWithPermit(uint32 account, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        // Anybody may have shown the signature before: then the approval is there already. Nothing is booked yet.
        try token.permit(msg.sender, address(this), value, deadline, v, r, s) {} catch {}
        deposit(account, value);
    }

    /// Rounded down: below nine decimals a token cannot pay the rest, less than one unit, and it stays here.
    function _valueOf(uint256 amount) internal view override returns (uint256) {
        return amount * _units / _nanos;
    }

    function _amountOf(uint256 value) internal view override returns (uint256) {
        return value * _nanos / _units;
    }

    // slither-disable-next-line reentrancy-no-eth (what is written after the call is the lock itself)
    function _take(uint256 value) internal override returns (bool taken) {
        if (msg.value != 0) revert NoCoin();
        if (_taking) revert Reentered();
        _taking = true;
        uint256 before = token.balanceOf(address(this));
        taken = _agrees(abi.encodeCall(IToken.transferFrom, (msg.sender, address(this), value)))
            && token.balanceOf(address(this)) == before + value;
        _taking = false;
    }

    function _send(address to, uint256 value) internal override {
        if (!_agrees(abi.encodeCall(IToken.transfer, (to, value)))) revert NotPaid(to);
    }

    /// Whether the token does it: it must not revert, and return true or nothing.
    function _agrees(bytes memory call) private returns (bool) {
        // slither-disable-next-line low-level-calls (what tokens answer is read here, see above)
        (bool done, bytes memory answer) = address(token).call(call);
        return done && (answer.length == 0 || abi.decode(answer, (bool)));
    }
}
