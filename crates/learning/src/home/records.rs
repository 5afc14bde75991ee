//! What meters and suppliers recorded: the days that a home is trained and judged on.

use super::{Day, Home, Invalid};
use agents::Random;
use std::ops::Range;

/// Prices and flows, one value per slot, of a day or of many days after one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Series<'a> {
    /// Price of energy from the supplier, €/kWh, everything included; published before the day begins.
    pub prices: &'a [f64],
    /// What the supplier pays for energy fed in, €/kWh, ≤ the price of the slot.
    pub feed_in: &'a [f64],
    /// What everything but the appliances draws less what panels give, W. It is known only when the slot is over.
    pub net: &'a [f64],
    /// The same as expected in the morning, W.
    pub expected: &'a [f64],
}

impl<'a> Series<'a> {
    /// Cost of drawing `load` W throughout a slot of the home's length, € (earned where negative).
    #[must_use]
    pub fn cost(&self, home: &Home, slot: usize, load: f64) -> f64 {
        let price = if load >= 0.0 { self.prices[slot] } else { self.feed_in[slot] };
        price * load * home.hours / 1e3
    }

    fn part(&self, range: Range<usize>) -> Series<'a> {
        Series {
            prices: &self.prices[range.clone()],
            feed_in: &self.feed_in[range.clone()],
            net: &self.net[range.clone()],
            expected: &self.expected[range],
        }
    }

    fn named(&self) -> [(&'static str, &'a [f64]); 4] {
        [("prices", self.prices), ("feed_in", self.feed_in), ("net", self.net), ("expected", self.expected)]
    }
}

/// At least one whole day of series.
#[derive(Clone, Debug, PartialEq)]
pub struct Records {
    slots: usize,
    prices: Vec<f64>,
    feed_in: Vec<f64>,
    net: Vec<f64>,
    expected: Vec<f64>,
}

impl Records {
    /// Days of `slots` slots each. Every series must have the same whole number of days, at least one, of finite
    /// values; feeding in may never pay more than drawing costs.
    pub fn new(slots: usize, series: Series<'_>) -> Result<Self, Invalid> {
        for (name, values) in series.named() {
            if values.len() != series.prices.len()
                || values.is_empty()
                || slots == 0
                || values.len() % slots != 0
            {
                let (length, prices) = (values.len(), series.prices.len());
                return Err(Invalid::Length { series: name, length, prices, slots });
            }
            if let Some(index) = values.iter().position(|value| !value.is_finite()) {
                let (day, slot, value) = (index / slots, index % slots, values[index]);
                return Err(Invalid::NotFinite { series: name, day, slot, value });
            }
        }
        let dearer = |index: &usize| series.feed_in[*index] > series.prices[*index];
        if let Some(index) = (0..series.prices.len()).find(dearer) {
            let (feed_in, price) = (series.feed_in[index], series.prices[index]);
            return Err(Invalid::FeedIn { day: index / slots, slot: index % slots, feed_in, price });
        }
        let Series { prices, feed_in, net, expected } = series;
        Ok(Self {
            slots,
            prices: prices.to_vec(),
            feed_in: feed_in.to_vec(),
            net: net.to_vec(),
            expected: expected.to_vec(),
        })
    }

    /// Number of days, ≥ 1.
    #[must_use]
    pub fn days(&self) -> usize {
        self.prices.len() / self.slots
    }

    /// Slots in a day.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Whether the days have as many slots as those of a home.
    pub fn fits(&self, home: &Home) -> Result<(), Invalid> {
        let (what, value) = ("slots of the records".into(), self.slots.to_string());
        let allowed = format!("those of the home, {}", home.slots);
        if self.slots == home.slots { Ok(()) } else { Err(Invalid::Home { what, value, allowed }) }
    }

