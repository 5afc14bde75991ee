//! Cases worked by hand: `cases/pipeline/`, and those of the plain auction under `separate`.

use super::{Labelled, pipeline, place};
use crate::books::{COLLAR, cleared};
use crate::cases::{books_of_auctions, integer, json, position, root, rows};
use market::rule::{Auction, Clearing, Rule, Stage, Stages, Trade, check, pair};
use market::{
    AuctionClaim, Book, Claim, Energy, Fraction, Money, Price, PriceConvention, Quality, Side, Witness,
};
use serde_json::{Value, json};

#[test]
fn pipelines_worked_by_hand() {
    let mut outcomes = 0;
    for folder in std::fs::read_dir(root().join("cases/pipeline")).unwrap().map(|entry| entry.unwrap().path())
    {
        if !folder.is_dir() {
            continue;
        }
        println!("{}", folder.display());
        assert!(folder.join("README.md").is_file());
        let (mut book, mut names, mut accounts) = (Book::default(), [Vec::new(), Vec::new()], Vec::new());
        for row in rows(&folder.join("input.csv")) {
            let [id, account, side, energy, limit, quality, premium] = row.try_into().unwrap();
            let number = accounts.iter().position(|known| *known == account).unwrap_or(accounts.len());
            accounts.push(account);
            let side = Side::ALL.into_iter().find(|known| known.name() == side).unwrap();
            let wish = (side, number as u32, integer(&limit), integer(&energy));
            let quality = Quality::from_name(&quality).unwrap();
            assert!(place(&mut book, Labelled { wish, quality, premium: integer(&premium) }));
            names[side as usize].push(id);
        }
        for expected in json(&folder.join("expected.json")).as_array().unwrap() {
            check_outcome(&book, &names, expected);
            outcomes += 1;
        }
    }
    assert_eq!(outcomes, 19);
}

fn check_outcome(book: &Book, names: &[Vec<String>; 2], expected: &Value) {
    let stages = Stages::parse(expected["rule"].as_str().unwrap()).unwrap();
    println!("  {}", expected["rule"]);
    let rule = Rule::Pipeline { stages, k: Fraction::HALF };
    let out = cleared(&rule, book);
    let traded = out.auctions.list.iter().filter(|auction| auction.volume > Energy::ZERO);
    let row = |auction: &Auction| {
        let label = auction.label.map(Quality::name);
        json!([auction.stage.name(), label, auction.price.unwrap().0, auction.volume.0])
    };
    assert_eq!(traded.map(row).collect::<Vec<_>>(), *expected["auctions"].as_array().unwrap());
    for side in Side::ALL {
        let money = out.money(side);
        for (at, name) in names[side as usize].iter().enumerate() {
            let fill = out.fills(side)[at];
            let right = &expected["fills"][name];
            let right = if right.is_null() { json!([0, 0]) } else { right.clone() };
            assert_eq!(json!([fill.0, money.of(at, fill)]), right, "{name}");
        }
    }
    for (label, share) in Quality::ALL.into_iter().zip(out.auctions.labels) {
        let right = &expected["labels"][label.name()];
        let right = if right.is_null() { json!([0, 0, 0, 0, 0]) } else { right.clone() };
        let found = [share.asked, share.offered, share.bought, share.delivered, share.sold];
        assert_eq!(json!(found.map(|energy| energy.0)), right, "{}", label.name());
    }
    assert_eq!(out.welfare, Money(expected["welfare_neur"].as_i64().unwrap().into()));
    assert_eq!(out.indicative_price.map(|price| price.0), expected["indicative_price"].as_i64());
    if let Some(rows) = expected["claim"].as_array() {
        let dropped =
            |id: &Value| if id.is_null() { u32::MAX } else { position(&names[Side::Buy as usize], id) };
        let auction = |row: &Value| AuctionClaim {
            witness: row[0].as_i64().map_or(Witness::NoTrade, |price| Witness::Equilibrium(Price(price))),
            dropped_local: dropped(&row[1]),
            dropped_green: dropped(&row[2]),
        };
        let claim = Claim::Pipeline { auctions: rows.iter().map(auction).collect() };
        assert_eq!(check(&rule, book, &claim, COLLAR, &mut Clearing::default()), Ok(()));
    }
    if let Some(rows) = expected["trades"].as_array() {
        let mut trades = Vec::new();
        pair(book, &out, &mut trades);
        let trade = |row: &Value| Trade {
            bid: position(&names[Side::Buy as usize], &row[0]),
            offer: position(&names[Side::Sell as usize], &row[1]),
            energy: Energy(row[2].as_i64().unwrap()),
            price: Price(row[3].as_i64().unwrap()),
        };
        assert_eq!(trades, rows.iter().map(trade).collect::<Vec<_>>());
    }
}

/// Under `separate`, and under `uniform_price` as a stage, orders without a wish meet as in a single auction.
pub(super) fn is_the_single_auction(book: &Book) {
    let (mut pairs, mut right_pairs) = (Vec::new(), Vec::new());
    let right =
        cleared(&Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF }, book);
    pair(book, &right, &mut right_pairs);
    for stage in Stage::ALL {
        let out = cleared(&pipeline(&[stage]), book);
        let facts = |out: &Clearing| (out.volume, out.price, out.range, out.indicative_price, out.welfare);
        assert_eq!(facts(&out), facts(&right), "{}", stage.name());
        assert_eq!((&out.bid_fills, &out.offer_fills), (&right.bid_fills, &right.offer_fills));
        for side in Side::ALL {
            assert_eq!(out.money(side), right.money(side));
        }
        pair(book, &out, &mut pairs);
        assert_eq!(pairs, right_pairs, "{}", stage.name());
    }
}

#[test]
fn every_case_of_the_auction_is_one_of_each_stage_without_labels() {
    let books = books_of_auctions();
    books.iter().for_each(is_the_single_auction);
    assert_eq!(books.len(), 14);
}
