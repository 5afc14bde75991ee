//! Why a home or its records cannot be as given.

use thiserror::Error;

/// A description that contradicts itself. It names the place, the value and what is allowed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Invalid {
    /// Series that do not hold the same whole days.
    #[error(
        "{series} has {length} values and prices {prices}, but all series need the same whole number of days, at \
         least one, of {slots} values each"
    )]
    Length {
        /// Which series.
        series: &'static str,
        /// Its number of values.
        length: usize,
        /// That of the prices.
        prices: usize,
        /// Values of a day.
        slots: usize,
    },
    /// A hole in a series.
    #[error(
        "{series} of day {day}, slot {slot} is {value}; fill holes before, for example from the day before"
    )]
    NotFinite {
        /// Which series.
        series: &'static str,
        /// The day, from 0.
        day: usize,
        /// Its slot, from 0.
        slot: usize,
        /// What stands there.
        value: f64,
    },
    /// A flow that does not hold whole days.
    #[error("the flow has {length} values, which are no whole days of {slots}")]
    Days {
        /// Its number of values.
        length: usize,
        /// Values of a day.
        slots: usize,
    },
    /// A flow that is negative or has a hole.
    #[error(
        "the flow of day {day}, slot {slot} is {value} W, but flows to expect are finite and not negative; demand and \
         generation are expected one by one"
    )]
    Flow {
        /// The day, from 0.
        day: usize,
        /// Its slot, from 0.
        slot: usize,
        /// What stands there, W.
        value: f64,
    },
    /// Buying and feeding in at once would earn money.
    #[error(
        "feed_in of day {day}, slot {slot} pays {feed_in} €/kWh, more than energy costs there ({price} €/kWh); cap it \
         at the price"
    )]
    FeedIn {
        /// The day, from 0.
        day: usize,
        /// Its slot, from 0.
        slot: usize,
        /// What is paid, €/kWh.
        feed_in: f64,
        /// What energy costs, €/kWh.
        price: f64,
    },
    /// Days that are not there.
    #[error("days {start} to {end} (excluded) were asked for, but the records have {days} days")]
    Part {
        /// First day.
        start: usize,
        /// Day after the last one.
        end: usize,
        /// How many there are.
        days: usize,
    },
    /// A number of the home outside its range.
    #[error("{what} = {value}, but it must be {allowed}")]
    Home {
        /// Which number, with the appliance.
        what: String,
        /// What was given.
        value: String,
        /// What is allowed, in words.
        allowed: String,
    },
    /// An objective that nothing can be measured by.
    #[error(
        "the mean {objective} of starting everything at once is {mean} {unit}, but it must be positive to weigh by; \
         check prices, requests and patience"
    )]
    Scale {
        /// Which objective.
        objective: &'static str,
        /// Its mean.
        mean: f64,
        /// In this unit.
        unit: &'static str,
    },
}
