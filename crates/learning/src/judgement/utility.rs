//! What a household loses that must choose among a scheduler's outcomes rather than among the best ones.
//!
//! A scheduler offers a set of outcomes, one per preference it was set to; a household takes the one it likes best, so
//! its utility is max over the set of −loss. The loss of utility against a reference set is averaged over households
//! (Zintgraf et al. 2015, "Quality assessment of MORL algorithms: a utility perspective") or taken at its worst
//! (maximum utility loss; both in Hayes et al. 2022, "A practical guide to multi-objective reinforcement learning and
//! planning", section 8).

use crate::home::{Outcome, Preference, Scales};

/// Over the households of a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UtilityLoss {
    /// Mean loss of utility, each preference as likely.
    pub expected: f64,
    /// Loss of utility of the household that loses most.
    pub maximum: f64,
    /// Which one that is.
    pub at: Preference,
}

/// Loss of utility of a set of outcomes against a reference set. Nothing where a set or the grid is empty.
#[must_use]
pub fn utility_loss(
    offered: &[Outcome],
    reference: &[Outcome],
    grid: &[Preference],
    scales: &Scales,
) -> Option<UtilityLoss> {
    if offered.is_empty() || reference.is_empty() {
        return None;
    }
    let least = |outcomes: &[Outcome], preference: &Preference| {
        outcomes.iter().map(|outcome| preference.loss(outcome, scales)).fold(f64::INFINITY, f64::min)
    };
    let loss = |preference: &Preference| least(offered, preference) - least(reference, preference);
    let expected = grid.iter().map(loss).sum::<f64>() / grid.len() as f64;
    let at = *grid.iter().max_by(|a, b| loss(a).total_cmp(&loss(b)))?;
    Some(UtilityLoss { expected, maximum: loss(&at), at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_chooses_for_itself() {
        let scales = Scales { cost: 1.0, peak: 1.0, delay: 1.0 };
        let outcome = |cost, delay| Outcome { cost, peak: 0.0, delay };
        let best = [outcome(0.0, 4.0), outcome(4.0, 0.0), outcome(1.0, 1.0)];
        let offered = [outcome(0.0, 4.0), outcome(4.0, 0.0)];
        let preference = |cost| Preference { cost, peak: 0.0, delay: 1.0 - cost };
        // At the corners nothing is lost; in the middle 2 instead of 1; at ¼: least of 3, 1 → 1 either way.
        let grid = [preference(0.0), preference(0.25), preference(0.5), preference(1.0)];
        let loss = utility_loss(&offered, &best, &grid, &scales).unwrap();
        assert_eq!(loss, UtilityLoss { expected: 0.25, maximum: 1.0, at: grid[2] });
        assert_eq!(utility_loss(&best, &offered, &grid, &scales).unwrap().expected, -0.25);
        assert_eq!(utility_loss(&[], &best, &grid, &scales), None);
    }
}
