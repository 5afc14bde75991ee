//! MATPOWER's case files.

use crate::support::{pglib, root};
use grid::electric::import::{ImportError, from_matpower};
use grid::electric::{Circuit, Control, Cost, Network};
use proptest::prelude::*;

/// Two buses, a generator, a branch; the smallest case.
const TWO: &str = "\
function mpc = two
mpc.version = '2';
mpc.baseMVA = 100;   % MVA
%% bus data
mpc.bus = [
    1  3  0   0   0 0  1 1 0 110 1 1.1 0.9;
    2  1  50  10  0 5  1 1 0 110 1 1.1 0.9;
];
mpc.gen = [1 0 0 100 -100 1.02 100 1 200 0];
mpc.branch = [
    1 2 0.01 0.1 0.02 250 0 0 0 0 1 -30 30;
];
mpc.gencost = [2 0 0 3 0.01 20 100];
";

fn two_with(from: &str, to: &str) -> String {
    assert!(TWO.contains(from), "{from}");
    TWO.replace(from, to)
}

/// What is wrong with a case, in words.
fn refused(text: &str) -> String {
    from_matpower(text).unwrap_err().to_string()
}

#[test]
fn case5_has_five_buses_and_six_branches() {
    let Some(network) = pglib("case5_pjm") else { return };
    assert_eq!((network.buses.len(), network.generators.len(), network.lines.len()), (5, 5, 6));
    let circuit = Circuit::of(&network).unwrap();
    assert_eq!((circuit.nodes.len(), circuit.branches.len()), (5, 6));
    let y = circuit.branches[0].series_pu;
    assert!((y.re - 0.00281).abs() < 1e-12 && (y.im - 0.0281).abs() < 1e-12);
}

#[test]
fn every_case_of_pglib_is_read() {
    let folder = root().join("../shared/cases/pglib");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} is not here", folder.display());
        return;
    };
    let mut read = 0;
    for path in
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "m"))
    {
        let network = from_matpower(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(!network.buses.is_empty() && !network.generators.is_empty(), "{}", path.display());
        read += 1;
    }
    assert!(read > 40, "{read}");
}

#[test]
fn a_case_is_read() {
    let network = from_matpower(TWO).unwrap();
    assert_eq!(network.name, "two");
    assert_eq!(network.buses[1].name, "2");
    let generator = &network.generators[0];
    assert_eq!(generator.control, Control::Slack { voltage_pu: 1.02, angle_rad: 0.0 });
    // Lowest power first: 100 + 20 p + 0.01 p².
    assert_eq!(generator.cost, Cost::Polynomial(vec![100.0, 20.0, 0.01]));
    assert_eq!((network.loads[0].p_w, network.loads[0].q_var), (50e6, 10e6));
    // 0.1 p.u. of 110² kV² / 100 MVA = 121 Ω.
    assert!((network.lines[0].pi.series_ohm.im - 12.1).abs() < 1e-12);
    // 5 Mvar at 110 kV.
    assert!((network.shunts[0].admittance_s.im - 5e6 / 110e3_f64.powi(2)).abs() < 1e-15);
}

/// The same case in other words of the language.
#[test]
fn ways_of_writing_change_nothing() {
    let plain = from_matpower(TWO).unwrap();
    let same = |text: String| assert_eq!(from_matpower(&text).unwrap(), plain, "{text}");
    same(two_with("1 2 0.01 0.1 0.02 250", "1, 2, 0.01, ... the rest is below\n 1e-1,\t2D-2, 250"));
    same(two_with("%% bus data", "%{\nmpc.baseMVA = 7;\n%}\n%% bus data mpc.baseMVA = 8;"));
    same(two_with("0.9;\n    2", "0.9\n    2"));
    same(two_with("mpc.version = '2';", "mpc.version = '2'; % see 'the manual', 100 %"));
    same(two_with(
        "mpc.gencost",
        "mpc.gentype = {'ST' ; \"100 %\"};\nmpc.genfuel = {\n'coal';\n};\nmpc.gencost",
    ));
    same(two_with("mpc.gen = [1", "define_constants;\nk = 3;\nmpc.dcline = [1 2 0 10];\nmpc.gen = [1"));
    same(two_with("[2 0 0 3 0.01 20 100]", "[2 0 0 3 0.01 20 100; 2 0 0 3 0 0 0]"));
    same(format!("{TWO}end\n").replace('\n', "\r\n"));
}

#[test]
fn buses_have_the_names_that_the_case_gives() {
    let names = |list: &str| -> Vec<String> {
        let network = from_matpower(&format!("{TWO}mpc.bus_name = {{\n{list}\n}};\n")).unwrap();
        network.buses.into_iter().map(|bus| bus.name).collect()
    };
    assert_eq!(names("'North  ';\n'100% South';"), ["North", "100% South"]);
    assert_eq!(names("'North'; 'North'"), ["North", "North (2)"]);
}

