//! From when until when each version of a tariff holds: no instant without a price, none with two.

use super::reader::Section;
use super::time::Span;
use crate::calendar::{Instant, format_instant};

/// When a version says that it holds, Unix s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    /// From this instant on; always, where nothing is said.
    pub(super) from: Option<u64>,
    /// Until this instant; until the next version begins, or for good, where nothing is said.
    pub(super) until: Option<u64>,
}

impl Validity {
    /// `valid_from` and `valid_until`.
    pub(super) fn read(section: &Section<'_>, span: Option<&Span>) -> Self {
        let edge = |field: &'static str| {
            let instant = section.get::<Instant>(field)?;
            let duration = span.map_or(1, |span| u64::from(span.first.duration));
            if !instant.unix.is_multiple_of(duration) {
                let remedy = format!("begin at a multiple of {duration} s, such as midnight");
                section.fault(field, "is not where a delivery interval begins", remedy);
            }
            Some(instant.unix)
        };
        let validity = Self { from: edge("valid_from"), until: edge("valid_until") };
        if let Self { from: Some(from), until: Some(until) } = validity
            && from >= until
        {
            section.fault("valid_until", "is not after `valid_from`", "write a later instant");
        }
        validity
    }
}

/// Checks that the versions of the tariff `name`, in the order of the file, cover the scenario once.
pub(super) fn check(name: &str, versions: &[(&Section<'_>, Validity)], span: Option<&Span>) {
    let Some(span) = span else { return };
    let at = |instant| format_instant(instant, span.offset);
    let gap = |section: &Section<'_>, field: &str, from: u64, until: u64, remedy: String| {
        let what = format!("`{name}` has no prices from {} until {}", at(from), at(until));
        section.fault(field, what, remedy);
    };
    let (Some((first, _)), Some((last, _))) = (versions.first(), versions.last()) else { return };
    let begins = |validity: &Validity| validity.from.unwrap_or(0);
    for pair in versions.windows(2) {
        let ((_, one), (section, next)) = (&pair[0], &pair[1]);
        let Some(from) = next.from else {
            let what = format!("is missing, so it is not known when this version of `{name}` begins");
            section.fault("valid_from", what, "add `valid_from = \"…\"`");
            continue;
        };
        if from <= begins(one) {
            let what = format!("two versions of `{name}` hold from {}", at(from));
            section.fault(
                "valid_from",
                what,
                "put the versions in order, each beginning after the one before",
            );
            continue;
        }
        match one.until {
            Some(until) if until < from => {
                let remedy = format!(
                    "begin this version at {}, or let the one before hold until {}",
                    at(until),
                    at(from)
                );
                gap(section, "valid_from", until, from, remedy);
            }
            Some(until) if from < until => {
                let what = format!("two versions of `{name}` hold from {} until {}", at(from), at(until));
                section.fault("valid_from", what, format!("begin this version at {}", at(until)));
            }
            _ => {}
        }
    }
    let start = span.first.start;
    if let Some(from) = versions[0].1.from.filter(|from| start < *from) {
        let remedy = format!("let its first version begin at {} or earlier", at(start));
        gap(first, "valid_from", start, from, remedy);
    }
    if let Some(until) = versions[versions.len() - 1].1.until.filter(|until| *until < span.end()) {
        let remedy = format!("let its last version hold until {} or longer", at(span.end()));
        gap(last, "valid_until", until, span.end(), remedy);
    }
}
