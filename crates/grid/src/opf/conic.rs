//! A convex programme: min ½ Σ wx² + cᵀx where rows are equal to, at most, or in a second-order cone, and limits know
//! their names.
//!
//! Solved by Clarabel (Goulart & Chen 2024), a primal–dual interior point method, single-threaded and without a time
//! limit, so that the same programme has the same answer. Where nothing satisfies all rows, the *elastic* programme
//! (Chinneck 2008, ch. 6) lets named limits give way and minimises by how much: those that do are the clash.

use super::Settings;
use super::Step;
use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettingsBuilder, DefaultSolver, IPSolver, NonnegativeConeT, SecondOrderConeT, SolverStatus,
    SupportedConeT, ZeroConeT,
};
use std::sync::{Arc, Mutex};

/// A variable's place.
pub(super) type Variable = usize;

/// Σ coefficient · variable.
pub(super) type Terms = Vec<(Variable, f64)>;

/// An affine expression: terms plus a constant.
pub(super) type Affine = (Terms, f64);

/// A row's place among the rows of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// Σ = right.
    Equal(usize),
    /// Σ ≤ right.
    AtMost(usize),
    /// ‖others‖ ≤ first.
    Cone(usize),
}

/// A limit as the programme sees it: where it is, and its name for those who ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<Name> {
    pub(super) row: Row,
    pub(super) name: Name,
    /// 1 where a larger right side loosens the limit, −1 for the lower limit of a pair that is one equality.
    pub(super) sign: f64,
}

/// A programme under construction. Numbers should be of order one.
#[derive(Clone, Debug)]
pub(super) struct Programme<Name> {
    costs: Vec<f64>,
    /// The weights w of ½ wx²; 0 for most.
    squares: Vec<f64>,
    constant: f64,
    equal: Rows,
    at_most: Rows,
    cones: Vec<Vec<Affine>>,
    limits: Vec<Named<Name>>,
    /// Rows that follow from limits and give way with them.
    derived: Vec<Row>,
}

#[derive(Clone, Debug, Default)]
struct Rows {
    terms: Vec<Terms>,
    right: Vec<f64>,
}

/// How a solution ended.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// An optimum.
    Optimal(Optimum),
    /// No point satisfies all rows.
    Infeasible,
    /// Neither was shown.
    Open(Vec<Step>),
}

/// An optimum.
#[derive(Clone, Debug)]
pub(super) struct Optimum {
    values: Vec<f64>,
    equal: Vec<f64>,
    at_most: Vec<f64>,
    /// Dual of the first row of each cone.
    cones: Vec<f64>,
    /// The least cost.
    pub(super) cost: f64,
    /// Iterations it took.
    pub(super) iterations: usize,
}

/// A limit that gives way or pushes back in the elastic programme.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken<Name> {
    pub(super) name: Name,
    /// By how much it is broken, in the row's unit; 0 where it only pushes back.
    pub(super) by: f64,
    /// How much less all limits would be broken together per unit that it were loosened, 0 … 1.
    pub(super) pressure: f64,
}

impl Rows {
    fn push(&mut self, terms: Terms, right: f64) -> usize {
        self.terms.push(terms);
        self.right.push(right);
        self.right.len() - 1
    }
}

impl<Name: Copy> Programme<Name> {
    pub(super) fn new() -> Self {
        Self {
            costs: Vec::new(),
            squares: Vec::new(),
            constant: 0.0,
            equal: Rows::default(),
            at_most: Rows::default(),
            cones: Vec::new(),
            limits: Vec::new(),
            derived: Vec::new(),
        }
    }

    /// A variable with its cost and without bounds.
    pub(super) fn variable(&mut self, cost: f64) -> Variable {
        self.costs.push(cost);
        self.squares.push(0.0);
        self.costs.len() - 1
    }

    /// Lets a variable cost ½ · weight · x² beside; weight ≥ 0.
    pub(super) fn square(&mut self, variable: Variable, weight: f64) {
        self.squares[variable] = weight;
    }

    /// A cost whatever the variables are.
    pub(super) fn constant(&mut self, cost: f64) {
        self.constant += cost;
    }

