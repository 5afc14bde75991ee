//! Exponential smoothing by step of the day, with an autoregressive remainder.
//!
//! The profile m_d of step of day d follows m_d ← m_d + α (x − m_d) (simple exponential smoothing: Brown 1959; by
//! season: Winters 1960, without trend). The deviation r = x − m_d follows r ← ρ r + (1 − ρ)(x − m_d), and fades with
//! the lead: expected x(t + k) = m_{d(t+k)} + φᵏ r(t). A cloudy noon is so expected to stay cloudy for a while.

/// A daily profile and the present deviation from it.
#[derive(Clone, Debug)]
pub struct Smoothed {
    /// By step of the day; negative where nothing is known.
    profile: Vec<f64>,
    deviation: f64,
    last: Option<i64>,
    /// What is left of a deviation so many steps later.
    left: Vec<f64>,
}

/// Leads whose fading is kept at hand.
const LEADS: usize = 48;

/// Weight α of a new day in the profile.
const NEW: f64 = 0.15;
/// Weight 1 − ρ of a new value in the deviation.
const NOW: f64 = 0.6;
/// What is left of a deviation after one hour, φ to the power of the steps per hour.
const AFTER_AN_HOUR: f64 = 0.6;

impl Smoothed {
    pub(crate) fn new(steps_per_day: usize) -> Self {
        let steps_per_hour = (steps_per_day as f64 / 24.0).max(1.0);
        let left = (0..LEADS).map(|lead| libm::pow(AFTER_AN_HOUR, lead as f64 / steps_per_hour)).collect();
        Self { profile: vec![-1.0; steps_per_day.max(1)], deviation: 0.0, last: None, left }
    }

    pub(crate) fn observe(&mut self, step: i64, value: i64) {
        let place = self.place(step);
        let value = value as f64;
        let mean = &mut self.profile[place];
        if *mean < 0.0 {
            *mean = value;
        }
        self.deviation += NOW * (value - *mean - self.deviation);
        *mean += NEW * (value - *mean);
        self.last = Some(step);
    }

    pub(crate) fn expected(&self, step: i64) -> i64 {
        let Some(last) = self.last else { return 0 };
        let mean = self.profile[self.place(step)];
        if mean < 0.0 {
            // The first day: no profile for this step yet.
            let before = self.profile[self.place(last)];
            return (before + self.deviation).max(0.0) as i64;
        }
        // Beyond the leads at hand (twelve hours of quarter hours) only the profile counts.
        let left =
            usize::try_from(step - last).ok().and_then(|lead| self.left.get(lead)).copied().unwrap_or(0.0);
        (mean + left * self.deviation + 0.5).max(0.0) as i64
    }

    fn place(&self, step: i64) -> usize {
        step.rem_euclid(self.profile.len() as i64) as usize
    }
}
