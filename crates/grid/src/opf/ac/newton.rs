//! Newton's step of the barrier problem: one linear system with a 4 × 4 block per node.
//!
//! With private variables' curvatures h > 0 their steps are du = (±dλ − ρ)/h, which gives each row a compliance
//! C = Σ 1/h: J·dx − C·dλ = b. For a limit this yields dλ = (J·dx − b)/C at once and adds Jᵀ·J/C to the Hessian
//! of the two nodes of its branch, which are joined anyway; the balances stay as rows. What remains is
//!
//! > ⎡H + Σ + Jᵀ·C⁻¹·J over limits   Jᵀ⎤ ⎡dx⎤
//! > ⎣J                             −C ⎦ ⎣dλ⎦ = right-hand side,
//!
//! in blocks (θ, v, λ of P, λ of Q) of each node. Its inertia is right if there are as many negative eigenvalues as
//! balances, and then the step is one of descent (Wächter & Biegler 2006, section 3.1).

use super::problem::{Limited, Problem};
use super::rows::{Rows, outer};
use crate::sparse::Block;
use crate::sparse::ldl::{Ldl, SymmetricBlocks, Workspace};

/// Curvature below which a private variable is held back a little (a proximal term): one without cost or bounds would
/// have none.
const LEAST_CURVATURE: f64 = 1e-8;

/// Added to the compliance of limits, over their unit (which is about the admittance of the branch, as is its Hessian):
/// one that binds would have next to none, and its Jᵀ·J/C would drown the Hessian of its nodes in rounding errors. What
/// it leaves undone of a step is as small, and the next step does it.
const LEAST_COMPLIANCE: f64 = 3e-10;

#[derive(Clone, Debug)]
pub(super) struct Newton {
    matrix: SymmetricBlocks<4>,
    ldl: Ldl<4>,
    room: Workspace<4>,
    right: Vec<[f64; 4]>,
    solution: Vec<[f64; 4]>,
    /// Of private variables.
    curvature: Vec<f64>,
    /// Of rows.
    compliance: Vec<f64>,
    /// Of rows: what J·dx − C·dλ is to be.
    wanted: Vec<f64>,
    /// Pairs at nodes whose angle is given.
    at_fixed: Vec<usize>,
}

/// A step of all variables and of all rows' multipliers.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) w: Vec<f64>,
    pub(super) lambda: Vec<f64>,
}

impl Newton {
    pub(super) fn new(problem: &Problem) -> Self {
        let matrix = SymmetricBlocks::zeros(problem.nodes, problem.pairs.clone());
        let fixed = |node: usize| problem.fixed_angle[node].is_some();
        let at_fixed = (0..problem.pairs.len())
            .filter(|&pair| fixed(problem.pairs[pair].0) || fixed(problem.pairs[pair].1))
            .collect();
        Self {
            ldl: Ldl::analyse(&matrix),
            matrix,
            room: Workspace::new(problem.nodes),
            right: vec![[0.0; 4]; problem.nodes],
            solution: vec![[0.0; 4]; problem.nodes],
            curvature: vec![0.0; problem.private.len()],
            compliance: vec![0.0; problem.rows()],
            wanted: vec![0.0; problem.rows()],
            at_fixed,
        }
    }

    /// The same for a programme of the same nodes and branches with other private variables.
    pub(super) fn resize(&mut self, problem: &Problem) {
        self.curvature.resize(problem.private.len(), 0.0);
        self.compliance.resize(problem.rows(), 0.0);
        self.wanted.resize(problem.rows(), 0.0);
    }

    /// Factorises the system. `curvature` has the separable curvatures of all variables (costs and barriers); without
    /// `hessian`, that of the rows is left out; `regular` is added to all curvatures and `relaxed` to the compliances
    /// of balances. Returns whether the inertia is right, and whether the matrix is singular.
    pub(super) fn factorise(
        &mut self,
        problem: &Problem,
        rows: &Rows,
        curvature: &[f64],
        hessian: bool,
        regular: f64,
        relaxed: f64,
    ) -> (bool, bool) {
        let start = problem.first_private();
        let mut convex = true;
        for (h, given) in self.curvature.iter_mut().zip(&curvature[start..]) {
            convex &= given + regular >= 0.0;
            *h = (given + regular).max(LEAST_CURVATURE);
        }
        for row in 0..problem.rows() {
            let balance = row < 2 * problem.nodes;
            let compliance: f64 = problem.of_row(row).map(|k| 1.0 / self.curvature[k]).sum();
            self.compliance[row] =
                compliance + if balance { relaxed } else { LEAST_COMPLIANCE / problem.unit[row] };
        }
        if !convex {
            return (false, false);
        }
        self.assemble(problem, rows, curvature, hessian, regular);
        let inertia = self.ldl.factorise(&self.matrix);
        (inertia.negative == 2 * problem.nodes && inertia.zero == 0, inertia.zero > 0)
    }

