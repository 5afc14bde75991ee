//! The default home: machines as measured in homes, asked for as people ask. Sources are in
//! `docs/appliances.md`.

use super::{Appliance, Home, Usage};

/// The scheduling day begins at six in the morning.
const BEGINS: usize = 6;

/// One machine: name, energy of a run in Wh, its length in quarter hours, mean runs a week (at most 7), first
/// and last hour at which it is asked for, fewest and most hours it may wait.
type Machine = (&'static str, f64, usize, f64, (usize, usize), (usize, usize));

/// The most powerful decide first, since the others fit in beside them more easily.
const MACHINES: [Machine; 6] = [
    ("car", 7_500.0, 8, 3.0, (17, 21), (6, 11)),
    ("immersion_heater", 4_500.0, 6, 7.0, (8, 10), (4, 7)),
    ("tumble_dryer", 2_500.0, 4, 160.0 / 52.0, (10, 20), (2, 6)),
    ("pool_pump", 3_440.0, 16, 7.0, (6, 9), (8, 12)),
    ("dishwasher", 1_131.0, 8, 280.0 / 52.0, (18, 22), (2, 8)),
    ("washing_machine", 933.0, 9, 220.0 / 52.0, (7, 18), (2, 8)),
];

impl Home {
    /// The default home, in slots of 1/`slots_per_hour` hours. Runs that do not fill their last slot are
    /// stretched to do so at less power: their energy is the same at every resolution.
    ///
    /// # Panics
    /// Where `slots_per_hour` is 0 or beyond 60.
    #[must_use]
    pub fn standard(slots_per_hour: usize) -> Self {
        assert!((1..=60).contains(&slots_per_hour), "a slot is between a minute and an hour");
        let slots = 24 * slots_per_hour;
        let hours = 1.0 / slots_per_hour as f64;
        let appliances =
            MACHINES.iter().map(|(name, energy, quarters, weekly, (first, last), (fewest, most))| {
                let duration = (quarters * slots_per_hour).div_ceil(4);
                let slot = |clock: usize| (clock + 24 - BEGINS) % 24 * slots_per_hour;
                Appliance {
                    name: (*name).into(),
                    power: energy / (duration as f64 * hours),
                    duration,
                    usage: Usage {
                        probability: weekly / 7.0,
                        requested: (slot(*first), slot(*last)),
                        patience: (fewest * slots_per_hour, most * slots_per_hour),
                    },
                }
            });
        Self { appliances: appliances.collect(), slots, hours, begins: BEGINS as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_home_is_a_home_with_the_same_energy_at_every_resolution() {
        let energy = |home: &Home| -> Vec<f64> {
            let of =
                |appliance: &Appliance| (appliance.power * appliance.duration as f64 * home.hours).round();
            home.appliances.iter().map(of).collect()
        };
        let hourly = Home::standard(1);
        for slots_per_hour in [1, 2, 4, 12] {
            let home = Home::standard(slots_per_hour);
            assert_eq!(home.check(), Ok(()));
            assert_eq!(energy(&home), energy(&hourly));
        }
    }
}
