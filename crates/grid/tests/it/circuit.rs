//! Circuits against closed forms worked by hand.

use crate::problems::whole;
use grid::electric::{
    Circuit, Control, Element, Generator, Load, NodeKind, Outcome, Rating, Settings, Side, Switch, Switched,
    TapChanger, TwoPort, power_flow,
};
use num_complex::Complex64;

fn close(one: Complex64, other: Complex64) {
    assert!((one - other).norm() < 1e-12 * other.norm().max(1.0), "{one} is not {other}");
}

fn branch(circuit: &Circuit, element: Element) -> &TwoPort {
    circuit.branches.iter().find(|branch| branch.element == element).unwrap()
}

/// What goes into a node when the others of the circuit carry nothing: the admittance seen from it after elimination
/// of its neighbours that are alone.
fn with_open_end(port: &TwoPort, from_side: bool) -> Complex64 {
    let [ff, ft, tf, tt] = port.admittances();
    if from_side { ff - ft * tf / tt } else { tt - tf * ft / ff }
}

/// A transformer 110/20 kV of 40 MVA and 12 %, the tap at the to side two steps of 1.5 % up.
///
/// By hand: its reactance is 0.12 · 20² / 40 = 1.2 Ω at 20 kV, or 0.12 · 110² / 40 = 36.3 Ω seen from 110 kV, where a
/// tap of the other side changes nothing. The turns ratio is n = 110 / (20 · 1.03) = 5.339805…, so that in SI
/// Yff = 1/36.3j, Yft = −n/36.3j, Ytt = n²/36.3j, and V_to = 20.6 kV = 1.03 per unit without load.
#[test]
fn a_tap_at_the_to_side_changes_the_turns_and_not_what_is_seen_from_the_other() {
    let mut network = whole();
    let transformer = &mut network.transformers[0];
    (transformer.to_v, transformer.shift_rad) = (20e3, 0.0);
    transformer.pi.series_ohm = Complex64::new(0.0, 1.2);
    let tap = transformer.tap.as_mut().unwrap();
    (tap.side, tap.position, tap.control) = (Side::To, 2, None);
    let circuit = Circuit::of(&network).unwrap();
    let [ff, ft, tf, tt] = branch(&circuit, Element::Transformer(0)).admittances();
    let seen = Complex64::new(0.0, 36.3).inv();
    let n = 110.0 / 20.6;
    // An admittance in per unit is V·V'/S times that in siemens.
    close(ff, seen * (110e3 * 110e3 / 1e6));
    close(ft, -seen * n * (110e3 * 20e3 / 1e6));
    close(tf, -seen * n * (110e3 * 20e3 / 1e6));
    close(tt, seen * n * n * (20e3 * 20e3 / 1e6));
    // Without load no current flows into the to side: V_to = −Ytf/Ytt · V_from.
    close(-tf / tt, Complex64::new(1.03, 0.0));

    // The same transformer the other way round: from and to, and the tap's side, change places. Its impedance is now
    // that at 110 kV.
    let transformer = &mut network.transformers[0];
    (transformer.from, transformer.to) = (1, 0);
    (transformer.from_v, transformer.to_v) = (20e3, 110e3);
    transformer.pi.series_ohm = Complex64::new(0.0, 36.3);
    transformer.tap.as_mut().unwrap().side = Side::From;
    let circuit = Circuit::of(&network).unwrap();
    let turned = branch(&circuit, Element::Transformer(0)).admittances();
    for (one, other) in [tt, tf, ft, ff].into_iter().zip(turned) {
        close(one, other);
    }
}

