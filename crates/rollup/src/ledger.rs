//! A ledger that posts what it keeps.

mod notes;
pub use notes::{Consumed, Notes, NotesError, Place};
