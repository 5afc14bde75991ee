//! The unknowns of a power flow: a voltage at every node.

use super::{Circuit, NodeKind, circuit::polar};
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
    /// Given magnitudes, 1 elsewhere, and given angles, 0 elsewhere.
    #[must_use]
    pub fn flat(circuit: &Circuit) -> Self {
        Self {
            magnitude_pu: circuit
                .nodes
                .iter()
                .map(|node| if node.kind == NodeKind::Pq { 1.0 } else { node.voltage_pu })
                .collect(),
            angle_rad: circuit.nodes.iter().map(|node| node.angle_rad).collect(),
        }
    }

    /// v·e^{jθ} of a node.
    #[must_use]
    pub fn complex(&self, node: usize) -> Complex64 {
        polar(self.magnitude_pu[node], self.angle_rad[node])
    }
}
