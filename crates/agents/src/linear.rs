//! A linear programme: min cᵀx where every variable lies between its bounds and every row equals its right side.
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
pub(crate) struct Variable(usize);

/// A programme under construction. Numbers should be of order one.
#[derive(Default)]
pub(crate) struct Programme {
    costs: Vec<f64>,
    bounds: Vec<(f64, f64)>,
    /// Equality rows: (row, variable, coefficient), and the right sides.
    entries: Vec<(usize, usize, f64)>,
    right: Vec<f64>,
}

impl Programme {
    /// Adds a variable with its cost and bounds; infinite bounds are none.
    pub(crate) fn variable(&mut self, cost: f64, low: f64, high: f64) -> Variable {
        self.costs.push(cost);
        self.bounds.push((low, high.max(low)));
        Variable(self.costs.len() - 1)
    }

    /// Adds a row Σ coefficient · variable = right.
    pub(crate) fn row(&mut self, terms: &[(Variable, f64)], right: f64) {
        let row = self.right.len();
        self.entries.extend(terms.iter().map(|(variable, coefficient)| (row, variable.0, *coefficient)));
        self.right.push(right);
    }

    /// The optimum, or nothing where there is none to be found.
    pub(crate) fn solve(&self) -> Option<Solution> {
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
        let none = CscMatrix::zeros((count, count));
        let mut solver = DefaultSolver::new(&none, &self.costs, &matrix, &right, &cones, settings).ok()?;
        solver.solve();
        matches!(solver.solution.status, SolverStatus::Solved | SolverStatus::AlmostSolved)
            .then(|| Solution(solver.solution.x.clone()))
    }
}

/// The values of the variables.
pub(crate) struct Solution(Vec<f64>);

impl Solution {
    /// A variable's value.
    pub(crate) fn of(&self, variable: Variable) -> f64 {
        self.0[variable.0]
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
}
