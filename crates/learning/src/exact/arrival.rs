//! When requests that nobody has made so far may still come: what [`Usage`](crate::home::Usage) says of the future.

use crate::home::{Appliance, Request};

/// Probability that an appliance is asked for at `slot` of a day with `slots` slots, given that it was not before.
#[must_use]
pub fn chance(appliance: &Appliance, slot: usize, slots: usize) -> f64 {
    let (first, last) = appliance.usage.requested;
    let end = slots - appliance.duration;
    if slot < first || slot > last.min(end) {
        return 0.0;
    }
    // Draws beyond the last possible start are cut to it.
    let here = if slot == end { last - end + 1 } else { 1 };
    let share = appliance.usage.probability / (last - first + 1) as f64;
    let none_so_far = 1.0 - share * (slot - first) as f64;
    share * here as f64 / none_so_far
}

/// The requests that may come at a slot, each as likely; some may be alike where the day ends.
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
        let usage = Usage { probability: 0.7, requested: (3, 9), patience: (0, 4) };
        for duration in [1, 2, 6] {
            let appliance = Appliance { name: "washer".into(), power: 1.0, duration, usage };
            let none: f64 = (0..12).map(|slot| 1.0 - chance(&appliance, slot, 12)).product();
            assert!((none - 0.3).abs() < 1e-12, "{none}");
        }
        let always = Usage { probability: 1.0, ..usage };
        let appliance = Appliance { name: "washer".into(), power: 1.0, duration: 6, usage: always };
        assert!((chance(&appliance, 6, 12) - 1.0).abs() < 1e-12, "seven o'clock and later are cut to six");
        assert!(requests(&appliance, 4, 12).map(|request| request.latest).eq([4, 5, 6, 6, 6]));
    }
}
