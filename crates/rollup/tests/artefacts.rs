//! The committed contracts and the Rust side are made for the same EVM.

use std::fs;
use std::path::Path;

fn contracts() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts")
}

fn json(path: &Path) -> serde_json::Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_hard_fork_is_pinned_in_one_place() {
    assert_eq!(json(&contracts().join("fork.json"))["evm"], rollup::chain::FORK);
    for entry in fs::read_dir(contracts().join("artifacts")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(json(&path)["evm"], rollup::chain::FORK, "{}", path.display());
    }
}
