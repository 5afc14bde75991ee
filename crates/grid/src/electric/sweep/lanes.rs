//! The iteration itself, for several sets of powers at once.
//!
//! One tree, many steps of a time series: the steps of a block go through the tree side by side, as lanes, so that
//! the processor works on several numbers with one instruction and waits for no division. Lanes do not touch each
//! other: each has the same result, to the bit, in any company.

use super::{Injections, Pair, Sweep};
use crate::electric::{Circuit, Convergence, Divergence, Reason};
use num_complex::Complex64;

/// What `L` sweeps side by side work on; reused from one block of steps to the next.
#[derive(Clone, Debug)]
pub(in crate::electric) struct Workspace<const L: usize> {
    /// U of each position to start from.
    start: Vec<Complex64>,
    /// U of each position.
    voltage: Vec<Pair<L>>,
    /// Current fed in at each position in the last iteration.
    fed: Vec<Pair<L>>,
    /// Currents added up on the way to the source; 0 between iterations.
    sum: Vec<Pair<L>>,
}

/// A lane that found no solution: the mismatch is that of the iteration that came nearest, and the position the worst
/// one then. Where the iteration ended, running about, says nothing about where the trouble is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::electric) struct Failure {
    iterations: usize,
    mismatch_pu: f64,
    position: usize,
    reason: Reason,
}

impl Failure {
    /// With the bus in place of the position.
    pub(in crate::electric) fn at(self, sweep: &Sweep, circuit: &Circuit) -> Divergence {
        Divergence {
            iterations: self.iterations,
            mismatch_pu: self.mismatch_pu,
            worst_bus: circuit.nodes[sweep.tree.order[self.position]].bus,
            reason: self.reason,
        }
    }
}

/// Squared mismatches of each lane: the largest, and their sum, which no NaN escapes.
struct Mismatch<const L: usize> {
    largest: [f64; L],
    sum: [f64; L],
}

impl<const L: usize> Workspace<L> {
    /// For the circuits of a sweep.
    #[must_use]
    pub(in crate::electric) fn new(sweep: &Sweep) -> Self {
        let count = sweep.tree.order.len();
        Self {
            start: vec![Complex64::ONE; count],
            voltage: vec![Pair::ZERO; count],
            fed: vec![Pair::ZERO; count],
            sum: vec![Pair::ZERO; count],
        }
    }

    /// Sets where every solution starts: V of each node of the circuit; sources hold theirs.
    pub(in crate::electric) fn begin(&mut self, sweep: &Sweep, voltage: &[Complex64]) {
        for (at, start) in self.start.iter_mut().enumerate() {
            *start = voltage[sweep.tree.order[at]] * sweep.tree.scale[at];
        }
    }

    /// Solves the first `used` lanes; `solved` becomes V of each node in those that have a solution.
    pub(in crate::electric) fn solve(
        &mut self,
        sweep: &Sweep,
        injections: &Injections<L>,
        tolerance_pu: f64,
        max_iterations: usize,
        used: usize,
        solved: &mut [Pair<L>],
    ) -> [Result<Convergence, Failure>; L] {
        let unsolved = Failure {
            iterations: max_iterations,
            mismatch_pu: f64::INFINITY,
            position: 0,
            reason: Reason::IterationLimit,
        };
        let mut outcomes = [Err(unsolved); L];
        // How near each lane came, and after how many iterations.
        let mut nearest = [(f64::INFINITY, 1); L];
        let mut open = [false; L];
        open[..used].fill(true);
        for (voltage, &start) in self.voltage.iter_mut().zip(&self.start) {
            *voltage = Pair::splat(start);
        }
        self.fed.fill(Pair::ZERO);
        self.sum.fill(Pair::ZERO);
        self.backward(sweep, injections);
        let mut converged = [false; L];
        for iterations in 1..=max_iterations + 1 {
            self.forward(sweep);
            // The currents that showed the mismatch to be small are better than those before: their voltages are kept.
            for lane in 0..used {
                if std::mem::take(&mut converged[lane]) {
                    self.keep(sweep, lane, solved);
                }
            }
            if !open.contains(&true) {
                break;
            }
            // With the currents of before, the voltages of now satisfy every branch; what is left is the difference
            // that these voltages make to the powers.
            let mismatch = self.backward(sweep, injections);
            for lane in 0..used {
                if !open[lane] {
                    continue;
                }
                let mismatch_pu = mismatch.largest[lane].sqrt();
                let finite = mismatch.sum[lane].is_finite();
                if finite && mismatch_pu <= tolerance_pu {
                    open[lane] = false;
                    outcomes[lane] = Ok(Convergence { iterations, mismatch_pu });
                    converged[lane] = true;
                    continue;
                }
                if finite && mismatch_pu < nearest[lane].0 {
                    nearest[lane] = (mismatch_pu, iterations);
                }
                if !finite || iterations == max_iterations {
                    open[lane] = false;
                    let (mismatch_pu, at) = nearest[lane];
                    let position = self.worst(sweep, injections, lane, at);
                    let reason = if finite { Reason::IterationLimit } else { Reason::NotFinite };
                    outcomes[lane] = Err(Failure { iterations, mismatch_pu, position, reason });
                }
            }
        }
        outcomes
    }

    /// Powers to currents, added up from the leaves to the sources.
    fn backward(&mut self, sweep: &Sweep, injections: &Injections<L>) -> Mismatch<L> {
        match (injections.current.is_empty(), injections.impedance.is_empty()) {
            (true, true) => self.backward_with::<false, false>(sweep, injections),
            (false, true) => self.backward_with::<true, false>(sweep, injections),
            (true, false) => self.backward_with::<false, true>(sweep, injections),
            (false, false) => self.backward_with::<true, true>(sweep, injections),
        }
    }

