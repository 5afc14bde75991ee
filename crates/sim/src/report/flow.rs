//! What flowed behind a metering point during one delivery interval, by kind.

use market::{Energy, MeterId};

/// One kind of source or use of energy behind a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stream {
    /// Photovoltaics.
    Sun,
    /// Wind.
    Wind,
    /// Run-of-river hydro.
    Water,
    /// Combined heat and power, either product.
    Chp,
    /// Heat from a heat pump.
    HeatPump,
    /// Heat from a boiler.
    Boiler,
    /// Gas made in the community.
    Biomethane,
    /// Taken out of a store.
    Discharge,
    /// Lights, appliances and machines.
    Load,
    /// Appliances whose start can wait.
    Shiftable,
    /// Electric cars.
    Car,
    /// Space heat and hot water.
    Warmth,
    /// What heat pumps take.
    HeatPumpDrive,
    /// What boilers burn.
    BoilerFuel,
    /// What combined heat and power burns.
    ChpFuel,
    /// Put into a store.
    Charge,
    /// Given away unused.
    Loss,
}

impl Stream {
    /// Every kind: sources first, then uses.
    pub const ALL: [Self; 17] = [
        Self::Sun,
        Self::Wind,
        Self::Water,
        Self::Chp,
        Self::HeatPump,
        Self::Boiler,
        Self::Biomethane,
        Self::Discharge,
        Self::Load,
        Self::Shiftable,
        Self::Car,
        Self::Warmth,
        Self::HeatPumpDrive,
        Self::BoilerFuel,
        Self::ChpFuel,
        Self::Charge,
        Self::Loss,
    ];

    /// Whether energy comes from there (and does not go there).
    #[must_use]
    pub const fn is_source(self) -> bool {
        (self as u8) < Self::Load as u8
    }

    /// Whether this only moves energy in time.
    #[must_use]
    pub const fn is_store(self) -> bool {
        matches!(self, Self::Discharge | Self::Charge)
    }

    /// The name in pictures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sun => "Sun",
            Self::Wind => "Wind",
            Self::Water => "Water",
            Self::Chp => "Heat and power plant",
            Self::HeatPump | Self::HeatPumpDrive => "Heat pumps",
            Self::Boiler | Self::BoilerFuel => "Boilers",
            Self::Biomethane => "Biogas plant",
            Self::Discharge => "Out of stores",
            Self::Load => "Lights and appliances",
            Self::Shiftable => "Washing and drying",
            Self::Car => "Electric cars",
            Self::Warmth => "Rooms and hot water",
            Self::ChpFuel => "Heat and power plant",
            Self::Charge => "Into stores",
            Self::Loss => "Unused",
        }
    }

    /// The style class that colours it.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Sun => "sun",
            Self::Wind => "wind",
            Self::Water => "water",
            Self::Chp | Self::ChpFuel => "chp",
            Self::HeatPump | Self::HeatPumpDrive => "pump",
            Self::Boiler | Self::BoilerFuel => "boiler",
            Self::Biomethane => "bio",
            Self::Discharge | Self::Charge => "store",
            Self::Load | Self::Shiftable => "load",
            Self::Car => "car",
            Self::Warmth => "warmth",
            Self::Loss => "loss",
        }
    }
}

/// What the devices behind one metering point did during one delivery interval.
///
/// Sources + import = uses + export, in Wh of the meter's carrier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemberFlow {
    /// Whose metering point.
    pub meter: MeterId,
    /// Energy by [`Stream`], Wh, ≥ 0.
    pub streams: [Energy; Stream::ALL.len()],
    /// In the stores behind the meter at the end of the interval, Wh, ≥ 0.
    pub stored: Energy,
}

impl MemberFlow {
    /// A metering point behind which nothing has happened yet.
    #[must_use]
    pub fn new(meter: MeterId) -> Self {
        Self { meter, ..Self::default() }
    }

    /// Adds energy to a stream, Wh, ≥ 0.
    pub fn add(&mut self, stream: Stream, energy: Energy) {
        self.streams[stream as usize] += energy;
    }

    /// The energy of one stream, Wh.
    #[must_use]
    pub fn of(&self, stream: Stream) -> Energy {
        self.streams[stream as usize]
    }

    fn sum(&self, of: impl Fn(Stream) -> bool) -> Energy {
        Stream::ALL.into_iter().filter(|stream| of(*stream)).map(|stream| self.of(stream)).sum()
    }

    /// All that was made here, Wh; what a store gave back does not count.
    #[must_use]
    pub fn generation(&self) -> Energy {
        self.sum(|stream| stream.is_source() && !stream.is_store())
    }

    /// All that was used here, Wh; what a store took does not count.
    #[must_use]
    pub fn consumption(&self) -> Energy {
        self.sum(|stream| !stream.is_source() && !stream.is_store())
    }
}
