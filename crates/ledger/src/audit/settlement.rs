//! Readings and bills (D1–D3, S1–S4, S7, S8), from the text of the tariff.

use super::accounts::postings;
use super::books::{Books, OwnMeter, OwnPosition};
use super::tally::Tally;
use market::{
    AccountId, Carrier, DeliveryInterval, Energy, Event, Law, MeterId, MeterTerms, Money, Posting,
    PostingKind, Prices, Rule, Side, Tariff, TariffId, TariffKind,
};
use std::collections::BTreeMap;

impl Books {
    /// Every metering point's bill is what its readings, trades and tariff say, and nothing else is posted.
    pub(super) fn settle(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        events: &[Event],
        tally: &mut Tally,
    ) {
        let until = self.settled_until.insert(carrier, interval.end()).unwrap_or(0);
        tally.check(Law::S8, interval.start >= until, || {
            "an interval that is settled is settled again".into()
        });
        let ends = events.iter().filter(|event| !matches!(event, Event::Posted(_)));
        let told = ends.eq([&Event::Settled { carrier, interval }]);
        tally.check(Law::S7, told, || "not the settlement of this interval was told".into());
        let delivery = self.deliveries.remove(&(carrier, interval.start)).unwrap_or_default();
        let left = delivery.frozen || delivery.orders.iter().any(|orders| !orders.is_empty());
        let unshared = self.rule(carrier).is_some_and(|rule| rule.shares_metered()) && !delivery.shared;
        let left = left || self.awaits_offers(carrier, interval);
        tally.check(Law::D3, !left && !unshared, || "a book is settled that was not cleared".into());

        let mut posted: BTreeMap<MeterId, Vec<&Posting>> = BTreeMap::new();
        for posting in postings(events) {
            let at_home = (posting.interval, posting.carrier) == (Some(interval), Some(carrier));
            tally.check(Law::S8, at_home, || "an entry for another interval".into());
            if !matches!(posting.kind, PostingKind::Loan | PostingKind::Repayment) {
                match posting.meter {
                    Some(meter) => posted.entry(meter).or_default().push(posting),
                    None => tally.check(Law::S3, false, || "an entry without a metering point".into()),
                }
            }
        }
        let community = self.account(AccountId::COMMUNITY).balance;
        let mut grid = Grid::default();
        for meter in self.connected(carrier) {
            let reading = delivery.readings.get(&meter).copied();
            tally
                .check(Law::D2, reading.is_some(), || format!("no reading of meter {} is in force", meter.0));
            let (Some((import, export)), Some(terms)) = (reading, self.terms_of(meter)) else { continue };
            let position = delivery.positions.get(&meter).copied().unwrap_or_default();
            let prices = self.prices(terms.tariff, interval);
            tally.check(Law::S4, prices.is_some(), || "the tariff has no price for the interval".into());
            let (Some(prices), Some(tariff)) = (prices, self.tariff(terms.tariff)) else { continue };
            let bill = Bill { meter, import, export, position, prices, tariff };
            bill.check(posted.remove(&meter).unwrap_or_default(), &mut grid, tally);
            let account = self.account(terms.account);
            account.holds -= position.hold;
            self.touched.push(terms.account);
        }
        tally.check(Law::D3, posted.is_empty(), || "entries for a metering point of another carrier".into());
        tally.check(Law::S2, grid.metered == grid.exchanged, || {
            format!("the supplier is billed {} on balance, {} were metered", grid.exchanged, grid.metered)
        });
        for posting in postings(events) {
            self.post(posting, tally);
        }
        let change = self.account(AccountId::COMMUNITY).balance - community;
        // That it is what the rule may leave was checked at the clearing.
        let surplus = delivery.positions.values().map(|position| position.paid - position.received).sum();
        tally.equal(Law::C4, change, surplus, "what trades leave at the clearing house");
    }

    pub(super) fn rule(&self, carrier: Carrier) -> Option<Rule> {
        let markets = &self.terms.as_ref()?.markets;
        markets.iter().find(|market| market.carrier == carrier).map(|market| market.rule)
    }

    pub(super) fn connected(&self, carrier: Carrier) -> Vec<MeterId> {
        let of_carrier = |(_, meter): &(u32, &OwnMeter)| meter.terms.carrier == carrier;
        (0_u32..).zip(&self.meters).filter(of_carrier).map(|(id, _)| MeterId(id)).collect()
    }

    fn terms_of(&self, meter: MeterId) -> Option<MeterTerms> {
        self.meters.get(meter.0 as usize).map(|meter| meter.terms)
    }

    fn tariff(&self, id: TariffId) -> Option<&Tariff> {
        self.terms.as_ref()?.tariffs.get(usize::from(id.0))
    }

    /// The tariff's prices, by its text.
    pub(super) fn prices(&self, id: TariffId, interval: DeliveryInterval) -> Option<Prices> {
        match &self.tariff(id)?.kind {
            TariffKind::Flat(prices) => Some(*prices),
            TariffKind::Dynamic => self.published.get(&(id.0, interval.number())).copied(),
            TariffKind::TimeOfUse(windows) => {
                let offset = i64::from(self.terms.as_ref()?.utc_offset);
                let local = i64::try_from(interval.start).ok()? + offset;
                // 1970 began on a Thursday, three days after a Monday.
                let (day, second) = ((local.div_euclid(86_400) + 3).rem_euclid(7), local.rem_euclid(86_400));
                let now = windows.iter().find(|window| {
                    let today = window.days & (1 << day) != 0;
                    today && i64::from(window.from) <= second && second < i64::from(window.until)
                });
                now.map(|window| window.prices)
            }
        }
    }
}

