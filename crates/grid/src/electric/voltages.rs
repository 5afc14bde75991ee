//! The unknowns of a power flow: a voltage at every node.

use super::{Circuit, Node, NodeKind, circuit::polar};
use num_complex::Complex64;

/// Voltage of every node of a circuit, polar.
#[derive(Clone, Debug, PartialEq)]
pub struct Voltages {
    /// Magnitudes, per unit.
    pub magnitude_pu: Vec<f64>,
    /// Angles, rad.
    pub angle_rad: Vec<f64>,
}

/// How an iteration ended that found a solution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convergence {
    /// Iterations it took.
    pub iterations: usize,
    /// Largest mismatch left, per unit.
    pub mismatch_pu: f64,
}

impl Voltages {
    /// Given magnitudes, 1 elsewhere; every angle is that of the nearest slack, turned by the phase shifts of the
    /// branches between.
    #[must_use]
    pub fn flat(circuit: &Circuit) -> Self {
        let magnitude = |node: &Node| if node.kind == NodeKind::Pq { 1.0 } else { node.voltage_pu };
        let mut ends: Vec<Vec<(usize, f64)>> = vec![Vec::new(); circuit.nodes.len()];
        for branch in &circuit.branches {
            let lag = branch.ratio.arg();
            ends[branch.from].push((branch.to, -lag));
            ends[branch.to].push((branch.from, lag));
        }
        let mut angle_rad: Vec<f64> = circuit.nodes.iter().map(|node| node.angle_rad).collect();
        let mut queue: Vec<usize> =
            (0..angle_rad.len()).filter(|&node| circuit.nodes[node].kind == NodeKind::Slack).collect();
        let mut seen = vec![false; angle_rad.len()];
        for &slack in &queue {
            seen[slack] = true;
        }
        let mut next = 0;
        while let Some(&node) = queue.get(next) {
            next += 1;
            for &(other, turn) in &ends[node] {
                if !seen[other] {
                    seen[other] = true;
                    angle_rad[other] = angle_rad[node] + turn;
                    queue.push(other);
                }
            }
        }
        Self { magnitude_pu: circuit.nodes.iter().map(magnitude).collect(), angle_rad }
    }

    /// Polar from rectangular.
    #[must_use]
    pub fn of(complex: &[Complex64]) -> Self {
        Self {
            magnitude_pu: complex.iter().map(|v| v.norm()).collect(),
            angle_rad: complex.iter().map(|v| libm::atan2(v.im, v.re)).collect(),
        }
    }

    /// v·e^{jθ} of a node.
    #[must_use]
    pub fn complex(&self, node: usize) -> Complex64 {
        polar(self.magnitude_pu[node], self.angle_rad[node])
    }
}
