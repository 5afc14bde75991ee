//! Execution: a segment's records, one after the other.

use super::accounts::{Payment, connect, deposit, open_account, tick, transfer, withdraw};
use super::auction::{Claim, clear};
use super::delivery::{close, open, publish};
use super::leaf::Meter;
use super::metering::{NewReading, read};
use super::queue::{Item, link};
use super::record::{Record, weigh};
use super::store::{Lack, Store};
use super::trading::{Cancellation, NewOrder, cancel, place};
use super::{Context, Done, Report, Stop, lapse, listing, settlement, sharing, work};
use market::Rejection;

/// Carries a segment's records out.
///
/// `items` are the items of the queue that it consumes, one after the other and nothing else.
///
/// # Errors
/// Where the store does not have a leaf, or `items` are not these; the store's content means nothing then.
pub fn execute(
    store: &mut impl Store,
    context: &Context,
    records: &[u8],
    items: &[u8],
) -> Result<Report, Lack> {
    let from = store.head().queue;
    let mut report = Report { from, to: from, chain: context.chain, ..Report::default() };
    let signed = store.head().is_signed();
    let mut items = items;
    if weigh(records, signed).is_some() {
        let mut rest = records;
        while let Some((record, after)) = Record::decode(rest, signed) {
            rest = after;
            let outcome = carry_out(store, context, &record, &mut items, &mut report);
            let refusal = match outcome {
                Ok(refusal) => refusal,
                Err(Stop::Refused(refusal)) => Some(refusal),
                Err(Stop::Lacks(lack)) => return Err(lack),
            };
            report.outcomes.push(refusal);
        }
    } else {
        report.void = true;
    }
    if !items.is_empty() {
        return Err(Lack::Items);
    }
    report.to = store.head().queue;
    Ok(report)
}

/// Carries one record out. While work goes on nothing else may happen but ticks.
fn carry_out(
    store: &mut impl Store,
    context: &Context,
    record: &Record<'_>,
    items: &mut &[u8],
    report: &mut Report,
) -> Done<Option<Rejection>> {
    match *record {
        Record::Tick { time } => return tick(store, context, time).map(|()| None),
        Record::Advance { items } => return work::advance(store, items),
        Record::Merit { arrivals } => return listing::merit(store, arrivals),
        _ if store.head().work != 0 => return Err(Rejection::BookFrozen.into()),
        _ => (),
    }
    match *record {
        Record::Queue { count } => queue(store, context, count, items, report)?,
        Record::Account { address } => open_account(store, address)?,
        Record::Meter { account, carrier, key, import_capacity, export_capacity, tariff, share } => {
            let meter =
                Meter { key, account, tariff, import_capacity, export_capacity, share, ..Meter::default() };
            connect(store, carrier, meter)?;
        }
        Record::Open { slot, carrier, start, after } => open(store, slot, carrier, start, after)?,
        Record::Publish { slot, tariff, import, export } => publish(store, slot, tariff, import, export)?,
        Record::Close { slot } => close(store, slot)?,
        Record::Clear { slot, equilibrium, price } => {
            clear(store, slot, Claim::At { equilibrium, price })?;
        }
        Record::Nothing { slot } => clear(store, slot, Claim::Nothing)?,
        Record::Share { slot } => sharing::share(store, slot)?,
        Record::Settle { slot } => settlement::begin(store, slot)?,
        Record::Lapse { slot } => lapse::begin(store, slot)?,
        _ => personal(store, record, false)?,
    }
    Ok(None)
}

/// Carries out what members and meters ask for.
fn personal(store: &mut impl Store, record: &Record<'_>, forced: bool) -> Done {
    match *record {
        Record::Order { slot, rank, energy, limit, side, until_gate, nonce, signature } => {
            place(store, &NewOrder { slot, rank, energy, limit, side, until_gate, nonce, signature }, forced)
        }
        Record::Cancel { slot, arrival, side, nonce, signature } => {
            cancel(store, &Cancellation { slot, arrival, side, nonce, signature }, forced)
        }
        Record::Withdraw { account, amount, nonce, signature } => {
            withdraw(store, &Payment { from: account, amount, nonce, signature }, forced)
        }
        Record::Transfer { from, to, amount, nonce, signature } => {
            transfer(store, &Payment { from, amount, nonce, signature }, to, forced)
        }
        Record::Reading { slot, rank, import, export, sequence, signature } => {
            read(store, &NewReading { slot, rank, import, export, sequence, signature }, forced)
        }
        _ => Err(Rejection::Malformed.into()),
    }
}

/// Carries out items of the primary chain's queue. One that begins work is the last.
fn queue(
    store: &mut impl Store,
    context: &Context,
    count: u8,
    items: &mut &[u8],
    report: &mut Report,
) -> Done {
    if store.head().queue.saturating_add(u64::from(count)) > context.available {
        return Err(Rejection::TooMany.into());
    }
    for _ in 0..count {
        if store.head().work != 0 {
            break;
        }
        let (item, bytes, rest) = Item::decode(items).ok_or(Lack::Items)?;
        *items = rest;
        report.chain = link(&report.chain, bytes);
        let outcome = match item {
            Item::Deposit { account, amount, sender, .. } => deposit(store, account, amount, sender),
            Item::Forced { record, .. } => force(store, record),
        };
        let refusal = match outcome {
            Ok(()) => None,
            Err(Stop::Refused(refusal)) => Some(refusal),
            Err(lacks) => return Err(lacks),
        };
        report.items.push(refusal);
        let mut head = *store.head();
        head.queue += 1;
        store.set_head(head);
    }
    Ok(())
}

/// Carries out a record that somebody forced in: a personal one with its signature, or a lapse. Others do nothing.
fn force(store: &mut impl Store, bytes: &[u8]) -> Done {
    match Record::decode(bytes, true) {
        Some((Record::Lapse { slot }, [])) => lapse::begin(store, slot),
        Some((record, [])) => personal(store, &record, true),
        _ => Err(Rejection::Malformed.into()),
    }
}
