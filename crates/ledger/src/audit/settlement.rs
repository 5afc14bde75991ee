//! Readings and bills (D1–D3, S1–S4, S7, S8), from the text of the tariff.

use super::accounts::postings;
use super::bill::{Bill, Entry};
use super::books::{Books, OwnDelivery, OwnMeter, Readings};
use super::tally::Tally;
use market::apportion::mul_div;
use market::{
    AccountId, Carrier, DeliveryInterval, Energy, Event, ImbalancePolicy, Law, MeterId, MeterTerms, Money,
    PostingKind, Prices, Rule, Side,
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
        let ends = events.iter().filter(|event| !matches!(event, Event::Posted(_) | Event::Substituted(_)));
        let told = ends.eq([&Event::Settled { carrier, interval }]);
        tally.check(Law::S7, told, || "not the settlement of this interval was told".into());
        self.substitute(carrier, interval, events, tally);
        if !self.rule(carrier).is_some_and(|rule| rule.shares_metered()) {
            self.delivery(carrier, interval).traded = self.traded(carrier, interval);
        }
        let delivery = self.deliveries.remove(&(carrier, interval.start)).unwrap_or_default();
        let left = delivery.frozen || delivery.orders.iter().any(|orders| !orders.is_empty());
        let unshared = self.rule(carrier).is_some_and(|rule| rule.shares_metered()) && !delivery.shared;
        let left = left || self.awaits_offers(carrier, interval);
        tally.check(Law::D3, !left && !unshared, || "a book is settled that was not cleared".into());

        let posted = self.posted(carrier, interval, events, tally);
        let community = self.account(AccountId::COMMUNITY).balance;
        let connected = self.connected(carrier);
        let effective = self.effective(interval, &connected, &delivery.readings);
        let (bills, net) = self.bills(interval, &connected, &effective, &delivery, tally);
        let penalties = examine(&bills, net, posted.clone(), compare, tally);
        let released: Vec<_> = bills.iter().map(|bill| (bill.member, bill.position.hold)).collect();
        for (account, hold) in released {
            self.account(account).holds -= hold;
            self.touched.push(account);
        }
        for posting in postings(events) {
            self.post(posting, tally);
        }
        let change = self.account(AccountId::COMMUNITY).balance - community;
        // That it is what the rule may leave was checked at the clearing.
        let surplus: Money =
            delivery.positions.values().map(|position| position.paid - position.received).sum();
        let left = surplus + penalties;
        tally.equal(Law::C4, change, left, "what trades and penalties leave at the clearing house");
        self.keep(carrier, interval, delivery, (posted, left));
    }

    /// The entries of an interval by metering point, loans left out.
    pub(super) fn posted(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        events: &[Event],
        tally: &mut Tally,
    ) -> BTreeMap<Option<MeterId>, Vec<Entry>> {
        let mut posted: BTreeMap<Option<MeterId>, Vec<Entry>> = BTreeMap::new();
        for posting in postings(events) {
            let at_home = (posting.interval, posting.carrier) == (Some(interval), Some(carrier));
            tally.check(Law::S8, at_home, || "an entry for another interval".into());
            if !matches!(posting.kind, PostingKind::Loan | PostingKind::Repayment) {
                posted.entry(posting.meter).or_default().push(posting.into());
            }
        }
        posted
    }

    /// What fixes the bill of each metering point, and what the community trades with the supplier for all deviations.
    pub(super) fn bills(
        &self,
        interval: DeliveryInterval,
        connected: &[MeterId],
        metered: &Readings,
        delivery: &OwnDelivery,
        tally: &mut Tally,
    ) -> (Vec<Bill<'_>>, Option<Entry>) {
        let mut bills = Vec::new();
        for meter in connected.iter().copied() {
            let reading = metered.get(&meter).copied();
            tally
                .check(Law::D2, reading.is_some(), || format!("no reading of meter {} is in force", meter.0));
            let (Some((import, export)), Some(terms)) = (reading, self.terms_of(meter)) else { continue };
            let position = delivery.positions.get(&meter).copied().unwrap_or_default();
            let distances = delivery.distances.get(&meter).copied().unwrap_or_default();
            let prices = self.prices(terms.tariff, interval);
            tally.check(Law::S4, prices.is_some(), || "the tariff has no price for the interval".into());
            let (Some(prices), Some(tariff)) = (prices, self.tariff(terms.tariff, interval)) else {
                continue;
            };
            let version = self.version(terms.tariff, interval);
            let (agreement, member) = (self.agreement(interval), terms.account);
            bills.push(Bill {
                meter,
                member,
                import,
                export,
                position,
                distances,
                prices,
                tariff,
                version,
                agreement,
                deviation: None,
            });
        }
        let beyond: Vec<[Energy; 2]> = bills.iter().map(Bill::beyond).collect();
        let (deviations, net) = self.deviations(interval, &beyond, tally);
        for (bill, deviation) in bills.iter_mut().zip(deviations.into_iter().flatten()) {
            bill.deviation = Some(deviation);
        }
        (bills, net)
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

    /// What everybody pays for lacking energy and gets for leaving it, where the community settles that, and what it
    /// trades with the supplier for all of them.
    fn deviations(
        &self,
        interval: DeliveryInterval,
        beyond: &[[Energy; 2]],
        tally: &mut Tally,
    ) -> (Option<Vec<[Money; 2]>>, Option<Entry>) {
        let policy = self.agreement(interval).map_or(ImbalancePolicy::Dual, |terms| terms.imbalance);
        let (ImbalancePolicy::Single { tariff } | ImbalancePolicy::ProRata { tariff }) = policy else {
            return (None, None);
        };
        let off = |energy: Energy| (-energy).max(Energy::ZERO);
        let rows: Vec<[Energy; 2]> = beyond.iter().map(|[took, gave]| [off(*gave), off(*took)]).collect();
        let [short, long] = [0, 1].map(|at| rows.iter().map(|row| row[at]).sum::<Energy>());
        if short.is_zero() && long.is_zero() {
            return (None, None);
        }
        let prices = self.prices(tariff, interval);
        tally.check(Law::S4, prices.is_some(), || "the policy's tariff has no price for the interval".into());
        let Prices { import, export } = prices.unwrap_or_default();
        let net = short - long;
        let price = if net > Energy::ZERO { import } else { export };
        let spread = import - export;
        let totals = match policy {
            // All that lean against the balance at the price they spare; the spread on the net is borne by the rest.
            ImbalancePolicy::ProRata { .. } if net > Energy::ZERO => {
                [short * export + net * spread, long * export]
            }
            ImbalancePolicy::ProRata { .. } if net < Energy::ZERO => {
                [short * import, long * import + net * spread]
            }
            _ => [short * price, long * price],
        };
        let mut money = vec![[Money::ZERO; 2]; rows.len()];
        let first = (interval.number() % (rows.len() as u64).max(1)) as usize;
        for (at, (total, whole)) in totals.into_iter().zip([short, long]).enumerate() {
            let (mut sum, mut given) = (Energy::ZERO, 0);
            for index in (first..rows.len()).chain(0..first) {
                sum += rows[index][at];
                let rate = (total.0.unsigned_abs(), whole.0.unsigned_abs().into());
                let upto = mul_div(sum.0.unsigned_abs().into(), rate).0 as i128 * total.0.signum();
                money[index][at] = Money(upto - given);
                given = upto;
            }
        }
        let (community, supplier) = (AccountId::COMMUNITY, AccountId::SUPPLIER);
        let (side, parties) = if net > Energy::ZERO {
            (Side::Buy, [community, supplier])
        } else {
            (Side::Sell, [supplier, community])
        };
        let traded = (net.abs(), net.abs() * price, Some(price));
        let entry = Entry::new(PostingKind::Imbalance, side, parties, traded);
        (Some(money), (!net.is_zero()).then_some(entry))
    }
}

