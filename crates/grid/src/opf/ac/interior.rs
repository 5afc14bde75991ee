//! A primal–dual interior point method with a filter line search (Wächter & Biegler, Mathematical Programming 106,
//! 2006; equations below are theirs).
//!
//! Bounds become logarithmic barriers of weight μ; Newton's method follows the optima of the barrier problems as μ
//! falls. The Hessian is made convex where it must be (inertia correction), steps are shortened until they improve
//! violation or cost (filter), with second-order corrections; where none does, a restoration phase minimises the
//! violation alone. If that ends at a point that no step improves, the limits contradict each other there.

use super::filter::Filter;
use super::newton::{Newton, Step};
use super::problem::{Near, Problem, Role};
use super::rows::Rows;
use crate::opf::Step as Trace;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At an optimum.
    Optimal,
    /// At a point that violates rows and from which no step violates them less.
    Infeasible,
    /// The iterations were used up.
    IterationLimit,
    /// No step could be found.
    Stuck,
    /// The caller's wish was fulfilled.
    Stopped,
}

/// Where a run stands: variables and multipliers.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) w: Vec<f64>,
    pub(super) lambda: Vec<f64>,
    pub(super) z_lower: Vec<f64>,
    pub(super) z_upper: Vec<f64>,
}

/// What to do, and when to give up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) tolerance: f64,
    pub(super) max_iterations: usize,
    pub(super) first_barrier: f64,
    /// Whether there is a restoration phase; it has none itself.
    pub(super) restore: bool,
}

/// A run: the programme, the point, and room for everything that an iteration needs.
pub(super) struct Run<'a> {
    problem: &'a Problem,
    options: Options,
    pub(super) point: Point,
    pub(super) trace: Vec<Trace>,
    /// What a cost is to be multiplied by for the trace.
    pub(super) cost_scale: f64,
    barrier: f64,
    rows: Rows,
    trial_rows: Rows,
    newton: &'a mut Newton,
    /// First and second derivatives of the cost.
    slope: Vec<f64>,
    bend: Vec<f64>,
    curvature: Vec<f64>,
    gradient: Vec<f64>,
    step: Step,
    correction: Step,
    trial: Vec<f64>,
    soc: Vec<f64>,
    dz_lower: Vec<f64>,
    dz_upper: Vec<f64>,
    last_regular: f64,
    filter: Filter,
    least_violation: f64,
}

/// Errors of optimality at a barrier.
#[derive(Clone, Copy, Debug)]
struct Errors {
    infeasibility: f64,
    gradient: f64,
    complementarity: f64,
}

impl Errors {
    fn largest(&self) -> f64 {
        self.infeasibility.max(self.gradient).max(self.complementarity)
    }
}

impl<'a> Run<'a> {
    /// A run that starts at w, pushed into its bounds.
    pub(super) fn new(
        problem: &'a Problem,
        newton: &'a mut Newton,
        mut w: Vec<f64>,
        options: Options,
    ) -> Self {
        newton.resize(problem);
        let mut rows = Rows::new(problem);
        for (j, w) in w.iter_mut().enumerate() {
            *w = interior(*w, problem.lower[j], problem.upper[j]);
        }
        // Slacks of limits start at the values of their rows.
        rows.evaluate(problem, &w);
        let start = problem.first_private();
        for row in 2 * problem.nodes..problem.rows() {
            for k in problem.of_row(row).filter(|&k| problem.private[k].role == Role::Slack) {
                let j = start + k;
                w[j] = interior(w[j] + rows.values[row], problem.lower[j], problem.upper[j]);
            }
        }
        let count = problem.variables();
        let point = Point {
            lambda: vec![0.0; problem.rows()],
            z_lower: (0..count).map(|j| central(options.first_barrier, w[j] - problem.lower[j])).collect(),
            z_upper: (0..count).map(|j| central(options.first_barrier, problem.upper[j] - w[j])).collect(),
            w,
        };
        Self {
            problem,
            options,
            point,
            trace: Vec::with_capacity(options.max_iterations + 1),
            cost_scale: 1.0,
            barrier: options.first_barrier,
            trial_rows: rows.clone(),
            rows,
            newton,
            slope: vec![0.0; count],
            bend: vec![0.0; count],
            curvature: vec![0.0; count],
            gradient: vec![0.0; count],
            step: Step::new(problem),
            correction: Step::new(problem),
            trial: vec![0.0; count],
            soc: vec![0.0; problem.rows()],
            dz_lower: vec![0.0; count],
            dz_upper: vec![0.0; count],
            last_regular: 0.0,
            filter: Filter::new(f64::INFINITY),
            least_violation: 0.0,
        }
    }

