//! What every storage has in common: level' = level + charged − discharged − lost, in whole Wh.

use crate::Ratio;

/// A storage's limits per delivery interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Largest level, Wh.
    pub capacity: i64,
    /// Level below which it is not discharged, Wh.
    pub reserve: i64,
    /// Most it takes in one interval at its terminals, Wh.
    pub charge: i64,
    /// Most it gives in one interval at its terminals, Wh.
    pub discharge: i64,
    /// Stored per Wh taken, 0 to 1.
    pub charge_efficiency: Ratio,
    /// Given per Wh taken out of the store, 0 to 1.
    pub discharge_efficiency: Ratio,
    /// Part of the level lost in one interval, 0 to 1.
    pub standing_loss: Ratio,
}

/// What a storage did in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Level at the end, Wh.
    pub level: i64,
    /// Taken at the terminals, Wh, ≥ 0.
    pub charged: i64,
    /// Given at the terminals, Wh, ≥ 0.
    pub discharged: i64,
    /// Lost while charging, discharging and standing, Wh, ≥ 0.
    pub lost: i64,
}

impl Storage {
    /// One interval from `level` on, asked to take `net` Wh at the terminals (to give them where negative). It does as
    /// much of that as its limits allow, then loses what it loses by standing. 0 ≤ level ≤ capacity throughout.
    /// The step's number spreads standing losses of less than 1 Wh over the intervals.
    #[must_use]
    pub fn advance(&self, level: i64, net: i64, step: i64) -> Stored {
        let charged = net.max(0).min(self.most_charge(level));
        let discharged = (-net).max(0).min(self.most_discharge(level));
        let inside = level + self.charge_efficiency.of(charged);
        let inside =
            inside - if discharged > 0 { self.discharge_efficiency.input_for(discharged) } else { 0 };
        let after = inside - self.standing_loss.nth_part(inside, step);
        Stored { level: after, charged, discharged, lost: level + charged - discharged - after }
    }

    /// Most that can be taken at the terminals from this level on, Wh.
    #[must_use]
    pub fn most_charge(&self, level: i64) -> i64 {
        self.charge.min(self.charge_efficiency.largest_input((self.capacity - level).max(0)))
    }

    /// Most that can be given at the terminals from this level on, Wh.
    #[must_use]
    pub fn most_discharge(&self, level: i64) -> i64 {
        self.discharge.min(self.discharge_efficiency.of((level - self.reserve).max(0)))
    }
}

/// The part lost in one interval of `duration` s by what loses `per_day` of itself in a day: 1 − (1 − d)^(Δt/day).
pub(crate) fn per_interval(per_day: f64, duration: u32) -> Ratio {
    Ratio::nearest(1.0 - libm::pow(1.0 - per_day, f64::from(duration) / 86_400.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn storage()(capacity in 0_i64..100_000, part in 0.0..1.0, charge in 0_i64..20_000, discharge in 0_i64..20_000,
                     to in 0.01..=1.0, from in 0.01..=1.0, standing in 0.0..0.1) -> Storage {
            Storage { capacity, reserve: (capacity as f64 * part) as i64, charge, discharge,
                charge_efficiency: Ratio::nearest(to), discharge_efficiency: Ratio::nearest(from),
                standing_loss: Ratio::nearest(standing) }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(20_000)))]

        #[test]
        fn a_storage_neither_creates_nor_loses_a_watt_hour(
            storage in storage(), part in 0.0..=1.0, asked in proptest::collection::vec(-30_000_i64..30_000, 1..8),
        ) {
            let mut level = (storage.capacity as f64 * part) as i64;
            for (step, net) in (-3..).zip(asked) {
                let done = storage.advance(level, net, step);
                prop_assert_eq!(done.level, level + done.charged - done.discharged - done.lost);
                prop_assert!(0 <= done.level && done.level <= storage.capacity, "S10: {:?}", done);
                prop_assert!(done.lost >= 0 && done.charged >= 0 && done.discharged >= 0);
                prop_assert!(done.charged <= storage.charge.min(net.max(0)));
                prop_assert!(done.discharged <= storage.discharge.min((-net).max(0)));
                prop_assert!(done.discharged == 0 || done.level + storage.standing_loss.of(storage.capacity) + 1 >= storage.reserve);
                level = done.level;
            }
        }
    }
}
