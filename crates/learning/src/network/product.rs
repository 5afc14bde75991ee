//! Products of small dense matrices.
//!
//! A tile of the result is held in registers while its sums run (Goto and van de Geijn, "Anatomy of high-performance
//! matrix multiplication", ACM TOMS 34(3), 2008), in the widest vectors of the machine it runs on. Every entry is
//! summed by itself, in ascending order of the inner index, and rounded after each multiplication and each addition:
//! the width of the vectors, the height of the tile and the number of rows do not change a bit of it.

use fearless_simd::{Level, Select, Simd, SimdBase, dispatch, f32x16};

/// Columns of a tile.
const WIDTH: usize = 16;

/// What is to be computed: `left` (rows × depth) times `right` (depth × columns).
#[derive(Clone, Copy)]
pub(super) struct Product<'a> {
    pub(super) left: Factor<'a>,
    pub(super) right: Factor<'a>,
    pub(super) depth: usize,
    pub(super) columns: usize,
    /// What is added to each row of the result; nothing where it is empty.
    pub(super) offset: &'a [f32],
    /// Whether negative entries become zero.
    pub(super) rectified: bool,
}

/// A matrix, row by row.
#[derive(Clone, Copy)]
pub(super) enum Factor<'a> {
    /// As it is to be taken.
    Plain(&'a [f32]),
    /// To be transposed.
    Transposed(&'a [f32]),
}

/// The part of the right factor and the offset that a column of tiles needs, one beside the other in memory and
/// filled up with zeros. Kept between products to spare allocations.
#[derive(Clone, Debug, Default)]
pub(super) struct Panel {
    first: usize,
    lines: Vec<[f32; WIDTH]>,
    offset: [f32; WIDTH],
}

impl<'a> Product<'a> {
    /// Nothing but the product.
    pub(super) fn plain(left: Factor<'a>, right: Factor<'a>, depth: usize, columns: usize) -> Self {
        Self { left, right, depth, columns, offset: &[], rectified: false }
    }

    /// Writes the result, row by row: as many as it has room for.
    pub(super) fn write(&self, result: &mut [f32], panel: &mut Panel) {
        self.write_at(Level::new(), result, panel);
    }

    fn write_at(&self, level: Level, result: &mut [f32], panel: &mut Panel) {
        dispatch!(level, simd => simd.vectorize(
            #[inline(always)]
            || {
                for first in (0..self.columns).step_by(WIDTH) {
                    panel.fill(self, first);
                    self.write_panel(simd, result, panel);
                }
            }
        ));
    }

    /// Tiles are as high as eight vectors of sums allow; the rows that are left over go in lower ones.
    #[inline(always)]
    fn write_panel<S: Simd>(&self, simd: S, result: &mut [f32], panel: &Panel) {
        let mut row = 0;
        if S::f32s::LEN >= 16 {
            row = self.write_tiles::<S, 8>(simd, row, result, panel);
        }
        if S::f32s::LEN >= 8 {
            row = self.write_tiles::<S, 4>(simd, row, result, panel);
        }
        row = self.write_tiles::<S, 2>(simd, row, result, panel);
        self.write_tiles::<S, 1>(simd, row, result, panel);
    }

    /// Writes whole tiles of `N` rows from `row` on. Returns the first row that is left.
    #[inline(always)]
    fn write_tiles<S: Simd, const N: usize>(
        &self,
        simd: S,
        mut row: usize,
        result: &mut [f32],
        panel: &Panel,
    ) -> usize {
        let rows = result.len() / self.columns;
        let zero = f32x16::splat(simd, 0.0);
        for result in result[row * self.columns..].chunks_exact_mut(N * self.columns) {
            let mut sums = [f32x16::from_slice(simd, &panel.offset); N];
            // Loops, no closures: one that is not inlined would fall out of the wide vectors.
            match self.left {
                Factor::Plain(entries) => {
                    let mut lines = [entries; N];
                    for (index, line) in lines.iter_mut().enumerate() {
                        *line = &entries[(row + index) * self.depth..][..self.depth];
                    }
                    for (inner, right) in panel.lines[..self.depth].iter().enumerate() {
                        let right = f32x16::from_slice(simd, right);
                        for (sum, line) in sums.iter_mut().zip(&lines) {
                            *sum += right * line[inner];
                        }
                    }
                }
                Factor::Transposed(entries) => {
                    for (line, right) in entries.chunks_exact(rows).zip(&panel.lines) {
                        let right = f32x16::from_slice(simd, right);
                        for (sum, entry) in sums.iter_mut().zip(&line[row..row + N]) {
                            *sum += right * *entry;
                        }
                    }
                }
            }
            for (mut sum, line) in sums.into_iter().zip(result.chunks_exact_mut(self.columns)) {
                if self.rectified {
                    // Not `max`, which would hide what is not a number.
                    sum = sum.simd_lt(zero).select(zero, sum);
                }
                let line = &mut line[panel.first..];
                if line.len() >= WIDTH {
                    sum.store_slice(&mut line[..WIDTH]);
                } else {
                    line.copy_from_slice(&sum.as_slice()[..line.len()]);
                }
            }
            row += N;
        }
        row
    }
}

impl Panel {
    /// Takes over the columns from `first` on.
    #[inline(always)]
    fn fill(&mut self, product: &Product<'_>, first: usize) {
        let Product { right, depth, columns, offset, .. } = *product;
        let width = WIDTH.min(columns - first);
        self.first = first;
        self.offset = [0.0; WIDTH];
        self.offset.iter_mut().zip(offset.iter().skip(first)).for_each(|(own, entry)| *own = *entry);
        self.lines.resize(depth, [0.0; WIDTH]);
        if width < WIDTH {
            self.lines.fill([0.0; WIDTH]);
        }
        match right {
            Factor::Plain(entries) if width == WIDTH => {
                for (own, line) in self.lines.iter_mut().zip(entries.chunks_exact(columns)) {
                    own.copy_from_slice(&line[first..first + WIDTH]);
                }
            }
            Factor::Plain(entries) => {
                for (own, line) in self.lines.iter_mut().zip(entries.chunks_exact(columns)) {
                    own.iter_mut().zip(&line[first..]).for_each(|(own, entry)| *own = *entry);
                }
            }
            Factor::Transposed(entries) => {
                let columns = entries[first * depth..].chunks_exact(depth);
                for (index, column) in columns.take(width).enumerate() {
                    self.lines.iter_mut().zip(column).for_each(|(own, entry)| own[index] = *entry);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents::Random;

    /// Rows, depth and columns.
    const SIZES: [(usize, usize, usize); 6] =
        [(1, 1, 1), (3, 5, 2), (15, 7, 16), (64, 103, 64), (29, 64, 9), (17, 1, 33)];

    fn numbers(count: usize, random: &mut Random) -> Vec<f32> {
        (0..count).map(|_| (2.0 * random.unit() - 1.0) as f32).collect()
    }

    fn transposed(matrix: &[f32], columns: usize) -> Vec<f32> {
        (0..columns).flat_map(|column| matrix.iter().skip(column).step_by(columns).copied()).collect()
    }

    #[test]
    fn entries_are_sums_in_ascending_order_bit_by_bit_in_vectors_of_any_width() {
        let mut random = Random::of(1, "product");
        let mut panel = Panel::default();
        let best = Level::new();
        let levels = [
            Some(Level::baseline()),
            best.as_sse4_2().map(Level::Sse4_2),
            best.as_avx2().map(Level::Avx2),
            best.as_avx512().map(Level::Avx512),
        ];
        for (rows, depth, columns) in SIZES {
            let (a, b) = (numbers(rows * depth, &mut random), numbers(depth * columns, &mut random));
            let c = numbers(columns, &mut random);
            let (a_transposed, b_transposed) = (transposed(&a, depth), transposed(&b, columns));
            let sum = |row: usize, column: usize| {
                (0..depth).fold(c[column], |sum, p| sum + a[row * depth + p] * b[p * columns + column])
            };
            let exact: Vec<f32> =
                (0..rows * columns).map(|index| sum(index / columns, index % columns)).collect();
            for level in levels.into_iter().flatten() {
                for left in [Factor::Plain(&a), Factor::Transposed(&a_transposed)] {
                    for right in [Factor::Plain(&b), Factor::Transposed(&b_transposed)] {
                        let mut found = vec![f32::NAN; rows * columns];
                        let mut product =
                            Product { left, right, depth, columns, offset: &c, rectified: false };
                        product.write_at(level, &mut found, &mut panel);
                        assert_eq!(found, exact, "{level:?} {rows} {depth} {columns}");
                        product.rectified = true;
                        product.write_at(level, &mut found, &mut panel);
                        assert!(found.iter().zip(&exact).all(|(found, exact)| *found == exact.max(0.0)));
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_not_a_number_is_not_hidden() {
        let (left, right) = (Factor::Plain(&[1.0, f32::NAN]), Factor::Plain(&[1.0, 1.0]));
        let mut found = [0.0];
        Product { left, right, depth: 2, columns: 1, offset: &[], rectified: true }
            .write(&mut found, &mut Panel::default());
        assert!(found[0].is_nan());
    }
}
