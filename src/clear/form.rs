//! The form other programs rely on (`docs/forms.md`).

use super::design::Design;
use super::entry::{Entered, Rejected};
use super::outcome::Outcome;
use crate::orders::OrderFile;
use market::rule::{Auction, Clearing, LabelShare};
use market::{Claim, Energy, Money, Price, Quality, Refused, Side, Witness};
use serde::Serialize;
use std::collections::BTreeSet;

/// One outcome.
#[derive(Serialize)]
pub(super) struct ClearForm {
    pub(super) rule: String,
    pub(super) energy_wh: i64,
    pub(super) price: Option<i64>,
    /// What every buyer pays and every seller receives per Wh; `price` where there is one.
    pub(super) buyer_price: Option<i64>,
    pub(super) seller_price: Option<i64>,
    pub(super) welfare_neur: i128,
    pub(super) surplus_neur: i128,
    pub(super) fills: Vec<FillForm>,
    pub(super) indicative_price: Option<i64>,
    pub(super) trades: Vec<TradeForm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) intervals: Vec<IntervalForm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) labels: Vec<LabelForm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) auctions: Vec<AuctionForm>,
    pub(super) certificate: CertificateForm,
    pub(super) rejected: Vec<Rejected>,
    pub(super) clear_ns: u64,
}

/// An order that trades.
#[derive(Serialize)]
pub(super) struct FillForm {
    pub(super) id: String,
    pub(super) energy_wh: i64,
    pub(super) money_neur: i128,
}

/// A pair.
#[derive(Serialize)]
pub(super) struct TradeForm {
    pub(super) buy: String,
    pub(super) sell: String,
    pub(super) energy_wh: i64,
    pub(super) price: i64,
}

/// One of several delivery intervals that are cleared together.
#[derive(Serialize)]
pub(super) struct IntervalForm {
    pub(super) interval: String,
    pub(super) energy_wh: i64,
    pub(super) price: Option<i64>,
    pub(super) p_star: Option<i64>,
    pub(super) lo: i64,
    pub(super) hi: i64,
}

/// What became of a label of energy in a pipeline.
#[derive(Serialize)]
pub(super) struct LabelForm {
    pub(super) quality: &'static str,
    pub(super) asked_wh: i64,
    pub(super) offered_wh: i64,
    pub(super) delivered_wh: i64,
    pub(super) bought_wh: i64,
    pub(super) sold_wh: i64,
    pub(super) shares: SharesForm,
}

/// A label's part of all energy asked for, offered and traded, in parts per million, rounded down.
#[derive(Serialize)]
pub(super) struct SharesForm {
    pub(super) asked_ppm: i64,
    pub(super) offered_ppm: i64,
    pub(super) delivered_ppm: i64,
}

/// One auction of a pipeline.
#[derive(Serialize)]
pub(super) struct AuctionForm {
    pub(super) stage: &'static str,
    pub(super) quality: Option<&'static str>,
    pub(super) energy_wh: i64,
    pub(super) price: Option<i64>,
    pub(super) lo: Option<i64>,
    pub(super) hi: Option<i64>,
}

/// What proves the outcome: at `p_star`, inside `[lo, hi]`, nobody wants to trade more or less; and what the rule
/// adds to that.
#[derive(Serialize)]
pub(super) struct CertificateForm {
    pub(super) valid: bool,
    pub(super) p_star: Option<i64>,
    pub(super) lo: Option<i64>,
    pub(super) hi: Option<i64>,
    /// Per account that trades, what proves the welfare of the others without it (`vcg`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) without: Vec<WithoutForm>,
    /// What energy is worth to each order at the margin (`bilateral`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) margins: Vec<MarginForm>,
    /// The orders the procedure leaves out, in its order (`uniform_price_blocks`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<Vec<String>>,
}

/// The lowest equilibrium price of the book without an account.
#[derive(Serialize)]
pub(super) struct WithoutForm {
    pub(super) account: String,
    pub(super) p_star: Option<i64>,
}

/// An order's price at the margin.
#[derive(Serialize)]
pub(super) struct MarginForm {
    pub(super) id: String,
    pub(super) price: i64,
}

