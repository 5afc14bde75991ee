//! Rules whose orders wish for more than a limit, or trade as they arrive, on trial for the laws.

use crate::bilateral;
use crate::books::{COLLAR, Wish, accepted, book, place};
use crate::laws::{Case, Trial, says};
use market::rule::{Clearing, OpenBook, Pairs, Rule, Stage, Stages, Trade};
use market::{
    AccountId, Attributes, Book, BookOrder, Claim, Details, Energy, Fraction, Law, Location, Money,
    PairClaim, Price, Quality, Side,
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

/// A number that an order's own terms decide and that says nothing else (the mixer of SplitMix64, Steele et al. 2014).
fn number(&(side, account, limit, energy): &Wish) -> u64 {
    let mix = |sum: u64, part: i64| {
        let z = (sum ^ part as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    };
    [side as i64, account.into(), limit, energy].into_iter().fold(0, mix)
}

/// One of these, by some of the bits of a number.
fn pick<T: Copy>(number: u64, bits: u32, of: &[T]) -> T {
    of[(number >> bits) as usize % of.len()]
}

/// The book of these orders with what each asks for, every one an account of its own, so that no premium makes one
/// cross itself.
fn wishing(orders: impl IntoIterator<Item = (Wish, Attributes)>) -> Book {
    let mut book = Book::default();
    for ((wish, attributes), account) in orders.into_iter().zip(6..) {
        assert!(place(&mut book, (wish.0, account, wish.2, wish.3)));
        let location = pick(number(&wish), 32, &[0, 1, 0x0100, 0x01_0000].map(Location));
        book.details[wish.0 as usize].push(Details { attributes, location, ..Details::default() });
    }
    book
}

fn buy(account: u32, limit: i64, energy: i64) -> Wish {
    (Side::Buy, account, limit, energy)
}

fn sell(account: u32, limit: i64, energy: i64) -> Wish {
    (Side::Sell, account, limit, energy)
}

/// `continuous`: the orders arrive one by one; the case is what has become of all of them at gate closure.
pub(crate) fn continuous() -> Trial {
    Trial {
        cases: |wishes| vec![flow(wishes)],
        instead: &[(Law::C5, |case| says(Law::C5, case)), (Law::C9, what_rests_closes_as_it_is)],
        counter_examples: &[
            // The bid at 20 takes the offer before the better one at 30 comes.
            (Law::C6, || says(Law::C6, &flow(&[sell(6, 10, 5), buy(7, 20, 5), buy(8, 30, 5)]))),
            (Law::C7, || says(Law::C7, &flow(&[sell(6, 10, 5), buy(7, 20, 5), buy(8, 30, 5)]))),
            // Half of the first offer comes too late.
            (Law::C10, || {
                let whole = flow(&[sell(6, 10, 4), sell(7, 10, 4), buy(8, 10, 4)]);
                let halves = flow(&[sell(6, 10, 2), sell(7, 10, 4), sell(6, 10, 2), buy(8, 10, 4)]);
                prop_assert_eq!(whole.totals(), halves.totals());
                Ok(())
            }),
        ],
    }
}

fn flow(wishes: &[Wish]) -> Case {
    let (mut book, mut open, mut out) = (Book::default(), OpenBook::default(), Clearing::default());
    for wish in wishes {
        if place(&mut book, *wish) {
            let orders = if wish.0 == Side::Buy { &mut book.bids } else { &mut book.offers };
            let at = orders.len() - 1;
            orders[at].arrival = at as u32; // so that trades name positions
            open.arrive(wish.0, &orders[at], &mut out.trades);
        }
    }
    out.bid_fills = vec![Energy::ZERO; book.bids.len()];
    out.offer_fills = vec![Energy::ZERO; book.offers.len()];
    for Trade { bid, offer, energy, .. } in &out.trades {
        let (bid, offer) = (*bid as usize, *offer as usize);
        out.bid_fills[bid] += *energy;
        out.offer_fills[offer] += *energy;
        out.volume += *energy;
        out.welfare += *energy * (book.bids[bid].limit - book.offers[offer].limit);
    }
    Case { rule: Rule::Continuous, book, claim: Claim::Continuous, out }
}

fn what_rests_closes_as_it_is(case: &Case) -> TestCaseResult {
    let rests = |side: Side| -> Vec<BookOrder> {
        let open = case.book.orders(side).iter().zip(case.out.fills(side));
        let open = open.map(|(order, fill)| BookOrder { energy: order.energy - *fill, ..*order });
        open.filter(|order| !order.energy.is_zero()).collect()
    };
    let book = Book { bids: rests(Side::Buy), offers: rests(Side::Sell), ..Book::default() };
    let out = accepted(&case.rule, &book, &Claim::Continuous);
    prop_assert_eq!((out.volume, out.welfare), (Energy::ZERO, Money::ZERO));
    Ok(())
}

/// Pipelines of one to four stages over labelled orders with premiums.
pub(crate) fn pipeline() -> Trial {
    Trial {
        cases: |wishes| {
            let sum = wishes.iter().map(number).fold(0, u64::wrapping_add);
            let stages = [0, 8, 16, 24].map(|bits| pick(sum, bits, &Stage::ALL));
            let stages = Stages::new(&stages[..pick(sum, 32, &[1, 2, 3, 4])]).expect("one to four");
            let k = pick(sum, 40, &[Fraction::ZERO, Fraction::HALF, Fraction::ONE]);
            let widest = wishes.iter().map(|wish| wish.2.abs()).max().unwrap_or(0);
            let labels = wishes.iter().map(|wish| {
                let quality = pick(number(wish), 0, &Quality::ALL);
                let pays = wish.0 == Side::Buy && quality != Quality::Any;
                let premium = pick(number(wish), 8, &[0, 1, widest / 3]).min(COLLAR.1.0 - wish.2);
                (*wish, Attributes { quality, premium: Price(if pays { premium } else { 0 }), ..plain() })
            });
            vec![Case::of(Rule::Pipeline { stages, k }, wishing(labels))]
        },
        instead: &[(Law::C3, no_order_trades_beyond_its_bound), (Law::C8, no_order_trades_beyond_its_bound)],
        counter_examples: &[
            (Law::C5, || {
                let wishes = [(buy(6, 30, 10), Quality::GreenLocal), (sell(7, 10, 10), Quality::Local)];
                says(Law::C5, &labelled(Stage::Separate, &wishes))
            }),
            (Law::C6, || says(Law::C6, &a_worse_bid_goes_first())),
            (Law::C7, || says(Law::C7, &a_worse_bid_goes_first())),
            // Of 100 Wh that are cleared 60 are green. A bid that is not wholly supplied leaves wholly.
            (Law::C10, || {
                let (green, any) = (Quality::GreenLocal, Quality::Any);
                let wishes = [(buy(6, 30, 100), green), (sell(7, 10, 60), green), (sell(8, 20, 60), any)];
                says(Law::C10, &labelled(Stage::SatisfyPreferences, &wishes))
            }),
        ],
    }
}

fn plain() -> Attributes {
    Attributes::default()
}

fn labelled(stage: Stage, wishes: &[(Wish, Quality)]) -> Case {
    let book =
        wishing(wishes.iter().map(|(wish, quality)| (*wish, Attributes { quality: *quality, ..plain() })));
    let stages = Stages::new(&[stage]).expect("one");
    Case::of(Rule::Pipeline { stages, k: Fraction::HALF }, book)
}

/// The better bid asks for a label that nobody has.
fn a_worse_bid_goes_first() -> Case {
    let (green, any) = (Quality::GreenLocal, Quality::Any);
    labelled(Stage::HighToLow, &[(buy(6, 30, 10), green), (buy(7, 20, 10), any), (sell(8, 10, 10), any)])
}

/// With its premium a limit is a bound.
fn no_order_trades_beyond_its_bound(case: &Case) -> TestCaseResult {
    let mut at = [0; 2];
    for (side, order, fill, money) in case.orders() {
        let premium = case.book.details(side, at[side as usize]).attributes.premium;
        at[side as usize] += 1;
        let kept = match side {
            Side::Buy => money <= fill * (order.limit + premium),
            Side::Sell => money >= fill * (order.limit - premium),
        };
        prop_assert!(kept, "{fill} of {order:?}, premium {premium}, for {money}");
    }
    Ok(())
}

/// Minimum fills in the book of one interval.
pub(crate) fn blocks() -> Trial {
    Trial {
        cases: |wishes| {
            let k = pick(
                wishes.iter().map(number).fold(0, u64::wrapping_add),
                0,
                &[Fraction::HALF, Fraction::ONE],
            );
            let minima = wishes.iter().map(|wish| {
                let minimum = pick(number(wish), 0, &[0, 0, 1, (wish.3 + 1) / 2, wish.3]);
                (*wish, Attributes { minimum: Energy(minimum), ..plain() })
            });
            vec![Case::of(Rule::UniformPriceBlocks { k }, wishing(minima))]
        },
        instead: &[
            (Law::C1, no_order_is_filled_below_its_minimum),
            (Law::C3, |case| says(Law::C3, case)),
            (Law::C6, a_price_separates_the_orders_without_minimum),
            (Law::C8, |case| says(Law::C8, case)),
        ],
        counter_examples: &[
            (Law::C5, || says(Law::C5, &with_minima(&[10], &[5]))),
            (Law::C7, || says(Law::C7, &with_minima(&[10], &[5]))),
            (Law::C10, || {
                let (whole, halves) = (with_minima(&[10], &[5]), with_minima(&[5, 5], &[5]));
                prop_assert_eq!(whole.out.volume, halves.out.volume);
                Ok(())
            }),
        ],
    }
}

/// Bids of all or nothing at 30 and ordinary offers at 10, of these energies.
fn with_minima(bids: &[i64], offers: &[i64]) -> Case {
    let bids = bids.iter().map(|all| (buy(6, 30, *all), Attributes { minimum: Energy(*all), ..plain() }));
    let offers = offers.iter().map(|energy| (sell(7, 10, *energy), plain()));
    Case::of(Rule::UniformPriceBlocks { k: Fraction::HALF }, wishing(bids.chain(offers)))
}

fn no_order_is_filled_below_its_minimum(case: &Case) -> TestCaseResult {
    says(Law::C1, case)?;
    for side in Side::ALL {
        for (at, fill) in case.out.fills(side).iter().enumerate() {
            let minimum = case.book.details(side, at).attributes.minimum;
            prop_assert!(fill.is_zero() || *fill >= minimum, "{fill}, minimum {minimum}");
        }
    }
    Ok(())
}

fn a_price_separates_the_orders_without_minimum(case: &Case) -> TestCaseResult {
    let Some(equilibrium) = case.out.equilibrium else { return Ok(()) };
    for side in Side::ALL {
        for (at, (order, fill)) in case.book.orders(side).iter().zip(case.out.fills(side)).enumerate() {
            let ordinary = case.book.details(side, at).attributes.minimum.is_zero();
            match Case::gain(side, order, equilibrium) {
                1.. if ordinary => prop_assert_eq!(*fill, order.energy),
                ..=-1 if ordinary => prop_assert!(fill.is_zero()),
                _ => {}
            }
        }
    }
    Ok(())
}

/// The market of pairs, with charges by distance, preferred partners and falling limits.
pub(crate) fn bilateral() -> Trial {
    Trial {
        cases: |wishes| {
            let wishes = &wishes[..wishes.len().min(10)]; // its search takes the square of the orders, and more
            let widest = wishes.iter().map(|wish| wish.2.abs()).max().unwrap_or(0);
            let accounts = wishes.len() as u32;
            let sum = wishes.iter().map(number).fold(0, u64::wrapping_add);
            let charges = pick(sum, 0, &[[0; 4], [0, 1, 2, 3], [0, widest / 9, widest / 5, widest / 3]]);
            let partners = wishes.iter().zip(6_u32..).map(|(wish, account)| {
                let seed = number(wish);
                let room = COLLAR.1.0 - wish.2.abs();
                let premium = Price(pick(seed, 0, &[0, 0, 1, widest / 4]).min(room));
                let fall = Price(pick(seed, 8, &[0, 0, 1, widest / 3]).min(room));
                let partner = AccountId(6 + (seed >> 16) as u32 % accounts);
                let found = premium > Price::ZERO && partner != AccountId(account);
                let asks = if found { Attributes { premium, partner, ..plain() } } else { plain() };
                (*wish, Attributes { fall, ..asks })
            });
            vec![Case::of(Rule::Bilateral { charges: charges.map(Price) }, wishing(partners))]
        },
        instead: &[
            (Law::C3, |case| pairs(case, bilateral::no_order_trades_beyond_its_worth)),
            (Law::C4, |case| pairs(case, bilateral::the_charges_are_what_is_left)),
            (Law::C5, |case| pairs(case, bilateral::no_pair_is_left)),
            (Law::C7, |case| pairs(case, bilateral::the_prices_bound_the_welfare)),
            (Law::C8, no_order_trades_beyond_its_bound),
        ],
        counter_examples: &[
            // A lower bid in the same building goes before a higher one far away.
            (Law::C6, || {
                let mut book = book(&[buy(6, 20, 10), buy(7, 21, 10), sell(8, 15, 10)]);
                let at = |location| Details { location: Location(location), ..Details::default() };
                book.details = [vec![at(1), at(0x0100)], vec![at(1)]];
                says(Law::C6, &Case::of(Rule::Bilateral { charges: [0, 0, 3, 3].map(Price) }, book))
            }),
            // A tie may be decided either way.
            (Law::C10, || {
                let rule = Rule::Bilateral { charges: [Price::ZERO; 4] };
                let book = book(&[buy(6, 20, 4), buy(7, 20, 4), sell(8, 15, 5)]);
                let [one, other] = [[4, 1], [1, 4]].map(|energies| {
                    let trade =
                        |bid: usize| PairClaim { bid: bid as u32, offer: 0, energy: Energy(energies[bid]) };
                    let (bid_prices, offer_prices) = (vec![Price(20); 2], vec![Price(20)]);
                    let claim =
                        Claim::Bilateral { trades: vec![trade(0), trade(1)], bid_prices, offer_prices };
                    accepted(&rule, &book, &claim).bid_fills
                });
                prop_assert_eq!(one, other);
                Ok(())
            }),
        ],
    }
}

/// One book without offers: the auction of `uniform_price`, and all its laws as they stand. What conversions and storages
/// leave of them is tried in [`crate::coupled`].
pub(crate) fn coupled() -> Trial {
    Trial {
        cases: |wishes| {
            let ks = [Fraction::ZERO, Fraction::HALF, Fraction::ONE];
            ks.map(|k| Case::of(Rule::Coupled { k }, book(wishes))).into()
        },
        instead: &[
            (Law::C1, |case| says(Law::C1, case)),
            (Law::C2, |case| says(Law::C2, case)),
            (Law::C3, |case| says(Law::C3, case)),
            (Law::C4, |case| says(Law::C4, case)),
            (Law::C5, |case| says(Law::C5, case)),
            (Law::C6, |case| says(Law::C6, case)),
            (Law::C7, |case| says(Law::C7, case)),
            (Law::C8, |case| says(Law::C8, case)),
            (Law::C10, |case| says(Law::C10, case)),
            (Law::C11, |case| says(Law::C11, case)),
        ],
        counter_examples: &[],
    }
}

/// What the market of pairs' own test says, which knows what each pair costs.
fn pairs(case: &Case, says: fn(&Book, &Pairs, &Claim, &Clearing)) -> TestCaseResult {
    let Rule::Bilateral { charges } = case.rule else { return Ok(()) };
    says(&case.book, &Pairs::new(&case.book, &charges), &case.claim, &case.out);
    Ok(())
}
