//! `wattle clear`: one auction from a file.
//!
//! The book is built as the market would build it: order by order, those it would refuse refused by the same
//! number. Then somebody searches ([`clearing::clear`]) and the market checks ([`market::rule::check`]); only what
//! passed the check is shown.

use crate::cli::ClearOptions;
use crate::failure::Failure;
use crate::orders::{self, FileOrder, OrderFile};
use crate::output::{csv_field, json, make_folder, print, print_json, write_file};
use crate::show::{cents, euros, kwh};
use crate::table::{Align, Table};
use market::rule::{Clearing, RuleKind};
use market::{
    AccountId, Book, BookOrder, Carrier, Energy, MAX_ENERGY, MAX_ORDERS, MAX_PRICE, MeterId, Money, Price,
    PriceConvention, Rejection, Rule, Side, TimeInForce,
};
use serde::Serialize;
use sim::report::{Crossing, crossing_curves};

/// The limits a price may have: the market's own, as a file has no collar.
const COLLAR: (Price, Price) = (Price(-MAX_PRICE.0), MAX_PRICE);

/// The most orders shown on a terminal.
const SHOWN: usize = 30;

/// Clears one book and shows the outcome.
pub(crate) fn clear(options: &ClearOptions) -> Result<(), Failure> {
    let rule = rule(options)?;
    let file = orders::read(&options.orders)?;
    let (entered, rejected) = enter(&file, rule.kind());
    let result = outcome(&rule, &file, &entered, rejected)?;
    if let Some(folder) = &options.out {
        make_folder(folder)?;
        write_file(&folder.join("clearing.json"), &(json(&result.form) + "\n"))?;
        write_file(&folder.join("fills.csv"), &fills_csv(&result.form))?;
        write_file(&folder.join("trades.csv"), &trades_csv(&result.form))?;
        let Clearing { volume, price, .. } = result.clearing;
        let crossing = Crossing { volume, price, ..Crossing::of(&entered.book) };
        let curves = crossing_curves(&crossing, *b"EUR");
        write_file(&folder.join("curves.svg"), &curves)?;
    }
    if options.json { print_json(&result.form) } else { print(&text(options, &rule, &file, &result)) }
}

/// The rule the options name, with its parameters.
fn rule(options: &ClearOptions) -> Result<Rule, Failure> {
    match options.rule {
        RuleKind::UniformPrice => Ok(Rule::UniformPrice {
            convention: options.pricing.unwrap_or(PriceConvention::Equilibrium),
            k: options.k,
        }),
        RuleKind::PayAsBid if options.pricing.is_some() => Err(Failure::input(
            "--pricing",
            "pay_as_bid has no common price: leave --pricing out, --k says whose",
        )),
        RuleKind::PayAsBid => Ok(Rule::PayAsBid { k: options.k }),
        metered => Err(Failure::input(
            "--rule",
            format!("{} takes no orders, it shares metered energy: use `wattle share`", metered.name()),
        )),
    }
}

/// The orders that are in the book, and which ones they are.
struct Entered {
    book: Book,
    /// Positions in the file of the bids and of the offers.
    places: [Vec<usize>; 2],
}

/// An order that the market refuses.
#[derive(Serialize)]
struct RejectedForm {
    id: String,
    code: u16,
    reason: String,
}

/// Lets the orders in one by one, in their order of arrival.
fn enter(file: &OrderFile, rule: RuleKind) -> (Entered, Vec<RejectedForm>) {
    let mut entered = Entered { book: Book::default(), places: [Vec::new(), Vec::new()] };
    let mut rejected = Vec::new();
    // What each account would buy at most and sell at least.
    let mut own = vec![(None::<Price>, None::<Price>); file.accounts.len()];
    for (place, order) in file.orders.iter().enumerate() {
        let own = &mut own[order.account as usize];
        let book = &mut entered.book;
        let (side, places) = match order.side {
            Side::Buy => (&mut book.bids, &mut entered.places[0]),
            Side::Sell => (&mut book.offers, &mut entered.places[1]),
        };
        if let Some(rejection) = refusal(order, *own, side.len()) {
            let reason = match (rejection, order.wish) {
                (Rejection::NotForThisRule, Some(wish)) => format!("{} does not know {wish}", rule.name()),
                _ => rejection.words().to_owned(),
            };
            rejected.push(RejectedForm { id: order.id.clone(), code: rejection.code(), reason });
            continue;
        }
        match order.side {
            Side::Buy => own.0 = own.0.max(Some(order.limit)),
            Side::Sell => own.1 = Some(own.1.map_or(order.limit, |lowest| lowest.min(order.limit))),
        }
        side.push(BookOrder {
            limit: order.limit,
            energy: order.energy,
            account: AccountId(AccountId::FIRST_MEMBER.0 + order.account),
            meter: MeterId(order.account),
            arrival: side.len() as u32,
            time_in_force: TimeInForce::NextClearing,
        });
        places.push(place);
    }
    (entered, rejected)
}

