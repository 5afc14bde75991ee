//! Why energy had the price it had between neighbours.

use super::Scene;
use super::words::{per_kwh, wh};
use crate::report::text::list;
use crate::statement::Contract;
use market::rule::RuleKind;
use market::{AccountId, Carrier, Energy, Fraction, Price, PriceConvention, Prices, Rule, Side};

/// What explains the price of one trade, as sentences without a subject of their own.
pub(super) fn reason(
    rule: &Rule,
    contract: &Contract,
    carrier: Carrier,
    scene: &Scene,
    code: [u8; 3],
) -> String {
    let at = |price: Price| per_kwh(price, code);
    let of_tariff = |tariff| scene.prices.get(&tariff).copied();
    match *rule {
        Rule::UniformPrice { convention: PriceConvention::Equilibrium, k } => {
            in_the_book(k, contract, carrier, scene, code)
        }
        // The orders came first where any order was filled by this record.
        Rule::AuctionFirst { convention, k, .. } if by_orders(contract, scene) => match convention {
            PriceConvention::Equilibrium => in_the_book(k, contract, carrier, scene, code),
            PriceConvention::LastPair => last_pair(k),
        },
        Rule::UniformPrice { convention: PriceConvention::LastPair, k } => last_pair(k),
        Rule::PayAsBid { k } => format!(
            "Bids and offers are matched in merit order, and each pair has a price of its own: {} of the way from \
             the seller’s limit to the buyer’s.",
            part(k)
        ),
        Rule::TradeReduction => "The first pair that did not trade, or the last that could have, sets the price \
                                 (McAfee’s rule): nobody’s own limit moves what it pays."
            .into(),
        Rule::Continuous => "Orders trade on arrival with the best that waits, and the price is the limit of the \
                             order that had waited."
            .into(),
        Rule::Bilateral { .. } => "Pairs trade at prices of their own, which leave each side no better partner once \
                                   the network’s charge between the two and their preferences are counted."
            .into(),
        Rule::Pipeline { .. } => "The market works in stages by the label of energy asked for; within an auction of \
                                  a stage there is one price for all, at which nobody wants to trade more or less."
            .into(),
        Rule::UniformPriceBlocks { .. } => "There is one price for all in the interval, found together with the \
                                            neighbouring intervals for the sake of blocks and minimum fills."
            .into(),
        Rule::Coupled { .. } => coupled(scene),
        Rule::Sharing { key, price } | Rule::AuctionFirst { key, price, .. } => format!(
            "What the members’ meters gave was shared by the key `{}` ({}), at the agreed {}.",
            key.name(),
            RuleKind::Key(key).words(),
            at(price)
        ),
        Rule::MidMarketRate { tariff } => {
            let between = of_tariff(tariff).map(|prices| ends(prices, code)).unwrap_or_default();
            format!("What the members’ meters gave was shared in proportion, at the middle{between}.")
        }
        Rule::SupplyDemandRatio { tariff } => {
            let between = of_tariff(tariff).map(|prices| ends(prices, code)).unwrap_or_default();
            format!(
                "What the members’ meters gave was shared in proportion, at a price that falls{between} as the ratio \
                 of what was given to what was taken rises."
            )
        }
        Rule::ExPost { tariff, .. } => {
            let between = of_tariff(tariff).map(|prices| ends(prices, code)).unwrap_or_default();
            format!(
                "What the members’ meters gave was shared in proportion, at a price{between} that the agreed table \
                 gives for the share of consumption that was covered locally."
            )
        }
        Rule::BillSharing => "What the members’ meters gave was shared in proportion and costs nothing by itself: \
                              the exchange with the supplier is what is paid for."
            .into(),
        Rule::Vcg => "Each pays what its presence costs the others.".into(),
    }
}

/// " between the supplier's 7.94 ct/kWh for energy given and 16.04 ct/kWh for energy taken".
fn ends(prices: Prices, code: [u8; 3]) -> String {
    format!(
        " between the supplier’s {} for energy given and {} for energy taken",
        per_kwh(prices.export, code),
        per_kwh(prices.import, code)
    )
}

fn by_orders(contract: &Contract, scene: &Scene) -> bool {
    scene.orders.iter().any(|placed| placed.fills.iter().any(|(record, _)| *record == contract.record))
}

fn last_pair(k: Fraction) -> String {
    format!(
        "There is one price for all: {} of the way from the last matched offer’s limit to the last matched bid’s.",
        part(k)
    )
}

/// "0.5".
fn part(k: Fraction) -> String {
    match (k.numerator(), k.denominator()) {
        (0, _) => "none".into(),
        (all, of) if all == of => "all".into(),
        (one, two) if one * 2 == two => "half".into(),
        (some, of) => format!("{some}/{of}"),
    }
}

