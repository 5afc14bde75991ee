//! Linear programmes with few rows and many columns: max c·x, A x = b, 0 ≤ x ≤ u.
//!
//! The primal simplex method with bounds (Dantzig 1963; Chvátal 1983, ch. 8): a basis of one column per row,
//! the inverse of its matrix held densely, every other column at one of its bounds. A step takes the column
//! that promises most per unit (Dantzig's rule) and moves it until a basic column, or itself, meets a bound.
//! After a row of steps that moved nothing, the first column that promises anything is taken instead (Bland
//! 1977), under which no basis returns. A first phase drives out one artificial column per row; where rows
//! depend on each other some of these stay in the basis, at zero.
//!
//! Columns may be added after a solution, which then goes on from the basis it has: so can a programme be
//! solved whose columns are too many to write down. Floats, one thread, no randomness: the same programme
//! takes the same steps. Its answers are exact to rounding, and whoever must be certain checks them: x for
//! the bounds and rows, the prices for y·A ≥ c, both values for being equal.

/// What is promised per unit, in parts of the largest worth, below which a column promises nothing.
const PROMISE: f64 = 1e-11;
/// How far a basic column may pass its bounds, in parts of the largest right side.
const SLACK: f64 = 1e-11;
/// An entry of an entering column that is smaller is no pivot.
const PIVOT: f64 = 1e-9;
/// What may remain in artificial columns of a programme that has a solution, in parts of the largest right
/// side.
const REMAINS: f64 = 1e-9;
/// The inverse is made anew after so many steps.
const REFRESH: u32 = 64;

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The basis is best.
    Optimal,
    /// Nothing within the bounds satisfies the rows.
    Infeasible,
    /// There is no best: the worth grows without end.
    Unbounded,
    /// Rounding kept the search from an end; only ill-conditioned programmes get here.
    Stalled,
}

/// Where a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Lower,
    Upper,
    Basic,
}

/// A linear programme and the basis its search has come to.
#[derive(Clone, Debug)]
pub struct Programme {
    right: Vec<f64>,
    // Columns 0..m are artificial: ±1 in their own row. The others follow in the order they were added.
    worth: Vec<f64>,
    upper: Vec<f64>,
    place: Vec<Place>,
    starts: Vec<usize>,
    entries: Vec<(usize, f64)>,
    /// By row: its column, the level of that, and a row of the inverse.
    basis: Vec<usize>,
    level: Vec<f64>,
    inverse: Vec<f64>,
    prices: Vec<f64>,
    feasible: bool,
    steps: u32,
    since_refresh: u32,
    /// Steps in a row that move nothing before Bland's rule takes over.
    patience: usize,
    // Room for a step: no allocation while it runs.
    entering: Vec<f64>,
    matrix: Vec<f64>,
}

impl Programme {
    /// A programme without columns whose rows shall equal `right`.
    #[must_use]
    pub fn new(right: &[f64]) -> Self {
        assert!(right.iter().all(|b| b.is_finite()));
        let rows = right.len();
        let mut inverse = vec![0.0; rows * rows];
        for (row, b) in right.iter().enumerate() {
            inverse[row * rows + row] = sign(*b);
        }
        Self {
            right: right.to_vec(),
            worth: vec![0.0; rows],
            upper: vec![f64::INFINITY; rows],
            place: vec![Place::Basic; rows],
            starts: (0..=rows).collect(),
            entries: right.iter().enumerate().map(|(row, b)| (row, sign(*b))).collect(),
            basis: (0..rows).collect(),
            level: right.iter().map(|b| b.abs()).collect(),
            inverse,
            prices: vec![0.0; rows],
            feasible: false,
            steps: 0,
            since_refresh: 0,
            patience: 2 * rows + 1,
            entering: vec![0.0; rows],
            matrix: vec![0.0; rows * rows],
        }
    }

    /// Adds a column, at zero: its worth per unit, the most of it (≥ 0, may be infinite), its entries (row,
    /// coefficient). Returns its number.
    pub fn column(
        &mut self,
        worth: f64,
        upper: f64,
        entries: impl IntoIterator<Item = (usize, f64)>,
    ) -> usize {
        assert!(worth.is_finite() && upper >= 0.0);
        self.entries.extend(entries);
        let rows = self.right.len();
        let new = &self.entries[self.starts[self.starts.len() - 1]..];
        assert!(new.iter().all(|(row, coefficient)| *row < rows && coefficient.is_finite()));
        self.starts.push(self.entries.len());
        self.worth.push(worth);
        self.upper.push(upper);
        self.place.push(Place::Lower);
        self.worth.len() - 1 - rows
    }

