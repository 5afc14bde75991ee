//! The form other programs rely on.

use super::{Shared, SharedRow};
use crate::cli::ShareOptions;
use crate::metered::Time;
use serde::{Serialize, Serializer};

#[derive(Serialize)]
pub(super) struct ShareForm<'a> {
    key: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    community: Option<&'a str>,
    rows: Vec<RowForm<'a>>,
}

#[derive(Serialize)]
struct RowForm<'a> {
    t: TimeForm<'a>,
    surplus_wh: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    premium_neur: Option<i128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fund_neur: Option<i128>,
    allocated: Cells<'a>,
}

/// As the file wrote it.
#[derive(Serialize)]
#[serde(untagged)]
enum TimeForm<'a> {
    Number(i64),
    Instant(&'a str),
}

/// Every member's part; made while it is written, as a year of them would fill the memory.
struct Cells<'a> {
    shared: &'a Shared<'a>,
    row: &'a SharedRow,
}

#[derive(Serialize)]
struct AllocatedForm<'a> {
    member: &'a str,
    energy_wh: i64,
    rest_wh: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bought_wh: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    premium_neur: Option<i128>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    from: Vec<FromForm<'a>>,
}

#[derive(Serialize)]
struct FromForm<'a> {
    producer: &'a str,
    energy_wh: i64,
}

impl<'a> ShareForm<'a> {
    pub(super) fn of(options: &'a ShareOptions, shared: &'a Shared<'a>) -> Self {
        let row = |row: &'a SharedRow| {
            let paid = !row.premium.is_empty();
            RowForm {
                t: match shared.time(row) {
                    Time::Number(number) => TimeForm::Number(*number),
                    Time::Instant(text, _) => TimeForm::Instant(text),
                },
                surplus_wh: row.surplus().0,
                premium_neur: paid
                    .then(|| row.premium.iter().map(|money| money.0).sum::<i128>() + row.fund.0),
                fund_neur: paid.then_some(row.fund.0),
                allocated: Cells { shared, row },
            }
        };
        Self {
            key: options.key.name(),
            community: options.community.as_deref(),
            rows: shared.rows.iter().map(row).collect(),
        }
    }
}

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { shared, row } = self;
        serializer.collect_seq(shared.file.members.iter().enumerate().map(|(index, member)| AllocatedForm {
            member,
            energy_wh: row.energy[index].0,
            rest_wh: row.rest[index].0,
            bought_wh: row.bought.get(index).map(|energy| energy.0),
            premium_neur: row.premium.get(index).map(|money| money.0),
            from: row.from.get(index).map_or_else(Vec::new, |parts| {
                let producers = shared.file.producers.iter().zip(parts);
                producers.map(|(producer, energy)| FromForm { producer, energy_wh: energy.0 }).collect()
            }),
        }))
    }
}
