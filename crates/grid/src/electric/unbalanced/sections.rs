//! Sections: buses that lines, switches and regulators join, and what holds their voltages to earth.

use super::{Across, Feeder, Matrix3, primitive::holds_zero_sequence};
use num_complex::Complex64;

/// Which section each bus is in, and which sections something earths.
pub(super) struct Sections {
    /// The least bus of its section, for each bus.
    pub(super) of_bus: Vec<usize>,
    /// By that bus.
    pub(super) earthed: Vec<bool>,
}

impl Sections {
    pub(super) fn of(feeder: &Feeder) -> Self {
        let mut up: Vec<usize> = (0..feeder.buses.len()).collect();
        let find = |up: &[usize], mut bus: usize| {
            while up[bus] != bus {
                bus = up[bus];
            }
            bus
        };
        let lines = feeder.lines.iter().filter(|line| line.in_service).map(|line| (line.from, line.to));
        let switches = feeder.switches.iter().filter(|s| s.closed).map(|switch| (switch.from, switch.to));
        let regulators = feeder.regulators.iter().map(|regulator| (regulator.from, regulator.to));
        for (from, to) in lines.chain(switches).chain(regulators) {
            let (from, to) = (find(&up, from), find(&up, to));
            up[from.max(to)] = from.min(to);
        }
        let of_bus: Vec<usize> = (0..up.len()).map(|bus| find(&up, bus)).collect();
        let mut earthed = vec![false; of_bus.len()];
        for source in &feeder.sources {
            earthed[of_bus[source.bus]] = true;
        }
        for transformer in feeder.transformers.iter().filter(|transformer| transformer.in_service) {
            let sides = [transformer.from, transformer.to].into_iter();
            for (bus, holds) in sides.zip(holds_zero_sequence(&transformer.windings)) {
                earthed[of_bus[bus]] |= holds;
            }
        }
        // An admittance matrix whose rows sum to 0 connects phases with each other only.
        let leaks = |matrix: &Matrix3| matrix.iter().any(|row| row.iter().sum::<Complex64>().norm() > 0.0);
        for line in feeder.lines.iter().filter(|line| line.in_service) {
            earthed[of_bus[line.from]] |= leaks(&line.from_s) || leaks(&line.to_s);
        }
        for shunt in feeder.shunts.iter().filter(|shunt| shunt.admittance_s != Complex64::ZERO) {
            earthed[of_bus[shunt.bus]] |= matches!(shunt.across, Across::Neutral(_));
        }
        Self { of_bus, earthed }
    }

    /// Whether something earths the section of a bus.
    pub(super) fn earthed(&self, bus: usize) -> bool {
        self.earthed[self.of_bus[bus]]
    }
}
