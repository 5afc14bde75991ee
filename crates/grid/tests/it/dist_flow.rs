//! LinDistFlow and the cone relaxation on radial feeders, against the exact power flow and by hand.

use crate::support::feeder;
use grid::electric::{
    self, Bus, Control, Cost, Element, Generator, Line, Load, Network, Rating, Transformer, Zip, power_flow,
};
use grid::opf::{Limit, Model, Outcome, Settings, Solution, optimal_power_flow};
use num_complex::Complex64;
use proptest::prelude::*;

fn optimum(network: &Network, model: Model) -> Solution {
    match optimal_power_flow(network, model, &Settings::default()).unwrap() {
        Outcome::Optimal(solution) => *solution,
        other => panic!("{} has no optimum: {other:?}", network.name),
    }
}

fn exact(network: &Network) -> electric::Solution {
    match power_flow(network, &electric::Settings::default()).unwrap() {
        electric::Outcome::Converged(solution) => *solution,
        electric::Outcome::Diverged(divergence) => panic!("{}: {divergence:?}", network.name),
    }
}

/// A published feeder whose source holds 1 per unit and sells at 100 per MWh.
fn priced(name: &str) -> Option<Network> {
    let mut network = feeder(name)?;
    for generator in &mut network.generators {
        generator.cost = Cost::Polynomial(vec![0.0, 100.0]);
        let source = &mut network.buses[generator.bus];
        (source.min_voltage_pu, source.max_voltage_pu) = (1.0, 1.0);
    }
    Some(network)
}

const FEEDERS: [&str; 7] =
    ["case16ci", "case33bw", "zecao69", "case70da", "zecao84", "case118zh", "case136ma"];

#[test]
fn the_linear_model_of_a_feeder_misses_its_losses_and_little_else() {
    for name in FEEDERS {
        let Some(network) = priced(name) else { return };
        let (linear, exact) = (optimum(&network, Model::LinDistFlow), exact(&network));
        let load: f64 = network.loads.iter().map(|load| load.p_w).sum();
        let fed: f64 = linear.p_w.iter().sum();
        assert!((fed / load - 1.0).abs() < 1e-6, "{name}: {fed} W for {load} W");
        let deepest = exact.voltage_pu.iter().map(|v| 1.0 - v).fold(0.0, f64::max);
        for (bus, (&v, &w)) in exact.voltage_pu.iter().zip(&linear.voltage_pu).enumerate() {
            // Without losses less flows, so voltages are higher: by the order of the square of the voltage drop.
            assert!(w > v - 1e-6 && w - v < deepest * deepest, "{name}, bus {bus}: {w} for {v}");
        }
        // One more MWh costs 100 everywhere: nothing binds and nothing is lost.
        assert!(linear.price_p.iter().all(|price| (price - 100.0).abs() < 1e-3), "{name}");
    }
}

#[test]
fn the_relaxation_of_a_feeder_is_its_power_flow() {
    for name in FEEDERS {
        let Some(network) = priced(name) else { return };
        let (relaxed, exact) = (optimum(&network, Model::Soc), exact(&network));
        assert!(relaxed.is_tight(1e-5), "{name}: {}", relaxed.relaxation_gap_pu);
        let fed: f64 = relaxed.p_w.iter().sum();
        let load: f64 = network.loads.iter().map(|load| load.p_w).sum();
        let error = (fed - load - exact.losses_w) / exact.losses_w;
        assert!(error.abs() < 1e-3, "{name}: {} W of losses, not {}", fed - load, exact.losses_w);
        for (bus, (v, w)) in exact.voltage_pu.iter().zip(&relaxed.voltage_pu).enumerate() {
            assert!((v - w).abs() < 1e-4, "{name}, bus {bus}: {w} for {v}");
        }
        for (bus, (v, w)) in exact.angle_rad.iter().zip(&relaxed.angle_rad).enumerate() {
            assert!((v - w).abs() < 1e-4, "{name}, bus {bus}: angle {w} for {v}");
        }
    }
}

