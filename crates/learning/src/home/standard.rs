//! The default home: machines as measured in homes, asked for as people ask. Sources are in `docs/appliances.md`.

use super::{Appliance, Home, Usage};

/// The scheduling day begins at six in the morning.
const BEGINS: usize = 6;

/// One machine, in hours of the clock.
struct Machine {
    name: &'static str,
    /// Electric energy of a run, Wh.
    energy: f64,
    /// Length of a run, quarter hours.
    quarters: usize,
    /// Mean runs a week, at most 7.
    weekly: f64,
    /// First and last hour at which it is asked for.
    requested: (usize, usize),
    /// Fewest and most hours it may wait.
    patience: (usize, usize),
}

/// The most powerful decide first: those that can yield best see what the others do.
#[rustfmt::skip]
const MACHINES: [Machine; 6] = [
    Machine { name: "car", energy: 7_500.0, quarters: 8, weekly: 3.0, requested: (17, 21), patience: (6, 11) },
    Machine { name: "immersion_heater", energy: 4_500.0, quarters: 6, weekly: 7.0, requested: (8, 10), patience: (4, 7) },
    Machine { name: "tumble_dryer", energy: 2_500.0, quarters: 4, weekly: 160.0 / 52.0, requested: (10, 20), patience: (2, 6) },
    Machine { name: "pool_pump", energy: 3_440.0, quarters: 16, weekly: 7.0, requested: (6, 9), patience: (8, 12) },
    Machine { name: "dishwasher", energy: 1_131.0, quarters: 8, weekly: 280.0 / 52.0, requested: (18, 22), patience: (2, 8) },
    Machine { name: "washing_machine", energy: 933.0, quarters: 9, weekly: 220.0 / 52.0, requested: (7, 18), patience: (2, 8) },
];

impl Home {
    /// The default home, in slots of 1/`slots_per_hour` hours. Runs that do not fill their last slot are stretched to
    /// do so at less power: their energy is the same at every resolution.
    ///
    /// # Panics
    /// Where `slots_per_hour` is 0 or beyond 60.
    #[must_use]
    pub fn standard(slots_per_hour: usize) -> Self {
        assert!((1..=60).contains(&slots_per_hour), "a slot is between a minute and an hour");
        let slots = 24 * slots_per_hour;
        let hours = 1.0 / slots_per_hour as f64;
        let appliances = MACHINES.iter().map(|machine| {
            let duration = (machine.quarters * slots_per_hour).div_ceil(4);
            let slot = |clock: usize| (clock + 24 - BEGINS) % 24 * slots_per_hour;
            let (first, last) = machine.requested;
            let (fewest, most) = machine.patience;
            Appliance {
                name: machine.name.into(),
                power: machine.energy / (duration as f64 * hours),
                duration,
                usage: Usage {
                    probability: machine.weekly / 7.0,
                    requested: (slot(first), slot(last)),
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
