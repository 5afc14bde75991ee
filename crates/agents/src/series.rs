//! A series of measured or simulated values, one per delivery interval, shared between members.
//!
//! Step 0 is the first simulated delivery interval; steps below it are history, which forecasts learn from. Each
//! member sees the shared values through its own scale and shift.

use std::ops::Range;
use std::sync::Arc;

/// A view of shared values. The unit belongs to whoever reads it (Wh per interval, W/kWp, 0.1 °C, …).
#[derive(Clone, Debug)]
pub struct Series {
    values: Arc<[i32]>,
    /// Step of the first value.
    first: i64,
    /// How many places the values are turned to the left, < length.
    turn: usize,
    /// Multiplied with every value, parts per million.
    scale: i64,
}

impl Series {
    /// Values from the step `first` on (negative where the series begins before the simulation).
    #[must_use]
    pub fn new(values: Arc<[i32]>, first: i64) -> Self {
        Self { values, first, turn: 0, scale: 1_000_000 }
    }

    /// The same value at every step of `steps`.
    #[must_use]
    pub fn constant(value: i32, steps: Range<i64>) -> Self {
        Self::new(vec![value; (steps.end - steps.start).max(0) as usize].into(), steps.start)
    }

    /// The same series multiplied by `factor` (kept to six decimal places); values round to the nearest.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        self.scale = (self.scale as f64 * factor).round() as i64;
        self
    }

    /// The same series, happening `steps` later; its ends wrap around, so that it covers the same span.
    #[must_use]
    pub fn shifted(mut self, steps: i64) -> Self {
        if !self.values.is_empty() {
            self.turn = (self.turn as i64 - steps).rem_euclid(self.values.len() as i64) as usize;
        }
        self
    }

    /// The steps it covers.
    #[must_use]
    pub fn steps(&self) -> Range<i64> {
        self.first..self.first + self.values.len() as i64
    }

    /// The value at a step, if the series covers it.
    #[must_use]
    pub fn get(&self, step: i64) -> Option<i64> {
        let place = usize::try_from(step - self.first).ok().filter(|place| *place < self.values.len())?;
        let turned = place + self.turn;
        let value = i64::from(
            self.values[if turned < self.values.len() { turned } else { turned - self.values.len() }],
        );
        Some(if self.scale == 1_000_000 {
            value
        } else {
            (value * self.scale + 500_000).div_euclid(1_000_000)
        })
    }

    /// The value at a step.
    ///
    /// # Panics
    /// Where the series does not cover the step: compare [`crate::Prosumer::steps`] with the run's before it starts.
    #[must_use]
    pub fn at(&self, step: i64) -> i64 {
        self.get(step).unwrap_or_else(|| panic!("step {step} lies outside the series' {:?}", self.steps()))
    }

    /// Smallest and largest value after scaling; `None` for an empty series.
    #[must_use]
    pub fn bounds(&self) -> Option<(i64, i64)> {
        let scaled = |value: &i32| (i64::from(*value) * self.scale + 500_000).div_euclid(1_000_000);
        Some((self.values.iter().map(scaled).min()?, self.values.iter().map(scaled).max()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_has_history_scale_and_shift() {
        let series = Series::new([10, 20, 30, 40].into(), -2);
        assert_eq!((series.at(-2), series.at(0), series.at(1), series.get(2)), (10, 30, 40, None));
        assert_eq!(series.clone().scaled(0.25).at(-1), 5);
        assert_eq!(series.clone().scaled(0.25).at(-2), 3); // 2.5 rounds up
        assert_eq!(series.clone().shifted(1).at(-2), 40);
        assert_eq!(series.clone().shifted(1).at(-1), 10);
        assert_eq!(series.steps(), -2..2);
        assert_eq!(series.bounds(), Some((10, 40)));
    }
}
