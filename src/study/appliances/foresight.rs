//! The part of the study on homes small enough to know the best policy without foresight: its form, its section of the
//! page, its lines and its table.

use super::form::{IntervalForm, PreferenceForm, interval, preference, round};
use super::page::{cell, table};
use super::words::{number, percent, weights};
use crate::table::{Align, Table};
use learning::Outcome;
use learning::judgement::Interval;
use learning::study::Foresight;
use learning::study::foresight::{Beyond, Compared, Part, Question};
use serde::Serialize;
use sim::report::section;
use sim::report::text::escape;

/// Losses beyond the best one's that are called near: 3 %.
const NEAR: f64 = 0.03;
/// The name of the best policy among the schedulers.
const BEST: &str = "best_without_foresight";

/// The form other programs rely on.
#[derive(Serialize)]
pub(super) struct ForesightForm {
    pub(super) days: usize,
    /// How often each day was drawn.
    pub(super) draws: usize,
    pub(super) seeds: usize,
    pub(super) preferences: Vec<PreferenceForm>,
    pub(super) homes: Vec<PartForm>,
}

#[derive(Serialize)]
pub(super) struct PartForm {
    pub(super) machines: Vec<String>,
    /// The best without foresight first.
    pub(super) schedulers: Vec<ComparedForm>,
}

#[derive(Serialize)]
pub(super) struct ComparedForm {
    pub(super) scheduler: String,
    pub(super) title: String,
    pub(super) overall: BeyondForm,
    pub(super) at: Vec<BeyondForm>,
    /// Part of the decisions; none for perfect foresight.
    pub(super) as_good: Option<f64>,
}

/// A day as expected.
#[derive(Serialize)]
pub(super) struct BeyondForm {
    pub(super) cost_eur: f64,
    pub(super) peak_w: f64,
    pub(super) delay_h: f64,
    pub(super) loss: f64,
    /// Loss beyond the best one's in parts of that; none where that is nothing.
    pub(super) over_days: Option<IntervalForm>,
    pub(super) over_seeds: Option<IntervalForm>,
}

