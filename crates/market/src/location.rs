//! Where a metering point lies in the grid, and how far apart two of them are.

use core::fmt;

/// A place in the grid: substation, feeder and building in one number, the first byte for what lies above them.
///
/// Written as four numbers like `0.1.2.3`. Two places are as far apart as their first different byte says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Location(pub u32);

/// How far apart two metering points are; network charges and grid fees go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Distance {
    /// The same building.
    Building = 0,
    /// The same feeder.
    Feeder = 1,
    /// The same substation.
    Substation = 2,
    /// Anywhere else.
    Elsewhere = 3,
}

impl Location {
    /// Four numbers of at most 255 with dots between them, or fewer: the leading ones are 0 then.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut number = 0_u32;
        let mut parts = 0;
        for part in text.split('.') {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let byte: u8 = if digits { part.parse().ok()? } else { return None };
            number = number << 8 | u32::from(byte);
            parts += 1;
        }
        (parts <= 4).then_some(Self(number))
    }

    /// How far it is from another place.
    #[must_use]
    pub const fn distance(self, other: Self) -> Distance {
        match (self.0 ^ other.0).leading_zeros() {
            32 => Distance::Building,
            24.. => Distance::Feeder,
            16.. => Distance::Substation,
            _ => Distance::Elsewhere,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0.to_be_bytes();
        write!(f, "{a}.{b}.{c}.{d}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_different_byte_says_how_far() {
        let check = |one: &str, other: &str, distance| {
            let [one, other] = [one, other].map(|text| Location::parse(text).unwrap());
            assert_eq!(one.distance(other), distance);
            assert_eq!(other.distance(one), distance);
        };
        check("0.1.2.3", "1.2.3", Distance::Building);
        check("0.1.2.3", "0.1.2.4", Distance::Feeder);
        check("0.1.2.3", "0.1.3.3", Distance::Substation);
        check("0.1.2.3", "0.2.2.3", Distance::Elsewhere);
        check("9.1.2.3", "0.1.2.3", Distance::Elsewhere);
        for wrong in ["", "1.", "256", "1.2.3.4.5", "-1", "a", "+1"] {
            assert_eq!(Location::parse(wrong), None, "{wrong}");
        }
    }
}
