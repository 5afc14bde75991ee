//! The optimal power flow as a nonlinear programme of a shape that suits the graph of the network.
//!
//! Variables are the angle θ and magnitude v of every node's voltage, and *private* variables u, each in one row only:
//! powers of generators, slacks of limits, elastic violations. With the balance of every node and the limits as rows,
//!
//! > min Σ f(u)  subject to  c(θ, v) − A·u = 0,  lower ≤ (θ, v, u) ≤ upper,
//!
//! where every column of A has a single ±1. So private variables and limits are eliminated one by one, and what is
//! left to be factorised is one 4 × 4 block per node (θ, v and the prices of P and Q), whatever the number of
//! generators and limits. Order of variables: θ and v of node 0, of node 1, …, then u by row. Order of rows: P and Q
//! of node 0, of node 1, …, then limits.

use num_complex::Complex64;

/// A nonlinear programme; everything per unit.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) nodes: usize,
    /// Where an angle is given: the references.
    pub(super) fixed_angle: Vec<Option<f64>>,
    /// Bounds of all variables.
    pub(super) lower: Vec<f64>,
    pub(super) upper: Vec<f64>,
    pub(super) branches: Vec<Branch>,
    /// Pairs of nodes that branches join, each once.
    pub(super) pairs: Vec<(usize, usize)>,
    /// Admittance of shunts at each node.
    pub(super) shunt: Vec<Complex64>,
    /// Power drawn at 1 per unit that goes with v, at each node.
    pub(super) current: Vec<Complex64>,
    /// What each row holds at any variables: power drawn at nodes, 0 at limits.
    pub(super) constant: Vec<f64>,
    pub(super) limits: Vec<Limited>,
    /// What a row's value is to be multiplied by to be in per unit of power or voltage, or rad.
    pub(super) unit: Vec<f64>,
    pub(super) private: Vec<Private>,
    /// Where each row's private variables start, and the end of the last.
    pub(super) row_starts: Vec<usize>,
    /// Cost of what is fixed.
    pub(super) fixed_cost: f64,
    /// Stay close to a point.
    pub(super) near: Option<Near>,
}

/// ½ weight Σ (scale·(w − reference))² over the variables.
#[derive(Clone, Debug)]
pub(super) struct Near {
    pub(super) weight: f64,
    pub(super) scale: Vec<f64>,
    pub(super) reference: Vec<f64>,
}

/// A private variable.
#[derive(Clone, Debug)]
pub(super) struct Private {
    /// +1 or −1: what it takes from its row.
    pub(super) sign: f64,
    /// Coefficients of its cost, lowest power first.
    pub(super) cost: Vec<f64>,
    pub(super) role: Role,
}

/// What a private variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Active power of a generator, or a piece of it.
    P(usize),
    /// Reactive power of a generator.
    Q(usize),
    /// Value of a limit's row, between its bounds.
    Slack,
    /// By how much a row is violated.
    Elastic,
}

/// What a limit's row is the value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limited {
    /// ½ scale·(|S|² − r²·v²) or ½ scale·|S|² at the from end of a branch.
    From(usize),
    /// The same at the to end.
    To(usize),
    /// Difference of angles along a branch.
    Angle(usize),
    /// Voltage of a node, where it is a row.
    Voltage(usize),
}

/// A branch: its four powers are square·v² + v_f·v_t·(cosine·cos δ + sine·sin δ) with δ = θ_f − θ_t.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Which of the pairs, and whether the pair is (to, from).
    pub(super) pair: usize,
    pub(super) reversed: bool,
    /// P and Q at the from end, P and Q at the to end: square, cosine, sine.
    pub(super) terms: [[f64; 3]; 4],
    pub(super) limit: [Option<EndLimit>; 2],
    /// Limit (not row) of its angle difference.
    pub(super) angle: Option<usize>,
}

