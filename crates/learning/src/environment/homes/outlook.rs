//! What a model expects of each action: the certainty-equivalent plan of [`Predictive`](crate::rule::Predictive).

use crate::exact::{Enumeration, Task};
use crate::home::{Appliance, Home, Request};
use crate::home::{Preference, Scales, Series};
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

/// The least loss by cost and delay of a run that has nothing beside it but the net load: no action changes it, and
/// most of what a run comes to is in it.
pub(super) fn alone(
    home: &Home,
    series: Series<'_>,
    appliance: &Appliance,
    request: Request,
    preference: &Preference,
    scales: &Scales,
) -> f64 {
    let added = |slot: usize| {
        let net = series.net[slot];
        series.cost(home, slot, net + appliance.power) - series.cost(home, slot, net)
    };
    let mut cost: f64 = (request.requested..request.requested + appliance.duration).map(added).sum();
    let mut least = f64::INFINITY;
    for start in request.requested..=request.latest {
        let delay = (start - request.requested) as f64 * home.hours;
        least = least.min(preference.cost * cost / scales.cost + preference.delay * delay / scales.delay);
        if start < request.latest {
            cost += added(start + appliance.duration) - added(start);
        }
    }
    least
}
