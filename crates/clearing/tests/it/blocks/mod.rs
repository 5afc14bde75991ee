//! Minimum fills and blocks: the procedure against a naive one, the laws, lies, and cases worked by hand.

mod naive;
mod state;
mod words;

use crate::books::{COLLAR, cleared};
use crate::floor::Floor;
use crate::reference;
use clearing::{Workspace, clear_blocks};
use market::rule::blocks::{check, explain};
use market::rule::{Binding, Clearing, Rule, RuleKind};
use market::{
    AccountId, Attributes, Book, BookOrder, Claim, Command, Details, Energy, Event, Fraction, Law, MAX_PRICE,
    MeterId, Money, Price, PriceConvention, Refused, Rejection, Side, TimeInForce, Witness,
};
use naive::Naive;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An order before it has arrived.
#[derive(Clone, Copy, Debug)]
struct Wish {
    side: Side,
    account: u32,
    limit: i64,
    energy: i64,
    interval: usize,
    minimum: i64,
    further: u16,
}

/// Orders for up to three intervals: ordinary ones, minimum fills, blocks, some of which reach beyond.
fn wishes(special: u32) -> impl Strategy<Value = Vec<Wish>> {
    let prices = prop_oneof![Just((-2_i64, 2_i64)), Just((-30, 30)), Just((150_000, 300_000))];
    let energies = prop_oneof![Just((1_i64, 3_i64)), Just((1, 50)), Just((1, 5000))];
    (prices, energies).prop_flat_map(move |(prices, energies)| {
        let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
        let kind = prop_oneof![3 => Just(0), special => Just(1), special => Just(2)];
        let wish =
            (side, 6..200_u32, prices.0..=prices.1, energies.0..=energies.1, 0..3_usize, kind, 1..=100_i64);
        let wish = wish.prop_map(|(side, account, limit, energy, interval, kind, part)| Wish {
            side,
            account,
            limit,
            energy,
            interval,
            minimum: if kind == 1 { (energy * part / 100).max(1) } else { 0 },
            further: if kind == 2 { 1 + (part % 2) as u16 } else { 0 },
        });
        prop::collection::vec(wish, 0..16)
    })
}

/// The books of the first `count` intervals, as the state would keep them.
fn books(wishes: &[Wish], count: usize) -> Vec<Book> {
    let mut books = vec![Book::default(); 6];
    for wish in wishes {
        let side = wish.side;
        let block = books[wish.interval].orders(side).len() as u32;
        for part in 0..=wish.further {
            let book = &mut books[wish.interval + usize::from(part)];
            let orders = if side == Side::Buy { &mut book.bids } else { &mut book.offers };
            orders.push(BookOrder {
                limit: Price(wish.limit),
                energy: Energy(wish.energy),
                account: AccountId(wish.account),
                meter: MeterId(wish.account),
                arrival: orders.len() as u32,
                time_in_force: TimeInForce::NextClearing,
            });
            let attributes =
                Attributes { minimum: Energy(wish.minimum), further: wish.further, ..Attributes::default() };
            let block = if wish.further > 0 { block } else { 0 };
            book.details[side as usize].push(Details { attributes, block, part, ..Details::default() });
        }
    }
    books.truncate(count);
    books
}

fn refs(books: &[Book]) -> Vec<&Book> {
    books.iter().collect()
}

/// The outcome that is found and accepted.
fn clear(k: Fraction, books: &[Book]) -> (Vec<Witness>, Vec<Refused>, Vec<Clearing>) {
    let Claim::Blocks { intervals, refused } = clear_blocks(k, &refs(books), COLLAR, &mut Workspace::new())
    else {
        unreachable!("the claim of this rule")
    };
    let mut outs = vec![Clearing::default(); books.len()];
    check(k, &refs(books), (&intervals, &refused), COLLAR, &mut outs).unwrap();
    (intervals, refused, outs)
}

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000))
}

