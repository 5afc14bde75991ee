//! Every mistake that a scenario can hold, one row each: where it is, which field, what is wrong, what to do.

use sim::Scenario;
use sim::scenario::{LoadError, Overrides};
use std::path::Path;

const GOOD: &str = r#"seed = 1
[community]
name = "Test"
gate_closure = "5 min"
[time]
start = "2021-06-21T00:00+01:00"
days = 1
interval = "15 min"
[market.electricity]
tariff = "flat"
sellers = ["Roof"]
[tariff.flat]
carrier = "electricity"
kind = "flat"
import = "30 ct/kWh"
export = "8 ct/kWh"
[[member]]
name = "Roof"
devices = [
  { kind = "load", profile = "couple" },
  { kind = "pv", peak = "6 kWp" },
  { kind = "battery", capacity = "5 kWh", power = "3 kW" },
]
[[member]]
name = "Neighbour"
devices = [{ kind = "load", profile = "family" }]
"#;

fn problems(text: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    match Scenario::parse(text, "test.toml", &folder, &Overrides::default()) {
        Ok(_) => Vec::new(),
        Err(problems) => {
            let here = format!("{}/", folder.display());
            problems.0.iter().map(|problem| problem.to_string().replace(&here, "")).collect()
        }
    }
}

#[test]
fn the_good_scenario_is_good() {
    assert_eq!(problems(GOOD), Vec::<String>::new());
}