    /// Iterates to an end; `stop` may end it early at a point it likes.
    pub(super) fn go(&mut self, stop: &dyn Fn(&[f64]) -> bool) -> End {
        self.rows.differentiate(self.problem, &self.point.w, &self.point.lambda);
        self.first_multipliers();
        let violation = self.rows.values.iter().map(|v| v.abs()).sum::<f64>();
        self.filter = Filter::new(1e4 * violation.max(1.0));
        self.least_violation = 1e-4 * violation.max(1.0);
        let mut restorations = 0;
        for _ in 0..=self.options.max_iterations {
            self.rows.differentiate(self.problem, &self.point.w, &self.point.lambda);
            self.problem.cost_derivatives(&self.point.w, &mut self.slope, &mut self.bend);
            let errors = self.errors(0.0);
            self.trace.push(Trace {
                infeasibility: errors.infeasibility,
                gradient: errors.gradient,
                complementarity: errors.complementarity,
                cost: self.problem.cost(&self.point.w) * self.cost_scale,
            });
            if !errors.largest().is_finite() {
                return End::Stuck;
            }
            if errors.largest() <= self.options.tolerance {
                return End::Optimal;
            }
            if self.trace.len() > 1 && stop(&self.point.w) {
                return End::Stopped;
            }
            if self.trace.len() > self.options.max_iterations {
                break;
            }
            self.lower_barrier();
            if self.direction() && self.search() {
                continue;
            }
            if !self.options.restore || restorations == 8 {
                return End::Stuck;
            }
            restorations += 1;
            match self.restore() {
                End::Stopped => {}
                end => return end,
            }
        }
        End::IterationLimit
    }

    /// The next barrier once this one's problem is solved well enough (eq. 7).
    fn lower_barrier(&mut self) {
        let least = self.options.tolerance / 11.0;
        while self.barrier > least && self.errors(self.barrier).largest() <= 10.0 * self.barrier {
            let superlinear = self.barrier * self.barrier.sqrt();
            self.barrier = superlinear.min(0.2 * self.barrier).max(least);
            self.filter.clear();
        }
    }

    /// Errors of optimality at a barrier, scaled (eq. 5).
    fn errors(&self, barrier: f64) -> Errors {
        let problem = self.problem;
        let point = &self.point;
        let start = problem.first_private();
        let mut gradient: f64 = 0.0;
        let mut largest = |j: usize, value: f64| {
            let fixed = j < start && j.is_multiple_of(2) && problem.fixed_angle[j / 2].is_some();
            if !fixed {
                gradient = if value.is_nan() { f64::NAN } else { gradient.max(value.abs()) };
            }
        };
        for j in 0..start {
            largest(j, self.rows.pull[j] + self.slope[j] - point.z_lower[j] + point.z_upper[j]);
        }
        for row in 0..problem.rows() {
            for k in problem.of_row(row) {
                let j = start + k;
                let pull = problem.private[k].sign * point.lambda[row];
                largest(j, self.slope[j] - pull - point.z_lower[j] + point.z_upper[j]);
            }
        }
        let mut complementarity: f64 = 0.0;
        for (j, &w) in point.w.iter().enumerate() {
            if problem.lower[j].is_finite() {
                complementarity =
                    complementarity.max((point.z_lower[j] * (w - problem.lower[j]) - barrier).abs());
            }
            if problem.upper[j].is_finite() {
                complementarity =
                    complementarity.max((point.z_upper[j] * (problem.upper[j] - w) - barrier).abs());
            }
        }
        let values = self.rows.values.iter().zip(&problem.unit);
        let infeasibility = values.fold(0.0, |most: f64, (v, unit)| most.max((v * unit).abs()));
        let multipliers: f64 = point.z_lower.iter().chain(&point.z_upper).sum();
        let all = multipliers + point.lambda.iter().map(|v| v.abs()).sum::<f64>();
        let count = point.z_lower.len() + point.z_upper.len();
        let scale = |sum: f64, count: usize| (sum / count.max(1) as f64 / 100.0).max(1.0);
        Errors {
            infeasibility,
            gradient: gradient / scale(all, count + point.lambda.len()),
            complementarity: complementarity / scale(multipliers, count),
        }
    }

