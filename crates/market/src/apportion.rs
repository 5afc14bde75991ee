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
        let product = self.amount * self.weight_so_far;
        let upto = match (u64::try_from(product), u64::try_from(self.total_weight)) {
            (_, Ok(0)) => 0,
            (Ok(product), Ok(total)) => u128::from(product / total), // the common case, several times faster
            _ => product / self.total_weight,
        };
        let part = (upto - self.given) as i128;
        self.given = upto;
        if self.negative { -part } else { part }
    }
}
