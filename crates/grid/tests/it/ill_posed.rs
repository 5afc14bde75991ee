//! Ill-posed input from end to end: the answer names the element, and what can be calculated is.

use crate::problems::whole;
use grid::electric::batch::{Batch, Failure, Keep, Power, Series, Settings as BatchSettings};
use grid::electric::{
    Bus, Control, Divergence, Element, Generator, Line, Load, Method, Network, Outcome, Reason, Settings,
    Solution, power_flow,
};
use grid::opf::{self, Model, optimal_power_flow};
use num_complex::Complex64;

const METHODS: [Method; 4] = [Method::Newton, Method::Sweep, Method::Dc, Method::LinDistFlow];

fn flow(network: &Network, method: Method) -> Result<Box<Solution>, Divergence> {
    match power_flow(network, &Settings { method, ..Settings::default() }).unwrap() {
        Outcome::Converged(solution) => Ok(solution),
        Outcome::Diverged(divergence) => Err(divergence),
    }
}

#[test]
fn what_cannot_be_calculated_is_refused_by_every_method_by_name() {
    type Row<'a> = (fn(&mut Network), &'a [&'a str]);
    let rows: [Row<'_>; 8] = [
        (|n| n.lines[0].pi.series_ohm = Complex64::ZERO, &["line \"cable\"", "closed switch"]),
        (|n| drop(n.generators.remove(0)), &["no source", "generator \"plant\""]),
        (|n| n.loads[0].p_w = f64::NAN, &["load \"village\"", "NaN W"]),
        (
            |n| (n.buses[2].min_voltage_pu, n.buses[2].max_voltage_pu) = (1.1, 0.9),
            &["bus \"end\"", "1.1", "0.9"],
        ),
        (|n| n.lines[0].to = 5, &["line \"cable\"", "bus \"third\"", "transformer"]),
        (|n| n.storages[0].stored_wh = 9e9, &["storage \"battery\"", "9 GWh"]),
        (|n| n.generators[1].bus = 40, &["generator \"plant\"", "bus 40"]),
        (|n| n.buses.clear(), &["empty"]),
    ];
    for (spoil, parts) in rows {
        let mut network = whole();
        spoil(&mut network);
        for method in METHODS {
            let settings = Settings { method, ..Settings::default() };
            let text = power_flow(&network, &settings).unwrap_err().to_string();
            assert!(parts.iter().all(|part| text.contains(part)), "{method:?}: {text}");
        }
        for model in [Model::Dc, Model::LinDistFlow, Model::Soc, Model::Ac] {
            let error = optimal_power_flow(&network, model, &opf::Settings::default()).unwrap_err();
            let text = error.to_string();
            assert!(parts.iter().all(|part| text.contains(part)), "{model:?}: {text}");
        }
    }
}

#[test]
fn an_island_and_what_hangs_on_it_is_left_out_and_the_rest_calculated() {
    let mut network = whole();
    let before = flow(&network, Method::Newton).unwrap();
    assert!(before.dead_buses.is_empty());
    network.lines[0].in_service = false;
    let solution = flow(&network, Method::Newton).unwrap();
    assert_eq!(solution.dead_buses, [2, 3]);
    assert!(solution.voltage_pu[2].is_nan() && solution.angle_rad[3].is_nan());
    assert!([0, 1, 4, 5].into_iter().all(|bus| solution.voltage_pu[bus].is_finite()));
    // The plant on the island feeds in nothing; the source gives what is lost.
    assert_eq!(solution.generators[1].p_w.max(0.0), 0.0);
    assert!((solution.generators[0].p_w - solution.losses_w).abs() < 1e-3);
    let named: Vec<Element> = network.problems().into_iter().map(|problem| problem.element).collect();
    assert_eq!(named, [Element::Bus(2), Element::Load(0), Element::Generator(1), Element::Storage(0)]);
}

/// A source of 1 per unit, a line of z = r + jx, a load of λ·(p + jq) per unit.
fn two_buses(load: Complex64) -> Network {
    let mut network = Network::new("two buses", 1e6);
    network.buses = ["source", "far end"].map(|name| Bus::new(name, 1e3)).to_vec();
    network.generators.push(Generator::slack("grid", 0, 1.0));
    // On 1 kV and 1 MVA an ohm is 1 per unit.
    network.lines.push(Line::new("line", 0, 1, Complex64::new(0.1, 0.2), 0.0));
    network.loads.push(Load::new("load", 1, load.re * 1e6, load.im * 1e6));
    network
}

/// The nose of the two-bus system.
///
/// With u = |V|² the balance is u² + (2(rp + xq)λ − 1)·u + λ²|z|²|s|² = 0 (Van Cutsem & Vournas 1998, § 2.3); its
/// solutions meet where 1 − 2(rp + xq)λ = 2|z||s|λ, at λ = 1 / (2(rp + xq + |z||s|)) and u = |z||s|λ.
#[test]
fn load_grows_to_the_nose_and_not_beyond() {
    let (z, s) = (Complex64::new(0.1, 0.2), Complex64::new(0.8, 0.6));
    let dot = z.re * s.re + z.im * s.im;
    let nose = 1.0 / (2.0 * (dot + z.norm() * s.norm()));
    let upper = |load: f64| {
        let b = 1.0 - 2.0 * dot * load;
        f64::midpoint(b, (b * b - 4.0 * z.norm_sqr() * s.norm_sqr() * load * load).sqrt()).sqrt()
    };
    for share in [0.0, 0.2, 0.5, 0.8, 0.9, 0.99, 0.999, 0.9999] {
        let network = two_buses(s * (nose * share));
        for method in [Method::Newton, Method::Sweep] {
            let settings =
                Settings { method, tolerance_pu: 1e-10, max_iterations: 2000, ..Settings::default() };
            let Outcome::Converged(solution) = power_flow(&network, &settings).unwrap() else {
                panic!("{method:?} diverged at {share} of the nose")
            };
            let error = (solution.voltage_pu[1] - upper(nose * share)).abs();
            assert!(error < 1e-7, "{method:?} at {share}: {error}");
        }
    }
    for share in [1.0001, 1.01, 1.5, 10.0, 1e6] {
        let network = two_buses(s * (nose * share));
        for method in [Method::Newton, Method::Sweep] {
            let divergence = flow(&network, method).unwrap_err();
            assert_eq!(divergence.worst_bus, 1, "{method:?} at {share}");
            assert!(
                matches!(divergence.reason, Reason::IterationLimit | Reason::Singular | Reason::NotFinite),
                "{divergence:?}"
            );
            let text = divergence.describe(&network);
            assert!(text.contains("bus \"far end\""), "{text}");
        }
    }
}

#[test]
fn powers_in_the_wrong_unit_are_warned_of_and_end_in_an_answer() {
    let mut network = two_buses(Complex64::new(0.1, 0.0));
    // 0.1 MW given as µW would do nothing; 100 kW given in mW is far too much.
    network.loads[0].p_w = 1e11;
    let warned = network.problems();
    assert!(warned.iter().any(|problem| problem.element == Element::Load(0)), "{warned:?}");
    assert_eq!(flow(&network, Method::Newton).unwrap_err().worst_bus, 1);
}

#[test]
fn a_mesh_and_a_held_voltage_are_named_by_the_sweep() {
    let mut network = two_buses(Complex64::new(0.1, 0.0));
    network.lines.push(network.lines[0].clone());
    let divergence = flow(&network, Method::Sweep).unwrap_err();
    assert_eq!(divergence.reason, Reason::NotRadial);
    assert!(divergence.describe(&network).contains("loop"));
    network.lines.pop();
    network.generators.push(Generator::new("plant", 1, Control::Voltage { voltage_pu: 1.0 }));
    let divergence = flow(&network, Method::Sweep).unwrap_err();
    assert_eq!((divergence.reason, divergence.worst_bus), (Reason::HoldsVoltage, 1));
}

#[test]
fn a_series_survives_bad_steps_and_names_them() {
    let network = two_buses(Complex64::new(0.1, 0.0));
    let powers = vec![1e5, 2e5, f64::NAN, 1e9, 1e5, 3e5];
    let mut series = Series::new(powers.len(), 0.25);
    series.drive(Element::Load(0), Power::Active, "load.p", powers.clone());
    let settings = BatchSettings {
        keep: Keep { voltages: true, angles: false, loadings: false, flows: false },
        ..BatchSettings::default()
    };
    let batch = Batch::new(&network, &series, &settings).unwrap();
    let (mut steps, mut voltages) = (Vec::new(), Vec::new());
    batch.run(|chunk| {
        steps.extend(chunk.steps.clone());
        voltages.extend(chunk.voltage_pu.clone());
    });
    assert_eq!(steps.len(), powers.len());
    assert_eq!(steps[2], Err(Failure::Input { profile: 0 }));
    let Err(Failure::Diverged(divergence)) = &steps[3] else { panic!("{:?}", steps[3]) };
    assert_eq!(divergence.worst_bus, 1);
    for (step, &p_w) in powers.iter().enumerate().filter(|&(step, _)| step != 2 && step != 3) {
        assert!(steps[step].is_ok());
        let alone = flow(&two_buses(Complex64::new(p_w / 1e6, 0.0)), Method::Newton).unwrap();
        assert!((voltages[2 * step + 1] - alone.voltage_pu[1]).abs() < 1e-8);
    }
    assert_eq!(voltages[1].to_bits(), voltages[2 * 4 + 1].to_bits());
}
