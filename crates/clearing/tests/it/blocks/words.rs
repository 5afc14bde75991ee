//! A wrong claim about minimum fills and blocks says where it departs from the procedure.

use crate::books::COLLAR;
use clearing::{Workspace, clear_blocks};
use market::rule::blocks::explain;
use market::rule::{Rule, explain as explain_one};
use market::{
    AccountId, Attributes, Book, BookOrder, Claim, Details, Energy, Fraction, MeterId, Price, Refused, Side,
    TimeInForce, Witness,
};

/// One more order of a side.
fn add(book: &mut Book, side: Side, limit: i64, energy: i64, minimum: i64) {
    let orders = if side == Side::Buy { &mut book.bids } else { &mut book.offers };
    let arrival = orders.len() as u32;
    orders.push(BookOrder {
        limit: Price(limit),
        energy: Energy(energy),
        account: AccountId(6 + arrival),
        meter: MeterId(arrival),
        arrival,
        time_in_force: TimeInForce::NextClearing,
    });
    let attributes = Attributes { minimum: Energy(minimum), ..Attributes::default() };
    book.details[side as usize].push(Details { attributes, ..Details::default() });
}

#[test]
fn a_wrong_claim_says_where_it_departs_from_the_procedure() {
    // Interval 0: a bid for 10 Wh at 20, all or none, meets 6 Wh at 10 and is refused; nothing is traded. Interval 1: 5 Wh
    // at 20 meet 8 Wh at 10, so 10 is the only equilibrium price.
    let mut books = [Book::default(), Book::default()];
    add(&mut books[0], Side::Buy, 20, 10, 10);
    add(&mut books[0], Side::Sell, 10, 6, 0);
    add(&mut books[1], Side::Buy, 20, 5, 0);
    add(&mut books[1], Side::Sell, 10, 8, 0);
    let books: Vec<&Book> = books.iter().collect();
    let short = Refused { interval: 0, side: Side::Buy, position: 0 };
    let right = [Witness::NoTrade, Witness::Equilibrium(Price(10))];
    let k = Fraction::HALF;
    let found = clear_blocks(k, &books, COLLAR, &mut Workspace::default());
    assert_eq!(found, Claim::Blocks { intervals: right.to_vec(), refused: vec![short] });

    let check = |intervals: &[Witness], refused: &[Refused], expected: &str| {
        let claim = Claim::Blocks { intervals: intervals.to_vec(), refused: refused.to_vec() };
        assert_eq!(explain(&Rule::UniformPriceBlocks { k }, &books, &claim, COLLAR), expected);
    };
    check(&right, &[short], "right: 2 intervals, each at its own price, 1 orders refused");
    check(
        &right[1..],
        &[short],
        "wrong: the claim clears 1 intervals, where 2 closed books follow each other",
    );
    let bid = "the bid at position 0 of interval 0";
    check(&right, &[], &format!("wrong: as refusal 0 the procedure gives {bid}, the claim none"));
    let other = Refused { side: Side::Sell, ..short };
    let offer = "the offer at position 0 of interval 0";
    check(&right, &[other], &format!("wrong: as refusal 0 the procedure gives {bid}, the claim {offer}"));
    check(
        &right,
        &[short, other],
        &format!("wrong: as refusal 1 the procedure gives none, the claim {offer}"),
    );
    let left = "wrong: in interval 1, nothing is traded, but the best bid 20 n€/Wh ≥ the best offer 10 n€/Wh";
    check(&[Witness::NoTrade; 2], &[short], left);
    let dear =
        "wrong: in interval 1, offers below 11 n€/Wh must give 8 Wh, but bids from there on take only 5 Wh";
    check(&[Witness::NoTrade, Witness::Equilibrium(Price(11))], &[short], dear);
    let none = "wrong: in interval 0, nothing is traded at 10 n€/Wh";
    check(&[Witness::Equilibrium(Price(10)); 2], &[short], none);

    let claim = Claim::Blocks { intervals: right[1..].to_vec(), refused: vec![] };
    let one = explain_one(&Rule::UniformPriceBlocks { k }, books[1], &claim, COLLAR);
    assert_eq!(one, "right: 1 intervals, each at its own price, 0 orders refused");
}
