//! `wattle share`: one sharing key on metered data.

use crate::cli::ShareOptions;
use crate::failure::Failure;
use crate::metered::{self, MeteredFile, Time};
use crate::output::{print, print_json};
use crate::show::{kwh, percent};
use crate::table::{Align, Table};
use market::rule::sharing::{self, Shares};
use market::{Energy, SharingKey};
use serde::Serialize;

/// The form other programs rely on.
#[derive(Serialize)]
struct ShareForm<'a> {
    key: &'static str,
    rows: Vec<RowForm<'a>>,
}

#[derive(Serialize)]
struct RowForm<'a> {
    t: TimeForm<'a>,
    surplus_wh: i64,
    allocated: Vec<AllocatedForm<'a>>,
}

/// As the file wrote it.
#[derive(Serialize)]
#[serde(untagged)]
enum TimeForm<'a> {
    Number(i64),
    Instant(&'a str),
}

#[derive(Serialize)]
struct AllocatedForm<'a> {
    member: &'a str,
    energy_wh: i64,
    rest_wh: i64,
}

/// Shares every row's generation and shows who got what.
pub(crate) fn share(options: &ShareOptions) -> Result<(), Failure> {
    let file = metered::read(&options.metered)?;
    let shares = match (options.key, &options.shares) {
        (SharingKey::Static, Some(path)) => Some(metered::read_shares(path, &file.members)?),
        (SharingKey::Static, None) => {
            return Err(Failure::input(
                "--key static",
                "the static key needs every member's share: add --shares FILE with the columns member,share",
            ));
        }
        (_, Some(_)) => {
            return Err(Failure::input(
                "--shares",
                format!("the key {} takes no shares: leave --shares out", options.key.name()),
            ));
        }
        (_, None) => None,
    };
    let mut parts = Vec::new();
    let mut rows = Vec::with_capacity(file.rows.len());
    for (index, row) in file.rows.iter().enumerate() {
        let shares = shares.as_ref().map_or(Shares::NONE, metered::ShareFile::shares);
        let interval = file.interval(index);
        let rounding = options.rounding;
        sharing::share(options.key, shares, &row.consumption, row.generation, interval, rounding, &mut parts);
        let given: Energy = parts.iter().copied().sum();
        let allocated = file.members.iter().zip(&row.consumption).zip(&parts);
        rows.push(RowForm {
            t: match &row.time {
                Time::Number(number) => TimeForm::Number(*number),
                Time::Instant(text, _) => TimeForm::Instant(text),
            },
            surplus_wh: (row.generation - given).0,
            allocated: allocated
                .map(|((member, consumption), part)| AllocatedForm {
                    member,
                    energy_wh: part.0,
                    rest_wh: (*consumption - *part).0,
                })
                .collect(),
        });
    }
    let form = ShareForm { key: options.key.name(), rows };
    if options.json { print_json(&form) } else { print(&text(options, &file, &form)) }
}

/// Every member's sums, and the community's.
fn text(options: &ShareOptions, file: &MeteredFile, form: &ShareForm<'_>) -> String {
    let mut text = format!(
        "{}: key {}, {} intervals, {} members\n\n",
        options.metered.display(),
        form.key,
        file.rows.len(),
        file.members.len()
    );
    let right = Align::Right;
    let mut table = Table::new(&[
        ("member", Align::Left),
        ("consumed kWh", right),
        ("from the community kWh", right),
        ("from the grid kWh", right),
        ("covered %", right),
    ]);
    let mut sums = (0, 0);
    for (index, member) in file.members.iter().enumerate() {
        let got: i64 = form.rows.iter().map(|row| row.allocated[index].energy_wh).sum();
        let rest: i64 = form.rows.iter().map(|row| row.allocated[index].rest_wh).sum();
        sums = (sums.0 + got, sums.1 + rest);
        table.row(cells(member, got, rest));
    }
    table.gap();
    table.row(cells("all", sums.0, sums.1));
    text += &table.render();
    let generation: Energy = file.rows.iter().map(|row| row.generation).sum();
    let surplus: i64 = form.rows.iter().map(|row| row.surplus_wh).sum();
    let (generation, surplus) = (kwh(generation), kwh(Energy(surplus)));
    text +=
        &format!("\n  {generation} kWh were generated; {surplus} kWh of them found no member (surplus)\n");
    text
}

fn cells(member: &str, got: i64, rest: i64) -> [String; 5] {
    let consumed = got + rest;
    [
        member.to_owned(),
        kwh(Energy(consumed)),
        kwh(Energy(got)),
        kwh(Energy(rest)),
        percent(got.into(), consumed.into()),
    ]
}
