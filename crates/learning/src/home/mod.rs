//! What is to be scheduled: a home, one of its days, and what a schedule came to.

mod appliance;

pub use appliance::{Appliance, Request, Usage};

mod standard;

mod invalid;

pub use invalid::Invalid;

mod day;

pub use day::Day;

mod records;

pub use records::{Records, Series};

pub mod tariff;

pub use tariff::Tariff;

mod expected;

pub use expected::expected;

mod outcome;

pub use outcome::{Outcome, Preference, Scales};

/// A home and the clock it is scheduled by.
///
/// A scheduling day has `slots` slots of `hours` hours each and begins at `begins` o'clock, so that a night lies
/// inside one day and a car that comes home in the evening leaves before the day ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Home {
    /// Machines that can wait, in the order in which they decide within a slot: later ones see what earlier ones did.
    pub appliances: Vec<Appliance>,
    /// Slots in a day, T ≥ 1.
    pub slots: usize,
    /// Length of a slot, h, > 0: 1 or 0.25.
    pub hours: f64,
    /// Local time at which slot 0 begins, h, 0 ≤ begins < 24.
    pub begins: f64,
}

impl Home {
    /// Whether the numbers are in the ranges that their fields state.
    pub fn check(&self) -> Result<(), Invalid> {
        let fail = |what: String, value: &dyn std::fmt::Debug, allowed: &str| {
            Err(Invalid::Home { what, value: format!("{value:?}"), allowed: allowed.into() })
        };
        if self.appliances.is_empty() {
            return fail("the number of appliances".into(), &0, "at least 1");
        }
        if self.slots == 0 || self.slots >= usize::from(u16::MAX) {
            return fail("slots".into(), &self.slots, "from 1 to 65534");
        }
        if !(self.hours > 0.0 && self.hours.is_finite()) {
            return fail("hours".into(), &self.hours, "positive");
        }
        if !(0.0..24.0).contains(&self.begins) {
            return fail("begins".into(), &self.begins, "at least 0 and below 24");
        }
        for Appliance { name, power, duration, usage } in &self.appliances {
            if !(*power > 0.0 && power.is_finite()) {
                return fail(format!("power of {name}"), power, "positive");
            }
            if !(1..=self.slots).contains(duration) {
                return fail(
                    format!("duration of {name}"),
                    duration,
                    "at least one slot and at most the day",
                );
            }
            if !(0.0..=1.0).contains(&usage.probability) {
                return fail(format!("probability of {name}"), &usage.probability, "from 0 to 1");
            }
            let (first, last) = usage.requested;
            if first > last || last > self.slots - duration {
                let allowed =
                    "two slots in order, so early that a run asked for last still ends with the day";
                return fail(format!("requested of {name}"), &usage.requested, allowed);
            }
            if usage.patience.0 > usage.patience.1 || usage.patience.1 > usize::from(u16::MAX) {
                let allowed = "two numbers in order, up to 65535";
                return fail(format!("patience of {name}"), &usage.patience, allowed);
            }
        }
        Ok(())
    }
}
