//! What cannot be calculated is said by name.

use super::feeder;
use super::four_buses::{four_buses, source};
use grid::electric::unbalanced::{
    Across, Bus, Feeder, Line, Load, Outcome, Regulator, Settings, Source, Switch, Transformer, Windings,
    power_flow,
};
use grid::electric::{Connection, Control, Phase, VectorGroup};
use num_complex::Complex64;

fn c(re: f64, im: f64) -> Complex64 {
    Complex64::new(re, im)
}

/// Source at A, a line to B with phases a and b only, a load on phase b.
fn small() -> Feeder {
    let mut feeder = Feeder::new("small", 1e5);
    feeder.buses = vec![Bus::new("A", 400.0), Bus { phases: [true, true, false], ..Bus::new("B", 400.0) }];
    feeder.sources.push(Source::symmetrical("grid", 0, 400.0, 0.0));
    let none = Complex64::ZERO;
    let z = [[c(0.2, 0.1), c(0.05, 0.05), none], [c(0.05, 0.05), c(0.2, 0.1), none], [none; 3]];
    feeder.lines.push(Line { phases: [true, true, false], ..Line::new("A-B", 0, 1, z) });
    feeder.loads.push(Load::new("house", 1, Across::Neutral(Phase::B), c(2e3, 0.0)));
    feeder
}

fn dyn5(from: usize, to: usize) -> Transformer {
    transformer(from, to, VectorGroup::Dyn)
}

fn transformer(from: usize, to: usize, group: VectorGroup) -> Transformer {
    let z = c(0.01, 0.03);
    let (none, ratio, shift_rad) = (Complex64::ZERO, 1.0, 0.0);
    Transformer {
        name: "T1".to_owned(),
        from,
        to,
        windings: Windings::Symmetrical {
            group,
            ratio,
            shift_rad,
            series_ohm: z,
            zero_ohm: z,
            from_s: none,
            to_s: none,
        },
        rating_va: 1e5,
        rated_v: [400.0; 2],
        in_service: true,
    }
}

#[test]
fn a_feeder_that_cannot_be_calculated_says_why() {
    let check = |change: &dyn Fn(&mut Feeder), wanted: &[&str]| {
        let mut feeder = small();
        change(&mut feeder);
        let error = feeder.power_flow(&Settings::default()).expect_err(wanted[0]).to_string();
        for part in wanted {
            assert!(error.contains(part), "\"{part}\" is not in: {error}");
        }
    };
    check(&|f| f.loads[0].across = Across::Neutral(Phase::C), &["\"house\"", "phase c", "\"B\"", "only ab"]);
    check(&|f| f.loads[0].across = Across::Next(Phase::B), &["\"house\"", "phase c"]);
    check(&|f| f.sources.clear(), &["no source"]);
    check(&|f| f.lines[0].phases = [true; 3], &["\"A-B\"", "phase c at bus \"B\""]);
    check(&|f| f.lines[0].series_ohm = [[Complex64::ONE; 3]; 3], &["\"A-B\"", "singular"]);
    check(&|f| f.lines[0].series_ohm[0][1] = c(9.0, 0.0), &["\"A-B\"", "symmetric"]);
    check(&|f| f.lines[0].series_ohm[0][0] = c(f64::NAN, 0.0), &["\"A-B\"", "finite"]);
    check(&|f| f.lines[0].to = 7, &["\"A-B\"", "buses 0 and 7 of 2"]);
    check(&|f| f.loads[0].bus = 9, &["\"house\"", "bus 9 of 2"]);
    check(&|f| f.loads[0].power_va = c(f64::INFINITY, 0.0), &["\"house\"", "finite"]);
    check(&|f| f.loads[0].zip.p_current = 1.5, &["\"house\"", "ZIP"]);
    check(&|f| f.buses[1].nominal_v = 20e3, &["\"A-B\"", "400 V", "20000 V", "transformer"]);
    check(&|f| f.buses[1].nominal_v = -1.0, &["\"B\"", "positive"]);
    check(&|f| f.base_va = 0.0, &["base power"]);
    // The line does not carry c, the bus has it, and a load wants it.
    check(
        &|f| {
            f.buses[1].phases = [true; 3];
            f.loads[0].across = Across::Neutral(Phase::C);
        },
        &["\"house\"", "phase c", "no source reaches"],
    );
    // Behind a delta nothing earths a star load.
    check(
        &|f| {
            f.buses.push(Bus::new("C", 400.0));
            f.transformers.push(transformer(0, 2, VectorGroup::Dd));
            f.loads.push(Load::new("lamp", 2, Across::Neutral(Phase::A), c(100.0, 0.0)));
        },
        &["\"lamp\"", "phase a", "\"C\"", "earths"],
    );
    check(
        &|f| {
            f.buses.push(Bus::new("C", 400.0));
            f.transformers.push(dyn5(0, 2));
            let Windings::Symmetrical { series_ohm, .. } = &mut f.transformers[0].windings else {
                unreachable!()
            };
            *series_ohm = Complex64::ZERO;
        },
        &["\"T1\"", "impedance"],
    );
    check(
        &|f| {
            f.buses.push(Bus::new("C", 400.0));
            let ratio = [1.05; 3];
            f.regulators.push(Regulator { name: "R".to_owned(), from: 0, to: 2, ratio });
            f.switches.push(Switch { name: "S".to_owned(), from: 0, to: 2, closed: true });
        },
        &["\"R\"", "ratio"],
    );
    check(
        &|f| f.sources.push(Source::symmetrical("other", 0, 410.0, 0.0)),
        &["\"other\"", "another voltage"],
    );
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let mut feeder = small();
    feeder.loads[0].bus = 9;
    feeder.sources.clear();
    feeder.lines[0].rating_a = -5.0;
    let error = feeder.power_flow(&Settings::default()).unwrap_err();
    assert_eq!(error.problems.len(), 3, "{error}");
}

