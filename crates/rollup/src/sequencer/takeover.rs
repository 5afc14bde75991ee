//! Taking over from an operator that is silent or was proven wrong, with nothing but the primary chain.
//!
//! The inputs stay, whatever became of the roots that came with them. So the successor carries all of them out from the
//! genesis, gives right roots to those that have none, and only then goes on with records of its own.

use super::{Clerk, Cut, PostError, Poster, Posting, Rest};
use crate::batch::{self, Header};
use crate::chain::Chain;
use crate::contract::{Posted, posted};
use crate::founding::FoundingError;
use crate::step::{Context, Record, State, Store, execute};
use crate::watcher::find_genesis;
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
        "the data of input {number} cannot be had from the primary chain, so no root after it can be computed"
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
        let mut state = find_genesis(chain, contract)?;
        let mut poster = Poster::new(contract, 0, key, posting, window, state.root());
        poster.view.update(chain).map_err(PostError::from)?;
        for index in 0..poster.view.inputs.len() {
            let (header, entry) = poster.view.inputs[index].clone();
            let number = index as u64 + 1;
            let withheld = TakeOverError::Withheld { number };
            let Ok(Posted::New { data, .. }) = posted(chain, contract, &entry) else { return Err(withheld) };
            for segment in batch::decode(&data).map_err(PostError::from)? {
                let from = state.head().queue;
                if carry_out(&mut state, &poster, &header, &segment.records).is_none() {
                    return Err(withheld);
                }
                for item in from..state.head().queue {
                    let item = poster.view.queue[item as usize].item.clone();
                    poster.consume(&item);
                }
                let tree = state.tree().root();
                poster.story.tell([Cut { records: segment.records, head: *state.head(), tree }]);
            }
            state.forget();
        }
        poster.look(chain)?;
        Ok(Self { clerk: Clerk::new(state, []), poster })
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

/// Carries a posted segment out; nothing where the queue is not there as far as it goes.
fn carry_out(state: &mut State, poster: &Poster, header: &Header, records: &[u8]) -> Option<()> {
    let from = state.head().queue;
    let mark = state.mark();
    let chain = poster.view.queue_hash(from)?;
    let context = Context { posted_at: header.time, available: header.available, chain };
    // How many items it consumes shows in the end: as many as the records name, or fewer where one begins work.
    let (mut rest, mut count) = (records, 0);
    while let Some((record, after)) = Record::decode(rest, state.head().is_signed()) {
        rest = after;
        if let Record::Queue { count: named } = record {
            count += u64::from(named);
        }
    }
    count = count.min(header.available.saturating_sub(from));
    loop {
        let items: Vec<u8> =
            poster.view.items(from, from + count).iter().flat_map(|queued| queued.item.clone()).collect();
        if execute(state, &context, records, &items).is_ok() {
            return Some(());
        }
        let consumed = state.head().queue - from;
        state.undo(mark);
        if consumed >= count {
            return None;
        }
        count = consumed;
    }
}
