//! Energy-sharing keys: who gets how much of a common generation.
//!
//! With consumption cᵢ, C = Σcᵢ, generation G and shares kᵢ, the law of energy communities knows
//!
//! - `static`: aᵢ = min(cᵢ, kᵢG), the unused share not being shared again (AT static, FR statique, ES β,
//!   DE constant),
//! - `dynamic`: aᵢ = cᵢ·min(1, G/C) (AT dynamic, FR default, DE proportional).
//!
//! Either gives every member an exact fraction of a Wh, all over one denominator; rounding then gives integers
//! that sum to the exact sum, rounded down, each within 1 Wh of its fraction and none above its consumption.

use super::SharingKey;
use super::metered::rotation;
use crate::Energy;
use crate::apportion::RunningFloor;
use alloc::vec::Vec;
use core::cmp::Reverse;

/// The shares of a static key: parts of a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares<'a> {
    parts: &'a [u64],
    whole: u64,
}

impl<'a> Shares<'a> {
    /// One part per member, together at most the whole, which is at most 10⁹; `None` otherwise.
    #[must_use]
    pub fn new(parts: &'a [u64], whole: u64) -> Option<Self> {
        let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
        (whole > 0 && whole <= 1_000_000_000 && sum <= whole.into()).then_some(Self { parts, whole })
    }

    /// No shares: for keys that need none.
    pub const NONE: Self = Self { parts: &[], whole: 1 };
}

/// How fractions of a Wh become integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// By running sums in the interval's order of members: what the market does.
    CumulativeFloor,
    /// The missing Wh go to the largest remainders, ties to the earlier member: what some peers do.
    LargestRemainder,
}

impl Rounding {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::CumulativeFloor, Self::LargestRemainder];

    /// The name used on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CumulativeFloor => "cumulative_floor",
            Self::LargestRemainder => "largest_remainder",
        }
    }

    /// The way of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rounding| rounding.name() == name)
    }
}

/// Shares `generation` (Wh, ≥ 0) among members of this `consumption` (Wh each, ≥ 0); `out[i]` is what member i
/// gets.
///
/// A member without a part in `shares` has none. Under cumulative floor the order begins at member
/// `interval mod n`, so that remainders do not always fall on the same members.
pub fn share(
    key: SharingKey,
    shares: Shares<'_>,
    consumption: &[Energy],
    generation: Energy,
    interval: u64,
    rounding: Rounding,
    out: &mut Vec<Energy>,
) {
    let cells = Cells::new(key, shares.whole, consumption.iter().copied().sum(), generation);
    let parts = shares.parts.iter().copied().chain(core::iter::repeat(0));
    let fractions =
        || consumption.iter().zip(parts.clone()).map(|(energy, part)| cells.numerator(*energy, part));
    out.clear();
    match rounding {
        Rounding::CumulativeFloor => {
            let start = rotation(interval, consumption.len());
            let mut running = RunningFloor::new(cells.denominator());
            out.extend(
                fractions().skip(start).chain(fractions().take(start)).map(|n| to_energy(running.next(n))),
            );
            out.rotate_right(start);
        }
        Rounding::LargestRemainder => {
            let denominator = cells.denominator().max(1);
            out.extend(fractions().map(|numerator| to_energy(numerator / denominator)));
            let total = to_energy(fractions().sum::<u128>() / denominator);
            let missing = total - out.iter().copied().sum();
            let mut remainders: Vec<_> = fractions().map(|n| n % denominator).zip(out).collect();
            remainders.sort_by_key(|(remainder, _)| Reverse(*remainder)); // stable: ties by member
            for (_, part) in remainders.into_iter().take(missing.0 as usize) {
                part.0 += 1;
            }
        }
    }
}

fn to_energy(part: u128) -> Energy {
    Energy(part as i64)
}

/// The exact fractions of one interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells {
    key: SharingKey,
    whole: u64,
    consumption: u64,
    generation: u64,
}

impl Cells {
    /// Shares are parts of `whole`; consumption and generation are the community's.
    pub(super) fn new(key: SharingKey, whole: u64, consumption: Energy, generation: Energy) -> Self {
        Self {
            key,
            whole,
            consumption: consumption.0.unsigned_abs(),
            generation: generation.0.unsigned_abs(),
        }
    }

    /// What all fractions are over.
    pub(super) fn denominator(&self) -> u128 {
        match self.key {
            SharingKey::Static => self.whole.into(),
            _ => self.consumption.into(),
        }
    }

    /// A member's fraction.
    pub(super) fn numerator(&self, consumption: Energy, part: u64) -> u128 {
        let consumption = u128::from(consumption.0.unsigned_abs());
        match self.key {
            SharingKey::Static => {
                (consumption * u128::from(self.whole)).min(u128::from(part) * u128::from(self.generation))
            }
            _ => consumption * u128::from(self.generation.min(self.consumption)),
        }
    }
}
