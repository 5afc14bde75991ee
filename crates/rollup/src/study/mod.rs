//! The dual chain's story: members pay in and trade, the operator lies about one fill, a watcher proves it in one
//! transaction, the next operator goes on, members withdraw; at last all operators vanish and the members leave.
//!
//! Nothing is told that was not done: every figure comes from the primary chain in the process, and after every chapter the
//! balances of the secondary chain must add up to the coin that the contract holds for members, to the last n€.

mod fraud;
mod leaving;
mod money;
mod street;
mod world;

use crate::chain::{ChainError, Clock, Evm};
use crate::contract::ContractError;
use crate::founding::FoundingError;
use crate::sequencer::{PostError, TakeOverError};
use crate::watcher::WatchError;
use market::{AccountId, Address, Rejection};
pub use money::Money;
use world::World;

/// The interval whose clearing the first operator lies about: noon.
const NOON: u64 = 48;
/// By how much more than right the lie fills an order, Wh.
const LIE: u64 = 100;

/// Somebody who was paid on the primary chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Whose account on the secondary chain.
    pub account: AccountId,
    /// How much, n€.
    pub amount: u128,
    /// Gas of the transaction.
    pub gas: u64,
}

/// What the lie was and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lie {
    /// In which batch.
    pub batch: u64,
    /// The first wrong segment of it, as the watcher found.
    pub segment: u32,
    /// Segments of the batch.
    pub segments: usize,
    /// Whose fill.
    pub account: AccountId,
    /// What it was, Wh, and what the operator said.
    pub fill: (u64, u64),
    /// Gas of the promise and of the proof.
    pub gas: (u64, u64),
    /// Bytes of the proof's transaction.
    pub bytes: usize,
    /// The bond, what the watcher got of it, and what nobody has any more, wei.
    pub bond: (u128, u128, u128),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Households.
    pub households: usize,
    /// Delivery intervals that were traded.
    pub intervals: u64,
    /// Paid in by everybody, n€.
    pub paid_in: i128,
    /// Orders that were placed.
    pub orders: u64,
    /// Readings.
    pub readings: u64,
    /// Batches that the first operator posted rightly, and the second one.
    pub batches: (u64, u64),
    /// Bytes of data in all of them.
    pub bytes: u64,
    /// Gas for posting them.
    pub post_gas: u64,
    /// The lie.
    pub lie: Lie,
    /// Inputs to which the second operator gave right roots, and gas for it.
    pub reposted: (u64, u64),
    /// Who took money out.
    pub withdrawals: Vec<Paid>,
    /// Who left at the end.
    pub exits: Vec<Paid>,
    /// After each chapter: its name, Σ balances on the secondary chain and in withdrawals not paid, and what the contract holds for members, n€.
    pub sums: Vec<(&'static str, i128, i128)>,
    /// The last root of the secondary chain.
    pub root: [u8; 32],
}

/// Why the story could not be told to its end.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// Something did not happen as the dual chain promises.
    #[error("a promise was broken: {0}")]
    Broken(String),
    /// The secondary chain refused a command of the story.
    #[error("the secondary chain refused {command}: {rejection}")]
    Refused {
        /// What.
        command: String,
        /// Why.
        rejection: Rejection,
    },
    /// The contract or the chain.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// Posting.
    #[error(transparent)]
    Post(#[from] PostError),
    /// Taking over.
    #[error(transparent)]
    TakeOver(#[from] TakeOverError),
    /// Watching.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// Deriving.
    #[error(transparent)]
    Founding(#[from] FoundingError),
}

impl From<ChainError> for StoryError {
    fn from(error: ChainError) -> Self {
        Self::Contract(error.into())
    }
}

/// Tells the story of a street of so many households.
///
/// # Errors
/// [`StoryError::Broken`] where anything is not as promised.
pub fn story(seed: u64, households: usize) -> Result<Story, StoryError> {
    story_paid_in(seed, households, |chain, people, purse| {
        people.iter().try_for_each(|who| chain.fund(*who, purse))?;
        Ok(Money::Coin)
    })
}

/// The same in the money that `issue` gives everybody so much of; a token has 18 decimals, and coin is needed for gas too.
///
/// # Errors
/// As for [`story`], and those of `issue`.
pub fn story_paid_in(
    seed: u64,
    households: usize,
    issue: impl FnOnce(&mut Evm, &[Address], u128) -> Result<Money, StoryError>,
) -> Result<Story, StoryError> {
    let mut world = World::found(seed, households, issue)?;
    let paid_in = world.pay_in()?;
    world.check("deposits")?;
    for step in 0..NOON {
        world.play(step)?;
    }
    world.check("the morning")?;
    let lie = world.lie()?;
    world.check("the proof")?;
    let reposted = world.succeed()?;
    for step in NOON + 1..96 {
        world.play(step)?;
    }
    world.deliver(95)?;
    world.check("the afternoon")?;
    let withdrawals = world.withdraw()?;
    world.check("withdrawals")?;
    let exits = world.exit()?;
    world.check("exits")?;
    world.tell(paid_in, lie, reposted, withdrawals, exits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lie_about_one_fill_falls_to_one_transaction_and_everybody_is_paid() {
        let story = story(1, 4).unwrap();
        assert_eq!(story.lie.fill.1, story.lie.fill.0 + LIE);
        assert_eq!(story.reposted.0, 1);
        assert_eq!(story.withdrawals.len(), 2);
        let out: u128 = story.withdrawals.iter().chain(&story.exits).map(|paid| paid.amount).sum();
        assert_eq!(out as i128, story.paid_in, "what was paid in was paid out, to the last n€");
        assert_eq!(story.sums.last(), Some(&("exits", 0, 0)));
    }
}
