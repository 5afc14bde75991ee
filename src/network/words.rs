//! Summaries and tables that the verbs on networks share.

use super::{BranchForm, Watts, fixed, percent};
use crate::table::{Align, Table};

/// Rows shown of each table unless all are asked for, and lines of each list.
pub(crate) const SHOWN: usize = 10;

/// A line of the summary.
pub(crate) fn line(name: &str, what: &str) -> String {
    format!("  {name:<12}{what}\n")
}

/// Names in a sentence; nothing where there are none.
pub(crate) fn list(name: &str, of: &[&str], what: &str) -> String {
    if of.is_empty() {
        return String::new();
    }
    let names: Vec<String> = of.iter().take(SHOWN).map(|name| format!("\"{name}\"")).collect();
    let more = if of.len() > SHOWN { format!(" and {} more", of.len() - SHOWN) } else { String::new() };
    line(name, &format!("{what} {}{more}", names.join(", ")))
}

/// How many rows of a table are not shown.
pub(crate) fn rest(all: usize, shown: usize, what: &str) -> String {
    if all > shown {
        format!("  … and {} more {what}: --all shows them, --json and --out DIR give all\n", all - shown)
    } else {
        String::new()
    }
}

/// Branches, those loaded most first unless all are shown.
pub(crate) fn branch_table(rows: &[BranchForm<'_>], unit: Watts, shown: usize) -> String {
    let right = Align::Right;
    let letter = unit.letter();
    let mut table = Table::new(&[
        ("branch", Align::Left),
        ("from", Align::Left),
        ("to", Align::Left),
        (&format!("{letter}W in at from"), right),
        (&format!("{letter}var in at from"), right),
        (&format!("{letter}W lost"), right),
        ("A", right),
        ("loading %", right),
    ]);
    let mut order: Vec<&BranchForm<'_>> = rows.iter().collect();
    if rows.len() > shown {
        let key = |branch: &BranchForm<'_>| (branch.loading.unwrap_or(-1.0), branch.from_p_w.abs());
        order.sort_by(|a, b| {
            let (a, b) = (key(a), key(b));
            b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
        });
    }
    for branch in order.into_iter().take(shown) {
        table.row([
            branch.name.clone(),
            branch.from.to_owned(),
            if branch.to.is_empty() { "star point" } else { branch.to }.to_owned(),
            unit.number(branch.from_p_w),
            unit.number(branch.from_q_var),
            unit.number(branch.from_p_w + branch.to_p_w),
            fixed(branch.from_a.max(branch.to_a), 1),
            percent(branch.loading),
        ]);
    }
    table.render() + &rest(rows.len(), shown, "branches")
}
