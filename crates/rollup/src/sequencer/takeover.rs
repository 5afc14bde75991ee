//! Taking over from an operator that is silent or was proven wrong, with nothing but the primary chain.
//!
//! The inputs stay, whatever became of the roots that came with them. So the successor carries all of them out from the
//! genesis, gives right roots to those that have none, and only then goes on with records of its own.

use super::{Clerk, Cut, PostError, Poster, Posting, Rest};
use crate::chain::Chain;
use crate::founding::FoundingError;
use crate::modes::{Content, Text};
use crate::step::Store;
use crate::watcher::derive_with;
use ledger::Key;
use market::Address;

/// Why nobody can take over here.
#[derive(Debug, thiserror::Error)]
pub enum TakeOverError {
    /// The genesis cannot be had.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// The chain cannot be read, or does not fit together.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The data of an input is not there.
    #[error(
        "the data of input {number} cannot be had from the primary chain, or not be read with this key, so no root after \
         it can be computed"
    )]
    Withheld {
        /// Its number.
        number: u64,
    },
}

/// An operator that knows the secondary chain from the primary one.
pub struct Successor {
    /// Carries records out.
    pub clerk: Clerk,
    /// Posts them.
    pub poster: Poster,
}

impl Successor {
    /// Rebuilds the secondary chain from a contract's public data. `window`: how long a batch can be challenged (blocks, s).
    ///
    /// # Errors
    /// Where the chain cannot be read or does not have all data.
    pub fn take_over(
        chain: &mut dyn Chain,
        contract: Address,
        key: Key,
        posting: Posting,
        window: (u64, u64),
    ) -> Result<Self, TakeOverError> {
        let derived = derive_with(chain, contract, None, Some(key.clone()))?;
        let mut derivation = derived.derivation;
        let mode = derivation.mode();
        let withheld = |number| TakeOverError::Withheld { number };
        let mut state = derivation.state(0).cloned().ok_or(withheld(1))?;
        let mut poster = Poster::new(mode, contract, 0, key, posting, window, state.root());
        poster.view.update(chain).map_err(PostError::from)?;
        for number in 1..=poster.view.inputs.len() as u64 {
            let mut cuts = Vec::new();
            let from = state.head().queue;
            let done = derivation.carry_out(number, &mut state, &mut |part, state| {
                // Whoever was never shown the signatures goes by what follows if they hold.
                let (records, unshown) = match (part.content(), part.text()) {
                    (Content::Bare(bare, hash), Text::Assumed(_)) => (bare.clone(), Some(*hash)),
                    (_, Text::Known(records) | Text::Assumed(records)) => (records, None),
                    (_, Text::Hidden) => return,
                };
                let tree = state.tree().root();
                cuts.push(Cut { records, unshown, head: *state.head(), tree });
            });
            done.ok_or(withheld(number))?;
            for item in from..state.head().queue {
                let item = poster.view.queue[item as usize].item.clone();
                poster.consume(&item);
            }
            let hash = poster.view.inputs[number as usize - 1].0.records_hash;
            poster.adopt(hash, cuts);
            state.forget();
        }
        poster.look(chain)?;
        Ok(Self { clerk: Clerk::new(mode, state, []), poster })
    }

    /// Posts what is due: new roots first, then whatever was carried out since.
    ///
    /// # Errors
    /// As [`Poster::drive`].
    pub fn drive(&mut self, chain: &mut dyn Chain) -> Result<Rest, PostError> {
        self.clerk.cut();
        self.clerk.settle();
        self.poster.story.tell(self.clerk.take());
        self.poster.drive(chain, 0, true)
    }
}
