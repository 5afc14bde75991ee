//! Preferences to learn from, and how a preference turns several values into one.

use super::{Options, Scalarisation};
use agents::Random;

/// Draws a preference to learn from.
pub(crate) fn draw_preference(random: &mut Random, options: &Options, weights: &mut [f32]) {
    if options.only_knots {
        draw_knot(random, options.knots, weights);
    } else {
        draw_weights(random, options.faces, weights);
    }
}

/// Draws weights that sum to 1, evenly on the simplex: the Dirichlet distribution with all parameters 1, as
/// exponential variables over their sum (Devroye 1986, ch. XI.4). With probability `faces` one weight is then zero,
/// with `faces`² another one too, and so on while one is left: the simplex alone would never show its faces, where an
/// objective does not matter at all.
fn draw_weights(random: &mut Random, faces: f32, weights: &mut [f32]) {
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

/// Draws a point of the grid with so many steps, each alike: what lies between bars that are put between steps at
/// random (stars and bars: Feller, vol. 1, II.5).
fn draw_knot(random: &mut Random, steps: usize, weights: &mut [f32]) {
    let places = (steps + weights.len() - 1) as i64;
    let mut bars = vec![0; weights.len() - 1];
    loop {
        bars.iter_mut().for_each(|bar| *bar = random.between(1, places));
        bars.sort_unstable();
        if bars.windows(2).all(|pair| pair[0] < pair[1]) {
            break;
        }
    }
    let mut before = 0;
    for (weight, bar) in weights.iter_mut().zip(bars.into_iter().chain([places + 1])) {
        *weight = (bar - before - 1) as f32 / steps as f32;
        before = bar;
    }
}

/// How many points the grid with so many steps along each edge of the simplex has: (steps + objectives − 1 over
/// objectives − 1).
pub(crate) fn knots(steps: usize, objectives: usize) -> usize {
    choose(steps + objectives - 1, objectives - 1)
}

/// Appends how near weights are to each point of that grid: coordinates within the cell of the grid that they lie in
/// (Freudenthal's triangulation), 0 elsewhere. They sum to 1, and what is linear in them is continuous in the weights
/// and may bend at every edge of a cell.
pub(crate) fn show_knots(weights: &[f32], steps: usize, into: &mut Vec<f32>) {
    let begin = into.len();
    into.resize(begin + knots(steps, weights.len()), 0.0);
    // In sums from the end, steps ≥ u₁ ≥ u₂ ≥ … ≥ 0, the cells are those of ordered fractions.
    let mut sums: Vec<f32> = weights[1..].iter().map(|weight| weight * steps as f32).collect();
    for place in (1..sums.len()).rev() {
        sums[place - 1] += sums[place];
    }
    // Weights that are rounded may sum to a little more than 1.
    sums.iter_mut().for_each(|sum| *sum = sum.min(steps as f32));
    let mut corner: Vec<usize> = sums.iter().map(|sum| *sum as usize).collect();
    let mut left: Vec<(usize, f32)> = sums.iter().map(|sum| sum.fract()).enumerate().collect();
    left.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut before = 1.0;
    for (place, fraction) in left {
        if before > fraction {
            into[begin + rank(&corner)] += before - fraction;
        }
        before = fraction;
        corner[place] += 1;
    }
    if before > 0.0 {
        into[begin + rank(&corner)] += before;
    }
}

/// The place of a point of the grid among all, in the order of its sums.
fn rank(sums: &[usize]) -> usize {
    let places = (1..=sums.len()).rev();
    sums.iter().zip(places).map(|(sum, place)| choose(sum + place - 1, place)).sum()
}

/// n over k.
fn choose(n: usize, k: usize) -> usize {
    (0..k).fold(1, |product, index| product * (n - index) / (index + 1))
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
            draw_weights(&mut random, 0.0, &mut weights);
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
            draw_weights(&mut random, 0.4, &mut weights);
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
    fn knots_are_coordinates_that_give_the_weights_back() {
        let mut random = Random::of(3, "knots");
        for (steps, objectives, count) in
            [(1, 3, 3), (5, 3, 21), (10, 3, 66), (4, 2, 5), (7, 1, 1), (3, 4, 20)]
        {
            assert_eq!(knots(steps, objectives), count);
            let mut shown = vec![false; count];
            let mut points = vec![vec![0.0; objectives]; count];
            for _ in 0..2_000 {
                // A point of the grid; below any.
                let mut weights = vec![0.0; objectives];
                draw_knot(&mut random, steps, &mut weights);
                let mut near = vec![];
                show_knots(&weights, steps, &mut near);
                let place = (0..count).max_by(|a, b| near[*a].total_cmp(&near[*b])).unwrap();
                assert!((near[place] - 1.0).abs() < 1e-5, "{weights:?}: {near:?}");
                assert!(
                    !shown[place]
                        || points[place].iter().zip(&weights).all(|(a, b): (&f32, _)| (a - b).abs() < 1e-5)
                );
                (shown[place], points[place]) = (true, weights);
            }
            assert!(shown.iter().all(|shown| *shown), "every point has a place of its own");
            for _ in 0..2_000 {
                let (mut weights, mut near) = (vec![0.0; objectives], vec![]);
                draw_weights(&mut random, 0.3, &mut weights);
                show_knots(&weights, steps, &mut near);
                assert!(
                    near.iter().all(|near| *near >= 0.0) && (near.iter().sum::<f32>() - 1.0).abs() < 1e-5
                );
                assert!(near.iter().filter(|near| **near > 0.0).count() <= objectives);
                for (objective, weight) in weights.iter().enumerate() {
                    let mean: f32 =
                        near.iter().zip(&points).map(|(near, point)| near * point[objective]).sum();
                    assert!((mean - weight).abs() < 1e-5, "{weights:?}: {near:?}");
                }
            }
        }
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
