//! Why did I pay this? One member's interval, from the meter to the last line of its bill, in sentences.
//!
//! Nothing is guessed: the log is read again, and each sentence holds what a record of it did. Where a rule's price
//! has a reason that can be shown in the book (the marginal order, the ends between which any price would do), the
//! reason is computed from the book and only told where it gives the price that was paid.

mod price;
mod scene;
pub use scene::{Cleared, Placed, Scene};
mod words;

use crate::statement::{Billed, Known, Names, Statements};
use ledger::Error;
use market::{AccountId, Carrier, DeliveryInterval, MeterId, Money};
use std::path::Path;

/// What a member paid for a delivery interval, and why.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Whose.
    pub account: AccountId,
    /// Which interval.
    pub interval: DeliveryInterval,
    /// Each of its metering points, in the order of their numbers.
    pub points: Vec<Point>,
    /// What it paid for all of them by now, n€; negative where it received.
    pub total: Money,
    /// What the same energy costs at the supplier's tariff alone, n€.
    pub at_tariff: Money,
    /// The explanation in plain sentences.
    pub sentences: Vec<String>,
}

/// One metering point in the interval.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its number.
    pub meter: MeterId,
    /// What flows through it.
    pub carrier: Carrier,
    /// Every reading there was for the interval, estimates too, in the order of records.
    pub readings: Vec<Known>,
    /// The bill and its corrections, in the order of records; none before the settlement.
    pub billed: Vec<Billed>,
    /// The explanation of this metering point in plain sentences.
    pub sentences: Vec<String>,
}

/// Explains the interval that holds `instant`; `account` finds out whose, given the number of accounts.
///
/// # Errors
/// If the file cannot be read as a ledger. What is wrong with the question is the inner error: where and what.
pub fn explain(
    path: &Path,
    names: &Names,
    account: AccountId,
    instant: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Explanation, Statements), Error> {
    let mut scene = Scene::new(account, instant);
    let state = ledger::replay(path, &mut scene, progress)?;
    let statements = scene.statements(state, path)?;
    let duration = u64::from(statements.community.interval_duration);
    let start = instant - instant % duration;
    let interval = DeliveryInterval { start, duration: statements.community.interval_duration };
    let billed = statements.statements.first().map_or(&[][..], |statement| &statement.billed);
    let points = scene.meters.iter().map(|(meter, carrier)| {
        let mut point = Point {
            meter: *meter,
            carrier: *carrier,
            readings: scene.readings.iter().filter(|(of, _)| of == meter).map(|(_, known)| *known).collect(),
            billed: billed.iter().filter(|billed| billed.meter == *meter).cloned().collect(),
            sentences: Vec::new(),
        };
        point.sentences = words::of_point(&point, &scene, &statements.community);
        point
    });
    let points: Vec<Point> = points.collect();
    let mut explanation = Explanation {
        account,
        interval,
        points,
        total: billed.iter().map(Billed::total).sum(),
        at_tariff: billed.iter().map(|billed| billed.at_tariff).sum(),
        sentences: Vec::new(),
    };
    explanation.sentences = words::of_all(&explanation, names, &statements.community);
    Ok((explanation, statements))
}
