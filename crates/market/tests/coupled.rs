//! What a right coupled clearing is: cases worked by hand (`cases/coupled/`), and claims that are right because their
//! books were made to fit them.

use market::rule::coupled::{
    Converter, Coupled, Node, Parts, Reservoir, allowance, bound, check, explain, gap, welfare,
};
use market::rule::{Clearing, Cut};
use market::*;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::Value;
use std::path::Path;

fn carrier(value: &Value) -> Carrier {
    let name = value.as_str().unwrap();
    Carrier::ALL.into_iter().find(|carrier| carrier.name() == name).unwrap()
}

fn integer(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no integer"))
}

fn list<T>(value: &Value, of: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().unwrap().iter().map(of).collect()
}

fn pair(value: &Value) -> [Energy; 2] {
    list(value, |value| Energy(integer(value))).try_into().unwrap()
}

/// What a case asks: books with the names of their orders, and offers.
struct Case {
    carriers: Vec<Carrier>,
    books: Vec<Book>,
    names: Vec<[Vec<String>; 2]>,
    k: Fraction,
    collar: (Price, Price),
    conversions: Vec<Converter>,
    storages: Vec<Reservoir>,
}

impl Case {
    fn read(input: &Value) -> Self {
        let carriers = list(&input["carriers"], carrier);
        let count = carriers.len() * integer(&input["intervals"]) as usize;
        let collar = list(&input["collar"], integer);
        let place = |interval: &Value, of: &Value| {
            let at = carriers.iter().position(|known| *known == carrier(of)).unwrap();
            integer(interval) as usize * carriers.len() + at
        };
        let mut books = vec![Book::default(); count];
        let mut names = vec![[Vec::new(), Vec::new()]; count];
        let mut accounts = Vec::new();
        for order in input["orders"].as_array().unwrap() {
            let node = place(&order["interval"], &order["carrier"]);
            let side = Side::ALL.into_iter().find(|side| side.name() == order["side"]).unwrap();
            let account = accounts.iter().position(|known| *known == order["account"]);
            accounts.push(order["account"].clone());
            let account = account.unwrap_or(accounts.len() - 1) as u32;
            let (energy, limit) = (integer(&order["energy_wh"]), integer(&order["limit_price"]));
            enter(&mut books[node], side, account, limit, energy);
            names[node][side as usize].push(order["id"].as_str().unwrap().to_owned());
        }
        let output = |interval: &Value, of: &Value| {
            (place(interval, &of["carrier"]), integer(&of["ratio_ppm"]) as u32)
        };
        let conversions = list(&input["conversions"], |of| Converter {
            input: place(&of["interval"], &of["input"]),
            outputs: list(&of["outputs"], |given| output(&of["interval"], given)),
            capacity: Energy(integer(&of["capacity_wh"])),
            cost: Price(integer(&of["cost"])),
        });
        let storages = list(&input["storages"], |of| {
            let first = place(&of["interval"], &of["carrier"]);
            let wh = |field: &str| Energy(integer(&of[field]));
            let ppm = |field: &str| integer(&of[field]) as u32;
            Reservoir {
                nodes: (0..=integer(&of["further"]) as usize)
                    .map(|step| first + step * carriers.len())
                    .collect(),
                power: [wh("charge_wh"), wh("discharge_wh")],
                capacity: wh("capacity_wh"),
                levels: [wh("level_wh"), wh("least_wh")],
                efficiencies: [
                    ppm("charge_efficiency_ppm"),
                    ppm("discharge_efficiency_ppm"),
                    ppm("kept_ppm"),
                ],
                cost: Price(integer(&of["cost"])),
            }
        });
        let k = Fraction::parse(input["k"].as_str().unwrap()).unwrap();
        let collar = (Price(collar[0]), Price(collar[1]));
        Self { carriers, books, names, k, collar, conversions, storages }
    }

