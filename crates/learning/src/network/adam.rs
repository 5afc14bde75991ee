//! Steps down a gradient whose length adapts to each weight.

/// The optimiser of Kingma and Ba, "Adam: a method for stochastic optimization" (ICLR 2015), algorithm 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    /// Step size α, > 0.
    pub rate: f32,
    /// Decay of the first moment β₁, 0 ≤ β₁ < 1.
    pub first_decay: f32,
    /// Decay of the second moment β₂, 0 ≤ β₂ < 1.
    pub second_decay: f32,
    /// What keeps the denominator from zero, ε > 0.
    pub epsilon: f32,
    /// First moments m, one per weight.
    pub first: Vec<f32>,
    /// Second raw moments v, one per weight.
    pub second: Vec<f32>,
    /// Steps taken, t.
    pub steps: u64,
}

impl Adam {
    /// The optimiser of so many weights, with the paper's decays of 0.9 and 0.999 and ε = 10⁻⁸.
    #[must_use]
    pub fn new(weights: usize, rate: f32) -> Self {
        Self {
            rate,
            first_decay: 0.9,
            second_decay: 0.999,
            epsilon: 1e-8,
            first: vec![0.0; weights],
            second: vec![0.0; weights],
            steps: 0,
        }
    }

    /// Changes the weights by one step.
    ///
    /// # Panics
    /// Where there are not as many weights or entries of the gradient as the optimiser was made for.
    pub fn step(&mut self, weights: &mut [f32], gradient: &[f32]) {
        assert_eq!((weights.len(), gradient.len()), (self.first.len(), self.first.len()), "weights of Adam");
        self.steps += 1;
        let (beta1, beta2) = (self.first_decay, self.second_decay);
        // The corrections 1 − βᵗ are in double precision: in single they would be off by a percent at first.
        let correction = |beta: f32| 1.0 - libm::pow(f64::from(beta), self.steps as f64);
        let rate = (f64::from(self.rate) / correction(beta1)) as f32;
        let scale = (1.0 / correction(beta2)) as f32;
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((weight, gradient), (first, second)) in weights.iter_mut().zip(gradient).zip(moments) {
            *first = beta1 * *first + (1.0 - beta1) * gradient;
            *second = beta2 * *second + (1.0 - beta2) * gradient * gradient;
            *weight -= rate * *first / ((*second * scale).sqrt() + self.epsilon);
        }
    }
}

/// Shortens a gradient to Euclidean length `limit` if it is longer (Pascanu et al., ICML 2013, algorithm 1).
/// Returns the length it had.
pub fn clip(gradient: &mut [f32], limit: f32) -> f32 {
    let norm = norm(gradient);
    if norm > limit {
        gradient.iter_mut().for_each(|entry| *entry *= limit / norm);
    }
    norm
}

/// Euclidean length, summed in sixteen interleaved parts, so that wide and narrow vectors give the same bits.
fn norm(gradient: &[f32]) -> f32 {
    let mut parts = [0.0_f32; 16];
    let (whole, rest) = gradient.as_chunks::<16>();
    for chunk in whole {
        parts.iter_mut().zip(chunk).for_each(|(part, entry)| *part += entry * entry);
    }
    parts.iter_mut().zip(rest).for_each(|(part, entry)| *part += entry * entry);
    parts.iter().sum::<f32>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_the_papers_algorithm() {
        // Algorithm 1 in double precision, f(x) = x²/2 · (1, 10).
        let mut adam = Adam::new(2, 0.1);
        let mut weights = [1.0_f32, -2.0];
        let (mut x, mut m, mut v) = ([1.0_f64, -2.0], [0.0_f64; 2], [0.0_f64; 2]);
        for t in 1..=200 {
            let gradient = [weights[0], 10.0 * weights[1]];
            adam.step(&mut weights, &gradient);
            for i in 0..2 {
                let g = [1.0, 10.0][i] * x[i];
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                let (mean, raw) = (m[i] / (1.0 - 0.9_f64.powi(t)), v[i] / (1.0 - 0.999_f64.powi(t)));
                x[i] -= 0.1 * mean / (raw.sqrt() + 1e-8);
                assert!((x[i] - f64::from(weights[i])).abs() < 1e-4, "{t}: {x:?} {weights:?}");
            }
        }
        assert!(weights.iter().all(|weight| weight.abs() < 0.05), "{weights:?}");
    }

    #[test]
    fn a_long_gradient_is_shortened_and_a_short_one_is_left() {
        let mut gradient: Vec<f32> = (0..37).map(|index| index as f32 - 18.0).collect();
        let exact = gradient.iter().map(|entry| f64::from(*entry).powi(2)).sum::<f64>().sqrt() as f32;
        assert_eq!(clip(&mut gradient, 1e3), exact);
        assert_eq!(gradient[0], -18.0);
        assert_eq!(clip(&mut gradient, 2.0), exact);
        assert!((norm(&gradient) - 2.0).abs() < 1e-6);
        assert!((gradient[0] + 18.0 * 2.0 / exact).abs() < 1e-6);
    }
}
