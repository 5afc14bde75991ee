//! The published comparison redone: gains over a naive rule on electricity cost, beside those that a tunable deep
//! Q-network for residential appliances is reported to reach over a month.
//!
//! Its appliances, tariff and rule are not in its abstract, so ours are our own and only the question is the same. The
//! naive rule is [`OffPeak`](crate::rule::OffPeak). A competent cost rule cannot be bettered on cost: with prices that
//! are given and no limit on what is drawn, the cheapest window of each run *is* the cost optimum.
//!
//! The question is whether a household that pays no more than under the rule has less of both the peak and the delay.
//! The policy serves every preference, so one is chosen for it, on validation days: the one at which the least certain of
//! the three gains is most certain ([`certainty`]). The largest gains would be found where cost is just no higher, and
//! another month may lie on the other side.

use super::judged::{Paired, over, settled};
use super::learner::Learner;
use super::played::{Played, Yardstick};
use super::{CONFIDENCE, Method, Setting};
use crate::home::{Outcome, Preference, Scales};
use crate::judgement::Interval;

/// A gain over the naive rule in one objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// How much less it is in parts of the naive rule's, over the month: mean over seeds, with what seeds make of it.
    /// Where the rule has nothing of it (no delay under a flat tariff), in parts of its scale.
    pub part: Interval,
    /// The same with what days make of it, where the naive rule's mean is taken as known.
    pub over_days: Interval,
    /// The agents' less the rule's, day by day, in the objective's unit (€, W, h).
    pub paired: Paired,
}

impl Gain {
    /// Whether there is one that neither the luck of seeds nor that of days explains with 95 % confidence.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.paired.difference.high < 0.0 && self.part.low > 0.0
    }

    /// Whether the agents' mean is not above the rule's, beyond rounding.
    #[must_use]
    pub fn is_no_loss(&self) -> bool {
        self.paired.difference.mean <= ROUNDING
    }
}

/// The comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// Its preferences, those of [`Published::grid`].
    pub preferences: Vec<Preference>,
    /// Gains in cost, peak and delay at each of them, on the held-out days.
    pub gains: Vec<[Gain; 3]>,
    /// The preference that was chosen on the validation days, by its index.
    pub chosen: usize,
    /// Whether there all three gains were beyond luck with 95 % confidence.
    pub certain: bool,
    /// Mean cost per day of the naive rule, of the cheapest window and of the optimum for cost alone, €.
    pub costs: [f64; 3],
}

/// Differences up to this are none, €, W or h a day.
const ROUNDING: f64 = 1e-9;

const OBJECTIVES: [fn(&Outcome) -> f64; 3] =
    [|outcome| outcome.cost, |outcome| outcome.peak, |outcome| outcome.delay];

/// What was played for the comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Compared {
    pub(crate) held_out: Played,
    pub(crate) validation: Played,
}

impl Published {
    /// The gains reported for cost, peak and punctuality.
    pub const REPORTED: [f64; 3] = [0.30, 0.182, 0.373];
    /// Weights of peak and delay together. Nearly nothing is left to them at first, so that they decide between starts
    /// that cost the same.
    pub const RESTS: [f64; 11] = [0.01, 0.02, 0.04, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5];
    /// Of these weights the peak has 0 to so many parts of as many.
    pub const PARTS: usize = 10;

    /// The preferences compared, from the corner of cost on: for each of [`RESTS`](Self::RESTS) all parts of the peak.
    #[must_use]
    pub fn grid() -> Vec<Preference> {
        let at = |rest: f64, part: usize| {
            let peak = rest * part as f64 / Self::PARTS as f64;
            Preference { cost: 1.0 - rest, peak, delay: rest - peak }
        };
        Self::RESTS.iter().flat_map(|rest| (0..=Self::PARTS).map(move |part| at(*rest, part))).collect()
    }

    /// Whether at the chosen preference cost is no higher, and peak and delay are lower beyond luck.
    #[must_use]
    pub fn holds(&self) -> [bool; 3] {
        let [cost, peak, delay] = &self.gains[self.chosen];
        [cost.is_no_loss(), peak.is_certain(), delay.is_certain()]
    }

    pub(crate) fn of(setting: &Setting<'_>, yardsticks: &[Yardstick], learners: &[Learner]) -> Self {
        let of = |method: Method| {
            yardsticks.iter().find(|yardstick| yardstick.method == method).expect("every rule plays")
        };
        let naive = of(Method::OffPeak);
        let preferences = Self::grid();
        let played = |half: fn(&Compared) -> &Played| -> Vec<&Played> {
            learners.iter().map(|learner| half(&learner.compared)).collect()
        };
        let Scales { cost, peak, delay } = setting.scales;
        let scales = Outcome { cost, peak, delay };
        let gains = |agents: &[&Played], rule: &Played| -> Vec<[Gain; 3]> {
            let gains =
                |place| OBJECTIVES.map(|objective| gain(objective, agents, rule, place, objective(&scales)));
            (0..preferences.len()).map(gains).collect()
        };
        let validation = played(|compared| &compared.validation);
        let least = |place| {
            let of = |objective| differences(objective, &validation, &naive.validation, place);
            let [cost, peak, delay] = OBJECTIVES.map(of);
            certainty_of_cost(&cost).min(certainty(&peak)).min(certainty(&delay))
        };
        let (chosen, certainty) = most(&(0..preferences.len()).map(least).collect::<Vec<_>>());
        // The last of the study's grid minds cost alone.
        let cost = |method| of(method).held_out.mean(setting.grid.len() - 1).cost;
        Self {
            gains: gains(&played(|compared| &compared.held_out), &naive.held_out),
            preferences,
            chosen,
            certain: certainty > 1.0,
            costs: [Method::OffPeak, Method::CheapestWindow, Method::Optimum].map(cost),
        }
    }
}

