//! A network with balanced loads: the phases must repeat the single-line calculation, whatever the
//! transformers.

use super::four_buses::{line, source};
use super::{compare, converged, rows};
use grid::electric::unbalanced::{Settings, Solution, power_flow};
use grid::electric::{
    self, Bus, Connection, Line, Load, Network, Outcome, Phase, Pi, Rating, Shunt, Side, Switch, Switched,
    TapChanger, Transformer, VectorGroup, Zip,
};
use num_complex::Complex64;

fn c(re: f64, im: f64) -> Complex64 {
    Complex64::new(re, im)
}

fn transformer(from: usize, to: usize, v: [f64; 2], va: f64, clock: f64, group: VectorGroup) -> Transformer {
    let z = c(0.01, 0.06) * (v[1] * v[1] / va);
    Transformer {
        shift_rad: clock * std::f64::consts::PI / 6.0,
        rating: Rating::Rated(va),
        vector_group: Some(group),
        zero_sequence_ohm: Some(z * 0.9),
        ..Transformer::new(
            &format!("{from}-{to}"),
            [from, to],
            [v[0], v[1]],
            Pi { series_ohm: z, from_s: c(1e-3, -5e-3) / z.norm() * 0.01, to_s: Complex64::ZERO },
        )
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
    network.lines.extend([cable(3, 6, 2.0), cable(2, 6, 1.0)]);
    let open = Switch { name: "open".to_owned(), bus: 6, to: Switched::Line(4), closed: false };
    network.switches.push(open);
    let bank = Shunt { name: "bank".to_owned(), bus: 3, admittance_s: c(0.0, 5e-4), in_service: true };
    network.shunts.push(bank);
    network.loads = vec![Load::new("village", 3, 3e6, 1e6), Load::new("house", 5, 60e3, 10e3)];
    let zip = Zip { p_impedance: 0.4, p_current: 0.3, q_impedance: 0.2, q_current: 0.5 };
    network.loads.push(Load { zip, ..Load::new("mill", 2, 1e6, 4e5) });
    network
}

/// Largest difference to the single-line calculation's voltages, per unit.
fn difference(network: &Network, solution: &Solution) -> f64 {
    let tight = electric::Settings { tolerance_pu: 1e-11, ..electric::Settings::default() };
    let Outcome::Converged(single) = electric::power_flow(network, &tight).unwrap() else { panic!() };
    assert!((single.losses_w - solution.losses_w).abs() < 1e-3, "{} {}", single.losses_w, solution.losses_w);
    let off = |at: usize| {
        let (sin, cos) = libm::sincos(single.angle_rad[at]);
        (solution.voltage_pu[at][0] - c(cos, sin) * single.voltage_pu[at]).norm()
    };
    (0..network.buses.len()).map(off).fold(0.0, f64::max)
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
        let off = difference(&network, &solution);
        assert!(off < 1e-9, "{upper:?} {lower:?}: {off}");
        for at in 0..network.buses.len() {
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
        // pandapower's zero sequence has a magnetising branch that cannot quite be left out; see the README.
        let (size, angle) = if row[0] == "pandapower" { (3e-7, 1e-5) } else { (1e-8, 1e-6) };
        for phase in Phase::ALL {
            let k = 2 * phase.index() + 2;
            compare(&row.join(" "), solution.voltage_pu[at][phase.index()], &row[k..k + 2], size, angle);
        }
    }
}
