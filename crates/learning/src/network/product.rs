//! Products of small dense matrices, all in row-major order, without allocation.
//!
//! A tile of the result is held in registers while the sum runs (Goto and van de Geijn, "Anatomy of high-performance
//! matrix multiplication", ACM TOMS 34(3), 2008). Every entry is summed by itself, in ascending order of the inner
//! index and with one rounding per multiplication and addition: the width of the machine's vectors, the tile's shape
//! and the number of rows do not change a bit of it.

use std::array;

/// Columns of a tile.
const WIDTH: usize = 8;

/// Rows of a tile.
const HEIGHT: usize = 4;

/// Columns of the right factor side by side, as many as a tile has, filled up with zeros: reused between products.
pub(super) type Panel = Vec<[f32; WIDTH]>;

/// The left factor of a product.
#[derive(Clone, Copy)]
pub(super) enum Left<'a> {
    /// As it lies in memory.
    Plain(&'a [f32]),
    /// Transposed.
    Transposed(&'a [f32]),
}

/// What happens to an entry before it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    /// Nothing.
    Linear,
    /// Negative entries become zero.
    Rectified,
}

/// Writes `left` · `right` + `offset` (the same row of `offset` added everywhere; zero where it is empty).
///
/// `right` is depth × columns, `result` rows × columns, `left` rows × depth after a transposition.
pub(super) fn product(
    left: Left<'_>,
    right: &[f32],
    offset: &[f32],
    finish: Finish,
    columns: usize,
    panel: &mut Panel,
    result: &mut [f32],
) {
    let depth = right.len() / columns;
    let rows = result.len() / columns;
    for first in (0..columns).step_by(WIDTH) {
        let width = WIDTH.min(columns - first);
        let part = |row: &[f32]| {
            let mut filled = [0.0; WIDTH];
            filled[..width].copy_from_slice(&row[first..first + width]);
            filled
        };
        panel.clear();
        panel.extend(right.chunks_exact(columns).map(part));
        let begin = if offset.is_empty() { [0.0; WIDTH] } else { part(offset) };
        let mut row = 0;
        let mut write = |row: usize, tile: &[[f32; WIDTH]]| {
            for (entries, result) in tile.iter().zip(result[row * columns..].chunks_exact_mut(columns)) {
                result[first..first + width].copy_from_slice(&entries[..width]);
            }
        };
        while row + HEIGHT <= rows {
            write(row, &tile::<HEIGHT>(left, row, depth, rows, panel, begin, finish));
            row += HEIGHT;
        }
        while row < rows {
            write(row, &tile::<1>(left, row, depth, rows, panel, begin, finish));
            row += 1;
        }
    }
}

/// `N` rows of the result from `row` on, one panel wide.
fn tile<const N: usize>(
    left: Left<'_>,
    row: usize,
    depth: usize,
    rows: usize,
    panel: &Panel,
    begin: [f32; WIDTH],
    finish: Finish,
) -> [[f32; WIDTH]; N] {
    let mut sums = match left {
        Left::Plain(entries) => {
            let lines: [&[f32]; N] = array::from_fn(|index| &entries[(row + index) * depth..][..depth]);
            accumulate([begin; N], (0..depth).map(|inner| lines.map(|line| line[inner])), panel)
        }
        Left::Transposed(entries) => {
            let column = |line: &[f32]| array::from_fn(|index| line[row..row + N][index]);
            accumulate([begin; N], entries.chunks_exact(rows).map(column), panel)
        }
    };
    if finish == Finish::Rectified {
        // Not `max`, which would hide a number that is none.
        sums.iter_mut().flatten().for_each(|sum| *sum = if *sum < 0.0 { 0.0 } else { *sum });
    }
    sums
}

/// Adds the outer products of a column of the left factor and a row of the right one.
#[inline(always)]
fn accumulate<const N: usize>(
    mut sums: [[f32; WIDTH]; N],
    columns: impl Iterator<Item = [f32; N]>,
    panel: &Panel,
) -> [[f32; WIDTH]; N] {
    for (column, row) in columns.zip(panel) {
        for index in 0..N {
            for lane in 0..WIDTH {
                sums[index][lane] += column[index] * row[lane];
            }
        }
    }
    sums
}
