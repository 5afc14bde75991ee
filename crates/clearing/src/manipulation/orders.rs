//! Lies in orders.

use super::{Gain, Gains, INVENTED, LESS, Lie, MORE, Trick, part};
use crate::{Workspace, outcome};
use market::rule::{Clearing, Rule};
use market::{
    AccountId, Book, BookOrder, Details, Energy, MeterId, Money, Price, Rejection, Side, TimeInForce,
};

/// One book under one rule, with the memory to clear it again and again.
#[derive(Debug)]
pub struct Books<'a> {
    rule: &'a Rule,
    truth: &'a Book,
    sequence: &'a [(Side, u32)],
    collar: (Price, Price),
    /// Limits that are tried, n€/Wh.
    grid: Vec<Price>,
    // working memory
    book: Book,
    arrivals: Vec<(Side, u32)>,
    workspace: Workspace,
    clearing: Clearing,
}

/// Who lies, and what energy is worth to it outside the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderPlayer {
    /// Its account.
    pub account: AccountId,
    /// What the supplier pays for energy that was bought and not needed, n€/Wh.
    pub feed_in: Price,
    /// What the supplier charges, with fees, for energy that was sold and is not there, n€/Wh.
    pub supply: Price,
    /// Most it may buy and sell, under one name, Wh.
    pub capacity: [Energy; 2],
}

/// An order as it is told.
#[derive(Clone, Copy, Debug)]
struct Told {
    side: Side,
    limit: Price,
    energy: Energy,
    /// 0 for the own name.
    name: u8,
    /// Its position in the true book; none for an order that comes last.
    position: Option<usize>,
    details: Details,
}

/// False names have the highest numbers.
fn account(player: &OrderPlayer, name: u8) -> AccountId {
    if name == 0 { player.account } else { AccountId(u32::MAX - u32::from(name)) }
}

impl<'a> Books<'a> {
    /// A book to lie in. `sequence` as for [`outcome()`]; at most `most` limits are tried.
    #[must_use]
    pub fn new(
        rule: &'a Rule,
        truth: &'a Book,
        sequence: &'a [(Side, u32)],
        collar: (Price, Price),
        most: usize,
    ) -> Self {
        Self {
            rule,
            truth,
            sequence,
            collar,
            grid: grid(truth, collar, most),
            book: Book::default(),
            arrivals: Vec::new(),
            workspace: Workspace::new(),
            clearing: Clearing::default(),
        }
    }

    /// The best lies of one member.
    ///
    /// # Errors
    /// Where the rule has no search.
    pub fn search(&mut self, player: &OrderPlayer) -> Result<Gains, Rejection> {
        let truth = self.told(player);
        let honest = self.utility(player, &truth, &truth)?;
        let mut gains = Gains::default();
        let energy = truth.iter().map(|order| order.energy).sum();
        let mut lies = Vec::new();
        for side in Side::ALL {
            lies_of(&truth, side, &self.grid, &mut lies);
        }
        for (trick, lie, told) in lies {
            if !allowed(player, &told) {
                continue;
            }
            let money = self.utility(player, &truth, &told)? - honest;
            gains.keep(Gain { trick, money, energy, lie });
        }
        Ok(gains)
    }

    /// The member's true orders.
    fn told(&self, player: &OrderPlayer) -> Vec<Told> {
        let side = |side: Side| {
            let own = move |(_, order): &(usize, &BookOrder)| order.account == player.account;
            self.truth.orders(side).iter().enumerate().filter(own).map(move |(position, order)| Told {
                side,
                limit: order.limit,
                energy: order.energy,
                name: 0,
                position: Some(position),
                details: self.truth.details(side, position),
            })
        };
        side(Side::Buy).chain(side(Side::Sell)).collect()
    }

    /// What the member has in the end if it tells this, n€: energy at its true worth, less what it pays.
    fn utility(&mut self, player: &OrderPlayer, truth: &[Told], told: &[Told]) -> Result<Money, Rejection> {
        self.write(player, told);
        let Self { rule, book, arrivals, collar, workspace, clearing, .. } = self;
        outcome(rule, book, arrivals, *collar, workspace, clearing)?;
        let mut utility = Money::ZERO;
        for side in Side::ALL {
            let amounts = clearing.money(side);
            let (mut energy, mut money) = (Energy::ZERO, Money::ZERO);
            for (position, (order, fill)) in book.orders(side).iter().zip(clearing.fills(side)).enumerate() {
                let own = order.account == player.account || order.account.0 > FALSE_NAMES;
                if own && fill.0 > 0 {
                    energy += *fill;
                    money += Money(amounts.of(position, *fill).into());
                }
            }
            let gain = worth(truth, side, energy, player) - money;
            utility += if side == Side::Buy { gain } else { -gain };
        }
        Ok(utility)
    }

