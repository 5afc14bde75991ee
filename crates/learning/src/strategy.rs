//! A scheduler in a market, a learned policy above all: it says when a member's machines start; bids are those of the
//! price ladder.
//!
//! At every gate it plans the open intervals, so that orders are placed for what it plans. When an interval begins it decides,
//! with what was asked for since. It sees what a policy saw when it learned, as far as a member knows it: what the supplier
//! charges with all fees, as far ahead as that is published (the last known price beyond); forecasts of the net load; the
//! requests made. What other devices of the member do (a battery, a heat pump) it does not see.

mod assign;
mod standing;
#[cfg(test)]
mod tests;
mod today;

pub use assign::Mismatch;

use crate::home::{Home, Preference, Request, Scales};
use crate::policy::Policy;
use crate::schedule::{Moment, Scheduler, Status};
use agents::dispatch::{Guide, Starts};
use agents::strategy::{Ladder, Machine, Situation};
use agents::{Intent, Random, Strategy};
use assign::assign;
use market::Carrier;
use standing::Standing;
use std::collections::{BTreeMap, BTreeSet};
use today::{Known, Today};

/// For whom is scheduled.
#[derive(Clone, Debug, PartialEq)]
pub struct Household {
    /// The machines and the clock.
    pub home: Home,
    /// What one unit of each objective counts.
    pub scales: Scales,
    /// What is minded.
    pub preference: Preference,
}

/// The strategy of a member whose machines a scheduler starts.
#[derive(Clone, Debug)]
pub struct Scheduled<S> {
    scheduler: S,
    household: Household,
    /// Standard time less UTC, s.
    offset: i32,
    /// Which of the home's appliances each of the member's machines is.
    machines: Vec<usize>,
    /// What was known of the steps of the last day when they were first open.
    past: BTreeMap<i64, Known>,
    /// The days as they were known at the gates of the steps that have not begun.
    days: BTreeMap<i64, Today>,
    /// Runs of the last days: step of the start, and machine.
    runs: BTreeSet<(i64, usize)>,
    /// Which machines start, by step.
    starts: BTreeMap<i64, Starts>,
}

/// A member's strategy that has learned.
pub type Learned = Scheduled<Policy>;

impl Learned {
    /// The policy for a member that has machines of these runs (Wh per interval), in a market whose intervals take
    /// `interval` seconds. `offset` is standard time less UTC, s.
    ///
    /// # Errors
    /// Where the policy decides at other times than the market, or knows not all of the machines.
    pub fn learned(
        policy: Policy,
        preference: Preference,
        machines: &[&[i64]],
        interval: u32,
        offset: i32,
    ) -> Result<Self, Mismatch> {
        let (home, scales) = (policy.home().clone(), *policy.scales());
        Self::new(policy, Household { home, scales, preference }, machines, interval, offset)
    }
}

impl<S: Scheduler> Scheduled<S> {
    /// A scheduler for a member that has some of the household's machines; the rest as for [`Learned::learned`].
    ///
    /// # Errors
    /// Where the home is scheduled at other times than the market trades, or lacks one of the machines.
    pub fn new(
        scheduler: S,
        household: Household,
        machines: &[&[i64]],
        interval: u32,
        offset: i32,
    ) -> Result<Self, Mismatch> {
        let machines = assign(&household.home, machines, interval)?;
        let (past, days, runs, starts) = Default::default();
        Ok(Self { scheduler, household, offset, machines, past, days, runs, starts })
    }

    /// Plans all open intervals.
    fn plan(&mut self, situation: &Situation<'_>) {
        let (outlook, slots) = (situation.outlook, self.household.home.slots as i64);
        let step = outlook.step;
        self.past = self.past.split_off(&(step - slots));
        self.starts = self.starts.split_off(&(step - 2)); // those before have been delivered
        self.runs = self.runs.split_off(&(step - 2 * slots, 0));
        let begins = (self.household.home.begins * 3_600.0) as i64;
        let seconds = outlook.first.start as i64 + i64::from(self.offset) - begins;
        let first = seconds.rem_euclid(86_400) / i64::from(outlook.first.duration);
        let mut standing = Standing::of(situation.machines(), &self.runs);
        for step in step..step + outlook.open as i64 {
            let begins = step - (first + step - outlook.step) % slots;
            let today = Today::at_gate(situation, &self.household.home, begins, &self.past);
            let starts = self.decide(step, &today, &mut standing);
            self.starts.insert(step, starts);
            if step == outlook.step {
                self.past.insert(step, Known::of(situation, step, self.household.home.hours));
                self.days.insert(step, today);
            }
        }
    }

    /// Which of the machines that wait start at a step; they decide in the home's order.
    fn decide(&mut self, step: i64, today: &Today, standing: &mut Standing) -> Starts {
        let mut starts = Starts::default();
        for appliance in 0..self.household.home.appliances.len() {
            let Some(machine) = self.machines.iter().position(|known| *known == appliance) else { continue };
            let status = standing.status(&self.household.home, &self.machines, today.begins);
            let Status::Waiting(request) = status[appliance] else { continue };
            let slot = (step - today.begins) as usize;
            let must = request.latest == slot;
            if must || self.starts_now(slot, (appliance, request), &status, today, standing) {
                starts = starts.with(machine);
                standing.start(machine, step);
            }
        }
        starts
    }

    fn starts_now(
        &mut self,
        slot: usize,
        (appliance, request): (usize, Request),
        status: &[Status],
        today: &Today,
        standing: &Standing,
    ) -> bool {
        if request.latest < slot || request.requested > slot {
            return false; // a run would not end with the day: it waits for the next, or for its last moment
        }
        let Household { home, scales, preference } = &self.household;
        let running = standing.running(home, &self.machines, today.begins);
        let series = today.series();
        let loads = series.net.iter().zip(&running).take(slot);
        let peak = loads.map(|(net, running)| net + running).fold(0.0, f64::max);
        self.scheduler.starts(&Moment {
            home,
            preference: *preference,
            scales,
            slot,
            appliance,
            request,
            status,
            running: &running,
            peak,
            series,
        })
    }
}

impl<S: Scheduler + Send> Strategy for Scheduled<S> {
    fn name(&self) -> &'static str {
        "scheduled"
    }

    fn prepare(&mut self, situation: &Situation<'_>) {
        if !self.machines.is_empty() && situation.outlook.markets[Carrier::Electricity as usize].is_some() {
            self.plan(situation);
        }
    }

    fn begin(&mut self, step: i64, machines: &[Machine<'_>]) {
        let Some(today) = self.days.remove(&step) else { return };
        let mut standing = Standing::of(machines.iter().copied(), &self.runs);
        let starts = self.decide(step, &today, &mut standing);
        self.starts.insert(step, starts);
        self.runs = standing.runs;
    }

    fn orders(&mut self, situation: &Situation<'_>, random: &mut Random, orders: &mut Vec<Intent>) {
        Ladder.orders(situation, random, orders);
    }

    fn guide(&self, step: i64) -> Guide {
        Guide { machines: self.starts.get(&step).copied(), ..Guide::default() }
    }
}
