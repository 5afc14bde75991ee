//! When requests that nobody has made so far may still come: what [`Usage`](crate::home::Usage) says of the future.

use crate::home::{Appliance, Request};

/// Probability that an appliance is asked for at `slot`, given that it was not before.
#[must_use]
pub fn chance(appliance: &Appliance, slot: usize) -> f64 {
    let (first, last) = appliance.usage.requested;
    if slot < first || slot > last {
        return 0.0;
    }
    let share = appliance.usage.probability / (last - first + 1) as f64;
    let none_so_far = 1.0 - share * (slot - first) as f64;
    share / none_so_far
}

/// The requests that may come at a slot of a day with `slots` slots, each as likely; some may be alike where the day
/// ends.
pub fn requests(appliance: &Appliance, slot: usize, slots: usize) -> impl Iterator<Item = Request> + use<> {
    let (fewest, most) = appliance.usage.patience;
    let end = slots - appliance.duration;
    (fewest..=most).map(move |patience| Request { requested: slot, latest: (slot + patience).min(end) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::Usage;

    #[test]
    fn chances_of_all_slots_make_the_probability_of_a_request() {
        let usage = Usage { probability: 0.7, requested: (3, 6), patience: (0, 4) };
        let appliance = Appliance { name: "washer".into(), power: 1.0, duration: 6, usage };
        let none: f64 = (0..12).map(|slot| 1.0 - chance(&appliance, slot)).product();
        assert!((none - 0.3).abs() < 1e-12, "{none}");
        assert!(requests(&appliance, 4, 12).map(|request| request.latest).eq([4, 5, 6, 6, 6]));
        let always = Usage { probability: 1.0, ..usage };
        let appliance = Appliance { usage: always, ..appliance };
        assert!((chance(&appliance, 6) - 1.0).abs() < 1e-12, "if not before, then now");
    }
}
