//! The part of the study on homes small enough to know the best policy without foresight.

mod form;
mod page;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub(super) use form::ForesightForm;
pub(super) use page::section;
pub(super) use tables::csv;
pub(super) use text::text;
pub(super) use words::words;

/// The name of the best policy among the schedulers.
const BEST: &str = "best_without_foresight";
