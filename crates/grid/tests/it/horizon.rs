//! Storages over a horizon: by hand, and against an independent solver.

use crate::support::root;
use grid::electric::{Bus, Control, Cost, Element, Generator, Line, Load, Network, Rating, Storage};
use grid::opf::{
    End, Horizon, HorizonOutcome, HorizonSolution, Model, Settings, StepInput, optimal_schedule,
};
use num_complex::Complex64;
use serde_json::Value;

fn optimum(horizon: &Horizon<'_>, model: Model) -> HorizonSolution {
    match optimal_schedule(horizon, model, &Settings::default()).unwrap() {
        HorizonOutcome::Optimal(solution) => *solution,
        other => panic!("{model:?}: {other:?}"),
    }
}

/// The grid at bus 1 sells p MW at 40 p + 10 p², a short line brings it to bus 2 with a roof, a town and a battery.
fn village() -> Network {
    let mut network = Network::new("village", 1e6);
    network.buses = vec![
        Bus { min_voltage_pu: 1.0, max_voltage_pu: 1.0, ..Bus::new("station", 20e3) },
        Bus { min_voltage_pu: 0.9, max_voltage_pu: 1.1, ..Bus::new("village", 20e3) },
    ];
    let slack = Control::Slack { voltage_pu: 1.0, angle_rad: 0.0 };
    network.generators = vec![
        Generator {
            min_p_w: 0.0,
            cost: Cost::Polynomial(vec![0.0, 40.0, 10.0]),
            ..Generator::new("grid", 0, slack)
        },
        Generator {
            min_p_w: 0.0,
            min_q_var: 0.0,
            max_q_var: 0.0,
            ..Generator::new("roofs", 1, Control::Power)
        },
    ];
    network.loads.push(Load::new("town", 1, 1e6, 0.0));
    network.lines.push(Line::new("line", 0, 1, Complex64::new(1e-6, 1e-5) * 400.0, 0.0));
    network.storages.push(Storage {
        name: "battery".to_owned(),
        bus: 1,
        p_w: 0.0,
        q_var: 0.0,
        energy_wh: 2e6,
        stored_wh: 0.0,
        max_charge_w: 1e6,
        max_discharge_w: 1e6,
        charge_efficiency: 0.9,
        discharge_efficiency: 0.8,
        in_service: true,
    });
    network
}

fn day<'a>(network: &'a Network, sun_mw: &[f64]) -> Horizon<'a> {
    let steps = sun_mw
        .iter()
        .map(|&sun| {
            let mut step = StepInput::of(network);
            step.max_p_w[1] = sun * 1e6;
            step
        })
        .collect();
    Horizon { network, steps, step_h: 1.0, end: End::Free }
}

#[test]
fn three_hours_by_hand() {
    // Sun 2.5, 0.5 and 0 MW for a town of 1 MW. The battery charges 1 MW (its limit; the rest of the sun is curtailed
    // and worth nothing), stores 0.9 MWh and gives back 0.72. The grid's cost is convex, so it sells the same in hours
    // two and three: g = (1.5 − 0.72)/2 = 0.39 MW at 40·0.39 + 10·0.39² each; one more MWh costs 40 + 20·0.39 = 47.8.
    let network = village();
    let horizon = day(&network, &[2.5, 0.5, 0.0]);
    for (model, cost_within, power_within) in
        [(Model::Dc, 1e-3, 3e3), (Model::LinDistFlow, 1e-3, 3e3), (Model::Soc, 1e-2, 3e3)]
    {
        let solution = optimum(&horizon, model);
        assert!((solution.cost - 34.242).abs() < cost_within, "{model:?}: {}", solution.cost);
        let drawn: Vec<f64> = solution.storage_w.iter().map(|step| step[0]).collect();
        for (drawn, expected) in drawn.iter().zip([1e6, -0.11e6, -0.61e6]) {
            assert!((drawn - expected).abs() < power_within, "{model:?}: {drawn} W instead of {expected}");
        }
        let stored: Vec<f64> = solution.stored_wh.iter().map(|step| step[0]).collect();
        assert!((stored[0] - 0.9e6).abs() < 3e3 && stored[2].abs() < 3e3, "{model:?}: {stored:?}");
        for (step, price) in solution.steps.iter().zip([0.0, 47.8, 47.8]) {
            assert!((step.price_p[1] - price).abs() < 0.05, "{model:?}: {:?}", step.price_p);
        }
        assert!(solution.at_once_w < 3e3, "{model:?}: {}", solution.at_once_w);
        assert!(solution.steps.iter().all(|step| step.is_tight(1e-4)), "{model:?}");
    }
}

