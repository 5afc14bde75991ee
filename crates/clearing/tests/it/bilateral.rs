//! Trades between pairs: what is found is right, keeps the laws, and nothing else is accepted.

use crate::books::{COLLAR, accepted};
use market::rule::{Binding, Clearing, Pairs, Rule, RuleKind, check, explain};
use market::{
    AccountId, Attributes, Book, BookOrder, Claim, Details, Energy, Fraction, Law, Location, MAX_ENERGY,
    MAX_PRICE, MeterId, Money, PairClaim, Price, PriceConvention, Rejection, Side, TimeInForce,
};
use proptest::prelude::*;

/// An order of a market of pairs before it has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) side: Side,
    pub(crate) account: u32,
    pub(crate) limit: i64,
    pub(crate) energy: i64,
    pub(crate) fall: i64,
    /// The preferred partner and what it is worth.
    pub(crate) partner: Option<(u32, i64)>,
    pub(crate) location: u32,
}

fn other(side: Side) -> Side {
    if side == Side::Buy { Side::Sell } else { Side::Buy }
}

/// Appends an order, unless the state would refuse it.
pub(crate) fn place(book: &mut Book, wish: &Wish) -> bool {
    let &Wish { side, account, limit, energy, fall, partner, location } = wish;
    let (partner, premium) = partner.unwrap_or((0, 0));
    let account = AccountId(account);
    let best =
        |side, limit: i64, premium: i64| if side == Side::Buy { limit + premium } else { limit - premium };
    let crosses = book.orders(other(side)).iter().enumerate().any(|(at, order)| {
        let premium_there = book.details(other(side), at).attributes.premium.0;
        let (mine, theirs) = (best(side, limit, premium), best(other(side), order.limit.0, premium_there));
        order.account == account && if side == Side::Buy { mine >= theirs } else { theirs >= mine }
    });
    let collar = COLLAR.0.0..=COLLAR.1.0;
    let inside =
        [best(side, limit, premium), best(side, limit, -fall)].iter().all(|price| collar.contains(price));
    if crosses || !inside || partner == account.0 {
        return false;
    }
    let attributes = Attributes {
        partner: AccountId(partner),
        premium: Price(premium),
        fall: Price(fall),
        ..Attributes::default()
    };
    let orders = if side == Side::Buy { &mut book.bids } else { &mut book.offers };
    orders.push(BookOrder {
        limit: Price(limit),
        energy: Energy(energy),
        account,
        meter: MeterId(account.0),
        arrival: 2 * orders.len() as u32,
        time_in_force: TimeInForce::NextClearing,
    });
    book.details[side as usize].push(Details {
        attributes,
        location: Location(location),
        ..Details::default()
    });
    true
}

fn book(wishes: &[Wish]) -> Book {
    let mut book = Book::default();
    for wish in wishes {
        place(&mut book, wish);
    }
    book
}

/// Flat limits and falling ones, ties, premiums, places near and far, tiny and huge energies; with the
/// charges.
pub(crate) fn markets() -> impl Strategy<Value = (Vec<Wish>, [Price; 4])> {
    let prices = prop_oneof![
        Just((-2, 2, 2)),
        Just((-30, 30, 20)),
        Just((150_000, 300_000, 60_000)),
        Just((-MAX_PRICE.0 / 2, MAX_PRICE.0 / 2, MAX_PRICE.0 / 2))
    ];
    let energies = prop_oneof![
        Just((1, 3)),
        Just((1, 5000)),
        Just((MAX_ENERGY.0 / 2, MAX_ENERGY.0)),
        Just((1, MAX_ENERGY.0))
    ];
    let accounts = prop_oneof![Just(2_u32), Just(8), Just(1000)];
    (prices, energies, accounts).prop_flat_map(|((from, to, span), energies, accounts)| {
        let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
        let fall = prop_oneof![Just(0), 0..=span];
        let partner = prop_oneof![2 => Just(None), 1 => (6..6 + accounts, 0..=span).prop_map(Some)];
        let location = prop_oneof![Just(0_u32), Just(1), Just(0x0100), Just(0x01_0000)];
        let wish = (side, 6..6 + accounts, from..=to, energies.0..=energies.1, fall, partner, location);
        let wish = wish.prop_map(|(side, account, limit, energy, fall, partner, location)| Wish {
            side,
            account,
            limit,
            energy,
            fall,
            partner,
            location,
        });
        let charges = prop_oneof![
            Just([Price::ZERO; 4]),
            (0..=span / 2, 0..=span / 2, 0..=span / 2).prop_map(|(near, far, farther)| [
                0,
                near,
                near + far,
                near + far + farther
            ]
            .map(Price)),
            Just([span; 4].map(Price)),
        ];
        (prop::collection::vec(wish, 0..20), charges)
    })
}

