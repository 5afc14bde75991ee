//! Sparse LU factorisation with a search for pivots: P·A·Q = L·U (Gilbert & Peierls 1988; Davis 2006, ch. 6).
//!
//! The first factorisation searches: in each column the diagonal is the pivot unless another entry is ten times as
//! large. Later ones of the same pattern ([`Lu::refactor`]) keep pivots and pattern, and neither search nor allocate.

use super::{Csc, Singular};

/// A diagonal entry is the pivot if it has at least this part of the column's largest.
const THRESHOLD: f64 = 0.1;
/// A pivot is too small with less than this part of its column.
const SMALLEST_PIVOT: f64 = 1e-14;
/// Pivots that are kept may have as little as this part of the column's largest before another search is due.
const SMALLEST_KEPT: f64 = 1e-6;
const NONE: usize = usize::MAX;

/// Factors of a sparse square matrix.
#[derive(Clone, Debug)]
pub struct Lu {
    /// Column of the matrix that is eliminated as the k-th.
    order: Vec<usize>,
    /// Which elimination each row of the matrix is the pivot of.
    pivot_of_row: Vec<usize>,
    /// L by columns without its unit diagonal; rows are numbered by elimination.
    lower: Columns,
    /// U by columns without its diagonal; rows rising.
    upper: Columns,
    diagonal: Vec<f64>,
    /// A column while it is eliminated; zero in between.
    work: Vec<f64>,
}

#[derive(Clone, Debug, Default)]
struct Columns {
    starts: Vec<usize>,
    rows: Vec<usize>,
    values: Vec<f64>,
}

impl Columns {
    fn new() -> Self {
        Self { starts: vec![0], ..Self::default() }
    }

    fn column(&self, at: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[at]..self.starts[at + 1];
        self.rows[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }

    fn close(&mut self) {
        self.starts.push(self.rows.len());
    }
}

impl Lu {
    /// Factorises a matrix, eliminating columns in the given order ([`super::minimum_degree`]).
    ///
    /// # Errors
    ///
    /// If the matrix is singular to working accuracy.
    ///
    /// # Panics
    ///
    /// If the matrix is not square or the order not one of its columns.
    pub fn factor(matrix: &Csc, order: &[usize]) -> Result<Self, Singular> {
        let size = matrix.width;
        assert_eq!(matrix.height, size, "only square matrices are factorised");
        assert_eq!(order.len(), size, "the order has each column once");
        let mut lu = Self {
            order: order.to_vec(),
            pivot_of_row: vec![NONE; size],
            lower: Columns::new(),
            upper: Columns::new(),
            diagonal: Vec::with_capacity(size),
            work: vec![0.0; size],
        };
        let mut reach = Reach { seen: vec![NONE; size], path: Vec::new(), found: Vec::new() };
        for k in 0..size {
            lu.eliminate(matrix, k, &mut reach)?;
        }
        lu.number_by_elimination();
        Ok(lu)
    }

    /// Finds column k of both factors; rows of L keep the matrix's numbers until the end.
    fn eliminate(&mut self, matrix: &Csc, k: usize, reach: &mut Reach) -> Result<(), Singular> {
        let column = self.order[k];
        let entries = matrix.starts[column]..matrix.starts[column + 1];
        reach.from(&matrix.rows[entries.clone()], k, &self.lower, &self.pivot_of_row);
        let mut before: f64 = 0.0;
        for at in entries {
            self.work[matrix.rows[at]] += matrix.values[at];
            before = before.max(matrix.values[at].abs());
        }
        let (mut largest, mut pivot_row) = (0.0, NONE);
        for &row in reach.found.iter().rev() {
            let value = self.work[row];
            let pivot = self.pivot_of_row[row];
            if pivot == NONE {
                // Not a number is larger than all, and found out below.
                if value.abs() > largest || value.is_nan() {
                    (largest, pivot_row) = (value.abs(), row);
                }
                continue;
            }
            for at in self.lower.starts[pivot]..self.lower.starts[pivot + 1] {
                self.work[self.lower.rows[at]] -= self.lower.values[at] * value;
            }
        }
        if pivot_row == NONE || !largest.is_finite() || largest <= SMALLEST_PIVOT * before {
            return Err(Singular { column });
        }
        if self.pivot_of_row[column] == NONE && self.work[column].abs() >= THRESHOLD * largest {
            pivot_row = column;
        }
        let pivot = self.work[pivot_row];
        for &row in reach.found.iter().rev() {
            let value = std::mem::take(&mut self.work[row]);
            if self.pivot_of_row[row] != NONE {
                self.upper.rows.push(self.pivot_of_row[row]);
                self.upper.values.push(value);
            } else if row != pivot_row {
                self.lower.rows.push(row);
                self.lower.values.push(value / pivot);
            }
        }
        self.pivot_of_row[pivot_row] = k;
        self.diagonal.push(pivot);
        self.lower.close();
        self.upper.close();
        Ok(())
    }

