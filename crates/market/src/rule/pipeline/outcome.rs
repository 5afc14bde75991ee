//! What the auctions of a pipeline did, one by one and label by label.

use crate::{Energy, Price, Quality, Side, Stage};
use alloc::vec::Vec;

/// The auctions of a pipeline in their order, and what they mean for the labels. Empty under other rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Auctions {
    /// The auctions that count; of the rounds of `satisfy_preferences` the last.
    pub list: Vec<Auction>,
    /// Per [`Quality`], what became of it.
    pub labels: [LabelShare; 3],
    /// What they filled, auction by auction: those filled wholly, then those that share at the price, even if they
    /// got nothing.
    pub(super) parts: [Vec<Part>; 2],
    /// How many auctions of the claim were looked at, for explanations.
    pub(super) seen: usize,
}

/// One auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auction {
    /// The stage it belongs to.
    pub stage: Stage,
    /// The label its bids ask for; `None` where all meet all.
    pub label: Option<Quality>,
    /// What is paid, n€/Wh; `None` where nothing is traded.
    pub price: Option<Price>,
    /// The equilibrium prices, n€/Wh: [lo, hi]; zeros where nothing is traded.
    pub range: (Price, Price),
    /// Energy traded, Wh, ≥ 0.
    pub volume: Energy,
    /// Where its parts end, per side.
    pub(super) ends: [usize; 2],
}

/// How much energy of a label was asked for, offered and traded, Wh, ≥ 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LabelShare {
    /// Energy of the bids that ask for this label.
    pub asked: Energy,
    /// Energy of the offers that carry it.
    pub offered: Energy,
    /// Energy that the bids that ask for it bought, in all auctions.
    pub bought: Energy,
    /// The part of it that was bought in auctions which guarantee the label: all stages but `uniform_price`, where
    /// only [`Quality::Any`] is certain.
    pub delivered: Energy,
    /// Energy that the offers that carry it sold, to whomever.
    pub sold: Energy,
}

/// What an auction filled of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Position of the order in its side of the book.
    pub(super) position: u32,
    /// Wh, ≥ 0.
    pub(super) energy: Energy,
}

impl Auctions {
    /// Back to none.
    pub(in crate::rule) fn clear(&mut self) {
        self.list.clear();
        self.labels = Default::default();
        self.parts.iter_mut().for_each(Vec::clear);
        self.seen = 0;
    }

    /// Position and energy, Wh, > 0, of every order that auction number `number` of the list filled.
    pub fn fills(&self, number: usize, side: Side) -> impl Iterator<Item = (usize, Energy)> + '_ {
        let parts = self.parts_of(number, side).iter();
        parts.filter(|part| !part.energy.is_zero()).map(|part| (part.position as usize, part.energy))
    }

    /// The parts of one auction.
    pub(super) fn parts_of(&self, number: usize, side: Side) -> &[Part] {
        let end = |auction: &Auction| auction.ends.get(side as usize).copied().unwrap_or(0);
        let begin = number.checked_sub(1).and_then(|before| self.list.get(before)).map_or(0, end);
        let end = self.list.get(number).map_or(begin, end);
        self.parts.get(side as usize).and_then(|parts| parts.get(begin..end)).unwrap_or(&[])
    }
}

impl Stage {
    /// Whether its auctions deliver the label that a bid asks for, so that its premium counts.
    #[must_use]
    pub const fn guarantees(self) -> bool {
        !matches!(self, Self::UniformPrice)
    }

    /// What the bids of its auctions ask for, in their order; `None` where all meet all.
    #[must_use]
    pub const fn labels(self) -> &'static [Option<Quality>] {
        use Quality::{Any, GreenLocal, Local};
        match self {
            Self::Separate | Self::LowToHigh => &[Some(Any), Some(Local), Some(GreenLocal)],
            Self::HighToLow => &[Some(GreenLocal), Some(Local), Some(Any)],
            Self::SatisfyPreferences | Self::UniformPrice => &[None],
        }
    }

    /// Whether an offer of this label may serve bids of an auction for `asked`.
    #[must_use]
    pub fn admits(self, asked: Option<Quality>, offered: Quality) -> bool {
        match (self, asked) {
            (_, None) => true,
            (Self::Separate, Some(asked)) => offered == asked,
            (_, Some(asked)) => offered >= asked,
        }
    }
}
