//! Values, first and second derivatives of the rows c(θ, v) − A·u, exact, in one pass over the branches.
//!
//! A branch knows three numbers: δ = θ_f − θ_t, v_f, v_t. Each of its four powers is
//! square·v² + v_f·v_t·φ(δ) with φ = α·cos δ + β·sin δ, φ′ = −α·sin δ + β·cos δ and φ″ = −φ; a weighted sum of them
//! has the same form, and so has P∇²P + Q∇²Q of a limit of |S|².

use super::problem::{Branch, EndLimit, Limited, Problem};

/// Values and derivatives at a point, with room for them.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// Value of each row.
    pub(super) values: Vec<f64>,
    /// Jᵀ·λ with respect to θ, v of each node.
    pub(super) pull: Vec<f64>,
    pub(super) branches: Vec<BranchRows>,
    pub(super) nodes: Vec<NodeRows>,
    sines: Vec<(f64, f64)>,
}

/// Derivatives of a branch's rows with respect to δ, v_f, v_t.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BranchRows {
    /// Gradients of P and Q at the from end, P and Q at the to end.
    pub(super) powers: [[f64; 3]; 4],
    /// Gradients of the limits at both ends.
    pub(super) limits: [[f64; 3]; 2],
    /// Hessian of the Lagrangian: δδ, δf, δt, ff, ft, tt.
    pub(super) hessian: [f64; 6],
}

/// Derivatives of a node's own terms with respect to its v.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NodeRows {
    /// Of P and of Q.
    pub(super) slopes: [f64; 2],
    /// Second derivative of the Lagrangian.
    pub(super) curvature: f64,
}

/// sin δ, cos δ, v_f, v_t of a branch.
struct State {
    sin: f64,
    cos: f64,
    from: f64,
    to: f64,
}

impl Rows {
    pub(super) fn new(problem: &Problem) -> Self {
        Self {
            values: vec![0.0; problem.rows()],
            pull: vec![0.0; 2 * problem.nodes],
            branches: vec![BranchRows::default(); problem.branches.len()],
            nodes: vec![NodeRows::default(); problem.nodes],
            sines: vec![(0.0, 1.0); problem.nodes],
        }
    }

    /// Values only, into `values`.
    pub(super) fn evaluate(&mut self, problem: &Problem, w: &[f64]) {
        self.start(problem, w);
        for branch in &problem.branches {
            let state = self.state(branch, w);
            let powers = state.powers(branch);
            self.add_values(problem, branch, &state, &powers, w);
        }
    }

    /// Values and derivatives, the Lagrangian's with the rows' multipliers λ.
    pub(super) fn differentiate(&mut self, problem: &Problem, w: &[f64], lambda: &[f64]) {
        self.start(problem, w);
        let limits = 2 * problem.nodes;
        for (node, rows) in self.nodes.iter_mut().enumerate() {
            let v = w[2 * node + 1];
            let (shunt, current) = (problem.shunt[node], problem.current[node]);
            let (price_p, price_q) = (lambda[2 * node], lambda[2 * node + 1]);
            rows.slopes = [2.0 * shunt.re * v + current.re, -2.0 * shunt.im * v + current.im];
            rows.curvature = 2.0 * (price_p * shunt.re - price_q * shunt.im);
            self.pull[2 * node] = 0.0;
            self.pull[2 * node + 1] = price_p * rows.slopes[0] + price_q * rows.slopes[1];
        }
        for (index, limit) in problem.limits.iter().enumerate() {
            if let Limited::Voltage(node) = *limit {
                self.pull[2 * node + 1] += lambda[limits + index];
            }
        }
        for (index, branch) in problem.branches.iter().enumerate() {
            let state = self.state(branch, w);
            let powers = state.powers(branch);
            self.add_values(problem, branch, &state, &powers, w);
            let mut rows = BranchRows {
                powers: std::array::from_fn(|k| state.gradient(&branch.terms[k], k < 2)),
                ..BranchRows::default()
            };
            // Weights of the four powers in the Lagrangian's Hessian; those of limits come on top.
            let (f, t) = (2 * branch.from, 2 * branch.to);
            let mut weights = [lambda[f], lambda[f + 1], lambda[t], lambda[t + 1]];
            let mut pull = [0.0; 3];
            for (gradient, weight) in rows.powers.iter().zip(weights) {
                add(&mut pull, weight, gradient);
            }
            for end in 0..2 {
                let Some(limit) = branch.limit[end] else { continue };
                let lambda = lambda[limits + limit.index];
                let scale = limit.scale;
                let (p, q) = (2 * end, 2 * end + 1);
                let gradient = &mut rows.limits[end];
                add(gradient, scale * powers[p], &rows.powers[p]);
                add(gradient, scale * powers[q], &rows.powers[q]);
                if limit.by_current {
                    let v = if end == 0 { state.from } else { state.to };
                    let allowed = scale * limit.rating * limit.rating;
                    gradient[1 + end] -= allowed * v;
                    rows.hessian[if end == 0 { 3 } else { 5 }] -= lambda * allowed;
                }
                add(&mut pull, lambda, gradient);
                outer(&mut rows.hessian, lambda * scale, &rows.powers[p]);
                outer(&mut rows.hessian, lambda * scale, &rows.powers[q]);
                weights[p] += lambda * scale * powers[p];
                weights[q] += lambda * scale * powers[q];
            }
            if let Some(angle) = branch.angle {
                pull[0] += lambda[limits + angle];
            }
            state.add_hessian(branch, &weights, &mut rows.hessian);
            self.branches[index] = rows;
            self.pull[f] += pull[0];
            self.pull[t] -= pull[0];
            self.pull[f + 1] += pull[1];
            self.pull[t + 1] += pull[2];
        }
    }

