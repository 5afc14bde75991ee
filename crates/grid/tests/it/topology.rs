//! Nodes, islands, trees and loops.

use crate::support::{feeder, pglib};
use grid::electric::{
    Bus, Element, Generator, Line, Network, Switch, Switched, ThreeWindingTransformer, Topology, Winding,
};
use num_complex::Complex64;

fn line(from: usize, to: usize) -> Line {
    Line::new(&format!("{from}-{to}"), from, to, Complex64::new(0.1, 0.1), 0.0)
}

/// Buses of 10 kV in a row of lines, a source at the first.
fn row(buses: usize) -> Network {
    let mut network = Network::new("row", 1e6);
    network.buses = (0..buses).map(|bus| Bus::new(&format!("bus {bus}"), 10e3)).collect();
    network.lines = (1..buses).map(|bus| line(bus - 1, bus)).collect();
    network.generators.push(Generator::slack("grid", 0, 1.0));
    network
}

fn switch(bus: usize, to: Switched, closed: bool) -> Switch {
    Switch { name: String::new(), bus, to, closed }
}

#[test]
fn a_closed_coupler_makes_one_node_and_an_open_one_leaves_two() {
    let mut network = row(4);
    network.lines.remove(1);
    network.switches.push(switch(1, Switched::Bus(2), true));
    let topology = Topology::of(&network);
    assert_eq!(topology.node_of_bus, [Some(0), Some(1), Some(1), Some(2)]);
    assert!(topology.reaches(3));
    network.switches[0].closed = false;
    let topology = Topology::of(&network);
    assert_eq!(topology.node_of_bus, [0, 1, 2, 3].map(Some));
    assert_eq!(topology.energised, [true, false]);
    assert!(!topology.reaches(3));
}

#[test]
fn an_open_switch_at_either_end_opens_a_line() {
    for end in [1, 2] {
        let mut network = row(4);
        network.switches.push(switch(end, Switched::Line(1), false));
        assert!(!Topology::of(&network).reaches(2));
        // The same switch elsewhere is nothing to the line.
        network.switches[0].bus = 3;
        assert!(Topology::of(&network).reaches(2));
    }
}

#[test]
fn a_three_winding_transformer_joins_what_is_left_when_one_winding_is_open() {
    let winding = |bus, rated_v| Winding {
        bus,
        rated_v,
        rated_va: 40e6,
        series_ohm: Complex64::new(0.0, 10.0),
        bus_s: Complex64::ZERO,
        star_s: Complex64::ZERO,
        shift_rad: 0.0,
    };
    let mut network = Network::new("three windings", 1e6);
    network.buses = [110e3, 20e3, 10e3].map(|v| Bus::new(&format!("{v}"), v)).to_vec();
    network.generators.push(Generator::slack("grid", 1, 1.0));
    network.three_winding_transformers.push(ThreeWindingTransformer {
        name: "T".to_owned(),
        windings: [winding(0, 110e3), winding(1, 20e3), winding(2, 10e3)],
        magnetising_s: Complex64::ZERO,
        tap: None,
        in_service: true,
    });
    let reached = |network: &Network| {
        let topology = Topology::of(network);
        [0, 1, 2].map(|bus| topology.reaches(bus))
    };
    assert_eq!(reached(&network), [true; 3]);
    network.buses[0].in_service = false;
    assert_eq!(reached(&network), [false, true, true]);
    network.buses[0].in_service = true;
    network.switches.push(switch(0, Switched::ThreeWindingTransformer(0), false));
    assert_eq!(reached(&network), [false, true, true]);
    network.switches[0].bus = 1;
    assert_eq!(reached(&network), [false, true, false]);
}

#[test]
fn a_ring_is_named_by_its_branches() {
    let mut network = row(4);
    network.lines.push(line(3, 1));
    let topology = Topology::of(&network);
    let mesh = topology.radial().unwrap_err();
    assert_eq!(mesh.branches, [2, 3, 1].map(Element::Line));
    assert_eq!(mesh.between, None);
    assert_eq!(topology.bridges(), [Element::Line(0)]);
    let islands = topology.islands();
    assert_eq!((islands.len(), islands[0].radial, islands[0].branches), (1, false, 4));
}

