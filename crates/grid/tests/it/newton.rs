//! Newton's power flow against closed forms, and what happens where there is no solution.

use grid::electric::newton::Newton;
use grid::electric::{
    Bus, Circuit, Control, Divergence, Element, Generator, Line, Load, Network, Outcome, Pi, Reason,
    Settings, Side, Solution, Start, TapChanger, Transformer, VoltageControl, Voltages, Zip, power_flow,
};
use num_complex::Complex64;
use proptest::prelude::*;

/// Buses of 10 kV on a base of 1 MVA, so that 100 Ω are 1 per unit; the first is a slack of 1 per unit.
fn buses(count: usize) -> Network {
    let mut network = Network::new("small", 1e6);
    network.buses = (0..count).map(|i| Bus::new(&format!("bus {i}"), 1e4)).collect();
    network.generators = vec![Generator::slack("grid", 0, 1.0)];
    network
}

fn line(network: &mut Network, from: usize, to: usize, series_pu: Complex64) {
    let name = format!("line {}", network.lines.len());
    network.lines.push(Line::new(&name, from, to, series_pu * 100.0, 0.0));
}

fn load(network: &mut Network, bus: usize, p_pu: f64, q_pu: f64) {
    network.loads.push(Load::new(&format!("load at {bus}"), bus, p_pu * 1e6, q_pu * 1e6));
}

fn generator(network: &mut Network, bus: usize, voltage_pu: f64, p_pu: f64, q_pu: (f64, f64)) {
    network.generators.push(Generator {
        p_w: p_pu * 1e6,
        min_q_var: q_pu.0 * 1e6,
        max_q_var: q_pu.1 * 1e6,
        ..Generator::new(&format!("generator at {bus}"), bus, Control::Voltage { voltage_pu })
    });
}

fn transformer(from: usize, to: usize, x_pu: f64) -> Transformer {
    let none = Complex64::ZERO;
    Transformer::new(
        &format!("transformer {from}-{to}"),
        [from, to],
        [1e4, 1e4],
        Pi { series_ohm: Complex64::new(0.0, 100.0 * x_pu), from_s: none, to_s: none },
    )
}

fn z(r: f64, x: f64) -> Complex64 {
    Complex64::new(r, x)
}

fn solve(network: &Network, settings: &Settings) -> Solution {
    match power_flow(network, settings).unwrap() {
        Outcome::Converged(solution) => *solution,
        Outcome::Diverged(divergence) => panic!("{divergence:?}"),
    }
}

fn fails(network: &Network, settings: &Settings) -> Divergence {
    match power_flow(network, settings).unwrap() {
        Outcome::Converged(solution) => panic!("{solution:?}"),
        Outcome::Diverged(divergence) => divergence,
    }
}

/// The higher root of v⁴ + (2(R·P + X·Q) − 1)·v² + |Z|²·(P² + Q²) = 0: the voltage of a load behind Z, fed by 1.
fn voltage_behind(z: Complex64, p: f64, q: f64) -> f64 {
    let b = 2.0 * (z.re * p + z.im * q) - 1.0;
    let c = z.norm_sqr() * (p * p + q * q);
    ((-b + (b * b - 4.0 * c).sqrt()) / 2.0).sqrt()
}

#[test]
fn two_buses_have_the_voltage_of_the_closed_form() {
    let rows = [
        (z(0.02, 0.1), 0.8, 0.3),
        (z(0.1, 0.02), 1.0, -0.4),
        (z(0.0, 0.1), -0.9, 0.0),
        (z(0.01, 0.0), 2.0, 0.0),
    ];
    for (impedance, p, q) in rows {
        let mut network = buses(2);
        line(&mut network, 0, 1, impedance);
        load(&mut network, 1, p, q);
        for start in [Start::Flat, Start::Dc] {
            let settings = Settings { start, tolerance_pu: 1e-12, ..Settings::default() };
            let solution = solve(&network, &settings);
            let v = voltage_behind(impedance, p, q);
            assert!((solution.voltage_pu[1] - v).abs() < 1e-11);
            // Losses are R·|S|²/v².
            let losses = impedance.re * (p * p + q * q) / (v * v);
            assert!((solution.losses_w / 1e6 - losses).abs() < 1e-11);
            assert!((solution.generators[0].p_w / 1e6 - p - losses).abs() < 1e-11);
        }
    }
}

