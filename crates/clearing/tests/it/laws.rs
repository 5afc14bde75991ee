//! Every law on every rule that takes orders, as the table says ([`market::rule::Binding`]): where it holds, on
//! random books; where it is weakened, what is left of it; where it does not apply, a book that breaks it.
//!
//! A rule joins with a [`Trial`] and a line in [`trials`].

use crate::books::{COLLAR, Wish, accepted, place, wishes};
use crate::{auctions, reference, trials, truthful};
use clearing::Workspace;
use market::rule::{Binding, Clearing, Rule, RuleKind, Trade, check, pair};
use market::{AccountId, Book, BookOrder, Claim, Energy, Law, Money, Price, PriceConvention, Side};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use std::collections::BTreeMap;

/// What the harness needs to know of a rule.
pub(crate) struct Trial {
    /// The clearings of one random book: under every parameter that matters, with wishes put to it if need be.
    pub(crate) cases: fn(&[Wish]) -> Vec<Case>,
    /// What is left of each law that is weakened; or how a law is said of outcomes that are of another kind.
    pub(crate) instead: &'static [(Law, Property)],
    /// For each law that does not apply, what it says of a book that breaks it.
    pub(crate) counter_examples: &'static [(Law, CounterExample)],
}

/// The trial of every rule that takes orders.
fn trials() -> impl Iterator<Item = (RuleKind, Trial)> {
    RuleKind::ALL.into_iter().filter(|kind| kind.takes_orders()).map(|kind| {
        let trial = match kind {
            RuleKind::UniformPrice => auctions::uniform_price(),
            RuleKind::PayAsBid => auctions::pay_as_bid(),
            RuleKind::AuctionFirst => auctions::auction_first(),
            RuleKind::TradeReduction => truthful::trade_reduction(),
            RuleKind::Vcg => truthful::vcg(),
            RuleKind::Continuous => trials::continuous(),
            RuleKind::Pipeline => trials::pipeline(),
            RuleKind::UniformPriceBlocks => trials::blocks(),
            RuleKind::Bilateral => trials::bilateral(),
            RuleKind::Coupled => trials::coupled(),
            _ => panic!("a rule that takes orders and was never tried: {kind:?}"),
        };
        (kind, trial)
    })
}

/// One clearing on which laws are tried.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) rule: Rule,
    pub(crate) book: Book,
    pub(crate) claim: Claim,
    pub(crate) out: Clearing,
}

impl Case {
    /// What the search finds and the check accepts.
    pub(crate) fn of(rule: Rule, book: Book) -> Self {
        let claim = clearing::clear(&rule, &book, COLLAR, &mut Workspace::new());
        let out = accepted(&rule, &book, &claim);
        Self { rule, book, claim, out }
    }

    /// Every order with its side, what it trades, and what it pays or receives for that.
    pub(crate) fn orders(&self) -> impl Iterator<Item = (Side, &BookOrder, Energy, Money)> {
        Side::ALL.into_iter().flat_map(|side| {
            let (fills, money) = (self.out.fills(side), self.out.money(side));
            let rows = self.book.orders(side).iter().zip(fills).enumerate();
            rows.map(move |(at, (order, fill))| (side, order, *fill, Money(money.of(at, *fill).into())))
        })
    }

    /// What an order of `side` gains for each Wh it trades at `price`, n€/Wh.
    pub(crate) fn gain(side: Side, order: &BookOrder, price: Price) -> i64 {
        if side == Side::Buy { order.limit.0 - price.0 } else { price.0 - order.limit.0 }
    }

    /// The canonical pairs.
    fn pairs(&self) -> Vec<Trade> {
        let mut pairs = Vec::new();
        pair(&self.book, &self.out, &mut pairs);
        pairs
    }

    /// What buyers pay and what sellers receive.
    pub(crate) fn paid_and_received(&self) -> [Money; 2] {
        Side::ALL.map(|of| self.orders().filter(|(side, ..)| *side == of).map(|(.., money)| money).sum())
    }

