//! Time as the application may look at it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A stopwatch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the application may measure what it shows")]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Since its start.
    pub(super) fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }

    /// The time of day, s since 1970.
    #[expect(clippy::disallowed_methods, reason = "event files say when they were written")]
    pub(super) fn unix() -> f64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64()
    }
}
