//! Statements and invoices against a month worked out apart from the program, and against the ledger's own balances.

use ledger::{Central, Evidence, Ledger, Options};
use market::{AccountId, Money, PostingKind, Side};
use sim::invoice::{HEAD, Heading, Rounding, invoices, page, rows, totals};
use sim::scenario::Overrides;
use sim::statement::{Knowledge, Names, Statement, Statements, months, read};
use sim::{Scenario, run};
use std::path::{Path, PathBuf};

/// Plays a scenario into a file of its own, which goes when the test is over.
struct Played {
    path: PathBuf,
    scenario: Scenario,
    balances: Vec<[Money; 2]>,
}

impl Played {
    fn new(name: &str, days: u32) -> Self {
        let overrides = Overrides { days: Some(days), ..Overrides::default() };
        let scenario = Scenario::load(name, &overrides).unwrap_or_else(|error| panic!("{error}"));
        let file = format!("invoice-{name}-{days}-{:?}.sqlite", std::thread::current().id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
        let _ = std::fs::remove_file(&path); // of a test that was interrupted
        let mut ledger = Central::create(&path, Options::default()).unwrap();
        run(&scenario, &mut ledger, &mut ()).unwrap_or_else(|error| panic!("{error}"));
        let accounts = ledger.state().accounts();
        let balances = accounts.iter().map(|account| [account.balance, account.debt]).collect();
        Self { path, scenario, balances }
    }

    fn statements(&self) -> Statements {
        read(&self.path, None, &mut |_, _| {}).unwrap()
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path); // left behind it is in target/ and harmless
    }
}

fn case(file: &str) -> Vec<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/settlement/two_houses_month");
    let mut table = csv::Reader::from_path(folder.join(file)).unwrap();
    table.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn number(text: &str) -> i128 {
    text.parse().unwrap()
}

#[test]
fn a_month_of_two_houses_is_what_was_worked_out_apart_from_the_program() {
    let played = Played::new("two_houses", 30);
    let found = played.statements();
    let [sunny, neighbour] = found.statements.as_slice() else { panic!("two members") };

    let first = played.scenario.span.first;
    for row in case("intervals.csv") {
        let interval = first.later(number(&row[0]) as u64);
        let of = |statement: &Statement| {
            let billed = statement.billed.iter().find(|billed| billed.interval == interval);
            let net = billed.map_or(0, |billed| {
                let (import, export) = billed.counted();
                import.0 - export.0
            });
            let traded = billed.map_or(0, |billed| {
                billed.energy(PostingKind::Trade, Side::Buy).0
                    + billed.energy(PostingKind::Trade, Side::Sell).0
            });
            let price =
                billed.and_then(|billed| billed.contracts.first()?.price()).map(|price| price.0.to_string());
            (
                i128::from(net),
                i128::from(traded),
                price.unwrap_or_default(),
                billed.map_or(0, |b| b.total().0),
            )
        };
        let expected = |net: &str, paid: &str| (number(net), number(&row[3]), row[4].clone(), number(paid));
        assert_eq!(of(sunny), expected(&row[1], &row[5]), "Sunny house in step {}", row[0]);
        assert_eq!(of(neighbour), expected(&row[2], &row[6]), "Neighbour in step {}", row[0]);
    }

    for statement in [sunny, neighbour] {
        let mut rows = case("bills.csv");
        rows.retain(|row| number(&row[0]) == i128::from(statement.account.0));
        let mut sum = Money::ZERO;
        for row in rows {
            let of_kind = statement.billed.iter().flat_map(|billed| &billed.items).filter(|item| {
                let kind = match item.kind {
                    PostingKind::Trade => "trade",
                    PostingKind::Supply => "supply",
                    PostingKind::Imbalance => "imbalance",
                    PostingKind::GridFee => "grid_fee",
                    PostingKind::Levy => "levy",
                    _ => "other",
                };
                (kind, item.side.name()) == (&row[2], &row[3])
            });
            let (energy, money) = of_kind.fold((0, 0), |(energy, money), item| {
                (energy + i128::from(item.energy.0), money + item.money.0)
            });
            assert_eq!((energy, money), (number(&row[4]), number(&row[5])), "{row:?}");
            sum += Money(money);
        }
        assert_eq!(statement.total(), sum, "there is a line of another kind");
    }
}

/// Every invoice of a statement: the sums agree with the lines, the carried parts with each other.
fn check_invoices(found: &Statements, statement: &Statement, months_expected: usize) {
    let (first, end) = found.span.unwrap();
    let last = statement.billed.iter().map(|billed| billed.accounted()).fold(end - 1, u64::max);
    let periods = months(first, last, found.community.utc_offset, &[]);
    assert_eq!(periods.len(), months_expected);
    let all = invoices(&found.community, statement, &periods);
    let names = Names::default();
    let (mut carried, mut amounts, mut lines) = (Money::ZERO, Money::ZERO, 0);
    for invoice in &all {
        let Rounding { carried_in, sum, amount, carried_out } = invoice.rounding;
        assert_eq!(carried_in, carried, "what the last invoice left comes in");
        assert_eq!(carried_in + sum, amount + carried_out);
        assert_eq!(amount.0 % 10_000_000, 0, "whole cents");
        assert!(carried_out.0.abs() <= 5_000_000, "more than half a cent is carried");
        assert_eq!(totals(invoice).iter().map(|total| total.money).sum::<Money>(), sum);
        let column = |name: &str| HEAD.iter().position(|column| *column == name).unwrap();
        let rows: Vec<_> = rows(invoice, &names).collect();
        let of_rows = rows.iter().map(|row| number(&row[column("money_neur")])).sum();
        assert_eq!(Money(of_rows), sum);
        lines += rows.len();
        (carried, amounts) = (carried_out, amounts + amount);
        let page = page(invoice, &names, "a.sqlite", found.records);
        assert_eq!(page.matches("<tr><td>").count(), rows.len(), "every line is on paper");
    }
    assert_eq!(amounts + carried, statement.total(), "all invoices are all postings but what is carried");
    let items: usize = statement.billed.iter().map(|billed| billed.items.len()).sum();
    assert_eq!(lines, items, "every posting is in one invoice");
}