    fn problem(&self) -> Coupled<'_> {
        let start = DeliveryInterval { start: 1_700_000_100, duration: 900 };
        let node = |(number, book)| Node {
            carrier: self.carriers[number % self.carriers.len()],
            interval: start.later((number / self.carriers.len()) as u64),
            book,
            k: self.k,
            collar: self.collar,
        };
        Coupled {
            nodes: self.books.iter().enumerate().map(node).collect(),
            conversions: self.conversions.clone(),
            storages: self.storages.clone(),
        }
    }
}

fn enter(book: &mut Book, side: Side, account: u32, limit: i64, energy: i64) {
    let orders = if side == Side::Buy { &mut book.bids } else { &mut book.offers };
    orders.push(BookOrder {
        limit: Price(limit),
        energy: Energy(energy),
        account: AccountId(6 + account),
        meter: MeterId(account),
        arrival: orders.len() as u32,
        time_in_force: TimeInForce::NextClearing,
    });
}

type Claimed = (Vec<NodeClaim>, Vec<ConversionClaim>, Vec<StorageClaim>);

fn parts((nodes, conversions, storages): &Claimed) -> Parts<'_> {
    (nodes, conversions, storages)
}

fn claimed(expected: &Value) -> Claimed {
    let node = |of: &Value| NodeClaim {
        price: Price(integer(&of["price"])),
        between: of["between"].as_bool().unwrap(),
        margin: pair(&of["margin_wh"]),
        short: pair(&of["short_wh"]),
    };
    let wh = |value: &Value| list(value, |value| Energy(integer(value)));
    let conversion = |of: &Value| ConversionClaim {
        input: Energy(integer(&of["input_wh"])),
        outputs: wh(&of["outputs_wh"]),
    };
    let storage = |of: &Value| StorageClaim {
        flows: wh(&of["flows_wh"]),
        values: list(&of["values"], |value| Price(integer(value))),
    };
    let conversions = list(&expected["conversions"], conversion);
    (list(&expected["nodes"], node), conversions, list(&expected["storages"], storage))
}

fn cleared(problem: &Coupled<'_>, claim: &Claimed) -> Result<Vec<Clearing>, Rejection> {
    let mut outs = vec![Clearing::default(); problem.nodes.len()];
    check(problem, parts(claim), &mut outs).map(|()| outs)
}

/// What everybody pays less what everybody receives, n€, orders, conversions and storages.
fn surplus(outs: &[Clearing]) -> Money {
    let spread = |out: &Clearing| out.side_prices.map_or(Price::ZERO, |(buyers, sellers)| buyers - sellers);
    outs.iter().map(|out| out.volume * spread(out)).sum()
}

#[test]
fn the_cases_by_hand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/coupled");
    let json =
        |file: &Path| -> Value { serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap() };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if !entry.join("input.json").is_file() || !entry.join("expected.json").is_file() {
            continue;
        }
        let name = entry.file_name().unwrap().to_str().unwrap();
        let (case, expected) =
            (Case::read(&json(&entry.join("input.json"))), json(&entry.join("expected.json")));
        let (problem, claim) = (case.problem(), claimed(&expected));
        let outs = cleared(&problem, &claim)
            .unwrap_or_else(|_| panic!("{name}: {}", explain(&problem, parts(&claim))));
        for (out, names) in outs.iter().zip(&case.names) {
            for side in Side::ALL {
                for (fill, id) in out.fills(side).iter().zip(&names[side as usize]) {
                    assert_eq!(fill.0, integer(&expected["fills"][id]), "{name}: {id}");
                }
            }
        }
        let money = |field: &str| Money(integer(&expected[field]).into());
        assert_eq!(surplus(&outs), money("surplus"), "{name}");
        assert_eq!(welfare(&problem, parts(&claim), &outs), money("welfare"), "{name}");
        assert_eq!(bound(&problem, parts(&claim)), money("bound"), "{name}");
        assert_eq!(gap(&problem, parts(&claim), &outs), money("bound") - money("welfare"), "{name}");
        if !expected["allowance"].is_null() {
            assert_eq!(allowance(&problem, parts(&claim)), money("allowance"), "{name}");
        }
        assert!(explain(&problem, parts(&claim)).starts_with("right: "), "{name}");
        for wrong in expected["wrong"].as_array().unwrap() {
            let mut changed = expected.clone();
            let places = if wrong["at"].is_array() {
                list(&wrong["at"], Value::clone)
            } else {
                vec![wrong["at"].clone()]
            };
            let steps = if wrong["by"].is_array() {
                list(&wrong["by"], integer)
            } else {
                vec![integer(&wrong["by"])]
            };
            for (at, by) in places.iter().zip(steps) {
                let number = changed.pointer_mut(at.as_str().unwrap()).unwrap();
                *number = (integer(number) + by).into();
            }
            let claim = claimed(&changed);
            let refused = cleared(&problem, &claim).err().map(Rejection::code);
            let right = integer(&wrong["rejection"]) as u16;
            assert_eq!(refused, Some(right), "{name}: {wrong}, {}", explain(&problem, parts(&claim)));
            assert!(explain(&problem, parts(&claim)).starts_with("wrong: "), "{name}: {wrong}");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen} changes only");
}

