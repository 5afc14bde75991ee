//! Shares: one part of the generation for each member.

use super::rows::List;
use super::{WHOLE, parts};
use crate::failure::Failure;
use market::rule::sharing::Shares;
use std::path::Path;

/// One share per member in the members' order, as parts of [`WHOLE`]; together at most that.
#[derive(Debug)]
pub(crate) struct ShareFile {
    pub(crate) parts: Vec<u64>,
}

impl ShareFile {
    /// What a key takes.
    pub(crate) fn shares(&self) -> Shares<'_> {
        Shares::new(&self.parts, WHOLE).expect("the sum was checked when the file was read")
    }

    /// Reads columns `member,share`: every member of the metered file once.
    pub(crate) fn read(path: &Path, members: &[String]) -> Result<Self, Failure> {
        let mut list = List::read(path, &["member", "share"], &[])?;
        let mut shares = vec![None; members.len()];
        let mut sum = 0;
        for (line, cells) in std::mem::take(&mut list.rows) {
            let [member, share] = cells.try_into().expect("two columns were asked for");
            let Some(place) = members.iter().position(|known| *known == member) else {
                list.problem(line, "member", format!("\"{member}\" has no column in the metered file"));
                continue;
            };
            if shares[place].is_some() {
                list.problem(line, "member", format!("\"{member}\" has a share already: remove one"));
                continue;
            }
            let part = parts(&share).unwrap_or_else(|what| {
                list.problem(line, "share", what);
                0
            });
            shares[place] = Some(part);
            if sum <= WHOLE && sum + part > WHOLE {
                list.problem(line, "share", "from here on the shares sum to more than 1: lower some");
            }
            sum += part;
        }
        for (member, part) in members.iter().zip(&shares) {
            if part.is_none() {
                list.file_problem(format!("\"{member}\" has no share: add a line, 0 if none"));
            }
        }
        let parts = shares.into_iter().map(Option::unwrap_or_default).collect();
        list.finish(Self { parts })
    }
}
