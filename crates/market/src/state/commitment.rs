//! The root: one hash for the whole state.
//!
//! Indexed binary Merkle trees (keccak-256) over accounts, metering points and open deliveries; a delivery's leaf
//! holds the roots of its own trees over orders to buy, orders to sell (by place of arrival) and positions. Leaves
//! are fixed-width big-endian fields, laid out in `cases/encoding/`. Commands only mark what they touch; hashing
//! happens once per call of [`State::root`].

use super::archive::Kept;
use super::register::Shown;
use super::{Delivery, Position, State};
use crate::merkle::{self, Tree};
use crate::{
    Account, Arrangement, Attributes, Book, Details, Equipment, Hash, Meter, MeterId, Register, Side,
    keccak256,
};
use alloc::vec::Vec;

/// Depth of the trees over accounts, metering points, positions and each side of a book.
pub(super) const DEPTH: u8 = 20;
/// Depth of the tree over open deliveries.
const DELIVERY_DEPTH: u8 = 16;

/// Which leaves changed since the last root.
#[derive(Clone, Debug, Default)]
pub(super) struct Dirty {
    list: Vec<u32>,
    marked: Vec<bool>,
}

impl Dirty {
    pub(super) fn mark(&mut self, index: u32) {
        let place = index as usize;
        if place >= self.marked.len() {
            self.marked.resize(place + 1, false);
        }
        if let Some(marked) = self.marked.get_mut(place)
            && !*marked
        {
            *marked = true;
            self.list.push(index);
        }
    }

    fn take(&mut self, mut each: impl FnMut(u32)) {
        for index in self.list.drain(..) {
            if let Some(marked) = self.marked.get_mut(index as usize) {
                *marked = false;
            }
            each(index);
        }
    }
}

/// The trees and what has to be hashed again.
#[derive(Clone, Debug)]
pub(super) struct Commitment {
    pub(super) accounts: Tree,
    pub(super) meters: Tree,
    pub(super) accounts_dirty: Dirty,
    pub(super) meters_dirty: Dirty,
    /// Which leaves of the tree over deliveries are taken.
    slots: Vec<bool>,
    bytes: Vec<u8>,
    nodes: Vec<Hash>,
}

impl Default for Commitment {
    fn default() -> Self {
        Self {
            accounts: Tree::new(DEPTH),
            meters: Tree::new(DEPTH),
            accounts_dirty: Dirty::default(),
            meters_dirty: Dirty::default(),
            slots: Vec::new(),
            bytes: Vec::new(),
            nodes: Vec::new(),
        }
    }
}

impl Commitment {
    /// The lowest free leaf for a delivery; `None` where all are taken.
    pub(super) fn take_slot(&mut self) -> Option<u32> {
        let free = self.slots.iter().position(|taken| !taken).unwrap_or(self.slots.len());
        if free >= 1 << DELIVERY_DEPTH {
            return None;
        }
        if let Some(slot) = self.slots.get_mut(free) {
            *slot = true;
        } else {
            self.slots.push(true);
        }
        u32::try_from(free).ok()
    }

    /// Whether this many more deliveries find a leaf.
    pub(super) fn has_slots(&self, count: usize) -> bool {
        self.slots.iter().filter(|taken| **taken).count() + count <= 1 << DELIVERY_DEPTH
    }

    pub(super) fn give_slot(&mut self, slot: u32) {
        if let Some(taken) = self.slots.get_mut(slot as usize) {
            *taken = false;
        }
    }
}

impl State {
    /// keccak-256 of the roots of accounts, metering points and deliveries and of everything global.
    pub fn root(&mut self) -> Hash {
        keccak256(self.parts().as_flattened())
    }

