//! Exact optimal power flow: published costs, clashes of limits, traces.

use crate::support::{pglib, root};
use grid::electric::import::from_matpower;
use grid::electric::{Bus, Control, Cost, Element, Generator, Line, Load, Network, Rating};
use grid::opf::{Infeasible, Model, Outcome, Settings, Solution, optimal_power_flow};
use num_complex::Complex64;

fn solve(network: &Network) -> Outcome {
    optimal_power_flow(network, Model::Ac, &Settings::default()).unwrap()
}

fn optimum(network: &Network) -> Solution {
    match solve(network) {
        Outcome::Optimal(solution) => *solution,
        Outcome::Infeasible(infeasible) => panic!("{}: infeasible, {:?}", network.name, infeasible.clashes),
        Outcome::NotConverged(trace) => panic!("{}: not converged, {:?}", network.name, trace.last()),
    }
}

fn infeasible(network: &Network) -> Infeasible {
    match solve(network) {
        Outcome::Infeasible(infeasible) => infeasible,
        other => panic!("{other:?}"),
    }
}

/// Limits that a solution must keep, to a millionth.
fn check_limits(network: &Network, solution: &Solution) {
    for (bus, v) in network.buses.iter().zip(&solution.voltage_pu) {
        assert!(*v >= bus.min_voltage_pu && *v <= bus.max_voltage_pu, "bus {}: {v}", bus.name);
    }
    let flows = network.lines.iter().map(|line| &line.rating).zip(&solution.lines);
    let others = network.transformers.iter().map(|t| &t.rating).zip(&solution.transformers);
    for (rating, flow) in flows.chain(others) {
        assert!(flow.loading <= 1.0 + 1e-5, "{rating:?}: {flow:?}");
    }
}

/// PGLib's published costs, AC (5 digits), for the cases of a condition that are here, up to so many buses.
fn check_baseline(condition: &str, buses: std::ops::RangeInclusive<usize>) {
    let path = root().join("../shared/cases/pglib/baseline.csv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not here", path.display());
        return;
    };
    let mut checked = 0;
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let case = fields[1].strip_prefix("pglib_opf_").unwrap();
        let is_here = root().join(format!("../shared/cases/pglib/pglib_opf_{case}.m")).exists();
        if fields[0] != condition || !buses.contains(&fields[2].parse().unwrap()) || !is_here {
            continue;
        }
        let Some(network) = pglib(case) else { continue };
        let published: f64 = fields[5].parse().unwrap();
        let solution = optimum(&network);
        let off = solution.cost / published - 1.0;
        println!("{case:25} {:14.4} {off:9.1e}, {} iterations", solution.cost, solution.iterations);
        assert!(off.abs() < 1e-4, "{case}: {} instead of {published}", solution.cost);
        check_limits(&network, &solution);
        checked += 1;
    }
    assert!(checked > 0, "no case of {condition} with {buses:?} buses is here");
}

#[test]
fn typical_cases_cost_what_pglib_published() {
    check_baseline("TYP", 0..=300);
}

#[test]
fn congested_cases_cost_what_pglib_published() {
    check_baseline("API", 0..=300);
}

#[test]
fn cases_of_small_angles_cost_what_pglib_published() {
    check_baseline("SAD", 0..=300);
}

#[test]
fn thousands_of_buses_cost_what_pglib_published() {
    check_baseline("TYP", 1000..=3000);
}

/// Cases that come with the project, to the digits that another solver confirmed (cases/opf/pglib/README.md).
#[test]
fn shipped_cases_cost_what_another_solver_found() {
    for (case, cost, tolerance) in [
        ("case3_lmbd", 5812.6, 1e-5),
        ("case5_pjm", 17_551.8914, 1e-6),
        ("case14_ieee", 2178.0814, 1e-6),
        ("case30_ieee", 8208.5151, 1e-6),
        ("case118_ieee", 97_213.6078, 1e-6),
    ] {
        let path = root().join(format!("cases/opf/pglib/pglib_opf_{case}.m"));
        let network = from_matpower(&std::fs::read_to_string(path).unwrap()).unwrap();
        let solution = optimum(&network);
        assert!(
            (solution.cost / cost - 1.0).abs() < tolerance,
            "{case}: {} instead of {cost}",
            solution.cost
        );
        check_limits(&network, &solution);
    }
}

/// A source of 20 MW, a line of 5 MVA, a load.
fn feeder(load_w: f64) -> Network {
    let mut network = Network::new("feeder", 1e6);
    network.buses = ["station", "village"]
        .map(|name| Bus { min_voltage_pu: 0.95, max_voltage_pu: 1.05, ..Bus::new(name, 20e3) })
        .to_vec();
    network.lines =
        vec![Line { rating: Rating::Power(5e6), ..Line::new("feeder", 0, 1, Complex64::new(2.0, 4.0), 0.0) }];
    network.loads = vec![Load::new("village", 1, load_w, 0.0)];
    network.generators = vec![Generator {
        min_p_w: 0.0,
        max_p_w: 20e6,
        min_q_var: -10e6,
        max_q_var: 10e6,
        cost: Cost::Polynomial(vec![0.0, 30.0]),
        ..Generator::slack("station", 0, 1.0)
    }];
    network
}

