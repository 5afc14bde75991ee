//! `wattle invoice`: what each member owes for each month, every line traced to its record in the ledger.

use crate::cli::InvoiceOptions;
use crate::explain::ReadingForm;
use crate::failure::Failure;
use crate::output::{csv_field, make_folder, print, print_json, write_file};
use crate::progress::Progress;
use crate::show::euros;
use crate::table::{Align, Table};
use market::{AccountId, PostingKind};
use serde::Serialize;
use sim::calendar::format_instant;
use sim::invoice::{HEAD, Heading, Invoice, invoices, page, rows, totals};
use sim::statement::{Billed, Item, Names, Statements, months, read};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The form other programs rely on.
#[derive(Serialize)]
struct InvoicesForm {
    ledger: String,
    records: u64,
    root: String,
    currency: String,
    invoices: Vec<InvoiceForm>,
}

#[derive(Serialize)]
struct InvoiceForm {
    number: String,
    account: u32,
    member: Option<String>,
    from: String,
    until: String,
    sum_neur: i128,
    carried_in_neur: i128,
    amount_neur: i128,
    carried_out_neur: i128,
    at_tariff_neur: i128,
    totals: Vec<TotalForm>,
    payments: Vec<PaymentForm>,
    lines: Vec<LineForm>,
}

#[derive(Serialize)]
struct TotalForm {
    carrier: &'static str,
    line: &'static str,
    energy_wh: Option<i64>,
    money_neur: i128,
}

#[derive(Serialize)]
struct PaymentForm {
    record: u64,
    kind: &'static str,
    money_neur: i128,
}

#[derive(Serialize)]
struct LineForm {
    start: String,
    carrier: &'static str,
    meter: u32,
    reading: Option<ReadingForm>,
    correction: bool,
    replaces: Option<ReadingForm>,
    contracts: Vec<u64>,
    line: &'static str,
    side: &'static str,
    energy_wh: i64,
    price: Option<i64>,
    money_neur: i128,
    with_account: u32,
    record: u64,
}

/// Writes the invoices, or prints them as one object.
pub(crate) fn invoice(options: &InvoiceOptions) -> Result<(), Failure> {
    let ledger = options.ledger.as_path();
    let names = Names::beside(ledger);
    let wanted = wanted(options, &names)?;
    let mut progress = None;
    let hidden = options.quiet || options.json;
    let found = read(ledger, wanted.as_ref(), &mut |done, total| {
        progress.get_or_insert_with(|| Progress::new("reading", total, hidden)).at(done);
    })?;
    if let Some(progress) = progress {
        progress.done();
    }
    if let Some(missing) = wanted.iter().flatten().find(|account| account.0 >= found.accounts) {
        let what = names.find(&missing.0.to_string(), found.accounts).err().unwrap_or_default();
        return Err(Failure::input("--account", what));
    }
    let made = make(options, &found)?;
    let mut forms = Vec::new();
    let folder = options.out.clone().unwrap_or_else(|| beside(ledger));
    let write = options.out.is_some() || !options.json;
    if write {
        make_folder(&folder)?;
    }
    let mut table = Table::new(&[
        ("invoice", Align::Left),
        ("member", Align::Left),
        ("lines", Align::Right),
        ("sum", Align::Right),
        ("to pay", Align::Right),
    ]);
    for invoice in &made {
        if write {
            let name = folder.join(invoice.number());
            let text = page(invoice, &names, &ledger.display().to_string(), found.records);
            write_file(&name.with_extension("html"), &text)?;
            write_file(&name.with_extension("csv"), &csv(invoice, &names))?;
        }
        if options.json {
            forms.push(form(invoice, &names));
        } else {
            table.row([
                invoice.number(),
                names.of_account(invoice.account),
                invoice.billed.iter().map(|billed| billed.items.len()).sum::<usize>().to_string(),
                euros(invoice.rounding.sum),
                euros(invoice.rounding.amount),
            ]);
        }
    }
    if options.json {
        let currency = String::from_utf8_lossy(&found.community.currency).into_owned();
        let (ledger, root) = (ledger.display().to_string(), crate::output::hex(&found.root));
        return print_json(&InvoicesForm { ledger, records: found.records, root, currency, invoices: forms });
    }
    print(&format!(
        "{}\n  {} invoices in {}, each as .html and .csv\n",
        table.render(),
        made.len(),
        folder.display()
    ))
}

/// The accounts asked for; all where nobody is named.
fn wanted(options: &InvoiceOptions, names: &Names) -> Result<Option<BTreeSet<AccountId>>, Failure> {
    if let Some(name) = &options.member {
        // A name needs no account count: whoever is in the report is in the ledger.
        let account = names.find(name, u32::MAX).map_err(|what| Failure::input("--member", what))?;
        return Ok(Some([account].into()));
    }
    let Some(account) = options.account.map(AccountId) else { return Ok(None) };
    if account < AccountId::FIRST_MEMBER {
        let who = names.of_account(account);
        let what = format!("account {} is {who}: members begin at {}", account.0, AccountId::FIRST_MEMBER.0);
        return Err(Failure::input("--account", what));
    }
    Ok(Some([account].into()))
}

