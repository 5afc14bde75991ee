//! The contract `Rollup`: its calls and events, and the compiled artefacts.
