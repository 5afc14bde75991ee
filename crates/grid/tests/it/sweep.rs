//! Backward–forward sweeps.

use crate::radial::{mismatch, random_radial};
use crate::support::feeder_with_open;
use grid::electric::{
    Circuit, Generator, Line, Method, Network, Outcome, Reason, Settings, Solution, power_flow, sweep,
};
use num_complex::Complex64;
use proptest::prelude::*;

fn settings() -> Settings {
    Settings { method: Method::Sweep, tolerance_pu: 1e-12, max_iterations: 100, ..Settings::default() }
}

fn losses_kw(network: &Network) -> f64 {
    let circuit = Circuit::of(network).unwrap();
    let (voltages, _) = sweep::solve(&circuit, &settings()).unwrap();
    Solution::at(network, &circuit, &voltages).losses_w / 1e3
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_nodal_equations_hold(seed: u64, buses in 4..60_usize) {
        let network = random_radial(seed, buses, true);
        let circuit = Circuit::of(&network).unwrap();
        let (voltages, convergence) = sweep::solve(&circuit, &settings()).unwrap();
        prop_assert!(convergence.mismatch_pu <= 1e-12);
        let v: Vec<Complex64> = (0..circuit.nodes.len()).map(|node| voltages.complex(node)).collect();
        prop_assert!(mismatch(&circuit, &v) < 1e-11, "{}", mismatch(&circuit, &v));
        let newton = Settings { method: Method::Newton, tolerance_pu: 1e-11, ..Settings::default() };
        let Outcome::Converged(other) = power_flow(&network, &newton).unwrap() else { panic!("no solution") };
        for (bus, node) in circuit.node_of_bus.iter().enumerate() {
            let node = node.unwrap();
            prop_assert!((voltages.magnitude_pu[node] - other.voltage_pu[bus]).abs() < 1e-9);
            // Newton's angles may be whole turns away.
            let turn = libm::remainder(voltages.angle_rad[node] - other.angle_rad[bus], std::f64::consts::TAU);
            prop_assert!(turn.abs() < 1e-9);
        }
    }
}

#[test]
fn published_feeders_lose_what_others_found() {
    // Open branches by number, losses in kW: proven optima (33, 69, 84 buses) of the reconfiguration problem.
    let rows: [(&str, &[usize], f64); 3] = [
        ("case33bw", &[7, 9, 14, 32, 37], 139.5513),
        ("zecao69", &[14, 55, 61, 69, 70], 98.6056),
        ("zecao84", &[7, 13, 34, 39, 42, 55, 62, 72, 83, 86, 89, 90, 92], 469.893),
    ];
    for (name, open, expected_kw) in rows {
        let Some(network) = feeder_with_open(name, open) else { return };
        let losses = losses_kw(&network);
        println!("{name} {losses}");
        assert!((losses - expected_kw).abs() < 6e-4, "{name} loses {losses} kW instead of {expected_kw}");
    }
}

#[test]
fn the_sixteen_bus_system_has_190_trees_and_the_best_loses_466_kw() {
    let (mut trees, mut best) = (0, f64::INFINITY);
    for a in 1..=16 {
        for b in a + 1..=16 {
            for c in b + 1..=16 {
                let network = feeder_with_open("zecao16", &[a, b, c]).unwrap();
                let circuit = Circuit::of(&network).unwrap();
                if circuit.nodes.len() < 16 {
                    continue;
                }
                match sweep::solve(&circuit, &settings()) {
                    Ok(_) => {
                        trees += 1;
                        best = f64::min(best, losses_kw(&network));
                    }
                    Err(divergence) => assert_eq!(divergence.reason, Reason::NotRadial),
                }
            }
        }
    }
    assert_eq!(trees, 190);
    assert!((best - 466.1267).abs() < 5e-5, "{best}");
}

/// A source, a line, a load.
fn two_buses(p_w: f64) -> Network {
    let mut network = random_radial(1, 2, false);
    network.lines[0].pi.series_ohm = Complex64::new(0.0, 0.16);
    network.lines[0].pi.from_s = Complex64::ZERO;
    network.lines[0].pi.to_s = Complex64::ZERO;
    network.generators[0] = Generator::slack("grid", 0, 1.0);
    network.loads[0].p_w = 0.0;
    (network.loads[1].p_w, network.loads[1].q_var) = (p_w, 0.0);
    network
}

#[test]
fn two_buses_have_the_voltage_of_the_quadratic() {
    // At 400 V and 1 MVA the base is 0.16 Ω: x = 1. V⁴ − V² + (P·x)² = 0, so V² = ½ + √(¼ − P²); 0.3 gives 0.9.
    let network = two_buses(3e5);
    let circuit = Circuit::of(&network).unwrap();
    let (voltages, _) = sweep::solve(&circuit, &settings()).unwrap();
    assert!((voltages.magnitude_pu[1].powi(2) - 0.9).abs() < 1e-11);
    assert!((libm::sin(voltages.angle_rad[1]) + 0.3 / 0.9_f64.sqrt()).abs() < 1e-11);
}

#[test]
fn a_load_beyond_the_nose_is_named() {
    let mut network = two_buses(6e5);
    network.buses[1].name = "the far end".to_owned();
    let circuit = Circuit::of(&network).unwrap();
    let divergence = sweep::solve(&circuit, &settings()).unwrap_err();
    assert_eq!(network.buses[divergence.worst_bus].name, "the far end");
    assert!(divergence.mismatch_pu > 0.01);
}

#[test]
fn a_mesh_is_refused_with_a_bus_of_it() {
    let mut network = random_radial(3, 12, false);
    network.lines.push(Line::new("closes", 4, 9, Complex64::new(0.01, 0.01), 0.0));
    let divergence = sweep::solve(&Circuit::of(&network).unwrap(), &settings()).unwrap_err();
    assert_eq!(divergence.reason, Reason::NotRadial);
    // Without the bus's branches the mesh is gone.
    let worst = divergence.worst_bus;
    let others = network.lines.iter().filter(|line| line.from != worst && line.to != worst).count();
    assert!(others < network.buses.len() - 1);
}

#[test]
fn two_sources_on_one_feeder_are_refused() {
    let mut network = random_radial(3, 12, false);
    network.generators.push(Generator::slack("second", 11, 1.0));
    let divergence = sweep::solve(&Circuit::of(&network).unwrap(), &settings()).unwrap_err();
    assert_eq!(divergence.reason, Reason::NotRadial);
}

#[test]
fn a_generator_that_holds_a_voltage_is_refused_by_its_bus() {
    let mut network = random_radial(3, 12, false);
    let control = grid::electric::Control::Voltage { voltage_pu: 1.0 };
    network.generators.push(Generator::new("plant", 7, control));
    let divergence = sweep::solve(&Circuit::of(&network).unwrap(), &settings()).unwrap_err();
    assert_eq!((divergence.reason, divergence.worst_bus), (Reason::HoldsVoltage, 7));
}
