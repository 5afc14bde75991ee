//! Series of power flows.

use crate::radial::{Random, random_radial};
use grid::electric::batch::{Batch, Chunk, Error, Failure, Keep, Power, Series, Settings, Summary};
use grid::electric::{
    Circuit, Control, Element, Line, Method, Network, Outcome, Settings as FlowSettings, Solution, Zip,
    power_flow, sweep,
};
use num_complex::Complex64;

const KEEP: Keep = Keep { voltages: true, angles: true, loadings: true, flows: true };

/// Loads, generators and storages that change, each in its own way.
fn random_series(network: &Network, steps: usize, seed: u64) -> Series {
    let mut random = Random(seed);
    let mut series = Series::new(steps, 0.25);
    let shared = (0..steps).map(|_| random.between(0.2, 1.4)).collect();
    let shared = series.profile("household", shared);
    for load in 0..network.loads.len() {
        if load % 3 == 0 {
            let values = (0..steps).map(|_| random.between(0.0, 6e3)).collect();
            series.drive(Element::Load(load), Power::Active, &format!("load {load}"), values);
        } else if load % 3 == 1 {
            series.scale(network, Element::Load(load), shared);
        }
    }
    for (i, generator) in network.generators.iter().enumerate() {
        if generator.control == Control::Power {
            let values = (0..steps).map(|_| random.between(0.0, 6e3)).collect();
            series.drive(Element::Generator(i), Power::Active, &format!("sun {i}"), values);
        }
    }
    for storage in 0..network.storages.len() {
        let values = (0..steps).map(|_| random.between(-3e3, 3e3)).collect();
        series.drive(Element::Storage(storage), Power::Active, &format!("battery {storage}"), values);
    }
    series
}

/// The network as it is at a step.
fn at(network: &Network, series: &Series, step: usize) -> Network {
    let mut network = network.clone();
    for drive in &series.drives {
        let value = drive.factor * series.profiles[drive.profile].values[step];
        let place = match (drive.element, drive.power) {
            (Element::Load(i), Power::Active) => &mut network.loads[i].p_w,
            (Element::Load(i), Power::Reactive) => &mut network.loads[i].q_var,
            (Element::Generator(i), Power::Active) => &mut network.generators[i].p_w,
            (Element::Generator(i), Power::Reactive) => &mut network.generators[i].q_var,
            (Element::Storage(i), Power::Active) => &mut network.storages[i].p_w,
            (Element::Storage(i), Power::Reactive) => &mut network.storages[i].q_var,
            (other, _) => panic!("{other}"),
        };
        *place = value;
    }
    network
}

fn chunks(batch: &Batch<'_>) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    batch.run(|chunk| chunks.push(chunk.clone()));
    chunks
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance || (a.is_nan() && b.is_nan())
}

#[test]
fn a_step_of_a_series_is_the_single_power_flow() {
    for seed in 0..20 {
        let mut network = random_radial(seed, 25, true);
        // Something that no source reaches.
        network.lines[7].in_service = false;
        let series = random_series(&network, 19, seed);
        let settings =
            Settings { tolerance_pu: 1e-12, max_iterations: 100, keep: KEEP, ..Settings::default() };
        let batch = Batch::new(&network, &series, &settings).unwrap();
        assert_eq!(batch.method(), Method::Sweep);
        for chunk in chunks(&batch) {
            for (row, step) in chunk.steps.iter().enumerate() {
                let step = step.as_ref().unwrap();
                let single = at(&network, &series, chunk.first + row);
                let circuit = Circuit::of(&single).unwrap();
                let single_settings =
                    FlowSettings { tolerance_pu: 1e-12, max_iterations: 100, ..FlowSettings::default() };
                let (voltages, _) = sweep::solve(&circuit, &single_settings).unwrap();
                let solution = Solution::at(&single, &circuit, &voltages);
                compare(&batch, &chunk, row, &solution);
                let sources = network.generators.iter().zip(&solution.generators);
                let sources = sources.filter(|(of, _)| matches!(of.control, Control::Slack { .. }));
                let (p, q) = sources.fold((0.0, 0.0), |(p, q), (_, flow)| (p + flow.p_w, q + flow.q_var));
                assert!(close(step.source_p_w, p, 1e-3), "{} {p}", step.source_p_w);
                assert!(close(step.source_q_var, q, 1e-3), "{} {q}", step.source_q_var);
                assert!(close(step.losses_w, solution.losses_w, 1e-3));
            }
        }
    }
}

