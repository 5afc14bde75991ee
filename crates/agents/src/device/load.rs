//! Demand that is not steered.

use crate::impossible::within_whole;
use crate::{Impossible, Series};
use market::Carrier;

/// Demand from a series: electricity of a household, heat of its rooms and taps, gas of its stove. No state, no
/// loss.
#[derive(Clone, Debug)]
pub struct Load {
    carrier: Carrier,
    demand: Series,
}

impl Load {
    /// `demand`: Wh per interval, ≥ 0.
    pub fn new(carrier: Carrier, demand: Series) -> Result<Self, Impossible> {
        let (least, most) = demand.bounds().unwrap_or_default();
        within_whole("load", "demand", least, (0, i64::from(i32::MAX)), "Wh")?;
        within_whole("load", "demand", most, (0, i64::from(i32::MAX)), "Wh")?;
        Ok(Self { carrier, demand })
    }

    /// What is consumed.
    #[must_use]
    pub fn carrier(&self) -> Carrier {
        self.carrier
    }

    /// Energy taken during a step, Wh, ≥ 0.
    #[must_use]
    pub fn demand(&self, step: i64) -> i64 {
        self.demand.at(step)
    }

    pub(crate) fn series(&self) -> &Series {
        &self.demand
    }
}
