//! What a lie gains, by trying every one of them on small books: a limit under `trade_reduction`, and limits and
//! energies under `vcg`, in vain; an energy or a further name, with profit.

use crate::books::{Wish, book, cleared};
use market::rule::Rule;
use market::{AccountId, Fraction, PriceConvention, Side};
use proptest::prelude::*;

/// What a trader wants: one side, the true limits with their energies, best first.
#[derive(Clone, Debug)]
struct Truth {
    side: Side,
    steps: Vec<(i64, i64)>,
}

impl Truth {
    /// What a net amount of energy is worth to it: what it bought (or sold), at the best of its true limits. More
    /// than it wants is worth nothing to a buyer; more than it has, or the wrong way, can be had at no price.
    fn worth(&self, energy: i64) -> Option<i64> {
        let (mut left, mut worth) = (energy, 0);
        for (limit, step) in &self.steps {
            let part = left.min(*step);
            (left, worth) = (left - part, worth + part * limit);
        }
        match self.side {
            Side::Buy => (energy >= 0).then_some(worth),
            Side::Sell => (energy >= 0 && left == 0).then_some(-worth),
        }
    }

    /// What an outcome is worth to the owner of these accounts, money included.
    fn utility(&self, rule: &Rule, wishes: &[Wish], own: &[u32]) -> Option<i64> {
        let book = book(wishes);
        let out = cleared(rule, &book);
        let (mut energy, mut balance) = (0, 0);
        for side in Side::ALL {
            let money = out.money(side);
            for (at, (order, fill)) in book.orders(side).iter().zip(out.fills(side)).enumerate() {
                if own.iter().any(|own| order.account == AccountId(*own)) {
                    let sign = if side == self.side { 1 } else { -1 };
                    energy += sign * fill.0;
                    balance += money.of(at, *fill) * if side == Side::Buy { -1 } else { 1 };
                }
            }
        }
        self.worth(energy).map(|worth| worth + balance)
    }
}

/// How much more than by the truth the best of these lies gives; each says what the whole book becomes.
fn gain(
    rule: &Rule,
    truth: &Truth,
    honest: &[Wish],
    own: &[u32],
    lies: impl IntoIterator<Item = Vec<Wish>>,
) -> i64 {
    let before = truth.utility(rule, honest, own).expect("the truth can be delivered");
    let after = lies.into_iter().filter_map(|lie| truth.utility(rule, &lie, own)).max();
    after.unwrap_or(before).max(before) - before
}

/// The book with another limit for one order.
fn with_limit(wishes: &[Wish], at: usize, limit: i64) -> Vec<Wish> {
    let mut lie = wishes.to_vec();
    lie[at].2 = limit;
    lie
}

/// What lying about the limit of an order gains, its account having no other.
fn price_gain(rule: &Rule, wishes: &[Wish], at: usize, limits: std::ops::Range<i64>) -> i64 {
    let (side, account, limit, energy) = wishes[at];
    let truth = Truth { side, steps: vec![(limit, energy)] };
    gain(rule, &truth, wishes, &[account], limits.map(|limit| with_limit(wishes, at, limit)))
}

#[test]
fn no_limit_but_the_true_one_gains_in_any_book_of_up_to_three_single_units_a_side() {
    const PRICES: i64 = 5;
    for (bids, offers) in [(1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 3), (3, 2), (2, 3), (3, 3)] {
        let orders = bids + offers;
        for mut profile in 0..PRICES.pow(orders) {
            let wish = |number| {
                let limit = profile % PRICES;
                profile /= PRICES;
                (if number < bids { Side::Buy } else { Side::Sell }, 6 + number, limit, 7)
            };
            let wishes: Vec<Wish> = (0..orders).map(wish).collect();
            for at in 0..wishes.len() {
                // Further out than any limit, too: the floor and the cap of the book.
                let gain = price_gain(&Rule::TradeReduction, &wishes, at, -1..PRICES + 1);
                assert_eq!(gain, 0, "order {at} of {wishes:?}");
            }
        }
    }
}

/// Up to `most` orders of different energies, each an account of its own.
fn single_orders(most: usize) -> impl Strategy<Value = Vec<Wish>> {
    let order = (prop::bool::ANY, 0_i64..6, 1_i64..6);
    prop::collection::vec(order, 1..=most).prop_map(|orders| {
        let side = |buys| if buys { Side::Buy } else { Side::Sell };
        (6..)
            .zip(orders)
            .map(|(account, (buys, limit, energy))| (side(buys), account, limit, energy))
            .collect()
    })
}