/// The ends between which nobody wants to trade more or less, from the book as this record cleared it.
fn in_the_book(k: Fraction, contract: &Contract, carrier: Carrier, scene: &Scene, code: [u8; 3]) -> String {
    let at = |price: Price| per_kwh(price, code);
    let record = contract.record;
    let general = "There is one price for all, at which nobody wants to trade more or less.";
    let cleared = scene.cleared.iter().find(|one| (one.record, one.carrier) == (record, carrier));
    let Some((price, volume)) = cleared.and_then(|one| Some((one.price?, one.volume))) else {
        return general.into();
    };
    let (mut lo, mut hi) = (Price(i64::MIN), Price(i64::MAX));
    let mut marginal = [None; 2];
    for placed in scene.orders.iter().filter(|placed| placed.id.carrier == carrier) {
        let (before, after) = (placed.filled(record.saturating_sub(1)), placed.filled(record));
        let there = placed.record < record && placed.ended.is_none_or(|ended| ended >= record);
        if !there || before == placed.energy {
            continue;
        }
        let (took_part, complete) = (after > before, after == placed.energy);
        // A filled bid caps the price at its limit, an unfilled one holds it up; offers the other way round.
        match (placed.id.side, took_part, complete) {
            (Side::Buy, _, true) => hi = hi.min(placed.limit),
            (Side::Buy, false, _) => lo = lo.max(placed.limit),
            (Side::Sell, _, true) => lo = lo.max(placed.limit),
            (Side::Sell, false, _) => hi = hi.min(placed.limit),
            (side, true, false) => {
                (lo, hi) = (lo.max(placed.limit), hi.min(placed.limit));
                marginal[side as usize] = Some(placed.account);
            }
        }
    }
    let right = lo <= hi && lo.0 > i64::MIN && hi.0 < i64::MAX && lo.0 + k.of(hi.0 - lo.0) == price.0;
    if !right {
        return general.into();
    }
    let whose = |account: AccountId, whom: &str| {
        if account == scene.account { "its own".to_owned() } else { format!("{whom}’s") }
    };
    let why = match marginal {
        [Some(buyer), _] => format!(
            "The price is {}: the limit of the bid that was filled only in part, {}. Dearer, that bid would have got \
             nothing; cheaper, more would have been wanted than was offered",
            at(price),
            whose(buyer, "a buyer")
        ),
        [_, Some(seller)] => format!(
            "The price is {}: the limit of the offer that was filled only in part, {}. Cheaper, that offer would have \
             sold nothing; dearer, more would have been offered than was wanted",
            at(price),
            whose(seller, "a seller")
        ),
        _ if lo == hi => {
            format!("The price is {}, the only one at which nobody wants to trade more or less", at(price))
        }
        _ => format!(
            "At any price from {} to {} nobody would have wanted to trade more or less; the market takes {} of the \
             way, {}",
            at(lo),
            at(hi),
            part(k),
            at(price)
        ),
    };
    format!("{why}. {} of {} were traded at it.", wh(volume), carrier.name())
}

/// How a reason begins that holds for several carriers.
pub(super) const TOGETHER: &str = "Orders for";

fn coupled(scene: &Scene) -> String {
    let sum = |carrier: Carrier, side: Side| -> Energy {
        let matching = scene.turned.iter().filter(|turned| (turned.carrier, turned.side) == (carrier, side));
        matching.map(|turned| turned.energy).sum()
    };
    let mut parts = Vec::new();
    for other in Carrier::ALL {
        for (side, verb) in [(Side::Buy, "took"), (Side::Sell, "gave")] {
            let energy = sum(other, side);
            if energy.0 > 0 {
                parts.push(format!("{verb} {} of {}", wh(energy), other.name()));
            }
        }
    }
    let coupled = |carrier: &Carrier| matches!(scene.rules[*carrier as usize], Some(Rule::Coupled { .. }));
    let carriers: Vec<&str> = Carrier::ALL.into_iter().filter(coupled).map(Carrier::name).collect();
    let together = format!(
        "{TOGETHER} {} are cleared together, so that no trade and no conversion is left out that would be worth more \
         than it costs",
        list(&carriers)
    );
    if parts.is_empty() {
        return format!("{together}; in this interval nothing was converted or stored.");
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    format!("{together}; in this interval conversions and storages {}.", list(&parts))
}

/// Whether a conversion or storage of the account itself ran.
pub(super) fn own_turns(account: AccountId, carrier: Carrier, scene: &Scene) -> Vec<(Side, Energy, i128)> {
    let own = scene.turned.iter().filter(|turned| (turned.account, turned.carrier) == (account, carrier));
    own.map(|turned| (turned.side, turned.energy, turned.money.0)).collect()
}
