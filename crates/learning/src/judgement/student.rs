//! Student's t distribution (Student 1908) and the normal distribution it tends to.

/// Probability that |t| of so many degrees of freedom (> 0) is at least `t` ≥ 0: I_x(ν/2, 1/2) with x = ν/(ν + t²)
/// (Abramowitz and Stegun 1964, 26.7.1).
#[must_use]
pub fn two_sided(t: f64, freedom: f64) -> f64 {
    incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t), t * t / (freedom + t * t))
}

/// The t that |t| exceeds with this probability, 0 < probability < 1.
#[must_use]
pub fn quantile(probability: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, freedom) > probability {
        high *= 2.0;
    }
    // Bisection: each step wins a bit, and a double has 53.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if two_sided(middle, freedom) > probability { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// Probability that a standard normal variable lies at least |z| from 0.
#[must_use]
pub fn normal_two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The regularised incomplete beta function I_x(a, b), y = 1 − x, by its continued fraction (Abramowitz and Stegun
/// 26.5.8), evaluated as in Lentz 1976; I_x(a, b) = 1 − I_y(b, a) where that converges faster.
fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, y, x);
    }
    let beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = libm::exp(a * libm::log(x) + b * libm::log(y) - beta) / a;
    // 1 / (1 + d₁ / (1 + d₂ / (1 + …)))
    let coefficient = |step: usize| {
        let m = (step / 2) as f64;
        match step % 2 {
            0 => m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            _ => -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        }
    };
    let away = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut c, mut d, mut fraction) = (1.0, 0.0, 1.0);
    for step in 1..500 {
        d = 1.0 / away(1.0 + coefficient(step) * d);
        c = away(1.0 + coefficient(step) / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    front / fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms_are_met() {
        for t in [0.0, 0.1, 0.7, 1.0, 3.0, 40.0] {
            // One degree is Cauchy's distribution, two have P(|t| > x) = 1 − x/√(2 + x²).
            let cauchy = 1.0 - 2.0 / std::f64::consts::PI * libm::atan(t);
            assert!((two_sided(t, 1.0) - cauchy).abs() < 1e-14, "{t}");
            assert!((two_sided(t, 2.0) - (1.0 - t / (2.0 + t * t).sqrt())).abs() < 1e-14, "{t}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // Abramowitz and Stegun, table 26.10, A = 0.95 and 0.99.
        for (freedom, five, one) in
            [(1.0, 12.706, 63.657), (9.0, 2.262, 3.250), (29.0, 2.045, 2.756), (120.0, 1.980, 2.617)]
        {
            assert!((quantile(0.05, freedom) - five).abs() < 5.1e-4, "{freedom}");
            assert!((quantile(0.01, freedom) - one).abs() < 5.1e-4, "{freedom}");
        }
        assert!((normal_two_sided(1.959_963_984_540_054) - 0.05).abs() < 1e-15);
    }
}
