//! The table of crates in ARCHITECTURE.md, compared with what cargo builds.

use crate::support::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// A line of the table.
struct Entry {
    /// Height; a crate imports only from below.
    row: u32,
    /// What it may import of ours; nothing said means everything below.
    may_import: BTreeSet<String>,
}

fn table() -> BTreeMap<String, Entry> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with("| crate | row |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let entries = rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`').to_owned();
        let may_import =
            cells[4].split(',').map(|name| name.trim().to_owned()).filter(|name| name != "–").collect();
        (name, Entry { row: cells[2].parse().unwrap(), may_import })
    });
    entries.collect()
}

/// The workspace's own packages.
fn packages() -> Vec<Value> {
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Name and kind (normal, dev or build) of everything a package names as a dependency.
fn dependencies(package: &Value) -> Vec<(&str, &str)> {
    let all = package["dependencies"].as_array().unwrap().iter();
    all.map(|dependency| {
        (dependency["name"].as_str().unwrap(), dependency["kind"].as_str().unwrap_or("normal"))
    })
    .collect()
}

#[test]
fn every_import_runs_downhill() {
    let table = table();
    let packages = packages();
    let built: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    for name in &built {
        assert!(table.contains_key(*name), "the crate {name} has no line in the table of ARCHITECTURE.md");
    }
    for name in table.keys() {
        assert!(built.contains(name.as_str()), "ARCHITECTURE.md describes {name}, which is not built");
    }
    for package in &packages {
        let name = package["name"].as_str().unwrap();
        let entry = &table[name];
        for (import, kind) in dependencies(package) {
            if import == name {
                continue; // its own tests, with a feature of its own
            }
            let Some(imported) = table.get(import) else { continue };
            assert!(
                imported.row < entry.row,
                "{name} (row {}) has the {kind} dependency {import} (row {}): imports run downhill only",
                entry.row,
                imported.row
            );
            assert!(
                entry.may_import.contains(import),
                "{name} has the {kind} dependency {import}, which its line in ARCHITECTURE.md does not allow"
            );
        }
    }
}

#[test]
fn the_market_is_pure() {
    let source = std::fs::read_to_string(root().join("crates/market/src/lib.rs")).unwrap();
    assert!(source.contains("#![no_std]"), "market must be no_std: it has no clock, files or randomness");
    let packages = packages();
    let market = packages.iter().find(|package| package["name"] == "market").unwrap();
    let all = market["dependencies"].as_array().unwrap().iter();
    let guests: Vec<&str> = all
        .filter(|guest| guest["kind"] != "dev" && guest["optional"] == false)
        .map(|guest| guest["name"].as_str().unwrap())
        .collect();
    assert_eq!(guests, ["sha3"], "market hosts the hash function and nothing else");
}

#[test]
fn heavy_guests_live_in_the_crates_that_host_them() {
    let hosts = [
        ("rusqlite", &["ledger"][..]),
        ("secp256k1", &["ledger"]),
        ("clarabel", &["clearing", "grid", "agents", "learning"]),
        ("fearless_simd", &["learning"]),
        ("parquet", &["sim", "wattle"]),
        ("clap", &["wattle"]),
        ("indicatif", &["wattle"]),
    ];
    for package in &packages() {
        let name = package["name"].as_str().unwrap();
        for (import, kind) in dependencies(package) {
            let Some((_, allowed)) = hosts.iter().find(|(guest, _)| *guest == import) else { continue };
            assert!(
                allowed.contains(&name),
                "{name} has the {kind} dependency {import}, hosted by {allowed:?} only"
            );
        }
    }
}

#[test]
fn everything_foreign_comes_from_the_registry_and_sqlite_once() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for line in lock.lines().filter(|line| line.starts_with("source = ")) {
        assert!(line.contains("registry+"), "not from the registry: {line}");
    }
    let sqlites = lock.lines().filter(|line| *line == "name = \"libsqlite3-sys\"").count();
    assert_eq!(sqlites, 1, "two versions of SQLite cannot be linked into one program");
}
