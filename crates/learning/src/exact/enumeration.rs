//! The best starts of all runs together, found by going through them all and leaving out what cannot be better.
//!
//! Branch and bound, depth first, one run per level and the most energy first. Cost and delay of a run depend on the
//! other runs only where panels feed in, and there they can only grow: what a kWh more costs rises with the load, as
//! feed-in is never paid better than the price. So a run upon the bare load costs a lower bound, and draws one. For
//! the runs still to be placed and a peak of z, the bound is Σ over runs of the least loss among those starts that
//! alone stay below z, plus what z costs; the least of that over all z not below the peak so far.

use super::{Run, Task};

/// Losses closer than this count as equal; they are of order one.
const EQUAL: f64 = 1e-12;

/// The search, with room that is reused: no allocation once it has seen a task of the size.
#[derive(Clone, Debug, Default)]
pub struct Enumeration {
    /// Runs in the order of the levels.
    order: Vec<usize>,
    /// By level: the place in `options` of its first start.
    offsets: Vec<usize>,
    /// By level and start: the loss by cost and delay, and the peak, upon the bare load.
    options: Vec<(f64, f64)>,
    /// Peaks that may become the day's, ascending.
    peaks: Vec<f64>,
    /// By level and peak: least loss by cost and delay of the runs from this level on that stay below the peak.
    below: Vec<f64>,
    /// By level and peak: the least of `below` plus the cost of the peak over this peak and all higher ones.
    beyond: Vec<f64>,
    /// By level: the load with the runs of the levels before.
    loads: Vec<f64>,
    /// By level: what is to be tried.
    choices: Vec<Vec<Choice>>,
    /// By level: the start that is being tried.
    trial: Vec<usize>,
    least: f64,
    best: Vec<usize>,
    starts: Vec<usize>,
    visited: u64,
}

/// A start that may be tried.
#[derive(Clone, Copy, Debug)]
struct Choice {
    bound: f64,
    start: usize,
    /// Loss by cost and delay with it.
    loss: f64,
    peak: f64,
}

impl Enumeration {
    /// The least loss of a task. Among equal schedules, one whose runs start early.
    pub fn solve(&mut self, task: &Task) -> f64 {
        self.prepare(task);
        self.least = f64::INFINITY;
        self.visited = 0;
        self.descend(task, 0, 0.0, task.peak);
        self.starts.clear();
        self.starts.resize(task.runs.len(), 0);
        for (run, start) in self.order.iter().zip(&self.best) {
            self.starts[*run] = *start;
        }
        self.least
    }

    /// The best starts of the last task, one per run.
    #[must_use]
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// How many partial schedules the last search looked at.
    #[must_use]
    pub fn visited(&self) -> u64 {
        self.visited
    }

    fn prepare(&mut self, task: &Task) {
        let levels = task.runs.len();
        self.order.clear();
        self.order.extend(0..levels);
        let energy = |run: &Run| run.power * run.duration as f64;
        self.order.sort_by(|a, b| energy(&task.runs[*b]).total_cmp(&energy(&task.runs[*a])));
        self.trial.clear();
        self.trial.resize(levels, 0);
        self.best.clone_from(&self.trial);
        if self.choices.len() < levels {
            self.choices.resize_with(levels, Vec::new);
        }
        self.loads.clear();
        self.loads.extend_from_slice(&task.load);
        self.loads.resize((levels + 1) * task.load.len(), 0.0);

        self.offsets.clear();
        self.options.clear();
        self.peaks.clear();
        self.peaks.push(task.peak);
        for run in self.order.iter().map(|run| &task.runs[*run]) {
            self.offsets.push(self.options.len());
            for start in run.first..=run.last {
                let alone = task.alone(run, start, &task.load);
                let loss = task.weights.cost * alone.cost + task.weights.delay * alone.delay;
                self.options.push((loss, alone.peak.max(task.peak)));
            }
        }
        self.offsets.push(self.options.len());
        self.peaks.extend(self.options.iter().map(|option| option.1));
        self.peaks.sort_unstable_by(f64::total_cmp);
        self.peaks.dedup();

        let count = self.peaks.len();
        self.below.clear();
        self.below.resize((levels + 1) * count, 0.0);
        self.beyond.clear();
        self.beyond.resize((levels + 1) * count, 0.0);
        for level in (0..levels).rev() {
            let (this, next) = self.below.split_at_mut((level + 1) * count);
            let this = &mut this[level * count..];
            this.fill(f64::INFINITY);
            for (loss, peak) in &self.options[self.offsets[level]..self.offsets[level + 1]] {
                let place = self.peaks.partition_point(|other| other < peak);
                this[place] = this[place].min(*loss);
            }
            let mut least = f64::INFINITY;
            for (this, next) in this.iter_mut().zip(next) {
                least = least.min(*this);
                *this = least + *next;
            }
        }
        for level in 0..=levels {
            let mut least = f64::INFINITY;
            for place in (0..count).rev() {
                let at = level * count + place;
                least = least.min(self.below[at] + task.weights.peak * self.peaks[place]);
                self.beyond[at] = least;
            }
        }
    }

