//! What is wrong with a network is said all at once, by name.

use crate::support::{feeder, pglib};
use grid::electric::{
    Bus, Circuit, Control, Cost, Element, Fault, Generator, Line, Load, Network, Pi, Position, Problem,
    Rating, Severity, Shunt, Side, Storage, Switch, Switched, TapChanger, ThreeWindingTransformer,
    Transformer, VoltageControl, Winding, Zip,
};
use num_complex::Complex64;

use Fault::{
    Conflict, Cost as CostFault, Island, Limits, Magnitude, Name, NoSource, Number, Reference, VoltageLevels,
    ZeroImpedance,
};
use Severity::{Error, Warning};

/// One of everything: 110 kV (bus 0) over a transformer to 20 kV (1), a line to 2, a coupler to 3; a three-winding
/// transformer from 0 to 4 (20 kV) and 5 (10 kV).
pub(crate) fn whole() -> Network {
    let mut network = Network::new("whole", 1e6);
    let levels = [
        ("high", 110e3),
        ("busbar", 20e3),
        ("end", 20e3),
        ("coupled", 20e3),
        ("second", 20e3),
        ("third", 10e3),
    ];
    network.buses = levels.map(|(name, v)| Bus::new(name, v)).to_vec();
    network.generators.push(Generator::slack("grid", 0, 1.02));
    network.generators.push(Generator {
        p_w: 1e6,
        max_p_w: 2e6,
        cost: Cost::PiecewiseLinear(vec![(0.0, 0.0), (1.0, 10.0), (2.0, 30.0)]),
        ..Generator::new("plant", 2, Control::Voltage { voltage_pu: 1.01 })
    });
    network.lines.push(Line {
        length_m: 5e3,
        rating: Rating::Current(300.0),
        ..Line::new("cable", 1, 2, Complex64::new(1.0, 0.6), 300e-6)
    });
    let pi = Pi { series_ohm: Complex64::new(0.05, 1.2), from_s: Complex64::ZERO, to_s: Complex64::ZERO };
    network.transformers.push(Transformer {
        shift_rad: 2.6,
        tap: Some(TapChanger {
            side: Side::From,
            position: 2,
            min: -9,
            max: 9,
            neutral: 0,
            step: 0.015,
            step_angle_rad: 0.0,
            shift_per_step_rad: 0.0,
            control: Some(VoltageControl { bus: 1, min_voltage_pu: 1.0, max_voltage_pu: 1.03 }),
        }),
        rating: Rating::Rated(40e6),
        ..Transformer::new("T1", [0, 1], [110e3, 21e3], pi)
    });
    let winding = |bus, rated_v| Winding {
        bus,
        rated_v,
        rated_va: 40e6,
        series_ohm: Complex64::new(0.5, 20.0),
        bus_s: Complex64::ZERO,
        star_s: Complex64::ZERO,
        shift_rad: 0.0,
    };
    network.three_winding_transformers.push(ThreeWindingTransformer {
        name: "T3".to_owned(),
        windings: [winding(0, 110e3), winding(4, 20e3), winding(5, 10.5e3)],
        magnetising_s: Complex64::new(1e-6, -1e-5),
        tap: None,
        in_service: true,
    });
    let switch = |name: &str, bus, to| Switch { name: name.to_owned(), bus, to, closed: true };
    network.switches.push(switch("coupler", 2, Switched::Bus(3)));
    network.switches.push(switch("breaker", 1, Switched::Line(0)));
    network.shunts.push(Shunt {
        name: "capacitor".to_owned(),
        bus: 1,
        admittance_s: Complex64::new(0.0, 1e-3),
        in_service: true,
    });
    network.loads.push(Load::new("village", 3, 800e3, 200e3));
    network.storages.push(Storage {
        name: "battery".to_owned(),
        bus: 3,
        p_w: 50e3,
        q_var: 0.0,
        energy_wh: 1e6,
        stored_wh: 5e5,
        max_charge_w: 1e5,
        max_discharge_w: 1e5,
        charge_efficiency: 0.95,
        discharge_efficiency: 0.95,
        in_service: true,
    });
    network
}

