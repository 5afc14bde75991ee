//! Exact optimal power flow.

use crate::support::{pglib, root};
use grid::opf::{Model, Outcome, Settings, optimal_power_flow};

/// PGLib's published costs: condition, case, cost per hour.
fn baseline() -> Option<Vec<(String, String, f64)>> {
    let path = root().join("../shared/cases/pglib/baseline.csv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not here", path.display());
        return None;
    };
    let rows = text.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        (fields[0].to_owned(), fields[1].to_owned(), fields[5].parse().unwrap())
    });
    Some(rows.collect())
}

#[test]
fn survey() {
    for (_, name, published) in baseline().unwrap() {
        let short = name.strip_prefix("pglib_opf_").unwrap();
        if std::env::var("CASE").is_ok_and(|c| !short.starts_with(&c)) {
            continue;
        }
        let Some(network) = pglib(short) else { continue };
        let start = cpu_time::ProcessTime::now();
        let outcome = optimal_power_flow(&network, Model::Ac, &Settings::default()).unwrap();
        let ms = start.elapsed().as_secs_f64() * 1e3;
        match outcome {
            Outcome::Optimal(s) => {
                println!(
                    "{short:30} {:14.4} {published:12} {:10.1e} it {:3} {ms:8.1} ms",
                    s.cost,
                    s.cost / published - 1.0,
                    s.iterations
                )
            }
            Outcome::Infeasible(i) => println!("{short:30} infeasible {:?} {ms}", i.clashes.first()),
            Outcome::NotConverged(t) => println!("{short:30} not converged {} {:?} {ms}", t.len(), t.last()),
        }
    }
}
