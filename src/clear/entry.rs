//! How orders enter a book: one by one in their order of arrival, those the market would refuse refused by the
//! same number.

use super::continuous::Open;
use crate::orders::{FileOrder, OrderFile};
use market::rule::{MAX_PAIRED, RuleKind};
use market::{
    AccountId, Book, BookOrder, DeliveryInterval, Details, Energy, MAX_ENERGY, MAX_ORDERS, MAX_PRICE,
    MeterId, Order, Price, Rejection, Side, TimeInForce, Wish, best_limit, makes_sense, reach,
};
use serde::Serialize;

/// The limits a price may have: the market's own, as a file has no collar.
pub(super) const COLLAR: (Price, Price) = (Price(-MAX_PRICE.0), MAX_PRICE);

/// One delivery interval: the orders that are in its book, and which ones of the file they are.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// The book.
    pub(super) book: Book,
    /// Places in the file of the bids and of the offers.
    pub(super) places: [Vec<u32>; 2],
    /// Per account, what it would buy at most and sell at least.
    own: Vec<(Option<Price>, Option<Price>)>,
}

/// An order that the market refuses.
#[derive(Debug, Serialize)]
pub(super) struct Rejected {
    pub(super) id: String,
    pub(super) code: u16,
    pub(super) reason: String,
}

/// What became of the orders of a file.
#[derive(Debug)]
pub(super) struct Entered {
    /// Per delivery interval, from the first on; all but one rule clear a single one.
    pub(super) rounds: Vec<Round>,
    /// The orders that the market refuses, in the file's order.
    pub(super) rejected: Vec<Rejected>,
}

/// Lets the orders in.
pub(super) fn enter(file: &OrderFile, kind: RuleKind) -> Entered {
    let parts = |order: &FileOrder| {
        let further = order.wishes().attributes.further;
        if kind.grants(Wish::Block) {
            order.interval as usize..=order.interval as usize + usize::from(further)
        } else {
            0..=0
        }
    };
    let last = file.orders.iter().map(|order| *parts(order).end()).max().unwrap_or(0);
    let mut rounds: Vec<Round> = std::iter::repeat_with(Round::default).take(last + 1).collect();
    let mut open = (kind == RuleKind::Continuous).then(Open::default);
    let mut rejected = Vec::new();
    for (place, order) in (0..).zip(&file.orders) {
        let rounds = &mut rounds[parts(order)];
        if let Some(rejection) = refusal(order, kind, rounds, file.accounts.len()) {
            let reason = reason(order, kind, rejection);
            rejected.push(Rejected { id: order.id.clone(), code: rejection.code(), reason });
            continue;
        }
        let block = rounds[0].book.orders(order.side).len() as u32;
        for (part, round) in (0..).zip(rounds) {
            round.take(order, place, kind.keeps_details().then(|| details(order, block, part)));
            if let Some(open) = &mut open {
                open.arrive(round, order.side, order.curve().count());
            }
        }
    }
    Entered { rounds, rejected }
}

fn details(order: &FileOrder, block: u32, part: u16) -> Details {
    let wishes = order.wishes();
    Details { attributes: wishes.attributes, location: wishes.location, block, part }
}

/// An account of the file, as the market numbers it.
pub(super) const fn account(index: u32) -> AccountId {
    AccountId(AccountId::FIRST_MEMBER.0 + index)
}

impl Round {
    /// One more order, step by step where it is a curve.
    fn take(&mut self, order: &FileOrder, place: u32, details: Option<Details>) {
        let side = order.side;
        for step in order.curve() {
            self.note(order.account, side, reach(side, step.limit, &order.wishes().attributes));
            let orders = if side == Side::Buy { &mut self.book.bids } else { &mut self.book.offers };
            orders.push(BookOrder {
                limit: step.limit,
                energy: step.energy,
                account: account(order.account),
                meter: MeterId(order.account),
                arrival: orders.len() as u32,
                time_in_force: order.wishes().time_in_force,
            });
            self.places[side as usize].push(place);
            self.book.details[side as usize].extend(details);
        }
    }

    /// Side and position of every order, in order of arrival.
    pub(super) fn arrivals(&self) -> Vec<(Side, usize)> {
        let places = |side: Side| {
            self.places[side as usize].iter().enumerate().map(move |(at, place)| (*place, side, at))
        };
        let mut arrivals: Vec<(u32, Side, usize)> = Side::ALL.into_iter().flat_map(places).collect();
        arrivals.sort_unstable();
        arrivals.into_iter().map(|(_, side, position)| (side, position)).collect()
    }

    /// Takes note of a limit, so that the account's later orders do not meet it.
    fn note(&mut self, account: u32, side: Side, limit: Price) {
        let index = account as usize;
        if index >= self.own.len() {
            self.own.resize(index + 1, (None, None));
        }
        let own = &mut self.own[index];
        match side {
            Side::Buy => own.0 = own.0.max(Some(limit)),
            Side::Sell => own.1 = Some(own.1.map_or(limit, |lowest| lowest.min(limit))),
        }
    }

