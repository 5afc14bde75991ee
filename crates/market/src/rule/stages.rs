//! Pipelines: stages over one book, each handing on exactly what it left.

use alloc::vec::Vec;

/// One stage of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// Each label alone: bids that ask for it meet offers that carry exactly it.
    Separate = 0,
    /// From the highest label to the lowest: bids that ask for it meet what is left of the offers of it or a better one.
    HighToLow = 1,
    /// The same from the lowest label to the highest.
    LowToHigh = 2,
    /// All meet all; bids whose label the cleared offers cannot supply are dropped, and the rest meet again.
    SatisfyPreferences = 3,
    /// All meet all, labels aside and without premiums.
    UniformPrice = 4,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 5] =
        [Self::Separate, Self::HighToLow, Self::LowToHigh, Self::SatisfyPreferences, Self::UniformPrice];

    /// The name used in files, on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Separate => "separate",
            Self::HighToLow => "high_to_low",
            Self::LowToHigh => "low_to_high",
            Self::SatisfyPreferences => "satisfy_preferences",
            Self::UniformPrice => "uniform_price",
        }
    }

    /// The stage of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// One to four stages, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages {
    list: [Stage; Self::MOST],
    length: u8,
}

impl Stages {
    /// The most stages of a pipeline.
    pub const MOST: usize = 4;

    /// These stages; `None` for none or too many.
    #[must_use]
    pub fn new(stages: &[Stage]) -> Option<Self> {
        let mut list = [Stage::UniformPrice; Self::MOST];
        list.get_mut(..stages.len())?.copy_from_slice(stages);
        (!stages.is_empty()).then_some(Self { list, length: stages.len() as u8 })
    }

    /// The stages separated by commas, such as `high_to_low,uniform_price`; `None` where one is unknown, or for too
    /// many.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let stages: Option<Vec<Stage>> = text.split(',').map(|name| Stage::from_name(name.trim())).collect();
        Self::new(&stages?)
    }

    /// The stages in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Stage] {
        self.list.get(..usize::from(self.length)).unwrap_or(&[])
    }
}