/// Why the market would not take this order, the lowest number first.
fn refusal(order: &FileOrder, own: (Option<Price>, Option<Price>), on_this_side: usize) -> Option<Rejection> {
    let (highest_buy, lowest_sell) = own;
    let crosses_own = match order.side {
        Side::Buy => lowest_sell.is_some_and(|lowest| order.limit >= lowest),
        Side::Sell => highest_buy.is_some_and(|highest| highest >= order.limit),
    };
    let reasons = [
        (on_this_side >= MAX_ORDERS as usize, Rejection::TooMany),
        (order.energy <= Energy::ZERO || order.energy > MAX_ENERGY, Rejection::BadEnergy),
        (order.limit < COLLAR.0 || order.limit > COLLAR.1, Rejection::OutsideCollar),
        (crosses_own, Rejection::SelfTrade),
        (order.wish.is_some(), Rejection::NotForThisRule),
    ];
    reasons.into_iter().find(|(applies, _)| *applies).map(|(_, rejection)| rejection)
}

/// The form other programs rely on.
#[derive(Serialize)]
struct ClearForm {
    rule: &'static str,
    energy_wh: i64,
    price: Option<i64>,
    welfare_neur: i128,
    surplus_neur: i128,
    fills: Vec<FillForm>,
    indicative_price: Option<i64>,
    trades: Vec<TradeForm>,
    certificate: CertificateForm,
    rejected: Vec<RejectedForm>,
    clear_ns: u64,
}

#[derive(Serialize)]
struct FillForm {
    id: String,
    energy_wh: i64,
    money_neur: i128,
}

#[derive(Serialize)]
struct TradeForm {
    buy: String,
    sell: String,
    energy_wh: i64,
    price: i64,
}

/// What proves the outcome: at `p_star`, inside `[lo, hi]`, nobody wants to trade more or less.
#[derive(Serialize)]
struct CertificateForm {
    valid: bool,
    p_star: Option<i64>,
    lo: i64,
    hi: i64,
}

/// A checked outcome, as the market gives it and as it is shown.
struct Outcome {
    clearing: Clearing,
    /// What each order of the file traded, and for how much.
    filled: Vec<(Energy, Money)>,
    form: ClearForm,
}

/// Searches, has it checked, and writes it down.
fn outcome(
    rule: &Rule,
    file: &OrderFile,
    entered: &Entered,
    rejected: Vec<RejectedForm>,
) -> Result<Outcome, Failure> {
    let book = &entered.book;
    let mut workspace = clearing::Workspace::default();
    let mut clearing = Clearing::default();
    #[expect(clippy::disallowed_methods, reason = "the application may measure what it shows")]
    let start = std::time::Instant::now();
    let claim = clearing::clear(rule, book, COLLAR, &mut workspace);
    let checked = market::rule::check(rule, book, &claim, COLLAR, &mut clearing);
    let clear_ns = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    checked.map_err(|rejection| Failure::World(format!("the market refused the outcome: {rejection}")))?;

    let mut trades = Vec::new();
    market::rule::pair(book, &clearing, &mut trades);
    let [bids, offers] = &entered.places;
    let mut filled = vec![(Energy::ZERO, Money::ZERO); file.orders.len()];
    let (mut paid, mut received) = (Money::ZERO, Money::ZERO);
    for trade in &trades {
        let money = trade.energy * trade.price;
        for place in [bids[trade.bid as usize], offers[trade.offer as usize]] {
            filled[place].0 += trade.energy;
            filled[place].1 += money;
        }
        paid += money;
        received += money;
    }
    let id = |place: usize| file.orders[place].id.clone();
    let fills = filled.iter().enumerate().filter(|(_, (energy, _))| !energy.is_zero());
    let form = ClearForm {
        rule: rule.kind().name(),
        energy_wh: clearing.volume.0,
        price: clearing.price.map(|price| price.0),
        welfare_neur: clearing.welfare.0,
        surplus_neur: (paid - received).0,
        fills: fills
            .map(|(place, (energy, money))| FillForm {
                id: id(place),
                energy_wh: energy.0,
                money_neur: money.0,
            })
            .collect(),
        indicative_price: clearing.indicative_price.map(|price| price.0),
        trades: trades
            .iter()
            .map(|trade| TradeForm {
                buy: id(bids[trade.bid as usize]),
                sell: id(offers[trade.offer as usize]),
                energy_wh: trade.energy.0,
                price: trade.price.0,
            })
            .collect(),
        certificate: CertificateForm {
            valid: true,
            p_star: clearing.equilibrium.map(|price| price.0),
            lo: clearing.range.0.0,
            hi: clearing.range.1.0,
        },
        rejected,
        clear_ns,
    };
    Ok(Outcome { clearing, filled, form })
}

