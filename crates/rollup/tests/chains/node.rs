//! A development node (anvil) for one test: its own process, a free port of this machine, gone when the test ends.

#![allow(dead_code, reason = "every test binary uses a part")]

use rollup::chain::{Connection, FORK, Rpc, Settings};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub(crate) struct Node {
    pub(crate) url: String,
    pub(crate) rpc: Rpc,
    process: Child,
}

impl Node {
    /// Starts a node as the chain in the process is by default; none, with a word, where it is not installed.
    pub(crate) fn start() -> Option<Self> {
        Self::with(&Settings::default())
    }

    /// Starts a node with these settings; none, with a word, where it is not installed and `NEEDS_NODE` does not say that
    /// it must be.
    ///
    /// # Panics
    /// Where it must be installed and is not, or does not start.
    #[allow(clippy::disallowed_methods)] // whether a run without a node counts is for whoever runs it
    pub(crate) fn with(settings: &Settings) -> Option<Self> {
        let Some(program) = program() else {
            let missing = "run `npm ci` in contracts/ to try this on a node too";
            assert!(std::env::var("NEEDS_NODE").is_err(), "there is no node: {missing}");
            eprintln!("skipped on a node: {missing}");
            return None;
        };
        let mut process = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", "0", "--accounts", "1", "--hardfork", FORK])
            .args(["--chain-id", &settings.chain_id.to_string()])
            .args(["--timestamp", &settings.time.to_string()])
            .args(["--gas-limit", &settings.gas_limit.to_string()])
            .args(["--base-fee", &settings.base_fee.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the node starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let line = lines.find_map(|line| line.ok().filter(|line| line.contains("Listening on")));
        let line = line.expect("the node says where it listens");
        // What it says later must go somewhere, or it stops.
        std::thread::spawn(move || lines.for_each(drop));
        let url = format!("http://{}", line.rsplit(' ').next().expect("an address"));
        let rpc = Rpc::connect(Connection::to(&url)).expect("the node answers");
        Some(Self { url, rpc, process })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The node's program itself: its wrapper would not take it along when it is stopped.
fn program() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/node_modules/@foundry-rs");
    let packages = std::fs::read_dir(folder).ok()?;
    let programs = packages.filter_map(|package| Some(package.ok()?.path().join("bin/anvil")));
    programs.filter(|program| program.is_file()).min()
}