/// A step across the voltage turns it: 10 steps of 1 % at 90° are 1 + 0.1j, which is 1.00499 at 5.71°.
#[test]
fn a_step_across_turns_the_voltage_and_a_shift_delays_the_to_side() {
    let mut network = whole();
    let transformer = &mut network.transformers[0];
    (transformer.to_v, transformer.shift_rad) = (20e3, 0.5);
    transformer.tap = Some(TapChanger {
        side: Side::From,
        position: 10,
        min: -10,
        max: 10,
        neutral: 0,
        step: 0.01,
        step_angle_rad: std::f64::consts::FRAC_PI_2,
        shift_per_step_rad: 0.0,
        control: None,
    });
    let circuit = Circuit::of(&network).unwrap();
    let [_, _, tf, tt] = branch(&circuit, Element::Transformer(0)).admittances();
    // V_to = V_from / ((1 + 0.1j)·e^{0.5j}): it lags by 0.5 rad and 5.71°.
    let (sin, cos) = libm::sincos(-0.5);
    close(-tf / tt, Complex64::new(1.0, 0.1).inv() * Complex64::new(cos, sin));
    // At the to side the same step turns the other way, an ideal shift too.
    let transformer = &mut network.transformers[0];
    let tap = transformer.tap.as_mut().unwrap();
    (tap.side, tap.shift_per_step_rad) = (Side::To, 0.01);
    let circuit = Circuit::of(&network).unwrap();
    let [_, _, tf, tt] = branch(&circuit, Element::Transformer(0)).admittances();
    let (sin, cos) = libm::sincos(-0.5 + 0.1);
    close(-tf / tt, Complex64::new(1.0, 0.1) * Complex64::new(cos, sin));
}

/// A line of z = 1 + 0.6j Ω and 300 µS on 20 kV and 1 MVA (400 Ω) with one end open takes y/2 + 1/(z + 2/y).
#[test]
fn an_open_line_charges_from_its_other_end() {
    let z = Complex64::new(1.0, 0.6) / 400.0;
    let half = Complex64::new(0.0, 150e-6) * 400.0;
    let expected = half + (z + half.inv()).inv();
    for end in [1, 2] {
        for dead in [false, true] {
            let mut network = whole();
            // A second line feeds what is behind the open end, or nothing does.
            let mut second = network.lines[0].clone();
            second.name = "second".to_owned();
            second.in_service = !dead;
            network.lines.push(second);
            let open = Switch { name: "open".to_owned(), bus: end, to: Switched::Line(0), closed: false };
            network.switches.push(open);
            let circuit = Circuit::of(&network).unwrap();
            if dead && end == 1 {
                // Nothing reaches either end.
                assert!(circuit.branches.iter().all(|branch| branch.element != Element::Line(0)));
                continue;
            }
            let port = branch(&circuit, Element::Line(0));
            let nodes = [port.from, port.to];
            let hanging =
                nodes.into_iter().find(|&node| circuit.node_of_bus.iter().all(|&n| n != Some(node)));
            assert_eq!(hanging, Some(nodes[usize::from(end == 2)]));
            close(with_open_end(port, end == 2), expected);
        }
    }
}

#[test]
fn a_line_to_a_bus_out_of_service_hangs_there() {
    let mut network = whole();
    network.buses[2].in_service = false;
    let circuit = Circuit::of(&network).unwrap();
    let port = branch(&circuit, Element::Line(0));
    assert_eq!(Some(port.from), circuit.node(1));
    assert!(circuit.node_of_bus.iter().all(|&node| node != Some(port.to)));
}

#[test]
fn a_coupler_makes_one_node_with_what_hangs_on_both() {
    let network = whole();
    let circuit = Circuit::of(&network).unwrap();
    assert_eq!(circuit.node(2), circuit.node(3));
    let node = &circuit.nodes[circuit.node(2).unwrap()];
    // Plant 1 MW, village 0.8 MW + 0.2 Mvar, battery 0.05 MW on 1 MVA.
    close(node.power_pu, Complex64::new(0.15, -0.2));
    assert_eq!((node.bus, node.kind, node.voltage_pu), (2, NodeKind::Pv, 1.01));
    let mut open = network.clone();
    open.switches[0].closed = false;
    let circuit = Circuit::of(&open).unwrap();
    assert_eq!(circuit.node(3), None);
    close(circuit.nodes[circuit.node(2).unwrap()].power_pu, Complex64::ONE);
}

#[test]
fn parallel_transformers_are_two_branches_that_share_the_load() {
    let mut network = whole();
    let twin = network.transformers[0].clone();
    network.transformers.push(grid::electric::Transformer { name: "T2".to_owned(), ..twin });
    let circuit = Circuit::of(&network).unwrap();
    let [one, two] = [0, 1].map(|i| branch(&circuit, Element::Transformer(i)));
    assert_eq!((one.from, one.to), (two.from, two.to));
    let Outcome::Converged(solution) = power_flow(&network, &Settings::default()).unwrap() else {
        panic!("it converges")
    };
    let [one, two] = [0, 1].map(|i| solution.transformers[i].from_p_w);
    assert!((one - two).abs() < 1e-3 && one.abs() > 0.0, "{one} {two}");
}