/// Whether every bill has the entries that it must have, and nobody else has any: what penalties come to.
pub(super) fn examine(
    bills: &[Bill<'_>],
    net: Option<Entry>,
    mut posted: BTreeMap<Option<MeterId>, Vec<Entry>>,
    compare: fn(MeterId, Vec<Entry>, Vec<Entry>, &mut Tally),
    tally: &mut Tally,
) -> Money {
    let mut grid = Grid::default();
    let mut penalties = Money::ZERO;
    for bill in bills {
        let posted = posted.remove(&Some(bill.meter)).unwrap_or_default();
        let right = bill.entries();
        let penalty = right.iter().filter(|entry| entry.kind == PostingKind::Penalty);
        penalties += penalty.map(|entry| entry.money).sum();
        grid.note(bill, &posted, tally);
        compare(bill.meter, posted, right, tally);
    }
    let together = exchanged(&posted.remove(&None).unwrap_or_default());
    let right = exchanged(net.as_slice());
    tally.check(Law::S2, together == right, || {
        format!("for all deviations {together:?} were posted, {right:?} would be right")
    });
    tally.check(Law::D3, posted.is_empty(), || "entries for a metering point of another carrier".into());
    tally.check(Law::S2, grid.metered == grid.exchanged, || {
        format!("the supplier is billed {} on balance, {} were metered", grid.exchanged, grid.metered)
    });
    penalties
}

/// What the community takes from the supplier by these entries, and pays it; none where they are about something else.
fn exchanged(entries: &[Entry]) -> Option<(Energy, Money)> {
    entries.iter().try_fold((Energy::ZERO, Money::ZERO), |(energy, money), entry| {
        let Entry { kind, side, debit, credit, price, .. } = entry;
        let parties = [*debit, *credit];
        let community = [AccountId::COMMUNITY, AccountId::SUPPLIER];
        let ours = parties == community || parties == [community[1], community[0]];
        let exact = price.is_some_and(|price| (entry.energy * price).abs() == entry.money);
        let took = if *side == Some(Side::Buy) { entry.energy } else { -entry.energy };
        let ours = ours && exact && side.is_some() && *kind == PostingKind::Imbalance;
        ours.then_some((energy + took, money + entry.paid_by(AccountId::COMMUNITY)))
    })
}

/// The community's exchange with the supplier, Wh, positive when taken.
#[derive(Default)]
struct Grid {
    metered: Energy,
    exchanged: Energy,
}

impl Grid {
    /// What a metering point's entries say went through its meter and to the supplier.
    fn note(&mut self, bill: &Bill<'_>, posted: &[Entry], tally: &mut Tally) {
        use PostingKind::{Imbalance, Supply};
        use Side::{Buy, Sell};
        let sum = |kind, side| {
            let lines = posted.iter().filter(|entry| (entry.kind, entry.side) == (kind, Some(side)));
            lines.map(|entry| entry.energy).sum::<Energy>()
        };
        let (meter, import, export) = (bill.meter.0, bill.import, bill.export);
        let (supplied, long) = (sum(Supply, Buy), sum(Imbalance, Sell));
        let (fed_in, short) = (sum(Supply, Sell), sum(Imbalance, Buy));
        let (took, gave) = (bill.position.bought - long + supplied, bill.position.sold - short + fed_in);
        tally.check(Law::S1, import == took, || format!("meter {meter} took {import}, billed are {took}"));
        tally.check(Law::D1, export == gave, || format!("meter {meter} gave {export}, billed are {gave}"));
        self.metered += import - export;
        self.exchanged += supplied + short - fed_in - long;
    }
}

/// The entries are those that the text asks for.
fn compare(meter: MeterId, mut posted: Vec<Entry>, mut right: Vec<Entry>, tally: &mut Tally) {
    posted.sort();
    right.sort();
    let of = |entries: &[Entry], law: Law| -> Vec<Entry> {
        entries.iter().filter(|entry| binding(entry.kind) == law).cloned().collect()
    };
    for law in [Law::D3, Law::S2, Law::S4] {
        let same = posted == right || of(&posted, law) == of(&right, law);
        tally.check(law, same, || {
            let (posted, right) = (of(&posted, law), of(&right, law));
            format!("meter {}: billed are {posted:?}, {right:?} would be right", meter.0)
        });
    }
}

/// What an entry of a bill is about.
const fn binding(kind: PostingKind) -> Law {
    match kind {
        PostingKind::Trade => Law::D3,
        PostingKind::Imbalance => Law::S2,
        _ => Law::S4,
    }
}
