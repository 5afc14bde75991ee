//! `wattle flow`: power flows of networks.

use super::example;
use crate::support::{Folder, root};
use serde_json::Value;

/// Two buses: a source and a load of `mw`, over a line of 0.1 + j0.1 per unit on 1 MVA and 10 kV.
fn two_buses(mw: f64) -> String {
    format!(
        "function mpc = two\nmpc.baseMVA = 1;\nmpc.bus = [\n\
         1 3 0 0 0 0 1 1 0 10 1 1.1 0.9;\n2 1 {mw} 0 0 0 1 1 0 10 1 1.1 0.9;\n];\n\
         mpc.gen = [\n1 0 0 10 -10 1 1 1 10 0;\n];\nmpc.branch = [\n1 2 0.1 0.1 0 0.5 0 0 0 0 1 -360 360;\n];\n"
    )
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

#[test]
fn a_load_behind_a_line_has_the_voltage_of_the_quadratic() {
    // |V|⁴ + (2·(R·P + X·Q) − E²)·|V|² + |Z|²·|S|² = 0 with E = 1, P = 0.4, Q = 0, R = X = 0.1:
    // u = |V|²: u² − 0.92·u + 0.02·0.16 = 0, u = 0.46 + √(0.2116 − 0.0032).
    let expected = (0.46 + (0.2116_f64 - 0.0032).sqrt()).sqrt();
    let folder = Folder::new();
    folder.write("two.m", two_buses(0.4));
    for method in ["newton", "sweep"] {
        let form = folder.wattle(&["flow", "two.m", "--method", method, "--json"]).json();
        let v = number(&form["buses"][1]["voltage_pu"]);
        assert!((v - expected).abs() < 1e-8, "{method}: {v} for {expected}");
        // What is lost is R·I² with I = P/|V|, of 1 MVA.
        let losses = 1e6 * 0.1 * (0.4 / expected).powi(2);
        assert!((number(&form["losses_w"]) - losses).abs() < 0.1, "{method}: {}", form["losses_w"]);
        assert_eq!((&form["converged"], form["lowest"]["bus"].as_str()), (&Value::Bool(true), Some("2")));
        assert_eq!(form["violations"], Value::Array(Vec::new()), "{method}");
    }
}

#[test]
fn broken_limits_are_named() {
    let folder = Folder::new();
    // As above with P = 1: u = 0.4 + √(0.16 − 0.02), |V| = 0.8799; I = 1/0.8799 of 0.5 that the line carries.
    folder.write("two.m", two_buses(1.0));
    let form = folder.wattle(&["flow", "two.m", "--json"]).json();
    let broken: Vec<(&str, &str)> = form["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (of["kind"].as_str().unwrap(), of["limit"].as_str().unwrap()))
        .collect();
    assert_eq!(broken, [("bus", "min_voltage_pu"), ("line", "loading")]);
    let text = folder.wattle(&["flow", "two.m"]).out;
    assert!(text.contains("2 broken") && text.contains("bus \"2\": 0.8799"), "{text}");
}

#[test]
fn a_load_beyond_what_the_line_carries_is_the_answer_no_with_the_bus() {
    let folder = Folder::new();
    folder.write("two.m", two_buses(9.0)); // the discriminant of the quadratic is negative from 2.07 on
    let run = folder.wattle(&["flow", "two.m"]);
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{}", run.out);
    for expected in ["no solution found", "bus \"2\"", "reduce"] {
        assert!(run.out.contains(expected), "no {expected:?} in {}", run.out);
    }
    let run = folder.wattle(&["flow", "two.m", "--json"]);
    let form: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (run.code, &form["converged"], form["worst_bus"].as_str()),
        (1, &Value::Bool(false), Some("2"))
    );
}

#[test]
fn the_village_runs_at_once_and_its_files_are_complete() {
    let folder = Folder::new();
    let run = folder.wattle(&["flow", "--out", "there"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for expected in ["village", "voltage", "Hill farm", "loading", "there"] {
        assert!(run.out.contains(expected), "no {expected:?} in {}", run.out);
    }
    let file = |name: &str| std::fs::read_to_string(folder.path().join("there").join(name)).unwrap();
    let form: Value = serde_json::from_str(&file("flow.json")).unwrap();
    for (table, list) in [("buses", "buses"), ("branches", "branches"), ("generators", "generators")] {
        let rows = form[list].as_array().unwrap().len();
        assert_eq!(file(&format!("{table}.csv")).lines().count(), rows + 1, "{table}.csv");
        let parquet =
            std::fs::File::open(folder.path().join("there").join(format!("{table}.parquet"))).unwrap();
        use parquet::file::reader::{FileReader, SerializedFileReader};
        let reader = SerializedFileReader::new(parquet).unwrap();
        assert_eq!(reader.metadata().file_metadata().num_rows(), rows as i64, "{table}.parquet");
    }
    let picture = file("network.svg");
    let buses = form["buses"].as_array().unwrap();
    for bus in buses {
        let name = bus["bus"].as_str().unwrap();
        assert!(picture.contains(&format!("<title>bus &quot;{name}&quot;")), "the picture has no bus {name}");
    }
    let frame = picture.split("viewBox=\"0 0 ").nth(1).unwrap().split('"').next().unwrap();
    let (width, height) = frame.split_once(' ').unwrap();
    let [width, height] = [width, height].map(|text| text.parse::<f64>().unwrap());
    for place in picture.split("<circle class=\"bus").skip(1) {
        let at = |axis: &str| -> f64 {
            place.split(&format!("{axis}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
        };
        assert!((0.0..width).contains(&at("cx")) && (0.0..height).contains(&at("cy")), "{}", &place[..80]);
    }
}

#[test]
fn a_day_of_the_village_says_when_it_was_worst() {
    let folder = Folder::new();
    let day = example("village_day.csv");
    let form = folder.wattle(&["flow", "village", "--series", &day, "--out", "there", "--json"]).json();
    assert_eq!(
        (form["steps"].as_u64(), form["solved"].as_u64(), form["step_s"].as_f64()),
        (Some(24), Some(24), Some(3600.0))
    );
    // The worst of the day is the worst of the single power flows of its steps.
    let steps = std::fs::read_to_string(folder.path().join("there/steps.csv")).unwrap();
    let lowest = steps.lines().skip(1).map(|line| line.split(',').nth(4).unwrap().parse::<f64>().unwrap());
    let lowest = lowest.fold(f64::MAX, f64::min);
    assert_eq!(lowest, number(&form["lowest_voltage"]["value"]));
    for name in ["voltages.parquet", "loadings.parquet", "network.svg", "flow.json"] {
        assert!(folder.path().join("there").join(name).exists(), "no {name}");
    }
}

#[test]
fn a_series_survives_a_step_without_a_number() {
    let folder = Folder::new();
    folder.write("two.m", two_buses(0.4));
    folder.write("series.csv", "t,load.load 2.p_w\n0,400000\n1,\n2,9000000\n3,400000\n");
    let run = folder.wattle(&["flow", "two.m", "--series", "series.csv", "--json"]);
    let form: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    assert_eq!((run.code, form["solved"].as_u64()), (1, Some(2)));
    let failed = form["failed"].as_array().unwrap();
    let t: Vec<&str> = failed.iter().map(|step| step["t"].as_str().unwrap()).collect();
    assert_eq!(t, ["1", "2"]);
    assert!(failed[0]["why"].as_str().unwrap().contains("load.load 2.p_w"), "{}", failed[0]);
    assert!(failed[1]["why"].as_str().unwrap().contains("bus \"2\""), "{}", failed[1]);
    let v = number(&form["lowest_voltage"]["value"]);
    let expected = (0.46 + (0.2116_f64 - 0.0032).sqrt()).sqrt();
    assert!((v - expected).abs() < 1e-7, "{v} for {expected}");
}

#[test]
fn what_is_wrong_with_a_network_or_a_series_is_said_with_its_place() {
    let folder = Folder::new();
    folder.write("two.m", two_buses(0.4));
    folder.write("net.xml", "");
    folder.write("word.m", two_buses(0.4).replace("0.1 0.1", "0.1 O.1"));
    folder.write("empty.json", "{}");
    folder.write("no_source.m", two_buses(0.4).replace("1 3 0 0", "1 1 0 0"));
    folder.write("short.m", two_buses(0.4).replace("1 2 0.1 0.1 0 0.5", "1 2 0 0 0 0.5"));
    folder.write("gap.csv", "t,load.load 2.p_w\n0,4e5\n0,x\n");
    folder.write("name.csv", "t,load.load 3.p_w,power\n0,4e5,1\n");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let check = |arguments: &[&str], expected: &[&str]| {
        let run = folder.wattle(&[&["flow"], arguments].concat());
        let complaints = run.complaints(2).join("\n");
        for expected in expected {
            assert!(complaints.contains(expected), "no {expected:?} in {complaints}");
        }
    };
    check(&["nowhere.m"], &["nowhere.m: there is no such file"]);
    check(&["vilage"], &["vilage: there is no such file or folder", "one of village, case5"]);
    check(&["net.xml"], &["net.xml: unknown format: name a MATPOWER case (.m)"]);
    check(&["word.m"], &["word.m:11", "O.1"]);
    check(&["empty.json"], &["empty.json", "_object"]);
    check(&["no_source.m"], &["no_source.m"]);
    check(&["short.m"], &["short.m: ", "line \"branch 1 (1-2)\""]);
    check(&["empty"], &["empty: Node.csv"]);
    check(
        &["two.m", "--series", "gap.csv"],
        &["gap.csv:3:t: ", "gap.csv:3:load.load 2.p_w: \"x\" is not a number"],
    );
    check(
        &["two.m", "--series", "name.csv"],
        &["name.csv:1:load.load 3.p_w: the network has no load \"load 3\"", "name.csv:1:power: name columns"],
    );
    check(&["two.m", "--series", "simbench"], &["takes the profiles of a SimBench folder"]);
    check(&["two.m", "--method", "magic"], &["newton, sweep, dc, lin_dist_flow"]);
    check(&["two.m", "--tolerance", "0"], &["a number from 1e-14 to 1"]);
}

#[test]
fn phases_of_the_village_differ_and_their_mean_is_near_the_balanced_voltage() {
    let folder = Folder::new();
    let balanced = folder.wattle(&["flow", "--json"]).json();
    let phases = folder.wattle(&["flow", "--unbalanced", "--json"]).json();
    assert_eq!(phases["assumed"], Value::Array(Vec::new()), "the village says all that is needed");
    let mut differ = 0;
    for (one, three) in balanced["buses"].as_array().unwrap().iter().zip(phases["buses"].as_array().unwrap())
    {
        assert_eq!(one["bus"], three["bus"]);
        let [a, b, c] = ["a_pu", "b_pu", "c_pu"].map(|phase| number(&three[phase]));
        let mean = (a + b + c) / 3.0;
        let v = number(&one["voltage_pu"]);
        assert!((mean - v).abs() < 2e-3, "{}: {mean} by phase, {v} balanced", one["bus"]);
        differ += u32::from((a - b).abs() > 1e-3);
    }
    assert!(differ > 10, "only {differ} buses have different voltages in a and b");
}

#[test]
fn a_published_case_has_the_state_that_others_found() {
    let path = root().join("../shared/cases/pglib/pglib_opf_case118_ieee.m");
    if !path.exists() {
        eprintln!("skipped: {} is not here", path.display());
        return;
    }
    let folder = Folder::new();
    let run = folder.wattle(&["flow", &path.display().to_string(), "--out", "there"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("118 buses"), "{}", run.out);
}
