//! Starts when asked: no delay, whatever it costs.

use crate::schedule::{Moment, Scheduler};

/// The rule.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsSoonAsPossible;

impl Scheduler for AsSoonAsPossible {
    fn name(&self) -> &str {
        "as soon as possible"
    }

    fn starts(&mut self, _: &Moment<'_>) -> bool {
        true
    }
}
