//! `wattle audit --primary`: the dual chain verified again from what its primary chain has.

use crate::cli::AuditOptions;
use crate::failure::Failure;
use crate::output::{hex, print, print_json};
use crate::table::{Align, Table};
use rollup::audit::{Audit, audit_with as verify};
use rollup::sequencer::Hex;
use serde::Serialize;
use sim::report::text::whole;

/// The form other programs rely on.
#[derive(Serialize)]
struct PrimaryForm {
    chain_id: u64,
    contract: String,
    data_mode: &'static str,
    block: u64,
    batches: u64,
    final_batches: u64,
    open_inputs: u64,
    fallen: u64,
    segments: u64,
    record_bytes: u64,
    records: std::collections::BTreeMap<&'static str, u64>,
    queue: u64,
    queue_carried_out: u64,
    accounts: u32,
    metering_points: u32,
    withdrawals: u32,
    balances_neur: i128,
    holds_neur: i128,
    held_wei: u128,
    root: String,
    final_root: String,
    wrong_batch: Option<u64>,
    wrong_segment: Option<u32>,
    doubt: Option<String>,
}

/// Derives everything from the primary chain and prints it; a root that does not follow is exit code 1.
pub(super) fn audit(options: &AuditOptions) -> Result<(), Failure> {
    let source = options.primary.as_deref().unwrap_or_default();
    let mut chain = crate::primary::open(source)?;
    let contract = crate::primary::contract(source, options.contract)?;
    let key = options.key.as_deref().map(crate::keys::read).transpose()?;
    let found =
        verify(&mut *chain, contract, key).map_err(|error| crate::primary::founding(source, &error))?;
    if options.json {
        print_json(&form(&found))?;
    } else {
        print(&text(source, &found))?;
    }
    if found.is_clean() { Ok(()) } else { Err(Failure::Negative) }
}

fn form(audit: &Audit) -> PrimaryForm {
    PrimaryForm {
        chain_id: audit.chain_id,
        contract: Hex(audit.contract).to_string(),
        data_mode: audit.mode.name(),
        block: audit.block,
        batches: audit.batches,
        final_batches: audit.finalised,
        open_inputs: audit.open,
        fallen: audit.fallen,
        segments: audit.segments,
        record_bytes: audit.bytes,
        records: audit.records.clone(),
        queue: audit.queue.0,
        queue_carried_out: audit.queue.1,
        accounts: audit.accounts,
        metering_points: audit.meters,
        withdrawals: audit.withdrawals,
        balances_neur: audit.balances,
        holds_neur: audit.holds,
        held_wei: audit.held,
        root: hex(&audit.root),
        final_root: hex(&audit.final_root),
        wrong_batch: audit.wrong.map(|(batch, _)| batch),
        wrong_segment: audit.wrong.map(|(_, segment)| segment),
        doubt: audit.doubt.clone(),
    }
}

fn text(source: &str, audit: &Audit) -> String {
    let mut table = Table::new(&[("records", Align::Left), ("", Align::Right)]);
    for (kind, count) in &audit.records {
        table.row([(*kind).to_owned(), count.to_string()]);
    }
    let line = |name: &str, what: String| format!("  {name:<16}{what}\n");
    let mut text = format!(
        "{source}: contract {} on chain {}, up to block {}\n\n{}\n",
        Hex(audit.contract),
        audit.chain_id,
        audit.block,
        table.render()
    );
    let open =
        if audit.open > 0 { format!(", {} inputs wait for new roots", audit.open) } else { String::new() };
    text += &line("data", audit.mode.words().to_owned());
    text += &line(
        "batches",
        format!(
            "{}, {} of them final, {} fell by a proof{open}",
            audit.batches, audit.finalised, audit.fallen
        ),
    );
    text += &line(
        "roots",
        format!(
            "{} compared, one after each segment; {} bytes of records",
            audit.segments,
            whole(audit.bytes.into())
        ),
    );
    text += &line("queue", format!("{} items, {} carried out", audit.queue.0, audit.queue.1));
    text += &line(
        "accounts",
        format!("{}, {} metering points, {} withdrawals", audit.accounts, audit.meters, audit.withdrawals),
    );
    text += &line(
        "balances",
        format!(
            "{} n€ in sum, {} n€ of it promised to orders and trades",
            whole(audit.balances),
            whole(audit.holds)
        ),
    );
    text += &line("root", hex(&audit.root));
    text += &line("final root", hex(&audit.final_root));
    let verdict = match (&audit.wrong, &audit.doubt) {
        (Some((batch, segment)), _) => {
            format!("batch {batch}, segment {segment}: its root does not follow; wattle watch can prove it")
        }
        (None, Some(doubt)) => format!("not everything could be verified: {doubt}"),
        (None, None) if !audit.is_clean() => {
            format!("the balances do not sum up to the {} n€ that the state says", audit.money)
        }
        (None, None) => "every root follows from what was posted before it".to_owned(),
    };
    text + &format!("  {verdict}\n")
}
