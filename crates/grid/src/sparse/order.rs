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
    // The crate counts on a full diagonal; it does not change the order.
    let mut with_diagonal = Vec::with_capacity(rows.len() + width);
    let mut full_starts = vec![0];
    for column in 0..width {
        let entries = &rows[starts[column]..starts[column + 1]];
        let before = entries.partition_point(|&row| row < column);
        with_diagonal.extend_from_slice(&entries[..before]);
        with_diagonal.push(column);
        let after = before + usize::from(entries.get(before) == Some(&column));
        with_diagonal.extend_from_slice(&entries[after..]);
        full_starts.push(with_diagonal.len());
    }
    let order = amd::order::<usize>(width, &full_starts, &with_diagonal, &amd::Control::default());
    order.expect("a valid matrix has an order").0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_eliminated_from_its_points() {
        // Column 0 meets all others: eliminated first it would fill the whole matrix.
        let mut starts = vec![0, 5];
        starts.extend(6..=10);
        let rows = [vec![1, 2, 3, 4, 5], vec![0; 5]].concat();
        let order = minimum_degree_of(&starts, &rows);
        assert!(order.iter().position(|&column| column == 0).unwrap() >= 4, "{order:?}");
    }

    #[test]
    fn columns_without_entries_have_an_order() {
        let mut order = minimum_degree_of(&[0, 0, 1, 2], &[2, 1]);
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2]);
        assert!(minimum_degree_of(&[0], &[]).is_empty());
    }
}
