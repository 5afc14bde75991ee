//! A market of pairs (C1, C3–C5, C7), by other means than the market's: every order's own price is read off its
//! trades, and the straight lines of the limits are crossed out instead of divided.
//!
//! With these prices as dual variables no pair gains by trading more, and every order trades what it wants at its own:
//! so by weak duality no trades are worth more. An order without a trade is content at the limit of its first Wh if at
//! any price.

use super::books::{OwnDelivery, OwnOrder};
use super::tally::Tally;
use market::{AccountId, Energy, Law, Money, Price, Side};
use std::collections::BTreeMap;

/// What one order traded: energy and money.
type Fills = [BTreeMap<u32, (Energy, Money)>; 2];

/// An order and what it traded.
struct Party<'a> {
    own: &'a OwnOrder,
    fill: Energy,
    /// What its energy is worth to it, or costs it, at the margin, n€/Wh; from its trades.
    price: Option<Price>,
}

/// Checks the outcome of a clearing with these `pairs`: places of arrival, energy, what the seller gets per Wh.
pub(super) fn check(
    charges: &[Price; 4],
    delivery: &OwnDelivery,
    pairs: &[(u32, u32, Energy, Price)],
    fills: &Fills,
    welfare: Money,
    tally: &mut Tally,
) {
    let mut parties = Side::ALL.map(|side| {
        let fill = |arrival: u32| fills[side as usize].get(&arrival).map_or(Energy::ZERO, |fill| fill.0);
        let party = |own| Party { own, fill: fill(own.arrival), price: None };
        delivery.orders[side as usize].iter().map(party).collect::<Vec<_>>()
    });
    let mut sums: Fills = Default::default();
    let mut worth = Money::ZERO;
    for (bid, offer, energy, price) in pairs {
        let place =
            |side: usize, arrival| parties[side].binary_search_by_key(&arrival, |party| party.own.arrival);
        let (Ok(at), Ok(to)) = (place(0, *bid), place(1, *offer)) else {
            tally.check(Law::C1, false, || "a pair with an order that is not in the book".into());
            continue;
        };
        tally.check(Law::C1, *energy > Energy::ZERO, || format!("a trade of {energy}"));
        let (buyer, seller) = (parties[0][at].own, parties[1][to].own);
        let paid = *price + charge(charges, buyer, seller);
        worth -= *energy * (paid - *price - premium(buyer, seller) - premium(seller, buyer));
        let own_prices = [paid - premium(buyer, seller), *price + premium(seller, buyer)];
        for (side, (position, own_price)) in [at, to].into_iter().zip(own_prices).enumerate() {
            let known = parties[side][position].price.replace(own_price);
            tally.check(Law::C7, known.is_none_or(|known| known == own_price), || {
                format!("an order trades at {known:?} and at {own_price} of its own")
            });
        }
        for (side, (arrival, price)) in [(*bid, paid), (*offer, *price)].into_iter().enumerate() {
            let sum = sums[side].entry(arrival).or_default();
            *sum = (sum.0 + *energy, sum.1 + *energy * price);
        }
    }
    tally.check(Law::C4, sums == *fills, || "the pairs and their charges do not add up to the fills".into());

    for party in parties.iter().flatten() {
        tally.check(Law::C7, party.is_content(), || {
            format!(
                "{} of {:?} at {:?} is not what the order wants",
                party.fill, party.own.order, party.price
            )
        });
        let value = party.value();
        worth += if party.own.order.side == Side::Buy { value } else { -value };
    }
    tally.equal(Law::C7, welfare, worth, "the welfare");

    let [bids, offers] = &parties;
    let open = |party: &Party<'_>| (party.fill < party.own.open).then(|| party.limit(party.fill + Energy(1)));
    for bid in bids {
        for offer in offers {
            let cost = charge(charges, bid.own, offer.own)
                - premium(bid.own, offer.own)
                - premium(offer.own, bid.own);
            let apart = bid.price() - offer.price();
            tally.check(Law::C7, apart <= cost, || {
                format!("prices {} and {} lie further apart than {cost}", bid.price(), offer.price())
            });
            if let (Some(buy), Some(sell)) = (open(bid), open(offer)) {
                tally.check(Law::C5, buy - sell < cost, || {
                    format!("a bid at {buy} and an offer at {sell} are left, {cost} would do")
                });
            }
        }
    }
}

fn charge(charges: &[Price; 4], one: &OwnOrder, other: &OwnOrder) -> Price {
    charges[one.location.distance(other.location) as usize]
}

/// How much better than its limit an order trades with another, n€/Wh.
fn premium(own: &OwnOrder, other: &OwnOrder) -> Price {
    let partner = own.attributes.partner;
    let found = partner != AccountId::WORLD && partner == other.order.account;
    if found { own.attributes.premium } else { Price::ZERO }
}

impl Party<'_> {
    /// Its own price; without a trade, the limit of its first Wh.
    fn price(&self) -> Price {
        self.price.unwrap_or_else(|| self.limit(Energy(1)))
    }

    /// How much worse a price is than the limit the order begins at, n€/Wh.
    fn loss(&self, price: Price) -> i128 {
        let limit = self.own.order.limit;
        i128::from(if self.own.order.side == Side::Buy { limit - price } else { price - limit }.0)
    }

    /// Total fall, and energy over which it falls.
    fn slope(&self) -> (i128, i128) {
        (self.own.attributes.fall.0.into(), self.own.open.0.into())
    }

    /// The limit of a Wh, n€/Wh: the line, rounded against trading.
    fn limit(&self, wh: Energy) -> Price {
        let (fall, over) = self.slope();
        let lost = fall * i128::from(wh.0);
        let whole = (lost / over) as i64 + i64::from(lost % over != 0);
        let limit = self.own.order.limit.0;
        Price(if self.own.order.side == Side::Buy { limit - whole } else { limit + whole })
    }

    /// Whether the order trades all energy on the better side of its price and none 1 n€/Wh beyond: f·q ≤ loss·Q for
    /// the last Wh, f·(q + 1) > (loss − 1)·Q for the next.
    fn is_content(&self) -> bool {
        let ((fall, over), loss, fill) = (self.slope(), self.loss(self.price()), i128::from(self.fill.0));
        let wants_its_last = fill == 0 || fall * fill <= loss * over;
        let wants_no_more = fill == over || fall * (fill + 1) > (loss - 1) * over;
        wants_its_last && wants_no_more
    }

    /// The limits of all Wh it trades, n€: Wh by Wh, or whole price by whole price where those are fewer.
    fn value(&self) -> Money {
        let ((fall, over), fill) = (self.slope(), i128::from(self.fill.0));
        let lost: i128 = if fill <= fall {
            (1..=fill).map(|wh| (fall * wh + over - 1) / over).sum()
        } else {
            // Lost more than s is what every Wh has beyond the s·Q/f first.
            (0..fall).map(|price| fill - price * over / fall).take_while(|beyond| *beyond > 0).sum()
        };
        let side = if self.own.order.side == Side::Buy { 1 } else { -1 };
        self.fill * self.own.order.limit - Money(lost * side)
    }
}