    /// Writes the book that holds the others' orders and these: those with a place keep it, the others come last.
    fn write(&mut self, player: &OrderPlayer, told: &[Told]) {
        self.arrivals.clear();
        self.arrivals.extend_from_slice(self.sequence);
        for side in Side::ALL {
            let orders = match side {
                Side::Buy => &mut self.book.bids,
                Side::Sell => &mut self.book.offers,
            };
            let details = &mut self.book.details[side as usize];
            let detailed = !self.truth.details[side as usize].is_empty();
            orders.clear();
            details.clear();
            let mut next = 0;
            for (position, order) in self.truth.orders(side).iter().enumerate() {
                next = order.arrival + 1;
                let mut order = *order;
                let mut detail = self.truth.details(side, position);
                if order.account == player.account {
                    let here = |told: &&Told| told.side == side && told.position == Some(position);
                    let Some(told) = told.iter().find(here) else { continue };
                    order.limit = told.limit;
                    order.energy = told.energy;
                    detail = told.details;
                }
                orders.push(order);
                if detailed {
                    details.push(detail);
                }
            }
            for told in told.iter().filter(|told| told.side == side && told.position.is_none()) {
                orders.push(BookOrder {
                    limit: told.limit,
                    energy: told.energy,
                    account: account(player, told.name),
                    meter: MeterId(account(player, told.name).0),
                    arrival: next,
                    time_in_force: TimeInForce::NextClearing,
                });
                if detailed {
                    details.push(told.details);
                }
                self.arrivals.push((side, next));
                next += 1;
            }
        }
    }
}

/// Accounts above it are false names.
const FALSE_NAMES: u32 = u32::MAX - 8;

/// What bought energy is worth, or what sold energy costs, by the true orders, best first; beyond them the supplier.
fn worth(truth: &[Told], side: Side, energy: Energy, player: &OrderPlayer) -> Money {
    let mut orders: Vec<_> = truth.iter().filter(|order| order.side == side).collect();
    let merit = |order: &&Told| if side == Side::Buy { -order.limit.0 } else { order.limit.0 };
    orders.sort_by_key(merit);
    let mut left = energy;
    let mut sum = Money::ZERO;
    for order in orders {
        let part = left.min(order.energy);
        sum += part * order.limit;
        left -= part;
    }
    sum + left * if side == Side::Buy { player.feed_in } else { player.supply }
}

/// Limits worth trying: those between the best offer and the best bid, one n€/Wh to either side, and the collar.
fn grid(book: &Book, (floor, cap): (Price, Price), most: usize) -> Vec<Price> {
    let limit = |order: &BookOrder| order.limit.0;
    let low = book.offers.iter().map(limit).min().unwrap_or(floor.0);
    let high = book.bids.iter().map(limit).max().unwrap_or(cap.0);
    let limits = book.bids.iter().chain(&book.offers).map(limit);
    let inside = limits.filter(|limit| (low.min(high)..=high.max(low)).contains(limit));
    let mut grid: Vec<Price> = inside
        .flat_map(|limit| [limit - 1, limit, limit + 1])
        .map(|limit| Price(limit.clamp(floor.0, cap.0)))
        .collect();
    grid.sort_unstable();
    grid.dedup();
    if grid.len() > most {
        let last = grid.len() - 1;
        grid = (0..most).map(|number| grid[number * last / most.saturating_sub(1).max(1)]).collect();
    }
    grid.extend([floor, cap]);
    grid.sort_unstable();
    grid.dedup();
    grid
}

/// Whether the market would take these orders: within the capacity of each name, and no name trades with itself.
fn allowed(player: &OrderPlayer, told: &[Told]) -> bool {
    (0..=3).all(|name| {
        let mine = |side: Side| told.iter().filter(move |order| order.name == name && order.side == side);
        let within = |side: Side| {
            let energy: Energy = mine(side).map(|order| order.energy).sum();
            energy.is_zero() || energy <= player.capacity[side as usize]
        };
        let highest_buy = mine(Side::Buy).map(|order| order.limit).max();
        let lowest_sell = mine(Side::Sell).map(|order| order.limit).min();
        let crossed = matches!((highest_buy, lowest_sell), (Some(buy), Some(sell)) if buy >= sell);
        Side::ALL.into_iter().all(within) && !crossed
    }) && told.iter().all(|order| order.energy.0 > 0)
}

