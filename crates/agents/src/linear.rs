//! A linear programme: min cᵀx where every variable lies between its bounds and every row equals its right side; a
//! quadratic one where variables also cost their squares, ½ wx² with w ≥ 0.
//!
//! Solved by Clarabel (Goulart and Chen 2024), an interior-point method: single-threaded, without a time limit, so
//! that the same programme has the same answer.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettingsBuilder, DefaultSolver, IPSolver, NonnegativeConeT, SolverStatus, SupportedConeT,
    ZeroConeT,
};

/// A variable's place.
#[derive(Clone, Copy, Debug)]
pub struct Variable(usize);

/// A row's place.
#[derive(Clone, Copy, Debug)]
pub struct Row(usize);

/// A programme under construction. Numbers should be of order one.
#[derive(Clone, Debug, Default)]
pub struct Programme {
    costs: Vec<f64>,
    /// The weights w of ½ wx²; 0 for most.
    squares: Vec<f64>,
    bounds: Vec<(f64, f64)>,
    /// Equality rows: (row, variable, coefficient), and the right sides.
    entries: Vec<(usize, usize, f64)>,
    right: Vec<f64>,
}

impl Programme {
    /// Adds a variable with its cost and bounds; infinite bounds are none.
    pub fn variable(&mut self, cost: f64, low: f64, high: f64) -> Variable {
        self.costs.push(cost);
        self.squares.push(0.0);
        self.bounds.push((low, high.max(low)));
        Variable(self.costs.len() - 1)
    }

    /// Lets a variable cost ½ · weight · x² beside; weight ≥ 0.
    pub fn square(&mut self, variable: Variable, weight: f64) {
        self.squares[variable.0] = weight.max(0.0);
    }

    /// Changes what a variable costs.
    pub fn reprice(&mut self, variable: Variable, cost: f64) {
        self.costs[variable.0] = cost;
    }

    /// Adds a row Σ coefficient · variable = right.
    pub fn row(&mut self, terms: &[(Variable, f64)], right: f64) -> Row {
        let row = self.right.len();
        self.entries.extend(terms.iter().map(|(variable, coefficient)| (row, variable.0, *coefficient)));
        self.right.push(right);
        Row(row)
    }

    /// The optimum, or nothing where there is none to be found.
    #[must_use]
    pub fn solve(&self) -> Option<Solution> {
        let count = self.costs.len();
        let equal = self.right.len();
        let (mut rows, mut columns, mut values): (Vec<_>, Vec<_>, Vec<_>) = (vec![], vec![], vec![]);
        let mut right = self.right.clone();
        for (row, column, value) in &self.entries {
            rows.push(*row);
            columns.push(*column);
            values.push(*value);
        }
        // low ≤ x as −x + s = −low, x ≤ high as x + s = high, s ≥ 0.
        for (column, (low, high)) in self.bounds.iter().enumerate() {
            for (sign, bound) in [(-1.0, -low), (1.0, *high)] {
                if bound.is_finite() {
                    rows.push(right.len());
                    columns.push(column);
                    values.push(sign);
                    right.push(bound);
                }
            }
        }
        let matrix = CscMatrix::new_from_triplets(right.len(), count, rows, columns, values);
        let cones: [SupportedConeT<f64>; 2] = [ZeroConeT(equal), NonnegativeConeT(right.len() - equal)];
        let settings = DefaultSettingsBuilder::default()
            .verbose(false)
            .max_iter(100)
            .max_threads(1)
            .presolve_enable(false)
            .build()
            .ok()?;
        let squared = || self.squares.iter().enumerate().filter(|(_, weight)| **weight > 0.0);
        let places: Vec<usize> = squared().map(|(place, _)| place).collect();
        let weights = squared().map(|(_, weight)| *weight).collect();
        let quadratic = CscMatrix::new_from_triplets(count, count, places.clone(), places, weights);
        let mut solver =
            DefaultSolver::new(&quadratic, &self.costs, &matrix, &right, &cones, settings).ok()?;
        solver.solve();
        let solution = solver.solution;
        matches!(solution.status, SolverStatus::Solved | SolverStatus::AlmostSolved).then(|| Solution {
            values: solution.x,
            duals: solution.z,
            cost: solution.obj_val,
        })
    }
}

/// An optimum.
#[derive(Clone, Debug)]
pub struct Solution {
    values: Vec<f64>,
    duals: Vec<f64>,
    cost: f64,
}

impl Solution {
    /// A variable's value.
    #[must_use]
    pub fn of(&self, variable: Variable) -> f64 {
        self.values[variable.0]
    }

    /// What one unit more on a row's right side would add to the least cost.
    #[must_use]
    pub fn price(&self, row: Row) -> f64 {
        -self.duals[row.0]
    }

    /// The least cost.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corner_is_found_and_a_contradiction_is_not_solved() {
        // min −x − 2y, x + y + s = 4, x ≤ 3, y ≤ 2: x = 2, y = 2.
        let mut programme = Programme::default();
        let x = programme.variable(-1.0, 0.0, 3.0);
        let y = programme.variable(-2.0, 0.0, 2.0);
        let slack = programme.variable(0.0, 0.0, f64::INFINITY);
        programme.row(&[(x, 1.0), (y, 1.0), (slack, 1.0)], 4.0);
        let solution = programme.solve().unwrap();
        assert!((solution.of(x) - 2.0).abs() < 1e-6 && (solution.of(y) - 2.0).abs() < 1e-6);
        programme.row(&[(x, 1.0)], 9.0);
        assert!(programme.solve().is_none());
    }

    #[test]
    fn a_row_is_worth_what_its_right_side_costs() {
        // min x + ½·2·y², x + y = 3, x ≥ 0: y = ½ where its slope 2y is x's cost; one unit more costs 1.
        let mut programme = Programme::default();
        let x = programme.variable(9.0, 0.0, f64::INFINITY);
        programme.reprice(x, 1.0);
        let y = programme.variable(0.0, 0.0, f64::INFINITY);
        programme.square(y, 2.0);
        let balance = programme.row(&[(x, 1.0), (y, 1.0)], 3.0);
        let solution = programme.solve().unwrap();
        assert!((solution.of(y) - 0.5).abs() < 1e-6 && (solution.price(balance) - 1.0).abs() < 1e-6);
        assert!((solution.cost() - 2.75).abs() < 1e-6);
    }
}
