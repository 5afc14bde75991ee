//! The study as tables for a terminal.

use super::form::{Form, SchedulerForm};
use super::words::{number, percent, weights};
use crate::compare::wrapped;
use crate::table::{Align, Table};
use std::time::Duration;

/// Preferences whose outcomes are shown: the corners and the middle. The page has all.
const SHOWN: [[u32; 3]; 4] = [[100, 0, 0], [0, 100, 0], [0, 0, 100], [40, 40, 20]];

/// The tables and the sentences.
pub(super) fn text(form: &Form) -> String {
    let (days, draws, agents) = (form.days, super::words::draws(form), form.agents.len());
    let mut text = format!("{}: {days} held-out days{draws}, {agents} agents\n\n", form.home);
    text += &overall(form).render();
    text += "\n  Means over 21 preferences. loss: what the household minds, 1 = everything at once; regret: beyond perfect foresight,\n  \
             of the span from there to the worst rule; front: volume reached of the exact Pareto front’s; utility lost: by a\n  \
             household that chooses among its outcomes, and by the one that loses most; agents: at how many preferences they\n  \
             are better – even – worse, beyond the luck of seeds and days (95 %)\n\n";
    text += &outcomes(form).render();
    text += "\n  Per day; the agents’ are means over seeds\n\n";
    text += &super::foresight::text(&form.foresight);
    if !form.variants.is_empty() {
        text += &variants(form).render();
        text +=
            "\n  Other ways to learn, against the same seeds of the agents; ±: 95 % interval over days\n\n";
    }
    text += &super::market::text(&form.market);
    text.push('\n');
    for sentence in &form.words {
        for line in wrapped(sentence, 106) {
            text += &format!("  {line}\n");
        }
    }
    let took = Duration::from_nanos(form.study_ns).as_secs_f64();
    text + &format!("\n  {:<16}{}\n  {:<16}{took:.1} s\n", "report", form.report, "time")
}

fn overall(form: &Form) -> Table {
    let right = Align::Right;
    let mut table = Table::new(&[
        ("scheduler", Align::Left),
        ("loss", right),
        ("regret %", right),
        ("95 %", right),
        ("to control", right),
        ("front %", right),
        ("utility lost", right),
        ("most", right),
        ("agents", right),
    ]);
    for SchedulerForm { title, overall, .. } in &form.schedulers {
        let regret = &overall.normalised;
        table.row([
            title.clone(),
            number(overall.loss.mean, 4),
            percent(regret.mean, 2),
            if regret.low < regret.high {
                format!("{} to {}", percent(regret.low, 2), percent(regret.high, 2))
            } else {
                String::new()
            },
            number(overall.beyond_control.mean, 4),
            percent(overall.hypervolume.mean, 1),
            number(overall.expected_utility_loss.mean, 4),
            number(overall.maximum_utility_loss.mean, 4),
            overall
                .agents
                .map_or_else(String::new, |agents| agents.map(|count| count.to_string()).join(" – ")),
        ]);
    }
    table
}

fn outcomes(form: &Form) -> Table {
    let shown = |place: &usize| SHOWN.contains(&form.preferences[*place].percents());
    let places: Vec<usize> = (0..form.preferences.len()).filter(shown).collect();
    let names: Vec<[String; 3]> = places
        .iter()
        .map(|place| {
            let weights = weights(&form.preferences[*place]);
            [format!("{weights}: €"), "W".into(), "h".into()]
        })
        .collect();
    let mut columns = vec![("scheduler", Align::Left)];
    columns.extend(names.iter().flatten().map(|name| (name.as_str(), Align::Right)));
    let mut table = Table::new(&columns);
    for scheduler in &form.schedulers {
        let cells = places.iter().flat_map(|place| {
            let at = &scheduler.at[*place];
            [number(at.cost_eur.mean, 3), number(at.peak_w.mean, 0), number(at.delay_h.mean, 2)]
        });
        table.row(std::iter::once(scheduler.title.clone()).chain(cells));
    }
    table
}

fn variants(form: &Form) -> Table {
    let mut table = Table::new(&[
        ("way to learn", Align::Left),
        ("loss", Align::Right),
        ("more", Align::Right),
        ("±", Align::Right),
    ]);
    for variant in &form.variants {
        let difference = &variant.paired.difference;
        table.row([
            variant.variant.clone(),
            number(variant.loss.mean, 4),
            number(difference.mean, 4),
            number((difference.high - difference.low) / 2.0, 4),
        ]);
    }
    table
}