#[test]
fn beyond_the_nose_the_answer_names_the_bus() {
    // Over a reactance X at most 1/(2X) arrives (Q = 0).
    let most = 1.0 / (2.0 * 0.1);
    let mut network = buses(3);
    line(&mut network, 0, 1, z(0.0, 0.1));
    line(&mut network, 0, 2, z(0.0, 0.1));
    load(&mut network, 1, 0.9999 * most, 0.0);
    load(&mut network, 2, 0.1 * most, 0.0);
    let solution = solve(&network, &Settings::default());
    assert!((solution.voltage_pu[1] - voltage_behind(z(0.0, 0.1), 0.9999 * most, 0.0)).abs() < 1e-5);
    network.loads[0].p_w = 1.0001 * most * 1e6;
    let divergence = fails(&network, &Settings::default());
    assert_eq!(divergence.worst_bus, 1);
    assert!(matches!(divergence.reason, Reason::IterationLimit | Reason::Singular), "{divergence:?}");
}

#[test]
fn a_power_that_is_no_number_never_becomes_a_voltage() {
    for p in [f64::NAN, f64::INFINITY, 1e300] {
        let mut network = buses(3);
        line(&mut network, 0, 1, z(0.01, 0.1));
        line(&mut network, 1, 2, z(0.01, 0.1));
        load(&mut network, 2, 1.0, 0.0);
        network.loads[0].p_w = p;
        // A network that is checked at the door is an error; one that is not diverges.
        if let Ok(Outcome::Converged(solution)) = power_flow(&network, &Settings::default()) {
            panic!("{solution:?}");
        }
    }
}

#[test]
fn islands_have_their_own_slacks_and_what_none_reaches_is_unknown() {
    let mut network = buses(6);
    line(&mut network, 0, 1, z(0.02, 0.1));
    line(&mut network, 2, 3, z(0.02, 0.1));
    line(&mut network, 4, 5, z(0.02, 0.1));
    load(&mut network, 1, 0.8, 0.3);
    load(&mut network, 3, 0.8, 0.3);
    load(&mut network, 5, 0.8, 0.3);
    let control = Control::Slack { voltage_pu: 1.0, angle_rad: 0.5 };
    network.generators.push(Generator::new("other grid", 2, control));
    let solution = solve(&network, &Settings { tolerance_pu: 1e-12, ..Settings::default() });
    let v = voltage_behind(z(0.02, 0.1), 0.8, 0.3);
    assert!((solution.voltage_pu[1] - v).abs() < 1e-11 && (solution.voltage_pu[3] - v).abs() < 1e-11);
    assert!((solution.angle_rad[3] - solution.angle_rad[1] - 0.5).abs() < 1e-11);
    assert_eq!(solution.dead_buses, [4, 5]);
    assert!(solution.voltage_pu[4].is_nan() && solution.lines[2].from_p_w.is_nan());
    assert!(
        solution.losses_w.is_finite()
            && (solution.generators[1].p_w - solution.generators[0].p_w).abs() < 1e-3
    );
}

#[test]
fn two_slacks_of_one_island_share_by_impedance() {
    let mut network = buses(3);
    line(&mut network, 0, 1, z(0.1, 0.0));
    line(&mut network, 1, 2, z(0.1, 0.0));
    load(&mut network, 1, 1.0, 0.0);
    network.generators.push(Generator::slack("other grid", 2, 1.0));
    let solution = solve(&network, &Settings { tolerance_pu: 1e-12, ..Settings::default() });
    // Two equal ways side by side are one of half the impedance.
    assert!((solution.voltage_pu[1] - voltage_behind(z(0.05, 0.0), 1.0, 0.0)).abs() < 1e-11);
    assert!((solution.generators[0].p_w - solution.generators[1].p_w).abs() < 1e-4);
}