    fn backward_with<const CURRENT: bool, const IMPEDANCE: bool>(
        &mut self,
        sweep: &Sweep,
        injections: &Injections<L>,
    ) -> Mismatch<L> {
        let mut mismatch = Mismatch { largest: [0.0; L], sum: [0.0; L] };
        let count = sweep.tree.order.len();
        let (parents, weights) = (&sweep.tree.parent[..count], &sweep.weight[..count]);
        for at in (sweep.tree.sources..count).rev() {
            let (u, s, before) = (self.voltage[at], injections.power[at], self.fed[at]);
            let (weight, mut sum) = (weights[at], self.sum[at]);
            let (mut fed, mut passed) = (Pair::ZERO, self.sum[parents[at]]);
            for l in 0..L {
                let square = u.re[l] * u.re[l] + u.im[l] * u.im[l];
                let (mut p, mut q) = (s.re[l], s.im[l]);
                if CURRENT {
                    let magnitude = (square * sweep.inverse_square[at]).sqrt();
                    p += injections.current[at].re[l] * magnitude;
                    q += injections.current[at].im[l] * magnitude;
                }
                if IMPEDANCE {
                    p += injections.impedance[at].re[l] * (square * sweep.inverse_square[at]);
                    q += injections.impedance[at].im[l] * (square * sweep.inverse_square[at]);
                }
                // I = (S/U)*
                let inverse = 1.0 / square;
                fed.re[l] = (p * u.re[l] + q * u.im[l]) * inverse;
                fed.im[l] = (p * u.im[l] - q * u.re[l]) * inverse;
                let (d_re, d_im) = (fed.re[l] - before.re[l], fed.im[l] - before.im[l]);
                let left = (d_re * d_re + d_im * d_im) * square;
                mismatch.largest[l] = if left > mismatch.largest[l] { left } else { mismatch.largest[l] };
                mismatch.sum[l] += left;
                sum.re[l] += fed.re[l];
                sum.im[l] += fed.im[l];
                passed.re[l] += weight.re * sum.re[l] - weight.im * sum.im[l];
                passed.im[l] += weight.re * sum.im[l] + weight.im * sum.re[l];
            }
            self.fed[at] = fed;
            self.sum[at] = sum;
            self.sum[parents[at]] = passed;
        }
        mismatch
    }

    /// Voltages from the sources outwards; clears the sums.
    fn forward(&mut self, sweep: &Sweep) {
        let count = sweep.tree.order.len();
        let (weights, impedances) = (&sweep.weight[..count], &sweep.impedance[..count]);
        for source in 0..sweep.tree.sources {
            self.sum[source] = Pair::ZERO;
        }
        for at in sweep.tree.sources..count {
            let (above, sum) = (self.voltage[sweep.tree.parent[at]], self.sum[at]);
            let (w, z) = (weights[at], impedances[at]);
            let mut u = Pair::ZERO;
            for l in 0..L {
                u.re[l] = (w.re * above.re[l] - w.im * above.im[l]) + (z.re * sum.re[l] - z.im * sum.im[l]);
                u.im[l] = (w.re * above.im[l] + w.im * above.re[l]) + (z.re * sum.im[l] + z.im * sum.re[l]);
            }
            self.voltage[at] = u;
            self.sum[at] = Pair::ZERO;
        }
    }

    /// Writes a lane's voltages, V, by node.
    fn keep(&self, sweep: &Sweep, lane: usize, solved: &mut [Pair<L>]) {
        for (at, voltage) in self.voltage.iter().enumerate() {
            let solved = &mut solved[sweep.tree.order[at]];
            let v = Complex64::new(voltage.re[lane], voltage.im[lane]) * sweep.inverse_scale[at];
            (solved.re[lane], solved.im[lane]) = (v.re, v.im);
        }
    }

    /// The position with the largest mismatch of a lane after so many iterations, found by going there once more.
    fn worst(&self, sweep: &Sweep, injections: &Injections<L>, lane: usize, iterations: usize) -> usize {
        let mut alone = Workspace::<1>::new(sweep);
        for (at, voltage) in alone.voltage.iter_mut().enumerate() {
            *voltage = Pair::splat(self.start[at]);
        }
        let own = injections.lane(lane);
        alone.backward(sweep, &own);
        for _ in 1..iterations {
            alone.forward(sweep);
            alone.backward(sweep, &own);
        }
        let before = alone.fed.clone();
        alone.forward(sweep);
        alone.backward(sweep, &own);
        let left = |at: usize| {
            let (now, before, u) = (&alone.fed[at], &before[at], &alone.voltage[at]);
            let d = Complex64::new(now.re[0] - before.re[0], now.im[0] - before.im[0]);
            let left = d.norm_sqr() * (u.re[0] * u.re[0] + u.im[0] * u.im[0]);
            // What is not a number is worse than any.
            if left.is_nan() { f64::INFINITY } else { left }
        };
        let drawn = |at: usize| own.power[at].re[0].abs() + own.power[at].im[0].abs();
        (sweep.tree.sources..sweep.tree.order.len())
            .max_by(|&a, &b| {
                left(a).total_cmp(&left(b)).then(drawn(a).total_cmp(&drawn(b))).then_with(|| b.cmp(&a))
            })
            .unwrap_or(0)
    }
}