/// The community's exchange with the supplier, Wh, positive when taken.
#[derive(Default)]
struct Grid {
    metered: Energy,
    exchanged: Energy,
}

/// What fixes one metering point's bill.
struct Bill<'a> {
    meter: MeterId,
    import: Energy,
    export: Energy,
    position: OwnPosition,
    prices: Prices,
    tariff: &'a Tariff,
}

impl Bill<'_> {
    fn check(&self, posted: Vec<&Posting>, grid: &mut Grid, tally: &mut Tally) {
        let Self { import, export, position, prices, tariff, .. } = self;
        let meter = self.meter.0;
        let sum = |kind: PostingKind, side: Side| {
            let lines = posted.iter().filter(|posting| posting.kind == kind && posting.side == Some(side));
            lines.fold((Energy::ZERO, Money::ZERO), |(energy, money), posting| {
                // Seen from the member: what it pays when buying, what it receives when selling.
                let forward = match side {
                    Side::Buy => posting.credit < AccountId::FIRST_MEMBER,
                    Side::Sell => posting.debit < AccountId::FIRST_MEMBER,
                };
                (energy + posting.energy, money + if forward { posting.money } else { -posting.money })
            })
        };
        use PostingKind::{GridFee, Imbalance, Levy, Supply, Trade};
        use Side::{Buy, Sell};

        // The trades, once, as they were made.
        for (side, energy, money) in
            [(Buy, position.bought, position.paid), (Sell, position.sold, position.received)]
        {
            let found = sum(Trade, side);
            tally.check(Law::D3, found == (energy, money), || {
                format!(
                    "meter {meter}: trades over {} for {} are billed as {} for {}",
                    energy, money, found.0, found.1
                )
            });
        }
        // What deviates from the trades is exchanged with the supplier, and each Wh only once.
        let supplied = sum(Supply, Buy);
        let long = sum(Imbalance, Sell);
        let fed_in = sum(Supply, Sell);
        let short = sum(Imbalance, Buy);
        tally.check(Law::S1, *import == position.bought - long.0 + supplied.0, || {
            format!("meter {meter} took {import}, billed are {} and {}", position.bought - long.0, supplied.0)
        });
        tally.check(Law::D1, *export == position.sold - short.0 + fed_in.0, || {
            format!("meter {meter} gave {export}, billed are {} and {}", position.sold - short.0, fed_in.0)
        });
        let once = |one: (Energy, Money), other: (Energy, Money)| one.0.is_zero() || other.0.is_zero();
        tally.check(Law::D1, once(supplied, long) && once(fed_in, short), || {
            format!("meter {meter} both takes and leaves energy at the supplier")
        });
        for (name, (energy, money), price) in [
            ("supply", supplied, prices.import),
            ("feed-in", fed_in, prices.export),
            ("surplus of what was bought", long, prices.export),
            ("lack of what was sold", short, prices.import),
        ] {
            let right = energy * price;
            tally.check(Law::S4, money == right, || {
                format!("meter {meter}: {money} for {name} of {energy}, not {right}")
            });
        }
        // Fees: the peers' on what came from peers, the full ones on everything from the supplier.
        let from_peers = (*import).min(position.bought);
        let from_supplier = supplied.0 + short.0;
        for (kind, peer, full) in
            [(GridFee, tariff.peer_grid_fee, tariff.grid_fee), (Levy, tariff.peer_levy, tariff.levy)]
        {
            let right = from_peers * peer + from_supplier * full;
            tally.check(Law::S4, sum(kind, Buy).1 == right && sum(kind, Sell).1.is_zero(), || {
                format!("meter {meter} is charged {} for {kind:?}, not {right}", sum(kind, Buy).1)
            });
            let lines = posted.iter().filter(|posting| posting.kind == kind);
            let (mut lines, right) =
                (lines.map(|line| (line.energy, line.price)), [(from_peers, peer), (from_supplier, full)]);
            let known = lines
                .all(|(energy, price)| right.iter().any(|line| (line.0, Some(line.1)) == (energy, price)));
            tally.check(Law::S4, known, || format!("meter {meter}: {kind:?} on other energy than it took"));
        }
        let exact = |posting: &&Posting| {
            posting.price.is_none_or(|price| (posting.energy * price).abs() == posting.money)
        };
        tally.check(Law::S4, posted.iter().all(exact), || {
            format!("meter {meter}: money is not energy × price")
        });
        let ordinary = |kind| matches!(kind, Trade | Supply | Imbalance | GridFee | Levy);
        tally.check(Law::S3, posted.iter().all(|posting| ordinary(posting.kind)), || {
            format!("meter {meter} has an entry of a kind that does not belong to a bill")
        });
        grid.metered += *import - *export;
        grid.exchanged += supplied.0 + short.0 - fed_in.0 - long.0;
    }
}
