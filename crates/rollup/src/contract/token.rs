//! A rollup whose money is an ERC-20 token, `contracts/src/TokenRollup.sol`: what is called otherwise than where money is
//! the primary chain's own coin. Whoever pays approves the rollup first and sends no coin along; values are units of the token.

use super::abi::IRollup;
use super::types::{address, amount};
use super::{Calls, Config, ContractError};
use crate::chain::{Call, Chain};
use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolValue, sol};
use market::Address;

sol! {
    interface IToken {
        function approve(address spender, uint256 value) external returns (bool);
        function balanceOf(address who) external view returns (uint256);
    }
    interface ITokenRollup {
        function deposit(uint32 account, uint256 value) external;
    }
}

/// An ERC-20 token on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(pub Address);

impl Token {
    /// The contract's name.
    pub const CONTRACT: &str = "TokenRollup";

    /// The configuration among its constructor's arguments; `None` where they are not those.
    pub(crate) fn config(arguments: &[u8]) -> Option<IRollup::Config> {
        type Arguments = (IRollup::Config, alloy_primitives::Address);
        Arguments::abi_decode_params_validate(arguments).ok().map(|(config, _)| config)
    }

    /// Creates a rollup whose money is this token; its bonds and fees are units of it. None where there is no artefact.
    #[must_use]
    pub fn create_rollup(self, config: &Config) -> Option<Call> {
        let mut call = Calls::create(Self::CONTRACT)?;
        call.data.extend((IRollup::Config::from(config), address(self.0)).abi_encode_params());
        Some(call)
    }

    /// Lets a rollup fetch so much from the sender, in place of what it was let before.
    #[must_use]
    pub fn approve(self, rollup: Address, value: u128) -> Call {
        Calls(self.0).to(&IToken::approveCall { spender: address(rollup), value: U256::from(value) }, 0)
    }

    /// Puts so much of what was approved into a rollup's queue for an account.
    #[must_use]
    pub fn deposit(rollup: Address, account: u32, value: u128) -> Call {
        Calls(rollup).to(&ITokenRollup::depositCall { account, value: U256::from(value) }, 0)
    }

    /// What somebody has of it.
    ///
    /// # Errors
    /// Those of the chain, and where the contract is no token.
    pub fn balance<C: Chain + ?Sized>(self, chain: &mut C, who: Address) -> Result<u128, ContractError> {
        let call = Calls(self.0).to(&IToken::balanceOfCall { who: address(who) }, 0);
        let answer = chain.call(who, &call)?;
        let balance = IToken::balanceOfCall::abi_decode_returns_validate(&answer);
        balance.map(amount).map_err(|_| ContractError::Undecodable { what: "balanceOf" })
    }
}
