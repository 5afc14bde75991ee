//! LU factorisation of matrices of 2×2 blocks whose pattern is symmetric, in a given order.
//!
//! A power flow has two unknowns and two equations per node, and node i meets node j exactly when j meets i: the
//! graph of nodes has a quarter of the entries, and every index read serves sixteen operations. The pattern of the
//! factors is found once (elimination tree: Liu 1990; row by row: Davis 2006, ch. 4); a factorisation then neither
//! searches nor allocates. Blocks are not exchanged: a pivot that became too small is an error, and
//! [`super::lu::Lu`] with its search for pivots is the way on.

use super::Singular;

/// A 2×2 block by rows: a b; c d.
pub type Block = [f64; 4];

/// How much smaller than its own rows a pivot's determinant may become.
const SMALLEST_PIVOT: f64 = 1e-13;

/// Which blocks besides the diagonal are there: columns of each row, rising; symmetric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Where each row starts in `columns`, and the end of the last.
    pub starts: Vec<usize>,
    /// Columns, without the diagonal.
    pub columns: Vec<u32>,
}

/// Factors of a block matrix, and room to make them.
#[derive(Clone, Debug)]
pub struct BlockLu {
    pattern: Pattern,
    /// L by rows, with a unit diagonal that is not kept.
    lower: Rows,
    /// U by rows, without its diagonal.
    upper: Rows,
    /// Inverses of U's diagonal blocks.
    inverse: Vec<Block>,
    /// A row while it is eliminated; zero in between.
    row: Vec<Block>,
}

#[derive(Clone, Debug)]
struct Rows {
    starts: Vec<usize>,
    columns: Vec<u32>,
    blocks: Vec<Block>,
}

impl Rows {
    fn with_counts(counts: &[usize]) -> Self {
        let mut starts = vec![0];
        for (row, &count) in counts.iter().enumerate() {
            starts.push(starts[row] + count);
        }
        let entries = starts[counts.len()];
        Self { starts, columns: vec![0; entries], blocks: vec![[0.0; 4]; entries] }
    }
}

impl BlockLu {
    /// The symbolic work for a pattern: rows and columns are eliminated in the order in which they are numbered.
    #[must_use]
    pub fn new(pattern: Pattern) -> Self {
        let size = pattern.starts.len() - 1;
        let rows = lower_rows(&pattern);
        let mut lower_counts = vec![0; size];
        let mut upper_counts = vec![0; size];
        for (row, columns) in rows.iter().enumerate() {
            lower_counts[row] = columns.len();
            for &column in columns {
                upper_counts[column as usize] += 1;
            }
        }
        let mut lower = Rows::with_counts(&lower_counts);
        let mut upper = Rows::with_counts(&upper_counts);
        let mut next = upper.starts.clone();
        for (row, columns) in rows.iter().enumerate() {
            lower.columns[lower.starts[row]..lower.starts[row + 1]].copy_from_slice(columns);
            // U's pattern is that of Lᵀ.
            for &column in columns {
                upper.columns[next[column as usize]] = row as u32;
                next[column as usize] += 1;
            }
        }
        Self { pattern, lower, upper, inverse: vec![[0.0; 4]; size], row: vec![[0.0; 4]; size] }
    }

