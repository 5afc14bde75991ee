//! Matched in merit order, each pair at a price between its own limits.

use super::{Clearing, Cut, uniform_price};
use crate::{Book, Fraction, Price, Rejection};

pub(super) fn check(
    _k: Fraction,
    book: &Book,
    equilibrium: Price,
    _bids: &[u32],
    _offers: &[u32],
    out: &mut Clearing,
) -> Result<(), Rejection> {
    let cut = Cut::at(book, equilibrium)?;
    if equilibrium != cut.lo {
        return Err(Rejection::NotEquilibrium);
    }
    uniform_price::allocate(&cut, book, out);
    Err(Rejection::MeritOrder)
}
