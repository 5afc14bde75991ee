//! The DC approximation: P = b·(θ_f − θ_t − φ) in every branch with b = 1/(x·a), voltages of 1, no losses.
//!
//! As in MATPOWER's `makeBdc` (User's Manual 8.0, eqs. 3.21–3.29): the ratio's magnitude divides the susceptance, its
//! angle is a constant injection, shunts and loads that follow the voltage draw their active power at 1 per unit.

use crate::electric::{Circuit, Divergence, Network, NodeKind, Outcome, Reason, Solution, Voltages};
use crate::sparse::{Csc, Singular, lu::Lu, minimum_degree};
use num_complex::Complex64;

/// The matrix of a circuit's DC approximation, factorised.
#[derive(Clone, Debug)]
pub(super) struct Factors {
    /// Column of each node that is no slack.
    column: Vec<Option<usize>>,
    lu: Option<Lu>,
    right: Vec<f64>,
}

/// b of a branch, and its phase shift φ, rad.
pub(super) fn susceptance(branch: &crate::electric::TwoPort) -> (f64, f64) {
    (1.0 / (branch.series_pu.im * branch.ratio.norm()), branch.ratio.arg())
}

impl Factors {
    pub(super) fn new(circuit: &Circuit) -> Result<Self, Divergence> {
        let failed = |node: usize| Divergence {
            iterations: 0,
            mismatch_pu: f64::INFINITY,
            worst_bus: circuit.nodes[node].bus,
            reason: Reason::Singular,
        };
        let mut column = vec![None; circuit.nodes.len()];
        let mut nodes = Vec::new();
        for (node, place) in column.iter_mut().enumerate() {
            if circuit.nodes[node].kind != NodeKind::Slack {
                *place = Some(nodes.len());
                nodes.push(node);
            }
        }
        let mut entries: Vec<(usize, usize, f64)> = (0..nodes.len()).map(|i| (i, i, 0.0)).collect();
        for branch in &circuit.branches {
            let (b, _) = susceptance(branch);
            if !b.is_finite() {
                // Without reactance any power goes through at no angle.
                return Err(failed(branch.from));
            }
            if branch.from == branch.to {
                continue;
            }
            let (from, to) = (column[branch.from], column[branch.to]);
            entries.extend([from, to].into_iter().flatten().map(|i| (i, i, b)));
            if let (Some(from), Some(to)) = (from, to) {
                entries.extend([(from, to, -b), (to, from, -b)]);
            }
        }
        let right = vec![0.0; nodes.len()];
        if nodes.is_empty() {
            return Ok(Self { column, lu: None, right });
        }
        let (matrix, _) = Csc::from_entries(nodes.len(), nodes.len(), &entries);
        match Lu::factor(&matrix, &minimum_degree(&matrix)) {
            Ok(lu) => Ok(Self { column, lu: Some(lu), right }),
            Err(Singular { column }) => Err(failed(nodes[column])),
        }
    }

    /// Angles at nodes that are no slacks, for powers fed in there; 0 at slacks.
    pub(super) fn solve(&mut self, power: impl Fn(usize) -> f64) -> Vec<f64> {
        for (node, &column) in self.column.iter().enumerate() {
            if let Some(column) = column {
                self.right[column] = power(node);
            }
        }
        if let Some(lu) = &mut self.lu {
            lu.solve(&mut self.right);
        }
        self.column.iter().map(|column| column.map_or(0.0, |column| self.right[column])).collect()
    }
}

/// The DC power flow of a network.
///
/// Voltages are 1 and reactive powers 0 in the result; a network whose matrix is singular, or with a branch without
/// reactance, is diverged at that bus.
#[must_use]
pub fn dc(network: &Network, circuit: &Circuit) -> Outcome {
    let mut factors = match Factors::new(circuit) {
        Ok(factors) => factors,
        Err(divergence) => return Outcome::Diverged(divergence),
    };
    // Drawn at 1 per unit beside the constant powers.
    let drawn: Vec<f64> = circuit.nodes.iter().map(|node| node.shunt_pu.re - node.current_pu.re).collect();
    let slack_angle = |node: usize| match circuit.nodes[node].kind {
        NodeKind::Slack => circuit.nodes[node].angle_rad,
        _ => 0.0,
    };
    let mut power: Vec<f64> =
        circuit.nodes.iter().zip(&drawn).map(|(node, drawn)| node.power_pu.re - drawn).collect();
    for branch in &circuit.branches {
        let (b, shift) = susceptance(branch);
        // What flows with slacks at their angles and all others at 0.
        let fixed = b * (slack_angle(branch.from) - slack_angle(branch.to) - shift);
        power[branch.from] -= fixed;
        power[branch.to] += fixed;
    }
    let mut angle_rad = factors.solve(|node| power[node]);
    for (node, angle) in angle_rad.iter_mut().enumerate() {
        *angle += slack_angle(node);
    }
    let flow = |index: usize| {
        let branch = &circuit.branches[index];
        let (b, shift) = susceptance(branch);
        let p = Complex64::new(b * (angle_rad[branch.from] - angle_rad[branch.to] - shift), 0.0);
        if branch.from == branch.to { (Complex64::ZERO, Complex64::ZERO) } else { (p, -p) }
    };
    let flows: Vec<_> = (0..circuit.branches.len()).map(flow).collect();
    let leaving = drawn.iter().map(|&p| Complex64::new(p, 0.0)).collect();
    let voltages = Voltages { magnitude_pu: vec![1.0; circuit.nodes.len()], angle_rad: angle_rad.clone() };
    Outcome::Converged(Box::new(Solution::of_flows(network, circuit, &voltages, leaving, &flows)))
}