    /// Terms of nodes and of private variables.
    fn start(&mut self, problem: &Problem, w: &[f64]) {
        self.values.copy_from_slice(&problem.constant);
        for node in 0..problem.nodes {
            let (angle, v) = (w[2 * node], w[2 * node + 1]);
            self.sines[node] = libm::sincos(angle);
            let (shunt, current) = (problem.shunt[node], problem.current[node]);
            self.values[2 * node] += (shunt.re * v + current.re) * v;
            self.values[2 * node + 1] += (-shunt.im * v + current.im) * v;
        }
        for (index, limit) in problem.limits.iter().enumerate() {
            if let Limited::Voltage(node) = *limit {
                self.values[2 * problem.nodes + index] += w[2 * node + 1];
            }
        }
        let u = &w[problem.first_private()..];
        for (row, value) in self.values.iter_mut().enumerate() {
            for k in problem.of_row(row) {
                *value -= problem.private[k].sign * u[k];
            }
        }
    }

    fn state(&self, branch: &Branch, w: &[f64]) -> State {
        let (sin_f, cos_f) = self.sines[branch.from];
        let (sin_t, cos_t) = self.sines[branch.to];
        State {
            sin: sin_f * cos_t - cos_f * sin_t,
            cos: cos_f * cos_t + sin_f * sin_t,
            from: w[2 * branch.from + 1],
            to: w[2 * branch.to + 1],
        }
    }

    fn add_values(
        &mut self,
        problem: &Problem,
        branch: &Branch,
        state: &State,
        powers: &[f64; 4],
        w: &[f64],
    ) {
        let (f, t) = (2 * branch.from, 2 * branch.to);
        self.values[f] += powers[0];
        self.values[f + 1] += powers[1];
        self.values[t] += powers[2];
        self.values[t + 1] += powers[3];
        let limits = 2 * problem.nodes;
        for end in 0..2 {
            if let Some(EndLimit { index, rating, scale, by_current }) = branch.limit[end] {
                let (p, q) = (powers[2 * end], powers[2 * end + 1]);
                let v = if end == 0 { state.from } else { state.to };
                let allowed = if by_current { rating * rating * v * v } else { 0.0 };
                self.values[limits + index] += 0.5 * scale * (p * p + q * q - allowed);
            }
        }
        if let Some(angle) = branch.angle {
            self.values[limits + angle] += w[f] - w[t];
        }
    }
}

impl State {
    fn powers(&self, branch: &Branch) -> [f64; 4] {
        let product = self.from * self.to;
        std::array::from_fn(|k| {
            let [square, cosine, sine] = branch.terms[k];
            let v = if k < 2 { self.from } else { self.to };
            square * v * v + product * (cosine * self.cos + sine * self.sin)
        })
    }

    fn gradient(&self, &[square, cosine, sine]: &[f64; 3], at_from: bool) -> [f64; 3] {
        let phi = cosine * self.cos + sine * self.sin;
        let slope = sine * self.cos - cosine * self.sin;
        let mut gradient = [self.from * self.to * slope, self.to * phi, self.from * phi];
        if at_from {
            gradient[1] += 2.0 * square * self.from;
        } else {
            gradient[2] += 2.0 * square * self.to;
        }
        gradient
    }

    fn add_hessian(&self, branch: &Branch, weights: &[f64; 4], hessian: &mut [f64; 6]) {
        let (mut phi, mut slope) = (0.0, 0.0);
        for (&[square, cosine, sine], (k, weight)) in branch.terms.iter().zip(weights.iter().enumerate()) {
            phi += weight * (cosine * self.cos + sine * self.sin);
            slope += weight * (sine * self.cos - cosine * self.sin);
            hessian[if k < 2 { 3 } else { 5 }] += 2.0 * weight * square;
        }
        hessian[0] -= self.from * self.to * phi;
        hessian[1] += self.to * slope;
        hessian[2] += self.from * slope;
        hessian[4] += phi;
    }
}

/// sum += weight·gradient.
fn add(sum: &mut [f64; 3], weight: f64, gradient: &[f64; 3]) {
    for (sum, g) in sum.iter_mut().zip(gradient) {
        *sum += weight * g;
    }
}

/// hessian += weight·g·gᵀ.
pub(super) fn outer(hessian: &mut [f64; 6], weight: f64, g: &[f64; 3]) {
    hessian[0] += weight * g[0] * g[0];
    hessian[1] += weight * g[0] * g[1];
    hessian[2] += weight * g[0] * g[2];
    hessian[3] += weight * g[1] * g[1];
    hessian[4] += weight * g[1] * g[2];
    hessian[5] += weight * g[2] * g[2];
}