    fn assemble(&mut self, problem: &Problem, rows: &Rows, curvature: &[f64], hessian: bool, regular: f64) {
        let limits = 2 * problem.nodes;
        self.matrix.off_diagonal.fill([[0.0; 4]; 4]);
        for (node, block) in self.matrix.diagonal.iter_mut().enumerate() {
            let own = &rows.nodes[node];
            let bend = if hessian { own.curvature } else { 0.0 };
            *block = [
                [curvature[2 * node] + regular, 0.0, 0.0, 0.0],
                [0.0, curvature[2 * node + 1] + regular + bend, own.slopes[0], own.slopes[1]],
                [0.0, own.slopes[0], -self.compliance[2 * node], 0.0],
                [0.0, own.slopes[1], 0.0, -self.compliance[2 * node + 1]],
            ];
        }
        for (index, limit) in problem.limits.iter().enumerate() {
            if let Limited::Voltage(node) = *limit {
                self.matrix.diagonal[node][1][1] += 1.0 / self.compliance[limits + index];
            }
        }
        for (branch, own) in problem.branches.iter().zip(&rows.branches) {
            let mut h = if hessian { own.hessian } else { [0.0; 6] };
            for end in 0..2 {
                if let Some(limit) = branch.limit[end] {
                    outer(&mut h, 1.0 / self.compliance[limits + limit.index], &own.limits[end]);
                }
            }
            if let Some(angle) = branch.angle {
                h[0] += 1.0 / self.compliance[limits + angle];
            }
            let [dd, df, dt, ff, ft, tt] = h;
            let g = &own.powers;
            let at_from = [[dd, df], [df, ff]];
            add_diagonal(&mut self.matrix.diagonal[branch.from], at_from, |k| [g[k][0], g[k][1]]);
            let at_to = [[dd, -dt], [-dt, tt]];
            add_diagonal(&mut self.matrix.diagonal[branch.to], at_to, |k| [-g[2 + k][0], g[2 + k][2]]);
            // Rows of the from node, columns of the to node.
            let off = [
                [-dd, dt, g[2][0], g[3][0]],
                [-df, ft, g[2][1], g[3][1]],
                [-g[0][0], g[0][2], 0.0, 0.0],
                [-g[1][0], g[1][2], 0.0, 0.0],
            ];
            let block = &mut self.matrix.off_diagonal[branch.pair];
            for (i, row) in off.iter().enumerate() {
                for (j, value) in row.iter().enumerate() {
                    let (i, j) = if branch.reversed { (j, i) } else { (i, j) };
                    block[i][j] += value;
                }
            }
        }
        // An angle that is given takes no step.
        for (node, block) in self.matrix.diagonal.iter_mut().enumerate() {
            if problem.fixed_angle[node].is_some() {
                block[0] = [1.0, 0.0, 0.0, 0.0];
                for row in &mut block[1..] {
                    row[0] = 0.0;
                }
            }
        }
        for &pair in &self.at_fixed {
            let (row, column) = self.matrix.pairs[pair];
            let block = &mut self.matrix.off_diagonal[pair];
            if problem.fixed_angle[row].is_some() {
                block[0] = [0.0; 4];
            }
            if problem.fixed_angle[column].is_some() {
                for row in block {
                    row[0] = 0.0;
                }
            }
        }
    }