    /// Searches on from the present basis.
    pub fn solve(&mut self) -> Status {
        if !self.feasible {
            // Phase 1: nothing has a worth but the artificial columns, which cost 1 a unit.
            let status = self.climb(true);
            if status != Status::Optimal {
                return status;
            }
            let rows = self.right.len();
            let remains = self.basis.iter().zip(&self.level).filter(|(column, _)| **column < rows);
            if remains.map(|(_, level)| level).sum::<f64>() > REMAINS * self.scale() {
                return Status::Infeasible;
            }
            self.feasible = true;
            self.upper[..rows].fill(0.0);
        }
        self.climb(false)
    }

    /// What the present solution is worth, c·x.
    #[must_use]
    pub fn value(&self) -> f64 {
        let rows = self.right.len();
        (0..self.worth.len() - rows).map(|column| self.worth[rows + column] * self.level(column)).sum()
    }

    /// How much of a column the present solution takes.
    #[must_use]
    pub fn level(&self, column: usize) -> f64 {
        let column = column + self.right.len();
        match self.place[column] {
            Place::Lower => 0.0,
            Place::Upper => self.upper[column],
            Place::Basic => {
                self.basis.iter().position(|basic| *basic == column).map_or(0.0, |row| self.level[row])
            }
        }
    }

    /// How much of each column the present solution takes.
    #[must_use]
    pub fn levels(&self) -> Vec<f64> {
        let rows = self.right.len();
        let outside =
            |column: usize| if self.place[column] == Place::Upper { self.upper[column] } else { 0.0 };
        let mut levels: Vec<f64> = (rows..self.worth.len()).map(outside).collect();
        for (column, level) in self.basis.iter().zip(&self.level) {
            if *column >= rows {
                levels[column - rows] = *level;
            }
        }
        levels
    }

    /// What one more of each row's right side would be worth.
    #[must_use]
    pub fn prices(&self) -> &[f64] {
        &self.prices
    }

    /// The column that is basic in each row; none where the row depends on others.
    pub fn basis(&self) -> impl Iterator<Item = Option<usize>> {
        self.basis.iter().map(|column| column.checked_sub(self.right.len()))
    }

    /// Steps taken so far.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// The largest right side, or 1.
    fn scale(&self) -> f64 {
        let largest = self.right.iter().fold(0.0_f64, |most, b| most.max(b.abs()));
        if largest > 0.0 { largest } else { 1.0 }
    }

    /// Steps until no column promises anything.
    fn climb(&mut self, first_phase: bool) -> Status {
        let rows = self.right.len();
        let largest = self.worth[rows..].iter().fold(0.0_f64, |most, worth| most.max(worth.abs()));
        let promise = PROMISE * if first_phase || largest == 0.0 { 1.0 } else { largest };
        let slack = SLACK * self.scale();
        // Far more than any programme of this size was seen to need.
        let end = self.steps.saturating_add(10_000 + 50 * self.worth.len() as u32);
        let mut idle = 0;
        loop {
            if self.since_refresh >= REFRESH && !self.refresh() {
                return Status::Stalled;
            }
            self.price(first_phase);
            let Some((column, up)) = self.choose(first_phase, promise, idle >= self.patience) else {
                if self.since_refresh == 0 {
                    return Status::Optimal;
                }
                // What was found is looked at once more with a fresh inverse.
                if !self.refresh() {
                    return Status::Stalled;
                }
                continue;
            };
            if self.steps == end {
                return Status::Stalled;
            }
            self.enter(column);
            let Some((moved, leaving)) = self.ratio(column, up, slack, idle >= self.patience) else {
                return Status::Unbounded;
            };
            idle = if moved > slack { 0 } else { idle + 1 };
            self.step(column, up, moved, leaving);
        }
    }

    fn worth_of(&self, column: usize, first_phase: bool) -> f64 {
        match (first_phase, column < self.right.len()) {
            (true, true) => -1.0,
            (true, false) => 0.0,
            (false, _) => self.worth[column],
        }
    }

    /// The prices of the rows: worth of the basis times its inverse.
    fn price(&mut self, first_phase: bool) {
        let rows = self.right.len();
        let mut prices = std::mem::take(&mut self.prices);
        prices.fill(0.0);
        for (row, column) in self.basis.iter().enumerate() {
            let worth = self.worth_of(*column, first_phase);
            if worth != 0.0 {
                for (price, inverse) in prices.iter_mut().zip(&self.inverse[row * rows..][..rows]) {
                    *price += worth * inverse;
                }
            }
        }
        self.prices = prices;
    }