#[test]
fn shorter_steps_carry_less_energy() {
    // Quarter hours: charging 1 MW stores 0.225 MWh, of which 0.18 come back as 0.36 MW in each of two quarters' 0.5 h:
    // g = (1.5 − 0.72)/2 as before, and the cost is a quarter.
    let network = village();
    let mut horizon = day(&network, &[2.5, 0.5, 0.0]);
    horizon.step_h = 0.25;
    let solution = optimum(&horizon, Model::Dc);
    assert!((solution.cost - 34.242 / 4.0).abs() < 1e-3, "{}", solution.cost);
    assert!((solution.stored_wh[0][0] - 0.225e6).abs() < 1e3);
    assert!((solution.steps[2].price_p[1] - 47.8).abs() < 0.05);
    // Costs of steps are per hour.
    let sum: f64 = solution.steps.iter().map(|step| step.cost * 0.25).sum();
    assert!((sum - solution.cost).abs() < 1e-3);
}

#[test]
fn what_must_be_left_at_the_end_is_left() {
    let mut network = village();
    network.storages[0].stored_wh = 0.5e6;
    let mut horizon = day(&network, &[0.0, 0.0]);
    for (end, left) in [(End::Free, 0.0), (End::AtLeastStart, 0.5e6), (End::AsStart, 0.5e6)] {
        horizon.end = end;
        let solution = optimum(&horizon, Model::Dc);
        assert!((solution.stored_wh[1][0] - left).abs() < 3e3, "{end:?}: {:?}", solution.stored_wh);
    }
}

#[test]
fn an_end_that_cannot_be_reached_is_named() {
    // Exactly empty at the end, as at the start; yet 1.5 MWh come from a roof that must run.
    let network = village();
    let mut horizon = day(&network, &[2.5]);
    horizon.end = End::AsStart;
    horizon.steps[0].min_p_w[1] = 2.5e6;
    let outcome = optimal_schedule(&horizon, Model::Dc, &Settings::default()).unwrap();
    let HorizonOutcome::Infeasible(infeasible) = outcome else { panic!("{outcome:?}") };
    let elements: Vec<Element> = infeasible.clashes.iter().map(|clash| clash.element).collect();
    assert!(
        elements.contains(&Element::Storage(0)) || elements.contains(&Element::Generator(1)),
        "{elements:?}"
    );
}

#[test]
fn negative_prices_show_where_a_battery_burns_power() {
    // The roof must run and the line carries little: charging and discharging at once wastes what is too much.
    let mut network = village();
    network.lines[0].rating = Rating::Power(0.1e6);
    network.generators[0].min_p_w = -1e6;
    let mut horizon = day(&network, &[1.3, 1.3]);
    horizon.end = End::AsStart;
    for step in &mut horizon.steps {
        step.min_p_w[1] = 1.3e6;
    }
    let solution = optimum(&horizon, Model::Dc);
    assert!(solution.at_once_w > 0.05e6, "{}", solution.at_once_w);
}

