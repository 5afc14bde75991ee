//! The seam between the market and whoever agrees on its order of commands.

use crate::{Error, Receipt};
use market::{Envelope, Rejection, Sink, State};

/// Keeps the log of accepted commands and the state that follows from it.
///
/// A command is first appended (checked and applied, not yet safe), then committed together with the others
/// appended since the last commit. Only a commit acknowledges: what has a receipt is durable.
pub trait Ledger {
    /// Applies a command and records it; `sink` hears what it did. A refused command leaves no trace and its
    /// refusal is an answer; otherwise the answer is the record's number.
    ///
    /// # Errors
    /// After a failed commit; nothing else can go wrong before the next one.
    fn append(&mut self, envelope: &Envelope, sink: &mut dyn Sink) -> Result<Result<u64, Rejection>, Error>;

    /// Makes everything appended since the last commit durable, in one step, and acknowledges it. With nothing
    /// appended, the last receipt again.
    ///
    /// # Errors
    /// If it could not be made durable. Whether it was is then unknown, and the ledger does nothing more: drop
    /// it, see to the cause and open it again.
    fn commit(&mut self) -> Result<Receipt, Error>;

    /// The state after everything appended.
    fn state(&self) -> &State;

    /// The root of that state.
    fn root(&mut self) -> [u8; 32];

    /// How many commands were accepted, which is the number that the next record gets.
    fn len(&self) -> u64;

    /// Whether nothing was ever recorded, not even the founding.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last receipt given; one over no records before the first.
    fn receipt(&self) -> Receipt;

    /// Visits the committed records in order, from number `from` on.
    ///
    /// # Errors
    /// If the log cannot be read.
    fn records(&self, from: u64, visit: &mut dyn FnMut(u64, Envelope)) -> Result<(), Error>;
}