/// Tests a law on random books of three intervals.
fn law(law: Law, holds: impl Fn(&Naive<'_>, &[bool], &[Clearing])) {
    let bound = RuleKind::UniformPriceBlocks.binding(law);
    assert!(!matches!(bound, Binding::DoesNotApply(_)), "{} does not apply", law.number());
    proptest!(cases(), |(wishes in wishes(1))| {
        let books = books(&wishes, 3);
        let (_, refused, outs) = clear(Fraction::HALF, &books);
        let naive = Naive::new(Fraction::HALF, &books);
        let taken: Vec<bool> = naive.specials.iter().map(|special| !refused.contains(&special.refusal())).collect();
        holds(&naive, &taken, &outs);
    });
}

fn fill(out: &Clearing, side: Side, position: usize) -> i64 {
    out.fills(side)[position].0
}

#[test]
fn the_procedure_decides_what_the_naive_one_decides() {
    let k = prop_oneof![Just(Fraction::ZERO), Just(Fraction::HALF), Just(Fraction::ONE)];
    proptest!(cases(), |(wishes in wishes(2), count in 1..4_usize, k in k)| {
        let books = books(&wishes, count);
        let naive = Naive::new(k, &books);
        let (taken, right) = naive.decide();
        let (witnesses, refused, outs) = clear(k, &books);
        prop_assert_eq!(refused, right);
        for (interval, auction) in naive.auctions(&taken).iter().enumerate() {
            let out = &outs[interval];
            prop_assert_eq!(out.volume, Energy(auction.outcome.volume));
            prop_assert_eq!(out.price, auction.price.map(Price));
            let lo = auction.outcome.range.map(|(lo, _)| Price(lo.max(COLLAR.0.0)));
            prop_assert_eq!(witnesses[interval], lo.map_or(Witness::NoTrade, Witness::Equilibrium));
            prop_assert_eq!(out.equilibrium, lo);
            for side in Side::ALL {
                let fills = auction.fills[side as usize].iter().map(|fill| Energy(*fill));
                prop_assert!(fills.eq(out.fills(side).iter().copied()));
            }
        }
    });
}

#[test]
fn without_special_orders_it_is_the_auction_at_a_uniform_price() {
    proptest!(cases(), |(wishes in crate::books::wishes())| {
        let book = crate::books::book(&wishes);
        for k in [Fraction::ZERO, Fraction::HALF, Fraction::ONE] {
            let uniform = cleared(&Rule::UniformPrice { convention: PriceConvention::Equilibrium, k }, &book);
            let mut blocks = cleared(&Rule::UniformPriceBlocks { k }, &book);
            prop_assert_eq!(blocks.equilibrium, blocks.price.map(|_| blocks.range.0));
            blocks.equilibrium = uniform.equilibrium;
            prop_assert_eq!(blocks, uniform);
        }
    });
}

#[test]
fn c1_a_fill_is_nothing_or_at_least_the_minimum_and_a_block_is_filled_in_all_intervals_or_none() {
    law(Law::C1, |naive, taken, outs| {
        for (book, out) in naive.books.iter().zip(outs) {
            for side in Side::ALL {
                for (at, order) in book.orders(side).iter().enumerate() {
                    let minimum = book.details(side, at).attributes.minimum.0;
                    let filled = fill(out, side, at);
                    assert!(filled == 0 || (minimum.max(1)..=order.energy.0).contains(&filled));
                    let beyond = book.details(side, at).attributes.further > 0;
                    assert!(!beyond || filled == 0 || filled == order.energy.0);
                }
            }
        }
        for (special, taken) in naive.specials.iter().zip(taken) {
            for (interval, position) in special.intervals().zip(&special.positions) {
                let filled = fill(&outs[interval], special.side, *position);
                assert_eq!(filled >= special.whole, *taken);
                assert_eq!(filled > 0, *taken);
            }
        }
    });
}

#[test]
fn c2_and_c4_bought_is_sold_and_paid_is_received() {
    assert_eq!(RuleKind::UniformPriceBlocks.binding(Law::C4), Binding::Holds);
    law(Law::C2, |_, _, outs| {
        for out in outs {
            let sum = |fills: &[Energy]| fills.iter().copied().sum::<Energy>();
            assert_eq!((sum(&out.bid_fills), sum(&out.offer_fills)), (out.volume, out.volume));
            // One price for all: what is bought and sold costs the same.
            assert_eq!(out.price.is_some(), out.volume > Energy::ZERO);
        }
    });
}

/// How much better than the price of its interval the limit of an order is, n€/Wh.
fn gain(side: Side, limit: i64, out: &Clearing) -> i64 {
    let price = out.price.map_or(0, |price| price.0);
    if side == Side::Buy { limit - price } else { price - limit }
}

#[test]
fn c3_and_c8_nobody_pays_more_than_the_limit_and_a_block_not_on_average() {
    assert!(matches!(RuleKind::UniformPriceBlocks.binding(Law::C8), Binding::Weakened(_)));
    law(Law::C3, |naive, taken, outs| {
        for (book, out) in naive.books.iter().zip(outs) {
            for side in Side::ALL {
                for (at, order) in book.orders(side).iter().enumerate() {
                    let block = book.details(side, at).attributes.further > 0;
                    assert!(block || fill(out, side, at) == 0 || gain(side, order.limit.0, out) >= 0);
                }
            }
            // No price comes from the collar: it lies within what somebody asks and somebody bids.
            let limits = || book.bids.iter().chain(&book.offers).map(|order| order.limit);
            if let Some(price) = out.price {
                assert!(limits().min().unwrap() <= price && price <= limits().max().unwrap());
            }
        }
        for (special, _) in naive.specials.iter().zip(taken).filter(|(_, taken)| **taken) {
            let gains = outs[special.intervals()].iter().map(|out| gain(special.side, special.limit, out));
            assert!(gains.sum::<i64>() >= 0);
        }
    });
}

#[test]
fn c6_an_equilibrium_price_separates_the_orders_without_minimum_or_block() {
    law(Law::C6, |naive, _, outs| {
        for (book, out) in naive.books.iter().zip(outs) {
            let Some(equilibrium) = out.equilibrium else { continue };
            assert!(out.range.0 <= equilibrium && out.price.unwrap() <= out.range.1);
            for side in Side::ALL {
                for (at, order) in book.orders(side).iter().enumerate() {
                    let Attributes { minimum, further, .. } = book.details(side, at).attributes;
                    if minimum > Energy::ZERO || further > 0 {
                        continue;
                    }
                    let better = order.limit.0 - equilibrium.0;
                    let better = if side == Side::Buy { better } else { -better };
                    let filled = fill(out, side, at);
                    assert!(better <= 0 || filled == order.energy.0);
                    assert!(better >= 0 || filled == 0);
                }
            }
        }
    });
}

fn wish(side: Side, limit: i64, energy: i64, minimum: i64) -> Wish {
    Wish { side, account: 6 + limit as u32, limit, energy, interval: 0, minimum, further: 0 }
}

#[test]
fn c5_does_not_apply_an_order_that_does_not_fit_is_left_out_although_its_price_is_good() {
    assert!(matches!(RuleKind::UniformPriceBlocks.binding(Law::C5), Binding::DoesNotApply(_)));
    let books = books(&[wish(Side::Buy, 30, 5, 0), wish(Side::Sell, 10, 9, 6)], 1);
    let (_, refused, outs) = clear(Fraction::HALF, &books);
    assert_eq!((refused.len(), outs[0].volume), (1, Energy::ZERO));
}

#[test]
fn c7_does_not_apply_the_procedure_may_miss_the_best_combination() {
    assert!(matches!(RuleKind::UniformPriceBlocks.binding(Law::C7), Binding::DoesNotApply(_)));
    let wishes = [
        wish(Side::Sell, 0, 10, 0),
        wish(Side::Buy, 20, 5, 5),
        wish(Side::Buy, 21, 5, 5),
        wish(Side::Buy, 22, 6, 6),
    ];
    let (_, refused, outs) = clear(Fraction::HALF, &books(&wishes, 1));
    // 16 Wh are wanted: the bids at 20 and 21 go, in this order. 22 remains and is worth 6·22 = 132; the other two
    // would have been worth 5·20 + 5·21 = 205.
    assert_eq!(refused.iter().map(|refused| refused.position).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(outs[0].welfare, Money(132));
}

#[test]
fn c10_does_not_apply_the_parts_of_a_divided_order_have_minima_of_their_own() {
    assert!(matches!(RuleKind::UniformPriceBlocks.binding(Law::C10), Binding::DoesNotApply(_)));
    let clear = |wishes: &[Wish]| clear(Fraction::HALF, &books(wishes, 1)).2[0].volume;
    let offer = wish(Side::Sell, 10, 5, 0);
    assert_eq!(clear(&[offer, wish(Side::Buy, 30, 8, 8)]), Energy::ZERO);
    assert_eq!(clear(&[offer, wish(Side::Buy, 30, 4, 4), wish(Side::Buy, 30, 4, 4)]), Energy(4));
}

#[test]
fn c9_a_workspace_remembers_nothing() {
    assert_eq!(RuleKind::UniformPriceBlocks.binding(Law::C9), Binding::Holds);
    proptest!(cases(), |(first in wishes(1), second in wishes(1))| {
        let mut used = Workspace::new();
        let mut outs = vec![Clearing::default(); 3];
        for wishes in [first, second] {
            let books = books(&wishes, 3);
            let claim = clear_blocks(Fraction::HALF, &refs(&books), COLLAR, &mut used);
            let (intervals, refused, fresh) = clear(Fraction::HALF, &books);
            prop_assert_eq!(&claim, &Claim::Blocks { intervals: intervals.clone(), refused: refused.clone() });
            check(Fraction::HALF, &refs(&books), (&intervals, &refused), COLLAR, &mut outs).unwrap();
            prop_assert_eq!(&outs, &fresh);
        }
    });
}

/// Every way to change one thing of a claim.
fn lies(intervals: &[Witness], refused: &[Refused]) -> Vec<(Vec<Witness>, Vec<Refused>)> {
    let mut lies = Vec::new();
    let mut told = |change: &dyn Fn(&mut Vec<Witness>, &mut Vec<Refused>)| {
        let mut lie = (intervals.to_vec(), refused.to_vec());
        change(&mut lie.0, &mut lie.1);
        if lie != (intervals.to_vec(), refused.to_vec()) {
            lies.push(lie);
        }
    };
    told(&|intervals, _| intervals.push(Witness::NoTrade));
    told(&|intervals, _| intervals.truncate(intervals.len() - 1));
    for at in 0..intervals.len() {
        told(&|intervals, _| intervals.swap(0, at));
        let shifted = |by: i64| match intervals[at] {
            Witness::NoTrade => Witness::Equilibrium(Price(by)),
            Witness::Equilibrium(price) => Witness::Equilibrium(Price(price.0 + by)),
        };
        for by in [-1, 1, 37] {
            told(&|intervals, _| intervals[at] = shifted(by));
        }
        for price in [i64::MIN, i64::MAX] {
            told(&|intervals, _| intervals[at] = Witness::Equilibrium(Price(price)));
        }
        told(&|intervals, _| intervals[at] = Witness::NoTrade);
    }
    told(&|_, refused| refused.push(Refused { interval: 0, side: Side::Buy, position: 0 }));
    told(&|_, refused| refused.truncate(refused.len().saturating_sub(1)));
    for at in 0..refused.len() {
        told(&|_, refused| refused.swap(0, at));
        told(&|_, refused| {
            refused.remove(at);
        });
        told(&|_, refused| refused.insert(at, refused[at]));
        told(&|_, refused| refused[at].interval ^= 1);
        told(&|_, refused| refused[at].position += 1);
        told(&|_, refused| refused[at].position = u32::MAX);
        told(&|_, refused| {
            refused[at].side = if refused[at].side == Side::Buy { Side::Sell } else { Side::Buy };
        });
    }
    lies
}

#[test]
fn every_change_of_a_right_claim_is_refused() {
    proptest!(cases(), |(wishes in wishes(2), count in 1..4_usize)| {
        let books = books(&wishes, count);
        let (intervals, refused, mut outs) = clear(Fraction::HALF, &books);
        let rule = Rule::UniformPriceBlocks { k: Fraction::HALF };
        let right = Claim::Blocks { intervals: intervals.clone(), refused: refused.clone() };
        prop_assert!(explain(&rule, &refs(&books), &right, COLLAR).starts_with("right"));
        for (intervals, refused) in lies(&intervals, &refused) {
            let rejection =
                check(Fraction::HALF, &refs(&books), (&intervals, &refused), COLLAR, &mut outs).unwrap_err();
            let claim = Claim::Blocks { intervals, refused };
            prop_assert!(explain(&rule, &refs(&books), &claim, COLLAR).starts_with("wrong"));
            let known = [Rejection::WrongStage, Rejection::NotEquilibrium, Rejection::TradeLeft];
            prop_assert!(known.contains(&rejection), "{rejection}");
        }
        let other = market::rule::check(&rule, &books[0], &Claim::Nothing, COLLAR, &mut outs[0]);
        prop_assert_eq!(other, Err(Rejection::WrongClaim));
    });
}

#[test]
fn blocks_worked_by_hand() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/blocks");
    let mut worked = 0;
    for folder in std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        println!("{}", folder.display());
        assert!(folder.join("README.md").is_file());
        let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let mut floor = Floor::new(Rule::UniformPriceBlocks { k: Fraction::HALF }, 6);
        // By interval, side and arrival.
        let mut ids: BTreeMap<(u64, usize, u32), String> = BTreeMap::new();
        let mut reader = csv::Reader::from_path(folder.join("input.csv")).unwrap();
        for row in reader.records() {
            let row = row.unwrap();
            let number = |at: usize| row[at].parse::<i64>().unwrap();
            let side = Side::ALL.into_iter().find(|side| *side.name() == row[2]).unwrap();
            let member = u32::from(row[1].as_bytes()[0] - b'a');
            let order = floor.order(member, side, number(3), number(4), TimeInForce::NextClearing);
            let attributes =
                Attributes { further: number(6) as u16, minimum: Energy(number(7)), ..Attributes::default() };
            let from = floor.events.len();
            let command = floor.wish(order, number(5) as u64, attributes);
            floor.accept(command);
            for event in &floor.events[from..] {
                if let Event::OrderAccepted { id, .. } = event {
                    ids.insert((id.interval.start, id.side as usize, id.arrival), row[0].to_owned());
                }
            }
        }
        let count = expected["intervals"].as_array().unwrap().len() as u64;
        floor.close(0, count);
        let books: Vec<Book> = (0..count)
            .map(|step| floor.state.book(floor.carrier(), floor.interval(step)).unwrap().clone())
            .collect();
        let claim = clear_blocks(Fraction::HALF, &refs(&books), COLLAR, &mut Workspace::new());
        let Claim::Blocks { refused, .. } = &claim else { unreachable!("the claim of this rule") };
        let named = |refused: &Refused| {
            let start = floor.interval(refused.interval.into()).start;
            ids[&(start, refused.side as usize, refused.position)].clone()
        };
        let refused: Vec<_> = refused.iter().map(named).collect();
        let from = floor.events.len();
        floor.accept(Command::Clear { carrier: floor.carrier(), interval: floor.interval(0), claim });
        let mut intervals = Vec::new();
        let mut fills: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for event in &floor.events[from..] {
            match event {
                Event::Cleared { volume, price, equilibrium, .. } => intervals.push(json!({
                    "energy_wh": volume.0,
                    "price": price.map(|price| price.0),
                    "equilibrium": equilibrium.map(|price| price.0),
                })),
                Event::Filled { id, energy, .. } => {
                    let id = &ids[&(id.interval.start, id.side as usize, id.arrival)];
                    fills.entry(id.clone()).or_default().push(energy.0);
                }
                _ => {}
            }
        }
        let found = json!({ "intervals": intervals, "fills": fills, "refused": refused });
        assert_eq!(found, expected);
        worked += 1;
    }
    assert_eq!(worked, 10);
}
