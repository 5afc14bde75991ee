//! Coefficients of a full dynamic key: which part of a producer's generation each member is given, interval by interval.

use super::rows::List;
use super::{MeteredFile, WHOLE, parts};
use crate::failure::Failure;
use market::rule::sharing::Shares;
use std::path::Path;

/// Per row and producer, one coefficient per member, as parts of [`WHOLE`].
#[derive(Debug)]
pub(crate) struct Coefficients {
    members: usize,
    producers: usize,
    parts: Vec<u64>,
}

impl Coefficients {
    /// Reads columns `t,member,coefficient` and, where several generate, `producer`; a pair that is not named has
    /// the coefficient 0.
    pub(crate) fn read(path: &Path, file: &MeteredFile) -> Result<Self, Failure> {
        let mut list = List::read(path, &["t", "member", "coefficient"], &["producer"])?;
        let by_time = file.by_time();
        let (members, producers) = (file.members.len(), file.producers.len());
        let mut given: Vec<Option<u64>> = vec![None; file.rows.len() * producers * members];
        let mut last = vec![0; file.rows.len() * producers]; // the line that names the last coefficient of each
        for (line, cells) in std::mem::take(&mut list.rows) {
            let [t, member, coefficient, producer] = cells.try_into().expect("four columns were asked for");
            let before = list.problems.len();
            let row = file.row_at(&by_time, &t).unwrap_or_else(|what| {
                list.problem(line, "t", what);
                0
            });
            let member_at = file.members.iter().position(|known| *known == member);
            let producer_at = match producer.as_str() {
                "" if producers == 1 => Some(0),
                name => file.producers.iter().position(|known| known == name && !name.is_empty()),
            };
            if member_at.is_none() {
                list.problem(line, "member", format!("\"{member}\" has no column in the metered file"));
            }
            if producer_at.is_none() {
                let what = format!("\"{producer}\" generates nothing in the metered file");
                list.problem(line, "producer", what);
            }
            let part = parts(&coefficient).unwrap_or_else(|what| {
                list.problem(line, "coefficient", what);
                0
            });
            let (Some(member_at), Some(producer_at)) = (member_at, producer_at) else { continue };
            if list.problems.len() > before {
                continue;
            }
            let pool = row * producers + producer_at;
            if given[pool * members + member_at].replace(part).is_some() {
                let what = format!("\"{member}\" has a coefficient at this time already: remove one");
                list.problem(line, "member", what);
            }
            last[pool] = line;
        }
        let parts: Vec<u64> = given.into_iter().map(Option::unwrap_or_default).collect();
        for (coefficients, line) in parts.chunks(members).zip(last) {
            if Shares::new(coefficients, WHOLE).is_none() {
                let what = "the coefficients of this time and producer sum to more than 1: lower some";
                list.problem(line, "coefficient", what);
            }
        }
        list.finish(Self { members, producers, parts })
    }

    /// What the key takes for one row and producer.
    pub(crate) fn shares(&self, row: usize, producer: usize) -> Shares<'_> {
        let from = (row * self.producers + producer) * self.members;
        Shares::new(&self.parts[from..from + self.members], WHOLE)
            .expect("the sums were checked when the file was read")
    }
}