    /// The step for gradients (of the barrier problem's Lagrangian, all variables) and values of rows that it is to
    /// bring to 0. Returns how much of the right-hand side is left over.
    pub(super) fn solve(
        &mut self,
        problem: &Problem,
        rows: &Rows,
        gradient: &[f64],
        values: &[f64],
        step: &mut Step,
    ) -> f64 {
        let start = problem.first_private();
        let limits = 2 * problem.nodes;
        for (row, value) in values.iter().enumerate() {
            let own = problem.of_row(row);
            let pushed: f64 =
                own.map(|k| problem.private[k].sign * gradient[start + k] / self.curvature[k]).sum();
            self.wanted[row] = -value - pushed;
        }
        for (node, right) in self.right.iter_mut().enumerate() {
            let (p, q) = (2 * node, 2 * node + 1);
            *right = [-gradient[p], -gradient[q], self.wanted[p], self.wanted[q]];
        }
        for (index, limit) in problem.limits.iter().enumerate() {
            if let Limited::Voltage(node) = *limit {
                let row = limits + index;
                self.right[node][1] += self.wanted[row] / self.compliance[row];
            }
        }
        for (branch, own) in problem.branches.iter().zip(&rows.branches) {
            let mut pull = [0.0; 3];
            for end in 0..2 {
                if let Some(limit) = branch.limit[end] {
                    let row = limits + limit.index;
                    let force = self.wanted[row] / self.compliance[row];
                    for (pull, g) in pull.iter_mut().zip(&own.limits[end]) {
                        *pull += force * g;
                    }
                }
            }
            if let Some(angle) = branch.angle {
                pull[0] += self.wanted[limits + angle] / self.compliance[limits + angle];
            }
            self.right[branch.from][0] += pull[0];
            self.right[branch.to][0] -= pull[0];
            self.right[branch.from][1] += pull[1];
            self.right[branch.to][1] += pull[2];
        }
        for (node, right) in self.right.iter_mut().enumerate() {
            if problem.fixed_angle[node].is_some() {
                right[0] = 0.0;
            }
        }
        let left =
            self.ldl.solve_refined(&self.matrix, &self.right, &mut self.solution, &mut self.room, 1e-12);
        for (node, solution) in self.solution.iter().enumerate() {
            (step.w[2 * node], step.w[2 * node + 1]) = (solution[0], solution[1]);
            (step.lambda[2 * node], step.lambda[2 * node + 1]) = (solution[2], solution[3]);
        }
        for (index, limit) in problem.limits.iter().enumerate() {
            let moved = match *limit {
                Limited::Voltage(node) => step.w[2 * node + 1],
                Limited::From(branch) => self.moved(problem, rows, branch, 0, step),
                Limited::To(branch) => self.moved(problem, rows, branch, 1, step),
                Limited::Angle(branch) => {
                    let branch = &problem.branches[branch];
                    step.w[2 * branch.from] - step.w[2 * branch.to]
                }
            };
            let row = limits + index;
            step.lambda[row] = (moved - self.wanted[row]) / self.compliance[row];
        }
        for row in 0..problem.rows() {
            for k in problem.of_row(row) {
                let sign = problem.private[k].sign;
                step.w[start + k] = (sign * step.lambda[row] - gradient[start + k]) / self.curvature[k];
            }
        }
        left
    }

    /// J·dx of the limit at an end of a branch.
    fn moved(&self, problem: &Problem, rows: &Rows, index: usize, end: usize, step: &Step) -> f64 {
        let branch = &problem.branches[index];
        let g = &rows.branches[index].limits[end];
        let (f, t) = (2 * branch.from, 2 * branch.to);
        g[0] * (step.w[f] - step.w[t]) + g[1] * step.w[f + 1] + g[2] * step.w[t + 1]
    }
}

impl Step {
    pub(super) fn new(problem: &Problem) -> Self {
        Self { w: vec![0.0; problem.variables()], lambda: vec![0.0; problem.rows()] }
    }
}

/// Adds a Hessian in (θ, v) and the gradients of P and Q to a node's block.
fn add_diagonal(block: &mut Block<4>, hessian: [[f64; 2]; 2], gradient: impl Fn(usize) -> [f64; 2]) {
    for i in 0..2 {
        for j in 0..2 {
            block[i][j] += hessian[i][j];
        }
    }
    for k in 0..2 {
        for (i, g) in gradient(k).into_iter().enumerate() {
            block[i][2 + k] += g;
            block[2 + k][i] += g;
        }
    }
}