    /// Multipliers of rows that make the gradient smallest (section 3.6), 0 where they would be huge.
    fn first_multipliers(&mut self) {
        let problem = self.problem;
        problem.cost_derivatives(&self.point.w, &mut self.slope, &mut self.bend);
        self.curvature.fill(1.0);
        self.newton.factorise(problem, &self.rows, &self.curvature, false, 0.0, 1e-8);
        for (j, gradient) in self.gradient.iter_mut().enumerate() {
            *gradient = self.slope[j] - self.point.z_lower[j] + self.point.z_upper[j];
        }
        self.soc.fill(0.0);
        self.newton.solve(problem, &self.rows, &self.gradient, &self.soc, &mut self.step);
        let largest = self.step.lambda.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        if largest <= 1e3 {
            self.point.lambda.copy_from_slice(&self.step.lambda);
        } else {
            self.point.lambda.fill(0.0);
        }
    }

    /// Newton's direction of the barrier problem, with the Hessian made convex where it is not (algorithm IC).
    fn direction(&mut self) -> bool {
        let problem = self.problem;
        let start = problem.first_private();
        let point = &self.point;
        for (j, &w) in point.w.iter().enumerate() {
            let mut curvature = self.bend[j];
            let mut gradient = self.slope[j];
            if problem.lower[j].is_finite() {
                let room = w - problem.lower[j];
                curvature += point.z_lower[j] / room;
                gradient -= self.barrier / room;
            }
            if problem.upper[j].is_finite() {
                let room = problem.upper[j] - w;
                curvature += point.z_upper[j] / room;
                gradient += self.barrier / room;
            }
            self.curvature[j] = curvature;
            self.gradient[j] = gradient;
        }
        for (gradient, pull) in self.gradient[..start].iter_mut().zip(&self.rows.pull) {
            *gradient += pull;
        }
        for row in 0..problem.rows() {
            for k in problem.of_row(row) {
                self.gradient[start + k] -= problem.private[k].sign * point.lambda[row];
            }
        }
        let (mut regular, mut relaxed) = (0.0, 0.0);
        loop {
            let (right, singular) =
                self.newton.factorise(problem, &self.rows, &self.curvature, true, regular, relaxed);
            if right {
                break;
            }
            if singular && relaxed == 0.0 {
                relaxed = 1e-8 * self.barrier.sqrt().sqrt();
                continue;
            }
            regular = match (regular, self.last_regular) {
                (0.0, 0.0) => 1e-4,
                (0.0, last) => (last / 3.0).max(1e-20),
                (now, 0.0) => 100.0 * now,
                (now, _) => 8.0 * now,
            };
            if regular > 1e20 {
                return false;
            }
        }
        if regular > 0.0 {
            self.last_regular = regular;
        }
        self.newton.solve(problem, &self.rows, &self.gradient, &self.rows.values, &mut self.step);
        for (j, &w) in point.w.iter().enumerate() {
            let dw = self.step.w[j];
            let (z_lower, z_upper) = (point.z_lower[j], point.z_upper[j]);
            self.dz_lower[j] = if problem.lower[j].is_finite() {
                (self.barrier - z_lower * dw) / (w - problem.lower[j]) - z_lower
            } else {
                0.0
            };
            self.dz_upper[j] = if problem.upper[j].is_finite() {
                (self.barrier + z_upper * dw) / (problem.upper[j] - w) - z_upper
            } else {
                0.0
            };
        }
        self.step.w.iter().all(|v| v.is_finite())
    }

