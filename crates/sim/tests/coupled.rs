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

/// One owner for each kind of converter, sun by day and biogas around the clock for them, and houses that use what they give.
const WORKSHOP: &str = r#"seed = 5
[community]
name = "Workshop"
gate_closure = "5 min"
horizon = "1 h"
deposit = "3000 €"
guarantor = "1000 €"
[time]
start = "2021-04-12T00:00+01:00"
days = 2
interval = "15 min"
[market.electricity]
rule = "coupled"
sellers = ["all"]
[market.heat]
rule = "coupled"
sellers = ["all"]
[market.gas]
rule = "coupled"
sellers = ["all"]
[tariff.power]
carrier = "electricity"
kind = "flat"
import = "20 ct/kWh"
export = "3 ct/kWh"
grid_fee = "4 ct/kWh"
peer_grid_fee = "1 ct/kWh"
[tariff.warmth]
carrier = "heat"
kind = "flat"
import = "13 ct/kWh"
export = "0 ct/kWh"
grid_fee = "1 ct/kWh"
[tariff.methane]
carrier = "gas"
kind = "flat"
import = "11 ct/kWh"
export = "2 ct/kWh"
grid_fee = "2 ct/kWh"
peer_grid_fee = "1 ct/kWh"
[[member]]
name = "Roof"
devices = [{ kind = "pv", peak = "60 kWp" }]
[[member]]
name = "Farm"
devices = [{ kind = "biomethane", power = "12 kW" }]
[[group]]
name = "Loop house"
count = 3
connections = ["heat"]
devices = [
    { kind = "load", profile = "family" },
    { kind = "load", profile = "house_old" },
    { kind = "thermal_store", capacity = "6 kWh" },
]
[[member]]
name = "Gas house"
devices = [{ kind = "load", profile = "house_old" }, { kind = "gas_boiler", power = "30 kW" }]
[[member]]
name = "chp"
connections = ["heat"]
devices = [{ kind = "chp", power = "2 kW" }, { kind = "thermal_store", capacity = "20 kWh" }]
[[member]]
name = "fuel_cell"
connections = ["heat"]
devices = [{ kind = "fuel_cell", power = "1 kW", part_load = "0 %" }]
[[member]]
name = "heat_pump"
connections = ["heat"]
devices = [{ kind = "heat_pump", power = "1 kW" }]
[[member]]
name = "gas_boiler"
connections = ["heat"]
devices = [{ kind = "gas_boiler", power = "3 kW" }]
[[member]]
name = "electric_boiler"
connections = ["heat"]
devices = [{ kind = "electric_boiler", power = "3 kW" }]
[[member]]
name = "electrolyser"
connections = ["heat"]
devices = [{ kind = "electrolyser", power = "12 kW", waste_heat = "15 %", part_load = "0 %" }]
"#;

#[test]
fn every_kind_of_converter_runs_where_it_pays_and_nobody_is_worse_off() {
    let scenario = Scenario::parse(WORKSHOP, "workshop.toml", Path::new("."), &Overrides::default()).unwrap();
    let (summary, seen) = played(&scenario);
    let coupling = summary.coupling.as_ref().unwrap();
    let dispatched: Vec<_> = coupling.dispatched().map(|(device, ..)| device).collect();
    let all = ["chp", "fuel_cell", "heat_pump", "gas_boiler", "electric_boiler", "electrolyser"];
    assert_eq!(dispatched, all);
    for clearing in &seen.clearings {
        for one in &clearing.conversions {
            assert_eq!(scenario.members[one.member].name, one.kind.name(), "each owns one kind");
        }
    }
    for member in &summary.members {
        // A converter that trades nothing pays nothing; what it does it does not lose by, but for part load and rounding.
        assert!(member.saved().0 > -20_000_000, "{member:?}");
    }
}