/// Books and offers made to fit a claim, with that claim.
struct Planted {
    case: Case,
    claim: Claimed,
}

/// The next number in a range.
struct Dice(TestRng);

impl Dice {
    fn draw(&mut self, range: std::ops::RangeInclusive<i64>) -> i64 {
        let width = (range.end() - range.start()) as u64 + 1;
        range.start() + (self.0.next_u64() % width) as i64
    }

    fn one_in(&mut self, many: i64) -> bool {
        self.draw(1..=many) == 1
    }
}

const COLLAR: (Price, Price) = (Price(-2_000), Price(9_000));

impl Planted {
    /// Prices first; then conversions and storages do what they like at these; then orders make every node balance.
    fn draw(seed: [u8; 32]) -> Self {
        let mut dice = Dice(TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
        let carriers = Carrier::ALL[..dice.draw(1..=3) as usize].to_vec();
        let intervals = dice.draw(1..=3) as usize;
        let count = carriers.len() * intervals;
        let mut nodes: Vec<NodeClaim> = (0..count)
            .map(|_| NodeClaim {
                price: Price(dice.draw(0..=6_000)),
                between: dice.one_in(3),
                margin: [Energy::ZERO; 2],
                short: [Energy::ZERO; 2],
            })
            .collect();
        let mut case = Case {
            carriers,
            books: vec![Book::default(); count],
            names: Vec::new(),
            k: [Fraction::ZERO, Fraction::HALF, Fraction::ONE][dice.draw(0..=2) as usize],
            collar: COLLAR,
            conversions: Vec::new(),
            storages: Vec::new(),
        };
        let (mut conversions, mut storages) = (Vec::new(), Vec::new());
        let mut flows = vec![None; count];
        for _ in 0..dice.draw(0..=4) {
            if case.carriers.len() > 1 {
                plant_conversion(&mut dice, &mut case, &nodes, &mut conversions, &mut flows);
            }
        }
        if dice.one_in(2) {
            plant_storage(&mut dice, &mut case, &mut nodes, &mut storages, &mut flows);
        }
        // A storage may have moved prices: whoever does not like them any more was not there.
        let stays: Vec<bool> = case
            .conversions
            .iter()
            .zip(&conversions)
            .map(|(offer, does)| likes(offer, does, &nodes))
            .collect();
        if stays.contains(&false) {
            return Self::draw(seed.map(|byte| byte.wrapping_mul(5).wrapping_add(1)));
        }
        for number in 0..nodes.len() {
            let slack = slack(&case, &nodes, number);
            let claim = &mut nodes[number];
            plant_orders(&mut dice, &mut case.books[number], claim, flows[number], slack);
            if flows[number].is_none() {
                alone(&case.books[number], case.k, claim);
            }
        }
        Self { case, claim: (nodes, conversions, storages) }
    }
}

/// Least and most that a Wh gains, 10⁻⁶ n€, and whether these themselves are possible.
fn gain(offer: &Converter, nodes: &[NodeClaim]) -> (i128, i128, bool) {
    let million = 1_000_000;
    let of = |node: usize| (i128::from(nodes[node].price.0), i128::from(nodes[node].between));
    let (paid, open) = of(offer.input);
    let cost = i128::from(offer.cost.0);
    let (mut least, mut most, mut exact) =
        (-(paid + open + cost) * million, -(paid + cost) * million, open == 0);
    for (node, ratio) in &offer.outputs {
        let (price, open) = of(*node);
        least += price * i128::from(*ratio);
        most += (price + open) * i128::from(*ratio);
        exact &= open == 0;
    }
    (least, most, exact)
}

fn likes(offer: &Converter, does: &ConversionClaim, nodes: &[NodeClaim]) -> bool {
    let (least, most, exact) = gain(offer, nodes);
    let (may_lose, may_gain) = if exact { (least <= 0, most >= 0) } else { (least < 0, most > 0) };
    (does.input == offer.capacity || may_lose) && (does.input == Energy::ZERO || may_gain)
}

fn plant_conversion(
    dice: &mut Dice,
    case: &mut Case,
    nodes: &[NodeClaim],
    conversions: &mut Vec<ConversionClaim>,
    flows: &mut [Option<i64>],
) {
    let carriers = case.carriers.len();
    let first = dice.draw(0..=(flows.len() / carriers) as i64 - 1) as usize * carriers;
    let turn = dice.draw(0..=carriers as i64 - 1) as usize;
    let others = (1..carriers).map(|step| first + (turn + step) % carriers);
    let many = dice.draw(1..=carriers as i64 - 1) as usize;
    let ratio = |dice: &mut Dice| match dice.draw(0..=1) {
        0 => dice.draw(1..=4) * 1_000_000,
        _ => dice.draw(1..=4_000_000),
    };
    let outputs: Vec<_> = others.take(many).map(|node| (node, ratio(dice) as u32)).collect();
    let mut offer =
        Converter { input: first + turn, outputs, capacity: Energy(dice.draw(1..=500)), cost: Price::ZERO };
    // Mostly one that would as well do more as less, so that it stops anywhere.
    let (_, most, exact) = gain(&offer, nodes);
    let right = (most - i128::from(!exact)).div_euclid(1_000_000) as i64;
    offer.cost = Price(if dice.one_in(3) { dice.draw(0..=3_000) } else { right.max(0) });
    let input = Energy(dice.draw(0..=offer.capacity.0));
    let input = [input, Energy::ZERO, offer.capacity]
        .into_iter()
        .find(|input| likes(&offer, &ConversionClaim { input: *input, outputs: Vec::new() }, nodes));
    let Some(input) = input else { return };
    if case.conversions.iter().any(|other| (&other.outputs, other.cost) == (&offer.outputs, offer.cost)) {
        return;
    }
    let withheld = |dice: &mut Dice, ratio: u32, whole: i64| {
        let exact = i128::from(input.0) * i128::from(ratio) % 1_000_000;
        let most = (i128::from(ratio) + 999_999 - exact) / 1_000_000;
        dice.draw(0..=(most as i64).min(whole))
    };
    let outputs = offer.outputs.iter().map(|(_, ratio)| {
        let whole = Converter::given(input, *ratio).0;
        Energy(whole - withheld(dice, *ratio, whole))
    });
    let does = ConversionClaim { input, outputs: outputs.collect() };
    *flows[offer.input].get_or_insert(0) -= input.0;
    for ((node, _), given) in offer.outputs.iter().zip(&does.outputs) {
        *flows[*node].get_or_insert(0) += given.0;
    }
    case.conversions.push(offer);
    conversions.push(does);
}

/// A storage that takes and gives as its levels allow; values and prices follow from what it does.
fn plant_storage(
    dice: &mut Dice,
    case: &mut Case,
    nodes: &mut [NodeClaim],
    storages: &mut Vec<StorageClaim>,
    flows: &mut [Option<i64>],
) {
    let carriers = case.carriers.len();
    let at = dice.draw(0..=carriers as i64 - 1) as usize;
    let places: Vec<usize> = (at..nodes.len()).step_by(carriers).collect();
    let efficiencies =
        [dice.draw(500_000..=1_000_000), dice.draw(500_000..=1_000_000), dice.draw(900_000..=1_000_000)];
    let mut offer = Reservoir {
        nodes: places.clone(),
        power: [Energy(300), Energy(300)],
        capacity: Energy(100_000),
        levels: [Energy(dice.draw(500..=1_000)), Energy::ZERO],
        efficiencies: efficiencies.map(|part| part as u32),
        cost: Price(dice.draw(0..=200)),
    };
    let moves: Vec<Energy> = places.iter().map(|_| Energy(dice.draw(-100..=100))).collect();
    let mut level = i128::from(offer.levels[0].0) * 1_000_000;
    for flow in &moves {
        level = offer.level_after(level, *flow);
    }
    offer.levels[1] = Energy((level / 1_000_000) as i64); // as full in the end as it must be
    let mut values = vec![Price(dice.draw(0..=5_000))];
    for _ in 1..places.len() {
        let later = values[0].0;
        values.insert(0, Price(later * i64::from(offer.efficiencies[2]) / 1_000_000));
    }
    for ((node, flow), value) in places.iter().zip(&moves).zip(&values) {
        let [stored, given, _] = offer.efficiencies.map(i64::from);
        nodes[*node].between = flow.0 > 0; // what a Wh stored is worth is hardly ever whole
        nodes[*node].price = Price(match flow.0 {
            1.. => stored * value.0 / 1_000_000,
            0 => value.0, // neither pays
            _ => offer.cost.0 + (value.0 * 1_000_000 + given - 1) / given,
        });
        *flows[*node].get_or_insert(0) -= flow.0;
    }
    case.storages.push(offer);
    storages.push(StorageClaim { flows: moves, values });
}

/// How much whole Wh may keep from the orders of a node.
fn slack(case: &Case, nodes: &[NodeClaim], at: usize) -> i64 {
    let conversions = case.conversions.iter().filter(|offer| {
        let (least, most, exact) = gain(offer, nodes);
        if exact { least == 0 } else { least < 0 && most > 0 }
    });
    let part = |offer: &Converter| {
        let output = offer.outputs.iter().filter(|(node, _)| *node == at);
        let given: i64 = output.map(|(_, ratio)| 1 + (i64::from(*ratio) + 999_999) / 1_000_000).sum();
        given + i64::from(offer.input == at)
    };
    let storages = case.storages.iter().filter(|offer| offer.nodes.contains(&at)).count() as i64;
    conversions.map(part).sum::<i64>() + 2 * storages
}

/// Orders around the price, and as many more as the node needs to balance; now and then a few Wh too few.
fn plant_orders(dice: &mut Dice, book: &mut Book, claim: &mut NodeClaim, flow: Option<i64>, slack: i64) {
    let price = claim.price.0;
    let between = claim.between && flow.is_some();
    for _ in 0..dice.draw(0..=6) {
        let limit = (price + dice.draw(-3..=4)).clamp(COLLAR.0.0, COLLAR.1.0);
        let (side, account, energy) =
            (Side::ALL[dice.draw(0..=1) as usize], dice.draw(0..=3) as u32, dice.draw(1..=200));
        enter(book, side, account, limit, energy);
    }
    let at = |book: &Book, side: Side| -> (i64, i64) {
        let orders = book.orders(side).iter();
        let merit = |order: &BookOrder| match side {
            Side::Buy => order.limit.0 - price,
            Side::Sell => price + i64::from(between) - order.limit.0,
        };
        let sum = |counts: fn(i64) -> bool| {
            orders.clone().filter(|order| counts(merit(order))).map(|order| order.energy.0).sum::<i64>()
        };
        (sum(|merit| merit > 0), if between { 0 } else { sum(|merit| merit == 0) })
    };
    let balance = |book: &Book| {
        let ((bids, bids_at), (offers, offers_at)) = (at(book, Side::Buy), at(book, Side::Sell));
        (flow.unwrap_or(0) + offers - bids, bids_at, offers_at, [bids, offers])
    };
    let (left, bids_at, offers_at, [bids, offers]) = balance(book);
    let (lacking, few) = ((left - bids_at).max(-left - offers_at), dice.draw(0..=slack));
    let further = dice.draw(0..=30);
    if left > bids_at {
        let lacking = if few < lacking && few <= offers { lacking - few } else { lacking };
        let limit = if between || dice.one_in(3) || lacking < left - bids_at { price + 1 } else { price };
        let more = if limit > price { 0 } else { further };
        enter(book, Side::Buy, 4, limit, lacking + more);
    } else if -left > offers_at {
        let lacking = if few < lacking && few <= bids { lacking - few } else { lacking };
        let limit =
            if between || (dice.one_in(2) && lacking == -left - offers_at) { price } else { price - 1 };
        let more = if limit < price || between { 0 } else { further };
        enter(book, Side::Sell, 4, limit, lacking + more);
    }
    let (left, bids_at, offers_at, _) = balance(book);
    let bought = (offers_at + left).clamp(0, bids_at);
    let sold = (bought - left).clamp(0, offers_at);
    let short = left - bought + sold;
    claim.between = between;
    claim.margin = [Energy(bought), Energy(sold)];
    claim.short = [Energy((-short).max(0)), Energy(short.max(0))];
}

/// The price of `uniform_price` for a book that no offer touches.
fn alone(book: &Book, k: Fraction, claim: &mut NodeClaim) {
    let mut limits = book.bids.iter().chain(&book.offers).map(|order| order.limit);
    let (lo, hi) = limits.find_map(|price| Cut::at(book, price).ok()).map_or_else(
        || {
            let mut out = Clearing::default();
            let rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k };
            rule::check(&rule, book, &Claim::Nothing, COLLAR, &mut out).unwrap();
            out.range
        },
        |cut| (cut.lo, cut.hi),
    );
    claim.price = Price(lo.0 + k.of(hi.0 - lo.0));
    let volume = Cut::at(book, claim.price);
    let margin = |side| volume.as_ref().map_or(Energy::ZERO, |cut| cut.margin(side).1);
    (claim.margin, claim.short) = ([margin(Side::Buy), margin(Side::Sell)], [Energy::ZERO; 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(3_000)))]

    /// Made right, found right; nobody trades outside its limit, every node balances, and the gap is explained.
    #[test]
    fn a_claim_that_fits_its_books_is_right(seed in any::<[u8; 32]>()) {
        let Planted { case, claim } = Planted::draw(seed);
        let problem = case.problem();
        let outs = cleared(&problem, &claim);
        prop_assert!(outs.is_ok(), "{}", explain(&problem, parts(&claim)));
        let outs = outs.unwrap();
        let (mut given, mut taken) = (vec![0; outs.len()], vec![0; outs.len()]);
        for (offer, does) in case.conversions.iter().zip(&claim.1) {
            taken[offer.input] += does.input.0;
            offer.outputs.iter().zip(&does.outputs).for_each(|((node, _), wh)| given[*node] += wh.0);
        }
        for (offer, does) in case.storages.iter().zip(&claim.2) {
            for (node, flow) in offer.nodes.iter().zip(&does.flows) {
                taken[*node] += flow.0.max(0);
                given[*node] += (-flow.0).max(0);
            }
        }
        for (node, (out, book)) in outs.iter().zip(&case.books).enumerate() {
            let sum = |side| out.fills(side).iter().map(|fill| fill.0).sum::<i64>();
            prop_assert_eq!(sum(Side::Buy) + taken[node], sum(Side::Sell) + given[node]);
            prop_assert_eq!(sum(Side::Buy) + taken[node], out.volume.0);
            for side in Side::ALL {
                let money = out.money(side);
                for (at, (order, fill)) in book.orders(side).iter().zip(out.fills(side)).enumerate() {
                    prop_assert!((0..=order.energy.0).contains(&fill.0));
                    let (paid, limit) = (i128::from(money.of(at, *fill)), (*fill * order.limit).0);
                    let (paid, limit) = if fill.0 > 0 { (paid, limit) } else { (0, 0) };
                    let rational = if side == Side::Buy { paid <= limit } else { paid >= limit };
                    prop_assert!(rational);
                }
            }
        }
        let gap = gap(&problem, parts(&claim), &outs);
        prop_assert!(gap <= allowance(&problem, parts(&claim)), "{}", explain(&problem, parts(&claim)));
    }

    /// A Wh or a n€ elsewhere: refused, or right as well and its gap explained, which is only so for prices.
    #[test]
    fn a_changed_claim_is_refused_or_as_right(
        seed in any::<[u8; 32]>(),
        by in prop_oneof![Just(1_i64), Just(-1), -900_i64..900],
    ) {
        let Planted { case, claim } = Planted::draw(seed);
        let problem = case.problem();
        for number in 0.. {
            let mut changed = claim.clone();
            let Some(what) = change(&mut changed, number, by) else { break };
            if changed == claim {
                continue;
            }
            let outs = cleared(&problem, &changed);
            let words = explain(&problem, parts(&changed));
            prop_assert_eq!(outs.is_ok(), words.starts_with("right: "));
            if let Ok(outs) = outs {
                prop_assert!(what == "price", "{}: {}", what, words);
                prop_assert!(gap(&problem, parts(&changed), &outs) <= allowance(&problem, parts(&changed)));
            }
        }
    }

    #[test]
    fn nonsense_is_refused_without_a_panic(seed in any::<[u8; 32]>(), extremes in any::<[u8; 8]>()) {
        let Planted { case, mut claim } = Planted::draw(seed);
        let problem = case.problem();
        let numbers = [i64::MIN, i64::MIN + 1, -1 << 60, -10_000_001, 0, 10_000_001, 1 << 60, i64::MAX];
        for place in extremes {
            let mut changed = claim.clone();
            let by = numbers[usize::from(place) % numbers.len()];
            if change(&mut changed, usize::from(place) / 8, by).is_some() {
                let refused = cleared(&problem, &changed).is_err();
                prop_assert_eq!(refused, explain(&problem, parts(&changed)).starts_with("wrong: "));
                claim = changed;
            }
        }
        claim.0.pop();
        prop_assert_eq!(cleared(&problem, &claim).err(), Some(Rejection::WrongClaim));
    }

    /// Without offers `coupled` is `uniform_price`.
    #[test]
    fn without_offers_it_is_uniform_price(seed in any::<[u8; 32]>(), between in any::<bool>()) {
        let mut dice = Dice(TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
        let mut book = Book::default();
        for _ in 0..dice.draw(0..=12) {
            let (side, limit) = (Side::ALL[dice.draw(0..=1) as usize], dice.draw(-5..=5) * 7);
            enter(&mut book, side, dice.draw(0..=4) as u32, limit, dice.draw(1..=40));
        }
        let k = [Fraction::ZERO, Fraction::HALF, Fraction::ONE][dice.draw(0..=2) as usize];
        let (price, margin, short) = (Price::ZERO, [Energy::ZERO; 2], [Energy::ZERO; 2]);
        let mut claim = NodeClaim { price, between: false, margin, short };
        alone(&book, k, &mut claim);
        let rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k };
        let traded = Claim::UniformPrice { equilibrium: claim.price, price: claim.price };
        let (mut right, mut out) = (Clearing::default(), Clearing::default());
        if rule::check(&rule, &book, &traded, COLLAR, &mut right).is_err() {
            rule::check(&rule, &book, &Claim::Nothing, COLLAR, &mut right).unwrap();
        }
        let coupled = |claim: NodeClaim| Claim::Coupled {
            nodes: vec![claim],
            conversions: Vec::new(),
            storages: Vec::new(),
        };
        let rule = Rule::Coupled { k };
        prop_assert_eq!(rule::check(&rule, &book, &coupled(claim), COLLAR, &mut out), Ok(()));
        prop_assert_eq!(&out, &right);
        let other = NodeClaim { price: claim.price + Price(if between { 0 } else { 1 }), between, ..claim };
        let refused = rule::check(&rule, &book, &coupled(other), COLLAR, &mut out);
        prop_assert_eq!(refused, Err(Rejection::WrongPrice));
    }
}

