//! What an order may ask for beside energy and a limit. Which rule grants which wish is a table:
//! [`crate::rule::RuleKind::grants`].

use crate::{AccountId, Energy, Location, Price, Quality};

/// An order's wishes; by default none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The label a bid asks for, or the label an offer can deliver.
    pub quality: Quality,
    /// How much better a bid's limit is where its wish is granted (its label delivered, its partner found), n€/Wh,
    /// ≥ 0; for an offer likewise, downwards, where its partner is found.
    pub premium: Price,
    /// The least it may be filled if at all, Wh, in [0, energy]; 0 for any fill.
    pub minimum: Energy,
    /// With whom it would rather trade; [`AccountId::WORLD`] for nobody in particular.
    pub partner: AccountId,
    /// By how much the limit worsens, in a straight line, from the first Wh of the order to the last, n€/Wh, ≥ 0.
    pub fall: Price,
    /// A block order runs over this many delivery intervals after its own, with the same energy in each; all or none.
    pub further: u16,
}

/// One step of a step curve: more energy at a worse limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The step's limit, n€/Wh; strictly worse than that of the step before.
    pub limit: Price,
    /// The step's energy, Wh, > 0.
    pub energy: Energy,
}

/// A kind of wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wish {
    /// [`Attributes::quality`] and its premium.
    Quality,
    /// [`Attributes::partner`] and its premium.
    Partner,
    /// [`Attributes::minimum`].
    Minimum,
    /// [`Attributes::fall`].
    Fall,
    /// [`Attributes::further`].
    Block,
    /// More than one [`Step`].
    Steps,
}

impl Wish {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Quality, Self::Partner, Self::Minimum, Self::Fall, Self::Block, Self::Steps];

    /// What it is called in files and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Partner => "partner",
            Self::Minimum => "min_fill_wh",
            Self::Fall => "fall",
            Self::Block => "block",
            Self::Steps => "curve",
        }
    }
}

impl Attributes {
    /// The kinds of wishes that are asked for.
    pub fn wishes(&self) -> impl Iterator<Item = Wish> + use<> {
        let Self { quality, premium, minimum, partner, fall, further } = *self;
        let partnered = partner != AccountId::WORLD;
        [
            (quality != Quality::Any || (premium != Price::ZERO && !partnered), Wish::Quality),
            (partnered, Wish::Partner),
            (minimum != Energy::ZERO, Wish::Minimum),
            (fall != Price::ZERO, Wish::Fall),
            (further != 0, Wish::Block),
        ]
        .into_iter()
        .filter_map(|(asked, wish)| asked.then_some(wish))
    }
}

/// What a book keeps of an order beside [`crate::BookOrder`], where its rule grants wishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The wishes.
    pub attributes: Attributes,
    /// Where its metering point lies.
    pub location: Location,
    /// A block order's place of arrival in the book of its first interval; its parts are found by it.
    pub block: u32,
    /// How many intervals after the block's first this part is.
    pub part: u16,
}
