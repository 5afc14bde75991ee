//! What an appliance sees when it must decide: a pure function of a [`Moment`], free of the preference. Costs
//! and powers are over the scales by which they are rewarded.
//!
//! What a later start would save or cost is worked out here rather than left to be learnt: for each possible
//! start, what the run would cost and how high it would drive the day's peak, as far as today's prices, the
//! expected net load and the running machines tell. Starts and slots ahead are gathered in spans that grow
//! with their distance, by a quarter of it, so that a day of quarter hours needs few more numbers than one of
//! hours.

use crate::home::Home;
use crate::schedule::{Moment, Status};
use std::f64::consts::TAU;
use std::ops::Range;

/// Numbers that say one thing together; switchable, so that one can see what each is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Sine and cosine of the time of day.
    Clock,
    /// Slack left, time waited, power and length of the run.
    Request,
    /// Which appliance decides: one number for each, 1 for the one.
    Appliance,
    /// Cost of a run that starts now; for each span of later starts, the least cost more than that. 1 beyond
    /// the slack.
    Cost,
    /// Rise of the day's peak by a run that starts now; for each span of later starts, the least rise more
    /// than that. 1 beyond the slack.
    Peak,
    /// For each other appliance that waits, 1 less its slack in days, else 0; and for each, the probability
    /// that it will yet be asked for.
    Others,
    /// Mean power of the requests to come, were each served at once, per span ahead.
    Later,
    /// Price now less the day's mean, and the mean per span ahead less the price now; the day's mean is the
    /// unit.
    Prices,
    /// Highest known load (expected net and running) now and per span ahead, less the highest so far.
    Load,
}

impl Group {
    /// Every group, in the order in which they stand in a row.
    pub const ALL: [Self; 9] = [
        Self::Clock,
        Self::Request,
        Self::Appliance,
        Self::Cost,
        Self::Peak,
        Self::Others,
        Self::Later,
        Self::Prices,
        Self::Load,
    ];

    /// The name used in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Request => "request",
            Self::Appliance => "appliance",
            Self::Cost => "cost",
            Self::Peak => "peak",
            Self::Others => "others",
            Self::Later => "later",
            Self::Prices => "prices",
            Self::Load => "load",
        }
    }
}

/// Which groups are seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeatureSet(u16);

impl FeatureSet {
    /// Everything.
    pub const ALL: Self = Self((1 << Group::ALL.len()) - 1);

    /// Only these.
    #[must_use]
    pub fn of(groups: &[Group]) -> Self {
        Self(groups.iter().fold(0, |set, group| set | 1 << *group as u16))
    }

    /// All but this one.
    #[must_use]
    pub fn without(self, group: Group) -> Self {
        Self(self.0 & !(1 << group as u16))
    }

    /// The set as one bit per group, in the order of [`Group::ALL`].
    #[must_use]
    pub fn bits(self) -> u16 {
        self.0
    }

    /// The set of these bits; `None` where one stands for no group.
    #[must_use]
    pub fn from_bits(bits: u16) -> Option<Self> {
        (bits & !Self::ALL.0 == 0).then_some(Self(bits))
    }

    /// Whether it is among them.
    #[must_use]
    pub fn has(self, group: Group) -> bool {
        self.0 >> group as u16 & 1 == 1
    }
}

/// How moments of one home become rows of numbers. It keeps room to work in, nothing else.
#[derive(Clone, Debug, Default)]
pub struct Features {
    set: FeatureSet,
    /// Spans of later starts, in slots from now.
    starts: Vec<Range<usize>>,
    /// Spans of the day ahead, in slots from now.
    ahead: Vec<Range<usize>>,
    count: usize,
    /// Known load from now on, W.
    known: Vec<f64>,
    /// What the run costs in the slots before the one it stands for, counted from now, €.
    cost: Vec<f64>,
    /// Value of each possible start, from now on.
    values: Vec<f64>,
}

impl Features {
    /// The features of a home.
    #[must_use]
    pub fn new(home: &Home, set: FeatureSet) -> Self {
        let most = home.appliances.iter().map(|appliance| appliance.usage.patience.1).max().unwrap_or(0);
        let (starts, ahead) = (spans(most.min(home.slots - 1)), spans(home.slots - 1));
        let count = Group::ALL.iter().filter(|group| set.has(**group)).map(|group| match group {
            Group::Clock => 2,
            Group::Request => 4,
            Group::Appliance => home.appliances.len(),
            Group::Cost | Group::Peak => 1 + starts.len(),
            Group::Others => 2 * home.appliances.len(),
            Group::Later => ahead.len(),
            Group::Prices | Group::Load => 1 + ahead.len(),
        });
        let (count, room) = (count.sum(), || Vec::with_capacity(home.slots + 1));
        Self { set, starts, ahead, count, known: room(), cost: room(), values: room() }
    }

