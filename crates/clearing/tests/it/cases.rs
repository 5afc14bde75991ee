//! Cases worked by hand (`cases/` in this repository) and cases from elsewhere (`../shared/cases/`, where present).

use crate::books::{COLLAR, cleared, place};
use market::rule::sharing::{Rounding, Shares, share};
use market::rule::{Cut, Rule, Trade, pair};
use market::{Book, Energy, Fraction, Money, Price, PriceConvention, Rejection, SharingKey, Side};
use serde_json::Value;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A folder of cases kept beside the repository; a clear word where it is not there.
fn shared(folder: &str) -> Option<PathBuf> {
    let folder = root().parent().unwrap().join("shared/cases").join(folder);
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

pub(crate) fn rows(file: &Path) -> Vec<Vec<String>> {
    let mut reader =
        csv::Reader::from_path(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect()
}

pub(crate) fn integer(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no integer"))
}

pub(crate) fn json(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// A book with the orders' names.
#[derive(Default)]
struct Named {
    book: Book,
    bids: Vec<String>,
    offers: Vec<String>,
    rejected: Vec<(String, u16)>,
}

impl Named {
    /// The orders of a folder of `cases/`.
    fn read(folder: &Path) -> Self {
        println!("{}", folder.display());
        assert!(folder.join("README.md").is_file());
        let mut named = Self::default();
        let mut accounts = Vec::new();
        for row in rows(&folder.join("input.csv")) {
            let [id, account, side, energy, limit] = row.try_into().unwrap();
            let number = accounts.iter().position(|known| *known == account).unwrap_or(accounts.len());
            accounts.push(account);
            let side = Side::ALL.into_iter().find(|known| known.name() == side).unwrap();
            named.place(&id, number as u32, side, integer(&energy), integer(&limit));
        }
        named
    }

    fn place(&mut self, id: &str, account: u32, side: Side, energy: i64, limit: i64) {
        let names = if side == Side::Buy { &mut self.bids } else { &mut self.offers };
        if energy <= 0 {
            self.rejected.push((id.into(), Rejection::BadEnergy.code()));
        } else if place(&mut self.book, (side, account, limit, energy)) {
            names.push(id.into());
        } else {
            self.rejected.push((id.into(), Rejection::SelfTrade.code()));
        }
    }
}

const KS: [(&str, Fraction); 3] = [("0", Fraction::ZERO), ("0.5", Fraction::HALF), ("1", Fraction::ONE)];

/// The books of the cases of the auction.
pub(crate) fn books_of_auctions() -> Vec<Book> {
    let entries = std::fs::read_dir(root().join("cases/auction")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|folder| folder.is_dir()).map(|folder| Named::read(&folder).book).collect()
}

#[test]
fn auctions_worked_by_hand() {
    let mut cases = 0;
    for folder in std::fs::read_dir(root().join("cases/auction")).unwrap().map(|entry| entry.unwrap().path())
    {
        if !folder.is_dir() {
            continue;
        }
        let (named, expected) = (Named::read(&folder), json(&folder.join("expected.json")));
        check_auction(&named, &expected);
        check_truthful(&named, &expected);
        cases += 1;
    }
    assert_eq!(cases, 14);
}

#[test]
fn truthful_auctions_from_publications() {
    for case in ["break_even_at_two", "one_price", "reduction", "single_pair"] {
        let folder = root().join("cases/truthful").join(case);
        check_truthful(&Named::read(&folder), &json(&folder.join("expected.json")));
    }
}

/// What `trade_reduction` and `vcg` do where the two sides may have prices of their own.
fn check_truthful(named: &Named, expected: &Value) {
    let book = &named.book;
    let sides = [(Side::Buy, &named.bids), (Side::Sell, &named.offers)];
    let number = |value: &Value| value.as_i64().unwrap_or(0);
    let price = |value: &Value| value.as_i64().map(Price);

    let (out, right) = (cleared(&Rule::TradeReduction, book), &expected["trade_reduction"]);
    assert_eq!(out.volume.0, number(&right["energy_wh"]));
    assert_eq!(out.welfare.0, i128::from(number(&right["welfare_neur"])));
    assert_eq!(out.price, price(&right["price"]));
    assert_eq!(out.side_prices, price(&right["buyer_price"]).zip(price(&right["seller_price"])));
    let indicative = if right.is_null() { &expected["indicative_price"] } else { &right["indicative_price"] };
    assert_eq!(out.indicative_price, price(indicative));
    for (side, names) in sides {
        for (name, fill) in names.iter().zip(out.fills(side)) {
            assert_eq!(fill.0, number(&right["fills"][name]), "{name}");
        }
    }

    let (out, right) = (cleared(&Rule::Vcg, book), &expected["vcg"]);
    let mut surplus = 0;
    for (side, names) in sides {
        let money = out.money(side);
        for ((at, name), fill) in names.iter().enumerate().zip(out.fills(side)) {
            let amount = money.of(at, *fill);
            assert_eq!(amount, number(&right["amounts"][name]), "{name}");
            surplus += if side == Side::Buy { amount } else { -amount };
        }
    }
    assert_eq!(surplus, number(&right["surplus_neur"]));
}

fn check_auction(named: &Named, expected: &Value) {
    let book = &named.book;
    let rejected: Vec<_> = expected["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["id"].as_str().unwrap().to_owned(), row["code"].as_u64().unwrap() as u16))
        .collect();
    assert_eq!(named.rejected, rejected);
    let price = |value: &Value| value.as_i64().map(Price);
    for (k_name, k) in KS {
        let uniform = PriceConvention::ALL.map(|convention| Rule::UniformPrice { convention, k });
        for rule in uniform.into_iter().chain([Rule::PayAsBid { k }]) {
            let out = cleared(&rule, book);
            assert_eq!(out.volume.0, expected["energy_wh"].as_i64().unwrap());
            assert_eq!(out.welfare.0, i128::from(expected["welfare_neur"].as_i64().unwrap()));
            assert_eq!(out.indicative_price, price(&expected["indicative_price"]));
            for (names, fills) in [(&named.bids, &out.bid_fills), (&named.offers, &out.offer_fills)] {
                for (name, fill) in names.iter().zip(fills) {
                    assert_eq!(fill.0, expected["fills"][name].as_i64().unwrap_or(0), "{name}");
                }
            }
            let traded = out.volume > Energy::ZERO;
            if traded {
                assert_eq!(out.range.0.0, expected["range"][0].as_i64().unwrap());
                assert_eq!(out.range.1.0, expected["range"][1].as_i64().unwrap());
            }
            if let Rule::UniformPrice { convention, .. } = rule {
                let uniform = &expected["uniform_price"];
                assert_eq!(out.price, price(&uniform[convention.name()][k_name]));
                let p_star = match convention {
                    PriceConvention::Equilibrium => out.price,
                    PriceConvention::LastPair => price(&uniform["last_pair_p_star"]),
                };
                assert_eq!(out.equilibrium, p_star);
            }
            let mut trades = Vec::new();
            pair(book, &out, &mut trades);
            let expected_trade = |row: &Value| Trade {
                bid: position(&named.bids, &row["buy"]),
                offer: position(&named.offers, &row["sell"]),
                energy: Energy(row["energy_wh"].as_i64().unwrap()),
                price: out.price.or(price(&row["pay_as_bid"][k_name])).unwrap(),
            };
            let expected: Vec<_> =
                expected["trades"].as_array().unwrap().iter().map(expected_trade).collect();
            assert_eq!(trades, expected);
        }
    }
}

pub(crate) fn position(names: &[String], name: &Value) -> u32 {
    names.iter().position(|known| known == name.as_str().unwrap()).unwrap() as u32
}

#[test]
fn auctions_from_elsewhere() {
    let Some(folder) = shared("orders") else { return };
    for kind in ["unique", "tick"] {
        let reference = json(&folder.join(format!("reference_1000_{kind}.json")));
        let number = |field: &str| reference[field].as_i64().unwrap();
        let mut named = Named::default();
        for row in rows(&folder.join(format!("orders_1000_{kind}.csv"))) {
            let [id, side, participant, energy, price] = row.try_into().unwrap();
            let side = if side == "bid" { Side::Buy } else { Side::Sell };
            // 10⁻⁴ ct/kWh = 10⁻⁶ €/kWh = 1 µ€/kWh = 1 n€/Wh: the number is the same.
            let account = integer(&participant[1..]) as u32;
            named.place(&id, account, side, integer(&energy), integer(&price));
        }
        let Named { book, rejected, .. } = &named;
        assert_eq!((book.bids.len(), book.offers.len()), (500, 500), "{rejected:?}");
        for rule in crate::books::auctions() {
            let out = cleared(&rule, book);
            assert_eq!(out.volume, Energy(number("volume_wh")));
            assert_eq!(out.welfare, Money(i128::from(number("welfare_e4_wh"))));
            assert_eq!(out.range, (Price(number("price_lo_e4")), Price(number("price_hi_e4"))));
            if let Rule::UniformPrice { convention: PriceConvention::Equilibrium, .. } = rule {
                assert!(out.range.0 <= out.price.unwrap() && out.price.unwrap() <= out.range.1);
            }
            let cut = Cut::at(book, out.equilibrium.unwrap()).unwrap();
            assert_eq!((cut.last_bid.0, cut.last_offer.0), (number("last_bid_e4"), number("last_offer_e4")));
        }
        // Every order in two halves of one account at one price: nothing is lost.
        let mut halves = Book::default();
        for (side, orders) in [(Side::Buy, &book.bids), (Side::Sell, &book.offers)] {
            for part in [0, 1] {
                for order in orders {
                    let energy = (order.energy.0 + part) / 2;
                    assert!(
                        energy == 0 || place(&mut halves, (side, order.account.0, order.limit.0, energy))
                    );
                }
            }
        }
        for rule in crate::books::auctions() {
            let (whole, parts) = (cleared(&rule, book), cleared(&rule, &halves));
            assert_eq!(
                (whole.volume, whole.welfare, whole.price),
                (parts.volume, parts.welfare, parts.price)
            );
        }
        assert_eq!(COLLAR.1, market::MAX_PRICE);
    }
}

/// Metered rows: t, generation, consumption per member.
fn metered(file: &Path) -> Vec<(u64, Energy, Vec<Energy>)> {
    let row = |row: Vec<String>| {
        let consumption = row[2..].iter().map(|energy| Energy(integer(energy))).collect();
        (integer(&row[0]) as u64, Energy(integer(&row[1])), consumption)
    };
    rows(file).into_iter().map(row).collect()
}

const WHOLE: u64 = 1_000_000_000;

/// Shares in members' order, in parts of [`WHOLE`].
fn shares(file: &Path) -> Vec<u64> {
    rows(file).iter().map(|row| Fraction::parse(&row[1]).unwrap().in_parts_of(WHOLE).unwrap()).collect()
}

#[test]
fn sharing_worked_by_hand() {
    let folder = root().join("cases/sharing/three_members");
    let parts = shares(&folder.join("shares.csv"));
    let mut expected = rows(&folder.join("expected.csv")).into_iter();
    let mut out = Vec::new();
    for key in SharingKey::ALL {
        for (t, generation, consumption) in metered(&folder.join("input.csv")) {
            let rounded = Rounding::ALL.map(|rounding| {
                share(
                    key,
                    Shares::new(&parts, WHOLE).unwrap(),
                    &consumption,
                    generation,
                    t,
                    rounding,
                    &mut out,
                );
                out.clone()
            });
            for (member, name) in ["a", "b", "c"].into_iter().enumerate() {
                let got = [
                    key.name().into(),
                    t.to_string(),
                    name.into(),
                    rounded[0][member].0.to_string(),
                    rounded[1][member].0.to_string(),
                ];
                assert_eq!(expected.next().unwrap(), got);
            }
        }
    }
    assert!(expected.next().is_none());
}

/// The least number that both divide.
fn common_multiple(one: i128, other: i128) -> i128 {
    let (mut divisor, mut rest) = (one, other);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    one / divisor * other
}

#[test]
fn sharing_from_elsewhere() {
    let Some(folder) = shared("sharing") else { return };
    let input = metered(&folder.join("sharing_input.csv"));
    let parts = shares(&folder.join("sharing_static_shares.csv"));
    let expected = rows(&folder.join("sharing_expected.csv"));
    let mut out = Vec::new();
    let known = |key: &SharingKey| !matches!(key, SharingKey::FullDynamic | SharingKey::Incentive);
    for key in SharingKey::ALL.into_iter().filter(known) {
        let cells: Vec<_> = expected.iter().filter(|row| row[0] == key.name()).collect();
        assert_eq!(cells.len(), input.len() * parts.len());
        for ((t, generation, consumption), cells) in input.iter().zip(cells.chunks(parts.len())) {
            let fraction =
                |cell: &Vec<String>| (i128::from(integer(&cell[3])), i128::from(integer(&cell[4])));
            let denominator = cells.iter().map(|cell| fraction(cell).1).fold(1, common_multiple);
            let exact: i128 =
                cells.iter().map(|cell| fraction(cell).0 * (denominator / fraction(cell).1)).sum();
            for rounding in Rounding::ALL {
                let shares = Shares::new(&parts, WHOLE).unwrap();
                share(key, shares, consumption, *generation, *t, rounding, &mut out);
                assert_eq!(
                    out.iter().map(|part| i128::from(part.0)).sum::<i128>(),
                    exact / denominator,
                    "row {t}"
                );
                for (cell, part) in cells.iter().zip(&out) {
                    assert_eq!(integer(&cell[1]) as u64, *t);
                    let (over, under) = fraction(cell);
                    assert!((i128::from(part.0) * under - over).abs() < under, "row {t}, {}", cell[2]);
                    assert!(
                        rounding == Rounding::CumulativeFloor || part.0 == integer(&cell[5]),
                        "row {t}, {}",
                        cell[2]
                    );
                }
            }
        }
    }
}