    /// The column that promises most, or the first that promises anything, and whether it shall rise.
    fn choose(&self, first_phase: bool, promise: f64, first: bool) -> Option<(usize, bool)> {
        let (mut best, mut most) = (None, promise);
        for column in self.right.len()..self.worth.len() {
            let place = self.place[column];
            if place == Place::Basic || self.upper[column] == 0.0 {
                continue;
            }
            let cost: f64 =
                self.entries_of(column).iter().map(|(row, entry)| self.prices[*row] * entry).sum();
            let reduced = self.worth_of(column, first_phase) - cost;
            let promised = if place == Place::Lower { reduced } else { -reduced };
            if promised > most {
                best = Some((column, place == Place::Lower));
                most = promised;
                if first {
                    break;
                }
            }
        }
        best
    }

    fn entries_of(&self, column: usize) -> &[(usize, f64)] {
        &self.entries[self.starts[column]..self.starts[column + 1]]
    }

    /// The column in terms of the basis.
    fn enter(&mut self, column: usize) {
        let rows = self.right.len();
        let mut entering = std::mem::take(&mut self.entering);
        for (row, entry) in entering.iter_mut().enumerate() {
            let inverse = &self.inverse[row * rows..][..rows];
            *entry = self.entries_of(column).iter().map(|(row, value)| inverse[*row] * value).sum();
        }
        self.entering = entering;
    }

    /// How far the entering column can move and which row's column it drives out: none where it meets its own
    /// bound. Of rows that bind alike (Harris 1973) the largest pivot is taken, or under Bland's rule the
    /// first column.
    fn ratio(&self, column: usize, up: bool, slack: f64, first: bool) -> Option<(f64, Option<usize>)> {
        let room = |row: usize| {
            let fall = if up { self.entering[row] } else { -self.entering[row] };
            let upper = self.upper[self.basis[row]];
            if fall > PIVOT {
                Some((self.level[row], fall))
            } else if fall < -PIVOT && upper.is_finite() {
                Some((upper - self.level[row], -fall))
            } else {
                None
            }
        };
        let rooms = || (0..self.basis.len()).filter_map(|row| Some((row, room(row)?)));
        let slack = if first { 0.0 } else { slack };
        let bound =
            rooms().map(|(_, (room, fall))| (room.max(0.0) + slack) / fall).fold(f64::INFINITY, f64::min);
        if self.upper[column] <= bound {
            return self.upper[column].is_finite().then_some((self.upper[column], None));
        }
        let tied = rooms().filter(|(_, (room, fall))| room.max(0.0) / fall <= bound);
        let by = |one: &(usize, (f64, f64)), other: &(usize, (f64, f64))| match first {
            true => self.basis[other.0].cmp(&self.basis[one.0]),
            false => one.1.1.total_cmp(&other.1.1),
        };
        tied.max_by(by).map(|(row, (room, fall))| (room.max(0.0) / fall, Some(row)))
    }

    /// Moves the entering column, and exchanges it for the leaving one.
    fn step(&mut self, column: usize, up: bool, moved: f64, leaving: Option<usize>) {
        self.steps += 1;
        let signed = if up { moved } else { -moved };
        for (level, entry) in self.level.iter_mut().zip(&self.entering) {
            *level -= signed * entry;
        }
        let Some(leaving) = leaving else {
            self.place[column] = if up { Place::Upper } else { Place::Lower };
            return;
        };
        self.since_refresh += 1;
        let out = self.basis[leaving];
        let falls = (self.entering[leaving] > 0.0) == up;
        self.place[out] = if falls { Place::Lower } else { Place::Upper };
        self.place[column] = Place::Basic;
        self.basis[leaving] = column;
        self.level[leaving] = if up { moved } else { self.upper[column] - moved };
        let rows = self.right.len();
        let pivot = self.entering[leaving];
        let (before, rest) = self.inverse.split_at_mut(leaving * rows);
        let (own, after) = rest.split_at_mut(rows);
        own.iter_mut().for_each(|value| *value /= pivot);
        let others = before.chunks_exact_mut(rows).chain(after.chunks_exact_mut(rows));
        let factors = self.entering[..leaving].iter().chain(&self.entering[leaving + 1..]);
        for (row, factor) in others.zip(factors) {
            if *factor != 0.0 {
                row.iter_mut().zip(&*own).for_each(|(value, own)| *value -= factor * own);
            }
        }
    }

