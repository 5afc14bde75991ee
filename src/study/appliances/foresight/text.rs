//! It on a terminal.

use super::BEST;
use super::form::{ForesightForm, cost_alone};
use crate::study::appliances::form::IntervalForm;
use crate::study::appliances::words::{number, percent};
use crate::table::{Align, Table};

/// A table for a terminal, without the rules.
pub(in crate::study::appliances) fn text(form: &ForesightForm) -> String {
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
