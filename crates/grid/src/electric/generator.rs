//! Generators, external grids and storages.

/// A generator or an external grid. Positive powers are fed into the bus.
#[derive(Clone, Debug, PartialEq)]
pub struct Generator {
    /// What people call it.
    pub name: String,
    /// Where.
    pub bus: usize,
    /// What it holds.
    pub control: Control,
    /// Active power, W, three-phase; of no account at a slack.
    pub p_w: f64,
    /// Reactive power, var, three-phase; of no account where it holds a voltage.
    pub q_var: f64,
    /// Least active power, W; −∞ where nothing is said.
    pub min_p_w: f64,
    /// Most active power, W; ∞ where nothing is said.
    pub max_p_w: f64,
    /// Least reactive power, var; −∞ where nothing is said.
    pub min_q_var: f64,
    /// Most reactive power, var; ∞ where nothing is said.
    pub max_q_var: f64,
    /// What its power costs, for an optimal power flow.
    pub cost: Cost,
    /// Whether an optimal power flow may move its active power; its reactive power moves within its limits.
    pub dispatchable: bool,
    /// Whether it is in use.
    pub in_service: bool,
}

/// What a generator holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Control {
    /// Voltage and angle: the reference of its island, which takes what is left over.
    Slack {
        /// Voltage, per unit.
        voltage_pu: f64,
        /// Angle, rad.
        angle_rad: f64,
    },
    /// Active power and voltage.
    Voltage {
        /// Voltage, per unit.
        voltage_pu: f64,
    },
    /// Active and reactive power.
    Power,
}

/// What power costs per hour, in any unit of cost, as a function of active power p in MW.
#[derive(Clone, Debug, PartialEq)]
pub enum Cost {
    /// Σ cᵢ pⁱ, lowest power first; empty is free.
    Polynomial(Vec<f64>),
    /// Points (p in MW, cost per hour), p strictly rising, joined by straight lines; convex.
    PiecewiseLinear(Vec<(f64, f64)>),
}

/// A storage. For a single power flow it draws `p_w`; over a horizon an optimal power flow decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Storage {
    /// What people call it.
    pub name: String,
    /// Where.
    pub bus: usize,
    /// Active power drawn, W: positive while charging.
    pub p_w: f64,
    /// Reactive power drawn, var.
    pub q_var: f64,
    /// What it can hold, Wh.
    pub energy_wh: f64,
    /// What it holds at first, Wh.
    pub stored_wh: f64,
    /// Most it may charge with, W, measured at the bus.
    pub max_charge_w: f64,
    /// Most it may discharge with, W, measured at the bus.
    pub max_discharge_w: f64,
    /// Energy stored over energy drawn, 0 … 1.
    pub charge_efficiency: f64,
    /// Energy fed in over energy taken from the store, 0 … 1.
    pub discharge_efficiency: f64,
    /// Whether it is in use.
    pub in_service: bool,
}

impl Generator {
    /// An external grid that holds a voltage, with angle 0.
    #[must_use]
    pub fn slack(name: &str, bus: usize, voltage_pu: f64) -> Self {
        Self::new(name, bus, Control::Slack { voltage_pu, angle_rad: 0.0 })
    }

    /// A generator in service that feeds in nothing, without limits or costs.
    #[must_use]
    pub fn new(name: &str, bus: usize, control: Control) -> Self {
        Self {
            name: name.to_owned(),
            bus,
            control,
            p_w: 0.0,
            q_var: 0.0,
            min_p_w: f64::NEG_INFINITY,
            max_p_w: f64::INFINITY,
            min_q_var: f64::NEG_INFINITY,
            max_q_var: f64::INFINITY,
            cost: Cost::Polynomial(Vec::new()),
            dispatchable: true,
            in_service: true,
        }
    }
}

impl Generator {
    /// What an optimal power flow may choose its reactive power from, var: its limits. One that holds no voltage and has
    /// no limits keeps the reactive power that it is given, for nobody said that it can do otherwise.
    #[must_use]
    pub fn reactive_range_var(&self) -> (f64, f64) {
        let unlimited = self.min_q_var == f64::NEG_INFINITY && self.max_q_var == f64::INFINITY;
        match self.control {
            Control::Power if unlimited => (self.q_var, self.q_var),
            _ => (self.min_q_var, self.max_q_var),
        }
    }
}

impl Cost {
    /// Cost per hour at a power in MW.
    #[must_use]
    pub fn at(&self, p_mw: f64) -> f64 {
        match self {
            Self::Polynomial(coefficients) => coefficients.iter().rev().fold(0.0, |sum, c| sum * p_mw + c),
            Self::PiecewiseLinear(points) => {
                // Beyond the ends the outer pieces go on.
                let last = points.len().saturating_sub(2);
                let piece = points.iter().skip(1).position(|&(p, _)| p_mw <= p).unwrap_or(last).min(last);
                match points.get(piece..piece + 2) {
                    Some(&[(p0, c0), (p1, c1)]) => c0 + (c1 - c0) / (p1 - p0) * (p_mw - p0),
                    _ => points.first().map_or(0.0, |&(_, cost)| cost),
                }
            }
        }
    }
}