/// Rows and figures of a step against a solution.
fn compare(batch: &Batch<'_>, chunk: &Chunk, row: usize, solution: &Solution) {
    let buses = batch.buses();
    let step = chunk.steps[row].as_ref().unwrap();
    let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
    for bus in 0..buses {
        let (v, angle) = (chunk.voltage_pu[row * buses + bus], chunk.angle_rad[row * buses + bus]);
        assert!(close(v, solution.voltage_pu[bus], 1e-9), "{v} {}", solution.voltage_pu[bus]);
        assert!(close(angle, solution.angle_rad[bus], 1e-9));
        lowest = lowest.min(v);
        highest = highest.max(v);
    }
    assert_eq!((step.lowest_voltage.value, step.highest_voltage.value), (lowest, highest));
    let Element::Bus(bus) = step.lowest_voltage.element else { panic!() };
    assert_eq!(chunk.voltage_pu[row * buses + bus], lowest);
    let of_row = |table: &[f64]| table.iter().filter(|&&v| v < 0.95).count();
    assert_eq!(step.undervoltages, of_row(&chunk.voltage_pu[row * buses..(row + 1) * buses]));
    let mut highest = 0.0;
    for (i, element) in batch.branches().iter().enumerate() {
        let place = row * batch.branches().len() + i;
        let flow = match *element {
            Element::Line(i) => &solution.lines[i],
            Element::Transformer(i) => &solution.transformers[i],
            other => panic!("{other}"),
        };
        highest = f64::max(highest, chunk.loading[place]);
        assert!(close(chunk.loading[place], flow.loading, 1e-8), "{} {}", chunk.loading[place], flow.loading);
        let own = &chunk.flows[place];
        assert!(close(own.from_p_w, flow.from_p_w, 1e-3) && close(own.from_q_var, flow.from_q_var, 1e-3));
        assert!(close(own.to_p_w, flow.to_p_w, 1e-3) && close(own.to_q_var, flow.to_q_var, 1e-3));
    }
    assert_eq!(step.highest_loading.unwrap().value, highest);
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let network = random_radial(5, 40, true);
    let series = random_series(&network, 1_003, 5);
    let run = |threads| {
        let settings = Settings { threads, keep: KEEP, ..Settings::default() };
        let batch = Batch::new(&network, &series, &settings).unwrap();
        let mut summary = Summary::new(&batch);
        batch.run(|chunk| summary.add(chunk));
        (format!("{:?}", chunks(&batch)), format!("{summary:?}"))
    };
    let alone = run(1);
    for threads in [2, 3, 7] {
        assert!(run(threads) == alone, "{threads} threads differ");
    }
}

#[test]
fn bad_steps_are_named_and_spoil_no_other() {
    let network = random_radial(8, 30, true);
    let good = random_series(&network, 300, 8);
    let mut bad = good.clone();
    bad.profiles[3].values[17] = f64::NAN;
    bad.profiles[2].values[258] = f64::INFINITY;
    let Element::Load(heavy) = bad.drives[4].element else { panic!("a load is driven") };
    let profile = bad.drives[4].profile;
    bad.profiles[profile].values[100] = 4e5;
    let settings = Settings { keep: KEEP, ..Settings::default() };
    let of = |series: &Series| {
        let batch = Batch::new(&network, series, &settings).unwrap();
        let mut steps = Vec::new();
        let mut summary = Summary::new(&batch);
        batch.run(|chunk| {
            summary.add(chunk);
            let width = network.buses.len();
            for (row, step) in chunk.steps.iter().enumerate() {
                let voltages = &chunk.voltage_pu[row * width..(row + 1) * width];
                steps.push((format!("{step:?}"), format!("{voltages:?}")));
            }
        });
        (steps, summary)
    };
    let ((good_steps, all), (steps, summary)) = (of(&good), of(&bad));
    assert!(all.failures.is_empty());
    assert_eq!(summary.failures.len(), 3);
    let [
        (17, Failure::Input { profile: 3 }),
        (100, Failure::Diverged(divergence)),
        (258, Failure::Input { profile: 2 }),
    ] = &summary.failures[..]
    else {
        panic!("{:?}", summary.failures)
    };
    assert_eq!(divergence.worst_bus, network.loads[heavy].bus, "{divergence:?}");
    assert_eq!(bad.place(17, 3), format!("column \"{}\", row 18", bad.profiles[3].name));
    for step in (0..300).filter(|step| ![17, 100, 258].contains(step)) {
        assert!(good_steps[step] == steps[step], "step {step} was spoilt");
    }
    assert!(steps[17].1.contains("NaN") && !steps[17].1.contains('.'));
}

