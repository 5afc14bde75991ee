//! Substations, feeders, distances and paths.

use grid::electric::{
    Bus, Distance, Element, Generator, Line, Network, Pi, Switch, Switched, Topology, Transformer,
    VoltageLevel,
};
use num_complex::Complex64;

fn transformer(name: &str, from: usize, to: usize, from_v: f64, to_v: f64) -> Transformer {
    Transformer::new(
        name,
        [from, to],
        [from_v, to_v],
        Pi { series_ohm: Complex64::new(0.02, 0.5), from_s: Complex64::ZERO, to_s: Complex64::ZERO },
    )
}

/// 110 kV (0), two transformers to 20 kV (1); feeder A 1–2–3, feeder B 1–4–5, an open tie 3–5; a village station at 3
/// to 0.4 kV (6) with streets 6–7–8 and 6–9, where a closed switch joins 10. Every line has 0.1 Ω and 500 m.
fn town() -> Network {
    let mut network = Network::new("town", 1e6);
    let voltages = [110e3, 20e3, 20e3, 20e3, 20e3, 20e3, 400.0, 400.0, 400.0, 400.0, 400.0];
    let names = ["grid", "station", "a1", "a2", "b1", "b2", "village", "s1", "s2", "t1", "t1b"];
    network.buses = names.iter().zip(voltages).map(|(name, v)| Bus::new(name, v)).collect();
    network.generators.push(Generator::slack("source", 0, 1.0));
    for (from, to) in [(1, 2), (2, 3), (1, 4), (4, 5), (3, 5), (6, 7), (7, 8), (6, 9)] {
        network.lines.push(Line {
            length_m: 500.0,
            ..Line::new(&format!("{}-{}", names[from], names[to]), from, to, Complex64::new(0.1, 0.1), 0.0)
        });
    }
    network.lines[4].in_service = false;
    network.transformers.push(transformer("T1", 0, 1, 110e3, 20e3));
    network.transformers.push(transformer("T2", 0, 1, 110e3, 20e3));
    network.transformers.push(transformer("T3", 3, 6, 20e3, 400.0));
    let coupler = Switch { name: String::new(), bus: 9, to: Switched::Bus(10), closed: true };
    network.switches.push(coupler);
    network
}

#[test]
fn substations_lie_behind_transformers_and_feeders_behind_their_branches() {
    let network = town();
    let supply = Topology::of(&network).supply(&network);
    let substations: Vec<_> = supply
        .substations
        .iter()
        .map(|s| (s.name.as_str(), s.transformers.as_slice(), s.above, s.feeders.as_slice()))
        .collect();
    let [t1, t2, t3] = [0, 1, 2].map(Element::Transformer);
    assert_eq!(
        substations,
        [
            ("grid", [].as_slice(), None, [].as_slice()),
            ("station", &[t1, t2], Some(0), &[0, 1]),
            ("village", &[t3], Some(1), &[2, 3]),
        ]
    );
    let feeders: Vec<_> = supply
        .feeders
        .iter()
        .map(|f| (f.name.as_str(), f.substation, f.outgoing.as_slice(), f.buses.as_slice(), f.length_m))
        .collect();
    assert_eq!(
        feeders,
        [
            ("station-a1", 1, [Element::Line(0)].as_slice(), [2, 3].as_slice(), 1e3),
            ("station-b1", 1, &[Element::Line(2)], &[4, 5], 1e3),
            ("village-s1", 2, &[Element::Line(5)], &[7, 8], 1e3),
            ("village-t1", 2, &[Element::Line(7)], &[9, 10], 500.0),
        ]
    );
}

#[test]
fn distances_are_those_of_the_first_different_number_of_addresses() {
    let network = town();
    let supply = Topology::of(&network).supply(&network);
    for (one, other, distance) in [
        (8, 8, Distance::Building),
        (9, 10, Distance::Building),
        (7, 8, Distance::Feeder),
        (7, 9, Distance::Substation),
        (6, 7, Distance::Substation),
        (3, 6, Distance::Elsewhere),
        (2, 3, Distance::Feeder),
        (2, 5, Distance::Substation),
        (0, 7, Distance::Elsewhere),
    ] {
        assert_eq!(supply.distance(one, other), Some(distance), "{one} {other}");
    }
    assert_eq!(supply.address(6), Some([3, 0, 1]));
    assert_eq!(supply.address(8), Some([3, 1, 2]));
    assert_eq!(supply.address(10), Some([3, 2, 1]));
    for one in 0..network.buses.len() {
        for other in 0..network.buses.len() {
            let (a, b) = (supply.address(one).unwrap(), supply.address(other).unwrap());
            let first = (0..3).find(|&i| a[i] != b[i]);
            let expected = match first {
                None => Distance::Building,
                Some(2) => Distance::Feeder,
                Some(1) => Distance::Substation,
                _ => Distance::Elsewhere,
            };
            assert_eq!(supply.distance(one, other), Some(expected), "{one} {other}");
        }
    }
}