pub(crate) fn cleared(rule: &Rule, book: &Book) -> (Claim, Clearing) {
    let claim = clearing::clear(rule, book, COLLAR, &mut clearing::Workspace::new());
    let out = accepted(rule, book, &claim);
    (claim, out)
}

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000))
}

#[test]
fn what_the_search_finds_the_check_accepts() {
    proptest!(cases(), |((wishes, charges) in markets())| {
        cleared(&Rule::Bilateral { charges }, &book(&wishes));
    });
}

#[test]
fn a_consensus_of_the_members_comes_to_the_same_prices() {
    let reached = std::cell::Cell::new([0_u32; 2]);
    proptest!(cases(), |((wishes, charges) in markets())| {
        let (rule, book) = (Rule::Bilateral { charges }, book(&wishes));
        let pairs = Pairs::new(&book, &charges);
        let (right, out) = cleared(&rule, &book);
        let consensus = clearing::consensus(&pairs);
        let agreed = clearing::agreed(&pairs, &consensus);
        let same = accepted(&rule, &book, &agreed);
        prop_assert_eq!((same.volume, same.welfare), (out.volume, out.welfare));
        if let (Claim::Bilateral { bid_prices, offer_prices, .. }, Claim::Bilateral { bid_prices: b, offer_prices: o, .. }) =
            (&right, &agreed)
        {
            prop_assert_eq!((bid_prices, offer_prices), (b, o));
        }
        let [all, some] = reached.get();
        reached.set([all + 1, some + u32::from(consensus.reached)]);
    });
    let [all, some] = reached.get();
    println!("{some} of {all} reached a consensus");
    assert!(some * 100 >= all * 95);
}

#[test]
fn without_charges_and_wishes_it_is_the_uniform_price_at_the_middle() {
    let uniform = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF };
    proptest!(cases(), |(wishes in crate::books::wishes())| {
        let book = crate::books::book(&wishes);
        let right = crate::books::cleared(&uniform, &book);
        let (_, out) = cleared(&Rule::Bilateral { charges: [Price::ZERO; 4] }, &book);
        prop_assert_eq!((out.volume, out.welfare), (right.volume, right.welfare));
        prop_assert_eq!(out.indicative_price, right.indicative_price);
        prop_assert!(out.trades.iter().all(|trade| Some(trade.price) == right.price));
    });
}

#[test]
fn no_small_market_has_more_welfare_or_as_much_with_more_energy() {
    proptest!(cases(), |((wishes, charges) in markets())| {
        let mut wishes = wishes;
        wishes.truncate(10);
        wishes.iter_mut().for_each(|wish| wish.energy = 1 + wish.energy % 4);
        let book = book(&wishes);
        let (_, out) = cleared(&Rule::Bilateral { charges }, &book);
        prop_assert_eq!((out.welfare.0, out.volume.0), wh_by_wh(&Pairs::new(&book, &charges)));
    });
}

