//! The watcher against operators that lie in every way, challengers that lie about honest operators, nodes that fail and
//! chains that change their mind. Everything runs on the EVM in the process, with the contract and the transition as they are deployed.

mod cast;
mod day;
mod kinds;
mod world;

mod frauds;
mod honest;

/// A number from the environment.
#[allow(clippy::disallowed_methods)] // how long the campaign runs is for whoever runs it
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Adds counts to the file that `COUNTS` names, if it does.
#[allow(clippy::disallowed_methods)] // as above
fn write_counts(name: &str, counts: &serde_json::Value) {
    let Ok(path) = std::env::var("COUNTS") else { return };
    let before = std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok());
    let mut all: serde_json::Value = before.unwrap_or_else(|| serde_json::json!({}));
    all[name] = counts.clone();
    std::fs::write(path, format!("{all:#}\n")).unwrap();
}
