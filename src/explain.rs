//! `wattle explain`: why a member paid what it paid for an interval, in a few sentences.

use crate::cli::ExplainOptions;
use crate::failure::Failure;

pub(crate) fn explain(_: &ExplainOptions) -> Result<(), Failure> {
    Ok(())
}