/// How certain it is that something is less than the rule's, by its differences from it day by day: how much less on
/// average, in parts of half the mean's 95 % interval. Beyond 1 it is beyond luck.
fn certainty(differences: &[f64]) -> f64 {
    let Interval { mean, high, .. } = Interval::of(differences, CONFIDENCE).expect("there is a day");
    if mean.abs() > ROUNDING { -mean / (high - mean) } else { 0.0 }
}

/// The same of costs, which may be equal: dearer on no day is as certain as can be.
fn certainty_of_cost(differences: &[f64]) -> f64 {
    let never_dearer = differences.iter().all(|difference| *difference <= ROUNDING);
    if never_dearer { f64::INFINITY } else { certainty(differences) }
}

/// The largest of some values and its index; the first of equals.
fn most(values: &[f64]) -> (usize, f64) {
    let best = values.iter().enumerate().reduce(|best, other| if other.1 > best.1 { other } else { best });
    best.map(|(index, value)| (index, *value)).expect("a grid has points")
}

fn gain(
    objective: fn(&Outcome) -> f64,
    agents: &[&Played],
    naive: &Played,
    place: usize,
    scale: f64,
) -> Gain {
    let rule = objective(&naive.mean(0));
    let part = |less: f64| less / if rule > 0.0 { rule } else { scale };
    let parts: Vec<f64> = agents.iter().map(|agent| part(rule - objective(&agent.mean(place)))).collect();
    let paired = Paired::of(&differences(objective, agents, naive, place));
    let Interval { mean, low, high } = paired.difference;
    let over_days = Interval { mean: part(-mean), low: part(-high), high: part(-low) };
    Gain { part: over(&parts), over_days, paired }
}

/// The agents' less the rule's, by day.
fn differences(objective: fn(&Outcome) -> f64, agents: &[&Played], naive: &Played, place: usize) -> Vec<f64> {
    let rule = naive.days(0).enumerate();
    let difference = |(day, rule): (usize, Outcome)| {
        let agents_mean = agents.iter().map(|agent| objective(&agent.day(place, day))).sum::<f64>();
        settled(agents_mean / agents.len() as f64 - objective(&rule))
    };
    rule.map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certainty_is_the_gain_in_parts_of_half_its_interval() {
        // Eight days, mean −2.5, deviation √2, t of seven degrees 2.365: half the interval is 2.365·√(2/8) = 1.182.
        let days = [1.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0, -3.0];
        assert!((certainty(&days) - 2.5 / 1.182).abs() < 1e-3, "{}", certainty(&days));
        assert!((certainty(&days.map(|day| -day)) + 2.5 / 1.182).abs() < 1e-3);
        // Always the same gain is beyond all doubt, none is none, and a single day says nothing of others.
        assert_eq!((certainty(&[-1.0, -1.0]), certainty(&[0.0, 0.0])), (f64::INFINITY, 0.0));
        assert_eq!(certainty(&[-1.0]), 0.0);
        // Costs may be equal.
        assert_eq!(certainty_of_cost(&[0.0, -1e-12]), f64::INFINITY);
        assert_eq!(certainty_of_cost(&days), certainty(&days));
    }

    #[test]
    fn the_most_of_equals_is_the_first() {
        assert_eq!(most(&[-1.0, 2.0, 2.0, 0.5]), (1, 2.0));
    }

    #[test]
    fn the_grid_comes_as_near_to_the_corner_of_cost_as_its_first_rest() {
        let grid = Published::grid();
        assert_eq!(grid.len(), 11 * 11);
        let sums = |preference: &Preference| preference.cost + preference.peak + preference.delay;
        assert!(grid.iter().all(|preference| (sums(preference) - 1.0).abs() < 1e-12));
        assert!(grid.iter().all(|one| one.cost >= 0.5 && one.peak >= 0.0 && one.delay >= 0.0));
        assert!((grid[5].peak - 0.005).abs() < 1e-12 && (grid[5].delay - 0.005).abs() < 1e-12);
    }

    #[test]
    fn gains_by_hand() {
        let outcome = |cost| Outcome { cost, peak: 1.0, delay: 0.0 };
        let naive = Played::new(vec![vec![outcome(3.0), outcome(5.0)]], 1);
        let agents = [[2.0, 4.0], [3.0, 3.0]].map(|days| Played::new(vec![days.map(outcome).to_vec()], 1));
        let agents = agents.iter().collect::<Vec<_>>();
        let cost = gain(OBJECTIVES[0], &agents, &naive, 0, 9.0);
        // Means 3 and 3 of 4: a quarter by both. By day −0.5 and −1.5: mean −1, and t of one degree 12.706 by 0.5 is 6.353.
        assert_eq!((cost.part.low, cost.part.high), (0.25, 0.25));
        assert!((cost.paired.difference.low + 7.353).abs() < 1e-3, "{cost:?}");
        assert!((cost.over_days.mean - 0.25).abs() < 1e-12 && (cost.over_days.high - 1.838).abs() < 1e-3);
        assert!(cost.is_no_loss() && !cost.is_certain());
        // Where the rule has nothing a loss is told in parts of the scale.
        let waits = Played::new(vec![vec![Outcome { cost: 3.0, peak: 1.0, delay: 2.0 }; 2]], 1);
        let delay = gain(OBJECTIVES[2], &[&waits], &naive, 0, 8.0);
        assert_eq!((delay.part.mean, delay.is_certain(), delay.is_no_loss()), (-0.25, false, false));
    }
}
