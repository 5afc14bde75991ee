//! The published comparison redone: gains over a naive rule on electricity cost, beside those that a tunable deep
//! Q-network for residential appliances is reported to reach over a month.
//!
//! Its appliances, tariff and rule are not in its abstract, so ours are our own and only the question is the same. The
//! naive rule is [`OffPeak`](crate::rule::OffPeak). A competent cost rule cannot be bettered on cost: with prices that
//! are given and no limit on what is drawn, the cheapest window of each run *is* the cost optimum.

use super::judged::{Paired, over};
use super::learner::Learner;
use super::played::{Played, Yardstick};
use super::{Method, Setting};
use crate::home::Outcome;
use crate::judgement::Interval;

/// A gain over the naive rule in one objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// How much less it is in parts of the naive rule's, over the month: mean over seeds.
    pub part: Interval,
    /// The agents' less the rule's, day by day, in the objective's unit (€, W, h).
    pub paired: Paired,
}

/// The comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// Gains in cost, peak and delay by preference of the grid.
    pub gains: Vec<[Gain; 3]>,
    /// The preference whose smallest gain was largest on the validation days, an index of the grid.
    pub chosen: usize,
    /// Mean cost per day of the naive rule, of the cheapest window and of the optimum for cost alone, €.
    pub costs: [f64; 3],
}

const OBJECTIVES: [fn(&Outcome) -> f64; 3] =
    [|outcome| outcome.cost, |outcome| outcome.peak, |outcome| outcome.delay];

impl Published {
    /// The gains reported for cost, peak and punctuality.
    pub const REPORTED: [f64; 3] = [0.30, 0.182, 0.373];

    pub(crate) fn of(setting: &Setting<'_>, yardsticks: &[Yardstick], learners: &[Learner]) -> Self {
        let of = |method: Method| {
            yardsticks.iter().find(|yardstick| yardstick.method == method).expect("every rule plays")
        };
        let naive = of(Method::OffPeak);
        let places = 0..setting.grid.len();
        let smallest = |place: &usize| {
            let gain = |objective: fn(&Outcome) -> f64| {
                let gains = learners
                    .iter()
                    .map(|agent| part(objective, &agent.validation, &naive.validation, *place));
                gains.sum::<f64>() / learners.len() as f64
            };
            OBJECTIVES.map(gain).into_iter().fold(f64::INFINITY, f64::min)
        };
        let chosen = places.clone().max_by(|a, b| smallest(a).total_cmp(&smallest(b)));
        let gain = |place: usize, objective: fn(&Outcome) -> f64| {
            let parts: Vec<f64> = learners
                .iter()
                .map(|agent| part(objective, &agent.held_out, &naive.held_out, place))
                .collect();
            let difference = |day: usize| {
                let agents = learners.iter().map(|agent| objective(&agent.held_out.day(place, day)));
                agents.sum::<f64>() / learners.len() as f64 - objective(&naive.held_out.day(place, day))
            };
            let days = 0..setting.question.held_out.days();
            Gain { part: over(&parts), paired: Paired::of(&days.map(difference).collect::<Vec<_>>()) }
        };
        // The last of a grid minds cost alone.
        let cost = |method| of(method).held_out.mean(setting.grid.len() - 1).cost;
        Self {
            gains: places.map(|place| OBJECTIVES.map(|objective| gain(place, objective))).collect(),
            chosen: chosen.expect("a grid has points"),
            costs: [Method::OffPeak, Method::CheapestWindow, Method::Optimum].map(cost),
        }
    }
}

/// How much less of an objective, in parts of what it is under the naive rule; 0 where that is nothing.
fn part(objective: fn(&Outcome) -> f64, agent: &Played, naive: &Played, place: usize) -> f64 {
    let [agent, naive] = [agent, naive].map(|played| objective(&played.mean(place)));
    if naive == 0.0 { 0.0 } else { 1.0 - agent / naive }
}