impl ForesightForm {
    pub(super) fn of(foresight: &Foresight, question: &Question) -> Self {
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
    fn name(&self) -> String {
        self.machines.join(", ").replace('_', " ")
    }

    fn scheduler(&self, name: &str) -> &ComparedForm {
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
fn beyond(beyond: &Beyond, best: f64) -> BeyondForm {
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

/// A sentence for each home.
pub(super) fn words(form: &ForesightForm) -> Vec<String> {
    form.homes.iter().map(|home| of_home(form, home)).collect()
}

fn of_home(form: &ForesightForm, home: &PartForm) -> String {
    let mean = |scheduler: &ComparedForm| scheduler.overall.over_days.map_or(0.0, |part| part.mean);
    let [learned, control, foresight] = ["learned", "predictive", "optimum"].map(|name| home.scheduler(name));
    let ends = |part: Option<IntervalForm>| {
        part.map_or_else(String::new, |part| format!("{} to {}", percent(part.low, 2), percent(part.high, 2)))
    };
    let BeyondForm { over_days, over_seeds, .. } = learned.overall;
    let highest = over_days.into_iter().chain(over_seeds).map(|part| part.high).fold(0.0, f64::max);
    let lowest = over_days.into_iter().chain(over_seeds).map(|part| part.low).fold(f64::INFINITY, f64::min);
    let near = if highest <= NEAR {
        "within"
    } else if lowest > NEAR {
        "beyond"
    } else {
        "too uncertain to tell from"
    };
    let at = |place: usize| learned.at[place].over_days.map_or(0.0, |part| part.mean);
    let worst = (0..form.preferences.len()).max_by(|a, b| at(*a).total_cmp(&at(*b))).unwrap_or_default();
    format!(
        "A home of {} alone is small enough to know the best policy of all without foresight: the agents lose {} % more \
         than it ({} over days, {} over seeds), {near} 3 %; at most {} % at {}. Predictive control loses {} % more; perfect \
         foresight would lose {} % less.",
        home.name(),
        percent(mean(learned), 2),
        ends(over_days),
        ends(over_seeds),
        percent(at(worst), 2),
        weights(&form.preferences[worst]),
        percent(mean(control), 2),
        percent(-mean(foresight), 2),
    )
}

/// The preference of a household that minds cost alone.
fn cost_alone(form: &ForesightForm) -> usize {
    form.preferences.iter().position(|preference| preference.cost == 1.0).unwrap_or_default()
}

/// A table for a terminal, without the rules.
pub(super) fn text(form: &ForesightForm) -> String {
    let right = Align::Right;
    let mut table = Table::new(&[
        ("home", Align::Left),
        ("scheduler", Align::Left),
        ("loss", right),
        ("beyond best %", right),
        ("over days", right),
        ("over seeds", right),
        ("cost alone: €", right),
        ("beyond %", right),
        ("as good %", right),
    ]);
    let ends = |part: Option<IntervalForm>| match part {
        Some(part) if part.low < part.high => {
            format!("{} to {}", percent(part.low, 2), percent(part.high, 2))
        }
        _ => String::new(),
    };
    let mean = |part: Option<IntervalForm>| part.map_or_else(|| "–".into(), |part| percent(part.mean, 2));
    let cost = cost_alone(form);
    for home in &form.homes {
        let rows = [BEST, "predictive", "scenarios", "learned", "optimum"];
        for scheduler in rows.map(|name| home.scheduler(name)) {
            let (overall, alone) = (&scheduler.overall, &scheduler.at[cost]);
            table.row([
                if scheduler.scheduler == BEST { home.name() } else { String::new() },
                scheduler.title.clone(),
                number(overall.loss, 4),
                mean(overall.over_days),
                ends(overall.over_days),
                ends(overall.over_seeds),
                number(alone.cost_eur, 3),
                mean(alone.over_days),
                scheduler.as_good.map_or_else(String::new, |part| percent(part, 1)),
            ]);
        }
    }
    format!(
        "{}\n  Homes small enough for dynamic programming: {} days drawn {} times, {} agents each; 95 % intervals; as good: decisions\n\n",
        table.render(),
        form.days,
        form.draws,
        form.seeds
    )
}

/// The section of the page.
pub(super) fn page(form: &ForesightForm) -> String {
    let cost = cost_alone(form);
    let part = |part: Option<IntervalForm>| {
        part.map_or_else(
            || "<td class=\"num\" data-value=\"0\">–</td>".into(),
            |part| cell(&part, |value| percent(value, 2)),
        )
    };
    let plain = |value: f64, digits: usize| {
        format!("<td class=\"num\" data-value=\"{value}\">{}</td>", number(value, digits))
    };
    let row = |scheduler: &ComparedForm| {
        let (overall, alone) = (&scheduler.overall, &scheduler.at[cost]);
        format!(
            "<tr><th scope=\"row\">{}</th>{}{}{}{}{}{}</tr>\n",
            escape(&scheduler.title),
            plain(overall.loss, 4),
            part(overall.over_days),
            part(overall.over_seeds),
            plain(alone.cost_eur, 3),
            part(alone.over_days),
            scheduler.as_good.map_or_else(
                || "<td class=\"num\" data-value=\"0\">–</td>".into(),
                |part| format!("<td class=\"num\" data-value=\"{part}\">{}</td>", percent(part, 1))
            )
        )
    };
    let heads = [
        ("Scheduler", "", false),
        ("Loss", "", true),
        ("Beyond the best", "%, over days", true),
        ("Beyond the best", "%, over seeds", true),
        ("Only cost counts", "€ a day", true),
        ("Beyond the best", "% of that", true),
        ("Decisions as good", "%", true),
    ];
    let home = |home: &PartForm| {
        let rows: String = home.schedulers.iter().map(row).collect();
        let (all, places) = (table("foresight", &heads, &rows), places(form, home, &part));
        format!(
            "<h3>A home of {}</h3>\n{all}<details><summary>By preference</summary>\n{places}</details>\n",
            escape(&home.name())
        )
    };
    section(
        "foresight",
        "How near the best without foresight",
        &format!(
            "Perfect foresight is no policy. In homes of a few of the machines, where the load errs in ways that are known, the best \
             policy of all that do not know the future is known too, by dynamic programming. {} agents learned each home; all play the \
             {} days, each drawn {} times. Loss is a mean over the preferences; small: 95 % intervals.",
            form.seeds, form.days, form.draws
        ),
        &form.homes.iter().map(home).collect::<String>(),
    )
}

/// A home by preference.
fn places(form: &ForesightForm, home: &PartForm, part: &dyn Fn(Option<IntervalForm>) -> String) -> String {
    let row = |place: usize| {
        let at = |name: &str| &home.scheduler(name).at[place];
        format!(
            "<tr><th scope=\"row\">{}</th><td class=\"num\" data-value=\"{}\">{}</td>{}{}{}{}{}</tr>\n",
            weights(&form.preferences[place]),
            at(BEST).loss,
            number(at(BEST).loss, 4),
            part(at("learned").over_days),
            part(at("learned").over_seeds),
            part(at("predictive").over_days),
            part(at("scenarios").over_days),
            part(at("optimum").over_days),
        )
    };
    let heads = [
        ("Preference", "cost/peak/delay", false),
        ("Best", "loss", true),
        ("Agents", "% beyond, over days", true),
        ("Agents", "% beyond, over seeds", true),
        ("Control", "% beyond", true),
        ("Over futures", "% beyond", true),
        ("Foresight", "% beyond", true),
    ];
    let rows: String = (0..form.preferences.len()).rev().map(row).collect();
    table("foresight_places", &heads, &rows)
}

/// The table: a row for each home, scheduler and preference; without a preference it is the mean over them.
pub(super) fn csv(form: &ForesightForm) -> String {
    let mut text = "machines,scheduler,cost,peak,delay,cost_eur,peak_w,delay_h,loss,beyond_best,days_low,days_high,seeds_low,\
                    seeds_high\n"
        .to_owned();
    for home in &form.homes {
        for scheduler in &home.schedulers {
            let places = form.preferences.iter().zip(&scheduler.at).map(|(preference, at)| {
                (format!("{},{},{}", preference.cost, preference.peak, preference.delay), at)
            });
            for (preference, at) in places.chain([(",,".into(), &scheduler.overall)]) {
                let BeyondForm { cost_eur, peak_w, delay_h, loss, over_days, over_seeds } = at;
                let days = over_days
                    .map_or_else(|| ",,".into(), |part| format!("{},{},{}", part.mean, part.low, part.high));
                let seeds =
                    over_seeds.map_or_else(|| ",".into(), |part| format!("{},{}", part.low, part.high));
                text += &format!(
                    "{},{},{preference},{cost_eur},{peak_w},{delay_h},{loss},{days},{seeds}\n",
                    home.machines.join(" "),
                    scheduler.scheduler
                );
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two preferences; the best loses 0.5 on the mean, the agents as told in parts of that.
    fn form(learned: [f64; 3]) -> ForesightForm {
        let ends = |mean: f64| Some(IntervalForm { mean, low: mean - learned[1], high: mean + learned[2] });
        let at = |mean: f64| BeyondForm {
            cost_eur: 1.0,
            peak_w: 2_000.0,
            delay_h: 3.0,
            loss: 0.5,
            over_days: ends(mean),
            over_seeds: ends(mean),
        };
        let scheduler = |name: &str, mean: f64| ComparedForm {
            scheduler: name.into(),
            title: name.into(),
            overall: at(mean),
            at: vec![BeyondForm { over_days: None, over_seeds: None, ..at(mean) }, at(2.0 * mean)],
            as_good: Some(0.9),
        };
        let schedulers = vec![
            scheduler(BEST, 0.0),
            scheduler("predictive", 0.0125),
            scheduler("scenarios", 0.01),
            scheduler("learned", learned[0]),
            scheduler("optimum", -0.02),
        ];
        let weights = |cost: f64, delay: f64| PreferenceForm { cost, peak: 0.0, delay };
        ForesightForm {
            days: 31,
            draws: 10,
            seeds: 3,
            preferences: vec![weights(0.0, 1.0), weights(1.0, 0.0)],
            homes: vec![PartForm { machines: vec!["car".into(), "tumble_dryer".into()], schedulers }],
        }
    }

    #[test]
    fn words_say_what_the_figures_do() {
        let said = |learned| words(&form(learned)).remove(0);
        let near = said([0.01, 0.005, 0.005]);
        for expected in [
            "A home of car, tumble dryer alone",
            "the agents lose 1.00 % more than it (0.50 to 1.50 over days, 0.50 to 1.50 over seeds), within 3 %",
            "at most 2.00 % at 100/0/0",
            "control loses 1.25 % more",
            "2.00 % less",
        ] {
            assert!(near.contains(expected), "no {expected}: {near}");
        }
        assert!(said([0.04, 0.005, 0.005]).contains("beyond 3 %"));
        assert!(said([0.029, 0.005, 0.005]).contains("too uncertain to tell from 3 %"));
    }

    #[test]
    fn a_loss_of_nothing_has_no_parts() {
        let form = form([0.01, 0.005, 0.005]);
        assert!(csv(&form).lines().all(|line| line.split(',').count() == 14));
        assert_eq!(csv(&form).lines().count(), 1 + 5 * 3);
        assert!(page(&form).contains("–") && !page(&form).contains("NaN"));
        let none = Interval { mean: 0.0, low: 0.0, high: 0.0 };
        let nothing = Beyond { outcome: Outcome::default(), loss: 0.0, over_days: none, over_seeds: none };
        assert!(beyond(&nothing, 0.0).over_days.is_none());
    }
}
