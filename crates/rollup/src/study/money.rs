//! What the story is paid in: the primary chain's own coin, or a token.

use super::StoryError;
use crate::chain::{Chain, Evm, Outcome};
use crate::contract::{Calls, Config, Contract, ContractError, Token};
use crate::founding;
use crate::step::State;
use ledger::Key;
use market::Address;

/// Which money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// The chain's own coin: a payment comes with its call.
    Coin,
    /// A token: a payment is approved, then fetched by the call.
    Token(Token),
}

impl Money {
    /// Creates the rollup that takes this money, and publishes the genesis with it.
    pub(super) fn found(
        self,
        chain: &mut Evm,
        key: &Key,
        config: &Config,
        genesis: &mut State,
    ) -> Result<Address, ContractError> {
        Ok(match self {
            Self::Coin => founding::found(chain, key, "Rollup", config, genesis)?,
            Self::Token(token) => founding::found_with_token(chain, key, token, config, genesis)?,
        }
        .address)
    }

    /// Makes a payment possible; what has to be sent along, wei.
    pub(super) fn ready(
        self,
        chain: &mut Evm,
        rollup: Address,
        key: &Key,
        value: u128,
    ) -> Result<u128, ContractError> {
        let Self::Token(token) = self else { return Ok(value) };
        Contract::at(chain, rollup).execute(key, &token.approve(rollup, value))?;
        Ok(0)
    }

    pub(super) fn bond(
        self,
        chain: &mut Evm,
        rollup: Address,
        key: &Key,
        value: u128,
    ) -> Result<Outcome, ContractError> {
        let sent = self.ready(chain, rollup, key, value)?;
        Contract::at(chain, rollup).bond(key, sent)
    }

    pub(super) fn deposit(
        self,
        chain: &mut Evm,
        rollup: Address,
        key: &Key,
        account: u32,
        value: u128,
    ) -> Result<Outcome, ContractError> {
        self.ready(chain, rollup, key, value)?;
        let call = match self {
            Self::Coin => Calls(rollup).deposit(account, value),
            Self::Token(_) => Token::deposit(rollup, account, value),
        };
        Contract::at(chain, rollup).execute(key, &call)
    }

    /// What somebody has of it.
    pub(super) fn balance(self, chain: &mut Evm, who: Address) -> Result<u128, StoryError> {
        Ok(match self {
            Self::Coin => chain.balance(who)?,
            Self::Token(token) => token.balance(chain, who)?,
        })
    }

    /// What of this money a transaction's fee is.
    pub(super) const fn fee(self, fee: u128) -> u128 {
        match self {
            Self::Coin => fee,
            Self::Token(_) => 0,
        }
    }
}