    /// Moves along the direction as far as violation and cost allow (algorithm A, steps ).
    fn search(&mut self) -> bool {
        let keep = (1.0 - self.barrier).max(0.99);
        let longest = self.longest(&self.step.w, keep);
        let longest_dual = longest_dual(&self.point.z_lower, &self.dz_lower, keep).min(longest_dual(
            &self.point.z_upper,
            &self.dz_upper,
            keep,
        ));
        let violation = self.rows.values.iter().map(|v| v.abs()).sum::<f64>();
        let cost = self.barrier_cost(&self.point.w);
        let descent = self.descent();
        // Rounding makes costs equal within this.
        let noise = 10.0 * f64::EPSILON * cost.abs();
        let mut least = 1e-5;
        if descent < 0.0 {
            least = f64::min(least, 1e-8 * violation / -descent);
            if violation <= self.least_violation {
                least = least.min(libm::pow(violation, 1.1) / libm::pow(-descent, 2.3));
            }
        }
        let least = (0.05 * least).max(1e-14);
        let mut length = longest;
        let mut first = true;
        while length >= least {
            for (trial, (w, dw)) in self.trial.iter_mut().zip(self.point.w.iter().zip(&self.step.w)) {
                *trial = w + length * dw;
            }
            self.trial_rows.evaluate(self.problem, &self.trial);
            let trial_violation = self.trial_rows.values.iter().map(|v| v.abs()).sum::<f64>();
            let trial_cost = self.barrier_cost(&self.trial);
            let found = self.judge((violation, cost, descent, noise), (trial_violation, trial_cost, length));
            if let Some(augment) = found {
                self.accept(length, longest_dual, violation, cost, augment);
                return true;
            }
            if first
                && trial_violation >= violation
                && let Some((length, augment)) =
                    self.second_order(length, keep, (violation, cost, descent, noise), trial_violation)
            {
                self.accept(length, longest_dual, violation, cost, augment);
                return true;
            }
            first = false;
            length *= 0.5;
        }
        false
    }

    /// Whether a trial point is accepted, and if so, whether the filter has to remember the last one.
    fn judge(
        &self,
        (violation, cost, descent, noise): (f64, f64, f64, f64),
        (trial_violation, trial_cost, length): (f64, f64, f64),
    ) -> Option<bool> {
        if !trial_cost.is_finite() || !trial_violation.is_finite() {
            return None;
        }
        if !self.filter.accepts(trial_violation, trial_cost - noise) {
            return None;
        }
        let switching = descent < 0.0 && length * libm::pow(-descent, 2.3) > libm::pow(violation, 1.1);
        let armijo = trial_cost <= cost + 1e-8 * length * descent + noise;
        if violation <= self.least_violation && switching {
            return armijo.then_some(false);
        }
        let better =
            trial_violation <= (1.0 - 1e-5) * violation || trial_cost <= cost - 1e-8 * violation + noise;
        better.then_some(!(switching && armijo))
    }

    /// Second-order corrections: steps that also undo the violation which the first trial found (section 2.4).
    fn second_order(
        &mut self,
        length: f64,
        keep: f64,
        before: (f64, f64, f64, f64),
        mut last_violation: f64,
    ) -> Option<(f64, bool)> {
        let mut reach = length;
        self.soc.copy_from_slice(&self.rows.values);
        for _ in 0..4 {
            for (soc, trial) in self.soc.iter_mut().zip(&self.trial_rows.values) {
                *soc = reach * *soc + trial;
            }
            self.newton.solve(self.problem, &self.rows, &self.gradient, &self.soc, &mut self.correction);
            reach = self.longest(&self.correction.w, keep);
            for (trial, (w, dw)) in self.trial.iter_mut().zip(self.point.w.iter().zip(&self.correction.w)) {
                *trial = w + reach * dw;
            }
            self.trial_rows.evaluate(self.problem, &self.trial);
            let violation = self.trial_rows.values.iter().map(|v| v.abs()).sum::<f64>();
            let cost = self.barrier_cost(&self.trial);
            if let Some(augment) = self.judge(before, (violation, cost, length)) {
                return Some((length, augment));
            }
            if violation.is_nan() || violation > 0.99 * last_violation {
                return None;
            }
            last_violation = violation;
        }
        None
    }

