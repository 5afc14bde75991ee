//! What a member wishes of energy beside its price, what its own energy is worth to such wishes, and where it lives.

use super::reader::Section;
use agents::Device;
use market::{Carrier, Location, Price, Quality};

/// The wishes of a member; a market whose rule does not grant them never hears of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The label it would like to buy.
    pub wants: Quality,
    /// What it would pay more where the label is delivered or the partner found, n€/Wh, ≥ 0.
    pub premium: Price,
    /// The name of the member with whom it would rather trade.
    pub partner: Option<String>,
    /// Where its metering points lie.
    pub location: Location,
}

impl Wishes {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let labels: Vec<_> = Quality::ALL.into_iter().map(|quality| (quality.name(), quality)).collect();
        let wants = if section.has("wants") { section.choice("wants", &labels) } else { None };
        let wants = wants.unwrap_or_default();
        let partner = section.get::<String>("partner");
        let premium = section.get_or("premium", Price::ZERO);
        if premium < Price::ZERO {
            section.fault("premium", "is negative", "write 0 or more, such as \"2 ct/kWh\"");
        }
        if premium > Price::ZERO && wants == Quality::Any && partner.is_none() {
            section.fault("premium", "is paid for nothing", "add `wants = \"green_local\"` or a `partner`");
        }
        Self { wants, premium, partner, location: section.get_or("location", Location::default()) }
    }

    /// The wishes of member number `index` of a group: its building follows the one before.
    pub(super) fn of(&self, index: usize) -> Self {
        let location = Location(self.location.0 + if self.location.0 == 0 { 0 } else { index as u32 });
        Self { location, ..self.clone() }
    }
}

/// The label of the energy that a member with these devices sells: local, and green where all of it is renewable.
pub fn label(carrier: Carrier, devices: &[Device]) -> Quality {
    let has = |test: fn(&Device) -> bool| devices.iter().any(test);
    let renewable = match carrier {
        Carrier::Electricity => {
            use Device::{Photovoltaic, Reservoir, RunOfRiver, Wind};
            has(|device| matches!(device, Photovoltaic(_) | Wind(_) | RunOfRiver(_) | Reservoir(_)))
                && !has(|device| matches!(device, Device::Chp(_) | Device::FuelCell(_)))
        }
        Carrier::Gas => {
            has(|device| matches!(device, Device::Biomethane(_)))
                && !has(|device| matches!(device, Device::Electrolyser(_)))
        }
        Carrier::Heat => false,
    };
    if renewable { Quality::GreenLocal } else { Quality::Local }
}