    fn number_by_elimination(&mut self) {
        for row in &mut self.lower.rows {
            *row = self.pivot_of_row[*row];
        }
        // Rising rows of U are an order in which a later factorisation may eliminate.
        for k in 0..self.diagonal.len() {
            let range = self.upper.starts[k]..self.upper.starts[k + 1];
            let mut column: Vec<(usize, f64)> = self.upper.column(k).collect();
            column.sort_unstable_by_key(|&(row, _)| row);
            for (at, (row, value)) in range.zip(column) {
                self.upper.rows[at] = row;
                self.upper.values[at] = value;
            }
        }
    }

    /// Factorises another matrix of the same pattern with the same pivots.
    ///
    /// # Errors
    ///
    /// If a pivot became too small: the factors are then of no use, and [`Lu::factor`] may find better ones.
    ///
    /// # Panics
    ///
    /// If the matrix is of another size; one of another pattern gives wrong factors.
    pub fn refactor(&mut self, matrix: &Csc) -> Result<(), Singular> {
        let Self { order, pivot_of_row, lower, upper, diagonal, work } = self;
        assert_eq!((matrix.width, matrix.height), (order.len(), order.len()), "the pattern is the same");
        for k in 0..order.len() {
            let column = order[k];
            for at in matrix.starts[column]..matrix.starts[column + 1] {
                work[pivot_of_row[matrix.rows[at]]] += matrix.values[at];
            }
            for at in upper.starts[k]..upper.starts[k + 1] {
                let j = upper.rows[at];
                let value = std::mem::take(&mut work[j]);
                upper.values[at] = value;
                for (row, factor) in lower.column(j) {
                    work[row] -= factor * value;
                }
            }
            let pivot = std::mem::take(&mut work[k]);
            let mut largest: f64 = 0.0;
            for at in lower.starts[k]..lower.starts[k + 1] {
                let value = std::mem::take(&mut work[lower.rows[at]]);
                largest = largest.max(value.abs());
                lower.values[at] = value / pivot;
            }
            if !pivot.is_finite() || pivot == 0.0 || pivot.abs() < SMALLEST_KEPT * largest {
                work.fill(0.0);
                return Err(Singular { column });
            }
            diagonal[k] = pivot;
        }
        Ok(())
    }

    /// Solves A·x = b; b becomes x.
    ///
    /// # Panics
    ///
    /// If b is not as long as the matrix is high.
    pub fn solve(&mut self, b: &mut [f64]) {
        let Self { order, pivot_of_row, lower, upper, diagonal, work } = self;
        assert_eq!(b.len(), work.len(), "one entry for each row");
        for (&value, &pivot) in b.iter().zip(pivot_of_row.iter()) {
            work[pivot] = value;
        }
        for k in 0..work.len() {
            let value = work[k];
            for (row, factor) in lower.column(k) {
                work[row] -= factor * value;
            }
        }
        for k in (0..work.len()).rev() {
            let value = work[k] / diagonal[k];
            for (row, factor) in upper.column(k) {
                work[row] -= factor * value;
            }
            b[order[k]] = value;
        }
        work.fill(0.0);
    }

    /// Entries of both factors.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.lower.rows.len() + self.upper.rows.len() + self.diagonal.len()
    }
}

/// Rows that a column reaches through L.
struct Reach {
    /// For which column each row was last seen.
    seen: Vec<usize>,
    /// Rows on the way, each with where its column goes on.
    path: Vec<(usize, usize)>,
    /// Rows in reverse topological order.
    found: Vec<usize>,
}

