//! Linear power flows and sensitivities, against hand-worked figures, exact power flows and finite differences.

use crate::radial::{mismatch, random_radial};
use crate::support::pglib;
use grid::electric::linear::{DistFlow, Ptdf, Sensitivities, dc, dist_flow};
use grid::electric::{
    Bus, Circuit, Generator, Line, Load, Method, Network, Outcome, Reason, Settings, Solution, power_flow,
};
use num_complex::Complex64;

fn solution(outcome: Outcome) -> Solution {
    match outcome {
        Outcome::Converged(solution) => *solution,
        Outcome::Diverged(divergence) => panic!("{divergence:?}"),
    }
}

fn solve(network: &Network, method: Method) -> Solution {
    let settings = Settings { method, tolerance_pu: 1e-12, max_iterations: 100, ..Settings::default() };
    solution(power_flow(network, &settings).unwrap())
}

/// Three buses in a ring of equal lines; at 1 kV and 1 MVA an ohm is 1 per unit.
fn ring() -> Network {
    let mut network = Network::new("ring", 1e6);
    for bus in ["a", "b", "c"] {
        network.buses.push(Bus::new(bus, 1e3));
    }
    network.generators.push(Generator::slack("grid", 0, 1.0));
    for (name, from, to) in [("ab", 0, 1), ("bc", 1, 2), ("ca", 2, 0)] {
        network.lines.push(Line::new(name, from, to, Complex64::new(0.01, 0.1), 0.0));
    }
    network.loads.push(Load::new("c", 2, 3e5, 0.0));
    network
}

#[test]
fn a_ring_of_three_shares_two_to_one() {
    let network = ring();
    let solution = solve(&network, Method::Dc);
    // 300 kW to c: 200 on the one line between, 100 on the two in series.
    for (line, expected) in solution.lines.iter().zip([1e5, 1e5, -2e5]) {
        assert!((line.from_p_w - expected).abs() < 1e-6, "{line:?}");
        assert_eq!((line.from_p_w + line.to_p_w, line.from_q_var), (0.0, 0.0));
    }
    assert!((solution.generators[0].p_w - 3e5).abs() < 1e-6);
    assert!((solution.angle_rad[2] + 0.02).abs() < 1e-12);
    let circuit = Circuit::of(&network).unwrap();
    let row = Ptdf::new(&circuit).unwrap().row(0);
    for (share, expected) in row.iter().zip([0.0, -2.0 / 3.0, -1.0 / 3.0]) {
        assert!((share - expected).abs() < 1e-12, "{row:?}");
    }
}

#[test]
fn a_branch_without_reactance_is_named() {
    let mut network = ring();
    network.lines[1].pi.series_ohm.im = 0.0;
    let Outcome::Diverged(divergence) = dc(&network, &Circuit::of(&network).unwrap()) else { panic!() };
    assert_eq!((divergence.reason, divergence.worst_bus), (Reason::Singular, 1));
}

#[test]
fn transfer_factors_are_differences_of_dc_flows() {
    let mut networks = vec![random_radial(4, 20, true)];
    networks[0].lines.push(Line::new("ring", 7, 15, Complex64::new(0.01, 0.01), 0.0));
    networks.extend(pglib("case118_ieee"));
    networks.extend(pglib("case300_ieee"));
    for network in networks {
        let circuit = Circuit::of(&network).unwrap();
        let flows = |circuit: &Circuit| {
            let solution = solution(dc(&network, circuit));
            let all = solution.lines.iter().chain(&solution.transformers);
            all.map(|flow| flow.from_p_w / circuit.base_va).collect::<Vec<f64>>()
        };
        let base = flows(&circuit);
        let mut ptdf = Ptdf::new(&circuit).unwrap();
        let rows: Vec<Vec<f64>> = (0..circuit.branches.len()).map(|branch| ptdf.row(branch)).collect();
        assert_eq!(base.len(), rows.len(), "all branches are in use");
        for node in (0..circuit.nodes.len()).step_by(7) {
            let mut more = circuit.clone();
            more.nodes[node].power_pu.re += 1.0;
            for (branch, (after, before)) in flows(&more).iter().zip(&base).enumerate() {
                let factor = rows[branch][node];
                assert!(
                    (after - before - factor).abs() < 1e-8,
                    "{branch} {node}: {} {factor}",
                    after - before
                );
            }
        }
    }
}

#[test]
fn two_buses_fall_by_twice_rp_plus_xq() {
    let mut network = ring();
    network.lines.truncate(1);
    network.buses.truncate(2);
    network.loads[0] = Load::new("b", 1, 3e5, 1e5);
    let solution = solve(&network, Method::LinDistFlow);
    // v² = 1 − 2·(0.01·0.3 + 0.1·0.1) = 0.974
    assert!((solution.voltage_pu[1].powi(2) - 0.974).abs() < 1e-12);
    // v·sin θ = −(0.1·0.3 − 0.01·0.1) = −0.029
    assert!((solution.voltage_pu[1] * libm::sin(solution.angle_rad[1]) + 0.029).abs() < 1e-12);
    assert!((solution.lines[0].from_p_w - 3e5).abs() < 1e-6 && solution.losses_w.abs() < 1e-6);
    assert!((solution.generators[0].q_var - 1e5).abs() < 1e-6);
}

