//! Mistakes in what a scenario says about settlement, metering and versions of tariffs, one row each.

use sim::Scenario;
use sim::scenario::Overrides;
use std::path::Path;

const GOOD: &str = r#"
[community]
name = "Test"
[time]
start = "2021-06-21T00:00+01:00"
days = 10
[market.electricity]
tariff = "flat"
sellers = ["Shop"]
[tariff.flat]
carrier = "electricity"
vat = "19 %"
import = "30 ct/kWh"
valid_from = "2021-01-01T00:00+01:00"
[tariff.versions]
carrier = "electricity"
versions = [
  { import = "30 ct/kWh", valid_from = "2021-01-01T00:00+01:00", valid_until = "2021-06-25T00:00+01:00" },
  { import = "32 ct/kWh", valid_from = "2021-06-25T00:00+01:00" },
]
[settlement]
imbalance = "single"
tariff = "flat"
correction_window = "14 days"
[metering]
late = "2 %"
late_by = "12 h"
[[member]]
name = "House"
devices = [{ kind = "load", profile = "single" }]
[[member]]
name = "Roof"
behind = "House"
devices = [{ kind = "pv", peak = "6 kWp" }]
[[member]]
name = "Flat"
behind = "House"
share_of = "Roof"
share = "60 %"
register = "cumulative"
devices = [{ kind = "load", profile = "family" }]
[[member]]
name = "Shop"
devices = [{ kind = "load", profile = "couple" }, { kind = "pv", peak = "6 kWp" }]
"#;

