//! A small generator of pseudo-random numbers, one per agent.
//!
//! SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), in the form
//! published by S. Vigna at <https://prng.di.unimi.it/splitmix64.c>. Not for secrets.

/// The generator.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that descends from the scenario's seed and its owner's name, so that a new neighbour does not
    /// change anybody's luck.
    #[must_use]
    pub fn of(seed: u64, name: &str) -> Self {
        // FNV-1a, 64 bit (RFC 9923), over the name; then one round of the mixer spreads the seed.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash ^ Self(seed).bits())
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number uniform in [low, high] (Lemire's multiplication; the bias is below 2⁻³² for spans below 2³²).
    /// `low` where the range is empty.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        let span = high.abs_diff(low) as u128 + 1;
        low.wrapping_add(((u128::from(self.bits()) * span) >> 64) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_are_those_of_the_reference() {
        // splitmix64.c with x = 1234567.
        let mut random = Random(1_234_567);
        let expected = [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(expected.map(|_| random.bits()), expected);
    }

    #[test]
    fn a_name_fixes_the_luck_and_ranges_are_kept() {
        assert_eq!(Random::of(7, "Mill").bits(), Random::of(7, "Mill").bits());
        assert_ne!(Random::of(7, "Mill").bits(), Random::of(8, "Mill").bits());
        assert_ne!(Random::of(7, "Mill").bits(), Random::of(7, "Farm").bits());
        let mut random = Random::of(1, "dice");
        let mut seen = [0; 6];
        for _ in 0..6_000 {
            seen[(random.between(1, 6) - 1) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (850..1150).contains(count)), "{seen:?}");
    }
}