#[test]
fn invoices_of_several_months_are_the_postings_up_to_what_is_carried() {
    let played = Played::new("two_houses", 45); // June, July and August
    let found = played.statements();
    for statement in &found.statements {
        check_invoices(&found, statement, 3);
    }
}

#[test]
fn what_statements_say_is_what_the_accounts_hold() {
    for (name, days) in [("lime_street", 3), ("village", 1), ("heat_and_power", 1)] {
        let played = Played::new(name, days);
        let found = played.statements();
        let audit = ledger::audit(&played.path, &Evidence::default(), &mut |_, _| {}).unwrap();
        assert_eq!(audit.first_violation, None, "{name}");
        assert_eq!(audit.root, found.root, "{name}");
        assert_eq!(found.statements.len(), played.scenario.members.len());
        for statement in &found.statements {
            let [balance, _] = played.balances[statement.account.0 as usize];
            let paid_in: Money = statement.payments.iter().map(|payment| payment.money).sum();
            assert_eq!(paid_in - statement.total(), balance, "{name}, account {}", statement.account.0);
            check_invoices(&found, statement, 1);
        }
    }
}

#[test]
fn one_account_reads_the_same_as_all() {
    let played = Played::new("lime_street", 2);
    let all = played.statements();
    for statement in &all.statements {
        let alone = read(&played.path, Some(&[statement.account].into()), &mut |_, _| {}).unwrap();
        assert_eq!(alone.statements, std::slice::from_ref(statement));
        assert_eq!(alone.root, all.root);
    }
    let stranger = AccountId(all.accounts);
    let none = read(&played.path, Some(&[stranger].into()), &mut |_, _| {}).unwrap();
    assert!(none.statements.is_empty());
}

#[test]
fn late_readings_are_estimated_first_and_corrected_by_differences() {
    let played = Played::new("lime_street", 3);
    let found = played.statements();
    let (mut estimates, mut corrections) = (0, 0);
    for billed in found.statements.iter().flat_map(|statement| &statement.billed) {
        let known = billed.reading.map(|known| known.knowledge);
        estimates += usize::from(known == Some(Knowledge::Substituted) && !billed.correction);
        if let Some(old) = billed.replaces {
            assert!(billed.correction);
            let new = billed.reading.unwrap();
            assert!(new.record > old.record && new != old);
            corrections += 1;
        }
    }
    assert!(estimates > 20 && corrections > 20, "{estimates} estimates, {corrections} corrections");

    // By now every interval counts what its meter says: estimates and corrections sum to the last reading.
    let neighbour = &found.statements[6];
    let mut points = std::collections::BTreeMap::new();
    for billed in &neighbour.billed {
        let entry = points.entry(billed.interval.start).or_insert((0, 0, None));
        let (import, export) = billed.counted();
        *entry = (entry.0 + import.0, entry.1 + export.0, billed.reading);
    }
    assert!(points.len() > 100);
    for (start, (import, export, reading)) in points {
        let known = reading.unwrap();
        assert_eq!((import, export), (known.import.0, known.export.0), "the interval from {start}");
    }
}

#[test]
fn an_invoice_of_the_street_has_fees_by_distance_and_value_added_tax() {
    let played = Played::new("lime_street", 4);
    let found = played.statements();
    let (first, end) = found.span.unwrap();
    let periods = months(first, end - 1, found.community.utc_offset, &[]);
    let floor = &found.statements[2];
    let invoice = &invoices(&found.community, floor, &periods)[0];
    let headings: Vec<Heading> = totals(invoice).iter().map(|total| total.heading).collect();
    for heading in [Heading::Bought, Heading::GridFees, Heading::Vat, Heading::Sold, Heading::Corrections] {
        assert!(headings.contains(&heading), "no {}", heading.name());
    }
    let fees: std::collections::BTreeSet<i64> = floor
        .billed
        .iter()
        .flat_map(|billed| &billed.items)
        .filter(|item| item.kind == PostingKind::GridFee)
        .filter_map(|item| Some(item.price?.0))
        .collect();
    assert!(fees.is_superset(&[30_000, 47_100, 109_500].into()), "{fees:?}");
    // From the fourth day on the supplier is cheaper.
    let supplied: std::collections::BTreeSet<i64> = floor
        .billed
        .iter()
        .flat_map(|billed| &billed.items)
        .filter(|item| (item.kind, item.side) == (PostingKind::Supply, Side::Buy))
        .filter_map(|item| Some(item.price?.0))
        .collect();
    assert_eq!(supplied, [145_000, 160_400].into());
}
