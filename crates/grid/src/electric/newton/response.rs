//! What a small change of power does to the voltages at an operating point: one more solution with the Jacobian there.

use super::{Jacobian, Newton, NodeKind, Singular, Voltages};
use num_complex::Complex64;

impl Newton {
    /// Factorises the Jacobian where the last power flow ended, for [`Newton::response`].
    ///
    /// # Errors
    ///
    /// At a voltage collapse; the column is a node.
    pub fn linearise(&mut self) -> Result<(), Singular> {
        let Self { kind, load_current, admittance, lu, state, node, .. } = self;
        let jacobian = Jacobian { kind, load_current, admittance, state };
        let factorised = lu.factor(|i| jacobian.diagonal(i), |i, at| jacobian.entry(i, at));
        factorised.map_err(|singular| Singular { column: node[singular.column / 2] })
    }

    /// Changes of magnitudes, per unit, and angles, rad, per power, per unit, fed in at a node; the sources take the
    /// difference. At a node that holds its voltage the reactive part is taken up on the spot.
    ///
    /// To be asked after [`Newton::linearise`] and before the next power flow.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    #[must_use]
    pub fn response(&mut self, node: usize, power_pu: Complex64) -> Voltages {
        let count = self.node.len();
        let mut changes = Voltages { magnitude_pu: vec![0.0; count], angle_rad: vec![0.0; count] };
        let at = self.place[node];
        if self.kind[at] == NodeKind::Slack {
            return changes;
        }
        self.step.fill([0.0; 2]);
        let q = if self.kind[at] == NodeKind::Pq { power_pu.im } else { 0.0 };
        self.step[at] = [power_pu.re, q];
        self.lu.solve(&mut self.step);
        for (place, &[turn, grow]) in self.step.iter().enumerate() {
            changes.angle_rad[self.node[place]] = turn;
            changes.magnitude_pu[self.node[place]] = grow * self.state.magnitude[place];
        }
        changes
    }
}