    /// The four hashes that the root is made of.
    pub(super) fn parts(&mut self) -> [Hash; 4] {
        let Self { commitment, accounts, meters, registers, deliveries, .. } = self;
        let Commitment { accounts: account_tree, meters: meter_tree, bytes, nodes, slots, .. } = commitment;
        commitment.accounts_dirty.take(|index| {
            if let Some(account) = accounts.get(index as usize) {
                set(account_tree, index, hashed(bytes, |bytes| account_leaf(account, bytes)));
            }
        });
        commitment.meters_dirty.take(|index| {
            if let Some(meter) = meters.get(index as usize) {
                let shown = registers.get(&MeterId(index));
                set(meter_tree, index, hashed(bytes, |bytes| meter_leaf(meter, shown, bytes)));
            }
        });
        let mut leaves = alloc::vec![merkle::EMPTY; slots.len()];
        for ((start, carrier), delivery) in deliveries.iter_mut() {
            let key = (*start, *carrier as u8);
            let leaf = delivery_leaf(key, delivery, bytes, nodes);
            if let Some(place) = leaves.get_mut(delivery.slot as usize) {
                *place = leaf;
            }
        }
        let deliveries = merkle::root_of(leaves, DELIVERY_DEPTH, nodes);
        [commitment.accounts.root(), commitment.meters.root(), deliveries, self.globals()]
    }

    /// Everything that is not in a tree.
    fn globals(&mut self) -> Hash {
        let archive = self.archive.digest();
        let bytes = &mut self.commitment.bytes;
        bytes.clear();
        bytes.extend(self.community.as_ref().map_or([0; 32], |founded| founded.hash));
        bytes.extend(self.now.to_be_bytes());
        bytes.extend(self.operator_nonce.to_be_bytes());
        for until in self.settled_until {
            bytes.extend(until.to_be_bytes());
        }
        for published in &self.published {
            bytes.extend(published.first.to_be_bytes());
            bytes.extend((published.prices.len() as u32).to_be_bytes());
            for prices in &published.prices {
                bytes.extend(prices.import.0.to_be_bytes());
                bytes.extend(prices.export.0.to_be_bytes());
            }
        }
        bytes.extend(self.agreed.iter().flatten());
        bytes.extend(archive.iter().flatten());
        keccak256(bytes)
    }
}

fn set(tree: &mut Tree, index: u32, leaf: Hash) {
    debug_assert!(index < 1 << DEPTH, "registration refuses more members than the tree has leaves");
    let _ = tree.set(index, leaf);
}