type Spoil = fn(&mut Network);

/// What is spoilt, and the problem expected: element, fault, severity, parts of the message.
type Row<'a> = (Spoil, Element, Fault, Severity, &'a [&'a str]);

fn found(problems: &[Problem], &(_, element, fault, severity, parts): &Row<'_>) -> bool {
    problems.iter().any(|problem| {
        (problem.element, problem.fault, problem.severity) == (element, fault, severity)
            && parts.iter().all(|part| problem.message.contains(part))
    })
}

fn check(rows: &[Row<'_>]) {
    for row in rows {
        let mut network = whole();
        row.0(&mut network);
        let problems = network.problems();
        assert!(found(&problems, row), "{row:?}\n{problems:#?}");
        let refused = problems.iter().any(|problem| problem.severity == Error);
        assert_eq!(Circuit::of(&network).is_err(), refused, "{row:?}");
        assert_eq!(row.3 == Error, refused, "{row:?} leaves {problems:#?}");
    }
}

#[test]
fn a_sound_network_has_no_problems() {
    assert_eq!(whole().problems(), []);
    assert_eq!(whole().problems_for_opf(), []);
}

#[test]
fn what_is_not_there_is_named() {
    check(&[
        (
            |n| n.lines[0].to = 17,
            Element::Line(0),
            Reference,
            Error,
            &["line \"cable\"", "bus 17", "6 buses"],
        ),
        (|n| n.lines[0].from = usize::MAX, Element::Line(0), Reference, Error, &["its from bus"]),
        (|n| n.lines[0].from = 2, Element::Line(0), Reference, Error, &["begins and ends at bus \"end\""]),
        (|n| n.transformers[0].to = 6, Element::Transformer(0), Reference, Error, &["T1", "bus 6"]),
        (
            |n| n.transformers[0].tap.as_mut().unwrap().control.as_mut().unwrap().bus = 9,
            Element::Transformer(0),
            Reference,
            Error,
            &["tap changer", "bus 9"],
        ),
        (
            |n| n.three_winding_transformers[0].windings[2].bus = 6,
            Element::Winding(0, 2),
            Reference,
            Error,
            &["T3", "winding 2"],
        ),
        (
            |n| n.three_winding_transformers[0].windings[2].bus = 4,
            Element::Winding(0, 2),
            Reference,
            Error,
            &["two windings at one bus"],
        ),
        (
            |n| n.three_winding_transformers[0].tap = n.transformers[0].tap.clone().map(|tap| (3, tap)),
            Element::Winding(0, 0),
            Reference,
            Error,
            &["winding 3", "0, 1 or 2"],
        ),
        (|n| n.switches[0].bus = 6, Element::Switch(0), Reference, Error, &["coupler", "bus 6"]),
        (|n| n.switches[0].to = Switched::Bus(8), Element::Switch(0), Reference, Error, &["bus 8"]),
        (|n| n.switches[0].to = Switched::Bus(2), Element::Switch(0), Reference, Warning, &["itself"]),
        (|n| n.switches[1].to = Switched::Line(1), Element::Switch(1), Reference, Error, &["line 1"]),
        (
            |n| n.switches[1].bus = 0,
            Element::Switch(1),
            Reference,
            Error,
            &["bus \"high\"", "line \"cable\""],
        ),
        (
            |n| n.switches[1].to = Switched::ThreeWindingTransformer(0),
            Element::Switch(1),
            Reference,
            Error,
            &["bus \"busbar\"", "T3"],
        ),
        (|n| n.shunts[0].bus = 6, Element::Shunt(0), Reference, Error, &["capacitor"]),
        (|n| n.loads[0].bus = 6, Element::Load(0), Reference, Error, &["village"]),
        (|n| n.generators[1].bus = 6, Element::Generator(1), Reference, Error, &["plant"]),
        (|n| n.storages[0].bus = 6, Element::Storage(0), Reference, Error, &["battery"]),
    ]);
}

#[test]
fn numbers_that_are_none_or_of_the_wrong_sign_are_named_with_their_value() {
    check(&[
        (|n| n.base_va = 0.0, Element::Bus(0), Number, Error, &["base power of 0 VA"]),
        (|n| n.base_va = f64::NAN, Element::Bus(0), Number, Error, &["base power of NaN"]),
        (|n| n.frequency_hz = -50.0, Element::Bus(0), Number, Error, &["frequency of -50 Hz"]),
        (|n| n.buses[4].nominal_v = -20e3, Element::Bus(4), Number, Error, &["second", "-20000 V"]),
        (|n| n.buses[4].nominal_v = f64::INFINITY, Element::Bus(4), Number, Error, &["inf V"]),
        (|n| n.buses[4].min_voltage_pu = f64::NAN, Element::Bus(4), Number, Error, &["least voltage"]),
        (|n| n.buses[4].max_voltage_pu = -1.0, Element::Bus(4), Number, Error, &["greatest voltage of -1"]),
        (
            |n| n.buses[4].position = Some(Position { x: f64::NAN, y: 0.0 }),
            Element::Bus(4),
            Number,
            Warning,
            &["position"],
        ),
        (|n| n.lines[0].pi.series_ohm.im = f64::NAN, Element::Line(0), Number, Error, &["series", "NaN Ω"]),
        (|n| n.lines[0].pi.series_ohm.re = -1.0, Element::Line(0), Number, Warning, &["resistance of -1 Ω"]),
        (|n| n.lines[0].pi.to_s.re = f64::INFINITY, Element::Line(0), Number, Error, &["(to)", "inf"]),
        (|n| n.lines[0].pi.to_s.re = -1e-5, Element::Line(0), Number, Warning, &["conductance"]),
        (|n| n.lines[0].length_m = -5.0, Element::Line(0), Number, Warning, &["length of -5 m"]),
        (|n| n.lines[0].rating = Rating::Current(0.0), Element::Line(0), Number, Error, &["rating of 0 A"]),
        (|n| n.lines[0].min_angle_rad = f64::NAN, Element::Line(0), Number, Error, &["least angle"]),
        (|n| n.transformers[0].to_v = 0.0, Element::Transformer(0), Number, Error, &["to side", "0 V"]),
        (|n| n.transformers[0].shift_rad = f64::NAN, Element::Transformer(0), Number, Error, &["shift"]),
        (
            |n| n.transformers[0].tap.as_mut().unwrap().step = f64::NAN,
            Element::Transformer(0),
            Number,
            Error,
            &["tap step"],
        ),
        (
            |n| n.three_winding_transformers[0].windings[1].rated_va = -1.0,
            Element::Winding(0, 1),
            Number,
            Error,
            &["rated power (winding 1) of -1 VA"],
        ),
        (
            |n| n.three_winding_transformers[0].magnetising_s.im = f64::NAN,
            Element::Winding(0, 0),
            Number,
            Error,
            &["magnetising"],
        ),
        (|n| n.shunts[0].admittance_s.re = f64::NAN, Element::Shunt(0), Number, Error, &["admittance"]),
        (
            |n| n.loads[0].p_w = f64::NAN,
            Element::Load(0),
            Number,
            Error,
            &["village", "active power of NaN W"],
        ),
        (|n| n.loads[0].q_var = f64::INFINITY, Element::Load(0), Number, Error, &["reactive", "inf var"]),
        (|n| n.loads[0].p_w = 1e300, Element::Load(0), Number, Error, &["1e300 W", "unit"]),
        (|n| n.loads[0].zip.p_current = f64::NAN, Element::Load(0), Number, Error, &["constant-current"]),
        (
            |n| n.generators[1].control = Control::Voltage { voltage_pu: 0.0 },
            Element::Generator(1),
            Number,
            Error,
            &["setpoint of 0"],
        ),
        (|n| n.generators[1].max_p_w = f64::NAN, Element::Generator(1), Number, Error, &["greatest"]),
        (|n| n.generators[1].min_p_w = f64::INFINITY, Element::Generator(1), Number, Error, &["−∞", "inf W"]),
        (|n| n.storages[0].energy_wh = -1.0, Element::Storage(0), Number, Error, &["capacity of -1 Wh"]),
        (|n| n.storages[0].max_charge_w = -1.0, Element::Storage(0), Number, Error, &["charging power"]),
    ]);
}

#[test]
fn impedances_of_zero_are_refused_by_name_with_the_remedy() {
    check(&[
        (
            |n| n.lines[0].pi.series_ohm = Complex64::ZERO,
            Element::Line(0),
            ZeroImpedance,
            Error,
            &["cable", "0 Ω", "closed switch"],
        ),
        (
            |n| n.lines[0].pi.series_ohm = Complex64::new(0.0, 1e-300),
            Element::Line(0),
            ZeroImpedance,
            Error,
            &["1e-300 Ω"],
        ),
        (
            |n| n.transformers[0].pi.series_ohm = Complex64::ZERO,
            Element::Transformer(0),
            ZeroImpedance,
            Error,
            &["T1", "short-circuit impedance"],
        ),
        (
            |n| n.three_winding_transformers[0].windings[1].series_ohm = Complex64::ZERO,
            Element::Winding(0, 1),
            ZeroImpedance,
            Error,
            &["winding 1"],
        ),
    ]);
}

#[test]
fn limits_that_contradict_each_other_are_refused_by_name() {
    check(&[
        (
            |n| (n.buses[2].min_voltage_pu, n.buses[2].max_voltage_pu) = (1.1, 0.9),
            Element::Bus(2),
            Limits,
            Error,
            &["bus \"end\"", "1.1", "0.9"],
        ),
        (
            |n| (n.lines[0].min_angle_rad, n.lines[0].max_angle_rad) = (0.5, -0.5),
            Element::Line(0),
            Limits,
            Error,
            &["angle difference", "0.5 rad", "-0.5 rad"],
        ),
        (
            |n| n.generators[1].min_p_w = 3e6,
            Element::Generator(1),
            Limits,
            Error,
            &["active power", "3000000 W"],
        ),
        (
            |n| (n.generators[1].min_q_var, n.generators[1].max_q_var) = (1.0, -1.0),
            Element::Generator(1),
            Limits,
            Error,
            &["reactive power", "1 var", "-1 var"],
        ),
        (|n| n.storages[0].stored_wh = 2e6, Element::Storage(0), Limits, Error, &["2 MWh of at most 1 MWh"]),
        (|n| n.storages[0].charge_efficiency = 1.2, Element::Storage(0), Limits, Error, &["charging of 1.2"]),
        (
            |n| n.storages[0].discharge_efficiency = 0.0,
            Element::Storage(0),
            Limits,
            Error,
            &["discharging of 0"],
        ),
        (|n| n.storages[0].discharge_efficiency = f64::NAN, Element::Storage(0), Limits, Error, &["NaN"]),
        (
            |n| n.storages[0].p_w = -2e5,
            Element::Storage(0),
            Limits,
            Warning,
            &["-200 kW", "100 kW discharging"],
        ),
        (
            |n| n.loads[0].zip = Zip { p_impedance: 0.7, p_current: 0.7, ..Zip::default() },
            Element::Load(0),
            Limits,
            Warning,
            &["active", "0.7"],
        ),
        (|n| n.loads[0].zip.q_current = -0.1, Element::Load(0), Limits, Warning, &["reactive", "-0.1"]),
        (
            |n| n.transformers[0].tap.as_mut().unwrap().position = 12,
            Element::Transformer(0),
            Limits,
            Warning,
            &["position 12", "-9 to 9"],
        ),
        (
            |n| n.transformers[0].tap.as_mut().unwrap().max = -12,
            Element::Transformer(0),
            Limits,
            Error,
            &["-9 to -12"],
        ),
        (
            |n| n.transformers[0].tap.as_mut().unwrap().step = -0.2,
            Element::Transformer(0),
            Limits,
            Error,
            &["tap position 9"],
        ),
        (
            |n| n.transformers[0].tap.as_mut().unwrap().control.as_mut().unwrap().max_voltage_pu = 1.01,
            Element::Transformer(0),
            Limits,
            Warning,
            &["will not rest"],
        ),
        (
            |n| n.transformers[0].tap.as_mut().unwrap().control.as_mut().unwrap().max_voltage_pu = 0.9,
            Element::Transformer(0),
            Limits,
            Error,
            &["1 to 0.9"],
        ),
    ]);
}

#[test]
fn absurd_units_are_noticed() {
    check(&[
        (
            |n| n.buses.iter_mut().for_each(|bus| bus.nominal_v /= 1e3),
            Element::Bus(1),
            Magnitude,
            Warning,
            &["busbar", "20 V", "kV?"],
        ),
        (
            |n| n.buses.iter_mut().for_each(|bus| bus.nominal_v *= 1e3),
            Element::Bus(1),
            Magnitude,
            Warning,
            &["busbar", "2e7 V"],
        ),
        (|n| n.base_va = 100.0, Element::Bus(0), Magnitude, Warning, &["base power of 100 VA"]),
        (|n| n.frequency_hz = 50e3, Element::Bus(0), Magnitude, Warning, &["50000 Hz"]),
        (
            |n| (n.buses[2].min_voltage_pu, n.buses[2].max_voltage_pu) = (19e3, 21e3),
            Element::Bus(2),
            Magnitude,
            Warning,
            &["19000", "nominal voltage"],
        ),
        (|n| n.lines[0].pi.series_ohm *= 1e3, Element::Line(0), Magnitude, Warning, &["5000 m", "mΩ?"]),
        (
            |n| {
                n.lines[0].pi.series_ohm *= 1e4;
                n.lines[0].length_m = 0.0;
            },
            Element::Line(0),
            Magnitude,
            Warning,
            &["20000 V", "34.3 kVA", "mΩ?"],
        ),
        (
            |n| {
                n.lines[0].pi.series_ohm *= 1e-6;
                n.lines[0].length_m = 0.0;
            },
            Element::Line(0),
            Magnitude,
            Warning,
            &["closed switch"],
        ),
        (
            |n| n.lines[0].pi.to_s.im = 300.0,
            Element::Line(0),
            Magnitude,
            Warning,
            &["longer than any line", "µS?"],
        ),
        (
            |n| n.transformers[0].pi.series_ohm *= 100.0,
            Element::Transformer(0),
            Magnitude,
            Warning,
            &["short-circuit voltage", "40 MVA"],
        ),
        (|n| n.transformers[0].shift_rad = 150.0, Element::Transformer(0), Magnitude, Warning, &["degrees?"]),
        (
            |n| {
                let tap = n.transformers[0].tap.as_mut().unwrap();
                (tap.step, tap.min, tap.max) = (0.25, -2, 2);
            },
            Element::Transformer(0),
            Magnitude,
            Warning,
            &["1 % is 0.01"],
        ),
        (|n| (n.loads[0].p_w, n.loads[0].q_var) = (0.8, 0.2), Element::Load(0), Magnitude, Warning, &["MW?"]),
        (|n| n.loads[0].p_w = 8e11, Element::Load(0), Magnitude, Warning, &["800 GVA", "too much"]),
        (|n| n.shunts[0].admittance_s.im = 1e3, Element::Shunt(0), Magnitude, Warning, &["400 GVA"]),
        (
            |n| n.generators[0].control = Control::Slack { voltage_pu: 112.2, angle_rad: 0.0 },
            Element::Generator(0),
            Magnitude,
            Warning,
            &["112.2 per unit"],
        ),
        (
            |n| n.generators[0].control = Control::Slack { voltage_pu: 1.0, angle_rad: 30.0 },
            Element::Generator(0),
            Magnitude,
            Warning,
            &["degrees?"],
        ),
        (
            |n| {
                n.generators.pop();
                n.loads[0].p_w = 400e6;
            },
            Element::Load(0),
            Magnitude,
            Warning,
            &["400 MVA", "10.392 MVA"],
        ),
        (
            |n| {
                let t = &mut n.transformers[0];
                (t.from_v, t.to_v) = (t.to_v, t.from_v);
            },
            Element::Transformer(0),
            VoltageLevels,
            Warning,
            &["21000 V", "bus \"high\"", "swapped"],
        ),
    ]);
}

#[test]
fn sources_that_are_missing_or_disagree_are_named() {
    check(&[
        (|n| n.generators.clear(), Element::Bus(0), NoSource, Error, &["add an external grid"]),
        (|n| drop(n.generators.remove(0)), Element::Bus(0), NoSource, Error, &["make generator \"plant\""]),
        (|n| n.buses[0].in_service = false, Element::Bus(0), NoSource, Error, &["no source"]),
        (|n| *n = Network::new("nothing", 1e6), Element::Bus(0), NoSource, Error, &["empty"]),
        (
            |n| n.generators.push(Generator::slack("other", 0, 1.03)),
            Element::Generator(2),
            Conflict,
            Error,
            &["generator \"other\"", "1.03", "generator \"grid\"", "1.02", "bus \"high\""],
        ),
        (
            |n| {
                n.generators.push(Generator {
                    control: Control::Slack { voltage_pu: 1.02, angle_rad: 0.1 },
                    ..Generator::slack("other", 0, 1.0)
                });
            },
            Element::Generator(2),
            Conflict,
            Error,
            &["an angle of 0.1 rad"],
        ),
        (
            |n| n.generators.push(Generator::new("second", 3, Control::Voltage { voltage_pu: 0.99 })),
            Element::Generator(2),
            Conflict,
            Error,
            // Bus 3 is one node with bus 2 through the coupler.
            &["0.99", "plant", "1.01", "bus \"coupled\""],
        ),
        (
            |n| n.generators.push(Generator::new("at the grid", 0, Control::Voltage { voltage_pu: 1.0 })),
            Element::Generator(2),
            Conflict,
            Error,
            &["at the grid", "generator \"grid\" holds 1.02"],
        ),
    ]);
}

#[test]
fn what_no_source_reaches_is_named_with_its_power() {
    check(&[
        (
            |n| n.lines[0].in_service = false,
            Element::Bus(2),
            Island,
            Warning,
            &[
                "2 buses",
                "bus \"end\", bus \"coupled\"",
                "1 load (800 kW)",
                "1 generator (1 MW)",
                "1 storage",
            ],
        ),
        (
            |n| n.switches[1].closed = false,
            Element::Load(0),
            Island,
            Warning,
            &["load \"village\" (800 kW) hangs on bus \"coupled\"", "no source reaches"],
        ),
        (|n| n.switches[0].closed = false, Element::Storage(0), Island, Warning, &["battery", "50 kW"]),
        (|n| n.lines[0].in_service = false, Element::Generator(1), Island, Warning, &["plant", "1 MW"]),
        (
            |n| n.buses[1].in_service = false,
            Element::Shunt(0),
            Island,
            Warning,
            &["capacitor", "bus \"busbar\", which is out of service"],
        ),
    ]);
}

#[test]
fn different_voltages_are_not_joined_without_a_transformer() {
    check(&[
        (
            |n| n.lines[0].to = 5,
            Element::Line(0),
            VoltageLevels,
            Error,
            &["20000 V", "10000 V", "transformer"],
        ),
        (
            |n| n.switches[0].to = Switched::Bus(5),
            Element::Switch(0),
            VoltageLevels,
            Error,
            &["coupler", "bus \"third\" of 10000 V", "open it"],
        ),
    ]);
}

#[test]
fn shared_names_are_told_once() {
    let mut network = whole();
    network.loads = vec![Load::new("house", 3, 1e3, 0.0); 40];
    let problems = network.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!((problems[0].fault, problems[0].severity), (Name, Warning));
    assert_eq!(problems[0].message, "load \"house\" shares its name with 39 more: give each its own");
    for load in &mut network.loads {
        load.name.clear();
    }
    assert_eq!(network.problems(), []);
}

#[test]
fn a_cost_that_is_not_convex_is_odd_for_a_flow_and_wrong_for_an_optimal_one() {
    let check = |cost: Cost, in_opf: Severity, part: &str| {
        let mut network = whole();
        network.generators[1].cost = cost;
        for (problems, severity) in [(network.problems(), Warning), (network.problems_for_opf(), in_opf)] {
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!((problems[0].fault, problems[0].severity), (CostFault, severity));
            assert!(problems[0].message.contains(part), "{problems:?}");
        }
        assert_eq!(Circuit::for_opf(&network).is_err(), in_opf == Error);
        assert!(Circuit::of(&network).is_ok());
    };
    check(Cost::PiecewiseLinear(vec![(0.0, 0.0), (1.0, 30.0), (2.0, 40.0)]), Error, "not convex");
    check(Cost::PiecewiseLinear(vec![(1.0, 0.0), (1.0, 30.0)]), Error, "rising order");
    check(Cost::PiecewiseLinear(vec![(1.0, 0.0)]), Error, "two or more");
    check(Cost::PiecewiseLinear(vec![(0.0, 0.0), (1.0, f64::NAN)]), Error, "finite");
    check(Cost::Polynomial(vec![0.0, f64::NAN]), Error, "coefficient of NaN");
    check(Cost::Polynomial(vec![0.0, 10.0, -1.0]), Warning, "bends down");
}

#[test]
fn setpoints_that_differ_do_not_matter_to_an_optimal_power_flow() {
    let mut network = whole();
    network.generators.push(Generator::new("second", 2, Control::Voltage { voltage_pu: 0.99 }));
    assert!(Circuit::of(&network).is_err());
    assert!(Circuit::for_opf(&network).is_ok());
}

#[test]
fn what_is_out_of_service_is_not_measured() {
    let mut network = whole();
    network.loads[0].in_service = false;
    network.loads[0].p_w = f64::NAN;
    network.lines.push(Line { in_service: false, ..Line::new("old", 1, 2, Complex64::ZERO, f64::NAN) });
    assert_eq!(network.problems(), []);
}

#[test]
fn everything_is_told_at_once_and_the_error_shows_the_first_ten() {
    let mut network = whole();
    network.loads = (0..25).map(|i| Load::new(&format!("load {i}"), 3, f64::NAN, 0.0)).collect();
    network.lines[0].pi.series_ohm = Complex64::ZERO;
    network.shunts[0].bus = 99;
    network.storages[0].p_w = 2e5;
    let invalid = Circuit::of(&network).unwrap_err();
    let errors = invalid.problems.iter().filter(|problem| problem.severity == Error).count();
    assert_eq!((errors, invalid.problems.len()), (27, 28));
    let text = invalid.to_string();
    assert!(
        text.starts_with("the network whole cannot be calculated: line \"cable\" has a series"),
        "{text}"
    );
    assert!(text.contains("shunt \"capacitor\" names bus 99"), "{text}");
    assert!(text.contains("load \"load 7\"") && !text.contains("load \"load 8\""), "{text}");
    assert!(text.ends_with("and 17 more errors (27 in all); besides 1 warning"), "{text}");
}

/// Cases and feeders that others calculate with have no errors.
#[test]
fn published_cases_can_be_calculated() {
    for case in ["case3_lmbd", "case5_pjm", "case14_ieee", "case24_ieee_rts", "case30_as", "case30_ieee"]
        .into_iter()
        .chain(["case39_epri", "case57_ieee", "case73_ieee_rts", "case89_pegase", "case118_ieee"])
        .chain(["case162_ieee_dtc", "case179_goc", "case200_activ", "case240_pserc", "case300_ieee"])
    {
        let Some(network) = pglib(case) else { return };
        let errors = |problems: Vec<Problem>| -> Vec<String> {
            let errors = problems.into_iter().filter(|problem| problem.severity == Error);
            errors.map(|problem| problem.message).collect()
        };
        assert_eq!(errors(network.problems()), [""; 0], "{case}");
        assert_eq!(errors(network.problems_for_opf()), [""; 0], "{case}");
    }
    for name in
        ["zecao16", "case33bw", "zecao69", "case70da", "zecao84", "case118zh", "case136ma", "zecao417"]
    {
        let Some(network) = feeder(name) else { return };
        assert_eq!(network.problems(), [], "{name}");
    }
}
