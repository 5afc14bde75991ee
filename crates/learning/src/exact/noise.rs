//! How far a load may lie from what was expected, as a distribution of a few values.

use crate::home::Records;
use agents::Random;

/// How far the net load may lie from the expected, independent from slot to slot: for each slot of the day (W, probability).
#[derive(Clone, Debug, PartialEq)]
pub struct Noise(Vec<Vec<(f64, f64)>>);

impl Noise {
    /// The same deviations in W, with their probabilities, in every slot.
    ///
    /// # Panics
    /// Where the probabilities are negative or do not sum to 1, or a deviation is not finite.
    #[must_use]
    pub fn new(deviations: Vec<(f64, f64)>) -> Self {
        Self::by_slot(vec![deviations])
    }

    /// Deviations of each slot of the day; fewer slots than those of the day are repeated.
    ///
    /// # Panics
    /// Where there is no slot, or as [`new`](Self::new) does.
    #[must_use]
    pub fn by_slot(slots: Vec<Vec<(f64, f64)>>) -> Self {
        assert!(!slots.is_empty(), "a day has slots");
        for deviations in &slots {
            let sum: f64 = deviations.iter().map(|(_, probability)| probability).sum();
            let valid = |(deviation, probability): &(f64, f64)| deviation.is_finite() && *probability >= 0.0;
            assert!(
                deviations.iter().all(valid) && (sum - 1.0).abs() < 1e-9,
                "no distribution: {deviations:?}"
            );
        }
        Self(slots)
    }

    /// The net load is as expected.
    #[must_use]
    pub fn none() -> Self {
        Self::new(vec![(0.0, 1.0)])
    }

    /// What was erred by on recorded days, slot by slot of the day: the errors from the lowest to the highest, cut into
    /// parts of these `shares`, each told by its mean in whole multiples of `step` W > 0; parts that are then alike are one. A
    /// part holds one error at least, so that a few days are enough.
    ///
    /// # Panics
    /// Where shares are negative or do not sum to 1.
    #[must_use]
    pub fn of(records: &Records, shares: &[f64], step: f64) -> Self {
        let of_slot = |slot: usize| {
            let error = |day: usize| records.day(day).net[slot] - records.day(day).expected[slot];
            let mut errors: Vec<f64> = (0..records.days()).map(error).collect();
            errors.sort_by(f64::total_cmp);
            let mut until = 0.0;
            let mut parts: Vec<(f64, f64)> = Vec::new();
            for share in shares {
                let from = ((until * errors.len() as f64).round() as usize).min(errors.len() - 1);
                until += share;
                let to = ((until * errors.len() as f64).round() as usize).max(from + 1);
                let mean = errors[from..to].iter().sum::<f64>() / (to - from) as f64;
                let deviation = (mean / step).round() * step;
                match parts.last_mut() {
                    Some(last) if last.0 == deviation => last.1 += share,
                    _ => parts.push((deviation, *share)),
                }
            }
            parts
        };
        Self::by_slot((0..records.slots()).map(of_slot).collect())
    }

    /// The deviations of a slot, W, and their probabilities.
    #[must_use]
    pub fn at(&self, slot: usize) -> &[(f64, f64)] {
        &self.0[slot % self.0.len()]
    }

    /// The lowest deviation of a slot, W.
    #[must_use]
    pub fn lowest(&self, slot: usize) -> f64 {
        self.at(slot).iter().map(|(deviation, _)| *deviation).fold(f64::INFINITY, f64::min)
    }

    /// One of the deviations of a slot, W.
    #[must_use]
    pub fn draw(&self, slot: usize, random: &mut Random) -> f64 {
        let mut left = random.unit();
        let drawn = self.at(slot).iter().find(|(_, probability)| {
            left -= probability;
            left < 0.0
        });
        drawn.unwrap_or(&self.at(slot)[0]).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::Series;

    #[test]
    fn parts_of_the_errors_are_told_by_their_means() {
        // Ten days of two slots: errors 0, 100, … 900 in the first, in some order, and always −30 in the second.
        let errors = [300.0, 100.0, 0.0, 900.0, 500.0, 700.0, 200.0, 600.0, 800.0, 400.0];
        let net: Vec<f64> = errors.iter().flat_map(|error| [1_000.0 + error, 970.0]).collect();
        let rest = [0.0; 20];
        let series = Series { prices: &rest, feed_in: &rest, net: &net, expected: &[1_000.0; 20] };
        let noise = Noise::of(&Records::new(2, series).unwrap(), &[0.6, 0.3, 0.1], 50.0);
        // Means 250, 700 and 900; −30 is nearer to −50 than to 0.
        assert_eq!(noise.at(0), [(250.0, 0.6), (700.0, 0.3), (900.0, 0.1)]);
        assert_eq!(noise.at(1).len(), 1);
        assert_eq!((noise.lowest(0), noise.lowest(1)), (250.0, -50.0));
        let mut random = Random::of(1, "noise");
        let rare = (0..10_000).filter(|_| noise.draw(0, &mut random) == 900.0).count();
        assert!((900..1_100).contains(&rare), "{rare}");
    }

    #[test]
    fn one_day_is_enough() {
        let series = Series { prices: &[0.0], feed_in: &[0.0], net: &[90.0], expected: &[0.0] };
        let noise = Noise::of(&Records::new(1, series).unwrap(), &[0.6, 0.3, 0.1], 50.0);
        assert!(noise.at(0)[0].0 == 100.0 && noise.at(0).len() == 1);
    }
}