    /// Makes the inverse and the levels anew from the basis (Gauss–Jordan, largest pivot). False where the
    /// basis has none.
    fn refresh(&mut self) -> bool {
        let rows = self.right.len();
        self.since_refresh = 0;
        self.matrix.fill(0.0);
        self.inverse.fill(0.0);
        for position in 0..rows {
            let column = self.basis[position];
            for (row, entry) in &self.entries[self.starts[column]..self.starts[column + 1]] {
                self.matrix[row * rows + position] += entry;
            }
            self.inverse[position * rows + position] = 1.0;
        }
        for pivot in 0..rows {
            let size = |row: &usize| self.matrix[row * rows + pivot].abs();
            let Some(row) = (pivot..rows).max_by(|one, other| size(one).total_cmp(&size(other))) else {
                return false;
            };
            if size(&row) < PIVOT * PIVOT {
                return false;
            }
            for matrix in [&mut self.matrix, &mut self.inverse] {
                for at in 0..rows {
                    matrix.swap(pivot * rows + at, row * rows + at);
                }
            }
            let value = self.matrix[pivot * rows + pivot];
            for matrix in [&mut self.matrix, &mut self.inverse] {
                matrix[pivot * rows..][..rows].iter_mut().for_each(|entry| *entry /= value);
            }
            for other in (0..rows).filter(|other| *other != pivot) {
                let factor = self.matrix[other * rows + pivot];
                if factor != 0.0 {
                    for matrix in [&mut self.matrix, &mut self.inverse] {
                        for at in 0..rows {
                            matrix[other * rows + at] -= factor * matrix[pivot * rows + at];
                        }
                    }
                }
            }
        }
        // Levels: the inverse times what columns at their upper bound leave of the right side.
        self.entering.copy_from_slice(&self.right);
        for column in rows..self.worth.len() {
            if self.place[column] == Place::Upper {
                for (row, entry) in &self.entries[self.starts[column]..self.starts[column + 1]] {
                    self.entering[*row] -= entry * self.upper[column];
                }
            }
        }
        for (level, inverse) in self.level.iter_mut().zip(self.inverse.chunks_exact(rows)) {
            *level = inverse.iter().zip(&self.entering).map(|(inverse, left)| inverse * left).sum();
        }
        true
    }
}

