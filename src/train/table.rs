//! `wattle train --evaluate`: the held-out month, played by a policy, by the rules, and at best.

use super::TrainOptions;
use super::judge::Judge;
use crate::appliances::Given;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::table::{Align, Table};
use learning::judgement::{Interval, span};
use learning::rule::{
    AsLateAsPossible, AsSoonAsPossible, CheapestWindow, Later, OffPeak, Predictive, ValleyFilling,
};
use learning::{Outcome, Policy, Preference, Scheduler};
use serde::Serialize;

/// What is printed; the form other programs rely on.
#[derive(Serialize)]
pub(super) struct Evaluation {
    home: String,
    days: usize,
    preferences: usize,
    schedulers: Vec<Row>,
}

/// One scheduler: means over days and preferences.
#[derive(Serialize)]
struct Row {
    scheduler: String,
    cost_eur: f64,
    peak_w: f64,
    delay_h: f64,
    loss: f64,
    /// Mean loss beyond the optimum's, and its 95 % interval over days.
    regret: f64,
    regret_interval: Option<(f64, f64)>,
    /// The same in parts of the span from the optimum to the worst rule, each preference by its own, averaged.
    regret_normalised: f64,
}

/// Plays October.
pub(super) fn evaluate(given: &Given, policy: Policy, options: &TrainOptions) -> Result<Evaluation, Failure> {
    let preferences = options.preference.map_or_else(|| Preference::grid(5), |preference| vec![preference]);
    let judge = Judge::new(given, &given.held_out, "held out", preferences);
    let mut schedulers: Vec<Box<dyn Scheduler>> = vec![
        Box::new(AsSoonAsPossible),
        Box::new(AsLateAsPossible),
        Box::new(OffPeak),
        Box::new(CheapestWindow),
        Box::new(ValleyFilling),
        Box::new(Predictive::new(Later::Expected)),
        Box::new(policy),
    ];
    let rules = schedulers.len() - 1;
    let mut progress = Progress::new("evaluating", rules as u64 + 2, options.quiet || options.json);
    let mut played = vec![("optimum in hindsight".to_owned(), judge.optimum())];
    for scheduler in &mut schedulers {
        progress.at(played.len() as u64);
        played.push((scheduler.name().to_owned(), judge.play(&mut **scheduler)));
    }
    progress.done();
    let losses: Vec<Vec<f64>> = played.iter().map(|(_, outcomes)| judge.losses(outcomes)).collect();
    let days = judge.days();
    // Per preference, the days of which stand together.
    let spans: Vec<f64> = (0..judge.preferences.len())
        .map(|preference| {
            let part = |losses: &'_ Vec<f64>| losses[preference * days..(preference + 1) * days].to_vec();
            let rules: Vec<Vec<f64>> = losses[1..=rules].iter().map(part).collect();
            span(&part(&losses[0]), &rules.iter().map(Vec::as_slice).collect::<Vec<_>>())
        })
        .collect();
    let rows = played.iter().zip(&losses).map(|((name, outcomes), own)| {
        let regrets: Vec<f64> = own.iter().zip(&losses[0]).map(|(own, best)| own - best).collect();
        Row::new(name, outcomes, own, &regrets, &spans)
    });
    Ok(Evaluation {
        home: options.home.words(),
        days,
        preferences: judge.preferences.len(),
        schedulers: rows.collect(),
    })
}

impl Row {
    fn new(name: &str, outcomes: &[Outcome], losses: &[f64], regrets: &[f64], spans: &[f64]) -> Self {
        let days = regrets.len() / spans.len();
        let by_day: Vec<f64> =
            (0..days).map(|day| mean(regrets.iter().skip(day).step_by(days).copied())).collect();
        let normalised = regrets
            .chunks_exact(days)
            .zip(spans)
            .map(|(regrets, span)| if *span > 0.0 { mean(regrets.iter().copied()) / span } else { 0.0 });
        Self {
            scheduler: name.to_owned(),
            cost_eur: mean(outcomes.iter().map(|outcome| outcome.cost)),
            peak_w: mean(outcomes.iter().map(|outcome| outcome.peak)),
            delay_h: mean(outcomes.iter().map(|outcome| outcome.delay)),
            loss: mean(losses.iter().copied()),
            regret: mean(regrets.iter().copied()),
            regret_interval: Interval::of(&by_day, 0.95).map(|interval| (interval.low, interval.high)),
            regret_normalised: mean(normalised),
        }
    }
}

impl Evaluation {
    pub(super) fn text(&self) -> String {
        let mut table = Table::new(&[
            ("October, mean of a day", Align::Left),
            ("cost", Align::Right),
            ("peak", Align::Right),
            ("delay", Align::Right),
            ("loss", Align::Right),
            ("regret", Align::Right),
            ("95 % of days' mean", Align::Right),
            ("of the span", Align::Right),
        ]);
        for row in &self.schedulers {
            let (low, high) = row.regret_interval.unwrap_or((f64::NAN, f64::NAN));
            table.row([
                row.scheduler.clone(),
                format!("{:.3} €", row.cost_eur),
                format!("{:.2} kW", row.peak_w / 1e3),
                format!("{:.2} h", row.delay_h),
                format!("{:.4}", row.loss),
                format!("{:.4}", row.regret),
                format!("{low:.4} to {high:.4}"),
                format!("{:.1} %", 100.0 * row.regret_normalised),
            ]);
        }
        let preferences = match self.preferences {
            1 => "one preference".to_owned(),
            count => format!("the mean of {count} preferences"),
        };
        format!("{}; {} days, {preferences}\n\n{}", self.home, self.days, table.render())
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count.max(1))
}
