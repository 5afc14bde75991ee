//! An invoice as one HTML page: to be read, printed on A4 and kept. It refers to nothing outside itself.

use super::{Heading, Invoice, totals};
use crate::calendar::{DAY, format_instant};
use crate::report::text::{Civil, currency, decimal, energy, escape, list, money, price_unit, whole};
use crate::statement::{Billed, Item, Knowledge, Known, Names};
use market::{Carrier, Energy, Money, PostingKind, Price};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const STYLE: &str = include_str!("invoice.css");

/// The page. `ledger` is what its reader calls the ledger, `records` how many records that has.
#[must_use]
pub fn page(invoice: &Invoice<'_>, names: &Names, ledger: &str, records: u64) -> String {
    let page = Page { invoice, names, code: invoice.community.currency };
    let who = escape(&names.of_account(invoice.account));
    let title = format!("Invoice for {who}, {}", page.when());
    let body = [page.head(&who), page.summary(), page.days(), page.corrections(), page.payments()].concat();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         img-src data:\">\n<link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}{}</main>\n</body>\n</html>\n",
        page.foot(ledger, records)
    )
}

struct Page<'a> {
    invoice: &'a Invoice<'a>,
    names: &'a Names,
    code: [u8; 3],
}

impl Page<'_> {
    /// An instant in the community's standard time.
    fn local(&self, instant: u64) -> Civil {
        Civil::of(instant as i64 + i64::from(self.invoice.community.utc_offset))
    }

    /// "June 2021", or "21 to 27 June 2021" in full.
    fn when(&self) -> String {
        let period = self.invoice.period;
        let [from, last] = [period.from, period.until - 1].map(|instant| self.local(instant));
        let name = period.name(self.invoice.community.utc_offset);
        if name.len() == "2021-06".len() {
            return format!("{} {}", from.month_name(), from.year);
        }
        format!("{} to {}", from.date(), last.date())
    }

    fn money(&self, amount: Money) -> String {
        money(amount, self.code)
    }

    fn head(&self, who: &str) -> String {
        let Invoice { community, account, rounding, .. } = self.invoice;
        let (says, amount) = if rounding.amount.0 < 0 {
            ("is paid to you", -rounding.amount)
        } else {
            ("to pay", rounding.amount)
        };
        let mut text = format!(
            "<div class=\"sheet\">\n<header>\n<div><h1>Invoice for {}</h1>\n<p class=\"of\">{who} · account {} · \
             number {} · community {}</p></div>\n<p class=\"amount\"><b>{}</b> {says}</p>\n</header>\n",
            self.when(),
            account.0,
            self.invoice.number(),
            community.community_id,
            self.money(amount),
        );
        let (alone, paid) = (self.invoice.at_tariff(), rounding.sum);
        let _ = match (alone - paid).0 {
            0 => Ok(()),
            1.. => writeln!(
                text,
                "<p class=\"saved\">With the supplier alone it would have been {}: <b>{} saved</b> by trading with \
                 neighbours.</p>",
                self.money(alone),
                self.money(alone - paid)
            ),
            _ => writeln!(
                text,
                "<p class=\"saved\">With the supplier alone it would have been {}, {} less: contracts that were not \
                 kept, or sharing, cost more than trading won.</p>",
                self.money(alone),
                self.money(paid - alone)
            ),
        };
        let estimated = self.invoice.billed.iter().filter(|billed| is_estimate(billed)).count();
        if estimated > 0 {
            let plural = if estimated == 1 { "reading was an estimate" } else { "readings were estimates" };
            let _ = writeln!(
                text,
                "<p class=\"note\">{estimated} {plural} when billed, because the meter had not reported in time. \
                 Once it does, the difference comes as a correction.</p>"
            );
        }
        text
    }

    fn summary(&self) -> String {
        let mut rows = String::new();
        let mut carrier = None;
        for total in totals(self.invoice) {
            if carrier.replace(total.carrier) != Some(total.carrier) {
                let _ = writeln!(
                    rows,
                    "<tr class=\"carrier\"><th colspan=\"4\" scope=\"rowgroup\">{}</th></tr>",
                    capital(total.carrier)
                );
            }
            let amount = total.energy.map(|sum| decimal(sum.0.into(), 3, 3)).unwrap_or_default();
            let mean = total.energy.filter(|sum| sum.0 != 0);
            let mean = mean.map(|sum| decimal(total.money.0.abs() / i128::from(sum.0.abs()), 4, 2));
            let _ = writeln!(
                rows,
                "<tr><th scope=\"row\">{}</th><td class=\"num\">{amount}</td><td class=\"num mean\">{}</td>\
                 <td class=\"num\">{}</td></tr>",
                total.heading.words(),
                mean.unwrap_or_default(),
                decimal(total.money.0, 9, 4),
            );
        }
        let rounding = self.invoice.rounding;
        let mut closing = |class: &str, words: &str, amount: Money, digits: u32| {
            let _ = writeln!(
                rows,
                "<tr{class}><th colspan=\"3\" scope=\"row\">{words}</th><td class=\"num\">{}</td></tr>",
                decimal(amount.0, 9, digits)
            );
        };
        closing(" class=\"sum\"", "Sum of all lines, exactly", rounding.sum, 9);
        if rounding.carried_in.0 != 0 {
            closing("", "Left over from the invoice before", rounding.carried_in, 9);
        }
        if rounding.carried_out.0 != 0 {
            closing("", "Less than a cent, carried to the next invoice", -rounding.carried_out, 9);
        }
        closing(" class=\"sum\"", "Amount", rounding.amount, 2);
        format!(
            "<h2>Summary</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">What for</th>\
             <th scope=\"col\" class=\"num\">kWh</th><th scope=\"col\" class=\"num mean\">mean {}</th>\
             <th scope=\"col\" class=\"num\">{}</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n</div>\n",
            price_unit(self.code),
            currency(self.code),
        )
    }

    /// Every line, a day at a time.
    fn days(&self) -> String {
        let mut days: BTreeMap<i64, Vec<&Billed>> = BTreeMap::new();
        for billed in self.invoice.billed.iter().filter(|billed| !billed.correction) {
            let local = billed.interval.start as i64 + i64::from(self.invoice.community.utc_offset);
            days.entry(local.div_euclid(DAY as i64)).or_default().push(billed);
        }
        if days.is_empty() {
            return String::new();
        }
        let days: String = days
            .into_iter()
            .map(|(day, billed)| {
                let date = Civil::of(day * DAY as i64).date();
                self.block(&date, &billed)
            })
            .collect();
        format!(
            "<h2>Day by day</h2>\n<p class=\"intro\">Each day opens to its lines: the interval, the meter’s reading \
             and how it is known, then what was paid for. Negative amounts are received. A line’s record is its place \
             in the ledger; the trade’s record is where it was agreed.</p>\n{days}"
        )
    }

    fn corrections(&self) -> String {
        let corrections: Vec<&Billed> =
            self.invoice.billed.iter().copied().filter(|billed| billed.correction).collect();
        if corrections.is_empty() {
            return String::new();
        }
        format!(
            "<h2>Corrections</h2>\n<p class=\"intro\">Readings that came late or were corrected after their \
             interval was billed: the member’s own or, where energy is shared, a neighbour’s. Only the \
             differences are posted; nothing that was billed is rewritten.</p>\n{}",
            self.block("All corrections", &corrections)
        )
    }

    /// A group of intervals that opens to its lines.
    fn block(&self, name: &str, billed: &[&Billed]) -> String {
        let sum = |headings: &[Heading]| -> Energy {
            let items = billed.iter().flat_map(|billed| &billed.items);
            items.filter(|item| headings.contains(&Heading::of(item))).map(|item| item.energy).sum()
        };
        let paid: Money = billed.iter().map(|billed| billed.total()).sum();
        let estimates = billed.iter().filter(|billed| is_estimate(billed)).count();
        let flag = match estimates {
            0 => String::new(),
            count => format!(" <span class=\"flag\">{count} estimated</span>"),
        };
        let lines: String = billed.iter().map(|billed| self.interval(billed)).collect();
        format!(
            "<details><summary><span>{name}{flag}</span><span class=\"num wide\">{} <small>neighbours</small></span>\
             <span class=\"num wide\">{} <small>supplier</small></span><span class=\"num\">{}</span></summary>\n\
             <div class=\"scroll\"><table class=\"lines\">\n<thead><tr><th scope=\"col\">What for</th>\
             <th scope=\"col\">With</th><th scope=\"col\" class=\"num\">Wh</th>\
             <th scope=\"col\" class=\"num\">{}</th><th scope=\"col\" class=\"num\">{}</th>\
             <th scope=\"col\" class=\"num\">Trade</th><th scope=\"col\" class=\"num\">Record</th></tr></thead>\n\
             {lines}</table></div></details>\n",
            energy(sum(&[Heading::Bought]) + sum(&[Heading::Sold])),
            energy(sum(&[Heading::Supplied]) + sum(&[Heading::FedIn])),
            self.money(paid),
            price_unit(self.code),
            currency(self.code),
        )
    }

    fn interval(&self, billed: &Billed) -> String {
        let [from, until] = [billed.interval.start, billed.interval.end()].map(|instant| self.local(instant));
        let date = if billed.correction { format!("{}, ", from.date()) } else { String::new() };
        let replaces = billed.replaces.map_or_else(String::new, |old| format!("; before: {}", reading(&old)));
        let meter = match &billed.reading {
            Some(known) => reading(known),
            None => "its share of another meter’s reading".to_owned(),
        };
        let mut text = format!(
            "<tbody><tr class=\"interval\"><th colspan=\"7\" scope=\"rowgroup\">{date}{} to {} · {} · metering point \
             {} <small>{meter}{replaces}</small></th></tr>\n",
            from.clock(),
            until.clock(),
            billed.carrier.name(),
            billed.meter.0,
        );
        for item in &billed.items {
            text += &self.line(billed, item);
        }
        text + "</tbody>\n"
    }

    fn line(&self, billed: &Billed, item: &Item) -> String {
        let trades: Vec<String> = match item.kind {
            PostingKind::Trade => {
                let own = billed.contracts.iter().filter(|contract| contract.side == item.side);
                own.map(|contract| contract.record.to_string()).collect()
            }
            _ => Vec::new(),
        };
        format!(
            "<tr><td>{}</td><td>{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td>\
             <td class=\"num\">{}</td><td class=\"num\">{}</td></tr>\n",
            Heading::of(item).words(),
            escape(&self.counterparty(item)),
            if item.kind == PostingKind::Vat { String::new() } else { whole(item.energy.0.into()) },
            item.price.map(|Price(price)| decimal(price.into(), 4, 4)).unwrap_or_default(),
            decimal(item.money.0, 9, 9),
            trades.join(", "),
            billed.record,
        )
    }

    /// Peers trade through the community's clearing house, so that nobody's invoice names another member.
    fn counterparty(&self, item: &Item) -> String {
        match item.kind {
            PostingKind::Trade => "neighbours".into(),
            _ => self.names.of_account(item.with),
        }
    }

    fn payments(&self) -> String {
        let mut sums: BTreeMap<(PostingKind, bool), (u64, Money)> = BTreeMap::new();
        for payment in &self.invoice.payments {
            let sum = sums.entry((payment.kind, payment.money < Money::ZERO)).or_default();
            *sum = (sum.0 + 1, sum.1 + payment.money);
        }
        if sums.is_empty() {
            return String::new();
        }
        let words = |(kind, pays): &(PostingKind, bool), count: u64, amount: Money| {
            let what = match kind {
                PostingKind::Deposit => "paid in",
                PostingKind::Withdrawal => "drawn out",
                PostingKind::Loan => "lent by the guarantor",
                PostingKind::Transfer if *pays => "paid to other members",
                PostingKind::Transfer => "received from other members",
                _ => "given back to the guarantor",
            };
            let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
            format!("{} {what} ({times})", self.money(amount.abs()))
        };
        let words: Vec<String> =
            sums.iter().map(|(kind, (count, amount))| words(kind, *count, *amount)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        format!(
            "<h2>Account</h2>\n<p class=\"intro\">{}. None of it is part of the amount.</p>\n",
            list(&words)
        )
    }

    fn foot(&self, ledger: &str, records: u64) -> String {
        let who = self.names.of_account(self.invoice.account);
        let example = self.invoice.billed.first().map_or_else(String::new, |billed| {
            let time = format_instant(billed.interval.start, self.invoice.community.utc_offset);
            format!(
                "<p>Why is a line what it is? <code>wattle explain '{}' {time} --ledger {}</code></p>\n",
                escape(&who),
                escape(ledger)
            )
        });
        format!(
            "<footer>\n<p>Read from the {} records of <code>{}</code>; <code>wattle audit {}</code> verifies \
             them.</p>\n{example}</footer>\n",
            whole(records.into()),
            escape(ledger),
            escape(ledger),
        )
    }
}

fn is_estimate(billed: &Billed) -> bool {
    billed.reading.is_some_and(|known| known.knowledge == Knowledge::Substituted)
}

/// "took 323 Wh (metered, reading 24, record 1 234)".
fn reading(known: &Known) -> String {
    let Known { import, export, sequence, record, .. } = *known;
    let flow = match (import.0, export.0) {
        (import, 0) => format!("took {} Wh", whole(import.into())),
        (0, export) => format!("gave {} Wh", whole(export.into())),
        (import, export) => format!("took {} Wh, gave {} Wh", whole(import.into()), whole(export.into())),
    };
    let how = match known.knowledge {
        Knowledge::Metered => format!("metered, reading {sequence}"),
        Knowledge::Substituted => "<span class=\"flag\">estimated</span>".to_owned(),
        Knowledge::Corrected => format!("corrected, reading {sequence}"),
    };
    format!("{flow} ({how}, record {record})")
}

fn capital(carrier: Carrier) -> String {
    let name = carrier.name();
    name[..1].to_uppercase() + &name[1..]
}
