//! Who schedules.

use crate::rule::{AsSoonAsPossible, CheapestWindow, Later, OffPeak, Predictive, Scenarios, ValleyFilling};
use crate::schedule::Scheduler;
use agents::Random;

/// A way to schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Everything when it is asked for.
    AsSoonAsPossible,
    /// The naive cost rule: the first slot whose price is not above the day's mean.
    OffPeak,
    /// The competent cost rule: the cheapest window.
    CheapestWindow,
    /// The window with the least expected load.
    ValleyFilling,
    /// Model-predictive control, later requests as expected load.
    Predictive,
    /// The same over drawn futures.
    Scenarios,
    /// The agents.
    Learned,
    /// The optimum with perfect foresight.
    Optimum,
}

impl Method {
    /// Every way, from the simplest to the best.
    pub const ALL: [Self; 8] = [
        Self::AsSoonAsPossible,
        Self::OffPeak,
        Self::CheapestWindow,
        Self::ValleyFilling,
        Self::Predictive,
        Self::Scenarios,
        Self::Learned,
        Self::Optimum,
    ];

    /// The name used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsSoonAsPossible => "as_soon_as_possible",
            Self::OffPeak => "off_peak",
            Self::CheapestWindow => "cheapest_window",
            Self::ValleyFilling => "valley_filling",
            Self::Predictive => "predictive",
            Self::Scenarios => "scenarios",
            Self::Learned => "learned",
            Self::Optimum => "optimum",
        }
    }

    /// The name used on pages.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::AsSoonAsPossible => "as soon as possible",
            Self::OffPeak => "naive off-peak",
            Self::CheapestWindow => "cheapest window",
            Self::ValleyFilling => "valley filling",
            Self::Predictive => "predictive control",
            Self::Scenarios => "control over futures",
            Self::Learned => "learned",
            Self::Optimum => "perfect foresight",
        }
    }

    /// Whether it is a rule, which minds no preference and plans nothing.
    #[must_use]
    pub const fn is_rule(self) -> bool {
        matches!(self, Self::AsSoonAsPossible | Self::OffPeak | Self::CheapestWindow | Self::ValleyFilling)
    }

    /// The scheduler; nothing for those that have learned or know the future.
    pub(crate) fn scheduler(self, futures: usize, random: Random) -> Option<Box<dyn Scheduler>> {
        Some(match self {
            Self::AsSoonAsPossible => Box::new(AsSoonAsPossible),
            Self::OffPeak => Box::new(OffPeak),
            Self::CheapestWindow => Box::new(CheapestWindow),
            Self::ValleyFilling => Box::new(ValleyFilling),
            Self::Predictive => Box::new(Predictive::new(Later::Expected)),
            Self::Scenarios => Box::new(Scenarios::new(futures, random)),
            Self::Learned | Self::Optimum => return None,
        })
    }
}
