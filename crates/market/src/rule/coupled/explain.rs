//! What is wrong with a coupled claim, in words and numbers.

use super::{Coupled, Parts, Span, allowance, examine, gap, welfare};
use crate::rule::{Clearing, Cut};
use crate::{Energy, MAX_PRICE, PPM, Price, Rejection};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The condition that a claim violates; nodes, conversions, storages and intervals count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It has not one part for every node, conversion and storage, or these not one number for everything.
    Shape,
    /// A price is beyond ± 10 €/kWh.
    Price {
        /// Where.
        node: usize,
    },
    /// A conversion takes more than its capacity, or gives other than its ratio says.
    Conversion {
        /// Which.
        number: usize,
    },
    /// A storage takes, gives or holds more than it can, or less than nothing or than it must in the end; or values a
    /// Wh held beyond all bounds.
    Storage {
        /// Which.
        number: usize,
    },
    /// No offer touches the node, and the price is not the one of `uniform_price`.
    AlonePrice {
        /// Where.
        node: usize,
        /// What is claimed, n€/Wh.
        price: Price,
    },
    /// No offer touches the node, and yet the price is said to be no whole number.
    AloneBetween {
        /// Where.
        node: usize,
    },
    /// What is given to a node is not what is taken from it.
    Unbalanced {
        /// Where.
        node: usize,
        /// How much more is given than taken, Wh.
        by: i128,
    },
    /// More could be traded at the price.
    TradeLeft {
        /// Where.
        node: usize,
        /// What bids and offers at the price trade at best, Wh.
        right: [i128; 2],
    },
    /// More is kept from orders better than the price than whole Wh explain: per conversion that would not mind to do
    /// a Wh more or less, 1 Wh at its input and 1 + ⌈ratio⌉ at an output, and per storage 1 + ⌈1/(η·η′)⌉.
    Short {
        /// Where.
        node: usize,
        /// How much, Wh.
        by: i128,
        /// How much is explained, Wh.
        allowed: i128,
    },
    /// At the prices a conversion gains or loses, and would do more or less.
    Dispatch {
        /// Which.
        number: usize,
    },
    /// At the prices and values a storage would rather take, give or hold more or less.
    Use {
        /// Which.
        number: usize,
        /// In which of its intervals.
        interval: usize,
    },
    /// A conversion does not take its share of what those take that are like it.
    Share {
        /// Which.
        number: usize,
        /// Its share, Wh.
        right: Energy,
    },
}

impl Wrong {
    /// The number of the refusal.
    #[must_use]
    pub const fn rejection(self) -> Rejection {
        match self {
            Self::Shape => Rejection::WrongClaim,
            Self::Price { .. } | Self::AlonePrice { .. } | Self::AloneBetween { .. } => Rejection::WrongPrice,
            Self::Conversion { .. } | Self::Storage { .. } => Rejection::BadConversion,
            Self::Unbalanced { .. } => Rejection::Unbalanced,
            Self::TradeLeft { .. } => Rejection::TradeLeft,
            Self::Short { .. } | Self::Dispatch { .. } | Self::Use { .. } => Rejection::NotOptimal,
            Self::Share { .. } => Rejection::MeritOrder,
        }
    }
}

/// Why the claim is right, or which of its inequalities does not hold.
#[must_use]
pub fn explain(problem: &Coupled<'_>, claim: Parts<'_>) -> String {
    let mut outs = Vec::new();
    outs.resize_with(problem.nodes.len(), Clearing::default);
    match examine(problem, claim, &mut outs) {
        Ok(()) => format!(
            "right: {} nodes, {} conversions and {} storages, welfare {}, optimal within {} ({} at most)",
            problem.nodes.len(),
            problem.conversions.len(),
            problem.storages.len(),
            welfare(problem, claim, &outs),
            gap(problem, claim, &outs),
            allowance(problem, claim)
        ),
        Err(wrong) => format!("wrong: {}", words(problem, claim, wrong).unwrap_or_default()),
    }
}

