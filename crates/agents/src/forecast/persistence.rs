//! Tomorrow as today: the yardstick of every forecast.

/// The last known value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Persistence {
    last: i64,
}

impl Persistence {
    pub(crate) fn observe(&mut self, value: i64) {
        self.last = value;
    }

    pub(crate) fn expected(&self) -> i64 {
        self.last
    }
}
