//! `wattle study`: questions put to a scenario that playing it does not answer, one file each.

mod appliances;
mod rollup;
mod vpp;

use crate::failure::Failure;
use clap::{Args, Subcommand};

/// What `wattle study` takes.
#[derive(Args)]
pub(crate) struct StudyOptions {
    #[command(subcommand)]
    name: Name,
}

#[derive(Subcommand)]
enum Name {
    /// The virtual power plant as a game: what cooperation is worth, who gets it, and what lying wins
    Vpp(vpp::VppOptions),
    /// Appliances that learn when to run: one policy for every preference, against rules, control and perfect foresight
    Appliances(appliances::AppliancesOptions),
    /// The dual chain: deposits, a day of trade, a lie, its proof in one transaction, withdrawals and exits
    Rollup(rollup::RollupOptions),
}

/// Does the study.
pub(crate) fn study(options: &StudyOptions) -> Result<(), Failure> {
    match &options.name {
        Name::Vpp(options) => vpp::study(options),
        Name::Appliances(options) => appliances::study(options),
        Name::Rollup(options) => rollup::study(options),
    }
}
