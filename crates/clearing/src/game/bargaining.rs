//! Nash bargaining: the optimum first, then the split of the gain.
//!
//! Players can reach a total together, or dᵢ each where they do not agree. Nash 1950 asks for the division
//! that maximises Π (xᵢ − dᵢ)^wᵢ over Σx = total, x ≥ d, with equal powers w, or with powers that say who is
//! patient (Roth 1979). Where utility can be transferred it is
//!
//! xᵢ = dᵢ + wᵢ/Σw · (total − Σd).
//!
//! It exists iff the total is at least Σd, and is unique as the product's logarithm is strictly concave.

/// The division of `total` among players who get `alone` without an agreement, by their `powers` (> 0; equal
/// powers split the gain equally). None where the total is less than they have alone: then nobody agrees.
///
/// # Panics
/// Where there are not as many powers as players, or a power is not above 0.
#[must_use]
pub fn bargain(total: f64, alone: &[f64], powers: &[f64]) -> Option<Vec<f64>> {
    bargain_capped(total, alone, powers, &vec![f64::INFINITY; alone.len()])
}

/// The same where nobody may get more than its cap: the maximum of the product over Σx = total, d ≤ x ≤ cap.
/// None where the total is less than they have alone, or more than all caps.
///
/// Whoever would pass its cap gets it, and the others split what is left, until nobody does: at most a round
/// per player.
///
/// # Panics
/// As [`bargain`], or where a cap is below what a player has alone.
#[must_use]
pub fn bargain_capped(total: f64, alone: &[f64], powers: &[f64], caps: &[f64]) -> Option<Vec<f64>> {
    assert!(alone.len() == powers.len() && alone.len() == caps.len(), "a power and a cap for each player");
    assert!(powers.iter().all(|power| *power > 0.0 && power.is_finite()), "powers are above 0");
    assert!(
        alone.iter().zip(caps).all(|(alone, cap)| alone <= cap),
        "a cap is below what a player has alone"
    );
    // What adding up rounds away is no reason to disagree.
    let rounding = 1e-12 * alone.iter().fold(total.abs(), |size, alone| size + alone.abs());
    let gain = total - alone.iter().sum::<f64>();
    if alone.is_empty() || gain < -rounding || total > caps.iter().sum::<f64>() + rounding {
        return None;
    }
    let (mut payoffs, mut free) = (alone.to_vec(), vec![true; alone.len()]);
    let (mut gain, mut power) = (gain.max(0.0), powers.iter().sum::<f64>());
    loop {
        // The level only rises as players leave at their caps, so none of them would come back.
        let level = gain / power;
        let over = |player: &usize| free[*player] && alone[*player] + powers[*player] * level > caps[*player];
        let over: Vec<usize> = (0..alone.len()).filter(over).collect();
        for player in &over {
            payoffs[*player] = caps[*player];
            gain -= caps[*player] - alone[*player];
            power -= powers[*player];
            free[*player] = false;
        }
        if over.is_empty() || !free.contains(&true) {
            for player in (0..alone.len()).filter(|player| free[*player]) {
                payoffs[player] += powers[player] * level;
            }
            return Some(payoffs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NO_CAP: f64 = f64::INFINITY;

    #[test]
    fn divisions_by_hand() {
        // Total, alone, powers, caps, payoffs.
        type Row = (f64, &'static [f64], &'static [f64], &'static [f64], Option<&'static [f64]>);
        let rows: [Row; 8] = [
            // Equal powers: 26 − 11 = 15 more, 5 for each.
            (26.0, &[2.0, 5.0, 4.0], &[1.0; 3], &[NO_CAP; 3], Some(&[7.0, 10.0, 9.0])),
            // The first is twice as strong: 2/4, 1/4 and 1/4 of 12.
            (23.0, &[2.0, 5.0, 4.0], &[2.0, 1.0, 1.0], &[NO_CAP; 3], Some(&[8.0, 8.0, 7.0])),
            // Costs are negative worths: alone 10 and 6, together 12: each saves 2.
            (-12.0, &[-10.0, -6.0], &[1.0; 2], &[NO_CAP; 2], Some(&[-8.0, -4.0])),
            // No gain, no loss.
            (11.0, &[2.0, 5.0, 4.0], &[1.0; 3], &[NO_CAP; 3], Some(&[2.0, 5.0, 4.0])),
            (10.0, &[2.0, 5.0, 4.0], &[1.0; 3], &[NO_CAP; 3], None),
            // The first stops at 3 of 4 more; the others share its last one.
            (23.0, &[2.0, 5.0, 4.0], &[1.0; 3], &[3.0, NO_CAP, NO_CAP], Some(&[3.0, 10.5, 9.5])),
            // Then the second passes its cap too: 10, and the third takes the rest.
            (23.0, &[2.0, 5.0, 4.0], &[1.0; 3], &[3.0, 10.0, NO_CAP], Some(&[3.0, 10.0, 10.0])),
            (23.0, &[2.0, 5.0, 4.0], &[1.0; 3], &[3.0, 9.0, 8.0], None),
        ];
        for (total, alone, powers, caps, payoffs) in rows {
            assert_eq!(bargain_capped(total, alone, powers, caps).as_deref(), payoffs);
            if caps.iter().all(|cap| *cap == NO_CAP) {
                assert_eq!(bargain(total, alone, powers).as_deref(), payoffs);
            }
        }
    }

    #[test]
    fn no_other_division_has_a_greater_product() {
        let player = (-50_i32..50, 1_u32..8, prop_oneof![Just(None), (0_u32..30).prop_map(Some)]);
        let players = prop::collection::vec(player, 2..6);
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(1_000));
        proptest!(config, |(players in players, gain in 1_u32..100, from in 0_usize..6, to in 0_usize..6)| {
            let alone: Vec<f64> = players.iter().map(|player| f64::from(player.0)).collect();
            let powers: Vec<f64> = players.iter().map(|player| f64::from(player.1)).collect();
            let cap = |player: &(i32, u32, Option<u32>)| {
                player.2.map_or(NO_CAP, |room| f64::from(player.0) + f64::from(room) + 0.5)
            };
            let caps: Vec<f64> = players.iter().map(cap).collect();
            let total = alone.iter().sum::<f64>() + f64::from(gain);
            let Some(payoffs) = bargain_capped(total, &alone, &powers, &caps) else {
                prop_assert!(total > caps.iter().sum::<f64>());
                return Ok(());
            };
            prop_assert!((payoffs.iter().sum::<f64>() - total).abs() < 1e-9);
            prop_assert!(payoffs.iter().zip(&caps).all(|(payoff, cap)| *payoff <= cap + 1e-9));
            let product = |payoffs: &[f64]| -> f64 {
                let gains = payoffs.iter().zip(&alone).zip(&powers);
                gains.map(|((payoff, alone), power)| power * ln(payoff - alone)).sum()
            };
            let (from, to) = (from % alone.len(), to % alone.len());
            let mut other = payoffs.clone();
            let moved = 0.01_f64.min(caps[to] - payoffs[to]).min(payoffs[from] - alone[from]).max(0.0);
            other[from] -= moved;
            other[to] += moved;
            prop_assert!(product(&other) <= product(&payoffs) + 1e-9);
        });
    }

    /// A logarithm is banned for differing between machines; a test's margin does not mind.
    #[expect(clippy::disallowed_methods)]
    fn ln(value: f64) -> f64 {
        value.ln()
    }
}
