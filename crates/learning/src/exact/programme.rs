//! The best starts of all runs together, as a mixed-integer programme.
//!
//! Binary xₐₜ says that run a starts in slot t, z is the peak:
//!
//! min Σ (w_c/s_c · costₐₜ + w_d/s_d · delayₐₜ) xₐₜ + w_p/s_p · z, with Σ_t xₐₜ = 1 for every run and
//! z ≥ loadₜ + Σ_a powerₐ Σ_{s whose run covers t} xₐₛ in every slot. Where panels may feed in, the load of a slot is
//! import less export, and these are paid in place of costₐₜ.
//!
//! It is solved by branch and bound (Land and Doig 1960) over the relaxation 0 ≤ x ≤ 1, best bound first. Branching
//! cuts a run's window in two, which halves it where setting one x to 0 would hardly matter; starts that cannot better
//! the best schedule known even if all other runs stood at their best are left out; and z ≥ Σ_t peakₐₜ xₐₜ with
//! the peak that a run alone would make, without which a relaxed run would spread thinly over its window.

use super::{Run, Task};
use crate::home::Outcome;
use agents::linear::{Programme as Relaxation, Variable};

/// Losses closer than this count as equal: the relaxations are solved by an interior-point method to about 1e-8.
const EQUAL: f64 = 1e-7;

/// How a search ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Loss of the best schedule found.
    pub loss: f64,
    /// No schedule has a smaller loss than this. It equals the loss where the search came to its end.
    pub bound: f64,
    /// The start of every run.
    pub starts: Vec<usize>,
    /// Relaxations solved.
    pub nodes: usize,
}

/// The least loss of a task, after at most `nodes` relaxations.
#[must_use]
pub fn solve(task: &Task, nodes: usize) -> Found {
    let runs = &task.runs;
    let root: Vec<(usize, usize)> = runs.iter().map(|run| (run.first, run.last)).collect();
    let mut best = greedy(task, |run| (runs[run].first..=runs[run].last).collect());
    let mut open = vec![Node { bound: f64::NEG_INFINITY, windows: root }];
    let mut solved = 0;
    while let Some(place) = least(&open) {
        if solved == nodes {
            break;
        }
        let Node { bound, windows } = open.swap_remove(place);
        if bound >= best.0 - EQUAL {
            continue;
        }
        solved += 1;
        let Some(relaxed) = relax(task, &windows, best.0) else { continue };
        let bound = relaxed.loss.max(bound);
        let likely = greedy(task, |run| relaxed.likely(run));
        if likely.0 < best.0 {
            best = likely;
        }
        if bound >= best.0 - EQUAL {
            continue;
        }
        let Some((run, start)) = relaxed.divided() else { continue };
        for window in [(windows[run].0, start), (start + 1, windows[run].1)] {
            let mut windows = windows.clone();
            windows[run] = window;
            open.push(Node { bound, windows });
        }
    }
    let bound = open.iter().map(|node| node.bound).fold(best.0, f64::min);
    Found { loss: best.0, bound, starts: best.1, nodes: solved }
}

/// What is still to be searched: per run its first and last start.
struct Node {
    bound: f64,
    windows: Vec<(usize, usize)>,
}

fn least(open: &[Node]) -> Option<usize> {
    (0..open.len()).min_by(|a, b| open[*a].bound.total_cmp(&open[*b].bound))
}