    /// One day.
    ///
    /// # Panics
    /// Where there is no such day.
    #[must_use]
    pub fn day(&self, day: usize) -> Series<'_> {
        self.series().part(day * self.slots..(day + 1) * self.slots)
    }

    /// Some of the days, so that a policy is judged on others than it was trained on.
    pub fn part(&self, days: Range<usize>) -> Result<Self, Invalid> {
        if days.is_empty() || days.end > self.days() {
            return Err(Invalid::Part { start: days.start, end: days.end, days: self.days() });
        }
        Self::new(self.slots, self.series().part(days.start * self.slots..days.end * self.slots))
    }

    /// A recorded day with requests drawn for it.
    ///
    /// # Panics
    /// Where there is no such day.
    #[must_use]
    pub fn draw(&self, day: usize, home: &Home, random: &mut Random) -> Day {
        let Series { prices, feed_in, net, expected } = self.day(day);
        Day {
            prices: prices.to_vec(),
            feed_in: feed_in.to_vec(),
            net: net.to_vec(),
            expected: expected.to_vec(),
            requests: home.appliances.iter().map(|appliance| appliance.request(home.slots, random)).collect(),
        }
    }

    /// Each day followed by `times` variants of it to learn from: prices and expected load stay, the net load errs from
    /// the expected as on another day at most `within` days away, by 0.8 to 1.2 times as much, but is nowhere lower
    /// than ever recorded. A recorded day tells an agent that remembers its forecast what will happen; a variant does
    /// not.
    #[must_use]
    pub fn varied(&self, times: usize, within: usize, random: &mut Random) -> Self {
        let (days, slots) = (self.days() as i64, self.slots);
        let lowest = self.net.iter().copied().fold(f64::INFINITY, f64::min);
        let mut varied = Self { slots, prices: vec![], feed_in: vec![], net: vec![], expected: vec![] };
        for (index, variant) in
            (0..self.days()).flat_map(|day| (0..=times).map(move |variant| (day, variant)))
        {
            let day = self.day(index);
            varied.prices.extend_from_slice(day.prices);
            varied.feed_in.extend_from_slice(day.feed_in);
            varied.expected.extend_from_slice(day.expected);
            if variant == 0 {
                varied.net.extend_from_slice(day.net);
                continue;
            }
            let away = random.between(-(within as i64), within as i64);
            let other = self.day((index as i64 + away).rem_euclid(days) as usize);
            let scale = 0.8 + 0.4 * random.unit();
            let errors = other.net.iter().zip(other.expected).map(|(net, expected)| net - expected);
            let net = day.expected.iter().zip(errors).map(|(expected, error)| expected + scale * error);
            varied.net.extend(net.map(|net| net.max(lowest)));
        }
        varied
    }

    fn series(&self) -> Series<'_> {
        Series { prices: &self.prices, feed_in: &self.feed_in, net: &self.net, expected: &self.expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Series<'_> =
        Series { prices: &[0.3; 4], feed_in: &[0.1; 4], net: &[500.0; 4], expected: &[400.0; 4] };

    #[test]
    fn bad_records_are_refused_with_the_place() {
        let said = |slots, series| Records::new(slots, series).unwrap_err().to_string();
        let rows = [
            (said(3, GOOD), "prices has 4 values"),
            (said(0, GOOD), "prices has 4 values"),
            (said(2, Series { net: &[1.0; 2], ..GOOD }), "net has 2 values"),
            (said(2, Series { expected: &[], ..GOOD }), "expected has 0 values"),
            (said(2, Series { net: &[1.0, 1.0, f64::NAN, 1.0], ..GOOD }), "net of day 1, slot 0 is NaN"),
            (said(2, Series { feed_in: &[0.1, 0.1, 0.1, 0.5], ..GOOD }), "day 1, slot 1"),
        ];
        for (said, expected) in rows {
            assert!(said.contains(expected), "{said}: {expected}");
        }
    }

    #[test]
    fn variants_keep_what_was_known_and_err_as_other_days_did() {
        let expected = [400.0, 600.0, 500.0, 500.0];
        let net = [500.0, 600.0, 400.0, 550.0];
        let records = Records::new(2, Series { net: &net, expected: &expected, ..GOOD }).unwrap();
        let varied = records.varied(20, 1, &mut Random::of(1, "variants"));
        assert_eq!((varied.days(), varied.slots()), (42, 2));
        for index in 0..42 {
            let (day, recorded) = (varied.day(index), records.day(index / 21));
            assert_eq!((day.prices, day.expected), (recorded.prices, recorded.expected));
            if index % 21 == 0 {
                assert_eq!(day.net, recorded.net);
                continue;
            }
            // The days err by (100, 0) and (−100, 50); none may fall below 400.
            let errors = [day.net[0] - day.expected[0], day.net[1] - day.expected[1]];
            let first = (80.0..=120.0).contains(&errors[0]) && errors[1] == 0.0;
            let second = errors[0] <= 0.0 && (40.0..=60.0).contains(&errors[1]);
            assert!((first || second) && day.net[0] >= 400.0, "{errors:?}");
        }
    }

    #[test]
    fn a_part_holds_the_days_it_names() {
        let prices: Vec<f64> = (1..=6).map(f64::from).collect();
        let rest = [0.0; 6];
        let series = Series { prices: &prices, feed_in: &rest, net: &rest, expected: &rest };
        let records = Records::new(2, series).unwrap();
        let part = records.part(1..3).unwrap();
        assert_eq!((part.days(), part.day(1).prices), (2, &prices[4..]));
        assert!(records.part(2..4).unwrap_err().to_string().contains("3 days"));
        assert!(records.part(1..1).is_err());
    }
}
