//! What is expected of a flow nobody steers (demand, sun, wind), judged against persistence.
//!
//! A forecaster is fed with metered values in order and asked for later steps; it cannot see anything else.

mod persistence;
pub use persistence::Persistence;
mod last_week;
pub use last_week::LastWeek;
mod smoothed;
pub use smoothed::Smoothed;

/// A way to forecast.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Method {
    /// The last known value.
    Persistence,
    /// The value of the same step a week before.
    LastWeek,
    /// Exponentially smoothed by step of the day, plus what remains of the last deviation from it.
    #[default]
    Smoothed,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::Persistence, Self::LastWeek, Self::Smoothed];

    /// The name used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Persistence => "persistence",
            Self::LastWeek => "last_week",
            Self::Smoothed => "smoothed",
        }
    }
}

/// A forecaster in use.
#[derive(Clone, Debug)]
pub enum Forecaster {
    /// See [`Method::Persistence`].
    Persistence(Persistence),
    /// See [`Method::LastWeek`].
    LastWeek(LastWeek),
    /// See [`Method::Smoothed`].
    Smoothed(Smoothed),
}

impl Forecaster {
    /// A forecaster that knows nothing yet; `steps_per_day` intervals make a day.
    #[must_use]
    pub fn new(method: Method, steps_per_day: usize) -> Self {
        match method {
            Method::Persistence => Self::Persistence(Persistence::default()),
            Method::LastWeek => Self::LastWeek(LastWeek::new(steps_per_day)),
            Method::Smoothed => Self::Smoothed(Smoothed::new(steps_per_day)),
        }
    }

    /// Takes the metered value of a step, Wh; steps come in order.
    pub fn observe(&mut self, step: i64, value: i64) {
        match self {
            Self::Persistence(forecast) => forecast.observe(value),
            Self::LastWeek(forecast) => forecast.observe(step, value),
            Self::Smoothed(forecast) => forecast.observe(step, value),
        }
    }

    /// What is expected at a later step, Wh, ≥ 0; 0 as long as nothing is known.
    #[must_use]
    pub fn expected(&self, step: i64) -> i64 {
        match self {
            Self::Persistence(forecast) => forecast.expected(),
            Self::LastWeek(forecast) => forecast.expected(step),
            Self::Smoothed(forecast) => forecast.expected(step),
        }
    }
}

/// Mean absolute error `lead` steps ahead of a method over `values`, divided by that of persistence: below 1 is
/// better. The first `learn` values only teach. `None` where persistence makes no error.
#[must_use]
pub fn skill(method: Method, values: &[i64], steps_per_day: usize, lead: usize, learn: usize) -> Option<f64> {
    let error = |method| {
        let mut forecaster = Forecaster::new(method, steps_per_day);
        let mut sum = 0;
        for (step, value) in values.iter().enumerate() {
            forecaster.observe(step as i64, *value);
            if let Some(actual) = values.get(step + lead).filter(|_| step >= learn) {
                sum += (actual - forecaster.expected((step + lead) as i64)).abs();
            }
        }
        sum
    };
    let persistence = error(Method::Persistence);
    (persistence > 0).then(|| error(method) as f64 / persistence as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    /// Two months of quarter hours with a daily shape and noise.
    fn household() -> Vec<i64> {
        let mut random = Random::of(5, "household");
        let hour = |step: i64| (step % 96) as f64 / 4.0;
        (0..96 * 60)
            .map(|step| (300.0 - 200.0 * libm::cos(hour(step) * 0.261_8)) as i64 + random.between(-80, 80))
            .collect()
    }

    #[test]
    fn persistence_judged_against_itself_is_one() {
        assert_eq!(skill(Method::Persistence, &household(), 96, 2, 96 * 7), Some(1.0));
        assert_eq!(skill(Method::Smoothed, &[5; 99], 96, 2, 0), None);
    }

    #[test]
    fn a_daily_shape_is_learnt() {
        let smoothed = skill(Method::Smoothed, &household(), 96, 8, 96 * 14).unwrap();
        let last_week = skill(Method::LastWeek, &household(), 96, 8, 96 * 14).unwrap();
        assert!(smoothed < 0.6 && smoothed < last_week, "{smoothed} {last_week}");
    }

    #[test]
    fn nothing_known_is_nothing_expected() {
        for method in Method::ALL {
            assert_eq!(Forecaster::new(method, 96).expected(3), 0, "{}", method.name());
        }
    }
}
