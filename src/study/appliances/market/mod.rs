//! What learned schedules do to a market: a street of homes with machines plays the same days under several ways to
//! schedule them. Everybody bids alike, so only the hours at which machines run differ.
//!
//! Requests are those of the scenario's days; a day more is played, so that every run asked for has been made and all ways
//! have used the same energy. All figures are the market's settlement and what devices and meters did.

mod form;
mod page;
mod street;
mod tables;
mod text;
mod words;

pub(super) use form::MarketForm;
pub(super) use page::section;
pub(super) use tables::{bills, outcomes};
pub(super) use text::text;
pub(super) use words::words;

use crate::bidding::maker;
use crate::failure::Failure;
use agents::Device;
use agents::device::{Appliance, Request};
use learning::rule::{AsSoonAsPossible, CheapestWindow, Later, Predictive};
use learning::strategy::{Household, Scheduled};
use learning::study::{Method, Study, ordered};
use learning::{Home, Policy, Preference, Scheduler};
use ledger::{Central, Options};
use market::Money;
use sim::Scenario;
use sim::scenario::{Maker, Overrides};
use street::Street;

/// The scenario.
const NAME: &str = "appliances";

/// What all members mind: cost, peak or delay alone, and the middle.
const PREFERENCES: [Preference; 4] = [
    Preference { cost: 1.0, peak: 0.0, delay: 0.0 },
    Preference { cost: 0.0, peak: 1.0, delay: 0.0 },
    Preference { cost: 0.0, peak: 0.0, delay: 1.0 },
    Preference { cost: 0.4, peak: 0.4, delay: 0.2 },
];

/// Who starts the machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The market's own rule: on what is left over or was bought, or at the last moment.
    Dispatch,
    /// One of the study's schedulers.
    Method(Method),
}

/// A way to schedule; with an agent's place among the learners where it has learned.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Way {
    by: By,
    preference: Option<Preference>,
    agent: usize,
}

/// What came of it.
struct Played {
    /// By member.
    bills: Vec<Money>,
    street: Street,
}

/// The street before anything is scheduled.
pub(super) struct Scene {
    scenario: Scenario,
    home: Home,
    /// Days in which machines are asked for.
    days: u32,
}

impl Scene {
    /// The street at the home's resolution, for so many days.
    pub(super) fn load(home: &Home, days: u32) -> Result<Self, Failure> {
        let interval = Some((home.hours * 3_600.0).round() as u32);
        let overrides = Overrides { days: Some(days + 1), interval, ..Overrides::default() };
        let mut scenario = Scenario::load(NAME, &overrides)?;
        let asked = 0..(u64::from(days) * scenario.span.per_day()).cast_signed();
        for device in scenario.members.iter_mut().flat_map(|member| &mut member.devices) {
            let Device::Appliance(machine) = device else { continue };
            let kept = |request: &&Request| asked.contains(&request.requested);
            let requests: Vec<Request> = machine.requests().iter().filter(kept).copied().collect();
            *machine = Appliance::new(machine.profile().into(), requests.into())
                .expect("fewer requests are no contradiction");
        }
        Ok(Self { scenario, home: home.clone(), days })
    }

    /// How many times the street is played with so many agents.
    pub(super) fn plays(agents: usize) -> u64 {
        ways(agents).len() as u64
    }

    /// Plays every way; `told` hears of each that is done.
    pub(super) fn play(
        &self,
        study: &Study,
        threads: usize,
        told: &(dyn Fn() + Sync),
    ) -> Result<MarketForm, Failure> {
        let ways = ways(study.learners.len());
        let played = ordered(ways.len(), threads, |index| {
            let played = self.one(study, &ways[index]);
            told();
            played
        });
        let played = played.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(form::of(self, &ways, &played))
    }

    fn one(&self, study: &Study, way: &Way) -> Result<Played, Failure> {
        let mut scenario = self.scenario.clone();
        let mut owners = vec![];
        for (number, member) in scenario.members.iter_mut().enumerate() {
            if member.machines().is_empty() {
                continue;
            }
            owners.push(number);
            member.strategy.maker = self.strategy(study, way, &member.machines())?;
        }
        let mut street = Street::new(&scenario, owners, self.days);
        let mut ledger = Central::in_memory(Options::default())?;
        let summary = sim::run(&scenario, &mut ledger, &mut street)?;
        Ok(Played { bills: summary.members.iter().map(|member| member.bill).collect(), street })
    }

    /// The strategy of a member with these machines; none for the market's own rule.
    fn strategy(&self, study: &Study, way: &Way, machines: &[&[i64]]) -> Result<Option<Maker>, Failure> {
        // A rule minds no preference.
        let preference = way.preference.unwrap_or(PREFERENCES[0]);
        let household = Household { home: self.home.clone(), scales: study.scales, preference };
        let By::Method(method) = way.by else { return Ok(None) };
        Ok(Some(match method {
            Method::CheapestWindow => self.scheduled(CheapestWindow, household, machines)?,
            Method::Predictive => self.scheduled(Predictive::new(Later::Expected), household, machines)?,
            Method::Learned => {
                let policy = Policy::from_bytes(&study.learners[way.agent].policy);
                self.scheduled(policy.expect("it was written by this study"), household, machines)?
            }
            _ => self.scheduled(AsSoonAsPossible, household, machines)?,
        }))
    }

    fn scheduled(
        &self,
        scheduler: impl Scheduler + Clone + Send + Sync + 'static,
        household: Household,
        machines: &[&[i64]],
    ) -> Result<Maker, Failure> {
        let span = &self.scenario.span;
        let strategy = Scheduled::new(scheduler, household, machines, span.first.duration, span.offset);
        strategy.map(maker).map_err(|mismatch| Failure::input(NAME, mismatch.to_string()))
    }
}

/// All ways with so many agents: rules, control by preference, agents by preference.
fn ways(agents: usize) -> Vec<Way> {
    let rules = [By::Method(Method::AsSoonAsPossible), By::Dispatch, By::Method(Method::CheapestWindow)];
    let mut ways: Vec<Way> = rules.map(|by| Way { by, preference: None, agent: 0 }).into();
    let mut minded = |method, agent| {
        let way = |preference| Way { by: By::Method(method), preference: Some(preference), agent };
        ways.extend(PREFERENCES.map(way));
    };
    minded(Method::Predictive, 0);
    (0..agents).for_each(|agent| minded(Method::Learned, agent));
    ways
}
