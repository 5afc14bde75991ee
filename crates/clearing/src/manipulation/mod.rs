//! Manipulation gain: what a member can win by not telling the truth, the others telling theirs.
//!
//! A member's recorded orders (or readings) are taken as its true wishes. The search tries a finite list of lies,
//! clears or shares once more for each, settles, and keeps the best of each kind:
//!
//! | kind | orders | readings |
//! |---|---|---|
//! | price | another limit, from all limits of the book and one n€/Wh beside them | – |
//! | quantity | more energy than wanted | more energy drawn than needed |
//! | withholding | less energy, or an order left out | less energy given, or needs unmet |
//! | false names | the order divided, at one or two prices; an order of nobody | the metering point divided |
//! | wash trade | bought from oneself | given at one point and taken at another |
//!
//! Lies are valued as the settlement does: energy bought beyond one's needs goes to the supplier at the feed-in price,
//! energy sold without having it is bought from the supplier with full fees. So the gain found is a lower bound on what
//! a cleverer liar could win, and never an artefact of unpaid energy.

mod meters;
mod orders;
pub use meters::{MeterPlayer, Meters, Share};
pub use orders::{Books, OrderPlayer};

use market::{Energy, Money, Price, Side};

/// A kind of lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trick {
    /// Another limit than the true one.
    Price,
    /// More energy than wanted.
    Quantity,
    /// Less energy than wanted.
    Withholding,
    /// Several names for one member.
    FalseNames,
    /// Buying from oneself under another name.
    Wash,
}

impl Trick {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Price, Self::Quantity, Self::Withholding, Self::FalseNames, Self::Wash];

    /// The name used in files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Quantity => "quantity",
            Self::Withholding => "withholding",
            Self::FalseNames => "false_names",
            Self::Wash => "wash_trade",
        }
    }
}

/// A lie. Of orders, `side` is the one it is told on; of readings, buying is taking and selling is giving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// All orders of the side at this limit.
    Price {
        /// Which side.
        side: Side,
        /// The limit told, n€/Wh.
        limit: Price,
    },
    /// This energy instead of the true one; nothing for an order left out.
    Energy {
        /// Which side.
        side: Side,
        /// Told, Wh.
        told: Energy,
        /// True, Wh.
        truth: Energy,
    },
    /// The order or metering point divided over so many names in equal parts.
    Split {
        /// Which side.
        side: Side,
        /// How many names, the own one among them.
        names: u8,
        /// Another limit for the parts of the other names, n€/Wh.
        limit: Option<Price>,
    },
    /// An order under another name beside the true ones.
    Extra {
        /// Which side.
        side: Side,
        /// How much, Wh.
        energy: Energy,
        /// At which limit, n€/Wh.
        limit: Price,
    },
    /// Buying from oneself, under two more names.
    Wash {
        /// How much, Wh.
        energy: Energy,
        /// At which limit, n€/Wh; none for a bid at the market's cap and an offer at its floor.
        limit: Option<Price>,
    },
    /// Taking energy at one metering point and giving it at another.
    Circle {
        /// How much, Wh.
        energy: Energy,
    },
}

/// The best lie of one kind that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gain {
    /// Its kind.
    pub trick: Trick,
    /// What it wins over the truth, n€, > 0.
    pub money: Money,
    /// The member's true energy, Wh: what it wants to buy and to sell.
    pub energy: Energy,
    /// What is told.
    pub lie: Lie,
}

/// The best of each kind so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gains([Option<Gain>; Trick::ALL.len()]);

impl Gains {
    /// The best lie of a kind, if one wins anything.
    #[must_use]
    pub fn of(&self, trick: Trick) -> Option<&Gain> {
        self.0.get(trick as usize)?.as_ref()
    }

    /// Keeps a lie if it wins more than what is known; the first of equals stays.
    fn keep(&mut self, gain: Gain) {
        let best = &mut self.0[gain.trick as usize];
        if gain.money > best.map_or(Money::ZERO, |best| best.money) {
            *best = Some(gain);
        }
    }
}

/// Parts of the true energy that are tried, as fractions.
const LESS: [(i64, i64); 3] = [(1, 4), (1, 2), (3, 4)];
/// The same beyond the truth.
const MORE: [(i64, i64); 4] = [(5, 4), (3, 2), (2, 1), (4, 1)];
/// Sizes of invented orders and washes.
const INVENTED: [(i64, i64); 3] = [(1, 2), (1, 1), (2, 1)];

fn part(energy: Energy, (over, under): (i64, i64)) -> Energy {
    Energy((i128::from(energy.0) * i128::from(over) / i128::from(under)) as i64)
}