/// What is written instead of what in the good scenario, and all that must be said about it.
const ROWS: &[(&str, &str, &[&str])] = &[
    // rules and wishes
    (
        "tariff = \"flat\"\n",
        "tariff = \"flat\"\nrule = \"vcg\"\n",
        &[
            "test.toml:11:8: market.electricity.rule: `vcg` is not known\n    choose `uniform_price`, `pay_as_bid`, `trade_reduction`, `continuous`, `pipeline`, `uniform_price_blocks`, `bilateral`, `auction_first`, `coupled`, `mid_market_rate`, `supply_demand_ratio`, `bill_sharing`, `ex_post`, `static`, `dynamic`, `equal`, `hybrid`, `cascade` or `priority`",
        ],
    ),
    (
        "tariff = \"flat\"\n",
        "tariff = \"flat\"\nrule = \"pipeline\"\nstages = [\"high_to_low\", \"low\"]\n",
        &[
            "test.toml:12:10: market.electricity.stages: is not a list of one to four known stages\n    choose from separate, high_to_low, low_to_high, satisfy_preferences, uniform_price",
        ],
    ),
    (
        "tariff = \"flat\"\n",
        "tariff = \"flat\"\nrule = \"bilateral\"\ncharge_feeder = \"-1 ct/kWh\"\n",
        &["test.toml:12:17: market.electricity.charge_feeder: is negative\n    charge 0 or more"],
    ),
    (
        "name = \"Neighbour\"\n",
        "name = \"Neighbour\"\nwants = \"green\"\n",
        &[
            "test.toml:26:9: member[1].wants: `green` is not known\n    choose `any`, `local` or `green_local`",
        ],
    ),
    (
        "name = \"Neighbour\"\n",
        "name = \"Neighbour\"\npremium = \"2 ct/kWh\"\n",
        &[
            "test.toml:26:11: member[1].premium: is paid for nothing\n    add `wants = \"green_local\"` or a `partner`",
        ],
    ),
    (
        "name = \"Neighbour\"\n",
        "name = \"Neighbour\"\nwants = \"local\"\npremium = \"-2 ct/kWh\"\n",
        &["test.toml:27:11: member[1].premium: is negative\n    write 0 or more, such as \"2 ct/kWh\""],
    ),
    (
        "name = \"Neighbour\"\n",
        "name = \"Neighbour\"\npartner = \"Rof\"\n",
        &["test.toml:26:11: member[1].partner: there is no member `Rof`\n    did you mean `Roof`?"],
    ),
    (
        "name = \"Neighbour\"\n",
        "name = \"Neighbour\"\npartner = \"Neighbour\"\n",
        &["test.toml:26:11: member[1].partner: is the member itself\n    name another member"],
    ),
    (
        "name = \"Neighbour\"\n",
        "name = \"Neighbour\"\nlocation = \"1.2.256\"\n",
        &[
            "test.toml:26:12: member[1].location: `1.2.256` is not a place in the grid\n    write substation, feeder and building, numbers of at most 255, such as \"1.2.3\"",
        ],
    ),
    // unknown and missing
    ("days = 1", "dys = 1", &["test.toml:7:1: time.dys: there is no such field\n    did you mean `days`?"]),
    ("seed = 1", "sed = 1", &["test.toml:1:1: sed: there is no such field\n    did you mean `seed`?"]),
    (
        "import = \"30 ct/kWh\"\n",
        "",
        &[
            "test.toml:12:1: tariff.flat.import: is missing\n    add `import = …`: a price such as \"30 ct/kWh\"",
        ],
    ),
    (
        "start = \"2021-06-21T00:00+01:00\"\n",
        "",
        &[
            "test.toml:5:1: time.start: is missing\n    add `start = …`: a date and time with its zone such as \"2021-01-18T00:00+01:00\"",
        ],
    ),
    (
        "sellers = [\"Roof\"]\n",
        "",
        &[
            "test.toml:9:1: market.electricity.sellers: is missing\n    add `sellers = [\"all\"]` or the names of those who sell",
        ],
    ),
    // wrong kind of value or unit
    (
        "\"5 kWh\"",
        "\"5 kW\"",
        &[
            "test.toml:22:34: member[0].devices[2].capacity: `kW` is not a unit of energy\n    write an energy such as \"10 kWh\" (units: `Wh`, `kWh`, `MWh` or `GWh`)",
        ],
    ),
    (
        "\"5 kWh\"",
        "5",
        &[
            "test.toml:22:34: member[0].devices[2].capacity: is a bare number\n    write an energy such as \"10 kWh\"",
        ],
    ),
    (
        "\"30 ct/kWh\"",
        "\"30\"",
        &[
            "test.toml:15:10: tariff.flat.import: `30` has no unit\n    write a price such as \"30 ct/kWh\" (units: `ct/kWh`, `p/kWh`, `€/kWh`, `EUR/kWh`, `€/MWh`, `EUR/MWh` or `n€/Wh`)",
        ],
    ),
    (
        "\"15 min\"",
        "\"15 kWh\"",
        &[
            "test.toml:8:12: time.interval: `kWh` is not a unit of duration\n    write a duration such as \"15 min\" (units: `s`, `min`, `h`, `d` or `days`)",
        ],
    ),
    (
        "days = 1",
        "days = \"1\"",
        &["test.toml:7:8: time.days: is a text\n    write a whole number such as 7"],
    ),
    // numbers out of range
    (
        "\"5 kWh\"",
        "\"-5 kWh\"",
        &[
            "test.toml:22:34: member[0].devices[2].capacity: is not more than nothing\n    write an energy such as \"10 kWh\"",
        ],
    ),
    (
        "power = \"3 kW\"",
        "power = \"3 kW\", charge_efficiency = \"105 %\"",
        &[
            "test.toml:22:79: member[0].devices[2].charge_efficiency: `105 %` is out of range\n    write a percentage such as \"90 %\" within its bounds",
        ],
    ),
    (
        "power = \"3 kW\"",
        "power = \"3 kW\", charge_efficiency = \"30 %\"",
        &[
            "test.toml:22:79: member[0].devices[2].charge_efficiency: 0.3 is impossible\n    choose between 0.5 and 1",
        ],
    ),
    (
        "power = \"3 kW\"",
        "power = \"3 kW\", minimum_charge = \"60 %\"",
        &[
            "test.toml:22:76: member[0].devices[2].minimum_charge: the initial charge is below the minimum charge\n    start at the minimum charge or above",
        ],
    ),
    (
        "days = 1",
        "days = 400",
        &[
            "test.toml:7:8: time.days: is not between 1 and 366\n    choose the length of the run in days, such as 7",
        ],
    ),
    (
        "\"15 min\"",
        "\"7 min\"",
        &[
            "test.toml:8:12: time.interval: does not divide a day\n    choose between 1 min and 1 h, such as \"15 min\"",
        ],
    ),
    (
        "gate_closure = \"5 min\"",
        "gate_closure = \"15 min\"",
        &[
            "test.toml:4:16: community.gate_closure: is not shorter than an interval\n    close the gate less than one interval before delivery",
        ],
    ),
    (
        "\"8 ct/kWh\"",
        "\"31 ct/kWh\"",
        &[
            "test.toml:16:10: tariff.flat.export: is above the import price, so buying and selling at once would earn money\n    write an export price of at most the import price",
        ],
    ),
    (
        "export = \"8 ct/kWh\"",
        "export = \"8 ct/kWh\"\nlevy = \"-1 ct/kWh\"",
        &["test.toml:17:8: tariff.flat.levy: is negative\n    write a fee of at least 0 ct/kWh"],
    ),
    (
        "tariff = \"flat\"",
        "tariff = \"flat\"\nfloor = \"5 ct/kWh\"\ncap = \"5 ct/kWh\"",
        &[
            "test.toml:11:9: market.electricity.floor: is not below `cap`\n    let the collar hold at least two prices",
        ],
    ),
    // time
    (
        "00:00+01:00",
        "00:00",
        &[
            "test.toml:6:9: time.start: `2021-06-21T00:00` says no time zone\n    write a date and time with its zone such as \"2021-01-18T00:00+01:00\"",
        ],
    ),
    (
        "+01:00",
        "+17:00",
        &[
            "test.toml:6:9: time.start: `2021-06-21T00:00+17:00` has a time zone that does not exist (offsets end at 14:00)\n    write a date and time with its zone such as \"2021-01-18T00:00+01:00\"",
        ],
    ),
    (
        "2021-06-21",
        "2021-06-31",
        &[
            "test.toml:6:9: time.start: `2021-06-31T00:00+01:00` is not a date and time\n    write a date and time with its zone such as \"2021-01-18T00:00+01:00\"",
        ],
    ),
    (
        "T00:00+",
        "T06:00+",
        &[
            "test.toml:6:9: time.start: is not midnight in its own time zone\n    begin at 00:00 local standard time",
        ],
    ),
    (
        "+01:00\"",
        "+01:07\"",
        &[
            "test.toml:6:9: time.start: has a time zone that is no multiple of the interval\n    choose a shorter interval",
        ],
    ),
    (
        "days = 1",
        "days = 1\nweek = \"sumer\"\nweeks = { summer = \"2021-06-21T00:00+01:00\" }",
        &["test.toml:8:8: time.week: there is no week `sumer`\n    did you mean `summer`?"],
    ),
    // names that lead nowhere
    (
        "profile = \"family\"",
        "profile = \"famly\"",
        &[
            "test.toml:26:39: member[1].devices[0].profile: there is no profile `famly`\n    did you mean `family`?",
        ],
    ),
    (
        "kind = \"battery\"",
        "kind = \"batery\"",
        &[
            "test.toml:22:12: member[0].devices[2].kind: there is no device `batery`\n    did you mean `battery`?",
        ],
    ),
    (
        "tariff = \"flat\"",
        "tariff = \"flatt\"",
        &["test.toml:10:10: market.electricity.tariff: there is no tariff `flatt`\n    did you mean `flat`?"],
    ),
    (
        "[\"Roof\"]",
        "[\"Rof\"]",
        &[
            "test.toml:11:11: market.electricity.sellers: there is no member or group `Rof`\n    did you mean `Roof`?",
        ],
    ),
    (
        "[\"Roof\"]",
        "[\"Neighbour\"]",
        &[
            "test.toml:11:11: market.electricity.sellers: `Neighbour` has nothing that gives electricity\n    name members whose devices give it and who are connected",
        ],
    ),
    (
        "name = \"Neighbour\"",
        "name = \"Roof\"",
        &["test.toml:25:8: member[1].name: there are two members `Roof`\n    give each its own name"],
    ),
    (
        "tariff = \"flat\"",
        "tariff = \"flat\"\nrule = \"uniform\"",
        &[
            "test.toml:11:8: market.electricity.rule: `uniform` is not known\n    choose `uniform_price`, `pay_as_bid`, `trade_reduction`, `continuous`, `pipeline`, `uniform_price_blocks`, `bilateral`, `auction_first`, `coupled`, `mid_market_rate`, `supply_demand_ratio`, `bill_sharing`, `ex_post`, `static`, `dynamic`, `equal`, `hybrid`, `cascade` or `priority`",
        ],
    ),
    (
        "name = \"Neighbour\"",
        "name = \"Neighbour\"\nstrategy = \"lader\"",
        &["test.toml:26:12: member[1].strategy: there is no strategy `lader`\n    did you mean `ladder`?"],
    ),
    (
        "name = \"Neighbour\"",
        "name = \"Neighbour\"\nstrategy = \"learned:home.policy\"",
        &[
            "test.toml:26:12: member[1].strategy: it has no machines that can wait\n    give it devices of kind \"appliance\", or another strategy",
        ],
    ),
    (
        "devices = [{ kind = \"load\", profile = \"family\" }]",
        "strategy = \"learned:home.policy\"\npreference = [0.5, 0.4, 0.2]\ndevices = [{ kind = \"appliance\", energy = \"1 kWh\", duration = \"1 h\" }]",
        &[
            "test.toml:26:12: member[1].strategy: learned strategies cannot be played here\n    choose `ladder`, `self_consumption`, `price_taker`, `zero_intelligence` or `predictive`",
            "test.toml:27:14: member[1].preference: holds other numbers\n    write weights of cost, peak and delay that sum to 1, such as [0.4, 0.4, 0.2]",
        ],
    ),
    (
        "name = \"Neighbour\"",
        "name = \"Neighbour\"\npreference = [1, 0, 0]",
        &[
            "test.toml:26:14: member[1].preference: only learned strategies have a preference\n    write `strategy = \"learned:FILE\"`, or leave it out",
        ],
    ),
    (
        "name = \"Neighbour\"",
        "name = \"Neighbour\"\nforecast = \"crystal ball\"",
        &[
            "test.toml:26:12: member[1].forecast: there is no forecast `crystal ball`\n    choose `persistence`, `last_week` or `smoothed`",
        ],
    ),
    // what contradicts itself
    (
        "{ kind = \"load\", profile = \"family\" }",
        "{ kind = \"load\", profile = \"house_old\" }",
        &[
            "test.toml:26:11: member[1].devices: needs heat, but nothing here gives any\n    add a `heat_pump`, `gas_boiler` or `chp`, or write `connections = [\"heat\"]`",
        ],
    ),
    (
        "{ kind = \"load\", profile = \"family\" }",
        "{ kind = \"gas_boiler\", power = \"20 kW\" }",
        &["test.toml:26:11: member[1].devices: uses gas, which has no market here\n    add `[market.gas]`"],
    ),
    (
        "name = \"Roof\"\n",
        "name = \"Roof\"\nconnection = \"2 kW\"\n",
        &[
            "test.toml:19:14: member[0].connection: its devices can take or give 9000 W together, more than the connection carries\n    enlarge the connection or shrink the devices",
        ],
    ),
    (
        "{ kind = \"pv\", peak = \"6 kWp\" }",
        "{ kind = \"chp\", power = \"5 kW\", electric_efficiency = \"60 %\", thermal_efficiency = \"60 %\" }",
        &[
            "test.toml:21:86: member[0].devices[1].thermal_efficiency: 1.2 (higher heating value) is impossible\n    choose between 0.1 and 1 (higher heating value)",
        ],
    ),
    // more than physics allows
    (
        "{ kind = \"pv\", peak = \"6 kWp\" }",
        "{ kind = \"electric_boiler\", power = \"5 kW\", efficiency = \"104 %\" }",
        &[
            "test.toml:21:60: member[0].devices[1].efficiency: `104 %` is out of range\n    write a percentage such as \"90 %\" within its bounds",
        ],
    ),
    (
        "{ kind = \"pv\", peak = \"6 kWp\" }",
        "{ kind = \"electrolyser\", power = \"5 kW\", efficiency = \"80 %\", waste_heat = \"30 %\" }",
        &[
            "test.toml:21:78: member[0].devices[1].waste_heat: 1.1 (higher heating value) is impossible\n    choose between 0.3 and 1 (higher heating value)",
        ],
    ),
    (
        "{ kind = \"pv\", peak = \"6 kWp\" }",
        "{ kind = \"fuel_cell\", power = \"5 kW\", electric_efficiency = \"90 %\" }",
        &[
            "test.toml:21:63: member[0].devices[1].electric_efficiency: 0.9 (higher heating value) is impossible\n    choose between 0.2 and 0.83 (higher heating value)",
        ],
    ),
    (
        "{ kind = \"pv\", peak = \"6 kWp\" }",
        "{ kind = \"reservoir\", volume = \"2000 m³\", head = \"30 m\", design_flow = \"40 l/s\", catchment = \"2 km²\", efficiency = \"99 %\" }",
        &[
            "test.toml:21:118: member[0].devices[1].efficiency: 0.99 is impossible\n    choose between 0.3 and 0.95",
        ],
    ),
    // targets that cannot be kept
    (
        "{ kind = \"pv\", peak = \"6 kWp\" }",
        "{ kind = \"car\", capacity = \"60 kWh\", power = \"2.3 kW\", arrival = \"18:00\", departure = \"06:00\", driven = \"30 kWh\", departure_charge = \"90 %\" }",
        &[
            "test.toml:21:136: member[0].devices[1].departure_charge: is 54000 Wh after 46 intervals at home, with 24000 Wh on arrival\n    it must be at most 47805 Wh, all that can be charged until then: ask for less, charge with more power or stay longer",
        ],
    ),
    (
        "{ kind = \"pv\", peak = \"6 kWp\" }",
        "{ kind = \"car\", capacity = \"60 kWh\", power = \"11 kW\", arrival = \"18:00\", departure = \"06:00\", driven = \"30 kWh\", departure_charge = \"110 %\" }",
        &[
            "test.toml:21:135: member[0].devices[1].departure_charge: `110 %` is out of range\n    write a percentage such as \"90 %\" within its bounds",
        ],
    ),
    (
        "{ kind = \"pv\", peak = \"6 kWp\" }",
        "{ kind = \"car\", capacity = \"60 kWh\", power = \"11 kW\", arrival = \"25:00\", departure = \"06:00\", driven = \"30 kWh\" }",
        &[
            "test.toml:21:67: member[0].devices[1].arrival: `25:00` is not a time of day\n    write hours and minutes, such as \"18:30\"",
        ],
    ),
    (
        "name = \"Neighbour\"\n",
        "name = \"Neighbour\"\nstorage_offer = true\n",
        &[
            "test.toml:26:17: member[1].storage_offer: offers one battery, and there are 0\n    give it exactly one `battery`, or leave this out",
        ],
    ),
    // series files
    (
        "{ kind = \"load\", profile = \"family\" }",
        "{ kind = \"load\", file = \"nowhere.csv\", unit = \"kW\" }",
        &[
            "test.toml:26:36: member[1].devices[0].file: cannot read `nowhere.csv`: No such file or directory (os error 2)\n    check the path; it is relative to the scenario file",
        ],
    ),
    (
        "{ kind = \"load\", profile = \"family\" }",
        "{ kind = \"load\", file = \"gaps.csv\", unit = \"kW\" }",
        &[
            "gaps.csv:4:1: gap: 2 rows are missing before this one\n    give every step exactly one row",
            "gaps.csv:5:1: the time of line 4 is repeated\n    keep one row per time",
            "gaps.csv:6:1: `2021-06-21T01:15` says no time zone\n    write ISO 8601 with a zone, such as 2021-01-18T00:00+01:00",
            "gaps.csv:7:24: `many` is not a number\n    write a decimal number",
        ],
    ),
    (
        "{ kind = \"load\", profile = \"family\" }",
        "{ kind = \"load\", file = \"short.csv\", unit = \"kW\" }",
        &[
            "test.toml:26:36: member[1].devices[0].file: `short.csv` covers 2021-06-21T00:00:00+01:00 to 2021-06-21T00:45:00+01:00, the scenario 2021-06-21T00:00:00+01:00 to 2021-06-22T00:00:00+01:00\n    take a series that covers the whole scenario",
        ],
    ),
    // no TOML at all
    ("days = 1", "days = = 1", &["test.toml:7:8: extra `=`, expected nothing\n    mend the TOML syntax"]),
];

#[test]
fn every_mistake_is_named_with_place_and_remedy() {
    for (good, bad, expected) in ROWS {
        assert_eq!(GOOD.matches(good).count().min(1), 1, "the row `{good}` changes nothing");
        let found = problems(&GOOD.replacen(good, bad, 1));
        assert_eq!(found, *expected, "for `{bad}`:\n{}\n", found.join("\n"));
    }
}

#[test]
fn all_mistakes_of_a_file_are_named_at_once() {
    let text = GOOD
        .replace("days = 1", "dys = 1")
        .replace("\"5 kWh\"", "\"-5 kWh\"")
        .replace("\"30 ct/kWh\"", "\"30 ct\"")
        .replace("profile = \"family\"", "profile = \"famly\"");
    let lines: Vec<_> =
        problems(&text).iter().map(|line| line.split(": ").next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["test.toml:7:1", "test.toml:15:10", "test.toml:22:34", "test.toml:26:39"]);
}

#[test]
fn a_missing_scenario_is_told_what_there_is() {
    let error = Scenario::load("vilage", &Overrides::default()).unwrap_err();
    assert!(
        matches!(&error, LoadError::Unreadable { remedy, .. } if remedy.contains("did you mean `village`?")),
        "{error}"
    );
}
