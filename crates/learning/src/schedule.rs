//! Who decides: every rule, optimiser and learned policy is a [`Scheduler`], and [`play`] judges them on one day.
//!
//! A scheduler sees a [`Moment`]: what is known at that time and nothing of the future.

use crate::home::{Day, Home, Outcome, Preference, Request, Scales, Series};

/// Where an appliance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody has asked for it so far.
    Idle,
    /// It was asked for and waits.
    Waiting(Request),
    /// It started at this slot (and may have ended since).
    Started(usize),
}

/// What is known when one appliance must decide.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The home.
    pub home: &'a Home,
    /// What the household wants.
    pub preference: Preference,
    /// What it weighs by.
    pub scales: &'a Scales,
    /// The slot that is about to begin.
    pub slot: usize,
    /// Who decides: an index of the home's appliances. Those before it have decided for this slot, those after it
    /// that cannot wait any longer will start.
    pub appliance: usize,
    /// Its request.
    pub request: Request,
    /// Where each appliance stands.
    pub status: &'a [Status],
    /// Power of the runs that have started, per slot of the day, W.
    pub running: &'a [f64],
    /// Highest power drawn in the slots before this one, W, ≥ 0.
    pub peak: f64,
    /// The day; what of it is not known yet stays behind the functions below.
    pub(crate) series: Series<'a>,
}

impl<'a> Moment<'a> {
    /// Prices of the day, €/kWh, from slot 0 on.
    #[must_use]
    pub fn prices(&self) -> &'a [f64] {
        self.series.prices
    }

    /// What is paid for energy fed in, €/kWh, from slot 0 on.
    #[must_use]
    pub fn feed_in(&self) -> &'a [f64] {
        self.series.feed_in
    }

    /// Cost of drawing `load` W throughout a slot, € (earned where negative).
    #[must_use]
    pub fn cost(&self, slot: usize, load: f64) -> f64 {
        self.series.cost(self.home, slot, load)
    }

    /// What everything else in the home is expected to draw in a slot, W; what it drew where the slot is over.
    #[must_use]
    pub fn net(&self, slot: usize) -> f64 {
        if slot < self.slot { self.series.net[slot] } else { self.series.expected[slot] }
    }
}

/// Decides when machines start.
pub trait Scheduler {
    /// The name used in tables.
    fn name(&self) -> &str;

    /// Whether the appliance starts now; otherwise it waits. It is asked only where both are possible.
    fn starts(&mut self, moment: &Moment<'_>) -> bool;
}

/// Plays one day. Returns the start of each appliance that was asked for, and what it came to.
pub fn play(
    home: &Home,
    day: &Day,
    preference: Preference,
    scales: &Scales,
    scheduler: &mut dyn Scheduler,
) -> (Vec<Option<usize>>, Outcome) {
    let count = home.appliances.len();
    let mut status = vec![Status::Idle; count];
    let mut starts = vec![None; count];
    let mut running = vec![0.0; home.slots];
    let mut peak: f64 = 0.0;
    for slot in 0..home.slots {
        for (status, request) in status.iter_mut().zip(&day.requests) {
            if let Some(request) = request.filter(|request| request.requested == slot) {
                *status = Status::Waiting(request);
            }
        }
        for (index, appliance) in home.appliances.iter().enumerate() {
            let Status::Waiting(request) = status[index] else { continue };
            let moment = Moment {
                home,
                preference,
                scales,
                slot,
                appliance: index,
                request,
                status: &status,
                running: &running,
                peak,
                series: day.series(),
            };
            if slot == request.latest || scheduler.starts(&moment) {
                status[index] = Status::Started(slot);
                starts[index] = Some(slot);
                running[slot..slot + appliance.duration]
                    .iter_mut()
                    .for_each(|power| *power += appliance.power);
            }
        }
        peak = peak.max(day.net[slot] + running[slot]);
    }
    let outcome = day.outcome(home, &starts);
    (starts, outcome)
}
