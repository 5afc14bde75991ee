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

/// Rounds exact quotas a₁·n/d, a₂·n/d, … to integers: part i is ⌊(a₁+…+aᵢ)·n/d⌋ − ⌊(a₁+…+aᵢ₋₁)·n/d⌋.
///
/// The same apportionment, where the quotas are known and the total is whatever they sum to, rounded down.
/// Part i lies strictly within 1 of its quota and never exceeds its ceiling: a quota capped by an integer stays
/// capped.
#[derive(Clone, Copy, Debug)]
pub struct RunningFloor {
    rate: (u128, u128),
    sum: u128,
    given: u128,
}

impl RunningFloor {
    /// Begins, with the common denominator of quotas aᵢ/d; where that is 0 every part is 0.
    #[must_use]
    pub const fn new(denominator: u128) -> Self {
        Self::at((1, denominator))
    }

    /// Begins, with the rate n/d of quotas aᵢ·n/d; where d is 0 every part is 0.
    #[must_use]
    pub const fn at(rate: (u128, u128)) -> Self {
        Self { rate, sum: 0, given: 0 }
    }

    /// The part of the next quota, that of `amount`.
    #[must_use]
    pub fn next(&mut self, amount: u128) -> u128 {
        self.sum = self.sum.saturating_add(amount);
        let upto = mul_div(self.sum, self.rate).0;
        let part = upto - self.given;
        self.given = upto;
        part
    }
}

/// ⌊amount · n/d⌋ and the remainder over d, the product of any size; 0 for a denominator of 0.
///
/// The quotient must fit 128 bits, as it does wherever it is an energy or money.
#[must_use]
pub fn mul_div(amount: u128, (numerator, denominator): (u128, u128)) -> (u128, u128) {
    if denominator == 0 {
        return (0, 0);
    }
    // Nearly always everything fits 64 bits, and one division gives both.
    if let (Ok(amount), Ok(numerator), Ok(denominator)) =
        (u64::try_from(amount), u64::try_from(numerator), u64::try_from(denominator))
        && let Some(product) = amount.checked_mul(numerator)
    {
        return ((product / denominator).into(), (product % denominator).into());
    }
    if let Some(product) = amount.checked_mul(numerator) {
        return (product / denominator, product % denominator);
    }
    // Long multiplication: amount · numerator = high · 2¹²⁸ + low.
    let halves = |number: u128| (number >> 64, number & u128::from(u64::MAX));
    let ((a, b), (c, d)) = (halves(amount), halves(numerator));
    let (low, carry) = (b * d).overflowing_add((a * d) << 64);
    let (low, carry_too) = low.overflowing_add((b * c) << 64);
    let high = a * c + ((a * d) >> 64) + ((b * c) >> 64) + u128::from(carry) + u128::from(carry_too);
    // Long division, bit by bit; what the remainder shifts out stands for 2¹²⁸ and is taken off with the denominator.
    let (mut quotient, mut remainder) = (0_u128, high % denominator);
    for bit in (0..128).rev() {
        let beyond = remainder >> 127 == 1;
        remainder = (remainder << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if beyond || remainder >= denominator {
            remainder = remainder.wrapping_sub(denominator);
            quotient |= 1;
        }
    }
    (quotient, remainder)
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

        #[test]
        fn a_product_beyond_128_bits_is_quotient_times_denominator_plus_remainder(
            (numerator, denominator, amount) in any::<(u128, u128, u128)>(),
            small in 0..128_u32,
        ) {
            let (amount, denominator) = (amount >> small, (denominator >> small).max(1));
            let numerator = numerator % (denominator.saturating_add(1)); // at most d, so that the quotient fits
            let (quotient, remainder) = mul_div(amount, (numerator, denominator));
            prop_assert!(remainder < denominator);
            // Equal modulo 2¹²⁸ and modulo a prime: two numbers of 256 bits that differ would hardly be both.
            let low = quotient.wrapping_mul(denominator).wrapping_add(remainder);
            prop_assert_eq!(low, amount.wrapping_mul(numerator));
            let prime = (1 << 61) - 1;
            let of = |one: u128, other: u128| (one % prime) * (other % prime) % prime;
            prop_assert_eq!((of(quotient, denominator) + remainder % prime) % prime, of(amount, numerator));
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