    /// Takes the trial point.
    fn accept(&mut self, length: f64, length_dual: f64, violation: f64, cost: f64, augment: bool) {
        if augment {
            self.filter.add(violation, cost);
        }
        let point = &mut self.point;
        point.w.copy_from_slice(&self.trial);
        for (lambda, step) in point.lambda.iter_mut().zip(&self.step.lambda) {
            *lambda += length * step;
        }
        for (z, step) in point.z_lower.iter_mut().zip(&self.dz_lower) {
            *z += length_dual * step;
        }
        for (z, step) in point.z_upper.iter_mut().zip(&self.dz_upper) {
            *z += length_dual * step;
        }
        self.keep_near_path();
    }

    /// Multipliers of bounds stay within a factor of 10¹⁰ of μ over the distance (eq. 16).
    fn keep_near_path(&mut self) {
        const FACTOR: f64 = 1e10;
        for (j, &w) in self.point.w.iter().enumerate() {
            if self.problem.lower[j].is_finite() {
                let central = self.barrier / (w - self.problem.lower[j]);
                let z = &mut self.point.z_lower[j];
                *z = z.clamp(central / FACTOR, central * FACTOR);
            }
            if self.problem.upper[j].is_finite() {
                let central = self.barrier / (self.problem.upper[j] - w);
                let z = &mut self.point.z_upper[j];
                *z = z.clamp(central / FACTOR, central * FACTOR);
            }
        }
    }

    /// Longest step that keeps all variables within `keep` of their way to their bounds (eq. 15).
    fn longest(&self, step: &[f64], keep: f64) -> f64 {
        let mut longest: f64 = 1.0;
        for (j, &dw) in step.iter().enumerate() {
            let room = if dw < 0.0 {
                self.point.w[j] - self.problem.lower[j]
            } else {
                self.problem.upper[j] - self.point.w[j]
            };
            if longest * dw.abs() > keep * room {
                longest = keep * room / dw.abs();
            }
        }
        longest
    }

    /// Cost plus barriers.
    fn barrier_cost(&self, w: &[f64]) -> f64 {
        let mut logarithms = 0.0;
        // One logarithm for several factors.
        let mut product = 1.0;
        for (j, &w) in w.iter().enumerate() {
            for room in [w - self.problem.lower[j], self.problem.upper[j] - w] {
                if room.is_finite() {
                    product *= room;
                    if !(1e-150..1e150).contains(&product) {
                        logarithms += libm::log(product);
                        product = 1.0;
                    }
                }
            }
        }
        logarithms += libm::log(product);
        self.problem.cost(w) - self.barrier * logarithms
    }

    /// Slope of the barrier cost along the direction.
    fn descent(&self) -> f64 {
        let mut descent = 0.0;
        for (j, (&w, &dw)) in self.point.w.iter().zip(&self.step.w).enumerate() {
            let mut slope = self.slope[j];
            if self.problem.lower[j].is_finite() {
                slope -= self.barrier / (w - self.problem.lower[j]);
            }
            if self.problem.upper[j].is_finite() {
                slope += self.barrier / (self.problem.upper[j] - w);
            }
            descent += slope * dw;
        }
        descent
    }

