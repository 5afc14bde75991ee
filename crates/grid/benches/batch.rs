//! How long series of power flows take: `cargo bench -p grid --bench batch`.
//!
//! CPU time of one thread, the best of several runs, and wall time of all cores. The networks are made up, so that it
//! runs everywhere; `benches/peers.py` measures other programs on published ones.

use cpu_time::ThreadTime;
use grid::electric::batch::{Batch, Keep, Series, Settings, Summary};
use grid::electric::{Bus, Generator, Line, Load, Method, Network, Rating};
use num_complex::Complex64;

/// A small generator (SplitMix64, Steele et al. 2014).
struct Random(u64);

impl Random {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (high - low) * (((mixed ^ mixed >> 31) >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

/// A low-voltage feeder: 400 V cables of 20 to 60 m from one station, up to 3 kW a house.
fn feeder(buses: usize) -> Network {
    let mut random = Random(1);
    let mut network = Network::new("made up", 1e6);
    for bus in 0..buses {
        network.buses.push(Bus {
            min_voltage_pu: 0.9,
            max_voltage_pu: 1.1,
            ..Bus::new(&bus.to_string(), 400.0)
        });
    }
    network.generators.push(Generator::slack("station", 0, 1.02));
    for bus in 1..buses {
        // Ten strings out of the station, each a chain with short branches.
        let parent = if bus <= 10 { 0 } else { bus - 10 + (random.between(0.0, 1.3) as usize).min(9) };
        let km = random.between(0.02, 0.06);
        let series = Complex64::new(0.207, 0.08) * km;
        let line = Line::new(&bus.to_string(), parent.min(bus - 1), bus, series, 260e-6 * km);
        network.lines.push(Line { rating: Rating::Current(270.0), ..line });
        let p_w = random.between(0.0, 3e3);
        network.loads.push(Load::new(&bus.to_string(), bus, p_w, 0.2 * p_w));
    }
    network
}

/// Every load with a profile of its own.
fn series(network: &Network, steps: usize) -> Series {
    let mut random = Random(2);
    let mut series = Series::new(steps, 0.25);
    for load in 0..network.loads.len() {
        let values = (0..steps).map(|_| random.between(-0.5, 1.0)).collect();
        let profile = series.profile(&load.to_string(), values);
        series.scale(network, grid::electric::Element::Load(load), profile);
    }
    series
}

/// Best CPU seconds of a run on one thread, and its summary.
fn one_thread(network: &Network, series: &Series, settings: &Settings) -> (f64, Summary) {
    let settings = Settings { threads: 1, ..settings.clone() };
    let mut best = f64::INFINITY;
    let mut last = None;
    for _ in 0..5 {
        let began = ThreadTime::now();
        let batch = Batch::new(network, series, &settings).expect("the feeder is good");
        let mut summary = Summary::new(&batch);
        batch.run(|chunk| summary.add(chunk));
        best = best.min(began.elapsed().as_secs_f64());
        last = Some(summary);
    }
    (best, last.expect("it ran"))
}

/// Best wall seconds of a run on all cores.
#[expect(clippy::disallowed_methods, reason = "a bench measures")]
fn all_cores(network: &Network, series: &Series) -> f64 {
    let run = || {
        let began = std::time::Instant::now();
        let batch = Batch::new(network, series, &Settings::default()).expect("the feeder is good");
        let mut summary = Summary::new(&batch);
        batch.run(|chunk| summary.add(chunk));
        assert!(summary.failures.is_empty());
        began.elapsed().as_secs_f64()
    };
    (0..5).map(|_| run()).fold(f64::INFINITY, f64::min)
}

fn main() {
    println!(
        "{:<46} {:>10} {:>12} {:>11}",
        "with voltages and loadings of every step", "µs/step", "ns/bus/iter.", "iterations"
    );
    for (buses, method, steps) in [
        (15, Method::Sweep, 35_040),
        (100, Method::Sweep, 35_040),
        (1_000, Method::Sweep, 2_000),
        (10_000, Method::Sweep, 200),
        (15, Method::Newton, 10_000),
        (100, Method::Newton, 10_000),
        (1_000, Method::Newton, 500),
    ] {
        let network = feeder(buses);
        let series = series(&network, steps);
        let (seconds, summary) =
            one_thread(&network, &series, &Settings { method: Some(method), ..Settings::default() });
        assert_eq!(summary.solved, steps);
        let iterations = summary.iterations as f64 / steps as f64;
        println!(
            "{:<46} {:>10.2} {:>12.1} {:>11.2}",
            format!("{method:?}, {buses} buses, one thread"),
            seconds / steps as f64 * 1e6,
            seconds / summary.iterations as f64 / buses as f64 * 1e9,
            iterations
        );
    }
    let network = feeder(100);
    let series = series(&network, 35_040);
    let figures = Settings { keep: Keep::default(), ..Settings::default() };
    let (seconds, _) = one_thread(&network, &series, &figures);
    println!("a year of quarter hours, 100 buses, one thread, no rows kept: {seconds:.3} s of CPU");
    println!(
        "a year of quarter hours, 100 buses, all cores, with rows: {:.3} s",
        all_cores(&network, &series)
    );
}
