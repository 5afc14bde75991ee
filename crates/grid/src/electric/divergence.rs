//! Words for why no solution was found.

use super::{Divergence, Element, Network, Reason};

impl Divergence {
    /// What happened, at which bus, and what to do.
    #[must_use]
    pub fn describe(&self, network: &Network) -> String {
        let bus = Element::Bus(self.worst_bus).describe(network);
        let iterations = match self.iterations {
            1 => "1 iteration".to_owned(),
            count => format!("{count} iterations"),
        };
        let mismatch = format!("{:.3e} per unit", self.mismatch_pu);
        match self.reason {
            Reason::IterationLimit => format!(
                "no solution after {iterations}: a mismatch of {mismatch} is left at {bus}; the load there may be \
                 more than the network carries (reduce it), or its units or impedances wrong"
            ),
            Reason::Singular => format!(
                "the voltage collapses at {bus} after {iterations} (mismatch {mismatch}): the load is at the limit \
                 of what the network carries; reduce it, or support the voltage there"
            ),
            Reason::NotFinite => format!(
                "the iteration ran away at {bus} after {iterations}: check powers and impedances near it, and \
                 whether the load is more than the network carries"
            ),
            Reason::NotRadial => {
                format!(
                    "the method wants a radial network, and a loop closes at {bus}: open it, or use Newton"
                )
            }
            Reason::HoldsVoltage => {
                format!(
                    "the method knows no generator that holds a voltage, as one at {bus} does: use Newton"
                )
            }
            Reason::Cycling => format!(
                "reactive limits or taps went back and forth at {bus} after {iterations}: widen dead bands or \
                 limits there"
            ),
        }
    }
}
