//! Starts when it cannot wait any longer: the longest delay.

use crate::schedule::{Moment, Scheduler};

/// The rule.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsLateAsPossible;

impl Scheduler for AsLateAsPossible {
    fn name(&self) -> &str {
        "as late as possible"
    }

    fn starts(&mut self, _: &Moment<'_>) -> bool {
        false
    }
}
