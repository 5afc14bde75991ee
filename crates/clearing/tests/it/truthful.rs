//! The two auctions in which it pays to tell the truth: found and checked as the units say, lies about an outcome
//! refused, lies about a limit in vain, and the lies that do pay found.

use crate::books::{COLLAR, Wish, accepted, book, cleared, place, wishes};
use crate::laws::{Case, Trial, says};
use crate::reference;
use crate::units::{self, Reduced};
use clearing::Workspace;
use market::rule::{Clearing, Rule, check, explain};
use market::{Book, BookOrder, Claim, Energy, Law, Money, Price, Rejection, Side, Witness};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use std::collections::BTreeSet;

const RULES: [Rule; 2] = [Rule::TradeReduction, Rule::Vcg];

/// Trade reduction on any book, and on one of single units of one size.
pub(crate) fn trade_reduction() -> Trial {
    Trial {
        cases: |wishes| {
            let books = [book(wishes), book(&single_units(wishes))];
            books.into_iter().map(|book| Case::of(Rule::TradeReduction, book)).collect()
        },
        instead: &[(Law::C4, the_surplus_is_the_spread)],
        counter_examples: &[
            (Law::C5, || says(Law::C5, &reduced())),
            (Law::C6, || says(Law::C6, &reduced())),
            (Law::C7, || says(Law::C7, &reduced())),
            (Law::C10, || {
                // An idle bid at 3 lets both pairs trade at ⌊(3 + 12)/2⌋ = 7.
                let wishes = [buy(1, 10), buy(2, 9), sell(3, 2), sell(4, 4), sell(5, 12)];
                says(Law::C10, &Case::of(Rule::TradeReduction, book(&wishes)))
            }),
        ],
    }
}

/// Vickrey–Clarke–Groves on any book.
pub(crate) fn vcg() -> Trial {
    Trial {
        cases: |wishes| vec![Case::of(Rule::Vcg, book(wishes))],
        instead: &[],
        counter_examples: &[
            // The buyer keeps nobody from anything and pays nothing; the seller is worth 10 to the buyer.
            (Law::C4, || says(Law::C4, &Case::of(Rule::Vcg, book(&[buy(1, 10), sell(2, 2)])))),
            // Without the first buyer, an idle bid at 4 would take the Wh that the second leaves: it pays for that.
            (Law::C10, || {
                let wishes = [(Side::Buy, 1, 10, 2), buy(2, 5), (Side::Sell, 3, 2, 2)];
                says(Law::C10, &Case::of(Rule::Vcg, book(&wishes)))
            }),
        ],
    }
}

fn buy(account: u32, limit: i64) -> Wish {
    (Side::Buy, account, limit, 1)
}

fn sell(account: u32, limit: i64) -> Wish {
    (Side::Sell, account, limit, 1)
}

/// Two pairs cross and one of them is left out, although its bid is as good as the other.
fn reduced() -> Case {
    Case::of(Rule::TradeReduction, book(&[buy(1, 10), buy(2, 10), sell(3, 2), sell(4, 4)]))
}

/// The same limits, each an account of its own, all of one energy.
fn single_units(wishes: &[Wish]) -> Vec<Wish> {
    let energy = wishes.first().map_or(1, |wish| wish.3);
    (6..).zip(wishes).map(|(account, (side, _, limit, _))| (*side, account, *limit, energy)).collect()
}

/// What is left of C4: the community keeps the spread.
fn the_surplus_is_the_spread(case: &Case) -> TestCaseResult {
    let [paid, received] = case.paid_and_received();
    let spread = case.out.side_prices.map_or(Price::ZERO, |(buyers, sellers)| buyers - sellers);
    prop_assert!(spread >= Price::ZERO);
    prop_assert_eq!(paid - received, case.out.volume * spread);
    Ok(())
}

