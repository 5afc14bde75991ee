//! A network with balanced loads: the phases must repeat the single-line calculation, whatever the transformers.

use super::four_buses::{line, source};
use super::{compare, converged, rows};
use grid::electric::unbalanced::{Settings, Solution, power_flow};
use grid::electric::{
    Bus, Circuit, Connection, Line, Load, Network, Phase, Pi, Rating, Shunt, Side, Switch, Switched,
    TapChanger, Transformer, VectorGroup, Zip,
};
use num_complex::Complex64;

fn c(re: f64, im: f64) -> Complex64 {
    Complex64::new(re, im)
}

fn transformer(from: usize, to: usize, v: [f64; 2], va: f64, clock: f64, group: VectorGroup) -> Transformer {
    let z = c(0.01, 0.06) * (v[1] * v[1] / va);
    Transformer {
        name: format!("{from}-{to}"),
        from,
        to,
        from_v: v[0],
        to_v: v[1],
        shift_rad: clock * std::f64::consts::PI / 6.0,
        pi: Pi { series_ohm: z, from_s: c(1e-3, -5e-3) / z.norm() * 0.01, to_s: Complex64::ZERO },
        tap: None,
        rating: Rating::Rated(va),
        vector_group: Some(group),
        zero_sequence_ohm: Some(z * 0.9),
        min_angle_rad: f64::NEG_INFINITY,
        max_angle_rad: f64::INFINITY,
        in_service: true,
    }
}

/// 110 kV, a 20 kV ring with a tap changer, a shunt, an open line end and loads of all kinds, 0.4 kV.
fn network(upper: VectorGroup, upper_clock: f64, lower: VectorGroup, lower_clock: f64) -> Network {
    let mut network = Network::new("ring", 10e6);
    let levels = [110e3, 20e3, 20e3, 20e3, 400.0, 400.0, 20e3];
    network.buses = levels.iter().enumerate().map(|(k, &v)| Bus::new(&format!("bus {k}"), v)).collect();
    network.generators.push(source(0, 1.03));
    let mut first = transformer(0, 1, [110e3, 21e3], 25e6, upper_clock, upper);
    first.tap = Some(TapChanger {
        side: Side::From,
        position: -2,
        min: -9,
        max: 9,
        neutral: 0,
        step: 0.015,
        step_angle_rad: 0.0,
        shift_per_step_rad: 0.0,
        control: None,
    });
    network.transformers = vec![first, transformer(2, 4, [20e3, 400.0], 400e3, lower_clock, lower)];
    let cable = |from: usize, to: usize, km: f64| {
        let charging = 8e-5 * km;
        let half = c(0.0, 0.3 * charging);
        let zero = Pi { series_ohm: c(0.5, 1.2) * km, from_s: half, to_s: half };
        Line { zero_sequence: Some(zero), ..Line::new("cable", from, to, c(0.16, 0.12) * km, charging) }
    };
    network.lines = vec![cable(1, 2, 4.0), cable(2, 3, 3.0), cable(3, 1, 6.0), line(4, 5, 0.03, 0.12)];
    network.lines.push(cable(3, 6, 2.0));
    let open = Switch { name: "open".to_owned(), bus: 6, to: Switched::Line(4), closed: false };
    network.switches.push(open);
    let bank = Shunt { name: "bank".to_owned(), bus: 3, admittance_s: c(0.0, 5e-4), in_service: true };
    network.shunts.push(bank);
    network.loads = vec![Load::new("village", 3, 3e6, 1e6), Load::new("house", 5, 60e3, 10e3)];
    let zip = Zip { p_impedance: 0.4, p_current: 0.3, q_impedance: 0.2, q_current: 0.5 };
    network.loads.push(Load { zip, ..Load::new("mill", 2, 1e6, 4e5) });
    network
}

/// Largest mismatch of the single-line equations at the voltages of phase a, per unit.
fn mismatch(network: &Network, solution: &Solution) -> f64 {
    let circuit = Circuit::of(network).unwrap();
    // The open line's end is the only node that is no bus: its voltage follows from no current there.
    let mut v: Vec<Complex64> = circuit.nodes.iter().map(|node| solution.voltage_pu[node.bus][0]).collect();
    let ends = &solution.voltage_pu[network.buses.len()..];
    assert_eq!(circuit.nodes.len(), network.buses.len() - 1 + ends.len());
    *v.last_mut().unwrap() = ends[0][0];
    let mut out: Vec<Complex64> = circuit.nodes.iter().zip(&v).map(|(node, v)| node.shunt_pu * v).collect();
    for branch in &circuit.branches {
        let [ff, ft, tf, tt] = branch.admittances();
        out[branch.from] += ff * v[branch.from] + ft * v[branch.to];
        out[branch.to] += tf * v[branch.from] + tt * v[branch.to];
    }
    let nodes = circuit.nodes.iter().zip(&v).zip(&out);
    let off = nodes.filter(|((node, _), _)| node.kind == grid::electric::NodeKind::Pq);
    off.map(|((node, v), i)| (v * i.conj() - node.power_pu - node.current_pu * v.norm()).norm())
        .fold(0.0, f64::max)
}

