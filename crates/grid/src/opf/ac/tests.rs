//! The programme against finite differences, on a network with everything in it.

use super::build::Model;
use super::newton::{Newton, Step};
use super::problem::Problem;
use super::rows::Rows;
use crate::electric::{
    Bus, Circuit, Control, Cost, Element, Generator, Line, Load, Network, Pi, Rating, Shunt, Storage,
    ThreeWindingTransformer, Transformer, Winding, Zip,
};
use crate::opf::{Limit, Outcome, Settings, Solution};
use num_complex::Complex64;

/// Three levels, a mesh, a phase shifter, a three-winding transformer, all kinds of ratings and of loads, costs in
/// pieces and of third degree, a fixed generator, a storage and an island of its own.
fn everything() -> Network {
    let mut network = Network::new("everything", 10e6);
    let mut bus = |name: &str, nominal_v: f64| {
        network.buses.push(Bus { min_voltage_pu: 0.9, max_voltage_pu: 1.1, ..Bus::new(name, nominal_v) });
    };
    for (name, v) in
        [("a", 110e3), ("b", 110e3), ("c", 20e3), ("d", 20e3), ("e", 10e3), ("f", 20e3), ("g", 20e3)]
    {
        bus(name, v);
    }
    let line = |name: &str, from, to, ohm: (f64, f64), rating| Line {
        rating,
        min_angle_rad: -0.3,
        max_angle_rad: 0.4,
        ..Line::new(name, from, to, Complex64::new(ohm.0, ohm.1), 3e-5)
    };
    network.lines = vec![
        line("ab", 0, 1, (8.0, 30.0), Rating::Power(30e6)),
        line("ba", 1, 0, (6.0, 25.0), Rating::Unlimited),
        line("cd", 2, 3, (0.7, 1.1), Rating::Current(300.0)),
        line("fg", 5, 6, (0.9, 1.3), Rating::Power(9e6)),
    ];
    network.transformers = vec![Transformer {
        shift_rad: 0.1,
        rating: Rating::Rated(25e6),
        min_angle_rad: -0.5,
        ..Transformer::new(
            "bc",
            [1, 2],
            [112e3, 21e3],
            Pi {
                series_ohm: Complex64::new(0.2, 2.6),
                from_s: Complex64::new(1e-5, -2e-5),
                to_s: Complex64::new(0.0, -1e-5),
            },
        )
    }];
    let winding = |bus, rated_v, x, shift_rad| Winding {
        bus,
        rated_v,
        rated_va: 20e6,
        series_ohm: Complex64::new(1.0, x),
        bus_s: Complex64::ZERO,
        star_s: Complex64::ZERO,
        shift_rad,
    };
    network.three_winding_transformers = vec![ThreeWindingTransformer {
        name: "ade".to_owned(),
        windings: [winding(0, 110e3, 60.0, 0.0), winding(3, 20.5e3, -5.0, 0.1), winding(4, 10e3, 40.0, 0.0)],
        magnetising_s: Complex64::new(1e-6, -3e-6),
        tap: None,
        in_service: true,
    }];
    network.shunts = vec![Shunt {
        name: "capacitor".to_owned(),
        bus: 3,
        admittance_s: Complex64::new(1e-5, 4e-3),
        in_service: true,
    }];
    let zip = Zip { p_impedance: 0.3, p_current: 0.2, q_impedance: 0.1, q_current: 0.5 };
    network.loads = vec![
        Load { zip, ..Load::new("at d", 3, 7e6, 2e6) },
        Load::new("at e", 4, 4e6, 1e6),
        Load::new("at b", 1, 9e6, 3e6),
        Load::new("at g", 6, 3e6, 0.5e6),
    ];
    let limits = |generator: Generator, most: f64| Generator {
        min_p_w: 0.0,
        max_p_w: most,
        min_q_var: -most,
        max_q_var: most,
        ..generator
    };
    network.generators = vec![
        Generator {
            cost: Cost::Polynomial(vec![5.0, 20.0, 0.3, 0.01]),
            ..limits(Generator::slack("north", 0, 1.02), 30e6)
        },
        Generator {
            cost: Cost::PiecewiseLinear(vec![(0.0, 0.0), (2.0, 30.0), (5.0, 90.0), (12.0, 370.0)]),
            ..limits(Generator::new("south", 2, Control::Voltage { voltage_pu: 1.0 }), 9e6)
        },
        Generator { dispatchable: false, p_w: 1e6, ..limits(Generator::new("sun", 3, Control::Power), 2e6) },
        Generator {
            cost: Cost::Polynomial(vec![0.0, 50.0]),
            ..limits(Generator::slack("island", 5, 1.0), 10e6)
        },
    ];
    network.storages = vec![Storage {
        name: "battery".to_owned(),
        bus: 4,
        p_w: 0.5e6,
        q_var: 0.1e6,
        energy_wh: 1e6,
        stored_wh: 5e5,
        max_charge_w: 1e6,
        max_discharge_w: 1e6,
        charge_efficiency: 0.95,
        discharge_efficiency: 0.95,
        in_service: true,
    }];
    network
}