impl Reach {
    fn from(&mut self, rows: &[usize], k: usize, lower: &Columns, pivot_of_row: &[usize]) {
        self.found.clear();
        let start = |row: usize| match pivot_of_row[row] {
            NONE => 0,
            pivot => lower.starts[pivot],
        };
        for &row in rows {
            if self.seen[row] == k {
                continue;
            }
            self.seen[row] = k;
            self.path.push((row, start(row)));
            while let Some((row, next)) = self.path.last_mut() {
                let end = match pivot_of_row[*row] {
                    NONE => 0,
                    pivot => lower.starts[pivot + 1],
                };
                if *next >= end {
                    self.found.push(*row);
                    self.path.pop();
                    continue;
                }
                let below = lower.rows[*next];
                *next += 1;
                if self.seen[below] != k {
                    self.seen[below] = k;
                    self.path.push((below, start(below)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sparse::minimum_degree;
    use proptest::prelude::*;

    fn matrix(size: usize, entries: &[(usize, usize, f64)]) -> Csc {
        Csc::from_entries(size, size, entries).0
    }

    fn solved(matrix: &Csc, lu: &mut Lu) -> f64 {
        let x: Vec<f64> = (0..matrix.width).map(|i| 1.0 + i as f64).collect();
        let mut b = vec![0.0; matrix.height];
        matrix.multiply_add(&x, &mut b);
        lu.solve(&mut b);
        b.iter().zip(&x).map(|(b, x)| (b - x).abs() / x).fold(0.0, f64::max)
    }

    #[test]
    fn a_zero_on_the_diagonal_is_no_obstacle() {
        let a = matrix(3, &[(0, 1, 2.0), (1, 0, 3.0), (1, 2, 1.0), (2, 1, 5.0), (2, 2, -4.0)]);
        let mut lu = Lu::factor(&a, &[0, 1, 2]).unwrap();
        assert!(solved(&a, &mut lu) < 1e-14);
    }

    #[test]
    fn a_singular_matrix_names_the_column() {
        // The third column is the sum of the others.
        let a = matrix(
            3,
            &[(0, 0, 2.0), (1, 1, 3.0), (0, 1, 1.0), (0, 2, 3.0), (1, 2, 3.0), (2, 0, 1.0), (2, 2, 1.0)],
        );
        assert_eq!(Lu::factor(&a, &[0, 1, 2]).unwrap_err(), Singular { column: 2 });
        let b = matrix(2, &[(0, 0, 1.0), (1, 0, 1.0)]);
        assert_eq!(Lu::factor(&b, &[0, 1]).unwrap_err(), Singular { column: 1 });
        let c = matrix(1, &[(0, 0, f64::NAN)]);
        assert_eq!(Lu::factor(&c, &[0]).unwrap_err(), Singular { column: 0 });
    }

    #[test]
    fn a_pivot_that_vanishes_asks_for_another_search() {
        let entries = |pivot| [(0, 0, pivot), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 1.0)];
        let mut lu = Lu::factor(&matrix(2, &entries(4.0)), &[0, 1]).unwrap();
        let weak = matrix(2, &entries(1e-9));
        assert!(lu.refactor(&weak).is_err());
        let mut lu = Lu::factor(&weak, &[0, 1]).unwrap();
        assert!(solved(&weak, &mut lu) < 1e-9);
    }

    proptest! {
        #[test]
        fn solutions_of_any_regular_matrix_are_found(
            size in 1_usize..25,
            entries in prop::collection::vec((0_usize..25, 0_usize..25, -1.0_f64..1.0), 0..120),
            diagonal in prop::collection::vec(-1.0_f64..1.0, 25),
            scale in prop::collection::vec(0.5_f64..2.0, 200),
        ) {
            let mut all: Vec<(usize, usize, f64)> =
                entries.into_iter().filter(|e| e.0 < size && e.1 < size).collect();
            all.extend((0..size).map(|i| (i, i, diagonal[i])));
            let a = matrix(size, &all);
            let order = minimum_degree(&a);
            let condition = dense_condition(&a);
            match Lu::factor(&a, &order) {
                Ok(mut lu) => {
                    prop_assert!(solved(&a, &mut lu) < 1e-13 * condition + 1e-13);
                    // Other values in the same places.
                    let mut other = a.clone();
                    other.values.iter_mut().zip(&scale).for_each(|(value, factor)| *value *= factor);
                    if lu.refactor(&other).is_ok() {
                        let condition = dense_condition(&other);
                        prop_assert!(solved(&other, &mut lu) < 1e-8 * condition + 1e-8);
                    }
                }
                Err(_) => prop_assert!(condition > 1e8, "regular, of condition {condition}"),
            }
        }
    }

    /// ‖A‖·‖A⁻¹‖ in the maximum norm, by dense elimination with full search in each column; ∞ if singular.
    fn dense_condition(matrix: &Csc) -> f64 {
        let n = matrix.width;
        let mut a = vec![vec![0.0; 2 * n]; n];
        for column in 0..n {
            for at in matrix.starts[column]..matrix.starts[column + 1] {
                a[matrix.rows[at]][column] = matrix.values[at];
            }
            a[column][n + column] = 1.0;
        }
        let norm = |a: &[Vec<f64>], from: usize| {
            a.iter().map(|row| row[from..from + n].iter().map(|v| v.abs()).sum::<f64>()).fold(0.0, f64::max)
        };
        let before = norm(&a, 0);
        for k in 0..n {
            let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
            a.swap(k, pivot);
            if a[k][k] == 0.0 {
                return f64::INFINITY;
            }
            let pivot_row = a[k].clone();
            for (i, row) in a.iter_mut().enumerate() {
                let factor = if i == k { 1.0 - 1.0 / pivot_row[k] } else { row[k] / pivot_row[k] };
                row.iter_mut().zip(&pivot_row).for_each(|(value, pivot)| *value -= factor * pivot);
            }
        }
        before * norm(&a, n)
    }
}
