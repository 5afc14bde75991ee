//! What each member paid, against the supplier's tariff, and why some pay more.

use super::{Sums, legend, section as whole, sizes};
use crate::report::chart::{Pair, dumbbells};
use crate::report::{Total, text};
use market::Money;

/// The most rows a picture shows; the table has them all.
pub(super) const MOST_ROWS: usize = 40;

/// The most members whose reason is told.
const MOST_REASONS: usize = 12;

/// The section.
pub(super) fn section(sums: &Sums<'_>) -> String {
    let code = sums.currency();
    let mut order: Vec<usize> = (0..sums.members.len()).collect();
    order.sort_by_key(|member| (-sums.members[*member].saved(), *member));
    let left_out = order.len().saturating_sub(MOST_ROWS);
    if left_out > 0 {
        order.drain(MOST_ROWS / 2..order.len() - MOST_ROWS / 2);
    }
    let rows: Vec<Pair> = order.iter().map(|member| pair(sums, *member)).collect();
    let unit = text::currency(code);
    let title = "Each member's bill, with neighbours and with the supplier only";
    let description = format!(
        "From the member who saved most, {}, to the one who saved least, {}",
        rows.first().map_or("", |row| row.note.as_str()),
        rows.last().map_or("", |row| row.note.as_str()),
    );
    let picture = sizes(|size| dumbbells(&rows, [&unit, "saved"], size, title, &description));
    let entries = [("tariff", "supplier only"), ("saved", "with neighbours"), ("lost", "pays more")];
    let worse: Vec<usize> =
        (0..sums.members.len()).filter(|member| sums.members[*member].saved().0 < 0).collect();
    let entries = if worse.is_empty() { &entries[..2] } else { &entries[..] };
    let mut content = format!("<figure>\n{}{picture}</figure>\n", legend(entries));
    if left_out > 0 {
        content += &format!("<p>{left_out} members between these two ends are in the table below.</p>\n");
    }
    content += &reasons(sums, worse);
    whole(
        "bills",
        "What each member paid",
        "Energy, fees and levies together, for what the meters counted. A bill below zero is income. “Supplier \
         only” is the same meter readings at the supplier’s tariff; for a plant that makes heat or gas for sale, selling \
         it to the supplier: what it saved is what trading earned.",
        &content,
    )
}

/// Who pays more and why, the largest loss first; nothing where nobody does.
fn reasons(sums: &Sums<'_>, mut worse: Vec<usize>) -> String {
    if worse.is_empty() {
        return String::new();
    }
    let code = sums.currency();
    worse.sort_by_key(|member| (sums.members[*member].saved(), *member));
    let item = |member: &usize| {
        let name = text::escape(&sums.record.subject.members[*member].name);
        format!("<li><b>{name}</b>: {}</li>\n", reason(&sums.members[*member], code))
    };
    let items: String = worse.iter().take(MOST_REASONS).map(item).collect();
    let more = match worse.len().saturating_sub(MOST_REASONS) {
        0 => String::new(),
        more => format!("<p>{more} more lost less; they are red in the table below.</p>\n"),
    };
    format!(
        "<h3>Who pays more, and why</h3>\n<p class=\"intro\">Members trade on a forecast. What they contracted but \
         then did not take, or could not give, is exchanged with the supplier at its prices.</p>\n\
         <ul class=\"reasons\">\n{items}</ul>\n{more}"
    )
}

fn pair(sums: &Sums<'_>, member: usize) -> Pair {
    let total = &sums.members[member];
    let code = sums.currency();
    let info = &sums.record.subject.members[member];
    let euros = |money: Money| money.0 as f64 / 1e9;
    let saved = text::money(total.saved(), code);
    let share = text::percent(total.saved().0.abs(), total.at_tariff.0);
    let share = share.map(|share| format!(" · {share}")).unwrap_or_default();
    let note = if total.saved().0 < 0 { saved } else { format!("+{saved}") } + &share;
    let tip = format!(
        "{} ({}): {} instead of {}",
        info.name,
        info.kind,
        text::money(total.cost, code),
        text::money(total.at_tariff, code)
    );
    Pair { name: info.name.clone(), before: euros(total.at_tariff), after: euros(total.cost), note, tip }
}

/// Why somebody pays more than at the supplier's tariff.
fn reason(total: &Total, code: [u8; 3]) -> String {
    let more = text::money(-total.saved(), code);
    if total.bought.is_zero() && total.sold.is_zero() {
        return format!("{more} more, without having traded: money moved outside the market.");
    }
    let missed = format!(
        "its contracts and its meter differed by {}, which cost {}",
        text::energy(total.missed),
        text::money(total.missed_cost, code)
    );
    if total.missed_cost.0 >= -total.saved().0 {
        let gained = total.missed_cost + total.saved();
        return format!(
            "{more} more, because {missed}. Its trades as such saved {}.",
            text::money(gained, code)
        );
    }
    format!("{more} more, because its trades, with their fees, were dearer than its own tariff; {missed}.")
}
