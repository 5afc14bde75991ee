//! `wattle audit`: a ledger verified again from its first record.

mod primary;

use crate::cli::AuditOptions;
use crate::failure::Failure;
use crate::output::{hex, print, print_json};
use crate::progress::Progress;
use crate::table::{Align, Table};
use ledger::{Audit, Evidence};
use serde::Serialize;

/// The form other programs rely on.
#[derive(Serialize)]
struct AuditForm<'a> {
    records: u64,
    segments: u64,
    root: String,
    laws: Vec<LawForm>,
    first_violation: Option<ViolationForm<'a>>,
}

#[derive(Serialize)]
struct LawForm {
    law: &'static str,
    checked: u64,
    violations: u64,
}

#[derive(Serialize)]
struct ViolationForm<'a> {
    record: u64,
    law: &'static str,
    reason: &'a str,
}

/// Verifies every record and prints a count per law; a violation is exit code 1.
pub(crate) fn audit(options: &AuditOptions) -> Result<(), Failure> {
    let Some(log) = &options.log else { return primary::audit(options) };
    let mut progress = None;
    let quiet = options.quiet;
    let audit = ledger::audit(log, &Evidence::default(), &mut |done, total| {
        progress.get_or_insert_with(|| Progress::new("auditing", total, quiet)).at(done);
    })?;
    if let Some(progress) = progress {
        progress.done();
    }
    if options.json {
        print_json(&form(&audit))?
    } else {
        print(&text(log, &audit))?
    }
    if audit.first_violation.is_some() { Err(Failure::Negative) } else { Ok(()) }
}

fn form(audit: &Audit) -> AuditForm<'_> {
    AuditForm {
        records: audit.records,
        segments: audit.segments,
        root: hex(&audit.root),
        laws: audit
            .laws
            .iter()
            .map(|count| LawForm {
                law: count.law.number(),
                checked: count.checked,
                violations: count.violations,
            })
            .collect(),
        first_violation: audit.first_violation.as_ref().map(|violation| ViolationForm {
            record: violation.record,
            law: violation.law.number(),
            reason: &violation.words,
        }),
    }
}

fn text(log: &std::path::Path, audit: &Audit) -> String {
    let mut table = Table::new(&[
        ("law", Align::Left),
        ("checked", Align::Right),
        ("violations", Align::Right),
        ("what it says", Align::Left),
    ]);
    for count in &audit.laws {
        table.row([
            count.law.number().to_owned(),
            count.checked.to_string(),
            count.violations.to_string(),
            count.law.words().to_owned(),
        ]);
    }
    let verdict = audit.first_violation.as_ref().map_or_else(
        || "every law holds".to_owned(),
        |violation| format!("the first violation: {violation}; later ones may follow from it"),
    );
    format!(
        "{}: {} records in {} commits, replayed from the first\n\n{}\n  root {}\n  {verdict}\n",
        log.display(),
        audit.records,
        audit.segments,
        table.render(),
        hex(&audit.root)
    )
}