    /// Puts what an account would buy at most and sell at least in place of what was noted.
    pub(super) fn note_anew(&mut self, account: u32, extremes: (Option<Price>, Option<Price>)) {
        if let Some(own) = self.own.get_mut(account as usize) {
            *own = extremes;
        }
    }

    /// Whether an order at this limit would meet one of the account's own.
    fn crosses_own(&self, account: u32, side: Side, limit: Price) -> bool {
        let (highest_buy, lowest_sell) = self.own.get(account as usize).copied().unwrap_or_default();
        match side {
            Side::Buy => lowest_sell.is_some_and(|lowest| limit >= lowest),
            Side::Sell => highest_buy.is_some_and(|highest| highest >= limit),
        }
    }
}

/// Why the market would not take this order into these books, the lowest number first. A rule on metered energy makes
/// no pairs, so an account may be on both sides.
fn refusal(order: &FileOrder, kind: RuleKind, rounds: &[Round], accounts: usize) -> Option<Rejection> {
    let FileOrder { account, side, energy, limit, .. } = *order;
    let wishes = order.wishes();
    let attributes = &wishes.attributes;
    let best = |limit| best_limit(side, limit, attributes.premium);
    let worst = |limit| best_limit(side, limit, Price(attributes.fall.0.saturating_neg()));
    let outside = |limit: Price| limit < COLLAR.0 || limit > COLLAR.1;
    let most = if kind == RuleKind::Bilateral { MAX_PAIRED } else { MAX_ORDERS as usize };
    let full = |round: &Round| round.book.orders(side).len() + wishes.steps.len() >= most;
    let as_signed = || Order {
        account: self::account(account),
        meter: MeterId(account),
        interval: DeliveryInterval { start: 0, duration: 900 },
        side,
        energy,
        limit,
        time_in_force: wishes.time_in_force,
        nonce: 0,
    };
    let unknown = attributes.partner.0 >= self::account(accounts as u32).0;
    if rounds.iter().any(full) {
        Some(Rejection::TooMany)
    } else if order.curve().any(|step| step.energy <= Energy::ZERO || step.energy > MAX_ENERGY) {
        Some(Rejection::BadEnergy)
    } else if order
        .curve()
        .any(|step| [step.limit, best(step.limit), worst(step.limit)].into_iter().any(outside))
    {
        Some(Rejection::OutsideCollar)
    } else if kind.takes_orders()
        && rounds.iter().any(|round| round.crosses_own(account, side, reach(side, limit, attributes)))
    {
        Some(Rejection::SelfTrade)
    } else if order.wishes.is_some() && ungranted(order, kind).is_some() {
        Some(Rejection::NotForThisRule)
    } else if order.wishes.is_some() && (unknown || !makes_sense(&as_signed(), attributes, &wishes.steps)) {
        Some(Rejection::BadWish)
    } else {
        None
    }
}

/// The first wish that the rule does not grant: as the file writes it, and which rules grant it.
fn ungranted(order: &FileOrder, kind: RuleKind) -> Option<(String, Vec<&'static str>)> {
    let wishes = order.wishes();
    let steps = (!wishes.steps.is_empty()).then_some(Wish::Steps);
    let mut asked = wishes.attributes.wishes().chain(steps);
    if let Some(wish) = asked.find(|wish| !kind.grants(*wish)) {
        let grants = RuleKind::ALL.into_iter().filter(|kind| kind.grants(wish));
        return Some((wish.name().to_owned(), grants.map(RuleKind::name).collect()));
    }
    let on_arrival = matches!(wishes.time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill);
    (on_arrival && kind != RuleKind::Continuous).then(|| {
        let name = format!("time_in_force {}", wishes.time_in_force.name());
        (name, vec![RuleKind::Continuous.name()])
    })
}

/// A refusal in words.
fn reason(order: &FileOrder, kind: RuleKind, rejection: Rejection) -> String {
    let attributes = &order.wishes().attributes;
    match rejection {
        Rejection::NotForThisRule => {
            let (wish, grants) = ungranted(order, kind).unwrap_or_default();
            let grants = if grants.len() > 3 { "every auction".to_owned() } else { grants.join(" and ") };
            format!("{} does not know {wish}, {grants} does", kind.name())
        }
        Rejection::BadWish if attributes.partner == crate::orders::UNKNOWN => {
            "no order of the file is of this partner".to_owned()
        }
        Rejection::BadWish if attributes.minimum > order.energy => {
            format!("min_fill_wh {} is more than energy_wh {}", attributes.minimum.0, order.energy.0)
        }
        _ => rejection.words().to_owned(),
    }
}
