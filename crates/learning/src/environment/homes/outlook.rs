//! What a model expects of each action: the certainty-equivalent plan of [`Predictive`](crate::rule::Predictive).

use crate::exact::{Enumeration, Task};
use crate::rule::predictive::look_ahead;
use crate::schedule::Moment;

/// Plans, with room that is reused.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    task: Task,
    enumeration: Enumeration,
}

impl Outlook {
    /// The loss by all machines that wait, if the deciding one waits and if it starts now, and the rest goes on as
    /// planned best: their cost, their delay since their requests, and what they add to the expected peak.
    pub fn losses(&mut self, moment: &Moment<'_>) -> [f64; 2] {
        let Self { task, enumeration } = self;
        let place = look_ahead(moment, task);
        let before = task.weights.peak * task.peak;
        let last = std::mem::replace(&mut task.runs[place].last, moment.slot);
        let start = enumeration.solve(task) - before;
        (task.runs[place].first, task.runs[place].last) = (moment.slot + 1, last);
        [enumeration.solve(task) - before, start]
    }
}