/// A trader with one or two orders on one side.
fn trader() -> impl Strategy<Value = Truth> {
    (prop::bool::ANY, prop::collection::vec((0_i64..5, 1_i64..3), 1..3)).prop_map(|(buys, mut steps)| {
        steps.sort_unstable_by_key(|(limit, _)| if buys { -limit } else { *limit });
        Truth { side: if buys { Side::Buy } else { Side::Sell }, steps }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

    #[test]
    fn no_limit_but_the_true_one_gains_with_one_order_each_of_any_energy(wishes in single_orders(7)) {
        for at in 0..wishes.len() {
            prop_assert_eq!(price_gain(&Rule::TradeReduction, &wishes, at, -1..7), 0, "order {}", at);
        }
    }

    #[test]
    fn no_limits_and_energies_but_the_true_ones_gain_under_vcg(
        others in prop::collection::vec((trader(), 6_u32..9), 1..5),
        truth in trader(),
    ) {
        const OWN: u32 = 99;
        let orders = |truth: &Truth, account| -> Vec<Wish> {
            truth.steps.iter().map(|(limit, energy)| (truth.side, account, *limit, *energy)).collect()
        };
        let others: Vec<Wish> = others.iter().flat_map(|(truth, account)| orders(truth, *account)).collect();
        let with = |own: Vec<Wish>| [&own[..], &others].concat();
        // One or two orders of 1 or 2 Wh each, or none.
        let any: Vec<Wish> = (0..5).flat_map(|limit| (1..3).map(move |energy| (limit, energy)))
            .map(|(limit, energy)| (truth.side, OWN, limit, energy)).collect();
        let pairs = (0..any.len()).flat_map(|one| (0..=one).map(move |other| (one, other)));
        let lies = pairs.map(|(one, other)| with(vec![any[one], any[other]]));
        let lies = lies.chain(any.iter().map(|one| with(vec![*one]))).chain([with(Vec::new())]);
        prop_assert_eq!(gain(&Rule::Vcg, &truth, &with(orders(&truth, OWN)), &[OWN], lies), 0);
    }
}

#[test]
fn the_same_search_finds_that_a_lower_limit_pays_under_uniform_price() {
    // The price is the middle of 10 and 2; a bid at 2 moves it there.
    let rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF };
    assert_eq!(price_gain(&rule, &[(Side::Buy, 1, 10, 1), (Side::Sell, 2, 2, 1)], 0, 0..12), 4);
}

#[test]
fn inflating_a_rationed_energy_pays_under_trade_reduction() {
    // 4 Wh for the first two bids of 4 Wh, 2 each, at the third's limit: (20 − 8)·2 = 24. Who asks for 6 or more
    // pushes the second bid to the margin and has all 4 Wh, at its limit: (20 − 9)·4 = 44.
    let honest = [
        (Side::Buy, 1, 20, 4),
        (Side::Buy, 2, 9, 4),
        (Side::Buy, 3, 8, 4),
        (Side::Sell, 4, 1, 4),
        (Side::Sell, 5, 2, 6),
    ];
    let truth = Truth { side: Side::Buy, steps: vec![(20, 4)] };
    let lie = |energy| {
        let mut lie = honest.to_vec();
        lie[0].3 = energy;
        lie
    };
    assert_eq!(truth.utility(&Rule::TradeReduction, &honest, &[1]), Some(24));
    assert_eq!(gain(&Rule::TradeReduction, &truth, &honest, &[1], (1..10).map(lie)), 20);
}

/// The book with a bid and an offer, or one of them, under further names of the first trader.
fn with_names(honest: &[Wish], names: [u32; 2], limits: i64) -> impl Iterator<Item = Vec<Wish>> {
    let energy = honest[0].3;
    let one = move |side, name, limit: Option<i64>| limit.map(|limit| (side, name, limit, energy));
    let limits = move || (0..limits).map(Some).chain([None]);
    let pairs = limits().flat_map(move |bid| limits().map(move |offer| (bid, offer)));
    pairs.map(move |(bid, offer)| {
        let names = [one(Side::Buy, names[0], bid), one(Side::Sell, names[1], offer)];
        [honest, &names.into_iter().flatten().collect::<Vec<_>>()].concat()
    })
}

#[test]
fn an_idle_order_under_another_name_pays_under_trade_reduction() {
    // Both pairs trade at (0 + 12)/2 = 6. A further offer at 8 does not trade, but makes that (0 + 8)/2 = 4.
    let honest = [
        (Side::Buy, 1, 10, 1),
        (Side::Buy, 2, 9, 1),
        (Side::Buy, 3, 0, 1),
        (Side::Sell, 4, 2, 1),
        (Side::Sell, 5, 4, 1),
        (Side::Sell, 6, 12, 1),
    ];
    let truth = Truth { side: Side::Buy, steps: vec![(10, 1)] };
    assert_eq!(truth.utility(&Rule::TradeReduction, &honest, &[1]), Some(4));
    let lies = with_names(&honest, [7, 8], 13);
    assert_eq!(gain(&Rule::TradeReduction, &truth, &honest, &[1, 7, 8], lies), 2);
}

#[test]
fn a_bid_and_an_offer_under_other_names_pump_the_deficit_of_vcg() {
    // The truth pays 2 for what is worth 10. A bid and an offer of two more names, trading with each other in
    // effect, pay 2 and receive 10 as well: their presence is worth more than they pay.
    let honest = [(Side::Buy, 1, 10, 1), (Side::Sell, 2, 2, 1)];
    let truth = Truth { side: Side::Buy, steps: vec![(10, 1)] };
    assert_eq!(truth.utility(&Rule::Vcg, &honest, &[1]), Some(8));
    assert_eq!(gain(&Rule::Vcg, &truth, &honest, &[1, 3, 4], with_names(&honest, [3, 4], 13)), 8);
}