    /// Lower bound of what the runs from a level on add to a loss by cost and delay, the day's peak included.
    fn bound(&self, task: &Task, level: usize, peak: f64) -> f64 {
        let count = self.peaks.len();
        let above = self.peaks.partition_point(|other| *other <= peak);
        let at = level * count + above;
        let stay = self.below[at - 1] + task.weights.peak * peak;
        if above == count { stay } else { stay.min(self.beyond[at]) }
    }

    fn descend(&mut self, task: &Task, level: usize, loss: f64, peak: f64) {
        self.visited += 1;
        let Some(run) = self.order.get(level).map(|run| task.runs[*run]) else {
            self.least = loss + task.weights.peak * peak;
            self.best.copy_from_slice(&self.trial);
            return;
        };
        let slots = task.load.len();
        let load = &self.loads[level * slots..(level + 1) * slots];
        let mut choices = std::mem::take(&mut self.choices[level]);
        choices.clear();
        for start in run.first..=run.last {
            let alone = task.alone(&run, start, load);
            let loss = loss + task.weights.cost * alone.cost + task.weights.delay * alone.delay;
            let peak = peak.max(alone.peak);
            let bound = loss + self.bound(task, level + 1, peak);
            if bound < self.least - EQUAL {
                choices.push(Choice { bound, start, loss, peak });
            }
        }
        choices.sort_unstable_by(|a, b| a.bound.total_cmp(&b.bound).then(a.start.cmp(&b.start)));
        for choice in &choices {
            if choice.bound >= self.least - EQUAL {
                break;
            }
            self.trial[level] = choice.start;
            let (before, after) = self.loads.split_at_mut((level + 1) * slots);
            let after = &mut after[..slots];
            after.copy_from_slice(&before[level * slots..]);
            after[choice.start..choice.start + run.duration].iter_mut().for_each(|load| *load += run.power);
            self.descend(task, level + 1, choice.loss, choice.peak);
        }
        self.choices[level] = choices;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;
    use agents::Random;

    /// Every combination of starts, without leaving any out.
    fn exhaustive(task: &Task) -> f64 {
        let mut starts: Vec<usize> = task.runs.iter().map(|run| run.first).collect();
        let mut least = f64::INFINITY;
        loop {
            least = least.min(task.weights.loss(&task.outcome(&starts)));
            let Some(next) = (0..starts.len()).find(|run| starts[*run] < task.runs[*run].last) else {
                return least;
            };
            starts[next] += 1;
            (0..next).for_each(|run| starts[run] = task.runs[run].first);
        }
    }

    #[test]
    fn nothing_left_out_is_better() {
        let mut random = Random::of(1, "enumeration");
        let mut enumeration = Enumeration::default();
        let mut fed_in = 0;
        for _ in 0..400 {
            let task = example::task(&mut random, 4, 16);
            let least = enumeration.solve(&task);
            let outcome = task.outcome(enumeration.starts());
            assert!((least - task.weights.loss(&outcome)).abs() < 1e-9, "{task:?}");
            assert!((least - exhaustive(&task)).abs() < 1e-9, "{task:?}");
            fed_in += usize::from(task.load.iter().any(|load| *load < 0.0));
        }
        assert!((100..300).contains(&fed_in), "{fed_in} days with feed-in");
    }

    #[test]
    fn without_runs_the_peak_remains() {
        let weights = crate::exact::Weights { peak: 2.0, ..Default::default() };
        let task = Task { weights, peak: 300.0, load: vec![300.0], ..Task::default() };
        assert_eq!(Enumeration::default().solve(&task), 600.0);
    }
}