/// Changes one number of a claim; what it was, or nothing where there are no more.
fn change(claim: &mut Claimed, number: usize, by: i64) -> Option<&'static str> {
    let (nodes, conversions, storages) = claim;
    let mut numbers: Vec<(&'static str, &mut i64)> = Vec::new();
    for NodeClaim { price, margin: [bids, offers], short: [lack, left], .. } in nodes {
        numbers.push(("price", &mut price.0));
        numbers.extend([bids, offers, lack, left].map(|energy| ("energy", &mut energy.0)));
    }
    for ConversionClaim { input, outputs } in conversions {
        numbers.push(("energy", &mut input.0));
        numbers.extend(outputs.iter_mut().map(|output| ("energy", &mut output.0)));
    }
    for StorageClaim { flows, values } in storages {
        numbers.extend(flows.iter_mut().map(|flow| ("energy", &mut flow.0)));
        numbers.extend(values.iter_mut().map(|value| ("price", &mut value.0)));
    }
    let (what, place) = numbers.into_iter().nth(number)?;
    *place = place.saturating_add(by);
    Some(what)
}

/// The suite is worth what its claims have in them. And names mean nothing: with other accounts all is the same.
#[test]
fn the_claims_have_everything_in_them_and_names_mean_nothing() {
    let mut seen = [0; 6];
    for seed in 0..2_000_u16 {
        let mut bytes = [7; 32];
        bytes[..2].copy_from_slice(&seed.to_be_bytes());
        let Planted { mut case, claim } = Planted::draw(bytes);
        let outs = cleared(&case.problem(), &claim).unwrap();
        let inside = case.conversions.iter().zip(&claim.1);
        let inside = inside.filter(|(offer, does)| (1..offer.capacity.0).contains(&does.input.0)).count();
        let found = [
            inside,
            claim.0.iter().filter(|node| node.between).count(),
            claim.0.iter().filter(|node| node.short != [Energy::ZERO; 2]).count(),
            claim.0.iter().filter(|node| node.margin != [Energy::ZERO; 2]).count(),
            claim.2.iter().flat_map(|does| &does.flows).filter(|flow| flow.0 != 0).count(),
            outs.iter().filter(|out| out.side_prices.is_some()).count(),
        ];
        seen.iter_mut().zip(found).for_each(|(sum, count)| *sum += count);
        for order in case.books.iter_mut().flat_map(|book| book.bids.iter_mut().chain(&mut book.offers)) {
            order.account.0 = 1_000 - order.account.0 * 7;
        }
        assert!(cleared(&case.problem(), &claim).unwrap() == outs, "seed {seed}");
    }
    println!("{seen:?}");
    assert!(seen.iter().all(|count| *count > 300), "{seen:?}");
}