/// A source at 20 per MWh and 1 per unit, a line of 0.01 + 0.02j per unit of 10 MVA and 20 kV, 10 MW and 5 Mvar.
fn street() -> Network {
    let mut network = Network::new("street", 10e6);
    network.buses = vec![
        Bus { min_voltage_pu: 1.0, max_voltage_pu: 1.0, ..Bus::new("station", 20e3) },
        Bus { min_voltage_pu: 0.9, max_voltage_pu: 1.1, ..Bus::new("end", 20e3) },
    ];
    let control = Control::Slack { voltage_pu: 1.0, angle_rad: 0.0 };
    network
        .generators
        .push(Generator { cost: Cost::Polynomial(vec![0.0, 20.0]), ..Generator::new("grid", 0, control) });
    network.loads.push(Load::new("town", 1, 10e6, 5e6));
    network.lines.push(Line::new("street", 0, 1, Complex64::new(0.01, 0.02) * 40.0, 0.0));
    network
}

#[test]
fn two_buses_by_hand() {
    // w = 1 − 2(0.01·1 + 0.02·0.5) = 0.96; θ = −(0.02·1 − 0.01·0.5) = −0.015.
    let solution = optimum(&street(), Model::LinDistFlow);
    assert!((solution.voltage_pu[1] - 0.96_f64.sqrt()).abs() < 1e-6, "{:?}", solution.voltage_pu);
    assert!((solution.angle_rad[1] + 0.015).abs() < 1e-6, "{:?}", solution.angle_rad);
    assert!((solution.lines[0].from_p_w - 10e6).abs() < 10.0);
    assert!((solution.cost - 200.0).abs() < 1e-3);
}

#[test]
fn a_low_voltage_is_raised_at_a_price() {
    // At least √0.97 at the end, so 2(0.01·P + 0.02·0.5) ≤ 0.03: P = 0.5, and the plant there gives 5 MW at 50.
    // One more MW drawn there is one more MW from the plant; one more in the station is one from the grid.
    let mut network = street();
    network.buses[1].min_voltage_pu = 0.97_f64.sqrt();
    network.generators.push(Generator {
        cost: Cost::Polynomial(vec![0.0, 50.0]),
        min_p_w: 0.0,
        min_q_var: 0.0,
        max_q_var: 0.0,
        ..Generator::new("plant", 1, Control::Power)
    });
    let solution = optimum(&network, Model::LinDistFlow);
    assert!((solution.p_w[1] - 5e6).abs() < 1e2, "{:?}", solution.p_w);
    assert!((solution.price_p[0] - 20.0).abs() < 1e-3 && (solution.price_p[1] - 50.0).abs() < 1e-3);
    // One more Mvar drawn (0.1 per unit) lowers w by 0.004, which 0.2 per unit of the plant restore: 2 MW at 30 more.
    assert!((solution.price_q[1] - 60.0).abs() < 1e-2, "{:?}", solution.price_q);
    assert_eq!(solution.binding.len(), 2, "{:?}", solution.binding);
    let binding = solution.binding.iter().find(|binding| binding.element == Element::Bus(1)).unwrap();
    assert_eq!(binding.limit, Limit::MinVoltage);
    // dP/dw = 1/(2·0.01) = 50 per unit = 500 MW at 30 each; dw/dv = 2·√0.97.
    let expected = 500.0 * 30.0 * 2.0 * 0.97_f64.sqrt();
    assert!((binding.price / expected - 1.0).abs() < 1e-4, "{} {expected}", binding.price);
}

#[test]
fn limits_of_power_are_circles() {
    // The line carries 8 MVA and the town's 5 Mvar come over it: √(8² − 5²) MW are left.
    let mut network = street();
    network.lines[0].rating = Rating::Power(8e6);
    network.generators.push(Generator {
        cost: Cost::Polynomial(vec![0.0, 50.0]),
        min_q_var: 0.0,
        max_q_var: 0.0,
        ..Generator::new("plant", 1, Control::Power)
    });
    let solution = optimum(&network, Model::LinDistFlow);
    assert!((solution.p_w[0] - 39_f64.sqrt() * 1e6).abs() < 1e2, "{:?}", solution.p_w);
    assert!((solution.lines[0].loading - 1.0).abs() < 1e-5);
}