#[test]
fn what_cannot_be_driven_is_refused_by_name() {
    let network = random_radial(2, 10, false);
    let error = |series: &Series| match Batch::new(&network, series, &Settings::default()) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was accepted"),
    };
    let driving = |element| {
        let mut series = Series::new(2, 1.0);
        series.drive(element, Power::Active, "x", vec![0.0; 2]);
        series
    };
    assert!(error(&driving(Element::Generator(0))).contains("generator \"source 0\""));
    assert!(error(&driving(Element::Load(99))).contains("load 99"));
    assert!(error(&driving(Element::Line(0))).contains("line \"w1\""));
    let mut twice = driving(Element::Load(3));
    twice.drive(Element::Load(3), Power::Active, "y", vec![0.0; 2]);
    assert!(error(&twice).contains("house 3"));
    let mut short = driving(Element::Load(3));
    short.profiles[0].values.pop();
    assert!(error(&short).contains("1 numbers for 2 steps"));
    let mut endless = driving(Element::Load(3));
    endless.step_hours = 0.0;
    assert!(matches!(Batch::new(&network, &endless, &Settings::default()), Err(Error::StepLength(_))));
}

#[test]
fn what_is_driven_to_no_effect_is_listed() {
    let mut network = random_radial(2, 10, false);
    network.loads[4].in_service = false;
    let series = random_series(&network, 2, 1);
    let batch = Batch::new(&network, &series, &Settings::default()).unwrap();
    assert_eq!(batch.idle(), [Element::Load(4)]);
}

#[test]
fn a_meshed_network_is_solved_by_newton_step_by_step() {
    for seed in 0..10 {
        let mut network = random_radial(seed, 25, false);
        network.loads[9].zip = Zip { p_impedance: 0.5, q_current: 0.5, ..Zip::default() };
        network.lines.push(Line::new("ring", 10, 20, Complex64::new(0.01, 0.01), 1e-3));
        let hold = grid::electric::Generator::new("plant", 15, Control::Voltage { voltage_pu: 1.01 });
        network.generators.push(grid::electric::Generator { p_w: 3e3, ..hold });
        let mut series = random_series(&network, 19, seed);
        let plant = Element::Generator(network.generators.len() - 1);
        series.drive(plant, Power::Active, "plant", (0..19).map(|step| f64::from(step) * 300.0).collect());
        let settings = Settings { tolerance_pu: 1e-11, keep: KEEP, threads: 2, ..Settings::default() };
        let batch = Batch::new(&network, &series, &settings).unwrap();
        assert_eq!(batch.method(), Method::Newton);
        for chunk in chunks(&batch) {
            for row in 0..chunk.steps.len() {
                let single = at(&network, &series, chunk.first + row);
                let settings = FlowSettings { tolerance_pu: 1e-11, ..FlowSettings::default() };
                let outcome = power_flow(&single, &settings).unwrap();
                let Outcome::Converged(solution) = outcome else { panic!("{outcome:?}") };
                compare(&batch, &chunk, row, &solution);
            }
        }
    }
}

#[test]
fn newton_steps_in_where_the_sweep_ends() {
    let network = random_radial(8, 30, true);
    let series = random_series(&network, 9, 8);
    let run = |settings: &Settings| {
        let batch = Batch::new(&network, &series, settings).unwrap();
        chunks(&batch).remove(0)
    };
    let plain = run(&Settings { tolerance_pu: 1e-11, ..Settings::default() });
    // Four iterations are too few for a sweep, and enough for Newton's method.
    let hurried = run(&Settings { tolerance_pu: 1e-11, max_iterations: 4, ..Settings::default() });
    let method = |chunk: &Chunk| chunk.steps[0].as_ref().unwrap().method;
    assert_eq!((method(&plain), method(&hurried)), (Method::Sweep, Method::Newton));
    assert!(plain.voltage_pu.iter().zip(&hurried.voltage_pu).all(|(&a, &b)| close(a, b, 1e-9)));
    let only = Settings {
        method: Some(Method::Sweep),
        tolerance_pu: 1e-11,
        max_iterations: 4,
        ..Settings::default()
    };
    assert!(matches!(run(&only).steps[0], Err(Failure::Diverged(_))));
}
