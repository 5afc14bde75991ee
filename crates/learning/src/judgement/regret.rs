//! What a scheduler leaves on the table: its loss beyond that of a yardstick on the same days.
//!
//! Beyond the optimum in hindsight it holds what nobody could have known; beyond control with the same information it
//! may be negative. A ratio to the optimum's loss breaks where that is 0 (a household that minds only delay), so it is
//! also given in parts of the span from the optimum to the worst rule at the same preference.

/// A scheduler's regret at one preference over the same days as its yardsticks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regret {
    /// Mean loss less the optimum's.
    pub beyond_optimum: f64,
    /// Mean loss less that of control with the same information; negative where it is better than that.
    pub beyond_control: f64,
    /// `beyond_optimum` in parts of the span: 0 is the optimum, 1 the worst rule. 0 where there is no span.
    pub normalised: f64,
}

impl Regret {
    /// Of losses day by day, given those of the optimum and of control, and the [`span`].
    ///
    /// # Panics
    /// Where the losses are not of the same days.
    #[must_use]
    pub fn new(losses: &[f64], optimum: &[f64], control: &[f64], span: f64) -> Self {
        let beyond_optimum = mean_difference(losses, optimum);
        Self {
            beyond_optimum,
            beyond_control: mean_difference(losses, control),
            normalised: if span > 0.0 { beyond_optimum / span } else { 0.0 },
        }
    }
}

/// From the optimum's mean loss to that of the worst rule, ≥ 0; differences due to rounding are none.
///
/// # Panics
/// Where the losses are not of the same days.
#[must_use]
pub fn span(optimum: &[f64], rules: &[&[f64]]) -> f64 {
    let worst = rules.iter().map(|losses| mean_difference(losses, optimum)).fold(0.0, f64::max);
    if worst > 1e-9 { worst } else { 0.0 }
}

fn mean_difference(losses: &[f64], others: &[f64]) -> f64 {
    assert_eq!(losses.len(), others.len(), "losses of the same days");
    losses.iter().zip(others).map(|(loss, other)| loss - other).sum::<f64>() / losses.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regret_is_measured_between_the_optimum_and_the_worst_rule() {
        let optimum = [1.0, 2.0];
        let (soon, late) = ([2.0, 3.0], [5.0, 6.0]);
        let span = span(&optimum, &[&soon, &late]);
        assert_eq!(span, 4.0);
        let regret = Regret::new(&[1.0, 3.0], &optimum, &[2.0, 2.5], span);
        assert_eq!(regret, Regret { beyond_optimum: 0.5, beyond_control: -0.25, normalised: 0.125 });
        assert_eq!(Regret::new(&late, &optimum, &soon, span).normalised, 1.0);
        assert_eq!(
            Regret::new(&optimum, &optimum, &optimum, super::span(&optimum, &[&optimum])).normalised,
            0.0
        );
    }
}
