//! A feeder calculated by hand; the working is in `cases/unbalanced/four_buses/README.md`.

use super::converged;
use grid::electric::unbalanced::{Settings, power_flow};
use grid::electric::{Bus, Connection, Control, Cost, Generator, Line, Load, Network, Phase, Pi};
use num_complex::Complex64;

pub(super) fn source(bus: usize, voltage_pu: f64) -> Generator {
    Generator {
        name: "source".to_owned(),
        bus,
        control: Control::Slack { voltage_pu, angle_rad: 0.0 },
        p_w: 0.0,
        q_var: 0.0,
        min_p_w: f64::NEG_INFINITY,
        max_p_w: f64::INFINITY,
        min_q_var: f64::NEG_INFINITY,
        max_q_var: f64::INFINITY,
        cost: Cost::Polynomial(Vec::new()),
        dispatchable: false,
        in_service: true,
    }
}

/// Resistances of positive and zero sequence, Ω.
pub(super) fn line(from: usize, to: usize, r1: f64, r0: f64) -> Line {
    let none = Complex64::ZERO;
    let zero = Pi { series_ohm: Complex64::new(r0, 0.0), from_s: none, to_s: none };
    let name = format!("{from}-{to}");
    Line { zero_sequence: Some(zero), ..Line::new(&name, from, to, Complex64::new(r1, 0.0), 0.0) }
}

pub(super) fn four_buses() -> Network {
    let mut network = Network::new("four buses", 10e3);
    network.buses = (0..4).map(|k| Bus::new(&format!("bus {k}"), 230.0 * 3_f64.sqrt())).collect();
    network.lines = vec![line(0, 1, 0.1, 0.4), line(1, 2, 0.15, 0.6), line(1, 3, 0.3, 1.2)];
    network.generators.push(source(0, 1.0));
    let oven = Load::new("oven", 2, 4_400.0, 0.0);
    network.loads.push(Load { connection: Connection::Phase(Phase::A), ..oven });
    network
}

#[test]
fn a_single_phase_load_pulls_its_phase_down_and_pushes_the_others_up() {
    let solution = converged(power_flow(&four_buses(), &Settings::default()).unwrap());
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    let v = |bus: usize, phase: Phase| solution.voltage_v[bus][phase.index()];
    // Phase a: 230 V, then 226, then 220.
    close(v(1, Phase::A).re, 226.0);
    close(v(2, Phase::A).re, 220.0);
    close(v(2, Phase::A).im, 0.0);
    // Phase b is pushed by the neutral's 5 V: −115 − 5 and −230·√3/2.
    close(v(2, Phase::B).re, -120.0);
    close(v(2, Phase::B).im, -115.0 * 3_f64.sqrt());
    close(v(2, Phase::C).norm(), 54_075_f64.sqrt());
    // Nothing flows to bus 3.
    close((v(3, Phase::A) - v(1, Phase::A)).norm(), 0.0);
    close(solution.lines[2].from_a[0].norm(), 0.0);
    close(solution.lines[0].from_a[0].re, 20.0);
    close(solution.lines[0].neutral_a().re, -20.0);
    close(solution.losses_w, 200.0);
    close(solution.unbalance(2), (5.0 / 3.0) / (230.0 - 5.0 / 3.0));
    close(solution.sources[0][0].re, 4_600.0);
    close(solution.loads[0].re, 4_400.0);
}

#[test]
fn a_load_between_phases_leaves_the_third_alone() {
    let mut network = four_buses();
    network.loads[0].connection = Connection::Between(Phase::A);
    let solution = converged(power_flow(&network, &Settings::default()).unwrap());
    let flow = &solution.lines[0];
    assert!((flow.from_a[0] + flow.from_a[1]).norm() < 1e-8 && flow.from_a[2].norm() < 1e-8);
    assert!(flow.neutral_a().norm() < 1e-8);
    // E − 2·R1·I = V, V·I = 4 400 W along the voltage from a to b.
    let e = 230.0 * 3_f64.sqrt();
    let expected = (e + (e * e - 4.0 * 0.5 * 4_400.0).sqrt()) / 2.0;
    assert!((solution.between_v(2, Phase::A).norm() - expected).abs() < 1e-6);
}