/// The network of cases/opf/horizon, and its steps.
fn five_buses(data: &Value) -> (Network, Vec<StepInput>) {
    let number = |value: &Value, key: &str| value[key].as_f64().unwrap();
    let at = |value: &Value, key: &str| value[key].as_u64().unwrap() as usize;
    let list = |key: &str| data[key].as_array().unwrap();
    let mut network = Network::new("five buses", number(data, "base_mva") * 1e6);
    for bus in 0..at(data, "buses") {
        network.buses.push(Bus::new(&format!("{bus}"), 230e3));
    }
    let ohm = 230e3 * 230e3 / network.base_va;
    for (i, line) in list("lines").iter().enumerate() {
        network.lines.push(Line {
            rating: Rating::Power(number(line, "limit_mw") * 1e6),
            ..Line::new(
                &format!("line {i}"),
                at(line, "from"),
                at(line, "to"),
                Complex64::new(0.0, number(line, "x") * ohm),
                0.0,
            )
        });
    }
    let reference = at(data, "reference");
    for (i, generator) in list("generators").iter().enumerate() {
        let bus = at(generator, "bus");
        let control = if bus == reference {
            Control::Slack { voltage_pu: 1.0, angle_rad: 0.0 }
        } else {
            Control::Power
        };
        network.generators.push(Generator {
            min_p_w: 0.0,
            max_p_w: number(generator, "max_mw") * 1e6,
            cost: Cost::Polynomial(vec![0.0, number(generator, "cost"), number(generator, "square")]),
            ..Generator::new(&format!("plant {i}"), bus, control)
        });
    }
    let solar = &data["solar"];
    network
        .generators
        .push(Generator { min_p_w: 0.0, ..Generator::new("solar", at(solar, "bus"), Control::Power) });
    for load in list("loads") {
        network.loads.push(Load::new("load", at(load, "bus"), number(load, "mw") * 1e6, 0.0));
    }
    for storage in list("storages") {
        network.storages.push(Storage {
            name: format!("storage at {}", at(storage, "bus")),
            bus: at(storage, "bus"),
            p_w: 0.0,
            q_var: 0.0,
            energy_wh: number(storage, "mwh") * 1e6,
            stored_wh: number(storage, "stored_mwh") * 1e6,
            max_charge_w: number(storage, "charge_mw") * 1e6,
            max_discharge_w: number(storage, "discharge_mw") * 1e6,
            charge_efficiency: number(storage, "charge_efficiency"),
            discharge_efficiency: number(storage, "discharge_efficiency"),
            in_service: true,
        });
    }
    let profile = |key: &str| list(key).iter().map(|value| value.as_f64().unwrap());
    let steps = profile("load_profile")
        .zip(profile("solar_profile"))
        .map(|(load, sun)| {
            let mut step = StepInput::of(&network);
            step.load_p_w.iter_mut().for_each(|power| *power *= load);
            *step.max_p_w.last_mut().unwrap() = number(solar, "max_mw") * sun * 1e6;
            step
        })
        .collect();
    (network, steps)
}

#[test]
fn a_day_of_five_buses_costs_what_another_solver_finds() {
    let read = |file: &str| -> Value {
        let text = std::fs::read_to_string(root().join("cases/opf/horizon").join(file)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let (data, expected) = (read("input.json"), read("expected.json"));
    let (network, steps) = five_buses(&data);
    let horizon = Horizon { network: &network, steps, step_h: 1.0, end: End::AtLeastStart };
    let solution = optimum(&horizon, Model::Dc);
    let cost = expected["cost"].as_f64().unwrap();
    assert!((solution.cost / cost - 1.0).abs() < 1e-6, "{} {cost}", solution.cost);
    for (t, (step, prices)) in
        solution.steps.iter().zip(expected["price_per_mwh"].as_array().unwrap()).enumerate()
    {
        for (bus, price) in prices.as_array().unwrap().iter().enumerate() {
            let (found, price) = (step.price_p[bus], price.as_f64().unwrap());
            assert!((found - price).abs() < 5e-3, "hour {t}, bus {bus}: {found} {price}");
        }
    }
    // What is stored is what was stored before, plus what was drawn less losses.
    let mut before: Vec<f64> = network.storages.iter().map(|storage| storage.stored_wh).collect();
    for (drawn, stored) in solution.storage_w.iter().zip(&solution.stored_wh) {
        for (i, storage) in network.storages.iter().enumerate() {
            let change = if drawn[i] > 0.0 {
                drawn[i] * storage.charge_efficiency
            } else {
                drawn[i] / storage.discharge_efficiency
            };
            assert!(
                (before[i] + change - stored[i]).abs() < 1e5,
                "{i}: {} {change} {}",
                before[i],
                stored[i]
            );
            before[i] = stored[i];
        }
    }
    assert!(solution.at_once_w < 1e5, "{}", solution.at_once_w);
}
