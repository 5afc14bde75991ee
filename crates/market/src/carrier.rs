//! The goods of the market. Each carrier has its own books, meters and balance.

/// An energy carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Carrier {
    /// Electric energy.
    Electricity = 0,
    /// Thermal energy in a shared loop.
    Heat = 1,
    /// Gas, by its higher heating value.
    Gas = 2,
}

impl Carrier {
    /// Every carrier, in canonical order.
    pub const ALL: [Self; 3] = [Self::Electricity, Self::Heat, Self::Gas];

    /// The name used in files, on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Electricity => "electricity",
            Self::Heat => "heat",
            Self::Gas => "gas",
        }
    }

    /// The carrier of this number, if there is one.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|carrier| *carrier as u8 == number)
    }
}