    /// Per account and side, what it trades and what it pays or receives.
    pub(crate) fn totals(&self) -> BTreeMap<(AccountId, Side), (Energy, Money)> {
        let mut totals = BTreeMap::<_, (Energy, Money)>::new();
        for (side, order, fill, money) in self.orders() {
            let total = totals.entry((order.account, side)).or_default();
            *total = (total.0 + fill, total.1 + money);
        }
        totals
    }
}

/// What a law says of a clearing.
pub(crate) type Property = fn(&Case) -> TestCaseResult;

/// What a law says of a book that breaks it.
type CounterExample = fn() -> TestCaseResult;

/// Every law about clearings, as it stands.
pub(crate) const LAWS: [(Law, Property); 12] = [
    (Law::C1, no_order_is_filled_beyond_its_energy),
    (Law::C2, bought_is_sold),
    (Law::C3, no_order_trades_beyond_its_limit),
    (Law::C4, what_buyers_pay_is_what_sellers_receive),
    (Law::C5, no_trade_is_left),
    (Law::C6, an_equilibrium_price_separates),
    (Law::C7, the_welfare_is_the_greatest_possible),
    (Law::C8, no_account_is_worse_off),
    (Law::C9, the_outcome_is_the_same_after_any_other),
    (Law::C10, idle_orders_and_splits_change_nothing),
    (Law::C11, no_account_trades_with_itself),
    (Law::C12, the_orders_of_the_book_take_part_and_no_others),
];

/// What `law` says of `case`.
pub(crate) fn says(law: Law, case: &Case) -> TestCaseResult {
    let (_, property) = LAWS.into_iter().find(|(known, _)| *known == law).expect("a law about clearings");
    property(case)
}

#[test]
fn every_law_that_binds_a_rule_holds_on_random_books() {
    std::thread::scope(|scope| {
        for (kind, trial) in trials() {
            scope.spawn(move || keeps_its_laws(kind, &trial));
        }
    });
}

fn keeps_its_laws(kind: RuleKind, trial: &Trial) {
    let bound = |(law, property): (Law, Property)| {
        let instead = trial.instead.iter().find(|(own, _)| *own == law);
        match (kind.binding(law), instead) {
            (Binding::DoesNotApply(_), _) => None,
            (_, Some(instead)) => Some(*instead),
            (Binding::Holds, None) => Some((law, property)),
            (Binding::Weakened(_), None) => panic!("what is left of {} for {kind:?}?", law.number()),
        }
    };
    let laws: Vec<_> = LAWS.into_iter().filter_map(bound).collect();
    let all_hold = |wishes: Vec<Wish>| {
        for case in (trial.cases)(&wishes) {
            for (law, property) in &laws {
                let named = |error| match error {
                    TestCaseError::Fail(why) => {
                        TestCaseError::fail(format!("{} under {:?}: {why}", law.number(), case.rule))
                    }
                    rejected => rejected,
                };
                property(&case).map_err(named)?;
            }
        }
        Ok(())
    };
    let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000));
    if let Err(error) = TestRunner::new(config).run(&wishes(), all_hold) {
        panic!("{error}");
    }
}

#[test]
fn every_law_that_does_not_apply_has_a_counter_example() {
    for (kind, trial) in trials() {
        for law in LAWS.map(|(law, _)| law) {
            let example = trial.counter_examples.iter().find(|(broken, _)| *broken == law);
            match (kind.binding(law), example) {
                (Binding::DoesNotApply(why), Some((_, example))) => {
                    assert!(example().is_err(), "{} holds for {kind:?}, although {why}", law.number());
                }
                (Binding::DoesNotApply(_), None) => {
                    panic!("{} does not apply to {kind:?}: where is a book that breaks it?", law.number())
                }
                (_, Some(_)) => panic!("{} binds {kind:?}, and has a counter-example", law.number()),
                (_, None) => {}
            }
        }
    }
}

fn no_order_is_filled_beyond_its_energy(case: &Case) -> TestCaseResult {
    for (_, order, fill, _) in case.orders() {
        prop_assert!((Energy::ZERO..=order.energy).contains(&fill), "{fill} of {order:?}");
    }
    Ok(())
}

