//! The study as CSV files.

use super::form::{Form, IntervalForm, PairedForm};
use crate::failure::Failure;
use crate::output::write_file;
use sim::report::Folder;

/// Writes one file per question.
pub(super) fn write(folder: &Folder, form: &Form) -> Result<(), Failure> {
    let tables = [
        ("schedulers.csv", schedulers(form)),
        ("preferences.csv", preferences(form)),
        ("published.csv", published(form)),
        ("learning.csv", learning(form)),
        ("variants.csv", variants(form)),
        ("foresight.csv", super::foresight::csv(&form.foresight)),
        ("market.csv", super::market::outcomes(&form.market)),
        ("market_bills.csv", super::market::bills(&form.market)),
    ];
    tables.into_iter().try_for_each(|(name, text)| write_file(&folder.path(name), &text))
}

/// Mean and both ends.
pub(super) fn interval(interval: &IntervalForm) -> String {
    format!("{},{},{}", interval.mean, interval.low, interval.high)
}

/// Empty where there is nothing to compare.
fn paired(paired: Option<&PairedForm>) -> String {
    paired.map_or_else(
        || ",,,,".into(),
        |paired| format!("{},{},{}", interval(&paired.difference), paired.p_t, paired.p_signed_rank),
    )
}

/// The heads of mean and ends.
pub(super) fn heads(names: &[&str]) -> String {
    names.iter().map(|name| format!(",{name},{name}_low,{name}_high")).collect()
}

const PAIRED: &str = ",learned_less_this,learned_less_this_low,learned_less_this_high,p_t,p_signed_rank";

fn schedulers(form: &Form) -> String {
    let names = [
        "loss",
        "beyond_optimum",
        "beyond_control",
        "normalised",
        "hypervolume",
        "expected_utility_loss",
        "maximum_utility_loss",
    ];
    let mut text = format!("scheduler{}{PAIRED}\n", heads(&names));
    for scheduler in &form.schedulers {
        let overall = &scheduler.overall;
        let values = [
            &overall.loss,
            &overall.beyond_optimum,
            &overall.beyond_control,
            &overall.normalised,
            &overall.hypervolume,
            &overall.expected_utility_loss,
            &overall.maximum_utility_loss,
        ];
        let values = values.map(interval).join(",");
        text += &format!("{},{values},{}\n", scheduler.scheduler, paired(overall.paired.as_ref()));
    }
    text
}

fn preferences(form: &Form) -> String {
    let names = ["cost_eur", "peak_w", "delay_h", "loss", "beyond_optimum", "beyond_control", "normalised"];
    let mut text = format!("cost,peak,delay,scheduler{}{PAIRED}\n", heads(&names));
    for (place, preference) in form.preferences.iter().enumerate() {
        for scheduler in &form.schedulers {
            let at = &scheduler.at[place];
            let values = [
                &at.cost_eur,
                &at.peak_w,
                &at.delay_h,
                &at.loss,
                &at.beyond_optimum,
                &at.beyond_control,
                &at.normalised,
            ];
            text += &format!(
                "{},{},{},{},{},{}\n",
                preference.cost,
                preference.peak,
                preference.delay,
                scheduler.scheduler,
                values.map(interval).join(","),
                paired(at.paired.as_ref())
            );
        }
    }
    text
}

fn published(form: &Form) -> String {
    let published = &form.published;
    let paired_heads = PAIRED.replace("this", "naive");
    let heads = heads(&["gain", "over_days"]);
    let mut text = format!("cost,peak,delay,chosen,objective,reported{heads}{paired_heads}\n");
    for (place, (preference, gains)) in published.preferences.iter().zip(&published.gains).enumerate() {
        let objectives = ["cost", "peak", "delay"].into_iter().zip(published.reported);
        for (gain, (objective, reported)) in gains.iter().zip(objectives) {
            text += &format!(
                "{},{},{},{},{objective},{reported},{},{},{}\n",
                preference.cost,
                preference.peak,
                preference.delay,
                place == published.chosen,
                interval(&gain.part),
                interval(&gain.over_days),
                paired(Some(&gain.paired))
            );
        }
    }
    text
}

fn learning(form: &Form) -> String {
    let mut text = "seed,round,validation_loss\n".to_owned();
    for agent in &form.agents {
        for look in &agent.curve {
            text += &format!("{},{},{}\n", agent.seed, look.round, look.loss);
        }
    }
    text
}

fn variants(form: &Form) -> String {
    let mut text = format!(
        "variant{}{}\n",
        heads(&["loss"]),
        PAIRED.replace("learned_less_this", "variant_less_agents")
    );
    for variant in &form.variants {
        let name = crate::output::csv_field(&variant.variant);
        text += &format!("{name},{},{}\n", interval(&variant.loss), paired(Some(&variant.paired)));
    }
    text
}
