//! What is kept of settled intervals where an agreement lets readings be corrected: enough to compute their bills
//! again, from the readings as they were billed and as they stand now.
//!
//! An interval is kept until its correction window is over and the same interval of the next week is settled, whose
//! missing readings it may have to stand in for. Without an agreement nothing is kept.

use super::Delivery;
use super::delivery::{Counted, Position};
use super::substitution::WEEK;
use crate::{Carrier, Energy, Hash, Location, keccak256};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// The settled intervals that may still be asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Archive {
    kept: BTreeMap<(u64, Carrier), Kept>,
    /// The hash over all of it; none where anything changed since.
    digest: Option<Hash>,
}

/// One carrier in one settled interval. Everything is by place among the carrier's meters.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// What was traded by orders; nothing where nobody traded.
    contracts: Vec<Contract>,
    /// How many metering points there were when metered energy was shared.
    sharers: usize,
    /// Of that, energy bought by distance, Wh, and where the metering points were; nothing where no tariff asks.
    distances: Vec<[Energy; 4]>,
    locations: Vec<Location>,
    /// What the meters counted, as it stands now.
    readings: Vec<Counted>,
    /// What was billed where that is something else.
    billed: BTreeMap<u32, Counted>,
    leaf: Option<Hash>,
}

/// What a metering point traded by orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Contract {
    bought: Energy,
    sold: Energy,
    paid: i64,
    received: i64,
}

impl Archive {
    /// A settled interval, if it is kept.
    pub(super) fn get(&self, carrier: Carrier, start: u64) -> Option<&Kept> {
        self.kept.get(&(start, carrier))
    }

    /// The last settled interval of a carrier, if it is kept.
    pub(super) fn last(&self, carrier: Carrier) -> Option<&Kept> {
        self.kept.iter().rev().find(|((_, other), _)| *other == carrier).map(|(_, kept)| kept)
    }

    /// When the oldest interval kept starts, Unix s.
    pub(super) fn first_start(&self) -> Option<u64> {
        self.kept.keys().next().map(|(start, _)| *start)
    }

    /// To change what is kept of an interval.
    pub(super) fn get_mut(&mut self, carrier: Carrier, start: u64) -> Option<&mut Kept> {
        self.digest = None;
        let kept = self.kept.get_mut(&(start, carrier))?;
        kept.leaf = None;
        Some(kept)
    }

    /// Keeps an interval that is settled now.
    pub(super) fn keep(&mut self, carrier: Carrier, start: u64, kept: Kept) {
        self.digest = None;
        self.kept.insert((start, carrier), kept);
    }

    /// Gives up the intervals of a carrier that start before `until` and more than a week before `settled`, unless a
    /// correction still waits for its bills.
    pub(super) fn give_up(&mut self, carrier: Carrier, settled: u64, until: u64) -> Vec<(u64, Kept)> {
        let until = until.min(settled.saturating_sub(WEEK));
        let old = self.kept.range(..(until, Carrier::Electricity));
        let of_carrier = |((start, other), kept): (&(u64, Carrier), &Kept)| {
            (*other == carrier && kept.billed.is_empty()).then_some(*start)
        };
        let starts: Vec<u64> = old.filter_map(of_carrier).collect();
        if !starts.is_empty() {
            self.digest = None;
        }
        starts.into_iter().filter_map(|start| Some((start, self.kept.remove(&(start, carrier))?))).collect()
    }

    /// One hash over everything kept; `None` where that is nothing.
    pub(super) fn digest(&mut self) -> Option<Hash> {
        if self.kept.is_empty() {
            return None;
        }
        if self.digest.is_none() {
            let mut bytes = Vec::new();
            for ((start, carrier), kept) in &mut self.kept {
                bytes.extend(start.to_be_bytes());
                bytes.push(*carrier as u8);
                bytes.extend(kept.leaf());
            }
            self.digest = Some(keccak256(&bytes));
        }
        self.digest
    }
}

impl Kept {
    /// What was traded by orders, before anything that is metered is shared. `locations` where distances matter.
    pub(super) fn traded(delivery: &Delivery, locations: Vec<Location>) -> Self {
        let traded: Vec<Contract> = delivery.positions.iter().map(Contract::of).collect();
        let nobody = traded.iter().all(|contract| *contract == Contract::default());
        let contracts = if nobody { Vec::new() } else { traded };
        let (sharers, distances) = (delivery.positions.len(), delivery.distances.clone());
        Self { contracts, sharers, distances, locations, ..Self::default() }
    }

