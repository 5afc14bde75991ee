//! What everybody comes to, with intervals over days and over seeds.

use super::played::{Played, Sum, add};
use super::small::Small;
use super::{Beyond, Compared, Part};
use crate::home::{Outcome, Preference, Scales};
use crate::judgement::Interval;
use crate::study::judged::over;
use crate::study::{CONFIDENCE, Method};
use std::ops::Range;

/// Judges everybody by what was played at each preference.
pub(super) fn part(grid: &[Preference], small: Small, places: &[Played]) -> Part {
    let Small { home, scales, noise, .. } = small;
    let best = |(preference, played): (&Preference, &Played)| {
        let outcome = mean(&played.best);
        (outcome, preference.loss(&outcome, &scales))
    };
    let best: Vec<(Outcome, f64)> = grid.iter().zip(places).map(best).collect();
    let compare = |(index, method): (usize, Method)| {
        let agents = 0..places[0].others[index].len();
        let of_agent = |agent: usize| places.iter().map(|played| &played.others[index][agent]).collect();
        let sample = Sample { grid, scales: &scales, best: &best, agents: agents.map(of_agent).collect() };
        Compared {
            method,
            at: (0..grid.len()).map(|place| sample.beyond(place..place + 1)).collect(),
            overall: sample.beyond(0..grid.len()),
            agreed: sample.agreed(),
        }
    };
    let others = Method::ALL.into_iter().enumerate().map(compare).collect();
    let machines = home.appliances.into_iter().map(|appliance| appliance.name).collect();
    Part { machines, scales, noise, best, others }
}

/// What one method did.
struct Sample<'a> {
    grid: &'a [Preference],
    scales: &'a Scales,
    best: &'a [(Outcome, f64)],
    /// By agent, or once; by preference.
    agents: Vec<Vec<&'a Sum>>,
}

impl Sample<'_> {
    /// Mean over some of the preferences.
    fn beyond(&self, places: Range<usize>) -> Beyond {
        let outcome = |place: usize| {
            let of_agent = |agent: &Vec<&Sum>| mean(&agent[place].days);
            let mut outcome = mean(&self.agents.iter().map(of_agent).collect::<Vec<_>>());
            add(&mut outcome, 1.0, &self.best[place].0);
            outcome
        };
        let outcomes: Vec<Outcome> = places.clone().map(outcome).collect();
        let losses = self.grid[places.clone()].iter().zip(&outcomes);
        let losses: Vec<f64> =
            losses.map(|(preference, outcome)| preference.loss(outcome, self.scales)).collect();
        // By agent and day.
        let added: Vec<Vec<f64>> = self.agents.iter().map(|agent| self.added(agent, &places)).collect();
        let by_agent: Vec<f64> = added.iter().map(|days| average(days)).collect();
        let of_day = |day: usize| average(&added.iter().map(|days| days[day]).collect::<Vec<_>>());
        let by_day: Vec<f64> = (0..added[0].len()).map(of_day).collect();
        Beyond {
            outcome: mean(&outcomes),
            loss: average(&losses),
            over_days: Interval::of(&by_day, CONFIDENCE).expect("there is a day"),
            over_seeds: over(&by_agent),
        }
    }

    /// By day, what an agent adds to the best one's loss.
    fn added(&self, agent: &[&Sum], places: &Range<usize>) -> Vec<f64> {
        let of_day = |day: usize| {
            let losses =
                places.clone().map(|place| self.grid[place].loss(&agent[place].days[day], self.scales));
            losses.sum::<f64>() / places.len() as f64
        };
        (0..agent[0].days.len()).map(of_day).collect()
    }

    fn agreed(&self) -> Option<f64> {
        let sums = || self.agents.iter().flatten();
        let decisions: u64 = sums().map(|sum| sum.decisions).sum();
        let agreed: u64 = sums().map(|sum| sum.agreed).sum();
        (decisions > 0).then(|| agreed as f64 / decisions as f64)
    }
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn mean(outcomes: &[Outcome]) -> Outcome {
    let mut mean = Outcome::default();
    outcomes.iter().for_each(|outcome| add(&mut mean, 1.0 / outcomes.len() as f64, outcome));
    mean
}
