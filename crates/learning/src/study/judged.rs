//! How good each method was: outcomes, regrets, fronts, utility, and whether chance alone could have made it.
//!
//! Agents differ by their luck, so their figures are means over seeds with intervals; the others do the same whatever
//! the seed. Whether agents differ from a method is asked day by day, of the mean over seeds.

use super::learner::{self, Learner};
use super::played::{Played, Yardstick};
use super::{CONFIDENCE, Method, Setting, tasks};
use crate::exact::{Task, front};
use crate::home::{Outcome, Preference};
use crate::judgement::{Interval, Regret, hypervolume, paired_t, signed_rank, span, utility_loss};

/// A method and how good it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Which.
    pub method: Method,
    /// By preference of the grid.
    pub at: Vec<At>,
    /// Over the whole grid.
    pub overall: Overall,
}

/// At one preference, per day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At {
    /// €.
    pub cost: Interval,
    /// W.
    pub peak: Interval,
    /// h.
    pub delay: Interval,
    /// What the household minds.
    pub loss: Interval,
    /// Loss beyond perfect foresight.
    pub beyond_optimum: Interval,
    /// Loss beyond predictive control; negative where it is better than that.
    pub beyond_control: Interval,
    /// Loss beyond perfect foresight in parts of the span from there to the worst rule.
    pub normalised: Interval,
    /// The agents' loss less this one's, day by day; nothing for the agents.
    pub paired: Option<Paired>,
}

/// Over the grid, each preference as likely.
#[derive(Clone, Debug, PartialEq)]
pub struct Overall {
    /// Mean loss per day.
    pub loss: Interval,
    /// Mean of the same at each preference.
    pub beyond_optimum: Interval,
    /// Mean of the same at each preference.
    pub beyond_control: Interval,
    /// Mean of the same at each preference.
    pub normalised: Interval,
    /// That of each seed.
    pub seeds: Vec<f64>,
    /// Volume dominated by what it did on a day at all preferences, in parts of that of the day's exact front.
    pub hypervolume: Interval,
    /// What a household loses that chooses among its mean outcomes rather than the optimum's: on average.
    pub expected_utility_loss: Interval,
    /// The same for the household that loses most.
    pub maximum_utility_loss: Interval,
    /// Which household that is, for the first seed.
    pub loses_most: Preference,
    /// Mean loss on the validation days, which learning was watched on.
    pub validation: Interval,
    /// The agents' loss less this one's, day by day, mean over the grid; nothing for the agents.
    pub paired: Option<Paired>,
}

/// A difference day by day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Its mean, with what days alone make of it.
    pub difference: Interval,
    /// Probability by the paired t test that days alone make as much of nothing.
    pub t: f64,
    /// The same by Wilcoxon's signed-rank test.
    pub signed_rank: f64,
}

impl Paired {
    /// Of differences by day, at least two.
    pub(crate) fn of(differences: &[f64]) -> Self {
        let difference = Interval::of(differences, CONFIDENCE).expect("there is a day");
        let t = paired_t(differences).map_or(1.0, |test| test.probability);
        Self { difference, t, signed_rank: signed_rank(differences).probability }
    }
}

/// Values of each seed as a mean with its interval; a value without luck is known.
pub(crate) fn over(values: &[f64]) -> Interval {
    match values {
        [value] => Interval { mean: *value, low: *value, high: *value },
        _ => Interval::of(values, CONFIDENCE).expect("there is a seed"),
    }
}

/// What a method did: once for each seed where it has seeds, else once.
struct Sample<'a> {
    method: Method,
    held_out: Vec<&'a Played>,
    validation: Vec<&'a Played>,
}

/// Everybody's.
struct Samples<'a>(Vec<Sample<'a>>);

impl<'a> Samples<'a> {
    fn of(methods: &[Method], yardsticks: &'a [Yardstick], learners: &'a [Learner]) -> Self {
        let sample = |method: &Method| {
            let yardstick = yardsticks.iter().find(|yardstick| yardstick.method == *method);
            let (held_out, validation) = match yardstick {
                Some(yardstick) => (vec![&yardstick.held_out], vec![&yardstick.validation]),
                None => learners.iter().map(|learner| (&learner.held_out, &learner.validation)).unzip(),
            };
            Sample { method: *method, held_out, validation }
        };
        Self(methods.iter().map(sample).collect())
    }