    /// The interval is settled with these readings.
    pub(super) fn settled(self, readings: Vec<Counted>) -> Self {
        Self { readings, leaf: None, ..self }
    }

    /// How many metering points the carrier had.
    pub(super) fn meters(&self) -> usize {
        self.readings.len()
    }

    /// What stands for a metering point; `None` where it was not connected.
    pub(super) fn reading(&self, place: u32) -> Option<Counted> {
        self.readings.get(place as usize).copied()
    }

    /// Whether bills say something else than the readings.
    pub(super) fn awaits_bills(&self) -> bool {
        !self.billed.is_empty()
    }

    /// Another reading stands from now on.
    pub(super) fn correct(&mut self, place: u32, counted: Counted) {
        let Some(stands) = self.readings.get_mut(place as usize) else { return };
        let before = core::mem::replace(stands, counted);
        let billed = *self.billed.entry(place).or_insert(before);
        if (billed.import, billed.export) == (counted.import, counted.export) {
            self.billed.remove(&place);
        }
    }

    /// The bills say what the readings say.
    pub(super) fn is_billed(&mut self) {
        self.billed.clear();
    }

    /// The interval as it was when its orders were cleared.
    pub(super) fn delivery(&self) -> Delivery {
        let mut positions: Vec<Position> =
            self.contracts.iter().map(|contract| contract.position()).collect();
        positions.resize(self.readings.len(), Position::default());
        Delivery { positions, distances: self.distances.clone(), ..Delivery::default() }
    }

    /// How many metering points share what is metered: those connected later have no part in it.
    pub(super) fn sharers(&self) -> usize {
        self.sharers
    }

    /// Where the metering points were, by place; nothing where no tariff asked.
    pub(super) fn locations(&self) -> &[Location] {
        &self.locations
    }

    /// The readings as they stand.
    pub(super) fn readings(&self) -> Vec<Counted> {
        self.readings.clone()
    }

    /// The readings as they were billed.
    pub(super) fn billed(&self) -> Vec<Counted> {
        let mut billed = self.readings.clone();
        for (place, counted) in &self.billed {
            if let Some(own) = billed.get_mut(*place as usize) {
                *own = *counted;
            }
        }
        billed
    }

    /// The hash over all of it.
    pub(super) fn leaf(&mut self) -> Hash {
        if let Some(leaf) = self.leaf {
            return leaf;
        }
        let mut bytes = Vec::new();
        bytes.extend((self.sharers as u32).to_be_bytes());
        bytes.extend((self.readings.len() as u32).to_be_bytes());
        for counted in &self.readings {
            counted.write(&mut bytes);
        }
        bytes.extend((self.contracts.len() as u32).to_be_bytes());
        for Contract { bought, sold, paid, received } in &self.contracts {
            bytes.extend([bought.0, sold.0, *paid, *received].iter().flat_map(|number| number.to_be_bytes()));
        }
        bytes.extend((self.distances.len() as u32).to_be_bytes());
        bytes.extend(self.distances.iter().flatten().flat_map(|energy| energy.0.to_be_bytes()));
        bytes.extend((self.locations.len() as u32).to_be_bytes());
        bytes.extend(self.locations.iter().flat_map(|location| location.0.to_be_bytes()));
        for (place, counted) in &self.billed {
            bytes.extend(place.to_be_bytes());
            counted.write(&mut bytes);
        }
        *self.leaf.insert(keccak256(&bytes))
    }
}

impl Contract {
    fn of(position: &Position) -> Self {
        let Position { bought, sold, paid, received, .. } = *position;
        Self { bought, sold, paid, received }
    }

    fn position(self) -> Position {
        let Self { bought, sold, paid, received } = self;
        Position { bought, sold, paid, received, ..Position::default() }
    }
}

impl Counted {
    /// The fields in the state's root.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.push(1 | u8::from(self.estimated) << 1);
        out.extend(self.import.0.to_be_bytes());
        out.extend(self.export.0.to_be_bytes());
    }
}