/// Every invoice of the time asked for. Those before it are computed too, for what they carry over.
fn make<'a>(options: &InvoiceOptions, found: &'a Statements) -> Result<Vec<Invoice<'a>>, Failure> {
    let Some((first, end)) = found.span else {
        return Err(Failure::input(
            options.ledger.display(),
            "nothing is settled yet, so there is nothing to invoice",
        ));
    };
    let offset = found.community.utc_offset;
    let statements = &found.statements;
    let last = statements.iter().flat_map(|statement| &statement.billed).map(|billed| billed.accounted());
    let paid = statements.iter().flat_map(|statement| &statement.payments).map(|payment| payment.time);
    let edges = [options.from, options.until].map(|day| day.map(|day| day.unix(offset)));
    let (from, until) = (edges[0].unwrap_or(0), edges[1].unwrap_or(u64::MAX));
    if from >= until {
        return Err(Failure::input(
            "--until",
            "is not after --from: write the first day after the last wanted one",
        ));
    }
    let start = paid.clone().fold(first, u64::min);
    let cuts: Vec<u64> = edges.into_iter().flatten().collect();
    let periods = months(start, last.chain(paid).fold(end - 1, u64::max), offset, &cuts);
    let mut made = Vec::new();
    for statement in statements {
        let all = invoices(&found.community, statement, &periods);
        let inside =
            all.into_iter().filter(|invoice| from <= invoice.period.from && invoice.period.until <= until);
        made.extend(inside.filter(|invoice| !invoice.billed.is_empty()));
    }
    if made.is_empty() {
        let [first, end] = [first, end].map(|instant| format_instant(instant, offset));
        let what = format!("nothing was billed in this time: the ledger covers {first} to {end}");
        return Err(Failure::input("--from, --until", what));
    }
    Ok(made)
}

fn csv(invoice: &Invoice<'_>, names: &Names) -> String {
    let mut text = HEAD.join(",") + "\n";
    for row in rows(invoice, names) {
        let fields: Vec<String> = row.iter().map(|field| csv_field(field)).collect();
        text += &(fields.join(",") + "\n");
    }
    text
}

fn form(invoice: &Invoice<'_>, names: &Names) -> InvoiceForm {
    let offset = invoice.community.utc_offset;
    let rounding = invoice.rounding;
    InvoiceForm {
        number: invoice.number(),
        account: invoice.account.0,
        member: names.get(invoice.account).map(str::to_owned),
        from: format_instant(invoice.period.from, offset),
        until: format_instant(invoice.period.until, offset),
        sum_neur: rounding.sum.0,
        carried_in_neur: rounding.carried_in.0,
        amount_neur: rounding.amount.0,
        carried_out_neur: rounding.carried_out.0,
        at_tariff_neur: invoice.at_tariff().0,
        totals: totals(invoice)
            .iter()
            .map(|total| TotalForm {
                carrier: total.carrier.name(),
                line: total.heading.name(),
                energy_wh: total.energy.map(|energy| energy.0),
                money_neur: total.money.0,
            })
            .collect(),
        payments: invoice
            .payments
            .iter()
            .map(|payment| PaymentForm {
                record: payment.record,
                kind: payment.name(),
                money_neur: payment.money.0,
            })
            .collect(),
        lines: lines(invoice),
    }
}

fn lines(invoice: &Invoice<'_>) -> Vec<LineForm> {
    let of = |billed: &Billed, item: &Item| {
        let own = billed.contracts.iter().filter(|contract| contract.side == item.side);
        let trade = item.kind == PostingKind::Trade;
        LineForm {
            start: format_instant(billed.interval.start, invoice.community.utc_offset),
            carrier: billed.carrier.name(),
            meter: billed.meter.0,
            reading: billed.reading.map(ReadingForm::from),
            correction: billed.correction,
            replaces: billed.replaces.map(ReadingForm::from),
            contracts: if trade { own.map(|contract| contract.record).collect() } else { Vec::new() },
            line: Heading::of(item).name(),
            side: item.side.name(),
            energy_wh: item.energy.0,
            price: item.price.map(|price| price.0),
            money_neur: item.money.0,
            with_account: item.with.0,
            record: billed.record,
        }
    };
    invoice.billed.iter().flat_map(|billed| billed.items.iter().map(move |item| of(billed, item))).collect()
}

/// Where invoices go unless told otherwise: a folder beside the ledger.
fn beside(ledger: &Path) -> PathBuf {
    let mut name = ledger.with_extension("").into_os_string();
    name.push("-invoices");
    PathBuf::from(name)
}
