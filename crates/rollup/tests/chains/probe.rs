//! The contract with which chains are tried out (`fixtures/Probe.sol`).

use alloy_sol_types::sol;

sol!("tests/fixtures/Probe.sol");

/// Its creation code.
pub(crate) fn code() -> Vec<u8> {
    let hex = include_str!("../fixtures/Probe.hex").trim();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