#[test]
fn limits_of_current_follow_the_voltage() {
    // 8 MVA at nominal voltage are 231 A; at the lower voltage of the end these are less power.
    let mut network = street();
    network.lines[0].rating = Rating::Current(8e6 / (3_f64.sqrt() * 20e3));
    network.generators.push(Generator {
        cost: Cost::Polynomial(vec![0.0, 50.0]),
        min_q_var: 0.0,
        max_q_var: 0.0,
        ..Generator::new("plant", 1, Control::Power)
    });
    for model in [Model::LinDistFlow, Model::Soc] {
        let solution = optimum(&network, model);
        let (flow, v) = (solution.lines[0], solution.voltage_pu[1]);
        let arrives = flow.to_p_w.hypot(flow.to_q_var);
        assert!((arrives / (8e6 * v) - 1.0).abs() < 1e-4, "{model:?}: {arrives} at {v}");
        assert!((flow.loading - 1.0).abs() < 1e-4, "{model:?}: {}", flow.loading);
    }
}

#[test]
fn loads_follow_the_voltage() {
    // Half of constant impedance: the relaxation has it exactly.
    let mut network = street();
    network.loads[0].zip = Zip { p_impedance: 0.5, q_impedance: 0.5, ..Zip::default() };
    let (relaxed, exact) = (optimum(&network, Model::Soc), exact(&network));
    assert!((relaxed.voltage_pu[1] - exact.voltage_pu[1]).abs() < 1e-5);
    assert!((relaxed.p_w[0] / exact.generators[0].p_w - 1.0).abs() < 1e-5);
    // Of constant current: the cheapest point lies off the curve, and the gap tells.
    network.loads[0].zip = Zip { p_current: 0.5, q_current: 0.5, ..Zip::default() };
    let relaxed = optimum(&network, Model::Soc);
    assert!(!relaxed.is_tight(1e-4), "{}", relaxed.relaxation_gap_pu);
}

#[test]
fn a_mesh_is_refused_by_name() {
    let mut network = street();
    network.lines.push(Line { name: "tie".to_owned(), ..network.lines[0].clone() });
    let error = optimal_power_flow(&network, Model::LinDistFlow, &Settings::default()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("line \"tie\" closes a mesh"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Trees of up to twelve buses with charging, taps and feed-in: as long as a loss costs, the cones are tight.
    #[test]
    fn where_losses_cost_the_relaxation_of_a_tree_is_its_power_flow(
        branches in prop::collection::vec(
            (0.0..1.0_f64, 0.001..0.01_f64, 0.001..0.01_f64, 0.0..0.02_f64, -0.3..0.6_f64, -0.1..0.3_f64),
            1..12,
        ),
        tap in 0.95..1.05_f64,
    ) {
        let mut network = Network::new("tree", 10e6);
        network.buses.push(Bus { min_voltage_pu: 1.0, max_voltage_pu: 1.0, ..Bus::new("0", 20e3) });
        let control = Control::Slack { voltage_pu: 1.0, angle_rad: 0.0 };
        network.generators.push(Generator {
            cost: Cost::Polynomial(vec![0.0, 30.0]),
            ..Generator::new("grid", 0, control)
        });
        for (i, &(parent, r, x, charging, p, q)) in branches.iter().enumerate() {
            let from = (parent * (i + 1) as f64) as usize;
            network.buses.push(Bus { min_voltage_pu: 0.5, max_voltage_pu: 1.5, ..Bus::new("", 20e3) });
            let line = Line::new("", from, i + 1, Complex64::new(r, x) * 40.0, charging / 40.0);
            if i == 0 {
                network.transformers.push(Transformer { shift_rad: 0.1, ..Transformer::new("", [from, i + 1], [20e3 * tap, 20e3], line.pi) });
            } else {
                network.lines.push(line);
            }
            network.loads.push(Load::new("", i + 1, p * 10e6, q * 10e6));
        }
        let (relaxed, exact) = (optimum(&network, Model::Soc), exact(&network));
        prop_assert!(relaxed.is_tight(1e-4), "{}", relaxed.relaxation_gap_pu);
        for (v, w) in exact.voltage_pu.iter().zip(&relaxed.voltage_pu) {
            prop_assert!((v - w).abs() < 1e-3, "{w} for {v}");
        }
        for (v, w) in exact.angle_rad.iter().zip(&relaxed.angle_rad) {
            prop_assert!((v - w).abs() < 1e-3, "angle {w} for {v}");
        }
        let (p, fed) = (exact.generators[0].p_w, relaxed.p_w[0]);
        prop_assert!((p - fed).abs() < 1e-5 * 10e6, "{fed} W for {p}");
    }
}
