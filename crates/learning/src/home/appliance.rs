//! A machine that runs when asked, at once or later.

/// A shiftable appliance: once started it draws its power for its whole duration.
#[derive(Clone, Debug, PartialEq)]
pub struct Appliance {
    /// The name used in files and reports.
    pub name: String,
    /// Electric power while it runs, W, > 0.
    pub power: f64,
    /// Length of a run in slots, ≥ 1.
    pub duration: usize,
    /// When people ask for it.
    pub usage: Usage,
}

/// How often and when an appliance is asked for: at most one run a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// Probability of a request on a day, 0 to 1.
    pub probability: f64,
    /// First and last slot of the day at which it may be asked for, drawn evenly; first ≤ last.
    pub requested: (usize, usize),
    /// Fewest and most slots it may wait, drawn evenly. A run must end with the day: draws beyond are cut to that.
    pub patience: (usize, usize),
}

/// Somebody wants the machine to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Slot r from which it may start; nobody knows of it before.
    pub requested: usize,
    /// Last slot l at which it may start, r ≤ l ≤ T − duration; there it starts by itself.
    pub latest: usize,
}