#[test]
fn loads_of_constant_impedance_and_current_follow_the_voltage() {
    // Behind R alone: a conductance g gives v = 1/(1 + R·g), a current i gives v = 1 − R·i.
    let rows = [
        (Zip { p_impedance: 1.0, ..Zip::default() }, 1.0 / (1.0 + 0.1 * 0.8)),
        (Zip { p_current: 1.0, ..Zip::default() }, 1.0 - 0.1 * 0.8),
    ];
    for (zip, v) in rows {
        let mut network = buses(2);
        line(&mut network, 0, 1, z(0.1, 0.0));
        load(&mut network, 1, 0.8, 0.0);
        network.loads[0].zip = zip;
        let solution = solve(&network, &Settings { tolerance_pu: 1e-13, ..Settings::default() });
        assert!((solution.voltage_pu[1] - v).abs() < 1e-12);
        // What the slack feeds in is what comes over the line: v = 1 there.
        assert!((solution.generators[0].p_w / 1e6 - (1.0 - v) / 0.1).abs() < 1e-11);
    }
}

#[test]
fn a_shifting_transformer_turns_everything_behind_it() {
    // 150° and 180° are farther than any flat start gets by itself.
    for degrees in [0.0_f64, 30.0, 150.0, 180.0, -90.0] {
        let mut network = buses(3);
        let shift_rad = degrees.to_radians();
        network.transformers.push(Transformer { shift_rad, ..transformer(0, 1, 0.05) });
        line(&mut network, 1, 2, z(0.02, 0.05));
        load(&mut network, 2, 0.8, 0.3);
        for start in [Start::Flat, Start::Dc] {
            let settings = Settings { start, tolerance_pu: 1e-12, ..Settings::default() };
            let solution = solve(&network, &settings);
            assert_eq!(solution.rescue, None);
            assert!((solution.voltage_pu[2] - voltage_behind(z(0.02, 0.1), 0.8, 0.3)).abs() < 1e-11);
            let unshifted = {
                network.transformers[0].shift_rad = 0.0;
                let solution = solve(&network, &settings);
                network.transformers[0].shift_rad = shift_rad;
                solution.angle_rad[2]
            };
            assert!((unshifted - solution.angle_rad[2] - shift_rad).abs() < 1e-11);
        }
    }
}

#[test]
fn a_node_without_own_admittance_needs_another_pivot() {
    // A ring 0–1–2–3–0. Node 2 hangs between a reactor and a series capacitor of the same reactance: its own
    // admittance is 0, and so is its block of the Jacobian at flat voltages. In one of the two ways to number the
    // other nodes it is eliminated first.
    let rings = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];
    let mut found: Vec<[f64; 3]> = Vec::new();
    for [a, b, c] in rings {
        let mut network = buses(4);
        line(&mut network, 0, a, z(0.0, 0.1));
        line(&mut network, a, b, z(0.0, 0.1));
        line(&mut network, b, c, z(0.0, -0.1));
        line(&mut network, c, 0, z(0.0, 0.2));
        line(&mut network, a, c, z(0.0, 0.3));
        load(&mut network, a, 0.3, 0.1);
        load(&mut network, c, 0.2, 0.0);
        let settings = Settings { start: Start::Flat, tolerance_pu: 1e-12, ..Settings::default() };
        let solution = solve(&network, &settings);
        assert_eq!(solution.rescue, None);
        found.push([a, b, c].map(|bus| solution.voltage_pu[bus]));
    }
    for other in &found[1..] {
        let largest = found[0].iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max);
        assert!(largest < 1e-10, "{found:?}");
    }
}

