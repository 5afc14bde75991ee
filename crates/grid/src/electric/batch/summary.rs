//! What people ask of a series first.

use super::{Batch, Chunk, Extreme, Failure};

/// The figures of a whole series, added up chunk by chunk.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Steps that were solved.
    pub solved: usize,
    /// Steps that were not, and why.
    pub failures: Vec<(usize, Failure)>,
    /// Iterations of all steps.
    pub iterations: usize,
    /// Lowest voltage, per unit, over all steps and buses.
    pub lowest_voltage: Option<Peak>,
    /// Highest voltage, per unit, over all steps and buses.
    pub highest_voltage: Option<Peak>,
    /// Highest loading, 1 is full, over all steps and branches.
    pub highest_loading: Option<Peak>,
    /// Highest active power of all sources together, W.
    pub source_peak_w: Option<(usize, f64)>,
    /// Lowest active power of all sources together, W; negative where power is fed back.
    pub source_low_w: Option<(usize, f64)>,
    /// Energy lost in branches, Wh.
    pub losses_wh: f64,
    /// Energy that all sources fed in, less what flowed back, Wh.
    pub source_wh: f64,
    /// Hours in which some bus was below its lowest voltage.
    pub undervoltage_hours: f64,
    /// Hours in which some bus was above its highest voltage.
    pub overvoltage_hours: f64,
    /// Hours in which some branch was overloaded.
    pub overload_hours: f64,
    step_hours: f64,
}

/// An extreme value, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// At which step.
    pub step: usize,
    /// Whose, and how much.
    pub extreme: Extreme,
}

impl std::ops::Deref for Peak {
    type Target = Extreme;

    fn deref(&self) -> &Extreme {
        &self.extreme
    }
}

impl Summary {
    /// Of no steps yet.
    #[must_use]
    pub const fn new(batch: &Batch<'_>) -> Self {
        Self {
            solved: 0,
            failures: Vec::new(),
            iterations: 0,
            lowest_voltage: None,
            highest_voltage: None,
            highest_loading: None,
            source_peak_w: None,
            source_low_w: None,
            losses_wh: 0.0,
            source_wh: 0.0,
            undervoltage_hours: 0.0,
            overvoltage_hours: 0.0,
            overload_hours: 0.0,
            step_hours: batch.step_hours(),
        }
    }

    /// Adds the steps of a chunk; chunks in order, so that sums are the same to the bit.
    pub fn add(&mut self, chunk: &Chunk) {
        for (row, step) in chunk.steps.iter().enumerate() {
            let number = chunk.first + row;
            let step = match step {
                Ok(step) => step,
                Err(failure) => {
                    self.failures.push((number, failure.clone()));
                    continue;
                }
            };
            self.solved += 1;
            self.iterations += step.iterations;
            let peak = |extreme: Extreme| Peak { step: number, extreme };
            let keep = |kept: &mut Option<Peak>, extreme: Extreme, sign: f64| {
                if kept.is_none_or(|kept| sign * extreme.value > sign * kept.value) {
                    *kept = Some(peak(extreme));
                }
            };
            keep(&mut self.lowest_voltage, step.lowest_voltage, -1.0);
            keep(&mut self.highest_voltage, step.highest_voltage, 1.0);
            if let Some(loading) = step.highest_loading {
                keep(&mut self.highest_loading, loading, 1.0);
            }
            let power = step.source_p_w;
            if self.source_peak_w.is_none_or(|(_, most)| power > most) {
                self.source_peak_w = Some((number, power));
            }
            if self.source_low_w.is_none_or(|(_, least)| power < least) {
                self.source_low_w = Some((number, power));
            }
            self.losses_wh += step.losses_w * self.step_hours;
            self.source_wh += power * self.step_hours;
            let hours = |count: usize| if count > 0 { self.step_hours } else { 0.0 };
            self.undervoltage_hours += hours(step.undervoltages);
            self.overvoltage_hours += hours(step.overvoltages);
            self.overload_hours += hours(step.overloads);
        }
    }
}