/// Welfare and volume of the best trades, slowly: Wh by Wh along the way that gains most, found by Bellman
/// and Ford's method in the residual graph, as long as it loses nothing.
fn wh_by_wh(pairs: &Pairs) -> (i128, i64) {
    let limits = |side| -> Vec<Vec<i64>> {
        pairs.lines(side).map(|line| (1..=line.energy.0).map(|wh| line.at(Energy(wh)).0).collect()).collect()
    };
    let [bids, offers] = Side::ALL.map(limits);
    let mut trades = vec![vec![0; offers.len()]; bids.len()];
    let (mut bought, mut sold) = (vec![0; bids.len()], vec![0; offers.len()]);
    let (mut welfare, mut volume) = (0, 0);
    loop {
        // What a Wh gains on its way up to each bid; from an offer it goes to any bid, from a bid back to a
        // partner.
        let mut at_offer: Vec<Option<(i64, usize)>> =
            (0..offers.len()).map(|at| offers[at].get(sold[at]).map(|cost| (-cost, usize::MAX))).collect();
        let mut at_bid: Vec<Option<(i64, usize)>> = vec![None; bids.len()];
        for _ in 0..bids.len() + offers.len() {
            for bid in 0..bids.len() {
                for offer in 0..offers.len() {
                    let cost = pairs.cost(bid, offer).0;
                    if let Some((gain, _)) = at_offer[offer]
                        && at_bid[bid].is_none_or(|(known, _)| gain - cost > known)
                    {
                        at_bid[bid] = Some((gain - cost, offer));
                    }
                    if let Some((gain, _)) = at_bid[bid]
                        && trades[bid][offer] > 0
                        && at_offer[offer].is_none_or(|(known, _)| gain + cost > known)
                    {
                        at_offer[offer] = Some((gain + cost, bid));
                    }
                }
            }
        }
        let arrival = |bid: usize| Some((at_bid[bid]?.0 + bids[bid].get(bought[bid])?, bid));
        let Some((gain, mut bid)) = (0..bids.len()).filter_map(arrival).max() else { break };
        if gain < 0 {
            break;
        }
        (welfare, volume) = (welfare + i128::from(gain), volume + 1);
        bought[bid] += 1;
        loop {
            let offer = at_bid[bid].unwrap().1;
            trades[bid][offer] += 1;
            bid = match at_offer[offer].unwrap().1 {
                usize::MAX => break sold[offer] += 1,
                partner => partner,
            };
            trades[bid][offer] -= 1;
        }
    }
    (welfare, volume)
}

/// How a law must bind the rule.
#[derive(Debug, PartialEq)]
enum Bound {
    Fully,
    Partly,
    Not,
}

fn bound(law: Law) -> Bound {
    match RuleKind::Bilateral.binding(law) {
        Binding::Holds => Bound::Fully,
        Binding::Weakened(_) => Bound::Partly,
        Binding::DoesNotApply(_) => Bound::Not,
    }
}

/// Tests what is left of a law on random markets.
fn law(law: Law, as_bound: Bound, holds: impl Fn(&Book, &Pairs, &Claim, &Clearing)) {
    assert_eq!(bound(law), as_bound, "{}", law.number());
    proptest!(cases(), |((wishes, charges) in markets())| {
        let book = book(&wishes);
        let (claim, out) = cleared(&Rule::Bilateral { charges }, &book);
        holds(&book, &Pairs::new(&book, &charges), &claim, &out);
    });
}

#[test]
fn c1_and_c2_fills_are_within_the_orders_and_bought_is_sold() {
    assert_eq!(bound(Law::C1), Bound::Fully);
    law(Law::C2, Bound::Fully, |book, _, _, out| {
        for side in Side::ALL {
            let fills = out.fills(side);
            assert_eq!(fills.len(), book.orders(side).len());
            let within = |(order, fill): (&BookOrder, &Energy)| (Energy::ZERO..=order.energy).contains(fill);
            assert!(book.orders(side).iter().zip(fills).all(within));
            assert_eq!(fills.iter().copied().sum::<Energy>(), out.volume);
        }
        assert_eq!(out.trades.iter().map(|trade| trade.energy).sum::<Energy>(), out.volume);
    });
}

