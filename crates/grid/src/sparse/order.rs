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
    minimum_degree_of(&matrix.starts, &matrix.rows)
}

/// The same for a pattern: the entries of column j are `starts[j]..starts[j + 1]` of `rows`, rising.
///
/// # Panics
///
/// If that is no pattern of a square matrix.
#[must_use]
pub fn minimum_degree_of(starts: &[usize], rows: &[usize]) -> Vec<usize> {
    let width = starts.len() - 1;
    if width == 0 {
        return Vec::new();
    }
    amd::order::<usize>(width, starts, rows, &amd::Control::default()).expect("a valid matrix has an order").0
}