#[test]
fn a_closed_tie_makes_one_feeder_of_two() {
    let mut network = town();
    network.lines[4].in_service = true;
    let supply = Topology::of(&network).supply(&network);
    assert_eq!(supply.distance(2, 5), Some(Distance::Feeder));
    let ring = &supply.feeders[0];
    assert_eq!(ring.outgoing, [0, 2].map(Element::Line));
    assert_eq!((ring.buses.as_slice(), ring.length_m), ([2, 4, 3, 5].as_slice(), 2500.0));
}

#[test]
fn a_bus_without_a_source_has_no_place() {
    let mut network = town();
    network.lines[1].in_service = false;
    let supply = Topology::of(&network).supply(&network);
    assert_eq!(supply.places[3], None);
    assert_eq!(supply.distance(3, 3), None);
    assert_eq!(supply.address(8), None);
    assert_eq!(supply.distance(8, 99), None);
}

#[test]
fn a_regulator_is_part_of_its_feeder_and_a_step_up_makes_a_substation_of_its_far_side() {
    let mut network = town();
    // The line 1–2 becomes a regulator within 20 kV.
    network.lines[0].in_service = false;
    network.transformers.push(transformer("R", 1, 2, 20e3, 20.5e3));
    let supply = Topology::of(&network).supply(&network);
    assert_eq!(supply.feeders.len(), 4);
    assert_eq!(supply.distance(2, 3), Some(Distance::Feeder));
    // Fed from the village, 20 kV lies behind its transformer, and 110 kV behind that.
    network.generators[0].bus = 6;
    let supply = Topology::of(&network).supply(&network);
    let names: Vec<&str> = supply.substations.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["village", "a2", "grid"]);
    assert_eq!(supply.substations[2].transformers, [0, 1].map(Element::Transformer));
}

#[test]
fn resistance_adds_up_along_the_path_on_each_branchs_voltage() {
    let network = town();
    let topology = Topology::of(&network);
    let tree = topology.radial().unwrap_err();
    // Two transformers side by side close a loop.
    assert_eq!(tree.branches, [1, 0].map(Element::Transformer));
    let path = |from, to| topology.path(&network, &topology.tree(), from, to);
    let streets = path(8, 9).unwrap();
    assert_eq!(streets.branches, [6, 5, 7].map(Element::Line));
    assert_eq!(streets.length_m, 1500.0);
    // 3 × 0.1 Ω on (400 V)² / 1 MVA = 0.16 Ω.
    assert!((streets.resistance_pu - 0.3 / 0.16).abs() < 1e-12);
    // Two lines of 0.1 Ω on (20 kV)² / 1 MVA = 400 Ω, the transformer's 0.02 Ω and a street's 0.1 Ω on 0.16 Ω.
    let down = path(1, 7).unwrap();
    assert_eq!(
        down.branches,
        [Element::Line(0), Element::Line(1), Element::Transformer(2), Element::Line(5)]
    );
    assert!((down.resistance_pu - (0.2 / 400.0 + 0.12 / 0.16)).abs() < 1e-12);
    assert_eq!(path(9, 10).unwrap().branches, []);
}

#[test]
fn voltages_are_listed_from_the_highest_down() {
    let levels = town().nominal_voltages();
    let counts: Vec<(f64, usize)> = levels.iter().map(|(v, buses)| (*v, buses.len())).collect();
    assert_eq!(counts, [(110e3, 1), (20e3, 5), (400.0, 5)]);
    let named = [400.0, 1e3, 10e3, 110e3, 220e3].map(VoltageLevel::of);
    use VoltageLevel::{ExtraHigh, High, Low, Medium};
    assert_eq!(named, [Low, Low, Medium, High, ExtraHigh]);
}
