//! Where cases lie.

use grid::electric::{Bus, Generator, Line, Load, Network, import::from_matpower};
use num_complex::Complex64;
use serde_json::Value;
use std::path::PathBuf;

/// The project's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// PGLib-OPF's cases, which lie beside the project and are not part of it.
pub(crate) fn pglib(case: &str) -> Option<Network> {
    let path = root().join("../shared/cases/pglib").join(format!("pglib_opf_{case}.m"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not here", path.display());
        return None;
    };
    Some(from_matpower(&text).unwrap())
}

/// The feeders of reconfiguration studies: some in `cases/feeders`, more beside the project.
///
/// Buses and lines are numbered as in the file; the lines that are open today are out of service; sources hold 1 per
/// unit; the base is 1 MVA.
pub(crate) fn feeder(name: &str) -> Option<Network> {
    let folders = ["cases/feeders", "../shared/cases/feeders"];
    let read = |folder: &&str| std::fs::read_to_string(root().join(folder).join(format!("{name}.json"))).ok();
    let Some(text) = folders.iter().find_map(read) else {
        eprintln!("skipped: {name}.json is in none of {folders:?}");
        return None;
    };
    let file: Value = serde_json::from_str(&text).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    let list = |key: &str| file[key].as_array().unwrap();
    let mut network = Network::new(file["name"].as_str().unwrap(), 1e6);
    for bus in list("buses") {
        network.buses.push(Bus::new(&bus.to_string(), number(&file["vkv"]) * 1e3));
    }
    let find = |network: &Network, bus: &Value| {
        let name = bus.to_string();
        network.buses.iter().position(|bus| bus.name == name).unwrap()
    };
    for bus in list("buses") {
        let pq = &file["pq_kw"][bus.to_string()];
        if let (Some(p), Some(q)) = (pq[0].as_f64(), pq[1].as_f64())
            && (p != 0.0 || q != 0.0)
        {
            let at = find(&network, bus);
            network.loads.push(Load::new(&format!("load {bus}"), at, p * 1e3, q * 1e3));
        }
    }
    for bus in list("src") {
        let at = find(&network, bus);
        network.generators.push(Generator::slack(&format!("source {bus}"), at, 1.0));
    }
    for (i, branch) in list("br").iter().enumerate() {
        let (from, to) = (find(&network, &branch[0]), find(&network, &branch[1]));
        let impedance = Complex64::new(number(&branch[2]), number(&branch[3]));
        let name = format!("{} ({}-{})", i + 1, branch[0], branch[1]);
        network.lines.push(Line::new(&name, from, to, impedance, 0.0));
    }
    for open in list("tie") {
        network.lines[open.as_u64().unwrap() as usize - 1].in_service = false;
    }
    Some(network)
}

/// A feeder with other branches open (numbers from 1) than today.
pub(crate) fn feeder_with_open(name: &str, open: &[usize]) -> Option<Network> {
    let mut network = feeder(name)?;
    for (i, line) in network.lines.iter_mut().enumerate() {
        line.in_service = !open.contains(&(i + 1));
    }
    Some(network)
}