    fn held_out(&self, method: Method) -> &[&'a Played] {
        let sample = self.0.iter().find(|sample| sample.method == method);
        &sample.expect("the method is among them").held_out
    }
}

/// Judges all methods.
pub(crate) fn all(
    setting: &Setting<'_>,
    methods: &[Method],
    yardsticks: &[Yardstick],
    learners: &[Learner],
    threads: usize,
) -> Vec<Judged> {
    let samples = Samples::of(methods, yardsticks, learners);
    let places: Vec<Place> =
        (0..setting.grid.len()).map(|place| Place::of(setting, &samples, place)).collect();
    let volumes = volumes(setting, &samples, threads);
    let judge = |(index, sample): (usize, &Sample<'_>)| {
        let Sample { method, held_out, validation } = sample;
        let seeds = 0..held_out.len();
        let at: Vec<At> = places.iter().map(|place| place.at(setting, *method, held_out)).collect();
        // By seed, the mean over preferences.
        let mean = |of: &dyn Fn(&Place, usize) -> f64| -> Vec<f64> {
            let of_seed =
                |seed| places.iter().map(|place| of(place, seed)).sum::<f64>() / places.len() as f64;
            seeds.clone().map(of_seed).collect()
        };
        let regret = |place: &Place, seed: usize| place.regret(setting, held_out[seed]);
        let normalised = mean(&|place, seed| regret(place, seed).normalised);
        let offered: Vec<Vec<Outcome>> = held_out.iter().map(|played| means(setting, played)).collect();
        let best = means(setting, samples.held_out(Method::Optimum)[0]);
        let utility: Vec<_> = offered
            .iter()
            .map(|offered| {
                utility_loss(offered, &best, &setting.grid, &setting.scales).expect("a grid has points")
            })
            .collect();
        let paired = (*method != Method::Learned).then(|| {
            let days = 0..setting.question.held_out.days();
            let mean = |day| {
                let differences =
                    places.iter().map(|place| place.learned[day] - place.losses(setting, held_out[0])[day]);
                differences.sum::<f64>() / places.len() as f64
            };
            Paired::of(&days.map(mean).collect::<Vec<_>>())
        });
        let overall = Overall {
            loss: over(&mean(&|place, seed| average(&place.losses(setting, held_out[seed])))),
            beyond_optimum: over(&mean(&|place, seed| regret(place, seed).beyond_optimum)),
            beyond_control: over(&mean(&|place, seed| regret(place, seed).beyond_control)),
            normalised: over(&normalised),
            seeds: normalised,
            hypervolume: over(&volumes[index]),
            expected_utility_loss: over(&utility.iter().map(|loss| loss.expected).collect::<Vec<_>>()),
            maximum_utility_loss: over(&utility.iter().map(|loss| loss.maximum).collect::<Vec<_>>()),
            loses_most: utility[0].at,
            validation: over(
                &validation.iter().map(|played| learner::loss(setting, played)).collect::<Vec<_>>(),
            ),
            paired,
        };
        Judged { method: *method, at, overall }
    };
    samples.0.iter().enumerate().map(judge).collect()
}

/// One preference: what everything is measured against there, by day.
struct Place {
    index: usize,
    optimum: Vec<f64>,
    control: Vec<f64>,
    /// Mean over seeds.
    learned: Vec<f64>,
    span: f64,
}

