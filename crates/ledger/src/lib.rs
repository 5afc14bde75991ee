//! Who agrees on the order of commands, and how it is kept.
//!
//! A ledger is a log of accepted commands. [`Ledger`] is the seam: append, commit, receive a receipt, replay.
//! [`Central`] keeps it in one SQLite file under one operator. [`audit()`] replays a log that somebody else wrote
//! and re-checks every law.
//!
//! The modules in reading order:

mod key;
pub use key::{Key, Recoverer};
mod receipt;
pub use receipt::Receipt;
mod segment;
pub use segment::{Segment, chain};
mod error;
pub use error::Error;
mod ledger;
pub use ledger::Ledger;
mod central;
mod projection;
mod store;
pub use central::{Central, Options};
mod replay;
pub use replay::{Reader, replay};
mod audit;
pub mod posted;
pub use audit::{Audit, Auditor, Evidence, LawCount, Violation, audit};
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