/// Orders of a few Wh, so that they can be taken apart into units; single units of one size among them.
fn small() -> impl Strategy<Value = Vec<Wish>> {
    let wish = (prop::bool::ANY, 6_u32..12, -6_i64..7, 1_i64..6);
    (prop::collection::vec(wish, 0..12), prop::bool::ANY).prop_map(|(wishes, single)| {
        let side = |buys| if buys { Side::Buy } else { Side::Sell };
        let wishes: Vec<Wish> =
            wishes.into_iter().map(|(buys, who, limit, energy)| (side(buys), who, limit, energy)).collect();
        if single { single_units(&wishes) } else { wishes }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

    #[test]
    fn trade_reduction_finds_what_the_units_say(wishes in small()) {
        let book = book(&wishes);
        let out = cleared(&Rule::TradeReduction, &book);
        let fills = |side| out.fills(side).iter().map(|fill| fill.0).collect();
        let one_price = out.price.map(|price| (price, price));
        let prices = one_price.or(out.side_prices).map(|(buyers, sellers)| (buyers.0, sellers.0));
        let right = units::trade_reduction(&book, (COLLAR.0.0, COLLAR.1.0));
        prop_assert_eq!(Reduced { fills: Side::ALL.map(fills), prices }, right);
        let value = |side: Side| -> Money {
            book.orders(side).iter().zip(out.fills(side)).map(|(order, fill)| *fill * order.limit).sum()
        };
        prop_assert_eq!(out.welfare, value(Side::Buy) - value(Side::Sell));
        prop_assert_eq!(out.range, cleared(&Rule::Vcg, &book).range);
    }

    #[test]
    fn vcg_finds_what_the_units_say(wishes in small()) {
        let book = book(&wishes);
        let out = cleared(&Rule::Vcg, &book);
        let efficient = reference::clear(&book);
        efficient.assert_is(&out);
        let amounts = units::vcg(&book, [&efficient.bid_fills, &efficient.offer_fills]);
        for side in Side::ALL {
            let money = out.money(side);
            let paid: Vec<i64> = (0..).zip(out.fills(side)).map(|(at, fill)| money.of(at, *fill)).collect();
            prop_assert_eq!(&paid, &amounts[side as usize]);
        }
    }

    #[test]
    fn under_vcg_buyers_pay_at_most_lo_and_sellers_receive_at_least_hi(wishes in wishes()) {
        for (wishes, single) in [(single_units(&wishes), true), (wishes, false)] {
            let case = Case::of(Rule::Vcg, book(&wishes));
            let ([paid, received], (lo, hi)) = (case.paid_and_received(), case.out.range);
            let bounds = (case.out.volume * lo, case.out.volume * hi);
            prop_assert!(paid <= bounds.0 && received >= bounds.1);
            prop_assert!(!single || (paid, received) == bounds);
        }
    }

    #[test]
    fn the_claims_are_those_of_the_reference(wishes in wishes()) {
        let book = book(&wishes);
        for rule in RULES {
            let claim = clearing::clear(&rule, &book, COLLAR, &mut Workspace::new());
            prop_assert_eq!(claim, right_claim(&rule, &book));
        }
    }

    #[test]
    fn every_change_of_a_right_claim_is_refused(
        wishes in wishes(),
        shift in 1_i64..1000,
        pick in any::<prop::sample::Index>(),
    ) {
        let book = book(&wishes);
        for rule in RULES {
            let right = right_claim(&rule, &book);
            accepted(&rule, &book, &right);
            prop_assert!(explain(&rule, &book, &right, COLLAR).starts_with("right: "));
            for (lie, by) in lies(&rule, &right, shift, pick) {
                let refused = check(&rule, &book, &lie, COLLAR, &mut Clearing::default());
                prop_assert_eq!(refused, Err(by), "{:?} for {:?}", lie, right);
                let words = explain(&rule, &book, &lie, COLLAR);
                prop_assert!(words.starts_with("wrong: ") && !words.contains("wrong: the payments"), "{}", words);
            }
        }
    }
}

/// Read off the definition: the lowest equilibrium price, with everybody and without each who trades.
fn right_claim(rule: &Rule, book: &Book) -> Claim {
    let lowest = |book: &Book| reference::clear(book).range.map(|(lo, _)| Price(lo));
    let Some(equilibrium) = lowest(book) else { return Claim::Nothing };
    if *rule == Rule::TradeReduction {
        return Claim::TradeReduction { equilibrium };
    }
    let efficient = reference::clear(book);
    let filled = [(&book.bids, &efficient.bid_order), (&book.offers, &efficient.offer_order)];
    let accounts: BTreeSet<_> =
        filled.into_iter().flat_map(|(orders, filled)| filled.iter().map(|at| orders[*at].account)).collect();
    let witness =
        |account| lowest(&units::without(book, account)).map_or(Witness::NoTrade, Witness::Equilibrium);
    Claim::Vcg { equilibrium, without: accounts.into_iter().map(witness).collect() }
}

/// Every field of a right claim, changed, and the number that answers it.
fn lies(rule: &Rule, right: &Claim, shift: i64, pick: prop::sample::Index) -> Vec<(Claim, Rejection)> {
    use Rejection::{NotEquilibrium, TradeLeft, WrongClaim, WrongPayment};
    let shifts = [-shift, -1, 1, shift].map(Price);
    let far = [i64::MIN, i64::MAX].map(Price);
    let reduction = |equilibrium| Claim::TradeReduction { equilibrium };
    let payments = |equilibrium, without: &[Witness]| Claim::Vcg { equilibrium, without: without.to_vec() };
    let other = if *rule == Rule::Vcg { reduction(Price::ZERO) } else { payments(Price::ZERO, &[]) };
    let mut lies = vec![(Claim::Metered, WrongClaim), (other, WrongClaim)];
    match right {
        Claim::Nothing if *rule == Rule::Vcg => lies.push((payments(Price(shift), &[]), NotEquilibrium)),
        Claim::Nothing => lies.push((reduction(Price(shift)), NotEquilibrium)),
        Claim::TradeReduction { equilibrium } => {
            lies.push((Claim::Nothing, TradeLeft));
            lies.extend(shifts.map(|by| (reduction(*equilibrium + by), NotEquilibrium)));
            lies.extend(far.map(|far| (reduction(far), NotEquilibrium)));
        }
        Claim::Vcg { equilibrium, without } => {
            lies.push((Claim::Nothing, TradeLeft));
            lies.extend(shifts.map(|by| (payments(*equilibrium + by, without), NotEquilibrium)));
            lies.extend(far.map(|far| (payments(far, without), NotEquilibrium)));
            let at = pick.index(without.len());
            let with = |change: &dyn Fn(&mut Vec<Witness>)| {
                let mut list = without.clone();
                change(&mut list);
                list
            };
            let moved = |by: Price| match without[at] {
                Witness::Equilibrium(price) => Witness::Equilibrium(price + by),
                Witness::NoTrade => Witness::Equilibrium(by),
            };
            let mut changed = vec![
                Vec::new(),
                with(&|list| {
                    list.remove(at);
                }),
                with(&|list| list.insert(at, list[at])),
                with(&|list| list[at] = Witness::NoTrade),
            ];
            changed.extend(shifts.map(|by| with(&|list| list[at] = moved(by))));
            changed.extend(far.map(|far| with(&|list| list[at] = Witness::Equilibrium(far))));
            changed.extend((0..without.len()).map(|other| with(&|list| list.swap(at, other))));
            changed.retain(|changed| changed != without); // two equal ones, swapped
            lies.extend(changed.iter().map(|without| (payments(*equilibrium, without), WrongPayment)));
        }
        _ => unreachable!("the claims of the two auctions"),
    }
    lies
}

#[test]
fn accounts_of_many_of_the_largest_orders_do_not_overflow() {
    let (many, energy, cap) = (70_000, market::MAX_ENERGY.0, market::MAX_PRICE.0);
    let mut book = Book::default();
    for wish in [(Side::Buy, 6, cap, energy), (Side::Sell, 7, -cap, energy)] {
        place(&mut book, wish);
    }
    for orders in [&mut book.bids, &mut book.offers] {
        let one = orders[0];
        orders.extend((1..many).map(|number| BookOrder { arrival: 2 * number, ..one }));
    }
    // Each can do with 1 n€/Wh less of the other side's surplus, for the energy of one order.
    place(&mut book, (Side::Buy, 8, -cap + 1, energy));
    place(&mut book, (Side::Sell, 9, cap - 1, energy));
    let whole = Energy(energy * i64::from(many));
    let out = Case::of(Rule::Vcg, book.clone());
    assert_eq!(out.out.volume, whole);
    // The buyer pays what the idle bid would gain, less what the offers lose without it; the seller likewise.
    let amount = whole * Price(cap) - Energy(energy) * Price(1);
    assert_eq!(out.paid_and_received(), [-amount, amount]);
    let out = cleared(&Rule::TradeReduction, &book);
    assert_eq!((out.volume, out.side_prices), (whole - Energy(energy), Some((Price(cap), Price(-cap)))));
}
