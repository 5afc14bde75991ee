//! A hot-water tank.

use super::Storage;
use crate::impossible::{GIGA, within, within_whole};
use crate::{Impossible, Ratio};

/// A thermal store: heat above the temperature at which it is of use. 1 m³ of water over 30 K holds 34.9 kWh
/// (1.163 Wh/(kg K)). Takes and gives heat without conversion loss; state: its level.
#[derive(Clone, Copy, Debug)]
pub struct ThermalStore {
    /// Its limits per interval; power is not limited.
    pub storage: Storage,
    /// Level below which converters fill it up again, Wh; it may still be emptied.
    pub reserve: i64,
    /// Level at the beginning, Wh.
    pub initial: i64,
}

impl ThermalStore {
    /// `capacity_wh`: usable heat, Wh, > 0. `loss_per_day`: part of the level lost per day, 0 to 0.9 (a 500 l tank of
    /// energy class B about 0.06). `reserve`: part kept for peaks, 0 to 1. `initial`: level at the beginning as part
    /// of the capacity, 0 to 1. `duration`: of an interval, s.
    pub fn new(
        capacity_wh: i64,
        loss_per_day: f64,
        reserve: f64,
        initial: f64,
        duration: u32,
    ) -> Result<Self, Impossible> {
        const NAME: &str = "thermal store";
        within_whole(NAME, "capacity", capacity_wh, (1, GIGA), "Wh")?;
        within(NAME, "loss per day", loss_per_day, (0.0, 0.9), "")?;
        within(NAME, "reserve", reserve, (0.0, 1.0), "")?;
        within(NAME, "initial level", initial, (0.0, 1.0), "")?;
        Ok(Self {
            storage: Storage {
                capacity: capacity_wh,
                reserve: 0,
                charge: capacity_wh,
                discharge: capacity_wh,
                charge_efficiency: Ratio::ONE,
                discharge_efficiency: Ratio::ONE,
                standing_loss: super::storage::per_interval(loss_per_day, duration),
            },
            reserve: Ratio::nearest(reserve).of(capacity_wh),
            initial: Ratio::nearest(initial).of(capacity_wh),
        })
    }
}
