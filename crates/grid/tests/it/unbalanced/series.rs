//! Time series: the same as step by step, whatever the threads, and a bad step spoils no other.

use super::{bus, converged, feeder};
use grid::electric::Phase;
use grid::electric::unbalanced::{Settings, System};
use num_complex::Complex64;

/// A load factor between 0.2 and 1.8, by load and step.
fn factor(load: usize, step: usize) -> f64 {
    let mixed = (load as u64 * 7_919 + step as u64 * 104_729 + 12_345).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    0.2 + 1.6 * ((mixed >> 40) as f64 / (1_u64 << 24) as f64)
}

#[test]
fn a_series_is_its_steps() {
    let feeder = feeder("ieee13/feeder.json");
    let system = System::of(&feeder).unwrap();
    let settings = Settings::default();
    let steps = 500;
    let powers = |step: usize, out: &mut [Complex64]| {
        for (load, power) in out.iter_mut().enumerate() {
            *power *= factor(load, step);
        }
        if step == 77 {
            out[10] *= 100.0; // Nobody carries that.
        }
    };
    let run = |threads: usize| {
        system.series(steps, threads, &settings, powers, |_, step| {
            step.map(|step| (step.voltage_pu(bus(&feeder, "675"), Phase::C), step.solution().losses_w))
        })
    };
    let (one, three) = (run(1), run(3));
    assert_eq!(one, three);
    for (step, result) in one.iter().enumerate() {
        let mut alone = feeder.clone();
        for (load, of) in alone.loads.iter_mut().enumerate() {
            of.power_va *= factor(load, step);
        }
        if step == 77 {
            let divergence = result.as_ref().unwrap_err();
            assert_eq!(feeder.buses[divergence.worst_bus].name, feeder.buses[alone.loads[10].bus].name);
            continue;
        }
        if step % 25 == 0 || step.abs_diff(77) < 3 {
            let solution = converged(alone.power_flow(&settings).unwrap());
            let (voltage, losses) = result.as_ref().unwrap();
            let expected = solution.voltage_pu[bus(&feeder, "675")][2];
            assert!((voltage - expected).norm() < 1e-8, "step {step}: {voltage} {expected}");
            assert!((losses - solution.losses_w).abs() < 1e-3, "step {step}");
        }
    }
}
