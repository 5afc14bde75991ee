//! Delivery intervals: when energy flows. UTC throughout; daylight saving is the display's business.

/// A span of time over which energy is delivered and metered as one quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryInterval {
    /// Start in Unix seconds; a multiple of the duration.
    pub start: u64,
    /// Length in seconds; divides a day.
    pub duration: u32,
}

/// A day in seconds.
pub(crate) const DAY: u32 = 86_400;

impl DeliveryInterval {
    /// The interval of this length that starts at `start`; `None` unless the length divides a day and the start
    /// lies on the grid.
    #[must_use]
    pub fn new(start: u64, duration: u32) -> Option<Self> {
        let divides = duration > 0 && DAY.is_multiple_of(duration);
        (divides && start.is_multiple_of(u64::from(duration)) && start < 1 << 40)
            .then_some(Self { start, duration })
    }

    /// First instant after the interval, Unix seconds.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.start + self.duration as u64
    }

    /// How many intervals of this length have passed since 1970.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.start / if self.duration == 0 { 1 } else { self.duration as u64 }
    }

    /// The interval `steps` later.
    #[must_use]
    pub const fn later(self, steps: u64) -> Self {
        Self { start: self.start + steps * self.duration as u64, duration: self.duration }
    }
}
