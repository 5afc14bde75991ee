//! The least core: payoffs that divide v(N) so that the coalition that misses most misses as little as
//! possible (Maschler, Peleg, Shapley 1979),
//!
//! min ε over x(N) = v(N), v(S) − x(S) ≤ ε for every S but nobody and everybody.
//!
//! It always exists, ε is unique, the payoffs in general are not. ε ≤ 0 iff the core is not empty.

use super::rows::{Gains, Settled, everybody, least, most_missing};
use super::{Coalition, Coalitions};

/// A point of the least core.
#[derive(Clone, Debug, PartialEq)]
pub struct LeastCore {
    /// What the coalition that misses most misses, ε; negative where every one gets more than it is worth.
    pub excess: f64,
    /// Payoffs under which no coalition misses more: one of many in general.
    pub payoffs: Vec<f64>,
    /// Coalitions that miss so much under all such payoffs.
    pub binding: Vec<Coalition>,
}

/// A point of the least core. None for a single player, who has no coalition to leave with.
#[must_use]
pub fn least_core(game: &Coalitions) -> Option<LeastCore> {
    let most_missing = |payoffs: &[f64], settled: &Settled| most_missing(game, payoffs, settled);
    least_core_by_rows(game.players(), |coalition| game.value(coalition), most_missing)
}

/// The same for up to 64 players whose coalitions are too many to list: `value` of one, and an oracle that
/// names, for payoffs, the coalition that misses most, but for those whose payoffs are settled (here:
/// everybody).
///
/// It is as right as the oracle: where that overlooks a coalition, ε is a lower bound. None also where
/// rounding kept the programme from an end.
#[must_use]
pub fn least_core_by_rows(
    players: usize,
    value: impl Fn(Coalition) -> f64,
    mut most_missing: impl FnMut(&[f64], &Settled) -> Option<Coalition>,
) -> Option<LeastCore> {
    if players == 1 {
        return None;
    }
    let gains = Gains::new(players, value);
    let settled = Settled::new(players, gains.of(gains.everybody()));
    let least = least(&gains, false, &settled, &mut Vec::new(), &mut most_missing)?;
    Some(LeastCore { excess: least.excess, payoffs: least.payoffs, binding: least.binding })
}

/// The coalition that a climb finds to miss most: an oracle for games whose coalitions are too many to list.
/// From the best of the players alone, of all but one, and of `starts` random coalitions it lets a player in
/// or out while that helps. It may overlook a coalition.
pub fn climbing(
    players: usize,
    value: impl Fn(Coalition) -> f64,
    starts: u32,
    mut random: impl FnMut() -> u64,
) -> impl FnMut(&[f64], &Settled) -> Option<Coalition> {
    let all = everybody(players);
    move |payoffs, settled| {
        let missing = |coalition: Coalition| {
            value(coalition) - super::members(coalition).map(|player| payoffs[player]).sum::<f64>()
        };
        let singles = (0..players).flat_map(|player| [1 << player, all ^ 1 << player]);
        let drawn: Vec<Coalition> = (0..starts).map(|_| random() & all).collect();
        let mut best: Option<(Coalition, f64)> = None;
        for start in singles.chain(drawn).filter(|start| !settled.decides(*start)) {
            let mut here = (start, missing(start));
            loop {
                let next = (0..players).map(|player| here.0 ^ 1 << player);
                let next = next.filter(|next| *next != 0 && !settled.decides(*next));
                let next =
                    next.map(|next| (next, missing(next))).max_by(|one, other| one.1.total_cmp(&other.1));
                match next {
                    Some(next) if next.1 > here.1 => here = next,
                    _ => break,
                }
            }
            if best.is_none_or(|best| here.1 > best.1) {
                best = Some(here);
            }
        }
        best.map(|(coalition, _)| coalition)
    }
}

/// A point of the least core of a sample, and how far the sample speaks for all coalitions.
#[derive(Clone, Debug, PartialEq)]
pub struct SampledLeastCore {
    /// For the coalitions drawn: ε is at most that of all.
    pub least_core: LeastCore,
    /// Part of a second, independent sample that misses more.
    pub overlooked: f64,
    /// Standard error of that part; where nothing was overlooked, the part lies below 3 / `samples` in 95 of
    /// 100 cases.
    pub standard_error: f64,
    /// The most that any coalition of the second sample misses.
    pub excess_found: f64,
}

/// The least core of `samples` random coalitions, beside the players alone and all but one of them (Balcan,
/// Procaccia, Zick 2015), tried on as many others. None as in [`least_core_by_rows`], or
/// without samples.
#[must_use]
pub fn sampled_least_core(
    players: usize,
    value: impl Fn(Coalition) -> f64,
    samples: u32,
    mut random: impl FnMut() -> u64,
) -> Option<SampledLeastCore> {
    if samples == 0 || players == 1 {
        return None;
    }
    let all = everybody(players);
    let mut draw = || -> Vec<(Coalition, f64)> {
        let proper = std::iter::repeat_with(|| random() & all).filter(|drawn| *drawn != 0 && *drawn != all);
        proper.take(samples as usize).map(|coalition| (coalition, value(coalition))).collect()
    };
    let missing = |payoffs: &[f64], (coalition, value): (Coalition, f64)| {
        value - super::members(coalition).map(|player| payoffs[player]).sum::<f64>()
    };
    let seen = draw();
    let most = |payoffs: &[f64], _: &Settled| {
        let misses = |row: &&(Coalition, f64)| missing(payoffs, **row);
        seen.iter().max_by(|one, other| misses(one).total_cmp(&misses(other))).map(|row| row.0)
    };
    let least_core = least_core_by_rows(players, &value, most)?;
    let tried: Vec<f64> = draw().into_iter().map(|row| missing(&least_core.payoffs, row)).collect();
    let excess_found = tried.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let scale = seen.iter().fold(0.0_f64, |most, row| most.max(row.1.abs()));
    let over = tried.iter().filter(|missing| **missing > least_core.excess + 1e-9 * scale).count();
    let overlooked = over as f64 / f64::from(samples);
    let standard_error = (overlooked * (1.0 - overlooked) / f64::from(samples)).sqrt();
    Some(SampledLeastCore { least_core, overlooked, standard_error, excess_found })
}
