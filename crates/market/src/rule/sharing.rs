//! Energy-sharing keys: who gets how much of a common generation.
//!
//! A key gives every member an exact fraction of a Wh, all over one denominator; the fractions are then rounded
//! so that their sum is the exact sum, rounded down.

use super::SharingKey;
use crate::Energy;

/// The exact fractions of one interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells {
    key: SharingKey,
    whole: u64,
    consumption: u64,
    generation: u64,
}

impl Cells {
    /// Shares are parts of `whole`; Σ consumption and Σ generation are in Wh.
    pub(super) fn new(key: SharingKey, whole: u64, consumption: i64, generation: i64) -> Self {
        Self { key, whole, consumption: consumption.unsigned_abs(), generation: generation.unsigned_abs() }
    }

    /// What all fractions are over.
    pub(super) fn denominator(&self) -> u128 {
        match self.key {
            SharingKey::Static => self.whole.into(),
            SharingKey::Dynamic => self.consumption.into(),
        }
    }

    /// A member's fraction: static min(c, k·G), dynamic c·min(1, G/C).
    pub(super) fn numerator(&self, consumption: Energy, share: u64) -> u128 {
        let consumption = u128::from(consumption.0.unsigned_abs());
        match self.key {
            SharingKey::Static => {
                (consumption * u128::from(self.whole)).min(u128::from(share) * u128::from(self.generation))
            }
            SharingKey::Dynamic => consumption * u128::from(self.generation.min(self.consumption)),
        }
    }
}
