//! What posting to a primary chain took, and what it makes sure of; nothing where one operator keeps the ledger.

use super::{Sums, section as whole};
use crate::report::dual_chain::{DualChain, coins, duration, hexadecimal, measured};
use crate::report::text::{self, Civil};
use ledger::posted::{Batch, Bond, Cost, Dispute};

/// The most batches in the table on the page; the file beside it has all.
const SHOWN: usize = 60;

/// The section.
pub(super) fn section(sums: &Sums<'_>, chain: Option<&DualChain>) -> String {
    let Some(chain) = chain else { return String::new() };
    let content = [
        result(chain),
        cards(sums, chain),
        batches(sums, chain),
        disputes(sums, chain),
        bonds(sums, chain),
        costs(chain),
        place(sums, chain),
    ];
    whole(
        "chains",
        "Posted to a primary chain",
        "The operator computes; everything it was told stands on another chain, with a root after every few records. \
         Whoever reads that chain can compute the roots again, and one transaction proves a wrong one.",
        &content.concat(),
    )
}

fn count(number: u64) -> String {
    text::whole(number.into())
}

fn times(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

fn result(chain: &DualChain) -> String {
    let (all, last) = (chain.batches.len() as u64, chain.finalised());
    let finality = match all - last {
        0 => "all of them are final".to_owned(),
        open => format!("{} can still be challenged", times(open, "batch", "batches")),
    };
    format!(
        "<p class=\"result\"><strong>{}</strong> went to the primary chain in {}, with a root to check after every \
         {} of them; {finality}.</p>\n",
        times(chain.records(), "record", "records"),
        times(all, "batch", "batches"),
        count(chain.records().div_ceil(chain.checkpoints().max(1))),
    )
}

fn cards(sums: &Sums<'_>, chain: &DualChain) -> String {
    let card = |name: &str, value: &str, note: &str| {
        format!("<div class=\"card\"><h3>{name}</h3><p class=\"number\">{value}</p><p>{note}</p></div>\n")
    };
    let (soft, longest) = chain.soft.map_or_else(
        || ("–".to_owned(), "not measured".to_owned()),
        |wait| (measured(wait.median), format!("at most {}", measured(wait.longest))),
    );
    let (finality, most) = chain.finality.map_or_else(
        || ("–".to_owned(), "no batch is final yet".to_owned()),
        |wait| (duration(wait.median), format!("at most {}", duration(wait.longest))),
    );
    let records = chain.records().max(1);
    let staked: u128 = chain.bonds.iter().map(|bond| bond.bond).sum();
    let proven = chain.disputes.len() as u64;
    let disputes = if proven == 0 {
        format!("no root was proven wrong; {} at stake", text::money(coins(staked), sums.currency()))
    } else {
        let frauds = if proven == 1 { "proven fraud" } else { "proven frauds" };
        format!("{frauds}; {} at stake", text::money(coins(staked), sums.currency()))
    };
    let cards = [
        card(
            "Soft confirmation",
            &soft,
            &format!("{longest}, until a signed receipt; it binds the operator alone"),
        ),
        card("Final", &finality, &format!("{most}, from the receipt until nobody can challenge it")),
        card(
            "Posted",
            &format!("{}\u{a0}bytes", count(chain.bytes())),
            &format!(
                "{} bytes and {} gas a record",
                text::decimal(i128::from(chain.bytes()) * 1_000 / i128::from(records), 3, 1),
                count(chain.gas() / records)
            ),
        ),
        card("Disputes", &count(proven), &disputes),
    ];
    format!("<div class=\"cards\">\n{}</div>\n", cards.concat())
}

/// A table with its heading and what a screen reader calls it.
fn table(heading: &str, label: &str, columns: &[(&str, bool)], rows: &str, note: &str) -> String {
    let column = |(name, number): &(&str, bool)| {
        let class = if *number { " class=\"num\"" } else { "" };
        format!("<th scope=\"col\"{class}>{name}</th>")
    };
    let columns: String = columns.iter().map(column).collect();
    format!(
        "<h3>{heading}</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\"><table \
         class=\"plain\"><thead><tr>{columns}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n<p \
         class=\"small\">{note}</p>\n"
    )
}

/// The first digits of a hash or an address; the pointer tells all of them.
fn short(bytes: &[u8]) -> String {
    let digits = hexadecimal(bytes);
    format!("<code title=\"{digits}\">{}…</code>", digits.get(..10).unwrap_or(&digits))
}

fn number(value: u64) -> String {
    format!("<td class=\"num\">{}</td>", count(value))
}

/// "7 June 14:15:07", by the community's clock.
fn instant(sums: &Sums<'_>, time: u64) -> String {
    let offset = i64::from(sums.record.subject.community.utc_offset);
    let civil = Civil::of(time.cast_signed() + offset);
    format!("{} {} {}:{:02}", civil.day, civil.month_name(), civil.clock(), civil.second % 60)
}

fn batches(sums: &Sums<'_>, chain: &DualChain) -> String {
    let left_out = chain.batches.len().saturating_sub(SHOWN);
    let row = |batch: &Batch| {
        let finality = match batch.finalised {
            Some(time) => duration(time.saturating_sub(batch.posted)),
            None => "not yet".to_owned(),
        };
        let root = batch.checkpoints.last().map(|checkpoint| short(&checkpoint.root)).unwrap_or_default();
        let again = if batch.reposted { " <small>roots given anew</small>" } else { "" };
        [
            format!("<tr><th scope=\"row\">{}{again}</th>", count(batch.number)),
            number(batch.checkpoints.len() as u64),
            number(batch.records()),
            number(batch.bytes),
            number(batch.gas),
            format!("<td class=\"num\">{}</td>", instant(sums, batch.posted)),
            format!("<td class=\"num\">{finality}</td>"),
            format!("<td>{root}</td></tr>\n"),
        ]
        .concat()
    };
    let rows: String = chain.batches[left_out..].iter().map(row).collect();
    let columns = [
        ("Batch", false),
        ("checkpoints", true),
        ("records", true),
        ("bytes", true),
        ("gas", true),
        ("posted", true),
        ("final after", true),
        ("root", false),
    ];
    let note = match left_out {
        0 => "Every checkpoint’s root is in the files beside this page.".to_owned(),
        more => format!(
            "{} before these, and every checkpoint’s root, are in the files beside this page.",
            times(more as u64, "batch", "batches")
        ),
    };
    table("Batches", "Table of batches", &columns, &rows, &note)
}

fn disputes(sums: &Sums<'_>, chain: &DualChain) -> String {
    if chain.disputes.is_empty() {
        return String::new();
    }
    let code = sums.currency();
    let row = |dispute: &Dispute| {
        [
            format!("<tr><th scope=\"row\">{}</th>", instant(sums, dispute.time)),
            number(dispute.batch),
            number(dispute.segment.into()),
            number(dispute.gas),
            format!("<td class=\"num\">{}</td>", text::money(coins(dispute.reward), code)),
            format!("<td class=\"num\">{}</td>", text::money(coins(dispute.burnt), code)),
            format!("<td>{}</td></tr>\n", short(&dispute.challenger.0)),
        ]
        .concat()
    };
    let rows: String = chain.disputes.iter().map(row).collect();
    let columns = [
        ("Proven", false),
        ("batch", true),
        ("segment", true),
        ("gas", true),
        ("reward", true),
        ("burnt", true),
        ("by", false),
    ];
    table(
        "Disputes",
        "Table of disputes",
        &columns,
        &rows,
        "A proven fraud takes back the roots from that batch on and keeps what members said; the next operator gives the \
         right ones.",
    )
}

fn bonds(sums: &Sums<'_>, chain: &DualChain) -> String {
    if chain.bonds.is_empty() {
        return String::new();
    }
    let code = sums.currency();
    let row = |bond: &Bond| {
        let lost = if bond.lost == 0 { "–".to_owned() } else { text::money(coins(bond.lost), code) };
        format!(
            "<tr><th scope=\"row\">{}</th><td class=\"num\">{}</td><td class=\"num\">{lost}</td></tr>\n",
            short(&bond.operator.0),
            text::money(coins(bond.bond), code),
        )
    };
    let rows: String = chain.bonds.iter().map(row).collect();
    let columns = [("Operator", false), ("at stake", true), ("cut", true)];
    table(
        "Bonds",
        "Table of bonds",
        &columns,
        &rows,
        "Of a bond that is cut at least half is burnt, so that nobody gains by proving a lie of one’s own.",
    )
}

fn costs(chain: &DualChain) -> String {
    if chain.costs.is_empty() {
        return String::new();
    }
    let each = |sum: u64, of: u64| match (sum, of) {
        (0, _) | (_, 0) => "<td class=\"num\">–</td>".to_owned(),
        _ => {
            let thousandths = i128::from(sum) * 1_000 / i128::from(of);
            let digits = u32::from(thousandths < 1_000_000 && thousandths % 1_000 != 0);
            format!("<td class=\"num\">{}</td>", text::decimal(thousandths, 3, digits))
        }
    };
    let row = |cost: &Cost| {
        [
            format!("<tr><th scope=\"row\">{}</th>", text::escape(cost.what)),
            number(cost.count),
            each(cost.bytes, cost.count),
            each(cost.gas, cost.count),
            number(cost.bytes),
            number(cost.gas),
            "</tr>\n".to_owned(),
        ]
        .concat()
    };
    let rows: String = chain.costs.iter().map(row).collect();
    let columns = [
        ("What", false),
        ("how many", true),
        ("bytes each", true),
        ("gas each", true),
        ("bytes", true),
        ("gas", true),
    ];
    table(
        "What it cost",
        "Table of bytes and gas",
        &columns,
        &rows,
        "Bytes are those posted, gas is what the primary chain charged. Fills cost no data: whoever reads the orders \
         computes them.",
    )
}

fn place(sums: &Sums<'_>, chain: &DualChain) -> String {
    let (blocks, seconds) = chain.window;
    let rows = [
        ("Primary chain", format!("{}, chain id {}", text::escape(&chain.primary), chain.chain_id)),
        ("Contract", format!("<code class=\"root\">{}</code>", hexadecimal(&chain.contract.0))),
        ("Data", text::escape(&chain.mode)),
        ("Can be challenged", format!("for {} and {}", times(blocks, "block", "blocks"), duration(seconds))),
        ("Held for accounts", text::money(coins(chain.held), sums.currency())),
    ];
    let rows: String =
        rows.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).collect();
    format!("<h3>Where</h3>\n<dl>\n{rows}</dl>\n")
}