/// Numbers that look random and are the same every time.
fn noise(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// The programme of [`everything`] and a point away from its start.
fn somewhere(network: &Network) -> (Problem, Vec<f64>, Vec<f64>) {
    let mut bare = network.clone();
    for generator in &mut bare.generators {
        (generator.p_w, generator.q_var) = (0.0, 0.0);
    }
    let model = Model::new(network, Circuit::of(&bare).unwrap());
    let problem = model.problem;
    let mut w = model.start;
    for (w, noise) in w.iter_mut().zip(noise(problem.variables(), 1)) {
        *w += 0.2 * noise;
    }
    let lambda = noise(problem.rows(), 2);
    (problem, w, lambda)
}

fn moved(w: &[f64], direction: &[f64], by: f64) -> Vec<f64> {
    w.iter().zip(direction).map(|(w, d)| w + by * d).collect()
}

#[test]
fn the_network_has_every_kind_of_row() {
    let network = everything();
    let (problem, ..) = somewhere(&network);
    let powers: Vec<bool> =
        problem.branches.iter().flat_map(|b| b.limit.iter().flatten().map(|l| l.by_current)).collect();
    assert!(powers.contains(&true) && powers.contains(&false));
    assert!(problem.branches.iter().any(|b| b.angle.is_some()));
    assert!(problem.branches.iter().any(|b| b.reversed));
    assert_eq!(problem.fixed_angle.iter().flatten().count(), 2);
    assert!(problem.current.iter().any(|c| c.norm() > 0.0) && problem.shunt.iter().any(|y| y.norm() > 0.0));
}

#[test]
fn gradients_are_the_slopes_of_the_rows() {
    let network = everything();
    let (problem, w, lambda) = somewhere(&network);
    let mut rows = Rows::new(&problem);
    let weighted = |rows: &mut Rows, w: &[f64]| -> f64 {
        rows.evaluate(&problem, w);
        rows.values.iter().zip(&lambda).map(|(c, l)| c * l).sum()
    };
    rows.differentiate(&problem, &w, &lambda);
    let pull = rows.pull.clone();
    for j in 0..2 * problem.nodes {
        let mut direction = vec![0.0; w.len()];
        direction[j] = 1.0;
        let h = 1e-6;
        let up = weighted(&mut rows, &moved(&w, &direction, h));
        let down = weighted(&mut rows, &moved(&w, &direction, -h));
        let slope = (up - down) / (2.0 * h);
        assert!((slope - pull[j]).abs() < 1e-6 * (1.0 + slope.abs()), "{j}: {slope} and {}", pull[j]);
    }
}

/// Newton's step solves the whole system, in which nothing has been eliminated; derivatives of rows are finite
/// differences of what [`gradients_are_the_slopes_of_the_rows`] checks.
#[test]
fn a_step_solves_the_system_before_anything_was_eliminated() {
    let network = everything();
    let (problem, w, lambda) = somewhere(&network);
    let (start, count) = (problem.first_private(), problem.variables());
    let curvature: Vec<f64> = noise(count, 3).iter().map(|v| 40.0 + 30.0 * v).collect();
    let gradient = noise(count, 4);
    let values = noise(problem.rows(), 5);
    let mut rows = Rows::new(&problem);
    rows.differentiate(&problem, &w, &lambda);
    let mut newton = Newton::new(&problem);
    let (regular, relaxed) = (0.7, 0.01);
    newton.factorise(&problem, &rows, &curvature, true, regular, relaxed);
    let mut step = Step::new(&problem);
    newton.solve(&problem, &rows, &gradient, &values, &mut step);

    let h = 1e-5;
    let mut x_only = step.w.clone();
    x_only[start..].fill(0.0);
    let mut pull = |by: f64, lambda: &[f64]| {
        rows.differentiate(&problem, &moved(&w, &x_only, by), lambda);
        (rows.pull.clone(), rows.values.clone())
    };
    let (up, values_up) = pull(h, &lambda);
    let (down, values_down) = pull(-h, &lambda);
    let (along, _) = pull(0.0, &step.lambda);
    for j in 0..start {
        let fixed = j % 2 == 0 && problem.fixed_angle[j / 2].is_some();
        let hessian = (up[j] - down[j]) / (2.0 * h);
        let sum = hessian + (curvature[j] + regular) * step.w[j] + along[j] + gradient[j];
        assert!(if fixed { step.w[j] == 0.0 } else { sum.abs() < 1e-6 }, "variable {j}: {sum}");
    }
    for row in 0..problem.rows() {
        let mut sum = values[row] + (values_up[row] - values_down[row]) / (2.0 * h);
        if row < start {
            sum -= relaxed * step.lambda[row];
        }
        for k in problem.of_row(row) {
            let j = start + k;
            let sign = problem.private[k].sign;
            sum -= sign * step.w[j];
            let own = (curvature[j] + regular) * step.w[j] - sign * step.lambda[row] + gradient[j];
            assert!(own.abs() < 1e-9, "private variable {k}: {own}");
        }
        assert!(sum.abs() < 1e-6, "row {row}: {sum}");
    }
}

#[test]
fn cost_derivatives_are_the_slopes_of_the_cost() {
    let network = everything();
    let (mut problem, w, _) = somewhere(&network);
    problem.near =
        Some(super::problem::Near { weight: 0.3, scale: noise(w.len(), 6), reference: noise(w.len(), 7) });
    let (mut first, mut second) = (vec![0.0; w.len()], vec![0.0; w.len()]);
    let (mut up, mut down, mut unused) = (first.clone(), first.clone(), first.clone());
    problem.cost_derivatives(&w, &mut first, &mut second);
    for j in 0..w.len() {
        let mut direction = vec![0.0; w.len()];
        direction[j] = 1.0;
        let h = 1e-5;
        let (more, less) = (moved(&w, &direction, h), moved(&w, &direction, -h));
        let slope = (problem.cost(&more) - problem.cost(&less)) / (2.0 * h);
        assert!((slope - first[j]).abs() < 1e-5 * (1.0 + slope.abs()), "{j}: {slope} and {}", first[j]);
        problem.cost_derivatives(&more, &mut up, &mut unused);
        problem.cost_derivatives(&less, &mut down, &mut unused);
        let bend = (up[j] - down[j]) / (2.0 * h);
        assert!((bend - second[j]).abs() < 1e-5 * (1.0 + bend.abs()), "{j}: {bend} and {}", second[j]);
    }
}

fn optimum(network: &Network, tolerance: f64) -> Solution {
    let settings = Settings { tolerance, ..Settings::default() };
    match super::solve(network, &settings).unwrap() {
        Outcome::Optimal(solution) => *solution,
        other => panic!("{other:?}"),
    }
}

#[test]
fn prices_are_what_one_more_kilowatt_costs() {
    let network = everything();
    let solution = optimum(&network, 1e-9);
    let cost_with = |bus: usize, p_w: f64, q_var: f64| {
        let mut network = network.clone();
        network.loads.push(Load::new("one more", bus, p_w, q_var));
        optimum(&network, 1e-9).cost
    };
    for bus in 0..network.buses.len() {
        let p = (cost_with(bus, 1e3, 0.0) - cost_with(bus, -1e3, 0.0)) / 2e-3;
        let q = (cost_with(bus, 0.0, 1e3) - cost_with(bus, 0.0, -1e3)) / 2e-3;
        let near = |a: f64, b: f64| (a - b).abs() < 1e-3 * (1.0 + b.abs());
        assert!(near(solution.price_p[bus], p), "bus {bus}: price {} and {p}", solution.price_p[bus]);
        assert!(near(solution.price_q[bus], q), "bus {bus}: price {} and {q}", solution.price_q[bus]);
    }
}

/// Moves the limit that binds by a little, and back.
fn worth(network: &Network, change: impl Fn(&mut Network, f64), by: f64) -> f64 {
    let cost = |by: f64| {
        let mut network = network.clone();
        change(&mut network, by);
        optimum(&network, 1e-9).cost
    };
    (cost(-by) - cost(by)) / (2.0 * by)
}

#[test]
fn prices_of_binding_limits_are_what_one_more_unit_saves() {
    let mut network = everything();
    // Cheap power in the south meets a weak cable; the island's voltage is held down.
    network.generators[1].cost = Cost::Polynomial(vec![0.0, 5.0]);
    network.lines[2].rating = Rating::Current(95.0);
    network.transformers[0].rating = Rating::Rated(6e6);
    network.lines[0].max_angle_rad = 0.012;
    network.lines[0].min_angle_rad = -0.012;
    network.buses[6].max_voltage_pu = 1.02;
    let solution = optimum(&network, 1e-9);
    let (mut currents, mut voltages, mut angles) = (0, 0, 0);
    for binding in &solution.binding {
        let expected = match (binding.element, binding.limit) {
            (Element::Line(2), _) => {
                currents += 1;
                // One more MVA at nominal voltage.
                let ampere = 1e6 / (3_f64.sqrt() * 20e3);
                worth(&network, |n, by| n.lines[2].rating = Rating::Current(95.0 + by * ampere), 1e-3)
            }
            (Element::Transformer(0), Limit::ToPower) => {
                currents += 1;
                // One more MVA at the nominal voltage is 21/20 MVA at the rated one.
                worth(&network, |n, by| n.transformers[0].rating = Rating::Rated(6e6 + by * 1.05e6), 1e-3)
            }
            (Element::Bus(bus), Limit::MaxVoltage) => {
                voltages += 1;
                worth(&network, |n, by| n.buses[bus].max_voltage_pu += by, 1e-4)
            }
            (Element::Bus(bus), Limit::MinVoltage) => {
                voltages += 1;
                worth(&network, |n, by| n.buses[bus].min_voltage_pu -= by, 1e-4)
            }
            (Element::Line(0), Limit::MinAngle) => {
                angles += 1;
                worth(&network, |n, by| n.lines[0].min_angle_rad -= by, 1e-5)
            }
            (Element::Line(0), Limit::MaxAngle) => {
                angles += 1;
                worth(&network, |n, by| n.lines[0].max_angle_rad += by, 1e-5)
            }
            other => panic!("{other:?} binds"),
        };
        let near = (binding.price - expected).abs() < 1e-2 * (0.1 + expected.abs());
        assert!(near, "{binding:?} is worth {expected}");
    }
    assert!(currents > 0 && voltages > 0 && angles > 0, "{:?}", solution.binding);
}

#[test]
fn powers_balance_at_every_bus() {
    let network = everything();
    let solution = optimum(&network, 1e-9);
    let mut left = vec![Complex64::ZERO; network.buses.len()];
    for (generator, (p, q)) in network.generators.iter().zip(solution.p_w.iter().zip(&solution.q_var)) {
        left[generator.bus] += Complex64::new(*p, *q);
    }
    for (line, flow) in network.lines.iter().zip(&solution.lines) {
        left[line.from] -= Complex64::new(flow.from_p_w, flow.from_q_var);
        left[line.to] -= Complex64::new(flow.to_p_w, flow.to_q_var);
    }
    for (transformer, flow) in network.transformers.iter().zip(&solution.transformers) {
        left[transformer.from] -= Complex64::new(flow.from_p_w, flow.from_q_var);
        left[transformer.to] -= Complex64::new(flow.to_p_w, flow.to_q_var);
    }
    for (transformer, flows) in network.three_winding_transformers.iter().zip(&solution.windings) {
        for (winding, flow) in transformer.windings.iter().zip(flows) {
            left[winding.bus] -= Complex64::new(flow.from_p_w, flow.from_q_var);
        }
    }
    for load in &network.loads {
        let v = solution.voltage_pu[load.bus];
        let part =
            |impedance: f64, current: f64| impedance * v * v + current * v + (1.0 - impedance - current);
        left[load.bus] -= Complex64::new(
            load.p_w * part(load.zip.p_impedance, load.zip.p_current),
            load.q_var * part(load.zip.q_impedance, load.zip.q_current),
        );
    }
    for shunt in &network.shunts {
        let v = solution.voltage_pu[shunt.bus] * network.buses[shunt.bus].nominal_v;
        left[shunt.bus] -= shunt.admittance_s.conj() * v * v;
    }
    for storage in &network.storages {
        left[storage.bus] -= Complex64::new(storage.p_w, storage.q_var);
    }
    for (bus, left) in left.iter().enumerate() {
        assert!(left.norm() < 50.0, "bus {bus}: {left} VA are left over of some 10 MVA");
    }
}

#[test]
fn straight_costs_in_pieces_are_those_of_a_polynomial() {
    let mut network = everything();
    network.generators[1].cost = Cost::Polynomial(vec![3.0, 17.0]);
    let expected = optimum(&network, 1e-8);
    network.generators[1].cost = Cost::PiecewiseLinear(vec![(1.0, 20.0), (4.0, 71.0), (6.0, 105.0)]);
    let found = optimum(&network, 1e-8);
    assert!((found.cost / expected.cost - 1.0).abs() < 1e-7, "{} and {}", found.cost, expected.cost);
}