/// Every filled order on a line.
fn fills_csv(form: &ClearForm) -> String {
    let mut text = "id,energy_wh,money_neur\n".to_owned();
    for fill in &form.fills {
        text += &format!("{},{},{}\n", csv_field(&fill.id), fill.energy_wh, fill.money_neur);
    }
    text
}

/// Every trade on a line.
fn trades_csv(form: &ClearForm) -> String {
    let mut text = "buy,sell,energy_wh,price\n".to_owned();
    for trade in &form.trades {
        let (buy, sell) = (csv_field(&trade.buy), csv_field(&trade.sell));
        text += &format!("{buy},{sell},{},{}\n", trade.energy_wh, trade.price);
    }
    text
}

/// The outcome in words and a table.
fn text(options: &ClearOptions, rule: &Rule, file: &OrderFile, outcome: &Outcome) -> String {
    let (form, clearing) = (&outcome.form, &outcome.clearing);
    let carrier = file.carrier.unwrap_or(Carrier::Electricity).name();
    let terms = match rule {
        Rule::UniformPrice { convention, .. } => format!("{}, {}", form.rule, convention.name()),
        _ => form.rule.to_owned(),
    };
    let mut text = format!("{}: {carrier}, {terms}\n\n", options.orders.display());
    let line = |name: &str, what: String| format!("  {name:<12}{what}\n");
    match (clearing.price, clearing.volume.is_zero()) {
        (_, true) => {
            let both = form.indicative_price.map_or_else(
                || "one side is empty".to_owned(),
                |mid| format!("no buyer pays what a seller asks; the middle is {} ct/kWh", cents(Price(mid))),
            );
            text += &line("traded", format!("nothing: {both}"));
        }
        (price, false) => {
            let trades = form.trades.len();
            text += &line("traded", format!("{} kWh in {trades} trades", kwh(clearing.volume)));
            match price {
                Some(price) => text += &line("price", format!("{} ct/kWh for everybody", cents(price))),
                None => text += &line("price", "each trade its own, between its two limits".to_owned()),
            }
            let gain = "what buyers would have paid at most, less what sellers asked at least";
            text += &line("welfare", format!("{} € ({gain})", euros(clearing.welfare)));
        }
    }
    if let Some(p_star) = clearing.equilibrium {
        let proof = format!("checked: at {} ct/kWh nobody wants to trade more or less", cents(p_star));
        text += &line("certificate", proof);
    }
    text.push('\n');
    let right = Align::Right;
    let mut table = Table::new(&[
        ("order", Align::Left),
        ("account", Align::Left),
        ("side", Align::Left),
        ("kWh", right),
        ("limit ct/kWh", right),
        ("filled kWh", right),
        ("mean ct/kWh", right),
        ("€ paid or received", right),
    ]);
    for (order, (energy, money)) in file.orders.iter().zip(&outcome.filled).take(SHOWN) {
        let mean = match i128::from(energy.0) {
            0 => "–".to_owned(),
            energy => cents(Price(money.0.div_euclid(energy) as i64)),
        };
        table.row([
            order.id.clone(),
            file.accounts[order.account as usize].clone(),
            order.side.name().to_owned(),
            kwh(order.energy),
            cents(order.limit),
            kwh(*energy),
            mean,
            euros(*money),
        ]);
    }
    text += &table.render();
    if file.orders.len() > SHOWN {
        let more = file.orders.len() - SHOWN;
        text += &format!("  … and {more} more orders: --json or --out DIR gives all\n");
    }
    if !form.rejected.is_empty() {
        text.push('\n');
    }
    for rejected in form.rejected.iter().take(SHOWN) {
        text += &format!("  refused {}: {} (rejection {})\n", rejected.id, rejected.reason, rejected.code);
    }
    if form.rejected.len() > SHOWN {
        text += &format!("  … and {} more refused orders\n", form.rejected.len() - SHOWN);
    }
    if let Some(folder) = &options.out {
        text += &format!("\n  results and the picture of the curves: {}\n", folder.display());
    }
    text
}