#[test]
fn an_island_is_left_out_and_named() {
    let mut feeder = small();
    feeder.buses.push(Bus::new("alone", 400.0));
    feeder.loads.push(Load::new("lonely", 2, Across::Neutral(Phase::A), c(1e3, 0.0)));
    let solution = super::solve(&feeder);
    assert_eq!(solution.dead_buses, [2]);
    assert!(solution.voltage_pu[2][0].is_nan() && solution.loads[1] == Complex64::ZERO);
}

#[test]
fn a_network_says_what_an_unbalanced_calculation_lacks() {
    let strict = Settings { assumptions: None, ..Settings::default() };
    let mut network = four_buses();
    network.lines[1].zero_sequence = None;
    let error = power_flow(&network, &strict).unwrap_err().to_string();
    assert!(error.contains("line \"1-2\" has no zero-sequence impedance"), "{error}");
    let solution = super::converged(power_flow(&network, &Settings::default()).unwrap());
    assert!(
        solution.assumed.len() == 1 && solution.assumed[0].contains("line \"1-2\""),
        "{:?}",
        solution.assumed
    );
    let mut network = four_buses();
    let mut other = source(2, 1.0);
    other.control = Control::Voltage { voltage_pu: 1.0 };
    network.generators.push(other);
    let error = power_flow(&network, &Settings::default()).unwrap_err().to_string();
    assert!(error.contains("generator \"source\" holds a voltage"), "{error}");
}

/// E = 230 V behind 0.5 Ω carries E²/(4·R) = 26 450 W to a phase, and no more.
#[test]
fn near_the_limit_newton_takes_over_and_beyond_it_the_worst_bus_and_phase_are_named() {
    let mut network = four_buses();
    for p_w in [20e3, 26e3, 26_449.0] {
        network.loads[0].p_w = p_w;
        let solution = super::converged(power_flow(&network, &Settings::default()).unwrap());
        let expected = (230.0 + (230.0_f64.powi(2) - 4.0 * 0.5 * p_w).sqrt()) / 2.0;
        let found = solution.voltage_v[2][0];
        assert!((found.re - expected).abs() < 1e-3 && found.im.abs() < 1e-3, "{p_w}: {found} {expected}");
    }
    for p_w in [26_500.0, 1e6] {
        network.loads[0].p_w = p_w;
        let Outcome::Diverged(divergence) = power_flow(&network, &Settings::default()).unwrap() else {
            panic!("{p_w} W cannot be carried");
        };
        assert_eq!((divergence.worst_bus, divergence.worst_phase), (2, Phase::A));
        assert!(divergence.message.contains("phase a of bus \"bus 2\""), "{}", divergence.message);
    }
    network.loads[0].connection = Connection::Balanced;
    network.loads[0].p_w = 3.0 * 40e3;
    super::converged(power_flow(&network, &Settings::default()).unwrap());
}

#[test]
fn a_text_that_is_no_feeder_says_where() {
    let check = |text: &str, wanted: &str| {
        let error = Feeder::from_json(text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    };
    check("{", "line 1");
    let start = r#"{"name": "x", "base_va": 1e3, "buses": [{"name": "A", "nominal_v": 400}], "sources": []"#;
    check(&format!(r#"{start}, "loadz": []}}"#), "loadz");
    let load = |bus: &str, across: &str| {
        let load = format!(r#"{{"name": "L", "bus": "{bus}", "across": "{across}", "p_w": 1, "q_var": 0}}"#);
        format!(r#"{start}, "loads": [{load}]}}"#)
    };
    check(&load("Z", "a"), "\"L\" names a bus \"Z\"");
    check(&load("A", "ac"), "across \"ac\"");
    check(&load("A", "d"), "phase 'd'");
    assert!(Feeder::from_json(&load("A", "ca")).is_ok());
    assert!(feeder("ieee13/feeder.json").switches[0].closed);
}
