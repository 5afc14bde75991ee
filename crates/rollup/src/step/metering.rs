//! Readings: what a meter counted in an interval.

use super::Done;
use super::delivery::delivery;
use super::leaf::{Meter, Position};
use super::place::Place;
use super::record::Compact;
use super::sign::{self, ReadingTerms, authenticate};
use super::store::{Store, get, put};
use super::trading::meter;
use market::Rejection;

/// A reading as its record names it.
pub(super) struct NewReading {
    pub slot: u8,
    pub rank: u32,
    pub import: u32,
    pub export: u32,
    pub sequence: Option<u64>,
    pub signature: Option<Compact>,
}

/// Puts a reading in force.
pub(super) fn read(store: &mut impl Store, new: &NewReading, forced: bool) -> Done {
    let NewReading { slot, rank, import, export, sequence, signature } = *new;
    let mut delivery = delivery(store, slot, Rejection::BadInterval)?;
    let known = meter(store, delivery.carrier, rank)?;
    let head = *store.head();
    let sequence = sequence.unwrap_or(known.sequence.wrapping_add(1));
    authenticate(&head, known.key, signature, forced, || {
        sign::reading(&ReadingTerms {
            meter: known.meter,
            start: delivery.start,
            duration: head.duration,
            import,
            export,
            sequence,
        })
    })?;
    if head.time < head.end(&delivery) {
        return Err(Rejection::TooEarly.into());
    }
    if u64::from(import) > known.import_capacity || u64::from(export) > known.export_capacity {
        return Err(Rejection::BadReading.into());
    }
    if sequence == 0 || sequence - 1 != known.sequence {
        return Err(Rejection::ReadingOutOfSequence.into());
    }
    let mut position: Position = get(store, Place::position(slot, rank))?;
    if position.read != 0 {
        return Err(Rejection::ReadingTwice.into());
    }
    position.read = 1;
    position.import = import.into();
    position.export = export.into();
    put(store, Place::position(slot, rank), &position)?;
    put(store, Place::meter(delivery.carrier, rank), &Meter { sequence, ..known })?;
    delivery.readings += 1;
    delivery.import += u64::from(import);
    delivery.export += u64::from(export);
    Ok(put(store, Place::delivery(slot), &delivery)?)
}