/// Every lie on one side of the book.
fn lies_of(truth: &[Told], side: Side, grid: &[Price], lies: &mut Vec<(Trick, Lie, Vec<Told>)>) {
    let energy: Energy = truth.iter().filter(|order| order.side == side).map(|order| order.energy).sum();
    if energy.is_zero() {
        return;
    }
    let here = |order: &Told| order.side == side;
    let several = truth.iter().filter(|order| here(order)).count() > 1;
    // prices
    for limit in grid {
        let told = |only: Option<usize>| {
            let change = |(place, order): (usize, &Told)| {
                let changed = here(order) && only.is_none_or(|only| only == place);
                Told { limit: if changed { *limit } else { order.limit }, ..*order }
            };
            truth.iter().enumerate().map(change).collect::<Vec<_>>()
        };
        let lie = Lie::Price { side, limit: *limit };
        lies.push((Trick::Price, lie, told(None)));
        if several {
            let own = truth.iter().enumerate().filter(|(_, order)| here(order));
            lies.extend(own.map(|(place, _)| (Trick::Price, lie, told(Some(place)))));
        }
    }
    // quantities
    let scaled = |factor| {
        let scale = |order: &Told| Told {
            energy: if here(order) { part(order.energy, factor) } else { order.energy },
            ..*order
        };
        truth.iter().map(scale).filter(|order| order.energy.0 > 0).collect::<Vec<_>>()
    };
    let lie = |told: &[Told]| {
        let told = told.iter().filter(|order| here(order)).map(|order| order.energy).sum();
        Lie::Energy { side, told, truth: energy }
    };
    for (trick, factors) in [(Trick::Withholding, &LESS[..]), (Trick::Quantity, &MORE[..])] {
        for factor in factors {
            let told = scaled(*factor);
            lies.push((trick, lie(&told), told));
        }
    }
    let without = |left_out: &dyn Fn(usize, &Told) -> bool| {
        let kept = truth.iter().enumerate().filter(|(place, order)| !left_out(*place, order));
        kept.map(|(_, order)| *order).collect::<Vec<_>>()
    };
    let told = without(&|_, order| here(order));
    lies.push((Trick::Withholding, lie(&told), told));
    if several {
        for (out, _) in truth.iter().enumerate().filter(|(_, order)| here(order)) {
            let told = without(&|place, _| place == out);
            lies.push((Trick::Withholding, lie(&told), told));
        }
    }
    // false names
    let split = |names: u8, limit: Option<Price>| {
        let mut told = Vec::new();
        for order in truth {
            if !here(order) {
                told.push(*order);
                continue;
            }
            let each = part(order.energy, (1, names.into()));
            let first = order.energy - Energy(each.0 * i64::from(names - 1));
            told.push(Told { energy: first, ..*order });
            told.extend((1..names).map(|name| Told {
                energy: each,
                limit: limit.unwrap_or(order.limit),
                name,
                position: None,
                ..*order
            }));
        }
        (Trick::FalseNames, Lie::Split { side, names, limit }, told)
    };
    lies.extend([2, 3].map(|names| split(names, None)));
    lies.extend(grid.iter().map(|limit| split(2, Some(*limit))));
    // orders of nobody, and washes
    let own_details = truth.iter().find(|order| here(order)).map(|order| order.details).unwrap_or_default();
    let other = if side == Side::Buy { Side::Sell } else { Side::Buy };
    for size in INVENTED {
        let energy = part(energy, size);
        let order = |at: Side, name, limit| {
            let details = if at == side { own_details } else { Details::default() };
            Told { side: at, limit, energy, name, position: None, details }
        };
        let mut tell = |trick, lie, orders: &[Told]| lies.push((trick, lie, [truth, orders].concat()));
        for limit in grid.iter().copied() {
            let extra = |side| Lie::Extra { side, energy, limit };
            tell(Trick::FalseNames, extra(side), &[order(side, 1, limit)]);
            tell(Trick::Wash, extra(other), &[order(other, 1, limit)]);
            let both = [order(side, 1, limit), order(other, 2, limit)];
            tell(Trick::Wash, Lie::Wash { energy, limit: Some(limit) }, &both);
        }
        if let (Some(floor), Some(cap)) = (grid.first(), grid.last()) {
            let both = [order(Side::Buy, 1, *cap), order(Side::Sell, 2, *floor)];
            tell(Trick::Wash, Lie::Wash { energy, limit: None }, &both);
        }
    }
}