#[test]
fn c3_nobody_pays_more_than_limit_and_premium_nor_all_told_more_than_it_is_worth() {
    law(Law::C3, Bound::Partly, no_order_trades_beyond_its_worth);
}

pub(crate) fn no_order_trades_beyond_its_worth(book: &Book, pairs: &Pairs, _: &Claim, out: &Clearing) {
    for side in Side::ALL {
        let sign = if side == Side::Buy { 1 } else { -1 };
        let money = out.money(side);
        for (position, order) in book.orders(side).iter().enumerate() {
            let mine = |trade: &&market::rule::Trade| match side {
                Side::Buy => trade.bid as usize == position,
                Side::Sell => trade.offer as usize == position,
            };
            let (mut energy, mut premiums, mut amount) = (0, 0, 0);
            for trade in out.trades.iter().filter(mine) {
                let pair = (trade.bid as usize, trade.offer as usize);
                let charge = if side == Side::Buy { pairs.charge(pair.0, pair.1) } else { Price::ZERO };
                let (price, premium) = (trade.price + charge, pairs.premium(side, pair.0, pair.1));
                assert!(sign * (order.limit.0 - price.0) + premium.0 >= 0);
                energy += i128::from(trade.energy.0);
                premiums += (trade.energy * premium).0;
                amount += (trade.energy * price).0;
            }
            assert_eq!(i128::from(money.of(position, out.fills(side)[position])), amount);
            // The straight line over the fill, twice and times Q: 2Q·ℓ·q ∓ f·q².
            let fall = i128::from(book.details(side, position).attributes.fall.0);
            let (whole, limit) = (i128::from(order.energy.0), i128::from(order.limit.0));
            let worth =
                sign as i128 * 2 * whole * limit * energy - fall * energy * energy + 2 * whole * premiums;
            assert!(sign as i128 * 2 * whole * amount <= worth);
        }
    }
}

#[test]
fn c4_what_buyers_pay_beyond_what_sellers_receive_is_the_charges() {
    law(Law::C4, Bound::Partly, the_charges_are_what_is_left);
}

pub(crate) fn the_charges_are_what_is_left(_: &Book, pairs: &Pairs, _: &Claim, out: &Clearing) {
    let sum = |side: usize| out.amounts[side].iter().map(|money| i128::from(*money)).sum::<i128>();
    let charge = |trade: &market::rule::Trade| {
        (trade.energy * pairs.charge(trade.bid as usize, trade.offer as usize)).0
    };
    let charges: i128 = out.trades.iter().map(charge).sum();
    assert!(charges >= 0);
    assert_eq!(sum(0) - sum(1), charges);
}

#[test]
fn c5_no_pair_is_left_that_exceeds_its_cost() {
    law(Law::C5, Bound::Partly, no_pair_is_left);
}

pub(crate) fn no_pair_is_left(_: &Book, pairs: &Pairs, _: &Claim, out: &Clearing) {
    // The next Wh of every order that has one; no residual is left.
    let next = |side| -> Vec<Option<i64>> {
        let orders = pairs.lines(side).zip(out.fills(side));
        orders.map(|(line, fill)| (*fill < line.energy).then(|| line.at(*fill + Energy(1)).0)).collect()
    };
    let [bids, offers] = Side::ALL.map(next);
    for (bid, buyer) in bids.iter().enumerate() {
        for (offer, seller) in offers.iter().enumerate() {
            if let (Some(buyer), Some(seller)) = (buyer, seller) {
                assert!(buyer - seller < pairs.cost(bid, offer).0);
            }
        }
    }
}

#[test]
fn c7_the_prices_bound_the_welfare_of_any_trades_and_these_reach_the_bound() {
    law(Law::C7, Bound::Partly, the_prices_bound_the_welfare);
}

