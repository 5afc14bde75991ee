//! The same step a week before: right for what people do by the day of the week.

/// A week of values.
#[derive(Clone, Debug)]
pub struct LastWeek {
    /// By step modulo a week; −1 where nothing is known.
    week: Vec<i64>,
    last: i64,
}

impl LastWeek {
    pub(crate) fn new(steps_per_day: usize) -> Self {
        Self { week: vec![-1; 7 * steps_per_day.max(1)], last: 0 }
    }

    pub(crate) fn observe(&mut self, step: i64, value: i64) {
        let place = self.place(step);
        self.week[place] = value;
        self.last = value;
    }

    /// The last value as long as there is none of a week before.
    pub(crate) fn expected(&self, step: i64) -> i64 {
        match self.week[self.place(step)] {
            ..0 => self.last,
            value => value,
        }
    }

    fn place(&self, step: i64) -> usize {
        step.rem_euclid(self.week.len() as i64) as usize
    }
}
