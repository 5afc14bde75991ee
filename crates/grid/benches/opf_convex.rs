//! How fast convex optimal power flows are: CPU milliseconds on one core, the best of several runs, from the network to
//! the solution with prices and flows.
//!
//! `cargo bench -p grid --bench opf_convex [CASE …]` looks for cases in `cases/opf/pglib/` and beside the project in
//! `../shared/cases/pglib/`. Timing is never a test.

use cpu_time::ProcessTime;
use grid::electric::{Network, import::from_matpower};
use grid::opf::{End, Horizon, HorizonOutcome, Model, Outcome, Settings, StepInput};
use grid::opf::{optimal_power_flow, optimal_schedule};
use std::path::PathBuf;

const CASES: [&str; 8] = [
    "case5_pjm",
    "case14_ieee",
    "case30_ieee",
    "case118_ieee",
    "case300_ieee",
    "case300_ieee__sad",
    "case1354_pegase",
    "case2869_pegase",
];

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let cases = if named.is_empty() { CASES.map(str::to_owned).to_vec() } else { named };
    println!("{:24} {:6} {:>16} {:>10} {:>10}", "case", "model", "cost per hour", "iterations", "CPU ms");
    for case in cases {
        let Some(network) = network(&case) else {
            println!("{case:24} is not here");
            continue;
        };
        let runs = if network.buses.len() > 1000 { 2 } else { 10 };
        for (name, model) in [("DC", Model::Dc), ("SOC", Model::Soc)] {
            let (best, outcome) =
                fastest(runs, || optimal_power_flow(&network, model, &Settings::default()).expect("valid"));
            match outcome {
                Outcome::Optimal(solution) => {
                    let (cost, iterations) = (solution.cost, solution.iterations);
                    println!("{case:24} {name:6} {cost:16.2} {iterations:10} {best:10.2}");
                }
                Outcome::Infeasible(_) => println!("{case:24} {name:6} is infeasible in {best:.2} ms"),
                Outcome::NotConverged(_) => println!("{case:24} {name:6} does not converge in {best:.2} ms"),
            }
        }
        if case == "case118_ieee" {
            day(&network);
        }
    }
}

/// 24 hours of DC: the loads swing by a tenth.
fn day(network: &Network) {
    let step = |hour: u32| {
        let mut step = StepInput::of(network);
        let swing = 0.9 + 0.1 * (f64::from(hour) / 12.0 - 1.0).abs();
        step.load_p_w.iter_mut().for_each(|power| *power *= swing);
        step
    };
    let horizon = Horizon { network, steps: (0..24).map(step).collect(), step_h: 1.0, end: End::Free };
    let solve = || optimal_schedule(&horizon, Model::Dc, &Settings::default()).expect("valid");
    let (best, outcome) = fastest(3, solve);
    match outcome {
        HorizonOutcome::Optimal(solution) => {
            let (cost, iterations) = (solution.cost, solution.iterations);
            println!("{:24} {:6} {cost:16.2} {iterations:10} {best:10.2}", "  24 hours of it", "DC");
        }
        other => println!("24 hours: {other:?}"),
    }
}

/// CPU milliseconds of the fastest of so many runs, and what came out.
fn fastest<T>(runs: usize, run: impl Fn() -> T) -> (f64, T) {
    let once = || {
        let start = ProcessTime::now();
        let result = run();
        (start.elapsed().as_secs_f64() * 1e3, result)
    };
    let mut best = once();
    for _ in 1..runs {
        let next = once();
        if next.0 < best.0 {
            best = next;
        }
    }
    best
}

fn network(case: &str) -> Option<Network> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = format!("pglib_opf_{case}.m");
    let paths = [root.join("cases/opf/pglib").join(&file), root.join("../shared/cases/pglib").join(&file)];
    let text = paths.iter().find_map(|path| std::fs::read_to_string(path).ok())?;
    from_matpower(&text).ok()
}
