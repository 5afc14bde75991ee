//! Its numbers, for other programs and for the page.

use super::BEST;
use crate::study::appliances::form::{IntervalForm, PreferenceForm, interval, preference, round};
use learning::Outcome;
use learning::judgement::Interval;
use learning::study::Foresight;
use learning::study::foresight::{Beyond, Compared, Part, Question};
use serde::Serialize;

/// The form other programs rely on.
#[derive(Serialize)]
pub(in crate::study::appliances) struct ForesightForm {
    pub(in crate::study::appliances) days: usize,
    /// How often each day was drawn.
    pub(in crate::study::appliances) draws: usize,
    pub(in crate::study::appliances) seeds: usize,
    pub(in crate::study::appliances) preferences: Vec<PreferenceForm>,
    pub(in crate::study::appliances) homes: Vec<PartForm>,
}

#[derive(Serialize)]
pub(in crate::study::appliances) struct PartForm {
    pub(in crate::study::appliances) machines: Vec<String>,
    /// The best without foresight first.
    pub(in crate::study::appliances) schedulers: Vec<ComparedForm>,
}

#[derive(Serialize)]
pub(in crate::study::appliances) struct ComparedForm {
    pub(in crate::study::appliances) scheduler: String,
    pub(in crate::study::appliances) title: String,
    pub(in crate::study::appliances) overall: BeyondForm,
    pub(in crate::study::appliances) at: Vec<BeyondForm>,
    /// Part of the decisions; none for perfect foresight.
    pub(in crate::study::appliances) as_good: Option<f64>,
}

/// A day as expected.
#[derive(Serialize)]
pub(in crate::study::appliances) struct BeyondForm {
    pub(in crate::study::appliances) cost_eur: f64,
    pub(in crate::study::appliances) peak_w: f64,
    pub(in crate::study::appliances) delay_h: f64,
    pub(in crate::study::appliances) loss: f64,
    /// Loss beyond the best one's in parts of that; none where that is nothing.
    pub(in crate::study::appliances) over_days: Option<IntervalForm>,
    pub(in crate::study::appliances) over_seeds: Option<IntervalForm>,
}

impl ForesightForm {
    pub(in crate::study::appliances) fn of(foresight: &Foresight, question: &Question) -> Self {
        Self {
            days: foresight.days,
            draws: question.draws,
            seeds: question.seeds,
            preferences: foresight.grid.iter().map(preference).collect(),
            homes: foresight.homes.iter().map(part).collect(),
        }
    }
}

impl PartForm {
    pub(super) fn name(&self) -> String {
        self.machines.join(", ").replace('_', " ")
    }

    pub(super) fn scheduler(&self, name: &str) -> &ComparedForm {
        let found = self.schedulers.iter().find(|scheduler| scheduler.scheduler == name);
        found.expect("everybody plays every home")
    }
}

fn part(part: &Part) -> PartForm {
    let Part { machines, best, others, .. } = part;
    let mean = best.iter().map(|(_, loss)| loss).sum::<f64>() / best.len() as f64;
    let known = |(outcome, loss): &(Outcome, f64)| {
        let none = Interval { mean: 0.0, low: 0.0, high: 0.0 };
        beyond(&Beyond { outcome: *outcome, loss: *loss, over_days: none, over_seeds: none }, *loss)
    };
    let outcome = |of: fn(&Outcome) -> f64| {
        best.iter().map(|(outcome, _)| of(outcome)).sum::<f64>() / best.len() as f64
    };
    let whole = Outcome {
        cost: outcome(|outcome| outcome.cost),
        peak: outcome(|outcome| outcome.peak),
        delay: outcome(|outcome| outcome.delay),
    };
    let first = ComparedForm {
        scheduler: BEST.into(),
        title: "best without foresight".into(),
        overall: known(&(whole, mean)),
        at: best.iter().map(known).collect(),
        as_good: Some(1.0),
    };
    let compared = |one: &Compared| ComparedForm {
        scheduler: one.method.name().into(),
        title: one.method.title().into(),
        overall: beyond(&one.overall, mean),
        at: one.at.iter().zip(best).map(|(at, (_, loss))| beyond(at, *loss)).collect(),
        as_good: one.agreed.map(round),
    };
    PartForm {
        machines: machines.clone(),
        schedulers: std::iter::once(first).chain(others.iter().map(compared)).collect(),
    }
}

/// In parts of the best one's loss, where there is one.
pub(super) fn beyond(beyond: &Beyond, best: f64) -> BeyondForm {
    let part = |Interval { mean, low, high }: Interval| {
        let all = Interval { mean: mean / best, low: low / best, high: high / best };
        (best > 1e-9).then(|| interval(&all))
    };
    BeyondForm {
        cost_eur: round(beyond.outcome.cost),
        peak_w: round(beyond.outcome.peak),
        delay_h: round(beyond.outcome.delay),
        loss: round(beyond.loss),
        over_days: part(beyond.over_days),
        over_seeds: part(beyond.over_seeds),
    }
}

/// The preference of a household that minds cost alone.
pub(in crate::study::appliances) fn cost_alone(form: &ForesightForm) -> usize {
    form.preferences.iter().position(|preference| preference.cost == 1.0).unwrap_or_default()
}
