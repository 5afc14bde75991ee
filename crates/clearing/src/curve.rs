//! The price–quantity curves of a book, for pictures.

use market::{Book, BookOrder, Energy, Price};

/// Demand and supply of a book: where they cross is the equilibrium.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Curve {
    /// What is bid, from the highest price down.
    pub demand: Vec<Step>,
    /// What is offered, from the lowest price up.
    pub supply: Vec<Step>,
}

/// All orders of one side and price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Their limit, n€/Wh.
    pub price: Price,
    /// Their energy, Wh, > 0.
    pub energy: Energy,
    /// The energy up to and including this step, Wh: where it ends on the quantity axis.
    pub until: Energy,
}

impl Curve {
    /// The curves of `book`.
    #[must_use]
    pub fn of(book: &Book) -> Self {
        Self { demand: steps(&book.bids, -1), supply: steps(&book.offers, 1) }
    }
}

/// One step per price; `sign` is 1 where the lowest price comes first.
fn steps(orders: &[BookOrder], sign: i64) -> Vec<Step> {
    let mut sorted: Vec<_> = orders.iter().map(|order| (order.limit.0 * sign, order.energy)).collect();
    sorted.sort_unstable();
    let mut until = Energy::ZERO;
    let level = |level: &[(i64, Energy)]| {
        let energy = level.iter().map(|(_, energy)| *energy).sum();
        until += energy;
        Step { price: Price(level[0].0 * sign), energy, until }
    };
    sorted.chunk_by(|one, other| one.0 == other.0).map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::{AccountId, MeterId, TimeInForce};

    fn order(limit: i64, energy: i64) -> BookOrder {
        BookOrder {
            limit: Price(limit),
            energy: Energy(energy),
            account: AccountId(6),
            meter: MeterId(0),
            arrival: 0,
            time_in_force: TimeInForce::NextClearing,
        }
    }

    #[test]
    fn orders_of_one_price_are_one_step() {
        let book = Book {
            bids: vec![order(20, 1), order(30, 2), order(20, 3)],
            offers: vec![order(9, 4), order(-1, 5)],
            ..Book::default()
        };
        let step =
            |price, energy, until| Step { price: Price(price), energy: Energy(energy), until: Energy(until) };
        assert_eq!(
            Curve::of(&book),
            Curve {
                demand: vec![step(30, 2, 2), step(20, 4, 6)],
                supply: vec![step(-1, 5, 5), step(9, 4, 9)]
            }
        );
    }

    #[test]
    fn an_empty_book_has_no_steps() {
        assert_eq!(Curve::of(&Book::default()), Curve::default());
    }
}