fn sign(value: f64) -> f64 {
    if value < 0.0 { -1.0 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Columns of (worth, most, coefficients by row).
    type Column = (f64, f64, Vec<f64>);

    fn programme(right: &[f64], columns: &[Column]) -> Programme {
        let mut programme = Programme::new(right);
        for (worth, upper, coefficients) in columns {
            let entries = coefficients.iter().copied().enumerate().filter(|(_, entry)| *entry != 0.0);
            programme.column(*worth, *upper, entries);
        }
        programme
    }

    /// Rows, bounds, prices and equal values: all that an optimum must satisfy.
    fn certify(right: &[f64], columns: &[Column], programme: &Programme) {
        let levels = programme.levels();
        let size = 1.0 + right.iter().chain(&levels).fold(0.0_f64, |most, value| most.max(value.abs()));
        for (row, b) in right.iter().enumerate() {
            let sum: f64 = levels.iter().zip(columns).map(|(level, column)| level * column.2[row]).sum();
            assert!((sum - b).abs() <= 1e-9 * size, "row {row}: {sum} is not {b}");
        }
        let mut dual: f64 = right.iter().zip(programme.prices()).map(|(b, price)| b * price).sum();
        for (level, (worth, upper, coefficients)) in levels.iter().zip(columns) {
            assert!(*level >= -1e-9 * size && *level <= upper + 1e-9 * size, "{level} of {upper}");
            let cost: f64 =
                coefficients.iter().zip(programme.prices()).map(|(entry, price)| entry * price).sum();
            let rent = worth - cost;
            if upper.is_finite() {
                dual += rent.max(0.0) * upper;
            } else {
                assert!(rent <= 1e-8 * size, "a column without bound still promises {rent}");
            }
        }
        let value = programme.value();
        assert!((value - dual).abs() <= 1e-7 * (size + value.abs()), "{value} is not {dual}");
    }

    const NO_END: f64 = f64::INFINITY;

    #[test]
    fn programmes_solved_by_hand() {
        // Columns, right side, value, levels.
        type Row = (&'static [(f64, f64, &'static [f64])], &'static [f64], f64, &'static [f64]);
        let rows: [Row; 5] = [
            // max 3x + 5y, x ≤ 4, 2y ≤ 12, 3x + 2y ≤ 18: the corner y = 6, x = 2 (Hillier & Lieberman's glass
            // works).
            (
                &[
                    (3.0, 4.0, &[0.0, 3.0]),
                    (5.0, NO_END, &[2.0, 2.0]),
                    (0.0, NO_END, &[1.0, 0.0]),
                    (0.0, NO_END, &[0.0, 1.0]),
                ],
                &[12.0, 18.0],
                36.0,
                &[2.0, 6.0, 0.0, 0.0],
            ),
            // Bounds alone: all of the dearer, of the cheaper what is left.
            (&[(1.0, 3.0, &[1.0]), (2.0, 4.0, &[1.0])], &[5.0], 9.0, &[1.0, 4.0]),
            // A negative right side, and a column that must come down from its bound: x − y = −2, y ≤ 3.
            (&[(1.0, 10.0, &[1.0]), (0.5, 3.0, &[-1.0])], &[-2.0], 2.5, &[1.0, 3.0]),
            // The second row is the first again: it has no basic column of its own.
            (&[(1.0, NO_END, &[1.0, 2.0]), (3.0, NO_END, &[1.0, 2.0])], &[2.0, 4.0], 6.0, &[0.0, 2.0]),
            // No rows: every column that gains goes to its bound.
            (&[(2.0, 3.0, &[]), (-1.0, 5.0, &[])], &[], 6.0, &[3.0, 0.0]),
        ];
        for (columns, right, value, levels) in rows {
            let columns: Vec<Column> = columns.iter().map(|(c, u, a)| (*c, *u, a.to_vec())).collect();
            let mut programme = programme(right, &columns);
            assert_eq!(programme.solve(), Status::Optimal);
            assert!((programme.value() - value).abs() < 1e-12, "{} is not {value}", programme.value());
            let close = programme.levels().iter().zip(levels).all(|(one, other)| (one - other).abs() < 1e-12);
            assert!(close, "{:?}", programme.levels());
            (0..levels.len())
                .for_each(|column| assert_eq!(programme.level(column), programme.levels()[column]));
            certify(right, &columns, &programme);
        }
    }

    #[test]
    fn rows_out_of_reach_and_worth_without_end_are_answers() {
        let mut short = programme(&[5.0], &[(1.0, 3.0, vec![1.0])]);
        assert_eq!(short.solve(), Status::Infeasible);
        // A further column closes the gap: the search goes on.
        short.column(-1.0, NO_END, [(0, 1.0)]);
        assert_eq!((short.solve(), short.levels()), (Status::Optimal, vec![3.0, 2.0]));
        let mut contradiction = programme(&[1.0, 3.0], &[(0.0, NO_END, vec![1.0, 2.0])]);
        assert_eq!(contradiction.solve(), Status::Infeasible);
        let mut endless = programme(&[1.0], &[(1.0, NO_END, vec![1.0]), (1.0, NO_END, vec![-1.0])]);
        assert_eq!(endless.solve(), Status::Unbounded);
        assert_eq!(Programme::new(&[1.0]).solve(), Status::Infeasible);
        assert_eq!(Programme::new(&[]).solve(), Status::Optimal);
    }

    /// Beale 1955: under Dantzig's rule with ties to the first row, six steps come back to where they began.
    #[test]
    fn beales_programme_does_not_cycle() {
        let mut columns: Vec<Column> = vec![
            (0.75, NO_END, vec![0.25, 0.5, 0.0]),
            (-150.0, NO_END, vec![-60.0, -90.0, 0.0]),
            (0.02, NO_END, vec![-0.04, -0.02, 1.0]),
            (-6.0, NO_END, vec![9.0, 3.0, 0.0]),
        ];
        for row in 0..3 {
            columns.push((0.0, NO_END, (0..3).map(|at| f64::from(u8::from(at == row))).collect()));
        }
        let mut programme = programme(&[0.0, 0.0, 1.0], &columns);
        assert_eq!(programme.solve(), Status::Optimal);
        assert!((programme.value() - 0.05).abs() < 1e-12);
        certify(&[0.0, 0.0, 1.0], &columns, &programme);
    }

    /// Every vertex of the assignment polytope is degenerate: n columns of 2n − 1 basic ones are more than
    /// zero.
    #[test]
    fn assignments_are_found_among_many_ties() {
        for size in 1..=7_usize {
            let worth = |person: usize, task: usize| ((person * 7 + task * 5) % 11) as f64;
            let mut columns = Vec::new();
            for (person, task) in (0..size).flat_map(|person| (0..size).map(move |task| (person, task))) {
                let mut entries = vec![0.0; 2 * size];
                entries[person] = 1.0;
                entries[size + task] = 1.0;
                columns.push((worth(person, task), NO_END, entries));
            }
            let right = vec![1.0; 2 * size];
            let mut programme = programme(&right, &columns);
            assert_eq!(programme.solve(), Status::Optimal);
            certify(&right, &columns, &programme);
            // Every permutation, by recursion.
            fn best(size: usize, person: usize, taken: u32, worth: &dyn Fn(usize, usize) -> f64) -> f64 {
                let free = (0..size).filter(|task| taken >> task & 1 == 0);
                let tried =
                    free.map(|task| worth(person, task) + best(size, person + 1, taken | 1 << task, worth));
                if person == size { 0.0 } else { tried.fold(f64::NEG_INFINITY, f64::max) }
            }
            assert!((programme.value() - best(size, 0, 0, &worth)).abs() < 1e-9);
        }
    }

    /// What a random programme is made of: rows; columns of worth, bound and coefficients; a point.
    type Parts = (usize, Vec<(i32, Option<i32>, Vec<i32>)>, Vec<i32>);

    fn parts(rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> impl Strategy<Value = Parts> {
        (rows, columns).prop_flat_map(|(rows, columns)| {
            let coefficients = prop::collection::vec(prop_oneof![2 => Just(0), 3 => -9_i32..10], rows);
            let column = (-20_i32..20, prop_oneof![Just(None), (0_i32..30).prop_map(Some)], coefficients);
            let inside = prop::collection::vec(0_i32..12, columns);
            (Just(rows), prop::collection::vec(column, columns), inside)
        })
    }

    /// Solves it at once, column by column as they come, and by Bland's rule alone: all end alike, with a
    /// proof.
    fn solve_in_three_ways((rows, columns, inside): Parts) -> Status {
        let column = |(worth, upper, entries): &(i32, Option<i32>, Vec<i32>)| {
            let entries = entries.iter().map(|entry| f64::from(*entry)).collect();
            (f64::from(*worth), upper.map_or(NO_END, f64::from), entries)
        };
        let columns: Vec<Column> = columns.iter().map(column).collect();
        // Some point within the bounds decides the right side, so that there is a solution.
        let point = columns.iter().zip(&inside).map(|(column, inside)| f64::from(*inside).min(column.1));
        let point: Vec<f64> = point.collect();
        let sum = |row: usize| columns.iter().zip(&point).map(|(column, x)| column.2[row] * x).sum();
        let right: Vec<f64> = (0..rows).map(sum).collect();

        let mut whole = programme(&right, &columns);
        let mut patient = whole.clone();
        patient.patience = 0;
        let mut grown = Programme::new(&right);
        for (worth, upper, entries) in &columns {
            grown.column(*worth, *upper, entries.iter().copied().enumerate());
            if grown.solve() == Status::Unbounded {
                break;
            }
        }
        let status = whole.solve();
        for other in [&mut patient, &mut grown] {
            assert_eq!(other.solve(), status);
            let apart = (other.value() - whole.value()).abs();
            assert!(status != Status::Optimal || apart <= 1e-7 * (1.0 + whole.value().abs()), "{apart}");
        }
        match status {
            Status::Optimal => {
                certify(&right, &columns, &whole);
                certify(&right, &columns, &patient);
                let worth: f64 = columns.iter().zip(&point).map(|(column, x)| column.0 * x).sum();
                assert!(whole.value() >= worth - 1e-7 * (1.0 + worth.abs()));
            }
            Status::Unbounded => assert!(columns.iter().any(|column| column.1 == NO_END)),
            other => panic!("{other:?}"),
        }
        status
    }

    #[test]
    fn value_and_bound_meet_on_random_programmes() {
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(4_000));
        let ended = std::cell::RefCell::new([0_u32; 2]);
        proptest!(config, |(parts in parts(1..8, 1..40))| {
            ended.borrow_mut()[usize::from(solve_in_three_ways(parts) == Status::Unbounded)] += 1;
        });
        assert!(ended.into_inner().iter().all(|count| *count > 300), "both ends must be reached");
    }

    #[test]
    fn so_they_do_on_larger_ones() {
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(100));
        proptest!(config, |(parts in parts(10..25, 30..90))| {
            solve_in_three_ways(parts);
        });
    }
}