/// Between two windings with the third open lies the sum of their impedances; the voltages are as the rated ones.
#[test]
fn a_three_winding_transformer_is_a_star() {
    let network = whole();
    let circuit = Circuit::of(&network).unwrap();
    let ports = [0, 1, 2].map(|w| branch(&circuit, Element::Winding(0, w)));
    let star = ports[0].to;
    assert!(ports.iter().all(|port| port.to == star));
    assert!(circuit.node_of_bus.iter().all(|&node| node != Some(star)));
    let base = 110e3 * 110e3 / 1e6;
    close(circuit.nodes[star].shunt_pu, Complex64::ZERO);
    close(ports[0].to_shunt_pu, Complex64::new(1e-6, -1e-5) * base);
    close(ports[1].to_shunt_pu + ports[2].to_shunt_pu, Complex64::ZERO);
    for port in ports {
        close(port.series_pu, Complex64::new(0.5, 20.0) / base);
        assert!((port.rating_pu - 40.0).abs() < 1e-12);
    }
    // 110/20/10.5 kV on nominal 110, 20 and 10 kV.
    for (port, ratio) in ports.iter().zip([1.0, 1.0, 1.05]) {
        close(port.ratio, Complex64::new(ratio, 0.0));
    }
    // A winding whose switch is open hangs free at a node of its own.
    let mut open = network.clone();
    let switch =
        Switch { name: "w".to_owned(), bus: 4, to: Switched::ThreeWindingTransformer(0), closed: false };
    open.switches.push(switch);
    let circuit = Circuit::of(&open).unwrap();
    let free = branch(&circuit, Element::Winding(0, 1)).from;
    assert!(circuit.node_of_bus.iter().all(|&node| node != Some(free)));
    assert_eq!(circuit.node(4), None);
}

#[test]
fn a_node_holds_what_the_strongest_of_its_generators_holds() {
    let mut network = whole();
    let node = |network: &grid::electric::Network, bus: usize| {
        let circuit = Circuit::of(network).unwrap();
        circuit.nodes[circuit.node(bus).unwrap()].clone()
    };
    let power = Generator { p_w: 2e5, q_var: 1e5, ..Generator::new("power", 3, Control::Power) };
    let limits = |min_q_var, max_q_var, generator| Generator { min_q_var, max_q_var, ..generator };
    network.generators[1] = limits(-1e6, 2e6, network.generators[1].clone());
    network.generators.push(limits(-5e6, 5e6, power));
    let held = Generator::new("held", 3, Control::Voltage { voltage_pu: 1.01 });
    network.generators.push(limits(-2e6, 1e6, held));
    let found = node(&network, 2);
    // Only those that hold the voltage share its limits; the other's reactive power is given.
    assert_eq!((found.kind, found.min_q_pu, found.max_q_pu), (NodeKind::Pv, -3.0, 3.0));
    close(found.power_pu, Complex64::new(0.35, -0.1));
    network.generators.push(Generator::slack("second source", 2, 1.01));
    assert_eq!(node(&network, 3).kind, NodeKind::Slack);
    network.generators.truncate(1);
    network.loads.push(Load::new("another", 2, 1e5, 0.0));
    assert_eq!(node(&network, 3).kind, NodeKind::Pq);
}

#[test]
fn ratings_are_powers_at_nominal_voltage() {
    let mut network = whole();
    let rating = |network: &grid::electric::Network, element| {
        branch(&Circuit::of(network).unwrap(), element).rating_pu
    };
    // √3 · 20 kV · 300 A = 10.392 MVA.
    assert!((rating(&network, Element::Line(0)) - 10.392_304_845_413_264).abs() < 1e-12);
    assert!((rating(&network, Element::Transformer(0)) - 40.0).abs() < 1e-12);
    network.lines[0].rating = Rating::Unlimited;
    assert_eq!(rating(&network, Element::Line(0)), f64::INFINITY);
}
