//! LDLᵀ of a complex symmetric matrix: the nodal admittances, factorised once.
//!
//! Without pivots: admittance matrices of lossy networks have a positive definite real part, for which elimination in
//! any order is stable (Higham 1998, "Factorizing complex symmetric matrices with positive definite real and
//! imaginary parts"). Up-looking, by the elimination tree (Davis, Direct Methods for Sparse Linear Systems, ch. 4.8).

use super::lanes::Lanes;
use crate::sparse::{Csc, minimum_degree};
use num_complex::Complex64;
use std::collections::BTreeMap;

/// P·A·Pᵀ = L·D·Lᵀ with a unit lower triangle L.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    /// Row of A that comes k-th.
    order: Vec<usize>,
    /// Where the column of L starts, and the end of the last.
    starts: Vec<usize>,
    rows: Vec<usize>,
    values: Vec<Complex64>,
    /// 1/D.
    inverse_d: Vec<Complex64>,
}

const NONE: usize = usize::MAX;

impl Factor {
    /// Factorises a symmetric matrix given by its entries at and above the diagonal (row ≤ column).
    ///
    /// # Errors
    ///
    /// With the row at which the matrix turned out to be singular.
    pub(super) fn of(size: usize, upper: &BTreeMap<(usize, usize), Complex64>) -> Result<Self, usize> {
        let mut pattern = Vec::with_capacity(2 * upper.len());
        for &(i, j) in upper.keys() {
            pattern.push((i, j, 1.0));
            if i != j {
                pattern.push((j, i, 1.0));
            }
        }
        let order = minimum_degree(&Csc::from_entries(size, size, &pattern).0);
        let mut place = vec![0; size];
        for (k, &row) in order.iter().enumerate() {
            place[row] = k;
        }
        // Columns of the permuted upper triangle.
        let mut columns: Vec<Vec<(usize, Complex64)>> = vec![Vec::new(); size];
        for (&(i, j), &value) in upper {
            let (i, j) = (place[i].min(place[j]), place[i].max(place[j]));
            columns[j].push((i, value));
        }
        let (parent, counts) = tree(&columns);
        let mut starts = vec![0; size + 1];
        for k in 0..size {
            starts[k + 1] = starts[k] + counts[k];
        }
        let mut factor = Self {
            order,
            rows: vec![0; starts[size]],
            values: vec![Complex64::ZERO; starts[size]],
            starts,
            inverse_d: vec![Complex64::ZERO; size],
        };
        factor.eliminate(&columns, &parent).map_err(|k| factor.order[k])?;
        Ok(factor)
    }

    fn eliminate(&mut self, columns: &[Vec<(usize, Complex64)>], parent: &[usize]) -> Result<(), usize> {
        let size = columns.len();
        let mut y = vec![Complex64::ZERO; size];
        let mut mark = vec![NONE; size];
        let mut filled = self.starts.clone();
        let mut path = Vec::new();
        let mut reached = Vec::new();
        for k in 0..size {
            mark[k] = k;
            reached.clear();
            let mut diagonal = Complex64::ZERO;
            for &(i, value) in &columns[k] {
                if i == k {
                    diagonal += value;
                    continue;
                }
                y[i] += value;
                path.clear();
                let mut at = i;
                while mark[at] != k {
                    path.push(at);
                    mark[at] = k;
                    at = parent[at];
                }
                // Nodes nearer the root come later; `reached` is in reverse topological order.
                reached.extend(path.drain(..).rev());
            }
            let before = diagonal.norm();
            for &i in reached.iter().rev() {
                let yi = std::mem::replace(&mut y[i], Complex64::ZERO);
                for at in self.starts[i]..filled[i] {
                    y[self.rows[at]] -= self.values[at] * yi;
                }
                let l = yi * self.inverse_d[i];
                diagonal -= l * yi;
                self.rows[filled[i]] = k;
                self.values[filled[i]] = l;
                filled[i] += 1;
            }
            if !diagonal.is_finite() || diagonal.norm() <= 1e-13 * before {
                return Err(k);
            }
            self.inverse_d[k] = diagonal.inv();
        }
        Ok(())
    }

    /// x ← A⁻¹·x, with `work` of the same length.
    pub(super) fn solve<const K: usize>(&self, x: &mut [Lanes<K>], work: &mut [Lanes<K>]) {
        let size = self.order.len();
        for (to, &from) in work.iter_mut().zip(&self.order) {
            *to = x[from];
        }
        for k in 0..size {
            let value = work[k];
            for at in self.starts[k]..self.starts[k + 1] {
                work[self.rows[at]].add_scaled(-self.values[at], &value);
            }
        }
        for k in (0..size).rev() {
            let mut value = work[k].scaled(self.inverse_d[k]);
            for at in self.starts[k]..self.starts[k + 1] {
                value.add_scaled(-self.values[at], &work[self.rows[at]]);
            }
            work[k] = value;
        }
        for (from, &to) in work.iter().zip(&self.order) {
            x[to] = *from;
        }
    }
}

/// Elimination tree, and entries of each column of L below the diagonal.
fn tree(columns: &[Vec<(usize, Complex64)>]) -> (Vec<usize>, Vec<usize>) {
    let size = columns.len();
    let mut parent = vec![NONE; size];
    let mut counts = vec![0; size];
    let mut mark = vec![NONE; size];
    for k in 0..size {
        mark[k] = k;
        for &(i, _) in &columns[k] {
            let mut at = i;
            while mark[at] != k {
                if parent[at] == NONE {
                    parent[at] = k;
                }
                counts[at] += 1;
                mark[at] = k;
                at = parent[at];
            }
        }
    }
    (parent, counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_factor_solves_what_was_factorised(
            size in 1_usize..24,
            seeds in proptest::collection::vec((0_usize..24, 0_usize..24, 0.1_f64..2.0, -2.0_f64..2.0), 0..80),
        ) {
            let mut upper = BTreeMap::new();
            for i in 0..size {
                upper.insert((i, i), Complex64::new(0.1, -0.2));
            }
            for (i, j, g, b) in seeds {
                let (i, j) = (i % size, j % size);
                if i == j { continue }
                // A branch between two nodes.
                let y = Complex64::new(g, b);
                *upper.get_mut(&(i, i)).unwrap() += y;
                *upper.get_mut(&(j, j)).unwrap() += y;
                *upper.entry((i.min(j), i.max(j))).or_default() -= y;
            }
            let factor = Factor::of(size, &upper).unwrap();
            let b: Vec<Complex64> = (0..size).map(|i| Complex64::new(i as f64, 1.0)).collect();
            let mut x: Vec<Lanes<2>> = b.iter().map(|&b| Lanes::splat(b)).collect();
            factor.solve(&mut x, &mut vec![Lanes::ZERO; size]);
            let mut product = vec![Complex64::ZERO; size];
            for (&(i, j), &y) in &upper {
                product[i] += y * x[j].lane(1);
                if i != j {
                    product[j] += y * x[i].lane(0);
                }
            }
            for (product, b) in product.iter().zip(&b) {
                prop_assert!((product - b).norm() < 1e-8 * size as f64);
            }
        }
    }

    #[test]
    fn a_singular_matrix_names_its_row() {
        let one = Complex64::ONE;
        let upper = BTreeMap::from([((0, 0), one), ((0, 1), -one), ((1, 1), one), ((2, 2), one)]);
        assert!(Factor::of(3, &upper).unwrap_err() < 2);
    }
}