impl Place {
    fn of(setting: &Setting<'_>, samples: &Samples<'_>, index: usize) -> Self {
        let losses = |method: Method| losses(setting, samples.held_out(method)[0], index);
        let rules: Vec<Vec<f64>> =
            samples.0.iter().filter(|one| one.method.is_rule()).map(|one| losses(one.method)).collect();
        let rules: Vec<&[f64]> = rules.iter().map(Vec::as_slice).collect();
        let optimum = losses(Method::Optimum);
        let agents = samples.held_out(Method::Learned);
        let mut learned = vec![0.0; optimum.len()];
        for agent in agents {
            let losses = self::losses(setting, agent, index);
            learned.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss / agents.len() as f64);
        }
        Self { index, span: span(&optimum, &rules), control: losses(Method::Predictive), optimum, learned }
    }

    fn losses(&self, setting: &Setting<'_>, played: &Played) -> Vec<f64> {
        losses(setting, played, self.index)
    }

    fn regret(&self, setting: &Setting<'_>, played: &Played) -> Regret {
        Regret::new(&self.losses(setting, played), &self.optimum, &self.control, self.span)
    }

    fn at(&self, setting: &Setting<'_>, method: Method, seeds: &[&Played]) -> At {
        let interval =
            |of: &dyn Fn(&Played) -> f64| over(&seeds.iter().map(|played| of(played)).collect::<Vec<_>>());
        let paired = (method != Method::Learned).then(|| {
            let losses = self.losses(setting, seeds[0]);
            let differences: Vec<f64> =
                self.learned.iter().zip(&losses).map(|(learned, loss)| settled(learned - loss)).collect();
            Paired::of(&differences)
        });
        At {
            cost: interval(&|played| played.mean(self.index).cost),
            peak: interval(&|played| played.mean(self.index).peak),
            delay: interval(&|played| played.mean(self.index).delay),
            loss: interval(&|played| average(&self.losses(setting, played))),
            beyond_optimum: interval(&|played| self.regret(setting, played).beyond_optimum),
            beyond_control: interval(&|played| self.regret(setting, played).beyond_control),
            normalised: interval(&|played| self.regret(setting, played).normalised),
            paired,
        }
    }
}

/// A difference that is only rounding is none.
pub(crate) fn settled(difference: f64) -> f64 {
    if difference.abs() < 1e-12 { 0.0 } else { difference }
}

fn losses(setting: &Setting<'_>, played: &Played, preference: usize) -> Vec<f64> {
    let weights = &setting.grid[preference];
    // A loss is linear, so that of a day's mean outcome is the mean of its draws.
    played.days(preference).map(|outcome| weights.loss(&outcome, &setting.scales)).collect()
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn means(setting: &Setting<'_>, played: &Played) -> Vec<Outcome> {
    (0..setting.grid.len()).map(|preference| played.mean(preference)).collect()
}

/// By method and seed: the mean over days and draws of the hypervolume reached, in parts of the exact front's. Each draw
/// has a front and a reference point of its own; the latter lies beyond the worst that anybody did then by a tenth of the way there from the front's best.
fn volumes(setting: &Setting<'_>, samples: &Samples<'_>, threads: usize) -> Vec<Vec<f64>> {
    let Setting { question, grid, scales, held_out, .. } = setting;
    let point = |outcome: &Outcome| {
        [outcome.cost / scales.cost, outcome.peak / scales.peak, outcome.delay / scales.delay]
    };
    let of_play = |play: usize| -> Vec<Vec<f64>> {
        let task = Task::hindsight(&question.home, &held_out[play], &grid[0], scales);
        let front: Vec<[f64; 3]> = front(&task).iter().map(point).collect();
        let points = |played: &Played| -> Vec<[f64; 3]> {
            let mut points: Vec<_> = played.play(play).map(point).collect();
            points.dedup();
            points
        };
        let everybody =
            samples.0.iter().flat_map(|sample| &sample.held_out).flat_map(|played| points(played));
        let mut worst = [f64::MIN; 3];
        for one in everybody.chain(front.iter().copied()) {
            (0..3).for_each(|axis| worst[axis] = worst[axis].max(one[axis]));
        }
        let mut reference = worst;
        for (axis, reference) in reference.iter_mut().enumerate() {
            let best = front.iter().map(|point| point[axis]).fold(f64::INFINITY, f64::min);
            // Where all are alike any distance will do.
            *reference += (0.1 * (*reference - best)).max(1e-3);
        }
        let whole = hypervolume(&front, reference);
        let share = |played: &&Played| hypervolume(&points(played), reference) / whole;
        samples.0.iter().map(|sample| sample.held_out.iter().map(share).collect()).collect()
    };
    let plays = tasks::ordered(held_out.len(), threads, of_play);
    let mean = |method: usize, seed: usize| {
        plays.iter().map(|play| play[method][seed]).sum::<f64>() / plays.len() as f64
    };
    samples
        .0
        .iter()
        .enumerate()
        .map(|(method, sample)| (0..sample.held_out.len()).map(|seed| mean(method, seed)).collect())
        .collect()
}
