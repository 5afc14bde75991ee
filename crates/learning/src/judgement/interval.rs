//! A mean with what is not known about it.

use super::student;

/// A mean and the interval that holds the true one with the stated confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean of the sample.
    pub mean: f64,
    /// Lower end, −∞ where a single value says nothing about the spread.
    pub low: f64,
    /// Upper end, ∞ where a single value says nothing about the spread.
    pub high: f64,
}

impl Interval {
    /// The interval of independent values at a confidence such as 0.95: mean ± t s/√n with n − 1 degrees of freedom.
    /// The values are those of seeds or days, each drawn alike; nothing where there are none.
    #[must_use]
    pub fn of(values: &[f64], confidence: f64) -> Option<Self> {
        let count = values.len() as f64;
        if values.is_empty() {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count;
        if values.len() == 1 {
            return Some(Self { mean, low: f64::NEG_INFINITY, high: f64::INFINITY });
        }
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let error = (squares / (count - 1.0) / count).sqrt();
        let half = student::quantile(1.0 - confidence, count - 1.0) * error;
        Some(Self { mean, low: mean - half, high: mean + half })
    }

    /// Whether the interval lies wholly on one side of a value.
    #[must_use]
    pub fn excludes(&self, value: f64) -> bool {
        value < self.low || value > self.high
    }

    /// Whether two intervals have a value in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_worked_example() {
        // Extra hours of sleep by the second drug less the first: Student 1908, Biometrika 6, p. 20: mean 1.58,
        // standard deviation 1.230 (with n − 1); R's t.test(sleep) prints the interval 0.7001142 to 2.4598858.
        let differences = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let interval = Interval::of(&differences, 0.95).unwrap();
        assert!((interval.mean - 1.58).abs() < 1e-12);
        assert!((interval.low - 0.700_114_2).abs() < 1e-7 && (interval.high - 2.459_885_8).abs() < 1e-7);
        assert!(interval.excludes(0.0) && !interval.excludes(1.0));
    }

    #[test]
    fn one_value_says_nothing_about_its_spread() {
        let interval = Interval::of(&[3.0], 0.95).unwrap();
        assert!(!interval.excludes(-1e9) && interval.mean == 3.0);
        assert_eq!(Interval::of(&[], 0.95), None);
    }
}