    /// Which blocks the matrix has.
    #[must_use]
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// Blocks in both factors, the diagonal among them.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.lower.blocks.len() + self.upper.blocks.len() + self.inverse.len()
    }

    /// Factorises the matrix with the given diagonal, and with `entry(row, at)` at place `at` of the pattern.
    ///
    /// # Errors
    ///
    /// If a pivot is too small; the factors are then of no use. Column 2·i or 2·i + 1 belongs to row i.
    pub fn factor(
        &mut self,
        diagonal: impl Fn(usize) -> Block,
        entry: impl Fn(usize, usize) -> Block,
    ) -> Result<(), Singular> {
        let Self { pattern, lower, upper, inverse, row } = self;
        for i in 0..inverse.len() {
            let range = pattern.starts[i]..pattern.starts[i + 1];
            for (at, &column) in range.clone().zip(&pattern.columns[range]) {
                row[column as usize] = entry(i, at);
            }
            let before = diagonal(i);
            row[i] = before;
            let range = lower.starts[i]..lower.starts[i + 1];
            for (&k, place) in lower.columns[range.clone()].iter().zip(&mut lower.blocks[range]) {
                let k = k as usize;
                let factor = times(&row[k], &inverse[k]);
                row[k] = [0.0; 4];
                *place = factor;
                let range = upper.starts[k]..upper.starts[k + 1];
                subtract(row, &factor, &upper.columns[range.clone()], &upper.blocks[range]);
            }
            let pivot = row[i];
            row[i] = [0.0; 4];
            let range = upper.starts[i]..upper.starts[i + 1];
            for (&j, place) in upper.columns[range.clone()].iter().zip(&mut upper.blocks[range]) {
                *place = row[j as usize];
                row[j as usize] = [0.0; 4];
            }
            inverse[i] = match inverted(&pivot, &before) {
                Ok(inverse) => inverse,
                Err(which) => {
                    row.fill([0.0; 4]);
                    return Err(Singular { column: 2 * i + which });
                }
            };
        }
        Ok(())
    }

    /// Solves A·x = b; b becomes x. Each pair belongs to one row of blocks.
    pub fn solve(&self, b: &mut [[f64; 2]]) {
        let Self { lower, upper, inverse, .. } = self;
        for i in 0..inverse.len() {
            let range = lower.starts[i]..lower.starts[i + 1];
            let mut sum = b[i];
            for (&k, block) in lower.columns[range.clone()].iter().zip(&lower.blocks[range]) {
                take(&mut sum, block, &b[k as usize]);
            }
            b[i] = sum;
        }
        for i in (0..inverse.len()).rev() {
            let range = upper.starts[i]..upper.starts[i + 1];
            let mut sum = b[i];
            for (&j, block) in upper.columns[range.clone()].iter().zip(&upper.blocks[range]) {
                take(&mut sum, block, &b[j as usize]);
            }
            let [p, q, r, s] = inverse[i];
            b[i] = [p * sum[0] + q * sum[1], r * sum[0] + s * sum[1]];
        }
    }
}

/// Columns of each row of L, rising: those from which the elimination tree leads to the row.
fn lower_rows(pattern: &Pattern) -> Vec<Vec<u32>> {
    const NONE: usize = usize::MAX;
    let size = pattern.starts.len() - 1;
    let mut parent = vec![NONE; size];
    let mut seen = vec![NONE; size];
    let mut rows = Vec::with_capacity(size);
    for i in 0..size {
        let mut columns = Vec::new();
        seen[i] = i;
        for &column in &pattern.columns[pattern.starts[i]..pattern.starts[i + 1]] {
            let mut at = column as usize;
            while at < i && seen[at] != i {
                seen[at] = i;
                columns.push(at as u32);
                if parent[at] == NONE {
                    parent[at] = i;
                }
                at = parent[at];
            }
        }
        columns.sort_unstable();
        rows.push(columns);
    }
    rows
}

fn times(a: &Block, b: &Block) -> Block {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
    ]
}

/// row −= a·b for every block b of a row of U.
///
/// Everything is read before anything is written, so that the compiler may do two operations at once.
fn subtract(row: &mut [Block], a: &Block, columns: &[u32], blocks: &[Block]) {
    let [a00, a01, a10, a11] = *a;
    for (&j, &[b00, b01, b10, b11]) in columns.iter().zip(blocks) {
        let w = &mut row[j as usize];
        let [w00, w01, w10, w11] = *w;
        let upper = [w00 - (a00 * b00 + a01 * b10), w01 - (a00 * b01 + a01 * b11)];
        let lower = [w10 - (a10 * b00 + a11 * b10), w11 - (a10 * b01 + a11 * b11)];
        *w = [upper[0], upper[1], lower[0], lower[1]];
    }
}

/// y −= a·x.
#[inline(always)]
fn take(y: &mut [f64; 2], a: &Block, x: &[f64; 2]) {
    y[0] -= a[0] * x[0] + a[1] * x[1];
    y[1] -= a[2] * x[0] + a[3] * x[1];
}

