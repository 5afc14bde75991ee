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

/// Largest difference; entries that both lack agree.
fn farthest(case: &str, what: &str, ours: &[f64], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len(), "{case}: {what}");
    let mut most = 0.0_f64;
    for (i, (mine, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(mine.is_nan(), theirs.is_nan(), "{case}: {what} {i} is {mine}, pandapower has {theirs}");
        if !mine.is_nan() {
            most = most.max((mine - theirs).abs());
        }
    }
    most
}

fn check(case: &str, what: &str, tolerance: f64, ours: &[f64], theirs: &[f64]) -> f64 {
    let most = farthest(case, what, ours, theirs);
    assert!(most <= tolerance, "{case}: {what} differs by {most:e}, more than {tolerance:e}");
    most
}

/// Powers (MW, Mvar), currents (kA) and loading (%) of branches against a table of pandapower's.
fn check_branches(
    case: &str,
    expected: &Value,
    table: &str,
    ends: [&str; 2],
    flows: &[BranchFlow],
    power: f64,
) {
    let theirs = |name: String| column(expected, table, &name);
    if theirs("loading_percent".to_owned()).is_empty() {
        return;
    }
    let [a, b] = ends;
    let mut one = |what: String, tolerance: f64, ours: &dyn Fn(&BranchFlow) -> f64| {
        // pandapower says 0 of a branch that is out of use or reached by nothing, or nothing.
        let theirs: Vec<f64> =
            theirs(what.clone()).into_iter().map(|v| if v.is_nan() { 0.0 } else { v }).collect();
        let ours: Vec<f64> =
            flows[..theirs.len()].iter().map(ours).map(|v| if v.is_nan() { 0.0 } else { v }).collect();
        check(case, &format!("{table} {what}"), tolerance, &ours, &theirs);
    };
    one(format!("p_{a}_mw"), power, &|flow| flow.from_p_w / 1e6);
    one(format!("q_{a}_mvar"), power, &|flow| flow.from_q_var / 1e6);
    one(format!("p_{b}_mw"), power, &|flow| flow.to_p_w / 1e6);
    one(format!("q_{b}_mvar"), power, &|flow| flow.to_q_var / 1e6);
    one(format!("i_{a}_ka"), power, &|flow| flow.from_a / 1e3);
    one(format!("i_{b}_ka"), power, &|flow| flow.to_a / 1e3);
    one("loading_percent".to_owned(), 1e-4, &|flow| flow.loading * 100.0);
}

/// Voltages to 1e-8; powers to 1e-8 of the base power or 1e-6 of the largest admittance's, whichever is more:
/// between buses a few mΩ apart a difference of voltages in the tenth digit is a watt.
fn check_flow(case: &str, network: &Network, expected: &Value) {
    let settings = Settings { tolerance_pu: 1e-10, ..Settings::default() };
    let solution = match power_flow(network, &settings).unwrap() {
        Outcome::Converged(solution) => *solution,
        Outcome::Diverged(why) => panic!("{case}: {why:?}"),
    };
    let magnitude = check(case, "vm_pu", 1e-8, &solution.voltage_pu, &column(expected, "bus", "vm_pu"));
    let degrees = column(expected, "bus", "va_degree");
    let radians: Vec<f64> = degrees.iter().map(|angle| angle.to_radians()).collect();
    let angle = check(case, "va", 1e-8, &solution.angle_rad, &radians);
    eprintln!(
        "{case}: {} buses, largest difference {magnitude:.1e} p.u., {angle:.1e} rad",
        network.buses.len()
    );

    let power = (1e-8 * network.base_va / 1e6).max(2e-6);
    check_branches(case, expected, "line", ["from", "to"], &solution.lines, power);
    check_branches(case, expected, "trafo", ["hv", "lv"], &solution.transformers, power);
    check_windings(case, expected, &solution, power);
    check_generators(case, network, expected, &solution, power);
    let losses = expected["losses_mw"].as_f64().unwrap();
    check(case, "losses", power * 10.0, &[solution.losses_w / 1e6], &[losses]);
}

fn check_windings(case: &str, expected: &Value, solution: &Solution, power: f64) {
    let theirs = column(expected, "trafo3w", "loading_percent");
    for (w, side) in ["hv", "mv", "lv"].into_iter().enumerate() {
        for (letter, unit) in [("p", "mw"), ("q", "mvar")] {
            let what = format!("{letter}_{side}_{unit}");
            let of = |flow: &BranchFlow| if letter == "p" { flow.from_p_w } else { flow.from_q_var };
            let ours: Vec<f64> = solution.windings.iter().map(|windings| of(&windings[w]) / 1e6).collect();
            let theirs = column(expected, "trafo3w", &what);
            if !theirs.is_empty() {
                check(case, &format!("trafo3w {what}"), power, &ours, &theirs);
            }
        }
    }
    if !theirs.is_empty() {
        let largest =
            |windings: &[BranchFlow; 3]| windings.iter().map(|flow| flow.loading * 100.0).fold(0.0, f64::max);
        let ours: Vec<f64> = solution.windings.iter().map(largest).collect();
        check(case, "trafo3w loading_percent", 1e-4, &ours, &theirs);
    }
}

/// External grids and generators come first, in this order.
fn check_generators(case: &str, network: &Network, expected: &Value, solution: &Solution, power: f64) {
    let mut place = 0;
    for table in ["ext_grid", "gen"] {
        let (p, q) = (column(expected, table, "p_mw"), column(expected, table, "q_mvar"));
        let flows = &solution.generators[place..place + p.len()];
        place += p.len();
        let ours = |of: &dyn Fn(usize) -> f64| (0..flows.len()).map(of).collect::<Vec<_>>();
        let dead = |v: f64| if v.is_nan() { 0.0 } else { v };
        let (p, q): (Vec<f64>, Vec<f64>) =
            (p.into_iter().map(dead).collect(), q.into_iter().map(dead).collect());
        // The sum of many branches at a bus.
        check(case, &format!("{table} p_mw"), power * 10.0, &ours(&|i| flows[i].p_w / 1e6), &p);
        check(case, &format!("{table} q_mvar"), power * 10.0, &ours(&|i| flows[i].q_var / 1e6), &q);
    }
    assert!(network.generators.len() >= place);
}

#[test]
fn power_flows_are_those_of_pandapower() {
    for case in SHIPPED {
        let (network, expected) = shipped(case);
        check_flow(case, &network, &expected);
    }
}

#[test]
fn power_flows_of_large_networks_are_those_of_pandapower() {
    for (case, network, expected) in peers() {
        check_flow(&case, &network, &expected);
    }
}