/// Places runs one after the other, the most energy first, each at the best of its starts.
fn greedy(task: &Task, starts: impl Fn(usize) -> Vec<usize>) -> (f64, Vec<usize>) {
    let mut order: Vec<usize> = (0..task.runs.len()).collect();
    let energy = |run: &Run| run.power * run.duration as f64;
    order.sort_by(|a, b| energy(&task.runs[*b]).total_cmp(&energy(&task.runs[*a])));
    let mut load = task.load.clone();
    let mut peak = task.peak;
    let mut chosen = vec![0; task.runs.len()];
    for place in order {
        let run = &task.runs[place];
        let loss = |start: &usize| {
            let alone = task.alone(run, *start, &load);
            task.weights.loss(&Outcome { peak: alone.peak.max(peak), ..alone })
        };
        let start = starts(place).into_iter().min_by(|a, b| loss(a).total_cmp(&loss(b)));
        chosen[place] = start.expect("a run has a start");
        peak = peak.max(task.alone(run, chosen[place], &load).peak);
        load[chosen[place]..chosen[place] + run.duration].iter_mut().for_each(|load| *load += run.power);
    }
    (task.weights.loss(&task.outcome(&chosen)), chosen)
}

/// A solved relaxation: per run its starts with their shares.
struct Relaxed {
    loss: f64,
    shares: Vec<Vec<(usize, f64)>>,
}

impl Relaxed {
    /// Starts that the relaxation takes to a noticeable part.
    fn likely(&self, run: usize) -> Vec<usize> {
        let most = self.shares[run].iter().map(|share| share.1).fold(0.0, f64::max);
        let likely = self.shares[run].iter().filter(|share| share.1 >= 0.1 * most);
        likely.map(|share| share.0).collect()
    }

    /// The run whose starts lie furthest apart, and the last start of the earlier half; nothing if all are whole.
    fn divided(&self) -> Option<(usize, usize)> {
        let spread = |shares: &[(usize, f64)]| {
            let mean: f64 = shares.iter().map(|(start, share)| *start as f64 * share).sum();
            let spread: f64 = shares.iter().map(|(start, share)| (*start as f64 - mean).abs() * share).sum();
            (spread, mean)
        };
        let spreads: Vec<(f64, f64)> = self.shares.iter().map(|shares| spread(shares)).collect();
        let run = (0..spreads.len()).max_by(|a, b| spreads[*a].0.total_cmp(&spreads[*b].0))?;
        let shares = &self.shares[run];
        let (first, last) = (shares.first()?.0, shares.last()?.0);
        (first < last).then(|| (run, (spreads[run].1 as usize).clamp(first, last - 1)))
    }
}

