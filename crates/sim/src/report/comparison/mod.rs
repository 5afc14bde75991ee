//! The comparison of designs, as one page for people and as tables for programs.

mod page;
mod tables;
mod words;
pub use words::{lie, words};

use super::ReportError;
use super::folder::Folder;
use crate::Scenario;
use crate::compare::Comparison;
use std::path::{Path, PathBuf};

/// What the page says about the scenario.
#[derive(Clone, Debug)]
pub struct ComparisonSubject {
    /// The scenario, as given on the command line.
    pub scenario: String,
    /// The community's name.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// The seed from which all luck descends.
    pub seed: u64,
    /// Start of the first delivery interval, Unix s.
    pub start: u64,
    /// Length of a delivery interval, s.
    pub duration: u64,
    /// Offset of the clock shown from UTC, s.
    pub utc_offset: i64,
    /// ISO 4217 code of the currency.
    pub currency: [u8; 3],
}

impl ComparisonSubject {
    /// A scenario, known to its user as `label`.
    #[must_use]
    pub fn of(scenario: &Scenario, label: &str, version: &str) -> Self {
        Self {
            scenario: label.into(),
            name: scenario.name.clone(),
            version: version.into(),
            seed: scenario.seed,
            start: scenario.span.first.start,
            duration: scenario.span.first.duration.into(),
            utc_offset: scenario.community.utc_offset.into(),
            currency: scenario.community.currency,
        }
    }
}

/// A comparison's folder in the making.
#[derive(Debug)]
pub struct ComparisonReport(Folder);

impl ComparisonReport {
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
    pub fn finish(
        self,
        subject: &ComparisonSubject,
        comparison: &Comparison,
    ) -> Result<PathBuf, ReportError> {
        let Self(folder) = self;
        tables::write(&folder, comparison)?;
        let path = folder.path("index.html");
        std::fs::write(&path, page::render(subject, comparison)).map_err(ReportError::at(&path))?;
        Ok(folder.finish()?.join("index.html"))
    }
}
