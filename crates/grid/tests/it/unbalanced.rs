//! Unbalanced power flow against published feeders, other programs, hand calculation and the balanced circuit.

mod balanced;
mod four_buses;
mod ill_posed;
mod published;
mod series;

use crate::support::root;
use grid::electric::unbalanced::{Feeder, Outcome, Settings, Solution};
use num_complex::Complex64;
use std::fs;

fn feeder(case: &str) -> Feeder {
    let path = root().join("cases/unbalanced").join(case);
    Feeder::from_json(&fs::read_to_string(&path).unwrap()).unwrap()
}

fn rows(case: &str) -> Vec<Vec<String>> {
    let path = root().join("cases/unbalanced").join(case);
    let mut reader = csv::Reader::from_path(&path).unwrap();
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn solve(feeder: &Feeder) -> Solution {
    converged(feeder.power_flow(&Settings::default()).unwrap())
}

fn converged(outcome: Outcome) -> Solution {
    match outcome {
        Outcome::Converged(solution) => *solution,
        Outcome::Diverged(divergence) => panic!("{divergence:?}"),
    }
}

fn bus(feeder: &Feeder, name: &str) -> usize {
    feeder.buses.iter().position(|bus| bus.name == name).unwrap()
}

/// `expected` holds a magnitude and an angle in degrees; both blank where a phase is missing.
fn compare(what: &str, found: Complex64, expected: &[String], size: f64, angle: f64) {
    if expected[0].is_empty() {
        assert!(found.is_nan(), "{what} should be missing");
        return;
    }
    let magnitude: f64 = expected[0].parse().unwrap();
    let at: f64 = expected[1].parse().unwrap();
    let degrees = libm::atan2(found.im, found.re).to_degrees();
    let turn = (degrees - at + 540.0).rem_euclid(360.0) - 180.0;
    let fine = (found.norm() - magnitude).abs() <= size && turn.abs() <= angle;
    assert!(fine, "{what}: {:.7} at {degrees:.5}°, expected {magnitude} at {at}°", found.norm());
}