pub(crate) fn the_prices_bound_the_welfare(_: &Book, pairs: &Pairs, claim: &Claim, out: &Clearing) {
    let Claim::Bilateral { bid_prices, offer_prices, .. } = claim else {
        return assert_eq!(out.welfare, Money::ZERO);
    };
    // Weak duality: no Wh of any trade gains more than its two orders would at these prices.
    for (bid, price) in bid_prices.iter().enumerate() {
        for (offer, asked) in offer_prices.iter().enumerate() {
            assert!(price.0 - asked.0 <= pairs.cost(bid, offer).0);
        }
    }
    let gain = |(line, price): (market::rule::Line, &Price)| {
        let most = line.wanted(*price).1;
        let gain = line.value(most) - most * *price;
        if line.side == Side::Buy { gain } else { -gain }
    };
    let gains = |side, prices: &[Price]| pairs.lines(side).zip(prices).map(gain).sum::<Money>();
    assert_eq!(out.welfare, gains(Side::Buy, bid_prices) + gains(Side::Sell, offer_prices));
}

#[test]
fn c9_and_c11_the_same_book_gives_the_same_claim_and_nobody_trades_with_itself() {
    assert_eq!(bound(Law::C9), Bound::Fully);
    let workspace = std::cell::RefCell::new(clearing::Workspace::new());
    proptest!(cases(), |((wishes, charges) in markets())| {
        let (rule, book) = (Rule::Bilateral { charges }, book(&wishes));
        let (claim, out) = cleared(&rule, &book);
        prop_assert_eq!(clearing::clear(&rule, &book, COLLAR, &mut workspace.borrow_mut()), claim);
        assert_eq!(bound(Law::C11), Bound::Fully);
        for trade in &out.trades {
            let (bid, offer) = (&book.bids[trade.bid as usize], &book.offers[trade.offer as usize]);
            prop_assert_ne!(bid.account, offer.account);
        }
    });
}

/// A plain order at a place.
fn plain(side: Side, account: u32, limit: i64, energy: i64, location: u32) -> Wish {
    Wish { side, account, limit, energy, fall: 0, partner: None, location }
}

#[test]
fn c6_does_not_apply_a_lower_bid_nearby_goes_before_a_higher_one_far_away() {
    assert_eq!(bound(Law::C6), Bound::Not);
    let near_and_far = [
        plain(Side::Buy, 6, 20, 10, 1),
        plain(Side::Buy, 7, 21, 10, 0x0100),
        plain(Side::Sell, 8, 15, 10, 1),
    ];
    let (_, out) = cleared(&Rule::Bilateral { charges: [0, 0, 3, 3].map(Price) }, &book(&near_and_far));
    assert_eq!(out.bid_fills, [Energy(10), Energy::ZERO]);
}

#[test]
fn c10_does_not_apply_a_tie_may_be_decided_either_way() {
    assert_eq!(bound(Law::C10), Bound::Not);
    let tie = [plain(Side::Buy, 6, 20, 4, 1), plain(Side::Buy, 7, 20, 4, 1), plain(Side::Sell, 8, 15, 5, 1)];
    let trade = |bid, energy| PairClaim { bid, offer: 0, energy: Energy(energy) };
    for (first, second) in [(4, 1), (1, 4), (3, 2)] {
        let trades = vec![trade(0, first), trade(1, second)];
        let claim =
            Claim::Bilateral { trades, bid_prices: vec![Price(20); 2], offer_prices: vec![Price(20)] };
        accepted(&Rule::Bilateral { charges: [Price::ZERO; 4] }, &book(&tie), &claim);
    }
}