#[test]
fn balanced_loads_repeat_the_single_line_calculation() {
    use VectorGroup::{Dd, Dyn, YNd, YNyn, Yd, Yyn, Yzn};
    let groups = [
        (YNd, 11.0, Dyn, 5.0),
        (YNyn, 0.0, Yzn, 11.0),
        (YNyn, 6.0, Dyn, 1.0),
        (Yd, 5.0, Yyn, 0.0),
        (Dd, 0.0, Dyn, 7.0),
        (Dd, 10.0, Yzn, 5.0),
    ];
    for (upper, upper_clock, lower, lower_clock) in groups {
        let network = network(upper, upper_clock, lower, lower_clock);
        let solution = converged(power_flow(&network, &Settings::default()).unwrap());
        let off = mismatch(&network, &solution);
        assert!(off < 1e-9, "{upper:?} {lower:?}: {off}");
        assert_eq!(solution.dead_buses, [6]);
        for at in (0..network.buses.len()).filter(|at| *at != 6) {
            assert!(solution.unbalance(at) < 1e-9, "{upper:?} {lower:?}: bus {at}");
        }
        let fed: f64 = solution.sources.iter().flatten().map(|s| s.re).sum();
        let drawn: f64 = solution.loads.iter().map(|s| s.re).sum();
        assert!((fed - drawn - solution.losses_w).abs() < 1e-9 * fed, "{fed} {drawn} {}", solution.losses_w);
    }
}

#[test]
fn power_grid_model_and_pandapower_agree_behind_a_dyn5() {
    let mut network = Network::new("lv_dyn", 250e3);
    let levels = [20e3, 400.0, 400.0, 400.0, 400.0];
    network.buses = levels.iter().enumerate().map(|(k, &v)| Bus::new(&format!("bus {k}"), v)).collect();
    network.generators.push(source(0, 1.02));
    let base = 400.0 * 400.0 / 250e3;
    let r: f64 = 3_250.0 / 250e3;
    let z = c(r, (0.04_f64.powi(2) - r * r).sqrt()) * base;
    let none = Complex64::ZERO;
    network.transformers.push(Transformer {
        pi: Pi { series_ohm: z, from_s: none, to_s: none },
        zero_sequence_ohm: Some(z),
        ..transformer(0, 1, [20e3, 400.0], 250e3, 5.0, VectorGroup::Dyn)
    });
    for (from, to, km) in [(1, 2, 0.15), (2, 3, 0.12), (2, 4, 0.2)] {
        let zero = Pi { series_ohm: c(0.824, 0.320) * km, from_s: none, to_s: none };
        let cable = Line::new("cable", from, to, c(0.206, 0.080) * km, 0.0);
        network.lines.push(Line { zero_sequence: Some(zero), ..cable });
    }
    let loads = [
        (2, [(6.0, 1.2), (1.5, 0.3), (4.0, 0.8)]),
        (3, [(0.0, 0.0), (11.0, 2.2), (2.0, 0.4)]),
        (4, [(3.0, 0.5), (0.0, 0.0), (-8.0, 0.0)]),
    ];
    for (at, phases) in loads {
        for (phase, (p, q)) in Phase::ALL.into_iter().zip(phases) {
            let load = Load::new("load", at, p * 1e3, q * 1e3);
            network.loads.push(Load { connection: Connection::Phase(phase), ..load });
        }
    }
    let solution = converged(power_flow(&network, &Settings::default()).unwrap());
    for row in rows("lv_dyn/expected.csv") {
        let at: usize = row[1].parse().unwrap();
        // pandapower's zero sequence has a magnetising branch that cannot be left out; see the README.
        let (size, angle) = if row[0] == "pandapower" { (2e-5, 2e-3) } else { (1e-8, 1e-6) };
        for phase in Phase::ALL {
            let k = 2 * phase.index() + 2;
            compare(&row.join(" "), solution.voltage_pu[at][phase.index()], &row[k..k + 2], size, angle);
        }
    }
}
