//! What flowed at one member during one delivery interval, by carrier and kind.

use market::{Carrier, Energy};

/// One kind of source or use of energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stream {
    /// Photovoltaics.
    Sun,
    /// Wind.
    Wind,
    /// Run-of-river and reservoir hydro.
    Water,
    /// Combined heat and power, either product.
    Chp,
    /// Fuel cells, either product.
    FuelCell,
    /// Heat from a heat pump.
    HeatPump,
    /// Heat from a gas boiler.
    Boiler,
    /// Heat from an electric boiler.
    ElectricBoiler,
    /// Gas and heat from an electrolyser.
    Electrolyser,
    /// Gas made in the community.
    Biomethane,
    /// Taken out of a store.
    Discharge,
    /// Lights, appliances and machines.
    Load,
    /// Kitchens and ovens on gas.
    Kitchen,
    /// Electric cars.
    Car,
    /// Space heat and hot water.
    Warmth,
    /// What heat pumps take.
    HeatPumpDrive,
    /// What electric boilers take.
    ElectricBoilerDrive,
    /// What electrolysers take.
    ElectrolyserDrive,
    /// What boilers burn.
    BoilerFuel,
    /// What combined heat and power burns.
    ChpFuel,
    /// What fuel cells take.
    FuelCellFuel,
    /// Put into a store.
    Charge,
    /// Given away unused.
    Loss,
}

impl Stream {
    /// Every kind: sources first, then uses.
    pub const ALL: [Self; 23] = [
        Self::Sun,
        Self::Wind,
        Self::Water,
        Self::Chp,
        Self::FuelCell,
        Self::HeatPump,
        Self::Boiler,
        Self::ElectricBoiler,
        Self::Electrolyser,
        Self::Biomethane,
        Self::Discharge,
        Self::Load,
        Self::Kitchen,
        Self::Car,
        Self::Warmth,
        Self::HeatPumpDrive,
        Self::ElectricBoilerDrive,
        Self::ElectrolyserDrive,
        Self::BoilerFuel,
        Self::ChpFuel,
        Self::FuelCellFuel,
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
            Self::ElectricBoiler | Self::ElectricBoilerDrive => "Electric boilers",
            Self::Electrolyser | Self::ElectrolyserDrive => "Electrolysers",
            Self::FuelCell | Self::FuelCellFuel => "Fuel cells",
            Self::Biomethane => "Biogas plant",
            Self::Discharge => "Out of stores",
            Self::Load => "Lights and appliances",
            Self::Kitchen => "Kitchens and ovens",
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
            Self::Chp | Self::ChpFuel | Self::FuelCell | Self::FuelCellFuel => "chp",
            Self::HeatPump | Self::HeatPumpDrive => "pump",
            Self::Boiler | Self::BoilerFuel | Self::ElectricBoiler | Self::ElectricBoilerDrive => "boiler",
            Self::Electrolyser | Self::ElectrolyserDrive => "bio",
            Self::Biomethane => "bio",
            Self::Discharge | Self::Charge => "store",
            Self::Load | Self::Kitchen => "load",
            Self::Car => "car",
            Self::Warmth => "warmth",
            Self::Loss => "loss",
        }
    }
}

/// What one member's devices did with one carrier during one delivery interval.
///
/// Sources + import = uses + export, in Wh of the carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberFlow {
    /// The member's place in the subject.
    pub member: usize,
    /// Which carrier.
    pub carrier: Carrier,
    /// Energy by [`Stream`], Wh, ≥ 0.
    pub streams: [Energy; Stream::ALL.len()],
    /// In batteries and tanks at the end of the interval, Wh, ≥ 0.
    pub stored: Energy,
    /// In cars at the end of the interval, at home or away, Wh, ≥ 0.
    pub in_cars: Energy,
}

impl MemberFlow {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(member: usize, carrier: Carrier) -> Self {
        let streams = [Energy::ZERO; Stream::ALL.len()];
        Self { member, carrier, streams, stored: Energy::ZERO, in_cars: Energy::ZERO }
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