    /// Minimises the violation near the present point until the filter likes the result (section 3.3).
    fn restore(&mut self) -> End {
        let problem = self.problem;
        let violation = self.rows.values.iter().map(|v| v.abs()).sum::<f64>();
        let cost = self.barrier_cost(&self.point.w);
        self.filter.add(violation, cost);
        if violation < 1e-2 * self.options.tolerance {
            return End::Stuck;
        }
        let start = problem.first_private();
        let barrier = self.rows.values.iter().fold(self.barrier, |most: f64, value| most.max(value.abs()));
        let price = 1000.0;
        let mut elastic = problem.elastic(|_| price, None);
        // Where this problem's private variables are in the elastic one.
        let place = |k: usize, row: usize| start + k + 2 * row;
        let mut w = vec![0.0; elastic.variables()];
        let mut scale = vec![0.0; elastic.variables()];
        w[..start].copy_from_slice(&self.point.w[..start]);
        for (scale, w) in scale[..start].iter_mut().zip(&self.point.w) {
            *scale = 1.0 / w.abs().max(1.0);
        }
        let mut z_lower = vec![0.0; elastic.variables()];
        let mut z_upper = vec![0.0; elastic.variables()];
        z_lower[..start].copy_from_slice(&self.point.z_lower[..start]);
        z_upper[..start].copy_from_slice(&self.point.z_upper[..start]);
        for row in 0..problem.rows() {
            for k in problem.of_row(row) {
                let (from, to) = (start + k, place(k, row));
                w[to] = self.point.w[from];
                scale[to] = 1.0 / w[to].abs().max(1.0);
                z_lower[to] = self.point.z_lower[from];
                z_upper[to] = self.point.z_upper[from];
            }
            // The best violations for this barrier: value = positive − negative (eq. 33).
            let value = self.rows.values[row];
            let half = (barrier - price * value) / (2.0 * price);
            let negative = half + (half * half + barrier * value / (2.0 * price)).sqrt();
            let positive = negative + value;
            let at = elastic.row_starts[row + 1] - 2 + start;
            (w[at], w[at + 1]) = (positive, negative);
            (z_lower[at], z_lower[at + 1]) = (barrier / positive, barrier / negative);
        }
        for z in z_lower.iter_mut().chain(&mut z_upper) {
            *z = z.min(price);
        }
        elastic.near = Some(Near { weight: barrier.sqrt(), scale, reference: w.clone() });
        let back = |of: &[f64], into: &mut [f64]| {
            into[..start].copy_from_slice(&of[..start]);
            for row in 0..problem.rows() {
                for k in problem.of_row(row) {
                    into[start + k] = of[place(k, row)];
                }
            }
        };
        let options = Options {
            restore: false,
            first_barrier: barrier,
            max_iterations: self.options.max_iterations.saturating_sub(self.trace.len()),
            ..self.options
        };
        let trial = std::cell::RefCell::new((self.trial.clone(), self.trial_rows.clone()));
        let (end, point, steps) = {
            let this = &*self;
            let mut newton = this.newton.clone();
            let mut run = Run::new(&elastic, &mut newton, w, options);
            run.point.z_lower = z_lower;
            run.point.z_upper = z_upper;
            let stop = |w: &[f64]| {
                let (trial, rows) = &mut *trial.borrow_mut();
                back(w, trial);
                rows.evaluate(problem, trial);
                let now = rows.values.iter().map(|v| v.abs()).sum::<f64>();
                now <= 0.9 * violation && this.filter.accepts(now, this.barrier_cost(trial))
            };
            let end = run.go(&stop);
            (end, run.point, run.trace)
        };
        for step in steps.into_iter().skip(1) {
            self.trace.push(Trace { cost: f64::NAN, ..step });
        }
        back(&point.w, &mut self.point.w);
        back(&point.z_lower, &mut self.point.z_lower);
        back(&point.z_upper, &mut self.point.z_upper);
        self.newton.resize(problem);
        match end {
            End::Stopped => {
                self.keep_near_path();
                self.rows.differentiate(problem, &self.point.w, &self.point.lambda);
                self.first_multipliers();
                End::Stopped
            }
            End::Optimal => End::Infeasible,
            end => end,
        }
    }
}

/// The multiplier of a bound at a distance on the central path; 0 where there is no bound.
fn central(barrier: f64, room: f64) -> f64 {
    if room.is_finite() { barrier / room } else { 0.0 }
}

/// A start away from the bounds (section 3.6).
fn interior(w: f64, lower: f64, upper: f64) -> f64 {
    let range = upper - lower;
    let low = lower + (1e-2 * lower.abs().max(1.0)).min(1e-2 * range);
    let high = upper - (1e-2 * upper.abs().max(1.0)).min(1e-2 * range);
    match (lower.is_finite(), upper.is_finite()) {
        (true, true) => w.clamp(low, high),
        (true, false) => w.max(lower + 1e-2 * lower.abs().max(1.0)),
        (false, true) => w.min(upper - 1e-2 * upper.abs().max(1.0)),
        (false, false) => w,
    }
}

fn longest_dual(z: &[f64], dz: &[f64], keep: f64) -> f64 {
    z.iter().zip(dz).fold(
        1.0,
        |longest: f64, (z, dz)| {
            if longest * -dz > keep * z { keep * z / -dz } else { longest }
        },
    )
}