/// The inverse of a pivot, unless it is too small beside what it was before elimination: then, which column.
fn inverted(pivot: &Block, before: &Block) -> Result<Block, usize> {
    let [a, b, c, d] = *pivot;
    let determinant = a * d - b * c;
    let row = |x: f64, y: f64, then: f64, than: f64| x.abs().max(y.abs()).max(then.abs()).max(than.abs());
    let least = SMALLEST_PIVOT * row(a, b, before[0], before[1]) * row(c, d, before[2], before[3]);
    if determinant.abs() > least && determinant.is_finite() {
        Ok([d / determinant, -b / determinant, -c / determinant, a / determinant])
    } else {
        Err(usize::from(a.abs().max(c.abs()) > b.abs().max(d.abs())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sparse::{Csc, lu::Lu, minimum_degree};
    use proptest::prelude::*;

    /// The pattern of a graph.
    fn pattern(size: usize, edges: &[(usize, usize)]) -> Pattern {
        let mut rows = vec![Vec::new(); size];
        for &(a, b) in edges.iter().filter(|&&(a, b)| a != b && a < size && b < size) {
            rows[a].push(b as u32);
            rows[b].push(a as u32);
        }
        let mut pattern = Pattern { starts: vec![0], columns: Vec::new() };
        for mut row in rows {
            row.sort_unstable();
            row.dedup();
            pattern.columns.extend(row);
            pattern.starts.push(pattern.columns.len());
        }
        pattern
    }

    #[test]
    fn a_pivot_block_without_an_inverse_names_its_column() {
        let mut lu = BlockLu::new(pattern(2, &[(0, 1)]));
        let regular = [2.0, 0.0, 0.0, 2.0];
        let diagonal = |i: usize| if i == 0 { regular } else { [0.5, 0.0, 0.0, 3.0] };
        // Row 1 minus ½ times row 0 leaves nothing of the third column.
        let singular = lu.factor(diagonal, |_, _| [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(singular, Err(Singular { column: 2 }));
        // What failed leaves nothing behind.
        lu.factor(|_| regular, |_, _| [1.0, 0.0, 0.0, 1.0]).unwrap();
        let mut b = [[3.0, 3.0], [3.0, 3.0]];
        lu.solve(&mut b);
        assert_eq!(b, [[1.0, 1.0], [1.0, 1.0]]);
    }

    proptest! {
        #[test]
        fn blocks_solve_as_scalars_do(
            size in 1_usize..30,
            edges in prop::collection::vec((0_usize..30, 0_usize..30), 0..80),
            values in prop::collection::vec(-1.0_f64..1.0, 4 * 190),
            diagonal in prop::collection::vec(2.0_f64..6.0, 60),
        ) {
            let pattern = pattern(size, &edges);
            let block = |at: usize| -> Block { std::array::from_fn(|i| values[4 * at + i]) };
            let own = |i: usize| {
                let rows = (pattern.starts[i + 1] - pattern.starts[i]) as f64;
                let [_, b, c, _] = block(160 + i);
                [diagonal[2 * i] * (1.0 + rows), b, c, diagonal[2 * i + 1] * (1.0 + rows)]
            };
            let mut entries = Vec::new();
            for i in 0..size {
                let range = pattern.starts[i]..pattern.starts[i + 1];
                let row = range.map(|at| (pattern.columns[at] as usize, block(at)));
                for (j, [a, b, c, d]) in row.chain([(i, own(i))]) {
                    let (i, j) = (2 * i, 2 * j);
                    entries.extend([(i, j, a), (i, j + 1, b), (i + 1, j, c), (i + 1, j + 1, d)]);
                }
            }
            let matrix = Csc::from_entries(2 * size, 2 * size, &entries).0;
            let mut scalar: Vec<f64> = (0..2 * size).map(|i| 1.0 - i as f64 / 7.0).collect();
            let mut pairs: Vec<[f64; 2]> = scalar.chunks(2).map(|pair| [pair[0], pair[1]]).collect();
            Lu::factor(&matrix, &minimum_degree(&matrix)).unwrap().solve(&mut scalar);
            let mut lu = BlockLu::new(pattern.clone());
            lu.factor(own, |_, at| block(at)).unwrap();
            lu.solve(&mut pairs);
            for (pair, scalar) in pairs.iter().flatten().zip(&scalar) {
                prop_assert!((pair - scalar).abs() < 1e-12);
            }
        }
    }
}