#[test]
fn shorter_steps_arrive_more_often_from_far_away() {
    let mut network = buses(6);
    for (bus, parent) in [(1, 0), (2, 1), (3, 1), (4, 3), (5, 0)] {
        line(&mut network, parent, bus, z(0.01, 0.1));
        load(&mut network, bus, 0.3, 0.1);
    }
    let solution = solve(&network, &Settings::default());
    let circuit = Circuit::of(&network).unwrap();
    let power: Vec<Complex64> = circuit.nodes.iter().map(|node| node.power_pu).collect();
    let mut newton = Newton::new(&circuit);
    let mut arrived = [0_usize; 2];
    // Multiples of the golden ratio, which fill the interval evenly.
    let mut part = (1..).map(|i: u32| (f64::from(i) * 0.618_033_988_749_895).fract());
    for i in 0..200 {
        let spread = f64::from(i) / 100.0;
        let mut start = Voltages::flat(&circuit);
        for node in 1..6 {
            start.angle_rad[node] = spread * (part.next().unwrap() - 0.5);
            start.magnitude_pu[node] = 1.0 + 0.2 * spread * (part.next().unwrap() - 0.5);
        }
        let mut full = start.clone();
        if newton.solve(&power, &mut full, &Settings::default()).is_err() {
            assert_eq!(full, start, "what fails leaves the voltages as they were");
        }
        let mut damped = start;
        // Where there is no answer the voltages of the start are no solution either.
        let _ = newton.solve_damped(&power, &mut damped, &Settings::default());
        for (arrived, voltages) in arrived.iter_mut().zip([full, damped]) {
            // There are other solutions too, of low voltages: full steps often end there.
            *arrived += usize::from((voltages.magnitude_pu[4] - solution.voltage_pu[4]).abs() < 1e-8);
        }
    }
    let [full, damped] = arrived;
    assert!(damped > full, "{full} of 200 arrive by full steps, {damped} by shorter ones");
}

#[test]
fn a_series_goes_on_from_voltages_and_survives_a_bad_step() {
    let mut network = buses(2);
    line(&mut network, 0, 1, z(0.02, 0.1));
    let circuit = Circuit::of(&network).unwrap();
    let mut newton = Newton::new(&circuit);
    let mut voltages = Voltages::flat(&circuit);
    let settings = Settings { tolerance_pu: 1e-12, ..Settings::default() };
    for (p, solvable) in [(0.5, true), (9.0, false), (f64::NAN, false), (0.6, true), (-0.6, true)] {
        let before = voltages.clone();
        let solved = newton.solve(&[Complex64::ZERO, Complex64::new(-p, 0.0)], &mut voltages, &settings);
        assert_eq!(solved.is_ok(), solvable, "{p}: {solved:?}");
        if solvable {
            assert!((voltages.magnitude_pu[1] - voltage_behind(z(0.02, 0.1), p, 0.0)).abs() < 1e-11);
        } else {
            assert_eq!(voltages, before);
            assert_eq!(solved.unwrap_err().worst_bus, 1);
        }
    }
}

#[test]
fn a_generator_at_its_reactive_limit_lets_go_of_its_voltage() {
    let mut network = buses(2);
    line(&mut network, 0, 1, z(0.02, 0.1));
    load(&mut network, 1, 0.8, 0.6);
    generator(&mut network, 1, 1.0, 0.2, (-0.1, 0.2));
    let free = solve(&network, &Settings { tolerance_pu: 1e-12, ..Settings::default() });
    assert!((free.voltage_pu[1] - 1.0).abs() < 1e-12 && free.generators[1].q_var > 0.2e6);
    assert!(!free.generators[1].at_q_limit);
    let settings = Settings { enforce_q_limits: true, tolerance_pu: 1e-12, ..Settings::default() };
    let solution = solve(&network, &settings);
    assert!((solution.voltage_pu[1] - voltage_behind(z(0.02, 0.1), 0.6, 0.4)).abs() < 1e-11);
    assert!(solution.generators[1].at_q_limit);
    assert!((solution.generators[1].q_var - 0.2e6).abs() < 1e-3);
}

