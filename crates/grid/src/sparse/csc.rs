//! Compressed sparse columns.

/// A sparse matrix by columns: the entries of column j are `starts[j]..starts[j + 1]` of `rows` and `values`, rows
/// rising within a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Csc {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Where each column starts, and the end of the last.
    pub starts: Vec<usize>,
    /// Row of each entry.
    pub rows: Vec<usize>,
    /// Value of each entry.
    pub values: Vec<f64>,
}

impl Csc {
    /// From entries (row, column, value) in any order; those of one place are added. Also returned is where each
    /// entry went, so that values can be written again without sorting.
    #[must_use]
    pub fn from_entries(height: usize, width: usize, entries: &[(usize, usize, f64)]) -> (Self, Vec<usize>) {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by_key(|&i| (entries[i].1, entries[i].0));
        let mut places = vec![0; entries.len()];
        let mut starts = vec![0; width + 1];
        let mut rows: Vec<usize> = Vec::new();
        let mut values: Vec<f64> = Vec::new();
        let mut last = None;
        for i in order {
            let (row, column, value) = entries[i];
            if last == Some((row, column)) {
                *values.last_mut().expect("an entry came before") += value;
            } else {
                rows.push(row);
                values.push(value);
                starts[column + 1] += 1;
                last = Some((row, column));
            }
            places[i] = rows.len() - 1;
        }
        for column in 0..width {
            starts[column + 1] += starts[column];
        }
        (Self { height, width, starts, rows, values }, places)
    }

    /// y += A·x.
    pub fn multiply_add(&self, x: &[f64], y: &mut [f64]) {
        for (range, &x) in self.starts.windows(2).zip(x) {
            for at in range[0]..range[1] {
                y[self.rows[at]] += self.values[at] * x;
            }
        }
    }
}
