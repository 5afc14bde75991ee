//! A market of pairs (C1, C3–C5, C7), by other means than the market's: every order's own price is read off
//! its trades, and the straight lines of the limits are crossed out instead of divided.
//!
//! With these prices as dual variables no pair gains by trading more, and every order trades what it wants at
//! its own: so by weak duality no trades are worth more. An order without a trade is content at the limit of
//! its first Wh if at any price.

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

/// Checks the outcome of a clearing with these `pairs`: places of arrival, energy, what the seller gets per
/// Wh.
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

    /// Whether the order trades all energy on the better side of its price and none 1 n€/Wh beyond: f·q ≤
    /// loss·Q for the last Wh, f·(q + 1) > (loss − 1)·Q for the next.
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

#[cfg(test)]
mod tests {
    use super::super::books::Books;
    use super::super::sensitivity::lies;
    use super::*;
    use crate::Recoverer;
    use market::*;

    const START: u64 = 1_699_999_200;

    /// A market of pairs cleared once: `cases/bilateral/partner_and_charges` with two more orders that stay
    /// open.
    fn commands() -> Vec<Envelope> {
        let prices = Prices { import: Price(40), export: Price(5) };
        let none = Price::ZERO;
        let tariff = Tariff {
            kind: TariffKind::Flat(prices),
            grid_fee: none,
            peer_grid_fee: none,
            levy: none,
            peer_levy: none,
        };
        let carrier = Carrier::Electricity;
        let rule = Rule::Bilateral { charges: [0, 1, 4, 9].map(Price) };
        let mut commands = vec![
            Command::Found(Box::new(Community {
                chain_id: 1,
                community_id: 7,
                currency: *b"EUR",
                operator: Address([9; 20]),
                authentication: Authentication::Operator,
                interval_duration: 900,
                gate_closure: 300,
                horizon: 2,
                utc_offset: 0,
                markets: vec![Market { carrier, rule, floor: Price(-20), cap: Price(60) }],
                tariffs: vec![tariff],
            })),
            Command::Tick { time: START - 600 },
        ];
        for (member, location) in (0..).zip(["0.0.1.1", "0.0.2.1", "0.0.1.2", "0.0.2.2"]) {
            let account = AccountId(6 + u32::from(member));
            let key = Address([member + 1; 20]);
            let nonce = 3 * u64::from(member);
            let capacity = Energy(1000);
            let terms = MeterTerms {
                account,
                carrier,
                key,
                import_capacity: capacity,
                export_capacity: capacity,
                tariff: TariffId(0),
                share: 0,
            };
            let (meter, location) = (MeterId(u32::from(member)), Location::parse(location).unwrap());
            commands.push(Command::RegisterAccount { address: key });
            commands.push(Command::Deposit { account, amount: Money(10_000), nonce: nonce + 1 });
            commands.push(Command::RegisterMeter { terms, nonce: nonce + 2 });
            commands.push(Command::Locate { meter, location, nonce: nonce + 3 });
        }
        let interval = DeliveryInterval { start: START, duration: 900 };
        let mut place = |member: u32, side, energy, limit, attributes, nonce| {
            let (account, meter) = (AccountId(6 + member), MeterId(member));
            let (energy, limit) = (Energy(energy), Price(limit));
            let time_in_force = TimeInForce::NextClearing;
            let order = Order { account, meter, interval, side, energy, limit, time_in_force, nonce };
            commands.push(Command::PlaceWith { order, attributes, steps: vec![] });
        };
        let plain = Attributes::default();
        let fond = Attributes { partner: AccountId(9), premium: Price(7), ..plain };
        let falling = Attributes { fall: Price(3), ..plain };
        place(0, Side::Buy, 100, 30, fond, 1);
        place(1, Side::Buy, 100, 28, plain, 1);
        place(2, Side::Sell, 100, 10, plain, 1);
        place(3, Side::Sell, 100, 12, plain, 1);
        // A bid down from 14 and an offer up from 28. The bid keeps s1 at 13 or more, the lowest prices of
        // all are then b 13, 17, 14 and s 13, 16, 13; the highest are b 25, 28, 25 and s 24, 28, 28.
        place(0, Side::Buy, 3, 15, falling, 2);
        place(2, Side::Sell, 3, 27, falling, 2);
        commands.push(Command::Close { carrier, interval });
        commands.push(Command::Clear { carrier, interval, claim: claim() });
        let envelope = |command| Envelope { command, signature: None };
        commands.into_iter().map(envelope).collect()
    }

    fn claim() -> Claim {
        let trade = |bid, offer, energy| PairClaim { bid, offer, energy: Energy(energy) };
        let prices = |prices: [i64; 3]| prices.map(Price).to_vec();
        Claim::Bilateral {
            trades: vec![trade(0, 1, 100), trade(1, 0, 100)],
            bid_prices: prices([19, 22, 19]),
            offer_prices: prices([18, 22, 20]),
        }
    }

    /// The events of a clearing in which the orders trade straight, at these prices of s1 and s2: 34 n€ per
    /// Wh.
    fn straight(events: &[Event], prices: [i64; 2]) -> Vec<Event> {
        let told = |event: &Event| match *event {
            Event::Cleared { carrier, interval, volume, price, equilibrium, orders, .. } => {
                let welfare = Money(3400);
                Event::Cleared { carrier, interval, volume, price, equilibrium, welfare, orders }
            }
            Event::Paired { bid, energy, .. } => {
                Event::Paired { bid, offer: bid, energy, price: Price(prices[bid as usize]) }
            }
            Event::Filled { id, account, meter, limit, energy, .. } => {
                let charge = if id.side == Side::Buy { 1 } else { 0 };
                let money = energy * Price(prices[id.arrival as usize] + charge);
                Event::Filled { id, account, meter, limit, energy, money }
            }
            other => other,
        };
        events.iter().map(told).collect()
    }

    #[test]
    fn a_lie_about_a_market_of_pairs_is_noticed() {
        let (mut state, mut books) = (State::new(), Books::default());
        let commands = commands();
        let mut told = 0;
        for envelope in &commands {
            let mut events: Vec<Event> = Vec::new();
            let applied = state.apply(envelope, &Recoverer, &mut events);
            assert_eq!(applied, Ok(()), "{:?}", envelope.command);
            let mut notice = |events: &[Event]| {
                let (mut books, mut tally) = (books.clone(), Tally::default());
                let signer = books.signer(envelope, &Recoverer);
                books.record(&envelope.command, signer, events, &state, &mut tally);
                told += 1;
                tally.first().cloned()
            };
            assert_eq!(notice(&events), None);
            for at in 0..events.len() {
                for (name, changed) in lies(events[at]) {
                    let mut events = events.clone();
                    events[at] = changed;
                    assert!(notice(&events).is_some(), "{name} in {:?}", envelope.command);
                }
            }
            if matches!(envelope.command, Command::Clear { .. }) {
                for prices in [[17, 20], [18, 22], [10, 12], [23, 23]] {
                    let words = notice(&straight(&events, prices))
                        .expect("a worse outcome, told without contradiction");
                    assert!(matches!(words.law, Law::C5 | Law::C7), "{words:?}");
                }
            }
            let mut tally = Tally::default();
            let signer = books.signer(envelope, &Recoverer);
            books.record(&envelope.command, signer, &events, &state, &mut tally);
        }
        assert!(told > 100);
    }
}
