//! Markets of pairs worked by hand (`cases/bilateral/`), and one from elsewhere.

use crate::bilateral::{Wish, cleared, place};
use crate::books::accepted;
use crate::cases::{integer, json, root, rows};
use market::rule::{Pairs, Rule};
use market::{Book, Claim, Location, Price, Side};
use serde_json::Value;
use std::path::Path;

fn side(name: &str) -> Side {
    Side::ALL.into_iter().find(|side| side.name() == name).unwrap()
}

/// A row of `input.csv`, and the order's name.
fn wish(row: &[String]) -> (String, Wish) {
    let [id, account, of, energy, limit, fall, location, partner, premium] = row else { panic!("{row:?}") };
    let number = |account: &str| 6 + u32::from(account.as_bytes()[0] - b'a');
    let wish = Wish {
        side: side(of),
        account: number(account),
        limit: integer(limit),
        energy: integer(energy),
        fall: integer(fall),
        partner: (!partner.is_empty()).then(|| (number(partner), integer(premium))),
        location: Location::parse(location).unwrap().0,
    };
    (id.clone(), wish)
}

#[test]
fn markets_of_pairs_worked_by_hand() {
    for name in ["partner_and_charges", "offer_with_a_partner", "falling_limits", "charge_keeps_apart"] {
        println!("{name}");
        let folder = root().join("cases/bilateral").join(name);
        assert!(folder.join("README.md").is_file());
        let (mut book, mut names) = (Book::default(), [Vec::new(), Vec::new()]);
        for (id, wish) in rows(&folder.join("input.csv")).iter().map(|row| wish(row)) {
            assert!(place(&mut book, &wish), "{id}");
            names[wish.side as usize].push(id);
        }
        check(&book, &names, &json(&folder.join("expected.json")));
    }
}

fn check(book: &Book, names: &[Vec<String>; 2], expected: &Value) {
    let charges = std::array::from_fn(|at| Price(expected["charges"][at].as_i64().unwrap()));
    let (claim, out) = cleared(&Rule::Bilateral { charges }, book);
    assert_eq!(out.volume.0, expected["energy_wh"].as_i64().unwrap());
    assert_eq!(out.welfare.0, i128::from(expected["welfare_neur"].as_i64().unwrap()));
    assert_eq!(out.indicative_price, expected["indicative_price"].as_i64().map(Price));
    let trades: Vec<Value> = out
        .trades
        .iter()
        .map(|trade| {
            let (buy, sell) = (&names[0][trade.bid as usize], &names[1][trade.offer as usize]);
            serde_json::json!({ "buy": buy, "sell": sell, "energy_wh": trade.energy.0, "price": trade.price.0 })
        })
        .collect();
    assert_eq!(Value::from(trades), expected["trades"]);
    if let Claim::Bilateral { bid_prices, offer_prices, .. } = claim {
        for (name, price) in names.iter().flatten().zip(bid_prices.iter().chain(&offer_prices)) {
            assert_eq!(Some(price.0), expected["own_prices"][name].as_i64(), "{name}");
        }
    }
    for (side, names) in Side::ALL.into_iter().zip(names) {
        for (position, name) in names.iter().enumerate() {
            let money = out.money(side).of(position, out.fills(side)[position]);
            assert_eq!(Some(money), expected["money_neur"][name].as_i64(), "{name}");
        }
    }
}

#[test]
fn the_corner_cases_of_the_auctions() {
    let mut cases = 0;
    for folder in std::fs::read_dir(root().join("cases/auction")).unwrap().map(|entry| entry.unwrap().path())
    {
        if !folder.is_dir() {
            continue;
        }
        println!("{}", folder.display());
        let (mut book, mut accounts) = (Book::default(), Vec::new());
        for row in rows(&folder.join("input.csv")) {
            let [_, account, of, energy, limit] = row.try_into().unwrap();
            let number = accounts.iter().position(|known| *known == account).unwrap_or(accounts.len());
            accounts.push(account);
            let energy = integer(&energy);
            if energy > 0 {
                crate::books::place(&mut book, (side(&of), number as u32, integer(&limit), energy));
            }
        }
        let expected = json(&folder.join("expected.json"));
        let (_, out) = cleared(&Rule::Bilateral { charges: [Price::ZERO; 4] }, &book);
        assert_eq!(out.volume.0, expected["energy_wh"].as_i64().unwrap());
        assert_eq!(out.welfare.0, i128::from(expected["welfare_neur"].as_i64().unwrap()));
        assert_eq!(out.indicative_price, expected["indicative_price"].as_i64().map(Price));
        let price = expected["uniform_price"]["equilibrium"]["0.5"].as_i64().map(Price);
        assert!(out.trades.iter().all(|trade| Some(trade.price) == price));
        cases += 1;
    }
    assert_eq!(cases, 14);
}

/// An agent of the 39-bus market: cost ½·a·p² + b·p in $/h for p MW, taken where negative.
struct Agent {
    side: Side,
    a: f64,
    b: f64,
    most: f64,
}

