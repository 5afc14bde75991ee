//! Sparse LDLᵀ factorisation of symmetric, indefinite matrices, by blocks.
//!
//! The matrices of interior point methods, K = \[H Jᵀ; J −C\], are symmetric but not definite: eliminating one unknown
//! at a time meets zeros on the diagonal. What makes it safe is to eliminate unknowns in small groups whose own block
//! is regular (a bus's voltage together with the multipliers of its power balance: its block holds the diagonal of
//! the power flow's Jacobian). So unknowns come in groups of N; the order among groups is chosen once for
//! sparsity, each pivot is a dense N × N block, inverted with complete pivoting (Bunch & Parlett 1971), whose signs
//! add up to the inertia of the matrix (Sylvester). N = 1 is the ordinary LDLᵀ.
//!
//! Symbolic work is done once ([`Ldl::analyse`]); [`Ldl::factorise`] neither allocates nor searches.

use super::dense::{invert, multiply, subtract, subtract_product, subtract_transposed};
use super::{Block, Csc, Inertia, minimum_degree};

/// A symmetric matrix of N × N blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct SymmetricBlocks<const N: usize> {
    /// Diagonal blocks, each symmetric with both triangles filled in.
    pub diagonal: Vec<Block<N>>,
    /// Places (row, column) of the blocks off the diagonal: one triangle only, either will do.
    pub pairs: Vec<(usize, usize)>,
    /// The blocks at those places.
    pub off_diagonal: Vec<Block<N>>,
}

/// A factorisation P·A·Pᵀ = L·D·Lᵀ with block-diagonal D.
#[derive(Clone, Debug)]
pub struct Ldl<const N: usize> {
    /// `order[k]` is the group eliminated as the k-th.
    order: Vec<usize>,
    /// When each group is eliminated.
    place: Vec<usize>,
    /// Block columns of L below the diagonal: where each starts, and the end of the last.
    starts: Vec<usize>,
    rows: Vec<u32>,
    blocks: Vec<Block<N>>,
    inverse_pivots: Vec<Block<N>>,
    /// Where each block off the diagonal goes, and whether transposed.
    entries: Vec<(u32, bool)>,
    /// Column by column, for each pair of rows j < i of the column: where (i, j) lies.
    targets: Vec<u32>,
    /// One column before it is divided by its pivot.
    column: Vec<Block<N>>,
}

/// Room for [`Ldl::solve_refined`].
#[derive(Clone, Debug)]
pub struct Workspace<const N: usize> {
    residual: Vec<[f64; N]>,
    correction: Vec<[f64; N]>,
}

impl<const N: usize> SymmetricBlocks<N> {
    /// A matrix of zeros with blocks off the diagonal at `pairs`.
    #[must_use]
    pub fn zeros(groups: usize, pairs: Vec<(usize, usize)>) -> Self {
        let off_diagonal = vec![[[0.0; N]; N]; pairs.len()];
        Self { diagonal: vec![[[0.0; N]; N]; groups], pairs, off_diagonal }
    }

    /// Makes all entries zero.
    pub fn clear(&mut self) {
        self.diagonal.fill([[0.0; N]; N]);
        self.off_diagonal.fill([[0.0; N]; N]);
    }

    /// y −= A·x.
    pub fn multiply_subtract(&self, x: &[[f64; N]], y: &mut [[f64; N]]) {
        for ((block, x), y) in self.diagonal.iter().zip(x).zip(y.iter_mut()) {
            subtract(block, x, y);
        }
        for (block, &(row, column)) in self.off_diagonal.iter().zip(&self.pairs) {
            subtract(block, &x[column], &mut y[row]);
            subtract_transposed(block, &x[row], &mut y[column]);
        }
    }
}

impl<const N: usize> Workspace<N> {
    /// Room for a matrix of so many groups.
    #[must_use]
    pub fn new(groups: usize) -> Self {
        Self { residual: vec![[0.0; N]; groups], correction: vec![[0.0; N]; groups] }
    }
}

