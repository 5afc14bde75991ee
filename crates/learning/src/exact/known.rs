//! Outcomes by state. Most of dynamic programming is looking them up.

use crate::home::Outcome;
#[expect(
    clippy::disallowed_types,
    reason = "it is only asked, never gone through, so its order shows nowhere"
)]
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// What is known, by the key of a state.
#[expect(clippy::disallowed_types, reason = "see above")]
pub(super) type Known = HashMap<u128, Outcome, BuildHasherDefault<Mixer>>;

/// Spreads keys that differ in few bits: both halves multiplied, then the finaliser of SplitMix64.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn write_u128(&mut self, key: u128) {
        let low = (key as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = low.rotate_left(32) ^ ((key >> 64) as u64).wrapping_mul(0xd6e8_feb8_6659_fd93);
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u128(u128::from(self.0) << 8 | u128::from(*byte)));
    }

    fn finish(&self) -> u64 {
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
