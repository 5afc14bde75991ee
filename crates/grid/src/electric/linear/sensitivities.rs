//! What one more watt or var at a node does to every voltage and flow, at an operating point and exactly so.

use crate::electric::{Circuit, Convergence, Divergence, Reason, Settings, Voltages, newton::Newton};
use num_complex::Complex64;

/// The operating point of a circuit, and the derivatives there.
#[derive(Clone, Debug)]
pub struct Sensitivities<'a> {
    circuit: &'a Circuit,
    newton: Newton,
    /// The operating point.
    pub voltages: Voltages,
    /// How its power flow ended.
    pub convergence: Convergence,
}

/// Changes per power fed in at a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Of voltages and angles, by node.
    pub voltages: Voltages,
    /// Of the complex powers into each branch at its from and to end, per unit.
    pub flows: Vec<(Complex64, Complex64)>,
}

impl<'a> Sensitivities<'a> {
    /// Solves the circuit's power flow by Newton's method from the DC approximation, and linearises there.
    ///
    /// # Errors
    ///
    /// The divergence, or [`Reason::Singular`] at a bus where a voltage has collapsed.
    pub fn new(circuit: &'a Circuit, settings: &Settings) -> Result<Self, Divergence> {
        let power: Vec<Complex64> = circuit.nodes.iter().map(|node| node.power_pu).collect();
        let mut newton = Newton::new(circuit);
        let mut voltages = Voltages::flat(circuit);
        // A flat start will do where the approximation has no solution.
        let _ = newton.start_dc(&power, &mut voltages);
        let convergence = newton.solve(&power, &mut voltages, settings)?;
        newton.linearise().map_err(|singular| Divergence {
            iterations: convergence.iterations,
            mismatch_pu: convergence.mismatch_pu,
            worst_bus: circuit.nodes[singular.column].bus,
            reason: Reason::Singular,
        })?;
        Ok(Self { circuit, newton, voltages, convergence })
    }

    /// What a power fed in at a node does, per unit of it: `power_pu` is 1 for active, j for reactive power, or any
    /// mixture. Its effects add up with those at other nodes.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    #[must_use]
    pub fn of(&mut self, node: usize, power_pu: Complex64) -> Response {
        let changes = self.newton.response(node, power_pu);
        let (v, dv): (Vec<Complex64>, Vec<Complex64>) = (0..self.circuit.nodes.len())
            .map(|node| {
                let v = self.voltages.complex(node);
                let grow = changes.magnitude_pu[node] / self.voltages.magnitude_pu[node];
                (v, v * Complex64::new(grow, changes.angle_rad[node]))
            })
            .unzip();
        let flows = self.circuit.branches.iter().map(|branch| {
            let [ff, ft, tf, tt] = branch.admittances();
            let (from, to) = (branch.from, branch.to);
            let (i_from, i_to) = (ff * v[from] + ft * v[to], tf * v[from] + tt * v[to]);
            let (di_from, di_to) = (ff * dv[from] + ft * dv[to], tf * dv[from] + tt * dv[to]);
            (dv[from] * i_from.conj() + v[from] * di_from.conj(), dv[to] * i_to.conj() + v[to] * di_to.conj())
        });
        let flows = flows.collect();
        Response { voltages: changes, flows }
    }
}