/// Limit of power at one end of a branch.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndLimit {
    /// Limit (not row).
    pub(super) index: usize,
    /// How much.
    pub(super) rating: f64,
    /// What the row is multiplied by, such that its gradient is about 1 where the limit binds.
    pub(super) scale: f64,
    /// Whether the rating is of a current, and so goes with v.
    pub(super) by_current: bool,
}

impl Problem {
    pub(super) fn rows(&self) -> usize {
        2 * self.nodes + self.limits.len()
    }

    pub(super) fn variables(&self) -> usize {
        2 * self.nodes + self.private.len()
    }

    /// Index among variables of the first private one.
    pub(super) fn first_private(&self) -> usize {
        2 * self.nodes
    }

    /// Private variables of a row.
    pub(super) fn of_row(&self, row: usize) -> std::ops::Range<usize> {
        self.row_starts[row]..self.row_starts[row + 1]
    }

    /// Cost at w.
    pub(super) fn cost(&self, w: &[f64]) -> f64 {
        let u = &w[self.first_private()..];
        let mut cost = self.fixed_cost;
        for (private, &u) in self.private.iter().zip(u) {
            cost += private.cost.iter().rev().fold(0.0, |sum, c| sum * u + c);
        }
        if let Some(near) = &self.near {
            for ((w, reference), scale) in w.iter().zip(&near.reference).zip(&near.scale) {
                let distance = scale * (w - reference);
                cost += 0.5 * near.weight * distance * distance;
            }
        }
        cost
    }

    /// First and second derivatives of the cost, one variable at a time: it is separable.
    pub(super) fn cost_derivatives(&self, w: &[f64], first: &mut [f64], second: &mut [f64]) {
        let start = self.first_private();
        first[..start].fill(0.0);
        second[..start].fill(0.0);
        for (k, private) in self.private.iter().enumerate() {
            let (mut value, mut slope, mut curvature) = (0.0, 0.0, 0.0);
            for c in private.cost.iter().rev() {
                curvature = curvature * w[start + k] + 2.0 * slope;
                slope = slope * w[start + k] + value;
                value = value * w[start + k] + c;
            }
            first[start + k] = slope;
            second[start + k] = curvature;
        }
        if let Some(near) = &self.near {
            for (j, (reference, scale)) in near.reference.iter().zip(&near.scale).enumerate() {
                let weight = near.weight * scale * scale;
                first[j] += weight * (w[j] - reference);
                second[j] += weight;
            }
        }
    }

    /// The same programme without costs, where every row may be violated in either direction at its price, staying
    /// near a point (the restoration phase of Wächter & Biegler 2006, section 3.3).
    pub(super) fn elastic(&self, price: impl Fn(usize) -> f64, near: Option<Near>) -> Self {
        let mut elastic = self.clone();
        elastic.fixed_cost = 0.0;
        elastic.private.clear();
        elastic.lower.truncate(self.first_private());
        elastic.upper.truncate(self.first_private());
        elastic.row_starts = vec![0];
        for row in 0..self.rows() {
            for k in self.of_row(row) {
                elastic.private.push(Private { cost: Vec::new(), ..self.private[k].clone() });
                elastic.lower.push(self.lower[self.first_private() + k]);
                elastic.upper.push(self.upper[self.first_private() + k]);
            }
            for sign in [1.0, -1.0] {
                elastic.private.push(Private { sign, cost: vec![0.0, price(row)], role: Role::Elastic });
                elastic.lower.push(0.0);
                elastic.upper.push(f64::INFINITY);
            }
            elastic.row_starts.push(elastic.private.len());
        }
        elastic.near = near;
        elastic
    }

    /// Largest slope of the cost at w.
    pub(super) fn largest_slope(&self, w: &[f64]) -> f64 {
        let (mut first, mut second) = (vec![0.0; self.variables()], vec![0.0; self.variables()]);
        self.cost_derivatives(w, &mut first, &mut second);
        first.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()))
    }

    /// Multiplies all costs.
    pub(super) fn scale_costs(&mut self, factor: f64) {
        self.fixed_cost *= factor;
        for private in &mut self.private {
            for c in &mut private.cost {
                *c *= factor;
            }
        }
    }
}
