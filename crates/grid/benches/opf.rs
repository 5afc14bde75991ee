//! How fast optimal power flows are: CPU milliseconds on one core, the best of several runs, from the network to the
//! solution with prices and flows.
//!
//! `cargo bench -p grid --bench opf [CASE …]` looks for cases in `cases/opf/pglib/` and beside the project in
//! `../shared/cases/pglib/`. Timing is never a test.

use cpu_time::ProcessTime;
use grid::electric::{Network, import::from_matpower};
use grid::opf::{Model, Outcome, Settings, optimal_power_flow};
use std::path::PathBuf;

const CASES: [&str; 10] = [
    "case5_pjm",
    "case14_ieee",
    "case30_ieee",
    "case118_ieee",
    "case118_ieee__api",
    "case118_ieee__sad",
    "case300_ieee",
    "case300_ieee__api",
    "case1354_pegase",
    "case2869_pegase",
];

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let cases = if named.is_empty() { CASES.map(str::to_owned).to_vec() } else { named };
    println!(
        "{:24} {:>16} {:>10} {:>10} {:>10}",
        "exact (AC)", "cost per hour", "iterations", "CPU ms", "µs/it/bus"
    );
    for case in cases {
        let Some(network) = network(&case) else {
            println!("{case:24} is not here");
            continue;
        };
        let runs = if network.buses.len() > 1000 { 3 } else { 20 };
        let mut best = f64::INFINITY;
        let mut last = None;
        for _ in 0..runs {
            let start = ProcessTime::now();
            last = Some(optimal_power_flow(&network, Model::Ac, &Settings::default()));
            best = best.min(start.elapsed().as_secs_f64() * 1e3);
        }
        match last {
            Some(Ok(Outcome::Optimal(solution))) => {
                let each = best * 1e3 / (solution.iterations * network.buses.len()) as f64;
                println!(
                    "{case:24} {:16.4} {:10} {best:10.2} {each:10.3}",
                    solution.cost, solution.iterations
                );
            }
            _ => println!("{case:24} {:>16}", "no optimum"),
        }
    }
}

fn network(case: &str) -> Option<Network> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let places = ["cases/opf/pglib", "../shared/cases/pglib"];
    let paths = places.map(|place| root.join(place).join(format!("pglib_opf_{case}.m")));
    let text = paths.iter().find_map(|path| std::fs::read_to_string(path).ok())?;
    from_matpower(&text).ok()
}
