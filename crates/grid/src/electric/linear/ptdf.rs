//! Power transfer distribution factors: which share of a power fed in at a node and taken out at the sources goes
//! through a branch (Wood & Wollenberg, ch. 11), by the DC approximation.

use super::dc::{Factors, susceptance};
use crate::electric::{Circuit, Divergence};

/// The factors of a circuit, row by row.
///
/// Where an island has several sources, they share what is taken out as angles held fix it.
#[derive(Clone, Debug)]
pub struct Ptdf<'a> {
    circuit: &'a Circuit,
    factors: Factors,
}

impl<'a> Ptdf<'a> {
    /// Factorises once; each row is then one substitution.
    ///
    /// # Errors
    ///
    /// [`crate::electric::Reason::Singular`] with the bus, as in [`super::dc()`].
    pub fn new(circuit: &'a Circuit) -> Result<Self, Divergence> {
        Ok(Self { circuit, factors: Factors::new(circuit)? })
    }

    /// The row of a branch of the circuit: change of the active power into it at the from end per active power fed in
    /// at each node; 0 at sources.
    ///
    /// # Panics
    ///
    /// If there is no such branch.
    #[must_use]
    pub fn row(&mut self, branch: usize) -> Vec<f64> {
        let branch = &self.circuit.branches[branch];
        if branch.from == branch.to {
            return vec![0.0; self.circuit.nodes.len()];
        }
        let (b, _) = susceptance(branch);
        // The matrix is symmetric: the row b·(e_f − e_t)ᵀ·B⁻¹ is a solution with b·(e_f − e_t) on the right.
        self.factors.solve(|node| {
            if node == branch.from {
                b
            } else if node == branch.to {
                -b
            } else {
                0.0
            }
        })
    }
}
