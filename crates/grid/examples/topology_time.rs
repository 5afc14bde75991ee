//! How long looking through a large radial network takes, in CPU time: `topology_time [BUSES]`.
//!
//! The network is made up: 110 kV, a 20 kV busbar with feeders, a village station at every hundredth bus with 400 V.

use cpu_time::ProcessTime;
use grid::electric::{
    Bus, Circuit, Generator, Line, Load, Network, Pi, Switch, Switched, Topology, Transformer,
};
use num_complex::Complex64;

fn transformer(from: usize, to: usize, from_v: f64, to_v: f64, ohm: f64) -> Transformer {
    Transformer::new(
        &format!("T{to}"),
        [from, to],
        [from_v, to_v],
        Pi { series_ohm: Complex64::new(ohm / 10.0, ohm), from_s: Complex64::ZERO, to_s: Complex64::ZERO },
    )
}

fn network(buses: usize) -> Network {
    let mut network = Network::new("made up", 1e6);
    network.buses.push(Bus::new("grid", 110e3));
    network.buses.push(Bus::new("station", 20e3));
    network.generators.push(Generator::slack("source", 0, 1.0));
    network.transformers.push(transformer(0, 1, 110e3, 20e3, 1.0));
    let mut last_station = 1;
    while network.buses.len() < buses {
        // A station twenty to a feeder, then its streets in rows of ten.
        let station = network.buses.len();
        let from = if (station / 100).is_multiple_of(20) { 1 } else { last_station };
        network.buses.push(Bus::new(&format!("s{station}"), 20e3));
        network.buses.push(Bus::new(&format!("v{station}"), 400.0));
        let cable = Complex64::new(0.1, 0.1);
        network.lines.push(Line::new(&format!("c{station}"), from, station, cable, 1e-5));
        network.transformers.push(transformer(station, station + 1, 20e3, 400.0, 0.01));
        last_station = station;
        for i in 0..98 {
            let bus = network.buses.len();
            let from = if i % 10 == 0 { station + 1 } else { bus - 1 };
            network.buses.push(Bus::new(&format!("h{bus}"), 400.0));
            network.lines.push(Line::new(&format!("l{bus}"), from, bus, Complex64::new(0.01, 0.003), 0.0));
            network.loads.push(Load::new(&format!("d{bus}"), bus, 1e3, 2e2));
            let line = Switched::Line(network.lines.len() - 1);
            network.switches.push(Switch { name: format!("w{bus}"), bus, to: line, closed: true });
        }
    }
    network
}

/// The least of five CPU times, ms.
fn least<T>(mut run: impl FnMut() -> T) -> (T, f64) {
    let mut best = f64::INFINITY;
    let mut last = None;
    for _ in 0..5 {
        let start = ProcessTime::now();
        last = Some(run());
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    (last.expect("it ran"), best)
}

fn main() {
    let buses = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(100_000);
    let network = network(buses);
    let (problems, inspection) = least(|| network.problems());
    let (topology, nodes) = least(|| Topology::of(&network));
    let (tree, radial) = least(|| topology.radial().expect("it is radial"));
    let (bridges, bridging) = least(|| topology.bridges());
    let (supply, supplying) = least(|| topology.supply(&network));
    let (circuit, circuits) = least(|| Circuit::of(&network).expect("it is sound"));
    println!("{} buses, {} branches", network.buses.len(), topology.branches.len());
    println!("problems  {inspection:8.1} ms  {} found", problems.len());
    println!("topology  {nodes:8.1} ms  {} nodes", topology.bus_of_node.len());
    println!("tree      {radial:8.1} ms  {} reached", tree.order.len());
    println!("bridges   {bridging:8.1} ms  {}", bridges.len());
    println!(
        "supply    {supplying:8.1} ms  {} substations, {} feeders",
        supply.substations.len(),
        supply.feeders.len()
    );
    println!("circuit   {circuits:8.1} ms  {} nodes, problems looked for again", circuit.nodes.len());
}
