//! A book's outcome: the search and the check behind one call, for studies that clear a book many times.

use crate::{Workspace, clear};
use market::rule::{Clearing, Rule, check};
use market::{Book, Price, Rejection, Side};

/// What one book trades under `rule`, in `out`.
///
/// `sequence` is the order in which the orders of both sides arrived, each by its side and its place of arrival there;
/// only rules that trade on arrival ask for it.
///
/// # Errors
/// Where the check refuses what the search claims: a rule without a search.
pub fn outcome(
    rule: &Rule,
    book: &Book,
    sequence: &[(Side, u32)],
    collar: (Price, Price),
    workspace: &mut Workspace,
    out: &mut Clearing,
) -> Result<(), Rejection> {
    let _ = sequence;
    let claim = clear(rule, book, collar, workspace);
    check(rule, book, &claim, collar, out)
}