    /// Numbers in a row.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Writes the row of a moment, each number about −1 to 1.
    ///
    /// # Panics
    /// Where `row` has not [`count`](Self::count) places.
    pub fn write(&mut self, moment: &Moment<'_>, row: &mut [f32]) {
        assert_eq!(row.len(), self.count, "a row has as many places as there are features");
        self.foresee(moment);
        let mut row = Row(row.iter_mut());
        let set = self.set;
        for group in Group::ALL.into_iter().filter(|group| set.has(*group)) {
            match group {
                Group::Clock => clock(moment, &mut row),
                Group::Request => request(moment, &mut row),
                Group::Appliance => {
                    (0..moment.home.appliances.len())
                        .for_each(|index| row.push(f64::from(index == moment.appliance)));
                }
                Group::Cost => self.cost(moment, &mut row),
                Group::Peak => self.peak(moment, &mut row),
                Group::Others => others(moment, &mut row),
                Group::Later => self.later(moment, &mut row),
                Group::Prices => self.prices(moment, &mut row),
                Group::Load => self.load(moment, &mut row),
            }
        }
    }

    /// The load known ahead, with the later appliances that start by themselves in this slot.
    fn foresee(&mut self, moment: &Moment<'_>) {
        let Moment { home, slot, .. } = *moment;
        self.known.clear();
        self.known.extend((slot..home.slots).map(|slot| moment.net(slot) + moment.running[slot]));
        let later = home.appliances.iter().zip(moment.status).skip(moment.appliance + 1);
        for (appliance, status) in later {
            if matches!(status, Status::Waiting(request) if request.latest == slot) {
                self.known[..appliance.duration].iter_mut().for_each(|load| *load += appliance.power);
            }
        }
    }

    fn cost(&mut self, moment: &Moment<'_>, row: &mut Row<'_>) {
        let Moment { home, slot, scales, .. } = *moment;
        let appliance = &home.appliances[moment.appliance];
        let slack = moment.request.latest - slot;
        let mut sum = 0.0;
        self.cost.clear();
        self.cost.push(0.0);
        for (ahead, load) in self.known[..slack + appliance.duration].iter().enumerate() {
            let cost = |load| moment.series.cost(home, slot + ahead, load);
            sum += cost(load + appliance.power) - cost(*load);
            self.cost.push(sum);
        }
        self.values.clear();
        self.values.extend((0..=slack).map(|start| self.cost[start + appliance.duration] - self.cost[start]));
        self.profile(scales.cost, row);
    }

    fn peak(&mut self, moment: &Moment<'_>, row: &mut Row<'_>) {
        let appliance = &moment.home.appliances[moment.appliance];
        let slack = moment.request.latest - moment.slot;
        let highest = |loads: &[f64]| loads.iter().fold(0.0, |highest: f64, load| highest.max(*load));
        let without = highest(&self.known).max(moment.peak);
        self.values.clear();
        self.values.extend_from_slice(&self.known[..slack + appliance.duration]);
        highest_in_windows(&mut self.values, appliance.duration);
        self.values.iter_mut().for_each(|value| *value = (*value + appliance.power - without).max(0.0));
        self.profile(moment.scales.peak, row);
    }

    /// The value of starting now, and per span the least of later starts less that, each over a scale.
    fn profile(&self, scale: f64, row: &mut Row<'_>) {
        let now = self.values[0];
        row.push(now / scale);
        for span in &self.starts {
            let within = span.start.min(self.values.len())..span.end.min(self.values.len());
            let least = self.values[within].iter().copied().reduce(f64::min);
            row.push(least.map_or(1.0, |least| (least - now) / scale));
        }
    }

