//! `wattle study rollup`.