#[test]
fn generators_of_one_bus_arrive_at_their_limits_together() {
    let mut network = buses(2);
    line(&mut network, 0, 1, z(0.02, 0.1));
    load(&mut network, 1, 0.8, 0.6);
    generator(&mut network, 1, 1.0, 0.1, (-0.1, 0.1));
    generator(&mut network, 1, 1.0, 0.1, (0.0, 0.9));
    let solution = solve(&network, &Settings { tolerance_pu: 1e-12, ..Settings::default() });
    let q = [solution.generators[1].q_var, solution.generators[2].q_var];
    let part = [(q[0] + 0.1e6) / 0.2e6, q[1] / 0.9e6];
    assert!((part[0] - part[1]).abs() < 1e-9, "{q:?}");
    let arrives = -solution.lines[0].to_q_var;
    assert!((q[0] + q[1] + arrives - 0.6e6).abs() < 1e-3);
    // Together they have 1.0; 0.95 of need is beyond neither's limit, and 1.2 beyond both.
    network.loads[0].q_var = 1.2e6;
    let settings = Settings { enforce_q_limits: true, tolerance_pu: 1e-12, ..Settings::default() };
    let solution = solve(&network, &settings);
    assert!(solution.generators[1].at_q_limit && solution.generators[2].at_q_limit);
    assert!((solution.generators[1].q_var - 0.1e6).abs() < 1e-3);
    assert!((solution.generators[2].q_var - 0.9e6).abs() < 1e-3);
}

#[test]
fn a_generator_takes_its_voltage_up_again_when_a_neighbour_lets_go() {
    // Two generators fight over a short line: one holds 1.05, the other 0.95, each beyond its limit. When the higher
    // one lets go the lower one is needed the other way round.
    let mut network = buses(3);
    line(&mut network, 0, 1, z(0.0, 0.2));
    line(&mut network, 1, 2, z(0.0, 0.05));
    generator(&mut network, 1, 1.05, 0.0, (-0.2, 0.2));
    generator(&mut network, 2, 0.95, 0.0, (-1.0, 1.0));
    let settings = Settings { enforce_q_limits: true, tolerance_pu: 1e-12, ..Settings::default() };
    let solution = solve(&network, &settings);
    let [_, high, low] = solution.generators[..] else { unreachable!() };
    assert!(high.at_q_limit && (high.q_var - 0.2e6).abs() < 1e-3);
    assert!(!low.at_q_limit && low.q_var.abs() < 1e6);
    assert!((solution.voltage_pu[2] - 0.95).abs() < 1e-12);
}

/// A line, a transformer with taps of 1.25 % on the from side, and a load.
fn tapped(load_pu: f64, band: (f64, f64)) -> Network {
    let mut network = buses(3);
    line(&mut network, 0, 1, z(0.01, 0.05));
    let tap = TapChanger {
        side: Side::From,
        position: 0,
        min: -8,
        max: 8,
        neutral: 0,
        step: 0.0125,
        step_angle_rad: 0.0,
        shift_per_step_rad: 0.0,
        control: Some(VoltageControl { bus: 2, min_voltage_pu: band.0, max_voltage_pu: band.1 }),
    };
    network.transformers.push(Transformer { tap: Some(tap), ..transformer(1, 2, 0.1) });
    load(&mut network, 2, load_pu, load_pu / 3.0);
    network
}

#[test]
fn a_tap_changer_moves_until_its_voltage_lies_in_the_band() {
    let settings = Settings { control_taps: true, ..Settings::default() };
    for (side, bus) in [(Side::From, 2), (Side::To, 2)] {
        let mut network = tapped(0.9, (0.99, 1.01));
        if let Some(tap) = &mut network.transformers[0].tap {
            tap.side = side;
            tap.control = Some(VoltageControl { bus, min_voltage_pu: 0.99, max_voltage_pu: 1.01 });
        }
        let still = solve(&network, &Settings::default());
        assert!(still.voltage_pu[2] < 0.96 && still.taps.is_empty());
        let solution = solve(&network, &settings);
        assert!((0.99..=1.01).contains(&solution.voltage_pu[2]), "{:?}", solution.voltage_pu);
        let [(Element::Transformer(0), position)] = solution.taps[..] else { panic!("{:?}", solution.taps) };
        assert_eq!(position < 0, side == Side::From, "lower at the from side is higher at the to side");
    }
}