/// Distribution cases of MATPOWER say impedances in Ω and loads in kW and convert them at the end.
#[test]
fn the_usual_conversions_of_distribution_cases_are_done() {
    let tail = "\
Vbase = mpc.bus(1, BASE_KV) * 1e3;      %% in Volts
Sbase = mpc.baseMVA * 1e6;              %% in VA
mpc.branch(:, [BR_R BR_X]) = mpc.branch(:, [BR_R BR_X]) / (Vbase^2 / Sbase);
mpc.bus(:, [PD, QD]) = mpc.bus(:, [PD, QD]) / 1e3;
";
    let network = from_matpower(&format!("{TWO}{tail}")).unwrap();
    let z = network.lines[0].pi.series_ohm;
    assert!((z.re - 0.01).abs() < 1e-15 && (z.im - 0.1).abs() < 1e-15, "{z}");
    assert_eq!((network.loads[0].p_w, network.loads[0].q_var), (50e3, 10e3));
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    for (from, to, said) in [
        ("mpc.baseMVA = 100;", "mpc.baseMVA = 1/0;", "line 3: mpc.baseMVA is \"1/0\""),
        ("mpc.baseMVA = 100;", "", "there is no mpc.baseMVA"),
        ("'2'", "'1'", "line 2: version \"1\""),
        ("mpc = two", "[baseMVA, bus, gen, branch] = two", "only case format version 2"),
        ("0.01 0.1 0.02", "0.01 1/3 0.02", "line 11: \"1/3\" in mpc.branch is not a number"),
        ("0.01 0.1 0.02", "0.01 NaN 0.02", "line 11: column 4 of mpc.branch is NaN"),
        ("2  1  50", "1  1  50", "line 7: bus 1 is there twice"),
        ("2  1  50", "2.5  1  50", "line 7: bus number 2.5"),
        ("2  1  50", "2  5  50", "line 7: type 5 of bus 2"),
        ("0 110 1 1.1 0.9;\n]", "0 -110 1 1.1 0.9;\n]", "line 7: base voltage -110 kV of bus 2"),
        ("mpc.gen = [1 0", "mpc.gen = [7 0", "line 9: generator 1 names bus 7"),
        ("    1 2 0.01", "    1 9 0.01", "line 11: branch 1 (1-9) names bus 9"),
        ("0.02 250 0 0 0 0 1 -30 30;", "0.02;", "a row of mpc.branch has 5 columns, 11 are needed"),
        ("[2 0 0 3", "[2 0 0 4", "announces 4 entries"),
        ("[2 0 0 3", "[2 0 0 1e300", "announces"),
        ("[2 0 0 3", "[2 0 0 -1", "announces -1 entries"),
        ("[2 0 0 3", "[3 0 0 3", "cost model 3"),
        ("[2 0 0 3 0.01 20 100]", "[1 0 0 2 50 1 50 2]", "do not rise"),
        ("20 100]", "20 100; 2 0 0 1 7; 2 0 0 1 8]", "3 rows for 1 generators"),
        ("20 100];", "20 100;", "line 13: mpc.gencost is never closed"),
        ("mpc.gencost", "mpc.bus = [1];\nmpc.gencost", "mpc.bus is set a second time"),
        ("mpc.gencost", "mpc.bus_name = { 'North; };\nmpc.gencost", "a text in mpc.bus_name is not closed"),
        ("mpc.branch", "mpc.twig", "there is no mpc.branch"),
    ] {
        let message = refused(&two_with(from, to));
        assert!(message.contains(said), "{from} -> {to}: {message}");
    }
    assert!(refused("").contains("this is no MATPOWER case"));
}

#[test]
fn what_is_not_supported_is_named() {
    for (added, said) in [
        ("mpc.bus(:, 3) = mpc.bus(:, 3) / 1e3;", "\"mpc.bus(:, 3) = mpc.bus(:, 3) / 1e3;\" in line 14"),
        ("mpc = scale_load(2, mpc);", "mpc = scale_load(2, mpc)"),
        ("scale(mpc);", "scale(mpc)"),
        ("for i = 1:3\nend", "\"for\" in line 14"),
        ("mpc.dcline = [1 2 1 10 10];", "a DC line in service (mpc.dcline) is not supported: 1-2 (line 14)"),
        ("mpc.storage = [1 2 3];", "mpc.storage (1 rows)"),
        ("mpc.A = [1 0];", "mpc.A (1 rows)"),
    ] {
        let message = refused(&format!("{TWO}{added}\n"));
        assert!(message.contains(said), "{added}: {message}");
    }
    let message = refused(&two_with("20 100]", "20 100; 2 0 0 1 7]"));
    assert!(message.contains("a cost of reactive power is not supported: generator 1"), "{message}");
    let message = refused(&two_with("30;\n];", "30;\n] * 2;"));
    assert!(message.contains("\"* 2\" after mpc.branch in line 12"), "{message}");
}

#[test]
fn everything_wrong_is_said_at_once() {
    let text = two_with("0.01 0.1 0.02", "r x 0.02").replace("[1 0 0 100", "[4 0 0 100");
    let Err(ImportError::Several(errors)) = from_matpower(&text) else { panic!("two things are wrong") };
    assert_eq!(errors.len(), 3);
}

proptest! {
    /// A valid case with a piece torn out and something put in is read or refused, but never brings the program down.
    #[test]
    fn a_torn_case_is_refused(at in 0..TWO.len(), length in 0..60_usize, put in ".{0,20}") {
        let end = (at + length).min(TWO.len());
        let text = format!("{}{put}{}", &TWO[..at], &TWO[end..]);
        let read: Result<Network, ImportError> = from_matpower(&text);
        if let Err(error) = read {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn tables_of_any_numbers_are_read_or_refused(
        rows in prop::collection::vec(prop::collection::vec(any::<f64>(), 0..15), 0..6),
        table in prop::sample::select(vec!["bus", "gen", "branch", "gencost", "dcline"]),
    ) {
        let rows: Vec<String> = rows
            .iter()
            .map(|row| row.iter().map(|v| format!("{v:e}")).collect::<Vec<_>>().join(" "))
            .collect();
        let kept: String = TWO.replace(&format!("mpc.{table} = ["), "mpc.other = [");
        let _ = from_matpower(&format!("{kept}\nmpc.{table} = [\n{}\n];\n", rows.join(";\n")));
    }

    #[test]
    fn any_text_is_refused_or_read(text in ".{0,200}") {
        let _ = from_matpower(&text);
    }
}
