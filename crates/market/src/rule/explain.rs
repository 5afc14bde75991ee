//! A refusal in words and numbers: which inequality a claim violates.

use super::clearing::{best, best_among};
use super::{
    Clearing, Cut, Rule, RuleKind, SideCut, bilateral, blocks, check, coupled, merit_order, pipeline, vcg,
};
use crate::{Book, BookOrder, Claim, Price, PriceConvention, Rejection, Side, Witness};
use alloc::format;
use alloc::string::String;

/// Why `claim` is right or wrong for `book` under `rule`.
#[must_use]
pub fn explain(rule: &Rule, book: &Book, claim: &Claim, collar: (Price, Price)) -> String {
    if let (Rule::UniformPriceBlocks { .. }, Claim::Blocks { .. }) = (rule, claim) {
        return blocks::explain(rule, &[book], claim, collar);
    }
    if let (Rule::Coupled { k }, Claim::Coupled { nodes, conversions, storages }) = (rule, claim) {
        let problem = coupled::Coupled::single(book, *k, collar);
        return coupled::explain(&problem, (nodes, conversions, storages));
    }
    let mut out = Clearing::default();
    match check(rule, book, claim, collar, &mut out) {
        Ok(()) if matches!(claim, Claim::Pipeline { .. }) => pipeline::describe(&out),
        Ok(()) => match (out.equilibrium, out.price) {
            (Some(equilibrium), _) if out.volume.is_zero() => format!(
                "right: nothing is traded without the marginal orders, equilibrium price {equilibrium}"
            ),
            (Some(equilibrium), _) => format!(
                "right: {} at {}, equilibrium price {equilibrium}, every equilibrium price in [{}, {}], welfare {}",
                out.volume,
                prices(&out),
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
        Err(rejection) if matches!(claim, Claim::Pipeline { .. }) => {
            pipeline::explain(rule, claim, rejection, &out)
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
        Err(Rejection::WrongPayment) => payment(book, claim, &mut out),
        Err(other) => format!("wrong: {other}"),
    }
}

fn prices(out: &Clearing) -> String {
    match (out.price, out.side_prices) {
        (Some(price), _) => format!("{price}"),
        (None, Some((buyers, sellers))) => format!("{buyers} for buyers, {sellers} for sellers"),
        (None, None) if out.trades.is_empty() => String::from("a price of each account's"),
        (None, None) => String::from("prices of each pair"),
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
        Claim::Coupled { .. } => "coupled",
    }
}

fn not_equilibrium(book: &Book, claim: &Claim) -> String {
    let (Claim::UniformPrice { equilibrium, .. }
    | Claim::PayAsBid { equilibrium, .. }
    | Claim::TradeReduction { equilibrium }
    | Claim::Vcg { equilibrium, .. }) = claim
    else {
        return String::from("wrong: the claim carries no equilibrium price");
    };
    format!("wrong: {}", no_meeting(&book.bids, &book.offers, *equilibrium))
}

/// Why these bids and offers do not meet at a price, or not at that one first.
pub(super) fn no_meeting(bids: &[BookOrder], offers: &[BookOrder], equilibrium: Price) -> String {
    imbalance(Cut::of(bids, offers, equilibrium), SideCut::both(bids, offers, equilibrium), equilibrium)
}

/// What is wrong with `price` as the lowest equilibrium price of the orders that `cut` and the two sides see.
fn imbalance(cut: Result<Cut, Rejection>, (bids, offers): (SideCut, SideCut), price: Price) -> String {
    if let Ok(cut) = cut {
        return format!("{price} is an equilibrium price, but the lowest one is {}", cut.lo);
    }
    if bids.better > offers.better + offers.at {
        format!(
            "bids above {price} must get {}, but offers up to there give only {}",
            bids.better,
            offers.better + offers.at
        )
    } else if offers.better > bids.better + bids.at {
        format!(
            "offers below {price} must give {}, but bids from there on take only {}",
            offers.better,
            bids.better + bids.at
        )
    } else {
        format!("nothing is traded at {price}")
    }
}

/// The first account whose presence the claim values wrongly.
fn payment(book: &Book, claim: &Claim, out: &mut Clearing) -> String {
    let Claim::Vcg { without, .. } = claim else { return String::from("wrong: the payments") };
    let accounts = vcg::filled_accounts(book, out);
    if accounts.len() != without.len() {
        return format!(
            "wrong: {} accounts have a fill, the claim carries {} proofs",
            accounts.len(),
            without.len()
        );
    }
    let mut rows = accounts.iter().zip(without);
    let wrong = rows.find(|(account, witness)| vcg::welfare_without(book, **account, **witness).is_err());
    let Some((account, witness)) = wrong else { return String::from("wrong: the payments") };
    let others = |order: &BookOrder| order.account != *account;
    let why = match (witness, best_among(book, others)) {
        (Witness::Equilibrium(price), _) => {
            imbalance(Cut::without(book, *account, *price), SideCut::among(book, others, *price), *price)
        }
        (Witness::NoTrade, (Some(bid), Some(offer))) => {
            format!("the best bid {bid} ≥ the best offer {offer}")
        }
        (Witness::NoTrade, _) => String::from("nothing is traded"),
    };
    format!("wrong: without account {}, {why}", account.0)
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