    fn later(&mut self, moment: &Moment<'_>, row: &mut Row<'_>) {
        let Moment { home, slot, .. } = *moment;
        self.values.clear();
        self.values.resize(home.slots - slot, 0.0);
        for (appliance, status) in home.appliances.iter().zip(moment.status) {
            let (first, last) = appliance.usage.requested;
            if *status != Status::Idle || last <= slot {
                continue;
            }
            let first_left = first.max(slot + 1);
            let power = appliance.power * appliance.usage.to_come(slot) / (last + 1 - first_left) as f64;
            let until = last + appliance.duration;
            for (slot, value) in (first_left..until).zip(&mut self.values[first_left - slot..]) {
                // Requests that would run in this slot.
                let (from, to) =
                    (first_left.max((slot + 1).saturating_sub(appliance.duration)), last.min(slot));
                *value += power * (to + 1 - from) as f64;
            }
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        self.ahead(row, &self.values, |values| mean(values) / moment.scales.peak);
    }

    fn prices(&self, moment: &Moment<'_>, row: &mut Row<'_>) {
        let prices = &moment.prices()[moment.slot..];
        // The mean over the day is what a price is high or low against.
        let scale = moment.prices().iter().map(|price| price.abs()).sum::<f64>() / moment.home.slots as f64;
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let now = prices[0];
        row.push(now / scale - 1.0);
        let mean = |prices: &[f64]| prices.iter().sum::<f64>() / prices.len() as f64;
        self.ahead(row, prices, |prices| if prices.is_empty() { 0.0 } else { (mean(prices) - now) / scale });
    }

    fn load(&self, moment: &Moment<'_>, row: &mut Row<'_>) {
        let above = |loads: &[f64]| {
            let highest = loads.iter().copied().reduce(f64::max);
            highest.map_or(-1.0, |highest| (highest - moment.peak) / moment.scales.peak)
        };
        row.push(above(&self.known[..1]));
        self.ahead(row, &self.known, above);
    }

    /// One number for each span ahead; the part of the span beyond the day is cut off.
    fn ahead(&self, row: &mut Row<'_>, values: &[f64], number: impl Fn(&[f64]) -> f64) {
        for span in &self.ahead {
            row.push(number(&values[span.start.min(values.len())..span.end.min(values.len())]));
        }
    }
}

fn clock(moment: &Moment<'_>, row: &mut Row<'_>) {
    let day = (moment.home.begins + moment.slot as f64 * moment.home.hours) / 24.0;
    let (sine, cosine) = libm::sincos(TAU * day);
    row.push(sine);
    row.push(cosine);
}

fn request(moment: &Moment<'_>, row: &mut Row<'_>) {
    let appliance = &moment.home.appliances[moment.appliance];
    // Half a day is a long time to wait or to run.
    let hours = |slots: usize| slots as f64 * moment.home.hours / 12.0;
    row.push(hours(moment.request.latest - moment.slot));
    row.push(hours(moment.slot - moment.request.requested));
    row.push(appliance.power / moment.scales.peak);
    row.push(hours(appliance.duration));
}

fn others(moment: &Moment<'_>, row: &mut Row<'_>) {
    for (index, (appliance, status)) in moment.home.appliances.iter().zip(moment.status).enumerate() {
        let urgency = match status {
            Status::Waiting(request) if index != moment.appliance => {
                1.0 - (request.latest - moment.slot) as f64 / moment.home.slots as f64
            }
            _ => 0.0,
        };
        row.push(urgency);
        row.push(if *status == Status::Idle { appliance.usage.to_come(moment.slot) } else { 0.0 });
    }
}

/// Puts the highest of each window of `length` values into the place where the window begins, and cuts off
/// the rest: two windows of a power of two, which are doubled from one value on, cover any other.
fn highest_in_windows(values: &mut Vec<f64>, length: usize) {
    let mut width = 1;
    while 2 * width <= length {
        for place in 0..values.len() - width {
            values[place] = values[place].max(values[place + width]);
        }
        width *= 2;
    }
    let windows = values.len() + 1 - length;
    for place in 0..windows {
        values[place] = values[place].max(values[place + length - width]);
    }
    values.truncate(windows);
}

/// The places of a row that are still to be filled.
struct Row<'a>(std::slice::IterMut<'a, f32>);

impl Row<'_> {
    fn push(&mut self, value: f64) {
        *self.0.next().expect("the count is the number of values pushed") = value as f32;
    }
}

