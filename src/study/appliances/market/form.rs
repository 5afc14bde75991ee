//! The street's figures for other programs, and for the page.

use super::{By, Played, Scene, Way};
use crate::study::appliances::form::{IntervalForm, PreferenceForm, interval, preference, round};
use learning::judgement::Interval;
use learning::study::CONFIDENCE;
use serde::Serialize;

/// The form other programs rely on.
#[derive(Serialize)]
pub(in crate::study::appliances) struct MarketForm {
    pub(super) scenario: String,
    /// Days in which machines are asked for; a day more is played.
    pub(super) days: u32,
    pub(super) interval_s: u32,
    pub(super) seed: u64,
    pub(super) members: Vec<String>,
    /// How many runs are asked for; every way makes all of them.
    pub(super) runs: usize,
    pub(super) ways: Vec<WayForm>,
}

/// One way to schedule; intervals over agents.
#[derive(Serialize)]
pub(super) struct WayForm {
    pub(super) scheduler: String,
    pub(super) title: String,
    /// None where it minds none.
    pub(super) preference: Option<PreferenceForm>,
    pub(super) bill_eur: IntervalForm,
    /// By member.
    pub(super) bills_eur: Vec<IntervalForm>,
    pub(super) from_neighbours_kwh: IntervalForm,
    pub(super) from_supplier_kwh: IntervalForm,
    pub(super) street_peak_w: IntervalForm,
    pub(super) home_peak_w: IntervalForm,
    /// Part of what the roofs gave that stayed in the street.
    pub(super) self_consumption: IntervalForm,
    /// Mean over runs.
    pub(super) waited_h: IntervalForm,
    /// Runs that were made.
    pub(super) served: IntervalForm,
}

pub(super) fn of(scene: &Scene, ways: &[Way], played: &[Played]) -> MarketForm {
    let Scene { scenario, days, .. } = scene;
    let machines = scenario.members.iter().flat_map(|member| &member.devices);
    let runs = machines.map(|device| match device {
        agents::Device::Appliance(machine) => machine.requests().len(),
        _ => 0,
    });
    // Ways that differ by the agent alone are one, told over agents.
    let mut told: Vec<(&Way, Vec<&Played>)> = vec![];
    for (way, played) in ways.iter().zip(played) {
        match told.iter_mut().find(|(known, _)| (known.by, known.preference) == (way.by, way.preference)) {
            Some((_, all)) => all.push(played),
            None => told.push((way, vec![played])),
        }
    }
    let hours = f64::from(scenario.span.first.duration) / 3_600.0;
    MarketForm {
        scenario: super::NAME.into(),
        days: *days,
        interval_s: scenario.span.first.duration,
        seed: scenario.seed,
        members: scenario.members.iter().map(|member| member.name.clone()).collect(),
        runs: runs.sum(),
        ways: told.iter().map(|(way, played)| way_form(way, played, hours)).collect(),
    }
}

fn way_form(way: &Way, played: &[&Played], hours: f64) -> WayForm {
    let over = |value: &dyn Fn(&Played) -> f64| over_agents(played.iter().map(|played| value(played)));
    let euros = |money: market::Money| money.0 as f64 / 1e9;
    let kwh = |energy: market::Energy| energy.0 as f64 / 1e3;
    let (scheduler, title) = match way.by {
        By::Dispatch => ("dispatch", "market’s own rule"),
        By::Method(method) => (method.name(), method.title()),
    };
    WayForm {
        scheduler: scheduler.into(),
        title: title.into(),
        preference: way.preference.as_ref().map(preference),
        bill_eur: over(&|played| euros(played.bills.iter().copied().sum())),
        bills_eur: (0..played[0].bills.len())
            .map(|member| over(&|played| euros(played.bills[member])))
            .collect(),
        from_neighbours_kwh: over(&|played| kwh(played.street.from_neighbours)),
        from_supplier_kwh: over(&|played| kwh(played.street.from_supplier)),
        street_peak_w: over(&|played| played.street.street_peak.0 as f64 / hours),
        home_peak_w: over(&|played| played.street.home_peak() / hours),
        self_consumption: over(&|played| {
            let generated = played.street.generated.0 as f64;
            1.0 - played.street.to_supplier.0 as f64 / generated.max(1.0)
        }),
        waited_h: over(&|played| played.street.waited as f64 * hours / played.street.runs.max(1) as f64),
        served: over(&|played| played.street.runs as f64),
    }
}

/// Over agents; where there is nothing to choose from, all three are the value.
fn over_agents(values: impl Iterator<Item = f64>) -> IntervalForm {
    let values: Vec<f64> = values.collect();
    match values[..] {
        [only] => IntervalForm { mean: round(only), low: round(only), high: round(only) },
        _ => interval(&Interval::of(&values, CONFIDENCE).expect("every way was played")),
    }
}

impl MarketForm {
    /// The ways of one scheduler, by preference.
    pub(super) fn of(&self, scheduler: &str) -> impl Iterator<Item = &WayForm> {
        self.ways.iter().filter(move |way| way.scheduler == scheduler)
    }
}