#[test]
fn a_tap_changer_at_its_end_stays_there() {
    let network = tapped(2.0, (1.04, 1.06));
    let solution = solve(&network, &Settings { control_taps: true, ..Settings::default() });
    assert_eq!(solution.taps, [(Element::Transformer(0), -8)]);
    assert!(solution.voltage_pu[2] < 1.04);
}

#[test]
fn a_band_narrower_than_a_step_is_a_circle() {
    let network = tapped(0.9, (1.0000, 1.0001));
    let divergence = fails(&network, &Settings { control_taps: true, ..Settings::default() });
    assert_eq!((divergence.reason, divergence.worst_bus), (Reason::Cycling, 2));
}

proptest! {
    #[test]
    fn where_it_converges_every_node_is_in_balance(
        parents in prop::collection::vec(0_usize..100, 1..20),
        chords in prop::collection::vec((0_usize..20, 0_usize..20), 0..8),
        impedances in prop::collection::vec((0.0_f64..0.05, 0.01_f64..0.1), 28),
        loads in prop::collection::vec((-0.5_f64..0.5, -0.3_f64..0.3, 0.0_f64..0.5, 0.0_f64..0.5), 20),
        held in prop::collection::vec((0_usize..20, 0.97_f64..1.03), 0..4),
    ) {
        let count = parents.len() + 1;
        let mut network = buses(count);
        let tree = parents.iter().enumerate().map(|(i, &parent)| (i + 1, parent % (i + 1)));
        let chords = chords.into_iter().filter(|&(a, b)| a != b && a < count && b < count);
        for ((a, b), &(r, x)) in tree.chain(chords).zip(&impedances) {
            line(&mut network, a, b, z(r, x));
        }
        for (bus, &(p, q, impedance, current)) in loads.iter().enumerate().take(count) {
            load(&mut network, bus, p, q);
            let zip = Zip { p_impedance: impedance, p_current: current, q_impedance: current, q_current: impedance };
            network.loads[bus].zip = zip;
        }
        for (bus, voltage) in held.into_iter().filter(|&(bus, _)| 0 < bus && bus < count) {
            if network.generators.iter().all(|generator| generator.bus != bus) {
                generator(&mut network, bus, voltage, 0.1, (f64::NEG_INFINITY, f64::INFINITY));
            }
        }
        if let Outcome::Converged(solution) = power_flow(&network, &Settings::default()).unwrap() {
            let mut balance = vec![Complex64::ZERO; count];
            for (line, flow) in network.lines.iter().zip(&solution.lines) {
                balance[line.from] += Complex64::new(flow.from_p_w, flow.from_q_var);
                balance[line.to] += Complex64::new(flow.to_p_w, flow.to_q_var);
            }
            for (generator, flow) in network.generators.iter().zip(&solution.generators) {
                balance[generator.bus] -= Complex64::new(flow.p_w, flow.q_var);
            }
            for load in &network.loads {
                let v = solution.voltage_pu[load.bus];
                let part = |impedance: f64, current: f64| impedance * v * v + current * v + 1.0 - impedance - current;
                let zip = load.zip;
                balance[load.bus] += Complex64::new(
                    load.p_w * part(zip.p_impedance, zip.p_current),
                    load.q_var * part(zip.q_impedance, zip.q_current),
                );
            }
            for (bus, balance) in balance.iter().enumerate() {
                prop_assert!(balance.norm() < 1e-7 * 1e6, "bus {bus}: {balance}");
                prop_assert!(solution.voltage_pu[bus] > 0.0);
            }
        }
    }
}