fn problems(text: &str) -> Vec<String> {
    match Scenario::parse(text, "t", Path::new("."), &Overrides::default()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn the_good_scenario_is_good() {
    assert_eq!(problems(GOOD), Vec::<String>::new());
}

/// What is written instead of what in the good scenario, and all that must be said about it.
const ROWS: &[(&str, &str, &[&str])] = &[
    // validity
    (
        "valid_until = \"2021-06-25T00:00+01:00\"",
        "valid_until = \"2021-06-24T00:00+01:00\"",
        &[
            "t:19:40: tariff.versions.versions[1].valid_from: `versions` has no prices from 2021-06-24T00:00:00+01:00 until 2021-06-25T00:00:00+01:00\n    begin this version at 2021-06-24T00:00:00+01:00, or let the one before hold until 2021-06-25T00:00:00+01:00",
        ],
    ),
    (
        "valid_until = \"2021-06-25T00:00+01:00\"",
        "valid_until = \"2021-06-26T00:00+01:00\"",
        &[
            "t:19:40: tariff.versions.versions[1].valid_from: two versions of `versions` hold from 2021-06-25T00:00:00+01:00 until 2021-06-26T00:00:00+01:00\n    begin this version at 2021-06-26T00:00:00+01:00",
        ],
    ),
    (
        "valid_from = \"2021-06-25T00:00+01:00\"",
        "valid_until = \"2021-12-31T00:00+01:00\"",
        &[
            "t:19:3: tariff.versions.versions[1].valid_from: is missing, so it is not known when this version of `versions` begins\n    add `valid_from = \"…\"`",
        ],
    ),
    (
        "valid_from = \"2021-06-25T00:00+01:00\"",
        "valid_from = \"2020-06-25T00:00+01:00\"",
        &[
            "t:19:40: tariff.versions.versions[1].valid_from: two versions of `versions` hold from 2020-06-25T00:00:00+01:00\n    put the versions in order, each beginning after the one before",
        ],
    ),
    (
        "import = \"30 ct/kWh\"\nvalid_from = \"2021-01-01T00:00+01:00\"",
        "import = \"30 ct/kWh\"\nvalid_from = \"2021-06-22T00:00+01:00\"",
        &[
            "t:14:14: tariff.flat.valid_from: `flat` has no prices from 2021-06-21T00:00:00+01:00 until 2021-06-22T00:00:00+01:00\n    let its first version begin at 2021-06-21T00:00:00+01:00 or earlier",
        ],
    ),
    (
        "valid_from = \"2021-06-25T00:00+01:00\" }",
        "valid_from = \"2021-06-25T00:00+01:00\", valid_until = \"2021-06-30T00:00+01:00\" }",
        &[
            "t:19:80: tariff.versions.versions[1].valid_until: `versions` has no prices from 2021-06-30T00:00:00+01:00 until 2021-07-01T00:00:00+01:00\n    let its last version hold until 2021-07-01T00:00:00+01:00 or longer",
        ],
    ),
    (
        "valid_from = \"2021-06-25T00:00+01:00\" }",
        "valid_from = \"2021-06-25T00:07+01:00\" }",
        &[
            "t:19:40: tariff.versions.versions[1].valid_from: is not where a delivery interval begins\n    begin at a multiple of 900 s, such as midnight",
            "t:19:40: tariff.versions.versions[1].valid_from: `versions` has no prices from 2021-06-25T00:00:00+01:00 until 2021-06-25T00:07:00+01:00\n    begin this version at 2021-06-25T00:00:00+01:00, or let the one before hold until 2021-06-25T00:07:00+01:00",
        ],
    ),
    (
        "valid_from = \"2021-06-25T00:00+01:00\" }",
        "valid_from = \"25 June\" }",
        &[
            "t:19:40: tariff.versions.versions[1].valid_from: `25 June` is not a date and time\n    write a date and time with its zone such as \"2021-01-18T00:00+01:00\"",
            "t:19:40: tariff.versions.versions[1].valid_from: is missing, so it is not known when this version of `versions` begins\n    add `valid_from = \"…\"`",
        ],
    ),
    // fees and taxes
    (
        "vat = \"19 %\"",
        "vat = \"190 %\"",
        &[
            "t:12:7: tariff.flat.vat: `190 %` is out of range\n    write a percentage such as \"90 %\" within its bounds",
        ],
    ),
    (
        "vat = \"19 %\"",
        "vat = 19",
        &["t:12:7: tariff.flat.vat: is a bare number\n    write a percentage such as \"90 %\""],
    ),
    (
        "vat = \"19 %\"",
        "peer_grid_fees = { building = \"0 ct/kWh\", feeder = \"-1 ct/kWh\", substation = \"4 ct/kWh\" }",
        &[
            "t:12:18: tariff.flat.peer_grid_fees.elsewhere: is missing\n    add `elsewhere = …`: a price such as \"30 ct/kWh\"",
            "t:12:52: tariff.flat.peer_grid_fees.feeder: is negative\n    write a fee of at least 0 ct/kWh",
        ],
    ),
    (
        "vat = \"19 %\"",
        "peer_grid_fee = \"1 ct/kWh\"\npeer_grid_fees = { building = \"0 ct/kWh\", feeder = \"1 ct/kWh\", substation = \"4 ct/kWh\", elsewhere = \"5 ct/kWh\" }",
        &["t:12:17: tariff.flat.peer_grid_fee: contradicts `peer_grid_fees`\n    keep one of the two"],
    ),
    // settlement
    (
        "imbalance = \"single\"",
        "imbalance = \"sinle\"",
        &["t:22:13: settlement.imbalance: `sinle` is not known\n    did you mean `single`?"],
    ),
    (
        "correction_window = \"14 days\"",
        "correction_window = \"500 days\"",
        &[
            "t:24:21: settlement.correction_window: is not between 0 and 400 days\n    write a span of time such as \"28 days\"",
        ],
    ),
    (
        "correction_window = \"14 days\"",
        "correction_window = \"1 h\"",
        &[
            "t:27:11: metering.late_by: is not between one interval and the correction window\n    write such as \"1 d\", or enlarge `settlement.correction_window`",
        ],
    ),
    (
        "correction_window = \"14 days\"",
        "penalty = \"-1 ct/kWh\"",
        &["t:24:11: settlement.penalty: is negative\n    write a price of at least 0 ct/kWh"],
    ),
    (
        "correction_window = \"14 days\"",
        "tolerance = \"5\"",
        &[
            "t:24:13: settlement.tolerance: `5` has no unit\n    write a percentage such as \"90 %\" (units: `%`)",
        ],
    ),
    (
        "correction_window = \"14 days\"",
        "grace = \"-1 h\"",
        &[
            "t:24:9: settlement.grace: is not between 0 and 400 days\n    write a span of time such as \"28 days\"",
        ],
    ),
    // metering
    (
        "late = \"2 %\"",
        "late = \"60 %\"\nmissing = \"50 %\"",
        &[
            "t:27:11: metering.missing: and the other faults exceed the whole\n    let them sum to at most 100 %",
        ],
    ),
    (
        "late = \"2 %\"",
        "lost = \"2 %\"",
        &[
            "t:26:1: metering.lost: there is no such field\n    choose `late_by`, `missing`, `late` or `corrected`",
        ],
    ),
    (
        "[settlement]\nimbalance = \"single\"\ntariff = \"flat\"\ncorrection_window = \"14 days\"\n",
        "",
        &[
            "t:23:11: metering.late_by: needs an agreement on late readings\n    add `[settlement]` with a `correction_window`",
        ],
    ),
    (
        "register = \"cumulative\"",
        "register = \"clock\"",
        &["t:40:12: member[2].register: `clock` is not known\n    choose `interval` or `cumulative`"],
    ),
    (
        "register = \"cumulative\"",
        "digits = 6",
        &["t:40:10: member[2].digits: belongs to a cumulative register\n    add `register = \"cumulative\"`"],
    ),
    (
        "register = \"cumulative\"",
        "register = \"cumulative\"\ndigits = 2",
        &["t:41:10: member[2].digits: is not between 3 and 12\n    choose such as 6"],
    ),
    (
        "behind = \"House\"\ndevices",
        "behind = \"Hose\"\ndevices",
        &["t:33:10: member[1].behind: there is no member `Hose`\n    did you mean `House`?"],
    ),
    (
        "behind = \"House\"\ndevices",
        "behind = \"Roof\"\ndevices",
        &["t:33:10: member[1].behind: is the member itself\n    name another member"],
    ),
    (
        "name = \"House\"",
        "name = \"House\"\nbehind = \"Flat\"",
        &[
            "t:30:10: member[0].behind: is a circle: the member would be behind itself\n    let one of them be connected to the grid",
            "t:38:10: member[2].behind: is a circle: the member would be behind itself\n    let one of them be connected to the grid",
        ],
    ),
    (
        "share = \"60 %\"\n",
        "",
        &["t:35:1: member[2].share: is missing beside `share_of`\n    write both or neither"],
    ),
    (
        "share_of = \"Roof\"\n",
        "",
        &["t:35:1: member[2].share_of: is missing beside `share`\n    write both or neither"],
    ),
    (
        "share_of = \"Roof\"\n",
        "share_of = \"Shop\"\n",
        &[
            "t:43:8: member[3].name: offers on the market what belongs to those who share it\n    leave it out of `market.electricity.sellers`",
        ],
    ),
    (
        "name = \"House\"",
        "name = \"House\"\nshare_of = \"Roof\"\nshare = \"50 %\"",
        &[
            "t:34:8: member[1].name: others have 110 % of what it counts\n    let the shares of its members sum to at most 100 %",
        ],
    ),
];

#[test]
fn every_mistake_is_named_with_place_and_remedy() {
    let mut wrong = String::new();
    for (good, bad, expected) in ROWS {
        assert!(GOOD.contains(good), "the row `{good}` changes nothing");
        let found = problems(&GOOD.replacen(good, bad, 1));
        if found != *expected {
            wrong += &format!("for `{bad}`:\n{}\n", found.join("\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
