//! Minimum fills and blocks: the market's own procedure says who takes part, a search prices what is left.

use crate::{Workspace, selection};
use market::rule::blocks::Decisions;
use market::{Book, Claim, Fraction, Price, Witness};

/// The right outcome of the books of consecutive intervals, cleared together under `uniform_price_blocks`.
///
/// `collar` is the market's floor and cap; the orders of the books lie within it.
#[must_use]
pub fn clear_blocks(
    k: Fraction,
    books: &[&Book],
    collar: (Price, Price),
    workspace: &mut Workspace,
) -> Claim {
    let decisions = Decisions::of(k, books, collar);
    let witness =
        |interval| match selection::equilibrium(&decisions.auction(interval), &mut workspace.selection) {
            Some((lo, _)) => Witness::Equilibrium(lo.max(collar.0)),
            None => Witness::NoTrade,
        };
    let intervals = (0..books.len()).map(witness).collect();
    Claim::Blocks { intervals, refused: decisions.refused().to_vec() }
}
