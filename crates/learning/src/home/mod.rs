//! What is to be scheduled: a home, one of its days, and what a schedule came to.

mod appliance;

pub use appliance::{Appliance, Request, Usage};

mod day;

pub use day::Day;

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
