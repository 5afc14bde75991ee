//! Which of a home's appliances a member's machines are.

use crate::home::{Appliance, Home};

/// A machine is the home's if its energy is the same to this part.
const TOLERANCE: f64 = 0.1;

/// Why a scheduler cannot run a member's machines.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// The market's intervals are not the policy's slots.
    #[error(
        "the policy decides every {policy} s and the market has delivery intervals of {market} s: train one for the \
         market's (hours, or --quarter-hourly), or change the interval"
    )]
    Interval {
        /// The policy's slot, s.
        policy: u32,
        /// The market's interval, s.
        market: u32,
    },
    /// A machine that the policy has not learned to run, or one too many.
    #[error(
        "the policy knows no machine, or no further one, of {energy} Wh in {steps} intervals; it knows {known}"
    )]
    Machine {
        /// Energy of a run, Wh.
        energy: i64,
        /// Its length, intervals.
        steps: usize,
        /// Those that it knows.
        known: String,
    },
}

/// Which appliance of the home each machine is (Wh per interval of a run): of the same length, and next to it in energy; none
/// twice.
///
/// # Errors
/// Where the market's interval, s, is not the home's slot, or a machine is none of the home's.
pub(super) fn assign(home: &Home, machines: &[&[i64]], interval: u32) -> Result<Vec<usize>, Mismatch> {
    let slot = (home.hours * 3_600.0).round() as u32;
    if slot != interval {
        return Err(Mismatch::Interval { policy: slot, market: interval });
    }
    let energy_of = |appliance: &Appliance| appliance.power * appliance.duration as f64 * home.hours;
    let mut assigned = Vec::new();
    for profile in machines {
        let energy: i64 = profile.iter().sum();
        let off = |index: &usize| (energy_of(&home.appliances[*index]) / energy as f64 - 1.0).abs();
        let fitting = (0..home.appliances.len())
            .filter(|index| home.appliances[*index].duration == profile.len() && off(index) <= TOLERANCE)
            .filter(|index| !assigned.contains(index));
        let nearest = fitting.min_by(|a, b| off(a).total_cmp(&off(b)));
        assigned.push(nearest.ok_or_else(|| {
            let words = |appliance: &Appliance| {
                format!("{} ({:.0} Wh in {})", appliance.name, energy_of(appliance), appliance.duration)
            };
            let known = home.appliances.iter().map(words).collect::<Vec<_>>().join(", ");
            Mismatch::Machine { energy, steps: profile.len(), known }
        })?);
    }
    Ok(assigned)
}