fn words(problem: &Coupled<'_>, claim: Parts<'_>, wrong: Wrong) -> Option<String> {
    let (nodes, conversions, storages) = claim;
    let place = |number: usize| {
        let node = problem.nodes.get(number).filter(|_| problem.nodes.len() > 1);
        node.map_or(String::from("the book"), |node| {
            format!("{} at {}", node.carrier.name(), node.interval.start)
        })
    };
    Some(match wrong {
        Wrong::Shape => format!(
            "the claim has parts for {} nodes, {} conversions and {} storages, there are {}, {} and {}, or one of them \
             has more or fewer numbers than its offer",
            nodes.len(),
            conversions.len(),
            storages.len(),
            problem.nodes.len(),
            problem.conversions.len(),
            problem.storages.len()
        ),
        Wrong::Price { node } => {
            format!("{}: the price {} is beyond ± {MAX_PRICE}", place(node), nodes.get(node)?.price)
        }
        Wrong::AloneBetween { node } => format!("{}: no offer touches it, its price is whole", place(node)),
        Wrong::AlonePrice { node, price } => {
            let (at, of) = (place(node), problem.nodes.get(node)?);
            let mut out = Clearing::default();
            let (lo, hi) = match Cut::at(of.book, price) {
                Ok(cut) => (cut.lo, cut.hi),
                Err(_) if out.nothing(of.book, of.collar).is_ok() => out.range,
                Err(_) => return Some(format!("{at}: demand and supply do not meet at {price}")),
            };
            let right = Price(lo.0 + of.k.of(hi.0 - lo.0));
            format!("{at}: no offer touches it, so that its price is {right}, not {price}")
        }
        Wrong::Conversion { number } => {
            let (offer, does) = (problem.conversions.get(number)?, conversions.get(number)?);
            if !(Energy::ZERO..=offer.capacity).contains(&does.input) {
                return Some(format!(
                    "conversion {number} takes {}, it can take {}",
                    does.input, offer.capacity
                ));
            }
            let wrong = |((_, ratio), given): &(&(usize, u32), &Energy)| {
                let lost = offer.lost(does.input, *ratio, **given);
                **given < Energy::ZERO || !(0..i128::from(*ratio) + i128::from(PPM)).contains(&lost)
            };
            let ((_, ratio), given) = offer.outputs.iter().zip(&does.outputs).find(wrong)?;
            format!(
                "conversion {number} gives {given} for {}, {ratio} millionths of it are {} millionths of a Wh",
                does.input,
                i128::from(does.input.0) * i128::from(*ratio)
            )
        }
        Wrong::Storage { number } => {
            format!("storage {number} takes, gives, holds or values more than it can, or leaves too little")
        }
        Wrong::Unbalanced { node, by: by @ 0.. } => {
            format!("{}: {by} Wh more are given than taken", place(node))
        }
        Wrong::Unbalanced { node, by } => format!("{}: {} Wh more are taken than given", place(node), -by),
        Wrong::TradeLeft { node, right: [bids, offers] } => format!(
            "{}: at the price bids can trade {bids} Wh and offers {offers} Wh, the claim says {} and {}",
            place(node),
            nodes.get(node)?.margin[0],
            nodes.get(node)?.margin[1]
        ),
        Wrong::Short { node, by, allowed } => {
            format!("{}: better orders lack {by} Wh, whole Wh explain {allowed}", place(node))
        }
        Wrong::Dispatch { number } => {
            let (offer, does) = (problem.conversions.get(number)?, conversions.get(number)?);
            let prices: Vec<Span> = nodes.iter().filter_map(Span::of_price).collect();
            let Span { low, high, .. } = offer.gain(&prices)?;
            format!(
                "conversion {number} takes {} of {} where a Wh gains {low} to {high} millionths of a n€",
                does.input, offer.capacity
            )
        }
        Wrong::Use { number, interval } => {
            let does = storages.get(number)?;
            format!(
                "storage {number} would rather do otherwise than take {} in its interval {interval}, at {} and a value of \
                 {} per Wh held",
                does.flows.get(interval)?,
                nodes.get(*problem.storages.get(number)?.nodes.get(interval)?)?.price,
                does.values.get(interval)?
            )
        }
        Wrong::Share { number, right } => format!(
            "conversion {number} takes {}, its share among those like it is {right}",
            conversions.get(number)?.input
        ),
    })
}