/// The relaxation within the windows, without starts that alone lead to a loss of `best` or more; nothing where none
/// better remains.
fn relax(task: &Task, windows: &[(usize, usize)], best: f64) -> Option<Relaxed> {
    let weights = &task.weights;
    let infinity = f64::INFINITY;
    let (watts, own) = (1e-3, 1e3 * weights.peak); // kW inside, so that numbers are of order one
    let options: Vec<Vec<(usize, f64, f64)>> = task
        .runs
        .iter()
        .zip(windows)
        .map(|(run, (first, last))| {
            let alone = |start| {
                let alone = task.alone(run, start, &task.load);
                (start, weights.cost * alone.cost + weights.delay * alone.delay, alone.peak.max(task.peak))
            };
            (*first..=*last).map(alone).collect()
        })
        .collect();
    let least_losses: Vec<f64> = options
        .iter()
        .map(|options| options.iter().map(|option| option.1).fold(infinity, f64::min))
        .collect();
    let least: f64 = least_losses.iter().sum();
    // Where a slot may be fed from, import and export are paid and not the run alone.
    let feeds = task.load.iter().any(|load| *load < 0.0) && weights.cost > 0.0;

    let mut programme = Relaxation::default();
    let all: f64 = task.runs.iter().map(|run| run.power).sum();
    let z = programme.variable(own, task.peak * watts, (task.peak + all) * watts);
    let mut bare = 0.0; // what the loads cost without the runs, where they are paid in import and export
    let mut covers: Vec<Vec<(Variable, f64)>> = vec![vec![]; task.load.len()];
    let mut variables = vec![];
    for ((run, options), own_least) in task.runs.iter().zip(&options).zip(&least_losses) {
        let mut starts = vec![];
        let (mut one, mut alone) = (vec![], vec![(z, 1.0)]);
        for (start, loss, peak) in options {
            if least - own_least + loss + weights.peak * peak >= best - EQUAL {
                continue;
            }
            let delay = weights.delay * (start - run.since) as f64 * task.hours;
            let x = programme.variable(if feeds { delay } else { *loss }, 0.0, infinity);
            one.push((x, 1.0));
            alone.push((x, -peak * watts));
            covers[*start..start + run.duration].iter_mut().for_each(|row| row.push((x, run.power * watts)));
            starts.push((*start, x));
        }
        if starts.is_empty() {
            return None;
        }
        programme.row(&one, 1.0);
        if own > 0.0 {
            alone.push((programme.variable(0.0, 0.0, infinity), -1.0));
            programme.row(&alone, 0.0);
        }
        variables.push(starts);
    }
    for (slot, mut terms) in covers.into_iter().enumerate() {
        if terms.is_empty() {
            continue;
        }
        let load = task.load[slot] * watts;
        if feeds {
            let euro = weights.cost * task.hours; // loss per €/kWh and kW
            let import = programme.variable(euro * task.prices[slot], 0.0, infinity);
            let export = programme.variable(-euro * task.feed_in[slot], 0.0, (-load).max(0.0));
            let mut balance = terms.clone();
            balance.extend([(import, -1.0), (export, 1.0)]);
            programme.row(&balance, -load);
            bare += euro * load * if load >= 0.0 { task.prices[slot] } else { task.feed_in[slot] };
        }
        if own > 0.0 {
            terms.extend([(z, -1.0), (programme.variable(0.0, 0.0, infinity), 1.0)]);
            programme.row(&terms, -load);
        }
    }
    let solution = programme.solve();
    let shares = variables.iter().map(|starts| {
        // Every relaxation has a solution. Where the solver does not get there, nothing is learnt from it.
        let even = 1.0 / starts.len() as f64;
        let share = |x| solution.as_ref().map_or(even, |solution| solution.of(x).max(0.0));
        starts.iter().map(|(start, x)| (*start, share(*x))).collect()
    });
    let loss = solution.as_ref().map_or(f64::NEG_INFINITY, |solution| solution.cost() - bare);
    Some(Relaxed { loss, shares: shares.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Enumeration;
    use crate::example;
    use agents::Random;

    #[test]
    fn programme_and_enumeration_find_the_same_on_a_thousand_days() {
        let mut random = Random::of(1, "programme");
        let mut enumeration = Enumeration::default();
        let (mut nodes, mut most) = (0, 0);
        for _ in 0..1_000 {
            let task = example::task(&mut random, 5, 24);
            let found = solve(&task, 10_000);
            let least = enumeration.solve(&task);
            assert!((found.loss - task.weights.loss(&task.outcome(&found.starts))).abs() < 1e-12);
            assert!((found.loss - least).abs() < 1e-6, "{found:?}, enumeration {least}, {task:?}");
            assert!(found.loss - found.bound < 1e-6, "{found:?}");
            nodes += found.nodes;
            most = most.max(found.nodes);
        }
        // Neither is every day solved by its first relaxation, nor does the search go through everything.
        assert!(nodes > 1_500 && most < 1_000, "{nodes} relaxations, at most {most} for a day");
    }

    #[test]
    fn a_search_cut_short_says_between_what_the_optimum_lies() {
        let mut random = Random::of(3, "programme");
        let mut enumeration = Enumeration::default();
        let mut open = 0;
        for _ in 0..200 {
            let task = example::task(&mut random, 5, 24);
            let found = solve(&task, 1);
            let least = enumeration.solve(&task);
            assert!(found.bound <= least + 1e-6 && least <= found.loss + 1e-12, "{found:?}, {least}");
            open += usize::from(found.loss > found.bound + 1e-6);
        }
        assert!(open > 10, "{open} days need more than one relaxation");
    }
}
