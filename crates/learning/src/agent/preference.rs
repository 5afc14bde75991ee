//! Preferences to learn from, and how a preference turns several values into one.

use super::Scalarisation;
use agents::Random;

/// Draws weights that sum to 1, evenly on the simplex: the Dirichlet distribution with all parameters 1, as
/// exponential variables over their sum (Devroye 1986, ch. XI.4). With probability `faces` one weight is then zero,
/// with `faces`² another one too, and so on while one is left: the simplex alone would never show its faces, where an
/// objective does not matter at all.
pub(crate) fn draw_preference(random: &mut Random, faces: f32, weights: &mut [f32]) {
    weights.iter_mut().for_each(|weight| *weight = -libm::log(1.0 - random.unit()) as f32);
    for left in (2..=weights.len()).rev() {
        if random.unit() >= f64::from(faces) {
            break;
        }
        let place = random.between(0, left as i64 - 1) as usize;
        if let Some(weight) = weights.iter_mut().filter(|weight| **weight > 0.0).nth(place) {
            *weight = 0.0;
        }
    }
    let sum: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
}

impl Scalarisation {
    /// One number for rewards still to come, `values`, after those `collected`; more is better.
    pub(crate) fn score(&self, values: &[f32], collected: &[f32], preference: &[f32]) -> f32 {
        match self {
            Self::Linear => values.iter().zip(preference).map(|(value, weight)| value * weight).sum(),
            Self::Chebyshev(best) => {
                let totals = values.iter().zip(collected).map(|(value, collected)| value + collected);
                let missing = best.iter().zip(totals).zip(preference);
                let missing = missing.map(|((best, total), weight)| weight * (best - total));
                let (most, sum) =
                    missing.fold((f32::MIN, 0.0), |(most, sum), missing| (missing.max(most), sum + missing));
                -most - 0.01 * sum
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_even_on_the_simplex() {
        // A uniform point of the triangle: mean 1/3, variance 1/18, and a share of (1 − a)² above a.
        let mut random = Random::of(1, "simplex");
        let (mut sum, mut squares, mut above) = (0.0, 0.0, 0);
        for _ in 0..20_000 {
            let mut weights = [0.0; 3];
            draw_preference(&mut random, 0.0, &mut weights);
            assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            sum += weights[1];
            squares += weights[1] * weights[1];
            above += usize::from(weights[2] > 0.7);
        }
        let mean = sum / 2e4;
        assert!((mean - 1.0 / 3.0).abs() < 0.005, "{mean}");
        assert!((squares / 2e4 - mean * mean - 1.0 / 18.0).abs() < 0.002);
        assert!((above as f32 / 2e4 - 0.09).abs() < 0.007, "{above}");
    }

    #[test]
    fn faces_are_drawn_as_often_as_asked() {
        let mut random = Random::of(2, "faces");
        let mut zeros = [0; 3];
        for _ in 0..20_000 {
            let mut weights = [0.0; 3];
            draw_preference(&mut random, 0.4, &mut weights);
            assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            zeros[weights.iter().filter(|weight| **weight == 0.0).count()] += 1;
        }
        let share = zeros.map(|count| f64::from(count) / 2e4);
        let expected = [0.6, 0.24, 0.16];
        assert!(
            share.iter().zip(expected).all(|(share, expected)| (share - expected).abs() < 0.015),
            "{share:?}"
        );
    }

    #[test]
    fn a_norm_sees_what_a_sum_cannot() {
        // The middle of three points lies inside the hull of the others: best for the norm, never for the sum.
        let (points, even) = ([[1.0, 0.0], [0.4, 0.4], [0.0, 1.0]], [0.5, 0.5]);
        let best = |scalarisation: Scalarisation| {
            let scores = points.map(|point| scalarisation.score(&point, &[0.0; 2], &even));
            (0..3).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap()
        };
        assert_ne!(best(Scalarisation::Linear), 1);
        assert_eq!(best(Scalarisation::Chebyshev(vec![1.0, 1.0])), 1);
    }
}
