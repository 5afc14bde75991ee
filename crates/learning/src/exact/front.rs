//! The exact Pareto front of a day: every combination of cost, peak and delay that no schedule betters in all three.
//!
//! Branch and bound as in [`Enumeration`], with an archive of outcomes in place of the least loss:
//! a partial schedule is left out where an outcome of the archive is no worse in all three objectives than the best
//! that could come of it. The archive begins with the optima of a grid of preferences.

use super::{Enumeration, Run, Task, Weights};
use crate::home::{Outcome, Preference};

/// Outcomes closer than this in an objective count as equal there: €, W and h are all of order one or more.
const EQUAL: f64 = 1e-9;

/// The front of a task, whose own weights do not matter, by ascending cost.
#[must_use]
pub fn front(task: &Task) -> Vec<Outcome> {
    let mut order: Vec<Run> = task.runs.clone();
    let energy = |run: &Run| run.power * run.duration as f64;
    order.sort_by(|a, b| energy(b).total_cmp(&energy(a)));
    // By level: the least that the runs from it on add upon the bare load.
    let mut rest = vec![Outcome { peak: task.peak, ..Outcome::default() }; order.len() + 1];
    for (level, run) in order.iter().enumerate().rev() {
        let infinite = Outcome { cost: f64::INFINITY, peak: f64::INFINITY, delay: f64::INFINITY };
        let least = (run.first..=run.last).fold(infinite, |least, start| {
            let alone = task.alone(run, start, &task.load);
            Outcome {
                cost: least.cost.min(alone.cost),
                peak: least.peak.min(alone.peak),
                delay: least.delay.min(alone.delay),
            }
        });
        rest[level] = with(&rest[level + 1], &least);
    }
    let mut search = Search { task, order, rest, archive: vec![] };
    search.begin();
    search.descend(0, Outcome { peak: task.peak, ..Outcome::default() }, &task.load);
    search.archive.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.peak.total_cmp(&b.peak)));
    search.archive
}

struct Search<'a> {
    task: &'a Task,
    order: Vec<Run>,
    rest: Vec<Outcome>,
    archive: Vec<Outcome>,
}

impl Search<'_> {
    /// Optima of some preferences, which leave out most of the rest.
    fn begin(&mut self) {
        let mut enumeration = Enumeration::default();
        let mut task = self.task.clone();
        // Scales: what the runs could add if they all went wrong.
        let all = self.task.runs.iter().fold(1e-3, |sum, run| sum + run.power / 1e3);
        for preference in Preference::grid(8) {
            task.weights = Weights {
                cost: preference.cost,
                peak: preference.peak / 1e3 / all,
                delay: preference.delay / 24.0,
            };
            enumeration.solve(&task);
            self.admit(task.outcome(enumeration.starts()));
        }
    }

    fn descend(&mut self, level: usize, so_far: Outcome, load: &[f64]) {
        let Some(run) = self.order.get(level).copied() else {
            self.admit(so_far);
            return;
        };
        let mut choices: Vec<(Outcome, usize)> = (run.first..=run.last)
            .map(|start| (with(&so_far, &self.task.alone(&run, start, load)), start))
            .collect();
        choices.sort_by(|a, b| a.0.peak.total_cmp(&b.0.peak));
        for (outcome, start) in choices {
            if self.dominated(&with(&outcome, &self.rest[level + 1])) {
                continue;
            }
            let mut load = load.to_vec();
            load[start..start + run.duration].iter_mut().for_each(|load| *load += run.power);
            self.descend(level + 1, outcome, &load);
        }
    }

    fn dominated(&self, outcome: &Outcome) -> bool {
        self.archive.iter().any(|other| no_worse(other, outcome))
    }

    fn admit(&mut self, outcome: Outcome) {
        if !self.dominated(&outcome) {
            self.archive.retain(|other| !no_worse(&outcome, other));
            self.archive.push(outcome);
        }
    }
}

fn no_worse(a: &Outcome, b: &Outcome) -> bool {
    a.cost <= b.cost + EQUAL && a.peak <= b.peak + EQUAL && a.delay <= b.delay + EQUAL
}

/// Costs and delays add, the higher peak stays.
fn with(a: &Outcome, b: &Outcome) -> Outcome {
    Outcome { cost: a.cost + b.cost, peak: a.peak.max(b.peak), delay: a.delay + b.delay }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Enumeration;
    use crate::example;
    use agents::Random;

    #[test]
    fn the_front_is_what_is_left_of_all_schedules() {
        let mut random = Random::of(1, "front");
        let mut points = 0;
        for _ in 0..150 {
            let task = example::task(&mut random, 3, 16);
            let mut all = vec![];
            let mut starts: Vec<usize> = task.runs.iter().map(|run| run.first).collect();
            loop {
                all.push(task.outcome(&starts));
                let Some(next) = (0..starts.len()).find(|run| starts[*run] < task.runs[*run].last) else {
                    break;
                };
                starts[next] += 1;
                (0..next).for_each(|run| starts[run] = task.runs[run].first);
            }
            let front = front(&task);
            for (place, point) in front.iter().enumerate() {
                assert!(all.iter().any(|other| no_worse(point, other) && no_worse(other, point)), "attained");
                let better = |(other, outcome): (usize, &Outcome)| other != place && no_worse(outcome, point);
                assert!(!front.iter().enumerate().any(better), "{front:?}");
            }
            assert!(all.iter().all(|outcome| front.iter().any(|point| no_worse(point, outcome))), "{task:?}");
            points += front.len();
        }
        assert!(points > 600, "{points} points");
    }

    #[test]
    fn the_front_holds_the_optimum_of_every_preference() {
        let mut random = Random::of(2, "front");
        let mut enumeration = Enumeration::default();
        let home = example::home();
        let mut points = 0;
        for panels in [0.0, 4_000.0].repeat(10) {
            let day = example::day(&home, panels, &mut random);
            let corner = Preference { cost: 1.0, peak: 0.0, delay: 0.0 };
            let front = front(&Task::hindsight(&home, &day, &corner, &example::SCALES));
            points += front.len();
            for preference in Preference::grid(7) {
                let least = enumeration.solve(&Task::hindsight(&home, &day, &preference, &example::SCALES));
                let losses = front.iter().map(|outcome| preference.loss(outcome, &example::SCALES));
                assert!((losses.fold(f64::INFINITY, f64::min) - least).abs() < 1e-8, "{preference:?}");
            }
        }
        assert!(points > 200, "{points} points on 20 days");
    }
}
