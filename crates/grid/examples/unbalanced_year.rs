//! How long a year of quarter hours of an unbalanced feeder takes: CPU time on one thread.

use cpu_time::ProcessTime;
use grid::electric::Phase;
use grid::electric::unbalanced::{Across, Bus, Feeder, Line, Load, Settings, Source, System, from_sequences};
use num_complex::Complex64;

/// Four radials of 25 buses each behind one busbar; a single-phase house at every bus.
fn hundred_buses() -> Feeder {
    let mut feeder = Feeder::new("100 buses", 1e5);
    feeder.buses.push(Bus::new("busbar", 400.0));
    feeder.sources.push(Source::symmetrical("transformer", 0, 400.0, 0.0));
    let z1 = Complex64::new(0.206, 0.080) * 0.03;
    for k in 1..=100 {
        feeder.buses.push(Bus::new(&format!("house {k}"), 400.0));
        let from = if k % 25 == 1 { 0 } else { k - 1 };
        feeder.lines.push(Line::new(&format!("cable {k}"), from, k, from_sequences([z1 * 4.0, z1, z1])));
        let across = Across::Neutral(Phase::ALL[k % 3]);
        feeder.loads.push(Load::new(&format!("house {k}"), k, across, Complex64::new(1_000.0, 200.0)));
    }
    feeder
}

fn measure(name: &str, feeder: &Feeder) {
    let system = System::of(feeder).expect("a feeder that can be calculated");
    let settings = Settings { tolerance_pu: 1e-8, ..Settings::default() };
    let steps = 35_040;
    let powers = |step: usize, out: &mut [Complex64]| {
        for (load, power) in out.iter_mut().enumerate() {
            // A slow wave per house: 0 to twice its load.
            let phase = (step * (load % 7 + 1)) % 192;
            *power *= (phase as f64 - 96.0).abs() / 48.0;
        }
    };
    let mut best = f64::INFINITY;
    let mut lowest = 0.0;
    let mut rounds = 0;
    for _ in 0..3 {
        let start = ProcessTime::now();
        let least = system.series(steps, 1, &settings, powers, |_, step| {
            let step = step.expect("light loads");
            let buses = 0..feeder.buses.len();
            let all = buses.flat_map(|bus| Phase::ALL.map(|phase| step.voltage_pu(bus, phase).norm()));
            (all.fold(f64::INFINITY, f64::min), step.iterations())
        });
        best = best.min(start.elapsed().as_secs_f64());
        lowest = least.iter().map(|step| step.0).fold(f64::INFINITY, f64::min);
        rounds = least.iter().map(|step| step.1).sum();
    }
    println!(
        "{name}: {} buses, {} loads, {steps} steps in {best:.2} s CPU, {:.1} µs a step, {:.1} rounds, \
         lowest {lowest:.4}",
        feeder.buses.len(),
        feeder.loads.len(),
        best / steps as f64 * 1e6,
        rounds as f64 / steps as f64,
    );
}

fn main() {
    measure("100 buses", &hundred_buses());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases/unbalanced/european_lv/feeder.json");
    let text = std::fs::read_to_string(path).expect("the case is in the repository");
    measure("European LV", &Feeder::from_json(&text).expect("a feeder"));
}
