//! SimBench's folders, as `cases/flow/record.py` writes them into `target/peers`: the same grids by way of pandapower
//! are the reference.

use crate::support::root;
use grid::electric::batch::{Batch, Keep, Settings as BatchSettings};
use grid::electric::import::{from_pandapower, from_simbench, simbench::profiles};
use grid::electric::{Network, Outcome, Settings, power_flow};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Folders of grids in the two formats: one that comes with the project, and what is in `target/peers`.
fn grids() -> Vec<(String, PathBuf)> {
    let folder = root().join("target/peers");
    let entries = std::fs::read_dir(&folder).into_iter().flatten();
    let mut grids: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("csv/Node.csv").exists() && path.join("expected.json").exists())
        .collect();
    grids.sort();
    if grids.is_empty() {
        eprintln!("skipped: {} has no grids (python cases/flow/record.py target/peers)", folder.display());
    }
    grids.insert(0, root().join("cases/flow/lv_rural1"));
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    grids.into_iter().map(|path| (name(&path), path)).collect()
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
        // A day, or a leap year.
        assert!([96, 35_136].contains(&series.steps) && series.step_hours == 0.25, "{name}");
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

/// A folder with the tables of the grid that comes with the project, some of them replaced.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, tables: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("wattle-simbench-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for entry in std::fs::read_dir(root().join("cases/flow/lv_rural1/csv")).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
        for (table, text) in tables {
            std::fs::write(folder.join(format!("{table}.csv")), text).unwrap();
        }
        Self(folder)
    }

    /// One table with a piece of its text replaced.
    fn with(name: &str, table: &str, from: &str, to: &str) -> Self {
        let path = root().join(format!("cases/flow/lv_rural1/csv/{table}.csv"));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(from), "{table}: {from}");
        Self::new(name, &[(table, &text.replacen(from, to, 1))])
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    for (i, (table, from, to, said)) in [
        (
            "Node",
            "LV1.101 Bus 2;",
            "LV1.101 Bus 1;",
            "Node.csv, line 3, \"LV1.101 Bus 1\": this id occurs twice",
        ),
        ("Node", ";0.4;", ";0;", "Node.csv, line 2, \"LV1.101 Bus 1\": vmR is 0: it must be greater than 0"),
        ("Line", "LV1.101 Line 1;", "LV1.101 Line 1;nowhere;", "Line.csv"),
        (
            "Load",
            "0.002371",
            "little",
            "Load.csv, line 2, \"LV1.101 Load 1\": qLoad is \"little\", not a number",
        ),
        ("LineType", "NAYY", "XXXX", "which is not in LineType.csv"),
        ("Transformer", "LV1.101 Bus 4_5", "somewhere", "nodeLV is \"somewhere\", and there is no such node"),
        ("ExternalNet", "vavm", "magic", "calc_type is \"magic\""),
        ("ExternalNet", "vavm", "xWard", "an extended ward (calc_type xWard) is not supported"),
        ("Switch", ";1;", ";maybe;", "cond is \"maybe\": it must be 0 or 1"),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = Folder::with(&format!("wrong-{i}"), table, from, to);
        let message = from_simbench(&folder.0).unwrap_err().to_string();
        assert!(message.contains(said), "{table}, {from} -> {to}: {message}");
    }
}

#[test]
fn what_is_not_supported_is_named() {
    let header = "id;nodeHV;nodeMV;nodeLV;type";
    let folder = Folder::new("3w", &[("Transformer3W", &format!("{header}\nbig one;a;b;c;d\n"))]);
    let message = from_simbench(&folder.0).unwrap_err().to_string();
    assert!(
        message.contains("a three-winding transformer (Transformer3W) is not supported: big one"),
        "{message}"
    );
    let message = from_simbench(&folder.0.join("nowhere")).unwrap_err().to_string();
    assert!(message.contains("is this a folder of SimBench tables?"), "{message}");
}

#[test]
fn a_profile_that_is_missing_is_named() {
    let folder = Folder::with("profile", "LoadProfile", "L2-A_pload", "L3-A_pload");
    let network = from_simbench(&folder.0).unwrap();
    let message = profiles(&folder.0, &network).unwrap_err().to_string();
    assert!(message.contains("profiles L2-A_pload: are in use and in no table of profiles"), "{message}");
    let folder = Folder::with("value", "RESProfile", "27.06.2016 00:15;", "27.06.2016 00:15;x");
    let message = profiles(&folder.0, &network).unwrap_err().to_string();
    assert!(message.contains("RESProfile.csv, line 3"), "{message}");
}

/// Storages charge with positive powers, sources hold the voltage of their node, shunts draw.
#[test]
fn elements_that_the_grid_lacks_are_read() {
    let node = "LV1.101 Bus 10";
    let storage = format!(
        "id;node;type;profile;pStor;qStor;chargeLevel;sR;eStore;etaStore;sdStore;pMin;pMax\n\
         cellar;{node};Storage;NULL;-0.004;0.001;0.5;0.005;0.01;0.81;0.1;-0.005;0.004\n"
    );
    let shunt = format!("id;node;p0;q0;vmR;step\nbank;{node};0;-0.016;0.4;2\n");
    let plants = format!(
        "id;node;calc_type;pPP;qPP;pMin;pMax;qMin;qMax\nengine;{node};pq;0.03;0.01;0;0.05;NULL;NULL\n"
    );
    let tables = [("Storage", storage.as_str()), ("Shunt", shunt.as_str()), ("PowerPlant", plants.as_str())];
    let folder = Folder::new("more", &tables);
    let network = from_simbench(&folder.0).unwrap();
    let storage = &network.storages[0];
    assert_eq!((storage.p_w, storage.energy_wh, storage.stored_wh), (-4e3, 10e3, 5e3));
    assert_eq!((storage.max_charge_w, storage.max_discharge_w, storage.charge_efficiency), (4e3, 5e3, 0.9));
    // Twice 16 kvar at 400 V is 0.2 S.
    assert!((network.shunts[0].admittance_s.im - 0.2).abs() < 1e-15);
    let engine = network.generators.iter().find(|generator| generator.name == "engine").unwrap();
    assert_eq!((engine.p_w, engine.q_var, engine.dispatchable), (30e3, 10e3, false));
}
