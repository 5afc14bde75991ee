//! The study of a virtual power plant, as one page for people and as tables for programs.

mod page;
mod tables;
mod words;
pub use words::vpp_words;

use super::ReportError;
use super::folder::Folder;
use crate::Scenario;
use crate::study::vpp::Study;
use market::{Carrier, Money};
use std::path::{Path, PathBuf};

/// What the page says about the scenario.
#[derive(Clone, Debug)]
pub struct VppSubject {
    /// The scenario, as given on the command line.
    pub scenario: String,
    /// The plant's name.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// The seed from which all luck descends.
    pub seed: u64,
    /// Offset of the clock shown from UTC, s.
    pub utc_offset: i32,
    /// ISO 4217 code of the currency.
    pub currency: [u8; 3],
    /// Where the wholesale prices come from, as the scenario says; empty where it does not.
    pub prices: String,
}

impl VppSubject {
    /// A scenario, known to its user as `label`.
    #[must_use]
    pub fn of(scenario: &Scenario, label: &str, version: &str) -> Self {
        let tariff =
            scenario.members.iter().find_map(|member| member.connections[Carrier::Electricity as usize]);
        let source =
            tariff.and_then(|connection| scenario.tariffs.sources.get(usize::from(connection.tariff.0)));
        Self {
            scenario: label.into(),
            name: scenario.name.clone(),
            version: version.into(),
            seed: scenario.seed,
            utc_offset: scenario.community.utc_offset,
            currency: scenario.community.currency,
            prices: source.cloned().unwrap_or_default(),
        }
    }
}

/// A study's folder in the making.
#[derive(Debug)]
pub struct VppReport(Folder);

impl VppReport {
    /// Begins in the folder `target`.
    ///
    /// # Errors
    /// When the folder holds something else, or cannot be written beside.
    pub fn create(target: &Path) -> Result<Self, ReportError> {
        Ok(Self(Folder::create(target)?))
    }

    /// Writes the page and the tables and puts the folder in its place. Gives the page's path.
    ///
    /// # Errors
    /// When something cannot be written; then the target is as it was before.
    pub fn finish(self, subject: &VppSubject, study: &Study) -> Result<PathBuf, ReportError> {
        let Self(folder) = self;
        tables::write(&folder, study)?;
        let path = folder.path("index.html");
        std::fs::write(&path, page::render(subject, study)).map_err(ReportError::at(&path))?;
        Ok(folder.finish()?.join("index.html"))
    }
}

/// An amount of the study as money: to the nearest n€, and nothing where it is only the solver's inaccuracy.
#[must_use]
pub fn settled(amount: f64) -> Money {
    if amount.abs() < crate::study::vpp::ACCURACY {
        Money::ZERO
    } else {
        Money((amount * 1e9).round() as i128)
    }
}