fn bought_is_sold(case: &Case) -> TestCaseResult {
    for side in Side::ALL {
        prop_assert_eq!(case.out.fills(side).iter().copied().sum::<Energy>(), case.out.volume);
    }
    let pairs = || case.pairs().into_iter().map(|trade| trade.energy);
    prop_assert_eq!(pairs().sum::<Energy>(), case.out.volume);
    prop_assert!(pairs().all(|energy| energy > Energy::ZERO));
    Ok(())
}

fn no_order_trades_beyond_its_limit(case: &Case) -> TestCaseResult {
    for (side, order, fill, money) in case.orders() {
        let bound = fill * order.limit;
        let kept = if side == Side::Buy { money <= bound } else { money >= bound };
        prop_assert!(kept, "{fill} of {order:?} for {money}");
    }
    for trade in case.pairs() {
        let (bid, offer) = (&case.book.bids[trade.bid as usize], &case.book.offers[trade.offer as usize]);
        prop_assert!((offer.limit..=bid.limit).contains(&trade.price), "{trade:?}");
    }
    Ok(())
}

fn what_buyers_pay_is_what_sellers_receive(case: &Case) -> TestCaseResult {
    let [paid, received] = case.paid_and_received();
    prop_assert_eq!(paid, received);
    let pairs = case.pairs().into_iter().map(|trade| trade.energy * trade.price);
    prop_assert_eq!(pairs.sum::<Money>(), paid);
    Ok(())
}

fn no_trade_is_left(case: &Case) -> TestCaseResult {
    let best = |of: Side| {
        let open = case.orders().filter(|(side, order, fill, _)| *side == of && *fill < order.energy);
        open.map(|(side, order, ..)| Case::gain(side, order, Price::ZERO)).max()
    };
    if let (Some(bid), Some(minus_offer)) = (best(Side::Buy), best(Side::Sell)) {
        prop_assert!(bid + minus_offer < 0, "a bid at {bid} and an offer at {} are left", -minus_offer);
    }
    Ok(())
}

fn an_equilibrium_price_separates(case: &Case) -> TestCaseResult {
    let Case { rule, book, out, .. } = case;
    if let Some(equilibrium) = out.equilibrium {
        prop_assert!(out.range.0 <= equilibrium && equilibrium <= out.range.1);
        if let Rule::UniformPrice { convention: PriceConvention::Equilibrium, .. } = rule {
            prop_assert_eq!(out.price, out.equilibrium);
        }
        return separates(case, equilibrium);
    }
    let mut limits = book.bids.iter().chain(&book.offers).map(|order| order.limit);
    let one = out.volume.is_zero() || limits.any(|limit| separates(case, limit).is_ok());
    prop_assert!(one, "no price separates what is filled from what is not");
    Ok(())
}

fn separates(case: &Case, equilibrium: Price) -> TestCaseResult {
    for of in Side::ALL {
        let (mut at, mut share) = (0_i128, 0_i128);
        for (side, order, fill, _) in case.orders().filter(|(side, ..)| *side == of) {
            match Case::gain(side, order, equilibrium) {
                1.. => prop_assert_eq!(fill, order.energy, "{:?}", order),
                0 => (at, share) = (at + i128::from(order.energy.0), share + i128::from(fill.0)),
                _ => prop_assert!(fill.is_zero(), "{order:?}"),
            }
        }
        for (side, order, fill, _) in case.orders() {
            // Within 1 Wh of the quota: |fill − energy·share/at| < 1.
            let off = (i128::from(fill.0) * at - i128::from(order.energy.0) * share).abs();
            prop_assert!(side != of || order.limit != equilibrium || off < at, "{order:?} got {fill}");
        }
    }
    Ok(())
}

fn the_welfare_is_the_greatest_possible(case: &Case) -> TestCaseResult {
    let value = |(side, order, fill, _)| fill * Price(Case::gain(side, order, Price::ZERO));
    prop_assert_eq!(case.orders().map(value).sum::<Money>(), case.out.welfare);
    prop_assert_eq!(case.out.welfare.0, reference::clear(&case.book).welfare);
    // Weak duality: at any price, no allocation is worth more than what everybody would gain at that price.
    let price = case.out.equilibrium.unwrap_or(case.out.range.0);
    let most = |(side, order, ..): (_, &BookOrder, _, _)| {
        order.energy * Price(Case::gain(side, order, price).max(0))
    };
    prop_assert_eq!(case.out.welfare, case.orders().map(most).sum::<Money>());
    Ok(())
}

