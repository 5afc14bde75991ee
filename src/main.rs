//! Wattle: a peer-to-peer market for electricity, heat and gas.
//!
//! The application is the only place that wires the crates together, prints, reads the environment and looks at
//! a clock. Each verb of the command line is a file of its name.

mod cli;
mod failure;
mod output;
mod show;

mod audit;
mod clear;
mod compare;
mod completions;
mod config;
mod explain;
mod flow;
mod invoice;
mod keys;
mod node;
mod opf;
mod run;
mod share;
mod study;
mod train;
mod watch;

mod appliances;
mod bidding;
mod metered;
mod network;
mod orders;
mod primary;
mod progress;
mod settings;
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = cli::parse();
    match cli::dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