/// Spans from 1 to `most`, each about a quarter as long as it is far.
fn spans(most: usize) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut start = 1;
    while start <= most {
        let end = (start + (start / 4).max(1)).min(most + 1);
        spans.push(start..end);
        start = end;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::{Appliance, Preference, Request, Scales, Series, Usage};

    /// Four slots of six hours from six in the morning, a small machine and a large one.
    fn home() -> Home {
        let usage = |probability, requested, patience| Usage { probability, requested, patience };
        let appliance = |power, duration, usage| Appliance { name: "machine".into(), power, duration, usage };
        let small = appliance(1_000.0, 1, usage(1.0, (0, 1), (0, 2)));
        let large = appliance(2_000.0, 2, usage(0.5, (1, 2), (0, 1)));
        Home { appliances: vec![small, large], slots: 4, hours: 6.0, begins: 6.0 }
    }

    fn check(set: FeatureSet, slot: usize, peak: f64, large: Status, expected: &[f32]) {
        let home = home();
        let request = Request { requested: 0, latest: 2 };
        let moment = Moment {
            home: &home,
            preference: Preference { cost: 1.0, peak: 0.0, delay: 0.0 },
            scales: &Scales { cost: 2.0, peak: 2_000.0, delay: 1.0 },
            slot,
            appliance: 0,
            request,
            status: &[Status::Waiting(request), large],
            running: &[0.0; 4],
            peak,
            series: Series {
                prices: &[0.1, 0.2, 0.3, 0.4],
                feed_in: &[0.05; 4],
                net: &[500.0, f64::NAN, f64::NAN, f64::NAN],
                expected: &[500.0, -500.0, 0.0, 1_000.0],
            },
        };
        let mut features = Features::new(&home, set);
        let mut row = vec![f32::NAN; features.count()];
        features.write(&moment, &mut row);
        assert_eq!(row.len(), expected.len());
        for (found, expected) in row.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{row:?}");
        }
    }

    #[test]
    fn a_moment_is_described_as_worked_out_by_hand() {
        // The small machine runs for six hours. At once it costs 0.1 · 6 = 0.6 €; a slot later 0.2 · 3 and
        // the 0.05 · 3 that feeding in would have paid, 0.75 €; then 0.3 · 6 = 1.8 €. At once it raises the
        // expected peak of 1 kW by 0.5 kW, later not at all. The large one may be asked for in slots 1 and 2,
        // each time with a quarter.
        let expected: [&[f32]; 9] = [
            &[1.0, 0.0],
            &[1.0, 0.0, 0.5, 0.5],
            &[1.0, 0.0],
            &[0.3, 0.075, 0.6],
            &[0.25, -0.25, -0.25],
            &[0.0, 0.0, 0.0, 0.5],
            &[0.25, 0.5, 0.25],
            &[-0.6, 0.4, 0.8, 1.2],
            &[0.25, -0.25, 0.0, 0.5],
        ];
        check(FeatureSet::ALL, 0, 0.0, Status::Idle, &expected.concat());
        for (group, expected) in Group::ALL.into_iter().zip(expected) {
            check(FeatureSet::of(&[group]), 0, 0.0, Status::Idle, expected);
        }
        let rest: Vec<f32> = expected[1..].concat();
        check(FeatureSet::ALL.without(Group::Clock), 0, 0.0, Status::Idle, &rest);
    }

    #[test]
    fn a_later_machine_that_must_start_now_counts_as_running() {
        // With it the load is 1.5, 2 and 1 kW; a start now makes 2.5 of the first, one in the next slot 3 of
        // the second.
        let large = Status::Waiting(Request { requested: 1, latest: 1 });
        check(FeatureSet::of(&[Group::Peak]), 1, 500.0, large, &[0.25, 0.25, 1.0]);
        // It can wait: −0.5, 0 and 1 kW; a start in either slot makes at most 1.
        let large = Status::Waiting(Request { requested: 1, latest: 2 });
        check(FeatureSet::of(&[Group::Peak]), 1, 500.0, large, &[0.0, 0.0, 1.0]);
        // 6 h of slack in a day of 24.
        check(FeatureSet::of(&[Group::Others]), 1, 500.0, large, &[0.0, 0.0, 0.75, 0.0]);
    }

    #[test]
    fn windows_hold_their_highest_values() {
        let mut random = agents::Random::of(1, "windows");
        for count in 1..40 {
            let values: Vec<f64> = (0..count).map(|_| random.unit() - 0.5).collect();
            for length in 1..=count {
                let highest = |window: &[f64]| window.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let mut found = values.clone();
                highest_in_windows(&mut found, length);
                assert!(values.windows(length).map(highest).eq(found), "{length} of {count}");
            }
        }
    }

    #[test]
    fn spans_grow_with_their_distance_and_leave_no_gap() {
        assert_eq!(spans(11), [1..2, 2..3, 3..4, 4..5, 5..6, 6..7, 7..8, 8..10, 10..12]);
        assert_eq!(spans(0), []);
        for most in 1..200 {
            let slots: Vec<usize> = spans(most).into_iter().flatten().collect();
            assert!(slots.into_iter().eq(1..=most));
        }
    }
}