#[test]
fn the_error_of_lindistflow_is_of_second_order() {
    for seed in 0..10 {
        let error = |share: f64| {
            let mut network = random_radial(seed, 30, true);
            for load in &mut network.loads {
                (load.p_w, load.q_var) = (load.p_w * share, load.q_var * share);
            }
            for generator in &mut network.generators {
                (generator.p_w, generator.q_var) = (generator.p_w * share, generator.q_var * share);
            }
            for storage in &mut network.storages {
                storage.p_w *= share;
            }
            for line in &mut network.lines {
                (line.pi.from_s, line.pi.to_s) = (line.pi.from_s * share, line.pi.to_s * share);
            }
            for transformer in &mut network.transformers {
                let pi = &mut transformer.pi;
                (pi.from_s, pi.to_s) = (pi.from_s * share, pi.to_s * share);
            }
            for shunt in &mut network.shunts {
                shunt.admittance_s *= share;
            }
            let (exact, linear) = (solve(&network, Method::Sweep), solve(&network, Method::LinDistFlow));
            let voltages = exact.voltage_pu.iter().zip(&linear.voltage_pu).map(|(a, b)| (a - b).abs());
            let angles = exact
                .angle_rad
                .iter()
                .zip(&linear.angle_rad)
                .map(|(a, b)| libm::remainder(a - b, std::f64::consts::TAU).abs());
            voltages.chain(angles).fold(0.0, f64::max)
        };
        let (whole, half) = (error(0.2), error(0.1));
        assert!(whole < 5e-3, "{whole}");
        assert!((3.5..4.5).contains(&(whole / half)), "{whole} {half}");
    }
}

#[test]
fn voltage_rows_are_differences_of_lindistflow() {
    let network = random_radial(6, 25, true);
    let circuit = Circuit::of(&network).unwrap();
    let voltages = |circuit: &Circuit| {
        let solution = solution(dist_flow(&network, circuit));
        circuit.nodes.iter().map(|node| solution.voltage_pu[node.bus]).collect::<Vec<f64>>()
    };
    let base = voltages(&circuit);
    let prepared = DistFlow::new(&circuit).unwrap();
    let rows = prepared.voltage_rows(&base);
    for (node, step) in
        [(7, Complex64::new(1e-6, 0.0)), (20, Complex64::new(0.0, 1e-6)), (13, Complex64::new(1e-6, 0.0))]
    {
        let mut more = circuit.clone();
        more.nodes[node].power_pu += step;
        let mut less = circuit.clone();
        less.nodes[node].power_pu -= step;
        let (after, before) = (voltages(&more), voltages(&less));
        for other in 0..circuit.nodes.len() {
            let row = rows.row(other)[node];
            let expected = (row.re * step.re + row.im * step.im) / 1e-6;
            let found = (after[other] - before[other]) / 2e-6;
            assert!((found - expected).abs() < 1e-7, "{other}: {found} {expected}");
        }
    }
}

#[test]
fn exact_sensitivities_are_differences_of_power_flows() {
    let mut networks = vec![random_radial(4, 20, true)];
    networks.extend(pglib("case118_ieee"));
    let settings = Settings { tolerance_pu: 1e-11, ..Settings::default() };
    for network in networks {
        let circuit = Circuit::of(&network).unwrap();
        let mut sensitivities = Sensitivities::new(&circuit, &settings).unwrap();
        let nodes = circuit.nodes.len();
        for (node, power) in
            [(nodes / 2, Complex64::ONE), (nodes - 3, Complex64::I), (nodes / 3, Complex64::ONE)]
        {
            let response = sensitivities.of(node, power);
            let point = |sign: f64| {
                let mut moved = circuit.clone();
                moved.nodes[node].power_pu += power * (sign * 1e-5);
                let point = Sensitivities::new(&moved, &settings).unwrap();
                let v: Vec<Complex64> = (0..nodes).map(|node| point.voltages.complex(node)).collect();
                let flows: Vec<_> = circuit
                    .branches
                    .iter()
                    .map(|branch| branch.powers(v[branch.from], v[branch.to]))
                    .collect();
                (point.voltages, flows)
            };
            let ((up, flows_up), (down, flows_down)) = (point(1.0), point(-1.0));
            for other in 0..nodes {
                let dv = (up.magnitude_pu[other] - down.magnitude_pu[other]) / 2e-5;
                let turn = (up.angle_rad[other] - down.angle_rad[other]) / 2e-5;
                assert!((dv - response.voltages.magnitude_pu[other]).abs() < 1e-6);
                assert!((turn - response.voltages.angle_rad[other]).abs() < 1e-6);
            }
            for (index, (from, to)) in response.flows.iter().enumerate() {
                let (d_from, d_to) = (
                    (flows_up[index].0 - flows_down[index].0) / 2e-5,
                    (flows_up[index].1 - flows_down[index].1) / 2e-5,
                );
                assert!((d_from - from).norm() < 1e-5 && (d_to - to).norm() < 1e-5, "{d_from} {from}");
            }
        }
    }
}

#[test]
fn meshes_are_no_trees_and_the_exact_flow_is_checked() {
    let network = ring();
    let Outcome::Diverged(divergence) = dist_flow(&network, &Circuit::of(&network).unwrap()) else {
        panic!()
    };
    assert_eq!(divergence.reason, Reason::NotRadial);
    let exact = solve(&network, Method::Newton);
    let circuit = Circuit::of(&network).unwrap();
    let v: Vec<Complex64> =
        (0..3).map(|bus| Complex64::from_polar(exact.voltage_pu[bus], exact.angle_rad[bus])).collect();
    assert!(mismatch(&circuit, &v) < 1e-11);
}