impl<const N: usize> Ldl<N> {
    /// Order and pattern of the factors of any matrix with blocks at these places.
    ///
    /// # Panics
    ///
    /// If a place lies on the diagonal or outside the matrix.
    #[must_use]
    pub fn analyse(matrix: &SymmetricBlocks<N>) -> Self {
        let groups = matrix.diagonal.len();
        let (order, place) = order(groups, &matrix.pairs);
        // Patterns of the matrix's columns, in the order of elimination.
        let mut columns: Vec<Vec<u32>> = vec![Vec::new(); groups];
        for &(row, column) in &matrix.pairs {
            let (a, b) = (place[row], place[column]);
            columns[a.min(b)].push(a.max(b) as u32);
        }
        // A column of L has the rows of A's and of all its children's in the elimination tree (George & Liu 1981).
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); groups];
        let mut seen = vec![usize::MAX; groups];
        let mut starts = vec![0];
        let mut rows: Vec<u32> = Vec::new();
        for k in 0..groups {
            seen[k] = k;
            let begin = rows.len();
            let mut gather = |row: u32, rows: &mut Vec<u32>| {
                if row as usize > k && seen[row as usize] != k {
                    seen[row as usize] = k;
                    rows.push(row);
                }
            };
            for &row in &columns[k] {
                gather(row, &mut rows);
            }
            for &child in &children[k] {
                for at in starts[child]..starts[child + 1] {
                    let row = rows[at];
                    gather(row, &mut rows);
                }
            }
            rows[begin..].sort_unstable();
            if let Some(&parent) = rows.get(begin) {
                children[parent as usize].push(k);
            }
            starts.push(rows.len());
        }
        let find = |row: u32, column: usize| {
            let range = starts[column]..starts[column + 1];
            let at = rows[range.clone()].binary_search(&row).expect("fill holds every pair of rows");
            (range.start + at) as u32
        };
        let entries = matrix.pairs.iter().map(|&(row, column)| {
            let (a, b) = (place[row], place[column]);
            (find(a.max(b) as u32, a.min(b)), a < b)
        });
        let entries = entries.collect();
        let mut targets = Vec::new();
        for k in 0..groups {
            let column = &rows[starts[k]..starts[k + 1]];
            for (j, &column_j) in column.iter().enumerate() {
                targets.extend(column[j + 1..].iter().map(|&row| find(row, column_j as usize)));
            }
        }
        let tallest = starts.windows(2).map(|range| range[1] - range[0]).max().unwrap_or(0);
        Self {
            order,
            place,
            blocks: vec![[[0.0; N]; N]; rows.len()],
            inverse_pivots: vec![[[0.0; N]; N]; groups],
            starts,
            rows,
            entries,
            targets,
            column: vec![[[0.0; N]; N]; tallest],
        }
    }

    /// Blocks of L off the diagonal.
    #[must_use]
    pub fn fill(&self) -> usize {
        self.blocks.len()
    }

    /// Factorises a matrix whose blocks lie at the places that were analysed.
    ///
    /// # Panics
    ///
    /// If the matrix has other numbers of groups or blocks.
    pub fn factorise(&mut self, matrix: &SymmetricBlocks<N>) -> Inertia {
        assert_eq!(
            (matrix.diagonal.len(), matrix.off_diagonal.len()),
            (self.order.len(), self.entries.len()),
            "the matrix has the pattern that was analysed"
        );
        self.blocks.fill([[0.0; N]; N]);
        for (block, &(at, transposed)) in matrix.off_diagonal.iter().zip(&self.entries) {
            let target = &mut self.blocks[at as usize];
            for (i, row) in block.iter().enumerate() {
                for (j, value) in row.iter().enumerate() {
                    if transposed {
                        target[j][i] += value;
                    } else {
                        target[i][j] += value;
                    }
                }
            }
        }
        for (pivot, &group) in self.inverse_pivots.iter_mut().zip(&self.order) {
            *pivot = matrix.diagonal[group];
        }
        let mut inertia = Inertia::default();
        let mut next = 0;
        for k in 0..self.order.len() {
            let range = self.starts[k]..self.starts[k + 1];
            let found = invert(&mut self.inverse_pivots[k]);
            inertia.negative += found.negative;
            inertia.zero += found.zero;
            let inverse = self.inverse_pivots[k];
            let (left, right) = self.blocks.split_at_mut(range.end);
            let factor = &mut left[range.start..];
            for (kept, block) in self.column.iter_mut().zip(factor.iter_mut()) {
                *kept = *block;
                *block = multiply(block, &inverse);
            }
            // A(i, j) −= L(i, k)·A(j, k)ᵀ, all of which lies further to the right.
            let rows = &self.rows[range.clone()];
            for (j, &row) in rows.iter().enumerate() {
                let kept = &self.column[j];
                subtract_product(&factor[j], kept, &mut self.inverse_pivots[row as usize]);
                let targets = &self.targets[next..next + rows.len() - j - 1];
                next += targets.len();
                for (block, &at) in factor[j + 1..].iter().zip(targets) {
                    subtract_product(block, kept, &mut right[at as usize - range.end]);
                }
            }
        }
        inertia
    }

    /// Solves A·x = b in place.
    pub fn solve(&self, x: &mut [[f64; N]]) {
        for k in 0..self.order.len() {
            let pivot = x[self.order[k]];
            for at in self.starts[k]..self.starts[k + 1] {
                let row = self.order[self.rows[at] as usize];
                subtract(&self.blocks[at], &pivot, &mut x[row]);
            }
        }
        for k in (0..self.order.len()).rev() {
            let mut pivot = [0.0; N];
            subtract(&self.inverse_pivots[k], &x[self.order[k]], &mut pivot);
            let mut value = pivot.map(|v| -v);
            for at in self.starts[k]..self.starts[k + 1] {
                let row = self.order[self.rows[at] as usize];
                subtract_transposed(&self.blocks[at], &x[row], &mut value);
            }
            x[self.order[k]] = value;
        }
    }

    /// Solves A·x = b, with corrections by what is left over until that is no more than `accuracy` of b (largest
    /// entries compared) or stops shrinking. Returns how much is left over.
    pub fn solve_refined(
        &self,
        matrix: &SymmetricBlocks<N>,
        b: &[[f64; N]],
        x: &mut [[f64; N]],
        room: &mut Workspace<N>,
        accuracy: f64,
    ) -> f64 {
        x.copy_from_slice(b);
        self.solve(x);
        let size = largest(b).max(f64::MIN_POSITIVE);
        let mut last = f64::INFINITY;
        for _ in 0..8 {
            room.residual.copy_from_slice(b);
            matrix.multiply_subtract(x, &mut room.residual);
            let left = largest(&room.residual) / size;
            if left.is_nan() || left >= last {
                // The last correction did not help: undo it.
                for (x, correction) in x.iter_mut().zip(&room.correction) {
                    for (x, correction) in x.iter_mut().zip(correction) {
                        *x -= correction;
                    }
                }
                return last;
            }
            last = left;
            if left <= accuracy {
                break;
            }
            room.correction.copy_from_slice(&room.residual);
            self.solve(&mut room.correction);
            for (x, correction) in x.iter_mut().zip(&room.correction) {
                for (x, correction) in x.iter_mut().zip(correction) {
                    *x += correction;
                }
            }
        }
        last
    }

    /// When each group is eliminated, for a look at the order.
    #[must_use]
    pub fn places(&self) -> &[usize] {
        &self.place
    }
}

/// Minimum degree order of groups, and its inverse.
fn order(groups: usize, pairs: &[(usize, usize)]) -> (Vec<usize>, Vec<usize>) {
    let mut entries = Vec::with_capacity(2 * pairs.len() + groups);
    for &(row, column) in pairs {
        assert!(row != column && row.max(column) < groups, "block ({row}, {column}) lies off the diagonal");
        entries.push((row, column, 1.0));
        entries.push((column, row, 1.0));
    }
    entries.extend((0..groups).map(|group| (group, group, 1.0)));
    let order = minimum_degree(&Csc::from_entries(groups, groups, &entries).0);
    let mut place = vec![0; groups];
    for (k, &group) in order.iter().enumerate() {
        place[group] = k;
    }
    (order, place)
}

/// Largest entry; not a number if one is.
fn largest<const N: usize>(x: &[[f64; N]]) -> f64 {
    x.as_flattened()
        .iter()
        .fold(0.0, |most: f64, v| if most >= v.abs() || most.is_nan() { most } else { v.abs() })
}
