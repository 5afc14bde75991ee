//! Reading a ledger from its first record, for whoever explains what is in it.
//!
//! An audit asks whether each record is right; a statement asks what each did. Both apply every command again, so
//! what they tell is what the market decided and not what somebody wrote beside it.

use crate::store::Store;
use crate::{Error, Recoverer};
use market::{Command, Event, State, encoding};
use std::path::Path;

/// Who hears what each record does.
pub trait Reader {
    /// A record is about to be applied to `state`.
    fn before(&mut self, _record: u64, _command: &Command, _state: &State) {}

    /// A record was applied, with these effects.
    fn after(&mut self, record: u64, command: &Command, events: &[Event], state: &State);
}

/// Applies every record of the ledger at `path`, which is read and never written, and shows each to `reader`.
/// `progress` hears how many records are done, and of how many, after every commit.
///
/// # Errors
/// If the file cannot be read as a ledger, or the market refuses one of its records.
pub fn replay(
    path: impl AsRef<Path>,
    reader: &mut dyn Reader,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<State, Error> {
    let path = path.as_ref();
    let store = Store::read(path, None)?;
    let total = store.records()?;
    let mut state = State::new();
    let mut events = Vec::new();
    store.segments(0, &mut |segment| {
        let mut rest = segment.bytes.as_slice();
        for record in segment.receipt.first..segment.receipt.end() {
            let refused = |rejection| Error::Refused { path: path.into(), record, rejection };
            let (envelope, after) = encoding::decode(rest).map_err(refused)?;
            rest = after;
            reader.before(record, &envelope.command, &state);
            events.clear();
            state.apply(&envelope, &Recoverer, &mut events).map_err(refused)?;
            reader.after(record, &envelope.command, &events, &state);
        }
        progress(segment.receipt.end(), total);
        Ok(())
    })?;
    Ok(state)
}