    /// Σ = right.
    pub(super) fn equal(&mut self, terms: Terms, right: f64) -> Row {
        Row::Equal(self.equal.push(terms, right))
    }

    /// Σ ≤ right, whatever happens.
    pub(super) fn at_most(&mut self, terms: Terms, right: f64) -> Row {
        Row::AtMost(self.at_most.push(terms, right))
    }

    /// ‖others‖ ≤ first, whatever happens.
    pub(super) fn cone(&mut self, expressions: Vec<Affine>) -> Row {
        self.cones.push(expressions);
        Row::Cone(self.cones.len() - 1)
    }

    /// The same as limits with a name.
    pub(super) fn limit(&mut self, row: Row, name: Name) {
        self.limits.push(Named { row, name, sign: 1.0 });
    }

    /// A row that follows from limits: it says nothing where these give way.
    pub(super) fn derived(&mut self, row: Row) {
        self.derived.push(row);
    }

    /// low ≤ Σ ≤ high as limits with names; infinite ones are none, and two that meet are one equality (an interior
    /// point method needs an interior).
    pub(super) fn between(&mut self, terms: &Terms, low: (f64, Name), high: (f64, Name)) {
        let finite = low.0.is_finite() && high.0.is_finite();
        if finite && high.0 - low.0 <= 1e-9 * (1.0 + high.0.abs()) {
            let row = self.equal(terms.clone(), 0.5 * (low.0 + high.0));
            self.limits.push(Named { row, name: high.1, sign: 1.0 });
            self.limits.push(Named { row, name: low.1, sign: -1.0 });
            return;
        }
        if low.0.is_finite() {
            let negative = terms.iter().map(|&(variable, coefficient)| (variable, -coefficient)).collect();
            let row = self.at_most(negative, -low.0);
            self.limit(row, low.1);
        }
        if high.0.is_finite() {
            let row = self.at_most(terms.clone(), high.0);
            self.limit(row, high.1);
        }
    }

    /// Limits with a name.
    pub(super) fn limits(&self) -> &[Named<Name>] {
        &self.limits
    }

