//! Complementarity: who delivers when, and when it is worth most.

use super::coalition::{Operation, Plant};

/// How the players' schedules at the optimum fit together and fit the price.
#[derive(Clone, Debug)]
pub struct Complement {
    /// Per player, energy given over the steps less energy taken, kWh.
    pub energy: Vec<f64>,
    /// Per player, mean of what it gives per what it can give, 0 to 1; nothing for those who only take.
    pub capacity_factors: Vec<Option<f64>>,
    /// Per player, what it gives per kWh weighed by price, against the mean price: above 1 it delivers when energy is dear.
    /// Nothing for those who give nothing, or where the mean price is not positive.
    pub capture: Vec<Option<f64>>,
    /// Per pair, the correlation of what they give (Pearson); 0 where one never changes. Negative: they complement each
    /// other.
    pub correlation: Vec<Vec<f64>>,
    /// Peak of what all give together per sum of their own peaks, 0 to 1: the lower, the more they complement each other.
    pub simultaneity: f64,
    /// What members give each other, kWh: Σₜ min(Σ given, Σ taken).
    pub netted: f64,
    /// All that members give, kWh.
    pub given: f64,
}

impl Complement {
    /// Of the schedules at the optimum.
    #[must_use]
    pub fn of(plant: &Plant, optimum: &Operation) -> Self {
        let schedules = &optimum.schedules;
        let steps = plant.steps() as f64;
        let middle: Vec<f64> = plant.prices.iter().map(super::Offer::middle).collect();
        let mean_price = middle.iter().sum::<f64>() / steps;
        let given =
            |schedule: &[f64]| -> Vec<f64> { schedule.iter().map(|energy| energy.max(0.0)).collect() };
        let factor = |(player, schedule): (&super::Player, &Vec<f64>)| {
            let sum: f64 = given(schedule).iter().sum();
            (player.capacity > 0.0).then(|| sum / (steps * player.capacity))
        };
        let capture = |schedule: &Vec<f64>| {
            let given = given(schedule);
            let sum: f64 = given.iter().sum();
            let worth: f64 = given.iter().zip(&middle).map(|(energy, price)| energy * price).sum();
            (sum > 1e-3 && mean_price > 0.0).then(|| worth / sum / mean_price)
        };
        let (mut netted, mut all, mut peak) = (0.0, 0.0, 0.0_f64);
        for step in 0..plant.steps() {
            let gives: f64 = schedules.iter().map(|schedule| schedule[step].max(0.0)).sum();
            let takes: f64 = schedules.iter().map(|schedule| (-schedule[step]).max(0.0)).sum();
            netted += gives.min(takes);
            all += gives;
            peak = peak.max(gives);
        }
        let own_peaks: f64 = schedules.iter().map(|s| s.iter().copied().fold(0.0, f64::max)).sum();
        Self {
            energy: schedules.iter().map(|schedule| schedule.iter().sum()).collect(),
            capacity_factors: plant.players.iter().zip(schedules).map(factor).collect(),
            capture: schedules.iter().map(capture).collect(),
            correlation: schedules
                .iter()
                .map(|one| schedules.iter().map(|other| correlation(one, other)).collect())
                .collect(),
            simultaneity: if own_peaks > 0.0 { peak / own_peaks } else { 0.0 },
            netted,
            given: all,
        }
    }
}

/// Pearson's; 0 where one of them never changes.
fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (a, b) = (mean(one), mean(other));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in one.iter().zip(other) {
        ab += (x - a) * (y - b);
        aa += (x - a) * (x - a);
        bb += (y - b) * (y - b);
    }
    if aa > 1e-9 && bb > 1e-9 { ab / (aa * bb).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opposites_complement_each_other() {
        assert!((correlation(&[0.0, 1.0, 2.0], &[4.0, 2.0, 0.0]) + 1.0).abs() < 1e-12);
        assert!((correlation(&[0.0, 1.0, 2.0], &[1.0, 3.0, 5.0]) - 1.0).abs() < 1e-12);
        assert_eq!(correlation(&[0.0, 1.0], &[7.0, 7.0]), 0.0);
    }
}