impl ClearForm {
    /// Writes an outcome down; `filled` is what each order of the file traded.
    pub(super) fn new(
        design: &Design,
        file: &OrderFile,
        entered: Entered,
        outcome: &Outcome,
        filled: &[(Energy, Money)],
    ) -> Self {
        let Entered { rounds, rejected } = entered;
        let id = |place: u32| file.orders[place as usize].id.clone();
        let mut trades = Vec::new();
        let mut pairs = Vec::new();
        for (round, clearing) in rounds.iter().zip(&outcome.clearings) {
            market::rule::pair(&round.book, clearing, &mut pairs);
            let [bids, offers] = &round.places;
            trades.extend(pairs.iter().map(|trade| TradeForm {
                buy: id(bids[trade.bid as usize]),
                sell: id(offers[trade.offer as usize]),
                energy_wh: trade.energy.0,
                price: trade.price.0,
            }));
        }
        let range = outcome.range(design.rule.kind());
        let single = match &outcome.clearings[..] {
            [clearing] => Some(clearing),
            _ => None,
        };
        let [buyers, sellers] = outcome.side_prices();
        let fills = (0..).zip(filled).filter(|(_, (energy, _))| !energy.is_zero());
        let signed = file.orders.iter().zip(filled).map(|(order, (_, money))| match order.side {
            Side::Buy => *money,
            Side::Sell => -*money,
        });
        Self {
            rule: design.name.clone(),
            energy_wh: outcome.volume().0,
            price: outcome.price().map(|price| price.0),
            buyer_price: buyers.map(|price| price.0),
            seller_price: sellers.map(|price| price.0),
            welfare_neur: outcome.clearings.iter().map(|clearing| clearing.welfare.0).sum(),
            surplus_neur: signed.sum::<Money>().0,
            fills: fills
                .map(|(place, (energy, money))| FillForm {
                    id: id(place),
                    energy_wh: energy.0,
                    money_neur: money.0,
                })
                .collect(),
            indicative_price: single.and_then(|clearing| clearing.indicative_price).map(|price| price.0),
            trades,
            labels: single.map_or_else(Vec::new, labels),
            auctions: single.map_or_else(Vec::new, auctions),
            intervals: if single.is_some() { Vec::new() } else { intervals(file, &outcome.clearings) },
            certificate: CertificateForm {
                valid: true,
                p_star: single.and_then(|clearing| clearing.equilibrium).map(|price| price.0),
                lo: range.map(|(lo, _)| lo.0),
                hi: range.map(|(_, hi)| hi.0),
                without: without(file, &outcome.claim, filled),
                margins: margins(&outcome.claim, |side, at| id(rounds[0].places[side as usize][at])),
                refused: refused(&outcome.claim, |order| {
                    let places = &rounds[usize::from(order.interval)].places;
                    id(places[order.side as usize][order.position as usize])
                }),
            },
            rejected,
            clear_ns: outcome.clear_ns,
        }
    }
}

/// The price of every order at its margin, under `bilateral`.
fn margins(claim: &Claim, id: impl Fn(Side, usize) -> String) -> Vec<MarginForm> {
    let Claim::Bilateral { bid_prices, offer_prices, .. } = claim else { return Vec::new() };
    let margins = |side: Side, prices: &[Price]| -> Vec<MarginForm> {
        let margin = |(at, price): (usize, &Price)| MarginForm { id: id(side, at), price: price.0 };
        prices.iter().enumerate().map(margin).collect()
    };
    [margins(Side::Buy, bid_prices), margins(Side::Sell, offer_prices)].into_iter().flatten().collect()
}

/// The orders left out by the procedure of `uniform_price_blocks`.
fn refused(claim: &Claim, id: impl Fn(&Refused) -> String) -> Option<Vec<String>> {
    let Claim::Blocks { refused, .. } = claim else { return None };
    Some(refused.iter().map(id).collect())
}

/// What proves each payment under `vcg`: the claim has a witness per account that trades, by its number.
fn without(file: &OrderFile, claim: &Claim, filled: &[(Energy, Money)]) -> Vec<WithoutForm> {
    let Claim::Vcg { without, .. } = claim else { return Vec::new() };
    let trading = file.orders.iter().zip(filled).filter(|(_, (energy, _))| !energy.is_zero());
    let accounts: BTreeSet<u32> = trading.map(|(order, _)| order.account).collect();
    let form = |(account, witness): (u32, &Witness)| WithoutForm {
        account: file.accounts[account as usize].clone(),
        p_star: match witness {
            Witness::NoTrade => None,
            Witness::Equilibrium(price) => Some(price.0),
        },
    };
    accounts.into_iter().zip(without).map(form).collect()
}

fn intervals(file: &OrderFile, clearings: &[Clearing]) -> Vec<IntervalForm> {
    let forms = (0..).zip(clearings).map(|(later, clearing)| IntervalForm {
        interval: file.intervals.map_or_else(|| later.to_string(), |intervals| intervals.name(later)),
        energy_wh: clearing.volume.0,
        price: clearing.price.map(|price| price.0),
        p_star: clearing.equilibrium.map(|price| price.0),
        lo: clearing.range.0.0,
        hi: clearing.range.1.0,
    });
    forms.collect()
}

fn labels(clearing: &Clearing) -> Vec<LabelForm> {
    if clearing.auctions.list.is_empty() {
        return Vec::new();
    }
    let labels = &clearing.auctions.labels;
    let part = |part: Energy, whole: Energy| match i128::from(whole.0) {
        0 => 0,
        whole => (i128::from(part.0) * 1_000_000 / whole) as i64,
    };
    let asked = labels.iter().map(|label| label.asked).sum();
    let offered = labels.iter().map(|label| label.offered).sum();
    let form = |(quality, label): (Quality, &LabelShare)| LabelForm {
        quality: quality.name(),
        asked_wh: label.asked.0,
        offered_wh: label.offered.0,
        delivered_wh: label.delivered.0,
        bought_wh: label.bought.0,
        sold_wh: label.sold.0,
        shares: SharesForm {
            asked_ppm: part(label.asked, asked),
            offered_ppm: part(label.offered, offered),
            delivered_ppm: part(label.delivered, clearing.volume),
        },
    };
    Quality::ALL.into_iter().zip(labels).map(form).collect()
}

fn auctions(clearing: &Clearing) -> Vec<AuctionForm> {
    let form = |auction: &Auction| AuctionForm {
        stage: auction.stage.name(),
        quality: auction.label.map(Quality::name),
        energy_wh: auction.volume.0,
        price: auction.price.map(|price| price.0),
        lo: auction.price.map(|_| auction.range.0.0),
        hi: auction.price.map(|_| auction.range.1.0),
    };
    clearing.auctions.list.iter().map(form).collect()
}
