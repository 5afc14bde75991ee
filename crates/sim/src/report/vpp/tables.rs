//! What the study found, as CSV and Parquet: `concepts`, `payoffs`, `schedule`, `prices`, `coalitions`, `lies`,
//! `shortfalls`.
//!
//! Energy in Wh, given where positive; money in n€, earned where positive; prices in n€/Wh; parts per million.

use super::settled;
use crate::report::ReportError;
use crate::report::folder::Folder;
use crate::report::table::{Cell, Kind, Table};
use crate::study::vpp::{Concept, DRAWN, Study};
use clearing::game::{Coalition, members};

const CONCEPTS: [(&str, Kind); 8] = [
    ("concept", Kind::Text),
    ("total_neur", Kind::Integer),
    ("optimum_neur", Kind::Integer),
    ("operator_neur", Kind::Integer),
    ("excess_neur", Kind::Integer),
    ("in_core", Kind::Integer),
    ("worse_off", Kind::Integer),
    ("iterations", Kind::Optional),
];

const PAYOFFS: [(&str, Kind); 6] = [
    ("concept", Kind::Text),
    ("player", Kind::Text),
    ("kind", Kind::Text),
    ("alone_neur", Kind::Integer),
    ("payoff_neur", Kind::Integer),
    ("gain_neur", Kind::Integer),
];

const SCHEDULE: [(&str, Kind); 3] =
    [("time", Kind::Time), ("player", Kind::Text), ("given_wh", Kind::Integer)];

const PRICES: [(&str, Kind); 5] = [
    ("time", Kind::Time),
    ("import_price", Kind::Integer),
    ("export_price", Kind::Integer),
    ("dual_price", Kind::Integer),
    ("sharing_price", Kind::Integer),
];

const COALITIONS: [(&str, Kind); 3] =
    [("members", Kind::Text), ("count", Kind::Integer), ("value_neur", Kind::Integer)];

const LIES: [(&str, Kind); 12] = [
    ("player", Kind::Text),
    ("told_ppm", Kind::Integer),
    ("concept", Kind::Text),
    ("gain_neur", Kind::Integer),
    ("others_neur", Kind::Integer),
    ("fall_neur", Kind::Integer),
    ("regret_neur", Kind::Integer),
    ("tolerated_neur", Kind::Integer),
    ("caught", Kind::Integer),
    ("drawn", Kind::Integer),
    ("acting_neur", Kind::Integer),
    ("average_neur", Kind::Integer),
];

const SHORTFALLS: [(&str, Kind); 6] = [
    ("player", Kind::Text),
    ("sold_wh", Kind::Integer),
    ("missing_wh", Kind::Integer),
    ("honest_neur", Kind::Integer),
    ("cheating_neur", Kind::Integer),
    ("penalty_neur", Kind::Integer),
];

/// Writes all.
pub(super) fn write(folder: &Folder, study: &Study) -> Result<(), ReportError> {
    concepts(folder, study)?;
    payoffs(folder, study)?;
    schedule(folder, study)?;
    prices(folder, study)?;
    coalitions(folder, study)?;
    lies(folder, study)?;
    shortfalls(folder, study)
}

fn money(amount: f64) -> Cell<'static> {
    Cell::Integer(settled(amount).0)
}

fn ppm(share: f64) -> Cell<'static> {
    Cell::Integer((share * 1e6).round() as i128)
}

fn concepts(folder: &Folder, study: &Study) -> Result<(), ReportError> {
    let mut table = Table::create(folder, "concepts", &CONCEPTS)?;
    for outcome in &study.outcomes {
        table.row(&[
            Cell::Text(outcome.concept.name()),
            money(outcome.total()),
            money(study.game.total()),
            money(outcome.operator),
            money(outcome.excess),
            Cell::Integer(i128::from(outcome.in_core())),
            Cell::Integer(study.worse_off(outcome) as i128),
            outcome.iterations.map_or(Cell::Nothing, |count| Cell::Integer(count.into())),
        ])?;
    }
    table.finish()
}

fn payoffs(folder: &Folder, study: &Study) -> Result<(), ReportError> {
    let mut table = Table::create(folder, "payoffs", &PAYOFFS)?;
    let alone = study.game.alone();
    for outcome in &study.outcomes {
        for ((player, payoff), alone) in study.plant.players.iter().zip(&outcome.payoffs).zip(&alone) {
            table.row(&[
                Cell::Text(outcome.concept.name()),
                Cell::Text(&player.name),
                Cell::Text(&player.kind),
                money(*alone),
                money(*payoff),
                money(payoff - alone),
            ])?;
        }
    }
    table.finish()
}

fn schedule(folder: &Folder, study: &Study) -> Result<(), ReportError> {
    let mut table = Table::create(folder, "schedule", &SCHEDULE)?;
    for step in 0..study.plant.steps() {
        for (player, schedule) in study.plant.players.iter().zip(&study.optimum.schedules) {
            table.row(&[
                Cell::Time(study.time(step)),
                Cell::Text(&player.name),
                Cell::Integer((schedule[step] * 1e3).round() as i128),
            ])?;
        }
    }
    table.finish()
}

fn prices(folder: &Folder, study: &Study) -> Result<(), ReportError> {
    let mut table = Table::create(folder, "prices", &PRICES)?;
    let price = |price: f64| Cell::Integer((price * 1e6).round() as i128);
    let sharing = study.outcome(Concept::Sharing).prices.as_deref().unwrap_or_default();
    for (step, offer) in study.plant.prices.iter().enumerate() {
        table.row(&[
            Cell::Time(study.time(step)),
            price(offer.import),
            price(offer.export),
            price(study.optimum.prices[step]),
            price(sharing[step]),
        ])?;
    }
    table.finish()
}

fn coalitions(folder: &Folder, study: &Study) -> Result<(), ReportError> {
    let mut table = Table::create(folder, "coalitions", &COALITIONS)?;
    for coalition in 1..1 << study.plant.players.len() {
        let names: Vec<&str> =
            members(coalition as Coalition).map(|player| study.plant.players[player].name.as_str()).collect();
        table.row(&[
            Cell::Text(&names.join(" + ")),
            Cell::Integer(names.len() as i128),
            money(study.game.value(coalition)),
        ])?;
    }
    table.finish()
}

fn lies(folder: &Folder, study: &Study) -> Result<(), ReportError> {
    let mut table = Table::create(folder, "lies", &LIES)?;
    for lie in &study.lies {
        for gain in &lie.gains {
            table.row(&[
                Cell::Text(&study.plant.players[lie.player].name),
                ppm(1.0 + lie.by),
                Cell::Text(gain.concept.name()),
                money(gain.liar),
                money(gain.others),
                money(gain.fall),
                money(lie.day.regret),
                money(lie.day.tolerated),
                Cell::Integer(lie.caught.into()),
                Cell::Integer(DRAWN.into()),
                money(lie.acting),
                money(lie.on_average(gain)),
            ])?;
        }
    }
    table.finish()
}

fn shortfalls(folder: &Folder, study: &Study) -> Result<(), ReportError> {
    let mut table = Table::create(folder, "shortfalls", &SHORTFALLS)?;
    for short in &study.shortfalls {
        table.row(&[
            Cell::Text(&study.plant.players[short.player].name),
            Cell::Integer(short.sold.0.into()),
            Cell::Integer(short.missing.0.into()),
            Cell::Integer(short.honest.0),
            Cell::Integer(short.cheating.0),
            Cell::Integer(short.penalty.0),
        ])?;
    }
    table.finish()
}