#[test]
fn open_feeders_are_radial_and_closed_ones_have_a_loop_for_each_tie() {
    // Name, branches open today, sources.
    for (name, ties, sources) in
        [("zecao16", 3, 3), ("case33bw", 5, 1), ("zecao69", 5, 1), ("case70da", 8, 2), ("zecao84", 13, 11)]
    {
        let Some(mut network) = feeder(name) else { return };
        let tree = Topology::of(&network).radial().unwrap();
        assert_eq!(tree.order.len(), network.buses.len(), "{name}");
        for line in &mut network.lines {
            line.in_service = true;
        }
        let meshes = Topology::of(&network).meshes();
        assert_eq!(meshes.len(), ties, "{name}");
        let between = meshes.iter().filter(|mesh| mesh.between.is_some()).count();
        assert!(between + 1 >= sources, "{name}: {between}");
    }
}

/// How many radial configurations a network has that feed every bus from one source each: its sources taken as one,
/// the spanning trees of the graph, by Kirchhoff's theorem the determinant of its Laplacian without the sources' row.
fn radial_configurations(network: &Network) -> i128 {
    let topology = Topology::of(network);
    let mut numbers = vec![None; topology.bus_of_node.len()];
    let mut count = 0;
    for (node, number) in numbers.iter_mut().enumerate() {
        if !topology.sources.contains(&node) {
            *number = Some(count);
            count += 1;
        }
    }
    let mut laplacian = vec![vec![0_i128; count]; count];
    for branch in &topology.branches {
        let ends = [numbers[branch.from], numbers[branch.to]];
        for end in ends.into_iter().flatten() {
            laplacian[end][end] += 1;
        }
        if let [Some(a), Some(b)] = ends {
            laplacian[a][b] -= 1;
            laplacian[b][a] -= 1;
        }
    }
    // Without fractions (Bareiss 1968): every division is exact, and no entry outgrows a minor.
    let mut last = 1;
    for pivot in 0..count {
        for row in pivot + 1..count {
            for column in pivot + 1..count {
                laplacian[row][column] = (laplacian[row][column] * laplacian[pivot][pivot]
                    - laplacian[row][pivot] * laplacian[pivot][column])
                    / last;
            }
        }
        last = laplacian[pivot][pivot];
    }
    last
}

#[test]
fn feeders_have_as_many_radial_configurations_as_published() {
    for (name, expected) in [("zecao16", 190), ("case16ci", 190), ("case33bw", 50_751), ("zecao69", 407_924)]
    {
        let Some(mut network) = feeder(name) else { return };
        for line in &mut network.lines {
            line.in_service = true;
        }
        assert_eq!(radial_configurations(&network), expected, "{name}");
    }
}

#[test]
fn the_sixteen_bus_system_has_190_radial_configurations_counted_one_by_one() {
    let Some(mut network) = feeder("zecao16") else { return };
    let lines = network.lines.len();
    let mut radial = 0;
    for (a, b, c) in
        (0..lines).flat_map(|a| (a + 1..lines).flat_map(move |b| (b + 1..lines).map(move |c| (a, b, c))))
    {
        for (i, line) in network.lines.iter_mut().enumerate() {
            line.in_service = ![a, b, c].contains(&i);
        }
        let topology = Topology::of(&network);
        let tree = topology.radial();
        radial += usize::from(tree.is_ok_and(|tree| tree.order.len() == network.buses.len()));
    }
    assert_eq!(radial, 190);
}

#[test]
fn transmission_cases_are_meshed_and_hang_together() {
    for (case, bridges) in [("case14_ieee", 1), ("case118_ieee", 9)] {
        let Some(network) = pglib(case) else { return };
        let topology = Topology::of(&network);
        let islands = topology.islands();
        assert_eq!(islands.len(), 1, "{case}");
        assert_eq!(topology.meshes().len(), topology.branches.len() + 1 - network.buses.len(), "{case}");
        // Found by removing one branch after another.
        let mut slow = Vec::new();
        for i in 0..topology.branches.len() {
            let mut without = topology.clone();
            let removed = without.branches.remove(i);
            if without.tree().order.len() < network.buses.len() {
                slow.push(removed.element);
            }
        }
        assert_eq!(topology.bridges(), slow, "{case}");
        assert_eq!(slow.len(), bridges, "{case}");
    }
}
