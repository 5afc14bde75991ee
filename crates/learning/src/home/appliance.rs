//! A machine that runs when asked, at once or later.

use agents::Random;

/// A shiftable appliance: once started it draws its power for its whole duration.
#[derive(Clone, Debug, PartialEq)]
pub struct Appliance {
    /// The name used in files and reports.
    pub name: String,
    /// Electric power while it runs, W, > 0.
    pub power: f64,
    /// Length of a run in slots, ≥ 1.
    pub duration: usize,
    /// When people ask for it.
    pub usage: Usage,
}

/// How often and when an appliance is asked for: at most one run a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// Probability of a request on a day, 0 to 1.
    pub probability: f64,
    /// First and last slot of the day at which it may be asked for, drawn evenly; first ≤ last ≤ T − duration.
    pub requested: (usize, usize),
    /// Fewest and most slots it may wait, up to 65535, drawn evenly. A run must end with the day: draws beyond
    /// are cut to that.
    pub patience: (usize, usize),
}

impl Usage {
    /// Probability that it is yet asked for, given that it was not until a slot (included), 0 to 1.
    #[must_use]
    pub fn to_come(&self, slot: usize) -> f64 {
        let (first, last) = self.requested;
        let all = (last + 1 - first) as f64;
        let left = (last + 1).saturating_sub(first.max(slot + 1)) as f64;
        let past = self.probability * (1.0 - left / all);
        if left > 0.0 { self.probability * left / all / (1.0 - past) } else { 0.0 }
    }
}

/// Somebody wants the machine to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Slot r from which it may start; nobody knows of it before.
    pub requested: usize,
    /// Last slot l at which it may start, r ≤ l ≤ T − duration; there it starts by itself.
    pub latest: usize,
}

impl Appliance {
    /// What is asked of it on a day of `slots` slots. Every call takes three numbers from `random`, whatever
    /// they decide, so that one appliance does not change the luck of the next.
    #[must_use]
    pub fn request(&self, slots: usize, random: &mut Random) -> Option<Request> {
        let asked = random.unit() < self.usage.probability;
        let mut draw = |(low, high): (usize, usize)| random.between(low as i64, high as i64) as usize;
        let (requested, patience) = (draw(self.usage.requested), draw(self.usage.patience));
        asked.then(|| Request { requested, latest: (requested + patience).min(slots - self.duration) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_come_as_their_usage_says() {
        let usage = Usage { probability: 0.6, requested: (4, 8), patience: (2, 5) };
        let dryer = Appliance { name: "dryer".into(), power: 1.0, duration: 3, usage };
        let mut random = Random::of(1, "dryer");
        // By slot r: how often asked for then; by wait: how often so long.
        let (mut asked, mut waits) = ([0; 12], [0; 12]);
        for _ in 0..100_000 {
            let Some(Request { requested, latest }) = dryer.request(12, &mut random) else { continue };
            asked[requested] += 1;
            waits[latest - requested] += 1;
            assert!(latest <= 9);
        }
        for (slot, asked) in asked.iter().enumerate() {
            let expected = if (4..=8).contains(&slot) { 12_000.0 } else { 0.0 };
            assert!((f64::from(*asked) - expected).abs() < 600.0, "{asked} in slot {slot}");
        }
        // At slot 8 all four waits end up as 1; at 7 as 2; at 6 three as 3; at 5 two as 4.
        let expected = [0.0, 12e3, 12e3 + 9e3, 9e3 + 6e3, 6e3 + 3e3, 3e3];
        for (wait, expected) in expected.into_iter().enumerate() {
            assert!((f64::from(waits[wait]) - expected).abs() < 600.0, "{} wait {wait}", waits[wait]);
        }
    }

    #[test]
    fn what_has_not_come_is_less_likely_to_come() {
        let usage = Usage { probability: 0.6, requested: (4, 8), patience: (2, 5) };
        // 0.12 in each slot. Not in the first two: 0.36 of the remaining 0.76.
        let rows = [(0, 0.6), (3, 0.6), (5, 0.36 / 0.76), (7, 0.12 / 0.52), (8, 0.0), (11, 0.0)];
        for (slot, expected) in rows {
            assert!((usage.to_come(slot) - expected).abs() < 1e-12, "{slot}");
        }
    }
}
