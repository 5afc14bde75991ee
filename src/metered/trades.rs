//! Trades made before delivery: what they cover is not shared again.

use super::MeteredFile;
use super::rows::List;
use crate::failure::Failure;
use market::{Energy, MAX_ENERGY};
use std::path::Path;

/// Per row, what each member has bought from the community's generation, Wh.
#[derive(Debug)]
pub(crate) struct Trades {
    bought: Vec<Vec<Energy>>,
}

impl Trades {
    /// Reads columns `t,member,energy_wh`.
    pub(crate) fn read(path: &Path, file: &MeteredFile) -> Result<Self, Failure> {
        let mut list = List::read(path, &["t", "member", "energy_wh"], &[])?;
        let by_time = file.by_time();
        let mut bought: Vec<Vec<Option<Energy>>> = vec![vec![None; file.members.len()]; file.rows.len()];
        for (line, cells) in std::mem::take(&mut list.rows) {
            let [t, member, energy] = cells.try_into().expect("three columns were asked for");
            let row = file.row_at(&by_time, &t).map_err(|what| list.problem(line, "t", what)).ok();
            let place = file.members.iter().position(|known| *known == member);
            if place.is_none() {
                list.problem(line, "member", format!("\"{member}\" has no column in the metered file"));
            }
            let energy =
                energy.parse().ok().filter(|energy| (0..=MAX_ENERGY.0).contains(energy)).or_else(|| {
                    let what =
                        format!("\"{energy}\" is not a whole number of Wh from 0: write 1500 for 1.5 kWh");
                    list.problem(line, "energy_wh", what);
                    None
                });
            let (Some(row), Some(place), Some(energy)) = (row, place, energy) else { continue };
            if bought[row][place].replace(Energy(energy)).is_some() {
                let what = format!("\"{member}\" has bought at this time already: add the two up");
                list.problem(line, "member", what);
            }
        }
        let bought = bought.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect());
        let bought = bought.collect();
        list.finish(Self { bought })
    }

    /// What a row's members have bought, Wh.
    pub(crate) fn of(&self, row: usize) -> &[Energy] {
        &self.bought[row]
    }
}