    /// The optimum, or why there is none.
    pub(super) fn solve(&self, settings: &Settings) -> Answer {
        let count = self.costs.len();
        let (mut rows, mut columns, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut right = Vec::new();
        let mut push = |terms: &Terms, sign: f64, b: f64| {
            for &(variable, coefficient) in terms {
                rows.push(right.len());
                columns.push(variable);
                values.push(sign * coefficient);
            }
            right.push(b);
        };
        // Clarabel's form: Ax + s = b with s in the cones.
        for set in [&self.equal, &self.at_most] {
            for (terms, &b) in set.terms.iter().zip(&set.right) {
                push(terms, 1.0, b);
            }
        }
        let mut cones: Vec<SupportedConeT<f64>> =
            vec![ZeroConeT(self.equal.right.len()), NonnegativeConeT(self.at_most.right.len())];
        for cone in &self.cones {
            for (terms, constant) in cone {
                push(terms, -1.0, *constant);
            }
            cones.push(SecondOrderConeT(cone.len()));
        }
        let matrix = CscMatrix::new_from_triplets(right.len(), count, rows, columns, values);
        // Costs of order one, so that the tolerances mean the same in any currency.
        let scale = self.costs.iter().chain(&self.squares).fold(0.0_f64, |most, cost| most.max(cost.abs()));
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let costs: Vec<f64> = self.costs.iter().map(|cost| cost / scale).collect();
        let squared = || self.squares.iter().enumerate().filter(|(_, weight)| **weight > 0.0);
        let places: Vec<usize> = squared().map(|(place, _)| place).collect();
        let weights = squared().map(|(_, weight)| *weight / scale).collect();
        let quadratic = CscMatrix::new_from_triplets(count, count, places.clone(), places, weights);
        // It aims at a hundredth of the tolerance and is content with the tolerance where progress ends.
        let (aim, enough) = (settings.tolerance * 1e-2, settings.tolerance);
        let parameters = DefaultSettingsBuilder::default()
            .verbose(false)
            .max_iter(u32::try_from(settings.max_iterations).unwrap_or(u32::MAX))
            .max_threads(1)
            .presolve_enable(false)
            .tol_gap_abs(aim)
            .tol_gap_rel(aim)
            .tol_feas(aim)
            .reduced_tol_gap_abs(enough)
            .reduced_tol_gap_rel(enough)
            .reduced_tol_feas(enough)
            .build()
            .expect("these settings are valid");
        let mut solver = DefaultSolver::new(&quadratic, &costs, &matrix, &right, &cones, parameters)
            .expect("rows, columns and cones fit");
        let trace = Arc::new(Mutex::new(Vec::new()));
        let steps = Arc::clone(&trace);
        let constant = self.constant;
        solver.set_termination_callback(move |info| {
            steps.lock().expect("one thread").push(Step {
                infeasibility: info.res_primal,
                gradient: info.res_dual,
                complementarity: info.mu,
                cost: info.cost_primal * scale + constant,
            });
            false
        });
        solver.solve();
        let solution = solver.solution;
        match solution.status {
            SolverStatus::Solved | SolverStatus::AlmostSolved => {
                let duals: Vec<f64> = solution.z.iter().map(|dual| dual * scale).collect();
                let (equal, rest) = duals.split_at(self.equal.right.len());
                let (at_most, mut rest) = rest.split_at(self.at_most.right.len());
                let mut first = Vec::with_capacity(self.cones.len());
                for cone in &self.cones {
                    first.push(rest[0]);
                    rest = &rest[cone.len()..];
                }
                Answer::Optimal(Optimum {
                    values: solution.x,
                    equal: equal.to_vec(),
                    at_most: at_most.to_vec(),
                    cones: first,
                    cost: solution.obj_val * scale + self.constant,
                    iterations: solution.iterations as usize,
                })
            }
            SolverStatus::PrimalInfeasible | SolverStatus::AlmostPrimalInfeasible => Answer::Infeasible,
            _ => Answer::Open(trace.lock().expect("one thread").clone()),
        }
    }

    /// Adds a slack to a row, at a cost.
    fn loosen(&mut self, row: Row, sign: f64, cost: f64) -> Variable {
        let slack = self.variable(cost);
        self.at_most(vec![(slack, -1.0)], 0.0);
        match row {
            Row::Equal(row) => self.equal.terms[row].push((slack, -sign)),
            Row::AtMost(row) => self.at_most.terms[row].push((slack, -1.0)),
            Row::Cone(cone) => self.cones[cone][0].0.push((slack, 1.0)),
        }
        slack
    }

    /// The limits that clash: those that the point breaks which breaks all of them least (in the sum, each in its
    /// row's unit), most first, then those that hold and push back. `None` where no limit must be broken, or where
    /// breaking limits does not help.
    pub(super) fn clashes(&self, settings: &Settings) -> Option<Vec<Broken<Name>>> {
        let mut elastic = self.clone();
        elastic.constant = 0.0;
        elastic.costs.fill(0.0);
        elastic.squares.fill(0.0);
        let slacks: Vec<Variable> =
            self.limits.iter().map(|limit| elastic.loosen(limit.row, limit.sign, 1.0)).collect();
        for &row in &self.derived {
            elastic.loosen(row, 1.0, 0.0);
        }
        let Answer::Optimal(optimum) = elastic.solve(settings) else { return None };
        let found = |limit: &Named<Name>, slack| Broken {
            name: limit.name,
            by: optimum.value(slack).max(0.0),
            pressure: optimum.worth(limit).clamp(0.0, 1.0),
        };
        let mut broken: Vec<Broken<Name>> =
            self.limits.iter().zip(&slacks).map(|(limit, &slack)| found(limit, slack)).collect();
        // Broken by less than the accuracy of the programme is not broken.
        let least = settings.tolerance.sqrt() * 1e-1;
        for limit in &mut broken {
            if limit.by < least {
                limit.by = 0.0;
            }
        }
        if broken.iter().all(|limit| limit.by == 0.0) {
            return None;
        }
        broken.retain(|limit| limit.by > 0.0 || limit.pressure > 0.05);
        broken.sort_by(|a, b| b.by.total_cmp(&a.by).then(b.pressure.total_cmp(&a.pressure)));
        Some(broken)
    }
}

impl Optimum {
    /// A variable's value.
    pub(super) fn value(&self, variable: Variable) -> f64 {
        self.values[variable]
    }

