//! `wattle run`: a community trades over its days.

use crate::failure::Failure;
use crate::settings::{RunOptions, Settings};

/// Runs the scenario, shows the summary and writes the report.
pub(crate) fn run(options: &RunOptions) -> Result<(), Failure> {
    let settings = Settings::gather(options)?;
    Err(Failure::input(&settings.scenario, "running is not built yet"))
}
