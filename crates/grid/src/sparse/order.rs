//! Orders that keep factors sparse.

use super::Csc;

/// Approximate minimum degree order of A + Aᵀ (Amestoy, Davis & Duff 1996), by the `amd` crate: `order[k]` is the
/// column to be eliminated as the k-th.
///
/// # Panics
///
/// If the matrix is not square.
#[must_use]
pub fn minimum_degree(matrix: &Csc) -> Vec<usize> {
    assert_eq!(matrix.height, matrix.width, "only square matrices are factorised");
    let order = amd::order::<usize>(matrix.width, &matrix.starts, &matrix.rows, &amd::Control::default());
    order.expect("a valid matrix has an order").0
}
