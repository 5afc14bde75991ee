//! What one warm power flow costs, and the symbolic work before the first. CPU time of one thread, the least of many.
//!
//! Networks: grids of random impedances, which are everywhere, and PGLib-OPF's cases where they lie beside the project.

use cpu_time::ThreadTime;
use grid::electric::newton::Newton;
use grid::electric::{
    Bus, Circuit, Generator, Line, Load, Network, Settings, Voltages, import::from_matpower,
};
use num_complex::Complex64;
use std::path::PathBuf;

fn main() {
    for side in [5, 15, 50, 100] {
        time(&mesh(side));
    }
    let cases = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/pglib");
    for case in ["case14_ieee", "case118_ieee", "case1354_pegase", "case2869_pegase"] {
        match std::fs::read_to_string(cases.join(format!("pglib_opf_{case}.m"))) {
            Ok(text) => time(&from_matpower(&text).expect("a case")),
            Err(_) => println!("skipped: {case} is not here"),
        }
    }
}

fn time(network: &Network) {
    let circuit = Circuit::of(network).expect("a network without faults");
    let power: Vec<Complex64> = circuit.nodes.iter().map(|node| node.power_pu).collect();
    let flat = Voltages::flat(&circuit);
    let symbolic = least(20, || Newton::new(&circuit));
    let mut newton = Newton::new(&circuit);
    let mut iterations = 0;
    let solve = least(2_000_000 / (circuit.nodes.len() + 1000), || {
        let mut voltages = flat.clone();
        newton.start_dc(&power, &mut voltages).expect("a connected network");
        let solved = newton.solve(&power, &mut voltages, &Settings::default());
        iterations = solved.expect("a solution").iterations;
    });
    println!(
        "{:24} {:6} nodes: {iterations} iterations, {solve:9.4} ms, symbolic {symbolic:9.4} ms",
        network.name,
        circuit.nodes.len()
    );
}

/// The least CPU time in ms.
fn least<T>(times: usize, mut work: impl FnMut() -> T) -> f64 {
    let one = |_| {
        let began = ThreadTime::now();
        std::hint::black_box(work());
        began.elapsed().as_secs_f64() * 1e3
    };
    (0..times).map(one).fold(f64::INFINITY, f64::min)
}

/// A square grid, fed at one corner, with a road in two left out at random.
fn mesh(side: usize) -> Network {
    let mut network = Network::new(&format!("mesh of {side} by {side}"), 1e8);
    network.buses = (0..side * side).map(|i| Bus::new(&i.to_string(), 1.1e5)).collect();
    network.generators = vec![Generator::slack("grid", 0, 1.0)];
    // SplitMix64 (Steele et al. 2014), so that the networks are the same everywhere.
    let mut state = side as u64;
    let mut part = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ z >> 31) >> 11) as f64 / 2_f64.powi(53)
    };
    for i in 0..side * side {
        let (right, below) = (i + 1, i + side);
        let series = |part: f64| Complex64::new(0.1, 0.4) * (0.5 + part);
        if right % side != 0 && (i < side || part() < 0.5) {
            network.lines.push(Line::new("across", i, right, series(part()), 1e-6));
        }
        if below < side * side {
            network.lines.push(Line::new("down", i, below, series(part()), 1e-6));
        }
        let p = 2e8 / (side * side) as f64 * part();
        network.loads.push(Load::new("load", i, p, 0.3 * p));
    }
    network
}