#[test]
fn every_change_of_a_right_claim_is_refused_unless_its_trades_are_as_good() {
    proptest!(cases(), |((wishes, charges) in markets(), shift in 2_i64..1000)| {
        let mut wishes = wishes;
        wishes.truncate(10);
        let (rule, book) = (Rule::Bilateral { charges }, book(&wishes));
        let pairs = Pairs::new(&book, &charges);
        let (right, out) = cleared(&rule, &book);
        prop_assert!(explain(&rule, &book, &right, COLLAR).starts_with("right: "));
        let refused = |lie: &Claim, by: &[Rejection]| {
            let refusal = check(&rule, &book, lie, COLLAR, &mut Clearing::default()).expect_err("a lie was accepted");
            assert!(by.contains(&refusal), "{refusal}: {lie:?}");
            let words = explain(&rule, &book, lie, COLLAR);
            assert!(words.starts_with("wrong: ") && !words.ends_with(refusal.words()), "{words}");
        };
        refused(&Claim::Metered, &[Rejection::WrongClaim]);
        match &right {
            Claim::Bilateral { trades, bid_prices, offer_prices } => {
                refused(&Claim::Nothing, &[Rejection::TradeLeft]);
                let claim = |trades: Vec<PairClaim>, [bids, offers]: [&[Price]; 2]| Claim::Bilateral {
                    trades, bid_prices: bids.to_vec(), offer_prices: offers.to_vec()
                };
                for changed in other_trades(trades, book.bids.len() as u32, book.offers.len() as u32) {
                    let lie = claim(changed.clone(), [bid_prices, offer_prices]);
                    if worth(&pairs, &changed) == Some((out.volume, out.welfare)) {
                        accepted(&rule, &book, &lie);
                    } else {
                        refused(&lie, &[Rejection::NotOptimal, Rejection::TradeLeft]);
                    }
                }
                for changed in other_prices(bid_prices, shift) {
                    let lie = claim(trades.clone(), [&changed, offer_prices]);
                    refused(&lie, &[Rejection::NotOptimal, Rejection::TradeLeft, Rejection::WrongPrice]);
                }
                for changed in other_prices(offer_prices, shift) {
                    let lie = claim(trades.clone(), [bid_prices, &changed]);
                    refused(&lie, &[Rejection::NotOptimal, Rejection::TradeLeft, Rejection::WrongPrice]);
                }
                // All prices together: the pairs stay content, but it is no longer the middle.
                for by in [-shift, -1, 1, shift] {
                    let [bids, offers] = [bid_prices, offer_prices]
                        .map(|prices| prices.iter().map(|price| Price(price.0 + by)).collect::<Vec<_>>());
                    let lie = claim(trades.clone(), [&bids, &offers]);
                    refused(&lie, &[Rejection::NotOptimal, Rejection::TradeLeft, Rejection::WrongPrice]);
                }
            }
            _ => for bid in 0..book.bids.len() as u32 {
                for offer in 0..book.offers.len() as u32 {
                    let bid_prices = book.bids.iter().map(|order| order.limit).collect();
                    let offer_prices = book.offers.iter().map(|order| order.limit).collect();
                    let trades = vec![PairClaim { bid, offer, energy: Energy(1) }];
                    refused(&Claim::Bilateral { trades, bid_prices, offer_prices }, &[Rejection::NotOptimal]);
                }
            },
        }
    });
}

/// Volume and welfare of trades, whoever claims them; `None` where they do not fit the book.
fn worth(pairs: &Pairs, trades: &[PairClaim]) -> Option<(Energy, Money)> {
    let mut fills = Side::ALL.map(|side| vec![0_i64; pairs.count(side)]);
    let (mut volume, mut welfare, mut last) = (Energy::ZERO, Money::ZERO, None);
    for trade in trades {
        let place = (trade.bid as usize, trade.offer as usize);
        if last >= Some(place) || trade.energy <= Energy::ZERO || trade.energy > MAX_ENERGY {
            return None;
        }
        last = Some(place);
        *fills[0].get_mut(place.0)? += trade.energy.0;
        *fills[1].get_mut(place.1)? += trade.energy.0;
        volume += trade.energy;
        welfare -= trade.energy * pairs.cost(place.0, place.1);
    }
    for (side, fills) in Side::ALL.into_iter().zip(fills) {
        for (line, fill) in pairs.lines(side).zip(fills) {
            if fill > line.energy.0 {
                return None;
            }
            let value = line.value(Energy(fill));
            welfare += if side == Side::Buy { value } else { -value };
        }
    }
    Some((volume, welfare))
}

