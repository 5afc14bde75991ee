//! Participation factors: which part of a metering point takes part in which community.
//!
//! A reading is cut by cumulative floor over its communities in the file's order, so that the parts sum to what takes
//! part at all, and every community finds the same cut.

use super::rows::List;
use super::{MeteredFile, WHOLE, parts};
use crate::failure::Failure;
use market::Energy;
use market::apportion::RunningFloor;
use std::path::Path;

/// Per column of the metered file, producers first, the factors of the communities before the one at hand, and its own.
#[derive(Debug)]
pub(crate) struct Factors {
    cuts: Vec<(u64, u64)>,
}

impl Factors {
    /// Reads columns `member,community,factor`. Every member has a factor for the community at hand; generation
    /// (`generation_wh`, `generation_wh:NAME`) takes part as a whole unless it has one too.
    pub(crate) fn read(path: &Path, community: &str, file: &MeteredFile) -> Result<Self, Failure> {
        let mut list = List::read(path, &["member", "community", "factor"], &[])?;
        let producer = |name: &String| match name.as_str() {
            "" => "generation_wh".to_owned(),
            name => format!("generation_wh:{name}"),
        };
        let columns: Vec<String> =
            file.producers.iter().map(producer).chain(file.members.iter().cloned()).collect();
        // Per column, communities with their factors, in the file's order.
        let mut factors: Vec<Vec<(String, u64)>> = vec![Vec::new(); columns.len()];
        for (line, cells) in std::mem::take(&mut list.rows) {
            let [member, of, factor] = cells.try_into().expect("three columns were asked for");
            let Some(place) = columns.iter().position(|known| *known == member) else {
                list.problem(line, "member", format!("\"{member}\" has no column in the metered file"));
                continue;
            };
            if factors[place].iter().any(|(known, _)| *known == of) {
                let what = format!("\"{member}\" has a factor for \"{of}\" already: remove one");
                list.problem(line, "community", what);
                continue;
            }
            let mut part = parts(&factor).unwrap_or_else(|what| {
                list.problem(line, "factor", what);
                0
            });
            if factors[place].iter().map(|(_, part)| part).sum::<u64>() + part > WHOLE {
                let what = format!("the factors of \"{member}\" sum to more than 1: lower some");
                list.problem(line, "factor", what);
                part = 0;
            }
            factors[place].push((of, part));
        }
        let mut cuts = Vec::with_capacity(columns.len());
        for (place, (column, factors)) in columns.iter().zip(&factors).enumerate() {
            let before = factors.iter().take_while(|(of, _)| of != community).map(|(_, part)| part).sum();
            let own = factors.iter().find(|(of, _)| of == community).map(|(_, part)| *part);
            let whole = (place < file.producers.len() && factors.is_empty()).then_some(WHOLE);
            let Some(own) = own.or(whole) else {
                list.file_problem(format!(
                    "\"{column}\" has no factor for \"{community}\": add a line, 0 if it takes no part"
                ));
                continue;
            };
            cuts.push((before, own));
        }
        list.finish(Self { cuts })
    }

    /// Leaves of every reading what takes part.
    pub(crate) fn cut(&self, file: &mut MeteredFile) {
        for row in &mut file.rows {
            for (energy, (before, own)) in
                row.generation.iter_mut().chain(&mut row.consumption).zip(&self.cuts)
            {
                let mut parts = RunningFloor::at((energy.0.unsigned_abs().into(), WHOLE.into()));
                let _ = parts.next((*before).into());
                *energy = Energy(parts.next((*own).into()) as i64);
            }
        }
    }
}