    /// An expression's value.
    pub(super) fn sum(&self, terms: &Terms) -> f64 {
        terms.iter().map(|&(variable, coefficient)| coefficient * self.values[variable]).sum()
    }

    /// What one unit more on the right side of an equality would add to the least cost.
    pub(super) fn price(&self, row: Row) -> f64 {
        match row {
            Row::Equal(row) => -self.equal[row],
            Row::AtMost(row) => -self.at_most[row],
            Row::Cone(cone) => -self.cones[cone],
        }
    }

    /// What one unit more of a limit would save, at least 0.
    pub(super) fn worth<Name>(&self, limit: &Named<Name>) -> f64 {
        (-self.price(limit.row) * limit.sign).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn optimum(answer: Answer) -> Optimum {
        match answer {
            Answer::Optimal(optimum) => optimum,
            other => panic!("no optimum: {other:?}"),
        }
    }

    #[test]
    fn a_row_is_worth_what_its_right_side_costs() {
        // min x + y², x + y = 3, x ≥ 0: y = ½ where its slope 2y is x's cost; one unit more costs 1.
        let mut programme = Programme::<()>::new();
        let x = programme.variable(1.0);
        let y = programme.variable(0.0);
        programme.square(y, 2.0);
        programme.between(&vec![(x, 1.0)], (0.0, ()), (f64::INFINITY, ()));
        let balance = programme.equal(vec![(x, 1.0), (y, 1.0)], 3.0);
        let optimum = optimum(programme.solve(&Settings::default()));
        // A cost is known to 1e-8, so a point of a parabola to its root.
        assert!((optimum.value(y) - 0.5).abs() < 1e-3 && (optimum.price(balance) - 1.0).abs() < 1e-3);
        assert!((optimum.cost - 2.75).abs() < 1e-6);
    }

    #[test]
    fn a_cone_binds_and_its_limit_has_a_price() {
        // min −x − y, ‖(x, y)‖ ≤ 2: x = y = √2, and one unit more of the limit saves √2.
        let mut programme = Programme::new();
        let (x, y) = (programme.variable(-1.0), programme.variable(-1.0));
        let row = programme.cone(vec![(vec![], 2.0), (vec![(x, 1.0)], 0.0), (vec![(y, 1.0)], 0.0)]);
        programme.limit(row, "radius");
        let optimum = optimum(programme.solve(&Settings::default()));
        assert!((optimum.value(x) - 2_f64.sqrt()).abs() < 1e-6);
        assert!((optimum.worth(&programme.limits()[0]) - 2_f64.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn a_contradiction_is_named_with_figures() {
        // x = 5 is demanded, x ≤ 3 allowed; y ≤ 7 has nothing to do with it.
        let mut programme = Programme::new();
        let (x, y) = (programme.variable(1.0), programme.variable(1.0));
        programme.equal(vec![(x, 1.0)], 5.0);
        programme.between(&vec![(x, 1.0)], (0.0, "x low"), (3.0, "x high"));
        programme.between(&vec![(y, 1.0)], (0.0, "y low"), (7.0, "y high"));
        assert!(matches!(programme.solve(&Settings::default()), Answer::Infeasible));
        let clashes = programme.clashes(&Settings::default()).unwrap();
        assert_eq!(clashes.len(), 1);
        assert!(clashes[0].name == "x high" && (clashes[0].by - 2.0).abs() < 1e-5);
    }

    #[test]
    fn limits_that_meet_are_one_equality_and_both_have_a_worth() {
        // min x with 2 ≤ x ≤ 2: loosening the lower limit saves 1, loosening the upper nothing.
        let mut programme = Programme::new();
        let x = programme.variable(1.0);
        programme.between(&vec![(x, 1.0)], (2.0, "low"), (2.0, "high"));
        let optimum = optimum(programme.solve(&Settings::default()));
        let worth: Vec<f64> = programme.limits().iter().map(|limit| optimum.worth(limit)).collect();
        assert!(worth[0].abs() < 1e-6 && (worth[1] - 1.0).abs() < 1e-6);
    }
}
