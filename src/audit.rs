//! `wattle audit`: a ledger verified again from its first record.

use crate::cli::AuditOptions;
use crate::failure::Failure;

/// Verifies every record and prints a count per law.
pub(crate) fn audit(options: &AuditOptions) -> Result<(), Failure> {
    Err(Failure::input(options.log.display(), "auditing is not built yet"))
}