#[test]
fn a_load_beyond_all_generators_names_what_is_missing() {
    let clashes = infeasible(&feeder(25e6)).clashes;
    assert_eq!(clashes[0].element, Element::Bus(0));
    assert!(clashes[0].message.contains("5.000 MW are missing"), "{}", clashes[0].message);
}

#[test]
fn a_line_too_weak_for_its_load_is_named_with_what_it_would_carry() {
    let clashes = infeasible(&feeder(8e6)).clashes;
    assert_eq!(clashes[0].element, Element::Line(0), "{clashes:?}");
    assert!(clashes[0].message.contains("5.000 are allowed"), "{}", clashes[0].message);
}

#[test]
fn a_voltage_that_cannot_be_held_is_named() {
    let mut network = feeder(8e6);
    network.lines[0].rating = Rating::Unlimited;
    network.lines[0].pi.series_ohm = Complex64::new(6.0, 2.0);
    // 8 MW over 6 Ω at 20 kV drop by some 0.12 per unit, whatever the source does between 0.95 and 1.05.
    network.generators[0].max_q_var = 0.5e6;
    network.loads[0].q_var = 0.3e6;
    let clashes = infeasible(&network).clashes;
    assert!(clashes.iter().any(|clash| clash.message.contains("voltage")), "{clashes:?}");
    let named = |clash: &grid::opf::Clash| matches!(clash.element, Element::Bus(0 | 1));
    assert!(clashes.iter().all(named), "{clashes:?}");
}

#[test]
fn a_load_beyond_what_the_voltage_can_carry_names_the_voltage_it_would_take() {
    // Over a reactance of 40 Ω at most V²/2X arrive: 9 MW take 26.83 kV, 1.3416 per unit of 20 kV.
    let mut network = feeder(9e6);
    network.lines[0].rating = Rating::Unlimited;
    network.lines[0].pi.series_ohm = Complex64::new(0.0, 40.0);
    let clashes = infeasible(&network).clashes;
    assert!(clashes[0].message.contains("the voltage is 1.3416 per unit, at most 1.0500"), "{clashes:?}");
}

#[test]
fn generation_that_must_run_and_finds_no_load_is_named() {
    let mut network = feeder(1e6);
    network.generators[0].min_p_w = 9e6;
    let clashes = infeasible(&network).clashes;
    assert!(clashes[0].message.contains("cannot be taken away"), "{clashes:?}");
}

#[test]
fn too_few_iterations_leave_a_trace() {
    let network = feeder(4e6);
    let settings = Settings { max_iterations: 2, ..Settings::default() };
    let outcome = optimal_power_flow(&network, Model::Ac, &settings).unwrap();
    let Outcome::NotConverged(trace) = outcome else { panic!("{outcome:?}") };
    assert!(trace.len() >= 3 && trace.iter().all(|step| step.infeasibility.is_finite()), "{trace:?}");
}

#[test]
fn a_generator_that_may_not_move_stays_and_a_dead_bus_has_no_price() {
    let mut network = feeder(4e6);
    network.buses.push(Bus::new("alone", 20e3));
    network.loads.push(Load::new("alone", 2, 1e6, 0.0));
    network.generators.push(Generator {
        p_w: 1e6,
        dispatchable: false,
        min_q_var: 0.0,
        max_q_var: 0.0,
        ..Generator::new("roof", 1, Control::Power)
    });
    let solution = optimum(&network);
    assert_eq!(solution.p_w[1], 1e6);
    assert_eq!(solution.q_var[1], 0.0);
    assert!(solution.price_p[2].is_nan() && solution.voltage_pu[2].is_nan());
    // 3 MW over 2 Ω at most 1.05 per unit of 20 kV: losses of R·P²/V² = 40.8 kW and a little for what they carry.
    let losses = solution.p_w[0] - 3e6;
    assert!((losses - 40.8e3).abs() < 3e3, "{losses}");
}

#[test]
fn costs_that_are_not_convex_are_refused_by_name() {
    let mut network = feeder(4e6);
    network.generators[0].cost = Cost::PiecewiseLinear(vec![(0.0, 0.0), (5.0, 100.0), (9.0, 120.0)]);
    let error = optimal_power_flow(&network, Model::Ac, &Settings::default()).unwrap_err();
    assert!(error.to_string().contains("generator \"station\""), "{error}");
}
