//! Voltage levels.

use crate::electric::Network;

/// Voltage levels as German grid operators tell them apart (the bounds of the market master data register).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VoltageLevel {
    /// Up to 1 kV.
    Low,
    /// Above 1 kV up to 72.5 kV.
    Medium,
    /// Above 72.5 kV up to 125 kV.
    High,
    /// Above 125 kV.
    ExtraHigh,
}

impl VoltageLevel {
    /// All of them, rising.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::ExtraHigh];

    /// The level of a nominal voltage, V line to line.
    #[must_use]
    pub fn of(nominal_v: f64) -> Self {
        match nominal_v {
            v if v <= 1e3 => Self::Low,
            v if v <= 72.5e3 => Self::Medium,
            v if v <= 125e3 => Self::High,
            _ => Self::ExtraHigh,
        }
    }
}

impl Network {
    /// Nominal voltages, V, falling, each with its buses.
    #[must_use]
    pub fn nominal_voltages(&self) -> Vec<(f64, Vec<usize>)> {
        let mut order: Vec<usize> = (0..self.buses.len()).collect();
        order.sort_by(|&a, &b| self.buses[b].nominal_v.total_cmp(&self.buses[a].nominal_v));
        let mut levels: Vec<(f64, Vec<usize>)> = Vec::new();
        for bus in order {
            let nominal_v = self.buses[bus].nominal_v;
            match levels.last_mut() {
                Some((last, buses)) if last.total_cmp(&nominal_v).is_eq() => buses.push(bus),
                _ => levels.push((nominal_v, vec![bus])),
            }
        }
        levels
    }
}
