//! pandapower's networks and results: recorded in `cases/flow`, and more in `target/peers` where
//! `cases/flow/record.py` has run.

use crate::support::root;
use grid::electric::import::{ImportError, from_pandapower};
use grid::electric::{
    BranchFlow, Circuit, Control, Cost, Element, Network, Outcome, Settings, Solution, power_flow,
};
use num_complex::Complex64;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Cases that come with the project.
const SHIPPED: [&str; 7] = ["case9", "case14", "case30", "case57", "case118", "case300", "elements"];

fn read(folder: &Path) -> (Network, Value) {
    let text = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let network = from_pandapower(&text("network.json")).unwrap();
    (network, serde_json::from_str(&text("expected.json")).unwrap())
}

/// A case that comes with the project.
fn shipped(case: &str) -> (Network, Value) {
    read(&root().join("cases/flow").join(case))
}

/// Every case of `target/peers`, or a word that there is none.
fn peers() -> Vec<(String, Network, Value)> {
    let folder = root().join("target/peers");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} is not here (python cases/flow/record.py target/peers)", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    paths.retain(|path| path.join("expected.json").exists());
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), read(path))).map(|(name, (n, e))| (name, n, e)).collect()
}

fn column(expected: &Value, table: &str, name: &str) -> Vec<f64> {
    let Some(values) = expected[table][name].as_array() else { return Vec::new() };
    values.iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

/// Admittances between the lowest buses of nodes, as pandapower's matrix has them.
fn admittances(network: &Network) -> BTreeMap<(usize, usize), Complex64> {
    let circuit = Circuit::of(network).unwrap();
    // Star points and open ends are nodes of their own that no bus has.
    let buses: Vec<usize> = circuit.node_of_bus.iter().flatten().copied().collect();
    let real: BTreeSet<usize> = buses.into_iter().collect();
    let mut matrix = BTreeMap::new();
    let mut add = |i: usize, j: usize, y: Complex64| {
        if real.contains(&i) && real.contains(&j) {
            *matrix.entry((circuit.nodes[i].bus, circuit.nodes[j].bus)).or_insert(Complex64::ZERO) += y;
        }
    };
    for branch in &circuit.branches {
        let [ff, ft, tf, tt] = branch.admittances();
        add(branch.from, branch.from, ff);
        add(branch.from, branch.to, ft);
        add(branch.to, branch.from, tf);
        add(branch.to, branch.to, tt);
    }
    for (i, node) in circuit.nodes.iter().enumerate() {
        add(i, i, node.shunt_pu);
    }
    matrix
}

/// The nodal admittance matrix is pandapower's, relative to each node's largest entry.
fn check_admittances(case: &str, network: &Network, expected: &Value) {
    let ours = admittances(network);
    let theirs: BTreeMap<(usize, usize), Complex64> = expected["ybus"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let entry: Vec<f64> = entry.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            ((entry[0] as usize, entry[1] as usize), Complex64::new(entry[2], entry[3]))
        })
        .collect();
    let size = |bus: usize| theirs.get(&(bus, bus)).map_or(1.0, |y| y.norm()).max(1e-6);
    for (&(i, j), y) in &theirs {
        let mine = ours.get(&(i, j)).copied().unwrap_or_default();
        let difference = (mine - y).norm() / size(i);
        let names = [i, j].map(|bus| &network.buses[bus].name);
        assert!(difference < 1e-11, "{case}: Y between {names:?} is {mine}, pandapower has {y}");
    }
    for (&(i, j), y) in &ours {
        let known = theirs.contains_key(&(i, j)) || y.norm() / size(i) < 1e-11;
        assert!(known, "{case}: Y between {i} and {j} is {y}, pandapower has none");
    }
}

#[test]
fn admittances_are_those_of_pandapower() {
    for case in SHIPPED {
        let (mut network, expected) = shipped(case);
        // pandapower keeps shares of constant impedance out of the matrix.
        network.loads.iter_mut().for_each(|load| load.zip = Default::default());
        check_admittances(case, &network, &expected);
    }
}

#[test]
fn admittances_of_large_networks_are_those_of_pandapower() {
    for (case, mut network, expected) in peers() {
        network.loads.iter_mut().for_each(|load| load.zip = Default::default());
        check_admittances(&case, &network, &expected);
    }
}
