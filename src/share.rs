//! `wattle share`: one sharing key on metered data.

mod export;
mod form;
mod plan;

pub(crate) use export::Country;

use crate::cli::ShareOptions;
use crate::failure::Failure;
use crate::metered::{self, MeteredFile, Time};
use crate::output::{print, print_json};
use crate::show::{euros, kwh, percent};
use crate::table::{Align, Table};
use form::ShareForm;
use market::{Energy, Money};
use plan::Plan;

/// Who got what, interval by interval; hour by hour under `incentive`.
struct Shared<'a> {
    file: &'a MeteredFile,
    rows: Vec<SharedRow>,
}

/// One interval, or one hour.
struct SharedRow {
    /// The first row of the file that belongs to it.
    first: usize,
    /// What was there to be shared, Wh.
    generation: Energy,
    /// Per member, what it got, Wh.
    energy: Vec<Energy>,
    /// Per member, what remained for its supplier, Wh.
    rest: Vec<Energy>,
    /// Per member and producer, from whom it came, Wh; empty where one generates.
    from: Vec<Vec<Energy>>,
    /// Per member, what it had bought before delivery, Wh; empty where nothing was.
    bought: Vec<Energy>,
    /// Per member, its premium, n€; empty where there is none.
    premium: Vec<Money>,
    /// What is left of the premium for the community, n€.
    fund: Money,
}

impl SharedRow {
    fn surplus(&self) -> Energy {
        self.generation - self.energy.iter().copied().sum()
    }
}

impl Shared<'_> {
    fn time(&self, row: &SharedRow) -> &Time {
        &self.file.rows[row.first].time
    }

    /// A sum over all rows.
    fn sum<T: std::iter::Sum>(&self, of: impl Fn(&SharedRow) -> T) -> T {
        self.rows.iter().map(of).sum()
    }
}

/// Shares every row's generation and shows who got what.
pub(crate) fn share(options: &ShareOptions) -> Result<(), Failure> {
    let mut file = metered::read(&options.metered)?;
    let plan = Plan::read(options, &mut file)?;
    let shared = Shared { rows: plan.rows(options, &file), file: &file };
    if let (Some(country), Some(folder)) = (options.export, &options.out) {
        export::write(country, folder, &shared, plan.shares(options))?;
    }
    if options.json { print_json(&ShareForm::of(options, &shared)) } else { print(&text(options, &shared)) }
}

/// Every member's sums, and the community's.
fn text(options: &ShareOptions, shared: &Shared<'_>) -> String {
    let members = &shared.file.members;
    let mut text = format!(
        "{}: key {}, {} intervals, {} members\n\n",
        options.metered.display(),
        options.key.name(),
        shared.file.rows.len(),
        members.len()
    );
    let right = Align::Right;
    let mut columns = vec![
        ("member", Align::Left),
        ("consumed kWh", right),
        ("from the community kWh", right),
        ("from the grid kWh", right),
        ("covered %", right),
    ];
    if options.after.is_some() {
        columns.insert(2, ("bought before kWh", right));
    }
    if options.premium.is_some() {
        columns.push(("premium €", right));
    }
    let mut table = Table::new(&columns);
    let mut all = Sums::default();
    let cells = |name: &str, sums: &Sums| {
        let covered = sums.consumed - sums.rest;
        let mut cells = vec![
            name.to_owned(),
            kwh(sums.consumed),
            kwh(sums.got),
            kwh(sums.rest),
            percent(covered.0.into(), sums.consumed.0.into()),
        ];
        if options.after.is_some() {
            cells.insert(2, kwh(sums.bought));
        }
        if options.premium.is_some() {
            cells.push(euros(sums.premium));
        }
        cells
    };
    for (index, member) in members.iter().enumerate() {
        let sums = Sums::of(shared, index);
        table.row(cells(member, &sums));
        all.add(&sums);
    }
    table.gap();
    table.row(cells("all", &all));
    text += &table.render();
    let generation = kwh(shared.sum(|row| row.generation));
    let surplus = kwh(shared.sum(SharedRow::surplus));
    let left = if options.after.is_some() { "were left to share" } else { "were generated" };
    text += &format!("\n  {generation} kWh {left}; {surplus} kWh of them found no member (surplus)\n");
    let fund: Money = shared.sum(|row| row.fund);
    if !fund.is_zero() {
        text += &format!("  {} € of the premium are left to the community\n", euros(fund));
    }
    text
}

/// A member's sums over all rows.
#[derive(Default)]
struct Sums {
    consumed: Energy,
    bought: Energy,
    got: Energy,
    rest: Energy,
    premium: Money,
}

impl Sums {
    fn of(shared: &Shared<'_>, member: usize) -> Self {
        Self {
            consumed: shared.file.rows.iter().map(|row| row.consumption[member]).sum(),
            bought: shared.sum(|row| row.bought.get(member).copied().unwrap_or_default()),
            got: shared.sum(|row| row.energy[member]),
            rest: shared.sum(|row| row.rest[member]),
            premium: shared.sum(|row| row.premium.get(member).copied().unwrap_or_default()),
        }
    }

    fn add(&mut self, other: &Self) {
        self.consumed += other.consumed;
        self.bought += other.bought;
        self.got += other.got;
        self.rest += other.rest;
        self.premium += other.premium;
    }
}
