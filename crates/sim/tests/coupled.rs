//! Carriers cleared together over a day: what is dispatched is what is delivered, and what it was worth is told.

use ledger::{Central, Options};
use market::{Event, Money, Sink};
use sim::scenario::Overrides;
use sim::{CoupledClearing, Observer, Scenario, Summary};
use std::path::Path;

/// Every coupled clearing, and Σ energy of the legs that the market carried out, taken and given, Wh.
#[derive(Default)]
struct Seen {
    clearings: Vec<CoupledClearing>,
    legs: [i64; 2],
}

impl Sink for Seen {
    fn event(&mut self, event: Event) {
        if let Event::Converted { side, energy, .. } = event {
            self.legs[side as usize] += energy.0;
        }
    }
}

impl Observer for Seen {
    fn coupled(&mut self, clearing: &CoupledClearing) {
        self.clearings.push(clearing.clone());
    }
}

fn played(scenario: &Scenario) -> (Summary, Seen) {
    let mut ledger = Central::in_memory(Options::default()).unwrap();
    let mut seen = Seen::default();
    let summary = sim::run(scenario, &mut ledger, &mut seen).unwrap();
    (summary, seen)
}

#[test]
fn a_district_turns_gas_into_heat_and_power_and_gains_by_it() {
    let overrides = Overrides { days: Some(1), ..Overrides::default() };
    let (summary, seen) = played(&Scenario::load("heat_and_power", &overrides).unwrap());
    let coupling = summary.coupling.unwrap();
    assert_eq!(coupling.clearings, seen.clearings.len() as u64);
    assert!(seen.clearings.iter().all(|one| one.welfare >= one.alone), "no clearing loses by its offers");
    assert!(coupling.gain() > Money::ZERO);
    let dispatched: Vec<_> = coupling.dispatched().collect();
    assert!(dispatched.iter().any(|(device, ..)| *device == "chp"), "{dispatched:?}");
    assert!(dispatched.iter().any(|(device, ..)| *device == "heat_pump"), "{dispatched:?}");
    let taken: i64 = dispatched.iter().map(|(_, _, turned)| turned.input).sum();
    let given: i64 = dispatched.iter().flat_map(|(_, _, turned)| turned.outputs).sum();
    assert_eq!(seen.legs, [taken, given]);
    // Whoever converts keeps its contracts: what deviating cost it is next to nothing beside its bill.
    for name in ["North plant", "South plant", "Sports hall"] {
        let member = summary.members.iter().find(|member| member.name == name).unwrap();
        assert!(member.deviation.0 < 3_000_000_000, "{name}: {:?}", member.deviation);
    }
}

/// A roof, a house, and a battery that belongs to neither.
const STREET: &str = r#"seed = 1
[community]
name = "Street"
gate_closure = "5 min"
horizon = "12 h"
deposit = "3000 €"
guarantor = "1000 €"
[time]
start = "2021-06-21T00:00+01:00"
days = 2
interval = "1 h"
[market.electricity]
rule = "coupled"
sellers = ["all"]
[tariff.flat]
carrier = "electricity"
kind = "flat"
import = "30 ct/kWh"
export = "8 ct/kWh"
[[member]]
name = "Roof"
devices = [{ kind = "pv", peak = "9 kWp" }]
[[member]]
name = "House"
devices = [{ kind = "load", profile = "family" }]
[[member]]
name = "Battery"
storage_offer = true
devices = [{ kind = "battery", capacity = "10 kWh", power = "5 kW" }]
"#;

#[test]
fn a_battery_left_to_the_market_carries_noon_into_the_evening() {
    let street =
        |text: &str| Scenario::parse(text, "street.toml", Path::new("."), &Overrides::default()).unwrap();
    let (summary, seen) = played(&street(STREET));
    let coupling = summary.coupling.as_ref().unwrap();
    assert!(coupling.stored.0 > 1_000, "{coupling:?}");
    assert!(coupling.gain() > Money::ZERO);
    assert_eq!(seen.legs[1], coupling.stored.0);
    let battery = &summary.members[2];
    assert_eq!(battery.traded.map(|energy| energy.0), seen.legs, "it trades nothing else");
    // It buys cheaper than it sells, by more than what it loses; a Wh now and then is rounding.
    assert!(battery.bill < Money::ZERO && battery.deviation.0 < 10_000_000, "{battery:?}");
    // The house takes less from the supplier than where the battery only serves itself.
    let (alone, _) = played(&street(&STREET.replace("storage_offer = true\n", "")));
    assert!(alone.coupling.unwrap().stored.is_zero());
    assert!(summary.members[1].traded[0] > alone.members[1].traded[0]);
}