/// With every limit inside its owner's tariffs, what an account trades costs it no more than from the supplier.
fn no_account_is_worse_off(case: &Case) -> TestCaseResult {
    let mut at_limits = BTreeMap::<_, Money>::new();
    for (side, order, fill, _) in case.orders() {
        *at_limits.entry((order.account, side)).or_default() += fill * order.limit;
    }
    for ((account, side), (_, money)) in case.totals() {
        let bound = at_limits[&(account, side)];
        let better = if side == Side::Buy { money <= bound } else { money >= bound };
        prop_assert!(better, "{account:?}: {money} where its limits say {bound}");
    }
    Ok(())
}

fn the_outcome_is_the_same_after_any_other(case: &Case) -> TestCaseResult {
    let Case { rule, book, .. } = case;
    let mut other = book.clone();
    other.bids.pop();
    other.details[0].pop();
    let (mut used, mut out) = (Workspace::new(), Clearing::default());
    let claim = clearing::clear(rule, &other, COLLAR, &mut used);
    prop_assert!(check(rule, &other, &claim, COLLAR, &mut out).is_ok());
    prop_assert_eq!(&clearing::clear(rule, book, COLLAR, &mut used), &case.claim);
    prop_assert!(check(rule, book, &case.claim, COLLAR, &mut out).is_ok());
    prop_assert_eq!(&out, &case.out);
    Ok(())
}

fn idle_orders_and_splits_change_nothing(case: &Case) -> TestCaseResult {
    let Case { rule, book, out, .. } = case;
    if out.equilibrium.is_some() {
        let idle = [(Side::Buy, out.range.0.0 - 1), (Side::Sell, out.range.1.0 + 1)];
        for (side, limit) in idle.into_iter().filter(|(_, limit)| (COLLAR.0.0..=COLLAR.1.0).contains(limit)) {
            let mut more = book.clone();
            place(&mut more, (side, u32::MAX, limit, book.bids[0].energy.0));
            let mut totals = Case::of(*rule, more).totals();
            prop_assert_eq!(totals.remove(&(AccountId(u32::MAX), side)), Some((Energy::ZERO, Money::ZERO)));
            prop_assert_eq!(totals, case.totals(), "an idle order to {}", side.name());
        }
    }
    for side in Side::ALL {
        let Some(at) = book.orders(side).iter().rposition(|order| order.energy > Energy(1)) else { continue };
        let mut split = book.clone();
        let orders = if side == Side::Buy { &mut split.bids } else { &mut split.offers };
        let half = Energy(orders[at].energy.0 / 2);
        orders[at].energy -= half;
        // The other half arrives after everybody else.
        orders.push(BookOrder { energy: half, arrival: 2 * orders.len() as u32, ..orders[at] });
        let details = &mut split.details[side as usize];
        details.extend(details.get(at).copied());
        prop_assert_eq!(
            Case::of(*rule, split).totals(),
            case.totals(),
            "an order to {} in halves",
            side.name()
        );
    }
    Ok(())
}

fn no_account_trades_with_itself(case: &Case) -> TestCaseResult {
    for trade in case.pairs() {
        let (bid, offer) = (&case.book.bids[trade.bid as usize], &case.book.offers[trade.offer as usize]);
        prop_assert!(bid.account != offer.account, "{trade:?}");
    }
    Ok(())
}

fn the_orders_of_the_book_take_part_and_no_others(case: &Case) -> TestCaseResult {
    for side in Side::ALL {
        let orders = case.book.orders(side).len();
        prop_assert_eq!(case.out.fills(side).len(), orders);
        let own = &case.out.amounts[side as usize];
        prop_assert!(own.is_empty() || own.len() == orders);
    }
    Ok(())
}