fn hashed(bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> Hash {
    bytes.clear();
    write(bytes);
    keccak256(bytes)
}

pub(super) fn account_leaf(account: &Account, out: &mut Vec<u8>) {
    let mut delegates = [0; 32];
    if !account.delegates.is_empty() {
        delegates = hashed(out, |out| {
            for delegate in &account.delegates {
                out.extend(delegate.address.0);
                out.extend(delegate.expires.to_be_bytes());
            }
        });
        out.clear();
    }
    out.extend(account.address.0);
    out.extend(account.balance.0.to_be_bytes());
    out.extend(account.holds.0.to_be_bytes());
    out.extend(account.debt.0.to_be_bytes());
    out.extend(account.nonce.to_be_bytes());
    out.extend(delegates);
}

pub(super) fn meter_leaf(meter: &Meter, shown: Option<&Shown>, out: &mut Vec<u8>) {
    let terms = &meter.terms;
    out.extend(terms.account.0.to_be_bytes());
    out.push(terms.carrier as u8);
    out.extend(terms.key.0);
    out.extend(terms.import_capacity.0.to_be_bytes());
    out.extend(terms.export_capacity.0.to_be_bytes());
    out.extend(terms.tariff.0.to_be_bytes());
    out.extend(terms.share.to_be_bytes());
    out.extend(meter.sequence.to_be_bytes());
    let equipped = meter.equipment != Equipment::default();
    if equipped || meter.location != crate::Location::default() {
        out.extend(meter.location.0.to_be_bytes());
    }
    if equipped {
        let modulus = match meter.equipment.register {
            Register::Interval => 0,
            Register::Cumulative { modulus } => modulus,
        };
        let (kind, front, share) = match meter.equipment.arrangement {
            Arrangement::Direct => (0, 0, 0),
            Arrangement::Sub { main } => (1, main.0, 0),
            Arrangement::Virtual { source, share } => (2, source.0, share),
        };
        out.extend(modulus.to_be_bytes());
        out.push(kind);
        out.extend(front.to_be_bytes());
        out.extend(share.to_be_bytes());
    }
    if let Some(Shown { since, time, energy, carried }) = shown {
        out.extend(since.to_be_bytes());
        out.extend(time.to_be_bytes());
        out.extend(energy.iter().flat_map(|energy| energy.to_be_bytes()));
        out.extend(carried.iter().flat_map(|energy| energy.0.to_be_bytes()));
    }
}

fn delivery_leaf(
    (start, carrier): (u64, u8),
    delivery: &mut Delivery,
    bytes: &mut Vec<u8>,
    nodes: &mut Vec<Hash>,
) -> Hash {
    if !delivery.dirty {
        return delivery.leaf;
    }
    let distances = delivery.distances.iter().map(Some).chain(core::iter::repeat(None));
    let points = delivery.positions.iter().zip(&delivery.readings).zip(distances);
    let leaves = points.map(|((position, reading), distances)| {
        if reading.is_none() && *position == Position::default() {
            return merkle::EMPTY;
        }
        hashed(bytes, |out| {
            position_leaf(position, out);
            match reading {
                Some(counted) => counted.write(out),
                None => out.extend([0; 17]),
            }
            out.extend(distances.into_iter().flatten().flat_map(|energy| energy.0.to_be_bytes()));
        })
    });
    let positions = merkle::root_of(leaves, DEPTH, nodes);
    let orders = Side::ALL.map(|side| orders_root(&delivery.book, side, bytes, nodes));
    let contracts = delivery.contracts.as_mut().map(Kept::leaf);
    let offers = (!delivery.offers.is_empty()).then(|| hashed(bytes, |out| delivery.offers.write(out)));
    delivery.leaf = hashed(bytes, |out| {
        out.push(carrier);
        out.extend(start.to_be_bytes());
        out.extend(delivery.arrivals.as_slice().iter().flat_map(|count| count.to_be_bytes()));
        // The bits say what follows, so that no two states have one leaf.
        let there = [delivery.frozen, delivery.shared, contracts.is_some(), offers.is_some()];
        out.push(there.iter().rev().fold(0, |bits, bit| bits << 1 | u8::from(*bit)));
        out.extend(delivery.rounds.to_be_bytes());
        out.extend(orders.as_flattened());
        out.extend(positions);
        out.extend(contracts.iter().flatten());
        out.extend(offers.iter().flatten());
    });
    delivery.dirty = false;
    delivery.leaf
}

fn position_leaf(position: &Position, out: &mut Vec<u8>) {
    let Position { bought, sold, paid, received, open_buy, open_sell, hold } = position;
    for number in [bought.0, sold.0, *paid, *received, open_buy.0, open_sell.0, *hold] {
        out.extend(number.to_be_bytes());
    }
}

/// The tree of one side of a book: leaf i is the order that arrived as number i, zero once it has left.
fn orders_root(book: &Book, side: Side, bytes: &mut Vec<u8>, nodes: &mut Vec<Hash>) -> Hash {
    let mut next = 0;
    let wishes = book.details.get(side as usize).is_some_and(|details| !details.is_empty());
    let leaves = book.orders(side).iter().enumerate().flat_map(|(position, order)| {
        let gone = order.arrival - next;
        next = order.arrival + 1;
        let leaf = hashed(bytes, |out| {
            out.extend(order.limit.0.to_be_bytes());
            out.extend(order.energy.0.to_be_bytes());
            out.extend(order.account.0.to_be_bytes());
            out.extend(order.meter.0.to_be_bytes());
            out.extend(order.arrival.to_be_bytes());
            out.push(order.time_in_force as u8);
            if wishes {
                details_leaf(&book.details(side, position), out);
            }
        });
        core::iter::repeat_n(merkle::EMPTY, gone as usize).chain(core::iter::once(leaf))
    });
    merkle::root_of(leaves, DEPTH, nodes)
}

/// What follows an order in its leaf where the rule grants wishes.
fn details_leaf(details: &Details, out: &mut Vec<u8>) {
    let Details { attributes, location, block, part } = details;
    let Attributes { quality, premium, minimum, partner, fall, further } = attributes;
    out.push(*quality as u8);
    out.extend(premium.0.to_be_bytes());
    out.extend(minimum.0.to_be_bytes());
    out.extend(partner.0.to_be_bytes());
    out.extend(fall.0.to_be_bytes());
    out.extend(further.to_be_bytes());
    out.extend(location.0.to_be_bytes());
    out.extend(block.to_be_bytes());
    out.extend(part.to_be_bytes());
}
