//! Minimum fills and blocks from clearing to clearing, through the state as a whole.

use super::*;

/// The parts of every block lie in all of its books or in none.
fn check_blocks(floor: &Floor) {
    for step in 0..8 {
        let Some(book) = floor.state.book(floor.carrier(), floor.interval(step)) else { continue };
        for side in Side::ALL {
            assert_eq!(book.orders(side).len(), book.details[side as usize].len());
            for kept in book.details[side as usize].iter().filter(|kept| kept.attributes.further > 0) {
                let first = step - u64::from(kept.part);
                for part in 0..=kept.attributes.further {
                    let other = floor.interval(first + u64::from(part));
                    let other = floor.state.book(floor.carrier(), other).expect("the book of another part");
                    let same = |other: &Details| {
                        other.attributes.further > 0 && (other.block, other.part) == (kept.block, part)
                    };
                    assert_eq!(other.details[side as usize].iter().filter(|other| same(other)).count(), 1);
                }
            }
        }
    }
}

/// C8, C11 and C12 on the state as a whole, and what becomes of minima and blocks from clearing to clearing.
#[test]
fn orders_with_wishes_through_the_state_keep_the_laws() {
    for law in [Law::C11, Law::C12] {
        assert_eq!(RuleKind::UniformPriceBlocks.binding(law), Binding::Holds);
    }
    let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000) / 20);
    let day = prop::collection::vec((wishes(1), 1..4_u64, any::<bool>(), 0..20_u32), 1..4);
    let rule = Rule::UniformPriceBlocks { k: Fraction::HALF };
    proptest!(config, |(day in day)| {
        let (mut floor, mut again) = (Floor::new(rule, 5), Floor::new(rule, 5));
        for (step, (wishes, count, stays, cancel)) in (0..).zip(day) {
            for (number, wish) in wishes.iter().enumerate() {
                let member = wish.account % 5;
                let in_force =
                    if stays != number.is_multiple_of(3) { TimeInForce::GateClosure } else { TimeInForce::NextClearing };
                let order = floor.order(member, wish.side, wish.energy, wish.limit, in_force);
                let attributes = Attributes {
                    minimum: Energy(wish.minimum),
                    further: wish.further,
                    ..Attributes::default()
                };
                let command = floor.wish(order, step + wish.interval as u64, attributes);
                prop_assert_eq!(floor.apply(command.clone()), again.apply(command));
                floor.check_books();
                check_blocks(&floor);
            }
            for side in Side::ALL {
                let command = floor.cancel_in(step, wishes.len() as u32 % 5, side, cancel);
                prop_assert_eq!(floor.apply(command.clone()), again.apply(command));
                check_blocks(&floor);
            }
            floor.close(step, count);
            again.close(step, count);
            let books: Vec<Book> = (step..step + count)
                .map(|step| floor.state.book(floor.carrier(), floor.interval(step)).unwrap().clone())
                .collect();
            let claim = clear_blocks(Fraction::HALF, &refs(&books), COLLAR, &mut Workspace::new());
            let (carrier, interval) = (floor.carrier(), floor.interval(step));
            if count > 1 {
                // Neither part of the row nor its end alone may be cleared.
                let part = clear_blocks(Fraction::HALF, &refs(&books[1..]), COLLAR, &mut Workspace::new());
                let later = Command::Clear { carrier, interval: floor.interval(step + 1), claim: part };
                prop_assert_eq!(floor.apply(later), Err(Rejection::WrongStage));
                let part = clear_blocks(Fraction::HALF, &refs(&books[..1]), COLLAR, &mut Workspace::new());
                prop_assert_eq!(
                    floor.apply(Command::Clear { carrier, interval, claim: part }),
                    Err(Rejection::WrongStage)
                );
            }
            let from = floor.events.len();
            let command = Command::Clear { carrier, interval, claim };
            again.accept(command.clone());
            floor.accept(command);
            let mut sums: BTreeMap<u64, [(Energy, Money); 2]> = BTreeMap::new();
            for event in &floor.events[from..] {
                if let Event::Filled { id, energy, money, .. } = event {
                    let sum = &mut sums.entry(id.interval.start).or_default()[id.side as usize];
                    *sum = (sum.0 + *energy, sum.1 + *money);
                }
            }
            prop_assert!(sums.values().all(|[bought, sold]| bought == sold));
            floor.check_books();
            check_blocks(&floor);
            // The gate of the first interval is closed: nothing is left there, nor of blocks that began there.
            let left = floor.state.book(carrier, interval).unwrap();
            prop_assert!(left.bids.is_empty() && left.offers.is_empty());
        }
        prop_assert_eq!(floor.state.root(), again.state.root());
    });
}

#[test]
fn the_rest_of_an_order_has_no_minimum() {
    let mut floor = Floor::new(Rule::UniformPriceBlocks { k: Fraction::HALF }, 2);
    let minimum = Attributes { minimum: Energy(60), ..Attributes::default() };
    let offer = floor.order(0, Side::Sell, 100, 10, TimeInForce::GateClosure);
    let offer = floor.wish(offer, 1, minimum);
    floor.accept(offer);
    for energy in [70, 20] {
        let bid = floor.order(1, Side::Buy, energy, 30, TimeInForce::NextClearing);
        let bid = floor.wish(bid, 1, Attributes::default());
        floor.accept(bid);
        let (carrier, interval) = (floor.carrier(), floor.interval(1));
        floor.accept(Command::Close { carrier, interval });
        let book = floor.state.book(carrier, interval).unwrap().clone();
        let claim = clear_blocks(Fraction::HALF, &[&book], COLLAR, &mut Workspace::new());
        floor.accept(Command::Clear { carrier, interval, claim });
    }
    // 70 ≥ 60, then 20 of the other 30.
    assert_eq!(
        floor.state.delivery(floor.carrier(), floor.interval(1)).unwrap().position(0).unwrap().sold.0,
        90
    );
}

#[test]
fn an_account_with_a_block_may_not_be_on_the_other_side_in_any_of_its_intervals() {
    let mut floor = Floor::new(Rule::UniformPriceBlocks { k: Fraction::HALF }, 1);
    let block = Attributes { further: 2, ..Attributes::default() };
    let bid = floor.order(0, Side::Buy, 10, 10, TimeInForce::GateClosure);
    let bid = floor.wish(bid, 1, block);
    floor.accept(bid);
    for (step, expected) in
        [(0, Ok(())), (1, Err(Rejection::SelfTrade)), (3, Err(Rejection::SelfTrade)), (4, Ok(()))]
    {
        let offer = floor.order(0, Side::Sell, 10, MAX_PRICE.0, TimeInForce::GateClosure);
        let offer = floor.wish(offer, step, Attributes::default());
        assert_eq!(floor.apply(offer), expected, "interval {step}");
    }
    // Any of its parts takes the block back.
    let back = floor.cancel_in(2, 0, Side::Buy, 0);
    floor.accept(back);
    for step in 1..4 {
        assert!(floor.state.book(floor.carrier(), floor.interval(step)).unwrap().bids.is_empty());
    }
    let offer = floor.order(0, Side::Sell, 10, MAX_PRICE.0, TimeInForce::GateClosure);
    let offer = floor.wish(offer, 3, Attributes::default());
    floor.accept(offer);
}
