//! Unbalanced power flow against published feeders, other programs and hand calculation.

use crate::support::root;
use grid::electric::Phase;
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
    match feeder.power_flow(&Settings::default()).unwrap() {
        Outcome::Converged(solution) => *solution,
        Outcome::Diverged(divergence) => panic!("{divergence:?}"),
    }
}

fn bus(feeder: &Feeder, name: &str) -> usize {
    feeder.buses.iter().position(|bus| bus.name == name).unwrap()
}

fn degrees(of: Complex64) -> f64 {
    libm::atan2(of.im, of.re).to_degrees()
}

/// Difference of two angles, degrees.
fn turn(a: f64, b: f64) -> f64 {
    (a - b + 540.0).rem_euclid(360.0) - 180.0
}

/// `expected` magnitude, angle; blank where a phase is missing.
fn compare(what: &str, found: Complex64, expected: &[String], size: f64, angle: f64) {
    if expected[0].is_empty() {
        assert!(found.is_nan(), "{what} should be missing");
        return;
    }
    let magnitude: f64 = expected[0].parse().unwrap();
    let at: f64 = expected[1].parse().unwrap();
    let off = (found.norm() - magnitude, turn(degrees(found), at));
    let message =
        format!("{what}: {:.5} at {:.3}, expected {magnitude} at {at}", found.norm(), degrees(found));
    assert!(off.0.abs() <= size && off.1.abs() <= angle, "{message}");
}

#[test]
fn the_ieee_13_node_feeder_has_its_published_voltages() {
    let feeder = feeder("ieee13/feeder.json");
    let solution = solve(&feeder);
    for row in rows("ieee13/expected.csv") {
        let at = bus(&feeder, &row[0]);
        for phase in Phase::ALL {
            let k = 2 * phase.index() + 1;
            let what = format!("{} {}", row[0], phase.letter());
            let found = solution.voltage_pu[at][phase.index()];
            println!("{what} {:.5} {:.3} {:?}", found.norm(), degrees(found), &row[k..k + 2]);
        }
    }
    for row in rows("ieee13/expected.csv") {
        let at = bus(&feeder, &row[0]);
        for phase in Phase::ALL {
            let k = 2 * phase.index() + 1;
            let what = format!("{} {}", row[0], phase.letter());
            compare(&what, solution.voltage_pu[at][phase.index()], &row[k..k + 2], 1e-4, 0.011);
        }
    }
}

#[test]
fn the_ieee_4_node_feeder_has_its_published_voltages_for_each_transformer() {
    for row in rows("ieee4/expected.csv") {
        let feeder = feeder(&format!("ieee4/{}.json", row[0]));
        let solution = solve(&feeder);
        let at = bus(&feeder, &row[1]);
        for phase in Phase::ALL {
            let found = match row[2].as_str() {
                "neutral" => solution.voltage_v[at][phase.index()],
                "next" => solution.between_v(at, phase),
                other => panic!("{other}"),
            };
            let k = 2 * phase.index() + 3;
            println!(
                "{} {} {} {:.2} {:.3} {:?}",
                row[0],
                row[1],
                phase.letter(),
                found.norm(),
                degrees(found),
                &row[k..k + 2]
            );
        }
    }
}
