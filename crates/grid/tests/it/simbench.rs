//! SimBench's folders, as `cases/flow/record.py` writes them into `target/peers`: the same grids by way of pandapower
//! are the reference.

use crate::support::root;
use grid::electric::batch::{Batch, Keep, Settings as BatchSettings};
use grid::electric::import::{from_pandapower, from_simbench, simbench::profiles};
use grid::electric::{Network, Outcome, Settings, power_flow};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Folders of grids in the two formats.
fn grids() -> Vec<(String, PathBuf)> {
    let folder = root().join("target/peers");
    let entries = std::fs::read_dir(&folder).into_iter().flatten();
    let mut grids: Vec<(String, PathBuf)> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("csv/Node.csv").exists() && path.join("expected.json").exists())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .collect();
    grids.sort();
    if grids.is_empty() {
        eprintln!("skipped: {} has no grids (python cases/flow/record.py target/peers)", folder.display());
    }
    grids
}

fn json(path: PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Voltages of pandapower's buses, which have the same names; auxiliary nodes are no buses there.
fn voltages(network: &Network, values: &Value) -> BTreeMap<String, f64> {
    let values = values.as_array().unwrap();
    assert_eq!(values.len(), network.buses.len());
    let values = values.iter().map(|value| value.as_f64().unwrap_or(f64::NAN));
    network.buses.iter().map(|bus| bus.name.clone()).zip(values).collect()
}

/// Largest difference at buses of the same name.
fn farthest(network: &Network, ours: &[f64], theirs: &BTreeMap<String, f64>) -> f64 {
    let mut found = 0;
    let mut most = 0.0_f64;
    for (bus, mine) in network.buses.iter().zip(ours) {
        if let Some(theirs) = theirs.get(&bus.name) {
            found += 1;
            let difference = (mine - theirs).abs();
            most = if difference.is_nan() { f64::INFINITY } else { most.max(difference) };
        }
    }
    assert_eq!(found, theirs.len(), "{}", network.name);
    most
}

#[test]
fn grids_flow_as_by_way_of_pandapower() {
    for (name, folder) in grids() {
        let network = from_simbench(&folder.join("csv")).unwrap();
        let converted =
            from_pandapower(&std::fs::read_to_string(folder.join("network.json")).unwrap()).unwrap();
        assert_eq!(network.loads.len(), converted.loads.len(), "{name}");
        assert_eq!(network.lines.len(), converted.lines.len(), "{name}");
        let theirs = voltages(&converted, &json(folder.join("expected.json"))["bus"]["vm_pu"]);
        let settings = Settings { tolerance_pu: 1e-10, ..Settings::default() };
        let Outcome::Converged(solution) = power_flow(&network, &settings).unwrap() else {
            panic!("{name} has no solution");
        };
        let most = farthest(&network, &solution.voltage_pu, &theirs);
        eprintln!("{name}: {} nodes, largest difference {most:.1e} p.u.", network.buses.len());
        assert!(most < 1e-8, "{name} differs by {most:e}");
    }
}

#[test]
fn steps_of_the_year_flow_as_by_way_of_pandapower() {
    for (name, folder) in grids() {
        if !folder.join("csv/steps.json").exists() {
            continue;
        }
        let network = from_simbench(&folder.join("csv")).unwrap();
        let mut series = profiles(&folder.join("csv"), &network).unwrap();
        assert_eq!((series.steps, series.step_hours), (35_136, 0.25), "{name}");
        let converted =
            from_pandapower(&std::fs::read_to_string(folder.join("network.json")).unwrap()).unwrap();
        let steps = json(folder.join("csv/steps.json"));
        let steps: Vec<(usize, &Value)> =
            steps.as_object().unwrap().iter().map(|(step, values)| (step.parse().unwrap(), values)).collect();
        // Only the steps that were recorded.
        for profile in &mut series.profiles {
            profile.values = steps.iter().map(|&(step, _)| profile.values[step]).collect();
        }
        series.steps = steps.len();
        let keep = Keep { voltages: true, ..Keep::default() };
        let settings = BatchSettings { tolerance_pu: 1e-10, threads: 1, keep, ..BatchSettings::default() };
        let batch = Batch::new(&network, &series, &settings).unwrap();
        let mut rows: Vec<Vec<f64>> = Vec::new();
        batch.run(|chunk| {
            rows.extend(chunk.voltage_pu.chunks(network.buses.len()).map(<[f64]>::to_vec));
        });
        let mut most = 0.0_f64;
        for ((_, values), row) in steps.iter().zip(&rows) {
            most = most.max(farthest(&network, row, &voltages(&converted, values)));
        }
        eprintln!("{name}: {} steps, largest difference {most:.1e} p.u.", rows.len());
        assert!(most < 1e-8, "{name} differs by {most:e}");
    }
}