/// Every way to change one trade, to leave one out, to invent one, or to move 1 Wh from one to another.
fn other_trades(trades: &[PairClaim], bids: u32, offers: u32) -> Vec<Vec<PairClaim>> {
    let mut changed = Vec::new();
    let mut with = |change: &dyn Fn(&mut Vec<PairClaim>)| {
        let mut copy = trades.to_vec();
        change(&mut copy);
        copy.sort_by_key(|trade| (trade.bid, trade.offer));
        changed.push(copy);
    };
    for at in 0..trades.len() {
        for by in [-1, 1, i64::MAX - trades[at].energy.0, -trades[at].energy.0, -2 * trades[at].energy.0] {
            with(&|trades| trades[at].energy.0 += by);
        }
        with(&|trades| {
            trades.remove(at);
        });
        with(&|trades| trades.push(trades[at]));
        for bid in (0..bids).chain([bids, u32::MAX]).filter(|bid| *bid != trades[at].bid) {
            with(&|trades| trades[at].bid = bid);
        }
        for offer in (0..offers).chain([offers, u32::MAX]).filter(|offer| *offer != trades[at].offer) {
            with(&|trades| trades[at].offer = offer);
        }
        for to in (0..trades.len()).filter(|to| *to != at) {
            with(&|trades| {
                (trades[at].energy.0, trades[to].energy.0) =
                    (trades[at].energy.0 - 1, trades[to].energy.0 + 1)
            });
        }
    }
    for (bid, offer) in (0..bids).flat_map(|bid| (0..offers).map(move |offer| (bid, offer))) {
        with(&|trades| trades.push(PairClaim { bid, offer, energy: Energy(1) }));
    }
    changed.push(Vec::new());
    let mut reversed = trades.to_vec();
    reversed.reverse();
    changed.extend((trades.len() > 1).then_some(reversed));
    changed
}

/// Every way to change one price, to leave one out or to add one.
fn other_prices(prices: &[Price], shift: i64) -> Vec<Vec<Price>> {
    let mut changed = vec![prices[1..].to_vec(), [prices, &prices[..1]].concat()];
    for at in 0..prices.len() {
        for by in [-shift, -1, 1, shift, i64::MIN / 2, i64::MAX / 2] {
            let mut copy = prices.to_vec();
            copy[at].0 += by;
            changed.push(copy);
        }
    }
    changed
}

#[test]
fn a_book_too_large_for_pairs_is_refused_whatever_is_claimed() {
    let mut book = Book::default();
    for number in 0..=market::rule::MAX_PAIRED as u32 {
        assert!(place(&mut book, &plain(Side::Buy, 6 + number, 20, 1, 1)));
    }
    place(&mut book, &plain(Side::Sell, 5, 20, 1, 1));
    let rule = Rule::Bilateral { charges: [Price::ZERO; 4] };
    let claim = clearing::clear(&rule, &book, COLLAR, &mut clearing::Workspace::new());
    for claim in [claim, Claim::Bilateral { trades: vec![], bid_prices: vec![], offer_prices: vec![] }] {
        let refusal = check(&rule, &book, &claim, COLLAR, &mut Clearing::default());
        assert_eq!(refusal, Err(Rejection::TooMany));
        assert!(explain(&rule, &book, &claim, COLLAR).starts_with("wrong: a side has more than 2048 orders"));
    }
}

#[test]
fn a_market_of_the_largest_orders_does_not_overflow() {
    let mut book = Book::default();
    let (cap, energy) = (MAX_PRICE.0, MAX_ENERGY.0);
    for number in 0..40 {
        let (fall, partner) = (i64::from(number % 2) * 2 * cap, None);
        let wish =
            |side, account, limit| Wish { side, account, limit, energy, fall, partner, location: number };
        assert!(place(&mut book, &wish(Side::Buy, 6 + number, cap)));
        assert!(place(&mut book, &wish(Side::Sell, 100 + number, -cap)));
    }
    for charge in [0, cap] {
        let (_, out) = cleared(&Rule::Bilateral { charges: [charge; 4].map(Price) }, &book);
        assert!(out.volume >= Energy(20 * energy));
    }
}