impl Agent {
    /// MW that it takes or gives at this price, ≥ 0.
    fn answer(&self, price: f64) -> f64 {
        let gain = if self.side == Side::Buy { self.b - price } else { price - self.b };
        (gain / self.a).clamp(0.0, self.most)
    }

    /// Its cost where it takes or gives so many MW, $/h.
    fn cost(&self, power: f64) -> f64 {
        let signed = if self.side == Side::Buy { -power } else { power };
        self.a * power * power / 2.0 + self.b * signed
    }
}

fn agents(file: &Path) -> Vec<Agent> {
    let agent = |row: &Vec<String>| {
        let number = |column: usize| row[column].parse::<f64>().unwrap();
        Agent { side: side(&row[1]), a: number(2) / 1000.0, b: number(3), most: number(4) }
    };
    rows(file).iter().map(agent).collect()
}

const WH_PER_MWH: f64 = 1e6;
const NEUR_PER_WH: f64 = 1e-3; // $/MWh

#[test]
fn the_39_bus_market_by_consensus_and_in_integers() {
    let folder = root().join("cases/bilateral/ieee39");
    let agents = agents(&folder.join("input.csv"));
    let expected = json(&folder.join("expected.json"));
    let near = |got: f64, field: &str, tolerance: f64| {
        let right = expected[field].as_f64().unwrap();
        assert!((got - right).abs() <= tolerance, "{field}: {got}, not {right}");
    };

    // The optimum by other means: bisection on the one price at which all powers balance.
    let balance = |price: f64| -> f64 {
        let signed = |agent: &Agent| agent.answer(price) * if agent.side == Side::Buy { -1.0 } else { 1.0 };
        agents.iter().map(signed).sum()
    };
    let (mut low, mut high) = (0.0, 100.0);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if balance(middle) < 0.0 { low = middle } else { high = middle }
    }
    let right: Vec<f64> = agents.iter().map(|agent| agent.answer(low)).collect();
    let objective =
        |powers: &[f64]| agents.iter().zip(powers).map(|(agent, power)| agent.cost(*power)).sum::<f64>();
    near(low, "price_usd_per_mwh", 1e-4);
    near(right[21..].iter().sum(), "traded_mw", 0.01);
    near(objective(&right), "objective_usd_per_h", 0.01);

    let mut book = Book::default();
    for (number, agent) in agents.iter().enumerate() {
        let fall = (agent.a * agent.most / NEUR_PER_WH).round() as i64;
        let energy = (agent.most * WH_PER_MWH).round() as i64;
        let limit = (agent.b / NEUR_PER_WH).round() as i64;
        let account = 6 + number as u32;
        let wish = Wish { side: agent.side, account, limit, energy, fall, partner: None, location: 0 };
        assert!(place(&mut book, &wish));
    }
    let charges = [Price::ZERO; 4];
    let pairs = Pairs::new(&book, &charges);
    let alike = |powers: &[f64]| {
        assert!(powers.iter().zip(&right).all(|(power, right)| (power - right).abs() <= 0.3), "{powers:?}");
    };

    let consensus = clearing::consensus(&pairs);
    assert!(consensus.reached, "{} rounds", consensus.rounds);
    println!("consensus after {} rounds", consensus.rounds);
    let row = |bid: usize| consensus.trades[bid * 10..(bid + 1) * 10].iter().sum::<f64>();
    let column = |offer: usize| consensus.trades.iter().skip(offer).step_by(10).sum::<f64>();
    let powers: Vec<f64> = (0..21).map(row).chain((0..10).map(column)).map(|wh| wh / WH_PER_MWH).collect();
    alike(&powers);
    // An order at the end of its power values it more, or less, than the price.
    for (price, power) in
        consensus.prices.iter().flatten().zip(&right).zip(&agents).filter_map(|((price, power), agent)| {
            (*power > 0.0 && *power < agent.most).then_some((price, power))
        })
    {
        near(price * NEUR_PER_WH, "price_usd_per_mwh", 1e-3);
        assert!(*power > 0.0);
    }
    near(objective(&powers), "objective_usd_per_h", 1.0);

    let (_, out) = cleared(&Rule::Bilateral { charges }, &book);
    let agreed = accepted(&Rule::Bilateral { charges }, &book, &clearing::agreed(&pairs, &consensus));
    assert_eq!((agreed.volume, agreed.welfare), (out.volume, out.welfare));
    let fills = out.bid_fills.iter().chain(&out.offer_fills);
    let powers: Vec<f64> = fills.map(|fill| fill.0 as f64 / WH_PER_MWH).collect();
    alike(&powers);
    near(out.volume.0 as f64 / WH_PER_MWH, "traded_mw", 1.0);
    assert!(out.trades.iter().all(|trade| trade.price == Price(57_234)), "{:?}", out.trades);
    near(objective(&powers), "objective_usd_per_h", 1.0);
    // In whole n€/Wh it is less, by up to 1 n€/Wh for every Wh bought and every Wh sold; 1 $ = 10⁹ n€.
    let counted = -(out.welfare.0 as f64) / 1e9;
    let rounding = 2.0 * out.volume.0 as f64 / 1e9;
    assert!((0.0..=rounding).contains(&(counted - objective(&powers))), "{counted}");
}
