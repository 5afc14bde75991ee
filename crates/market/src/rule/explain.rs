//! A refusal in words and numbers: which inequality a claim violates.

use super::clearing::best;
use super::{Clearing, Cut, Rule, RuleKind, SideCut, bilateral, check, merit_order};
use crate::{Book, Claim, Price, PriceConvention, Rejection, Side};
use alloc::format;
use alloc::string::String;

/// Why `claim` is right or wrong for `book` under `rule`.
#[must_use]
pub fn explain(rule: &Rule, book: &Book, claim: &Claim, collar: (Price, Price)) -> String {
    let mut out = Clearing::default();
    match check(rule, book, claim, collar, &mut out) {
        Ok(()) => match (out.equilibrium, out.price) {
            (Some(equilibrium), price) => format!(
                "right: {} at {}, equilibrium price {equilibrium}, every equilibrium price in [{}, {}], welfare {}",
                out.volume,
                price.map_or(String::from("prices of each pair"), |price| format!("{price}")),
                out.range.0.0,
                out.range.1,
                out.welfare
            ),
            (None, _) if !out.trades.is_empty() => format!(
                "right: {} in {} trades, every order at a price of its own, welfare {}",
                out.volume,
                out.trades.len(),
                out.welfare
            ),
            (None, _) if rule.takes_orders() => String::from("right: no bid reaches an offer"),
            (None, _) => String::from("right: recomputed from the readings"),
        },
        Err(Rejection::WrongClaim) => {
            format!("wrong: the rule is {}, the claim says {}", rule.kind().name(), name(claim))
        }
        Err(rejection) if rule.kind() == RuleKind::Bilateral => {
            bilateral::explain(rule, book, claim).unwrap_or_else(|| format!("wrong: {rejection}"))
        }
        Err(Rejection::TradeLeft) => match best(book) {
            (Some(bid), Some(offer)) => {
                format!("wrong: nothing is traded, but the best bid {bid} ≥ the best offer {offer}")
            }
            _ => String::from("wrong: nothing is traded"),
        },
        Err(Rejection::NotEquilibrium) => not_equilibrium(book, claim),
        Err(Rejection::WrongPrice) => wrong_price(rule, book, claim),
        Err(Rejection::MeritOrder) => merit(book, claim, &out),
        Err(other) => format!("wrong: {other}"),
    }
}

const fn name(claim: &Claim) -> &'static str {
    match claim {
        Claim::Nothing => "nothing is traded",
        Claim::UniformPrice { .. } => "uniform_price",
        Claim::PayAsBid { .. } => "pay_as_bid",
        Claim::Metered => "metered",
        Claim::TradeReduction { .. } => "trade_reduction",
        Claim::Vcg { .. } => "vcg",
        Claim::Continuous => "continuous",
        Claim::Pipeline { .. } => "pipeline",
        Claim::Bilateral { .. } => "bilateral",
        Claim::Blocks { .. } => "uniform_price_blocks",
    }
}

fn not_equilibrium(book: &Book, claim: &Claim) -> String {
    let (Claim::UniformPrice { equilibrium, .. } | Claim::PayAsBid { equilibrium, .. }) = claim else {
        return String::from("wrong: the claim carries no equilibrium price");
    };
    if let Ok(cut) = Cut::at(book, *equilibrium) {
        return format!("wrong: {equilibrium} is an equilibrium price, but the lowest one is {}", cut.lo);
    }
    let (bids, offers) = SideCut::both(book, *equilibrium);
    if bids.better > offers.better + offers.at {
        format!(
            "wrong: bids above {equilibrium} must get {}, but offers up to there give only {}",
            bids.better,
            offers.better + offers.at
        )
    } else if offers.better > bids.better + bids.at {
        format!(
            "wrong: offers below {equilibrium} must give {}, but bids from there on take only {}",
            offers.better,
            bids.better + bids.at
        )
    } else {
        format!("wrong: nothing is traded at {equilibrium}")
    }
}

fn wrong_price(rule: &Rule, book: &Book, claim: &Claim) -> String {
    let (
        Rule::UniformPrice { convention, k } | Rule::AuctionFirst { convention, k, .. },
        Claim::UniformPrice { equilibrium, price },
    ) = (rule, claim)
    else {
        return String::from("wrong: the price paid");
    };
    let Ok(cut) = Cut::at(book, *equilibrium) else { return String::from("wrong: the price paid") };
    let right = cut.prices(*convention, *k).1;
    let (from, to) = match convention {
        PriceConvention::Equilibrium => (cut.lo, cut.hi),
        PriceConvention::LastPair => (cut.last_offer, cut.last_bid),
    };
    let (over, under) = (k.numerator(), k.denominator());
    format!(
        "wrong: the claim pays {price} (equilibrium price {equilibrium}), but {} is {} + ⌊{over}/{under}·({} − {})⌋ = \
         {right}",
        convention.name(),
        from.0,
        to.0,
        from.0
    )
}

fn merit(book: &Book, claim: &Claim, out: &Clearing) -> String {
    let Claim::PayAsBid { bids, offers, .. } = claim else { return String::from("wrong: the merit order") };
    let sides =
        [(Side::Buy, &book.bids, &out.bid_fills, bids), (Side::Sell, &book.offers, &out.offer_fills, offers)];
    for (side, orders, fills, claimed) in sides {
        let right = merit_order(side, orders, fills);
        let plural = if side == Side::Buy { "bids" } else { "offers" };
        if let Some((place, (claimed, right))) =
            claimed.iter().zip(&right).enumerate().find(|(_, (claimed, right))| claimed != right)
        {
            return format!(
                "wrong: place {place} of the {plural}' merit order names position {claimed}, where {right} belongs"
            );
        }
        if claimed.len() != right.len() {
            return format!(
                "wrong: {} {plural} have a fill, the merit order names {}",
                right.len(),
                claimed.len()
            );
        }
    }
    String::from("wrong: the merit order")
}
