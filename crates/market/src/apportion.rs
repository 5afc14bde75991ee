//! Sharing an integer exactly.
//!
//! *Cumulative floor apportionment*: with weights w₁…wₙ of sum W in canonical order and an amount A to share,
//! part i is ⌊A·(w₁+…+wᵢ)/W⌋ − ⌊A·(w₁+…+wᵢ₋₁)/W⌋. The parts sum to A exactly, each differs from its quota by
//! less than 1, and each can be checked from the running sums alone.

/// Shares `amount` by weights that arrive one at a time in canonical order.
#[derive(Clone, Copy, Debug)]
pub struct CumulativeFloor {
    amount: u128,
    negative: bool,
    total_weight: u128,
    weight_so_far: u128,
    given: u128,
}

impl CumulativeFloor {
    /// Shares `amount` (a negative one shares its absolute value and takes the sign) by weights of sum
    /// `total_weight`. `None` where there is something to share but nobody to take it, or where the product
    /// could leave 128 bits.
    #[must_use]
    pub fn new(amount: i128, total_weight: u128) -> Option<Self> {
        let magnitude = amount.unsigned_abs();
        if (total_weight == 0 && magnitude != 0) || magnitude.checked_mul(total_weight).is_none() {
            return None;
        }
        Some(Self { amount: magnitude, negative: amount < 0, total_weight, weight_so_far: 0, given: 0 })
    }

    /// The next member's part. Weights beyond the announced total get nothing.
    #[must_use]
    pub fn next(&mut self, weight: u64) -> i128 {
        self.weight_so_far = (self.weight_so_far + u128::from(weight)).min(self.total_weight);
        let upto = divide(self.amount * self.weight_so_far, self.total_weight);
        let part = (upto - self.given) as i128;
        self.given = upto;
        if self.negative { -part } else { part }
    }
}

/// Rounds exact quotas n₁/d, n₂/d, … of one denominator to integers: part i is ⌊(n₁+…+nᵢ)/d⌋ − ⌊(n₁+…+nᵢ₋₁)/d⌋.
///
/// The same apportionment, where the quotas are known and the total is whatever they sum to, rounded down.
/// Part i lies strictly within 1 of nᵢ/d and never exceeds ⌈nᵢ/d⌉: a quota capped by an integer stays capped.
#[derive(Clone, Copy, Debug)]
pub struct RunningFloor {
    denominator: u128,
    sum: u128,
    given: u128,
}

impl RunningFloor {
    /// Begins, with the common denominator; where that is 0 every part is 0.
    #[must_use]
    pub const fn new(denominator: u128) -> Self {
        Self { denominator, sum: 0, given: 0 }
    }

    /// The part of the next quota, `numerator / denominator`.
    #[must_use]
    pub fn next(&mut self, numerator: u128) -> u128 {
        self.sum = self.sum.saturating_add(numerator);
        let upto = divide(self.sum, self.denominator);
        let part = upto - self.given;
        self.given = upto;
        part
    }
}

/// ⌊numerator / denominator⌋, 0 for a denominator of 0; several times faster where both fit 64 bits, as they mostly do.
fn divide(numerator: u128, denominator: u128) -> u128 {
    match (u64::try_from(numerator), u64::try_from(denominator)) {
        (_, Ok(0)) => 0,
        (Ok(numerator), Ok(denominator)) => u128::from(numerator / denominator),
        _ => numerator / denominator,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

        #[test]
        fn the_parts_sum_to_the_amount_and_stay_within_one_of_their_quotas(
            amount in -1_000_000_000_000_i64..1_000_000_000_000,
            weights in prop::collection::vec(0_u64..100_000_000_000, 1..40),
        ) {
            let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
            prop_assume!(total > 0);
            let mut parts = CumulativeFloor::new(i128::from(amount), total).unwrap();
            let mut sum = 0;
            for weight in weights {
                let part = parts.next(weight);
                let error = part * total as i128 - i128::from(amount) * i128::from(weight);
                prop_assert!(error.unsigned_abs() < total);
                sum += part;
            }
            prop_assert_eq!(sum, i128::from(amount));
        }

        #[test]
        fn quotas_round_within_one_and_below_their_ceilings(
            denominator in 1_u128..1_000_000_000,
            numerators in prop::collection::vec(0_u128..1_000_000_000_000_000_000_000, 1..40),
        ) {
            let mut parts = RunningFloor::new(denominator);
            let mut sum = 0;
            for numerator in &numerators {
                let part = parts.next(*numerator);
                prop_assert!((part * denominator).abs_diff(*numerator) < denominator);
                prop_assert!(part <= numerator.div_ceil(denominator));
                sum += part;
            }
            prop_assert_eq!(sum, numerators.iter().sum::<u128>() / denominator);
        }
    }

    #[test]
    fn nothing_can_be_shared_among_nobody() {
        assert!(CumulativeFloor::new(1, 0).is_none());
        assert_eq!(CumulativeFloor::new(0, 0).unwrap().next(5), 0);
    }

    #[test]
    fn a_negative_amount_mirrors_a_positive_one() {
        let share = |amount| {
            let mut parts = CumulativeFloor::new(amount, 7).unwrap();
            [1, 2, 4].map(|weight| parts.next(weight))
        };
        assert_eq!(share(10), [1, 3, 6]);
        assert_eq!(share(-10), [-1, -3, -6]);
    }
}
