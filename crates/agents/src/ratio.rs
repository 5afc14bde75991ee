//! Exact ratios of energies: efficiencies, loss rates and coefficients of performance, in parts per million.

/// A ratio ≥ 0 with six decimal places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(u64);

/// Parts in a whole.
const WHOLE: i128 = 1_000_000;

impl Ratio {
    /// 1
    pub const ONE: Self = Self(1_000_000);
    /// 0
    pub const ZERO: Self = Self(0);

    /// The nearest ratio to a number; negative numbers and NaN give 0.
    #[must_use]
    pub fn nearest(value: f64) -> Self {
        Self((value * 1e6 + 0.5) as u64)
    }

    /// As a number.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// In parts per million.
    #[must_use]
    pub fn parts_per_million(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }

    /// ⌊ratio · amount⌋ for amount ≥ 0: what a conversion gives for an input.
    #[must_use]
    pub fn of(self, amount: i64) -> i64 {
        match (amount as u64).checked_mul(self.0) {
            Some(product) => (product / WHOLE as u64) as i64,
            None => (i128::from(amount) * i128::from(self.0) / WHOLE) as i64,
        }
    }

    /// The part of amount ≥ 0 that falls to interval `n` when ratio · amount is taken in every interval and only whole
    /// units can be: ⌊ratio · amount · (n + 1)⌋ − ⌊ratio · amount · n⌋, n modulo 1 000.
    #[must_use]
    pub fn nth_part(self, amount: i64, n: i64) -> i64 {
        if self.0 == 0 {
            return 0;
        }
        let parts = i128::from(amount) * i128::from(self.0);
        let upto = |n: i64| match i64::try_from(parts * i128::from(n)) {
            Ok(sum) => sum / WHOLE as i64,
            Err(_) => (parts * i128::from(n) / WHOLE) as i64,
        };
        let n = n.rem_euclid(1_000);
        upto(n + 1) - upto(n)
    }

    /// The smallest input whose output is at least `output`, ⌈output / ratio⌉; `i64::MAX` where the ratio is 0.
    #[must_use]
    pub fn input_for(self, output: i64) -> i64 {
        if self.0 == 0 {
            return if output <= 0 { 0 } else { i64::MAX };
        }
        match (output as u64).checked_mul(WHOLE as u64) {
            Some(parts) => parts.div_ceil(self.0) as i64,
            None => ((i128::from(output) * WHOLE + i128::from(self.0) - 1) / i128::from(self.0)) as i64,
        }
    }

    /// The largest input whose output is at most `output`; `i64::MAX` where the ratio is 0.
    #[must_use]
    pub fn largest_input(self, output: i64) -> i64 {
        if self.0 == 0 {
            return i64::MAX;
        }
        match (output as u64 + 1).checked_mul(WHOLE as u64) {
            Some(parts) => ((parts - 1) / self.0) as i64,
            None => (((i128::from(output) + 1) * WHOLE - 1) / i128::from(self.0)) as i64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

        #[test]
        fn parts_of_many_intervals_add_up(parts in 0_u64..1_000_000, amount in 0_i64..1_000_000_000) {
            let ratio = Ratio(parts);
            let sum: i64 = (0..1_000).map(|n| ratio.nth_part(amount, n)).sum();
            prop_assert_eq!(i128::from(sum), i128::from(amount) * i128::from(parts) * 1_000 / WHOLE);
            prop_assert!((0..1_000).all(|n| (0..=amount).contains(&ratio.nth_part(amount, n))));
        }

        #[test]
        fn inputs_and_outputs_fit_together(parts in 1_u64..8_000_000, amount in 0_i64..1_000_000_000) {
            let ratio = Ratio(parts);
            let least = ratio.input_for(amount);
            prop_assert!(ratio.of(least) >= amount);
            prop_assert!(least == 0 || ratio.of(least - 1) < amount);
            let most = ratio.largest_input(amount);
            prop_assert!(ratio.of(most) <= amount && ratio.of(most + 1) > amount);
        }
    }
}
