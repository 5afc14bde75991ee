//! The outcome of a rule on metered energy (C1–C5, C9), recomputed from the text of the rule: cascades round by
//! round, the price of supply and demand as a mean of the supplier's.

use super::accounts::postings;
use super::books::{Books, OwnDelivery, OwnPosition, Readings};
use super::distances::Map;
use super::tally::Tally;
use market::apportion::mul_div;
use market::{
    Carrier, DeliveryInterval, Energy, Event, Law, MeterId, Money, Price, Prices, Rule, SharingKey, State,
};
use std::collections::BTreeMap;

impl Books {
    /// Everybody's part is within 1 Wh of what the key says, within what was metered beyond the contracts, and energy
    /// and money add up.
    pub(super) fn clear_metered(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        events: &[Event],
        state: &State,
        tally: &mut Tally,
    ) {
        tally.check(Law::S3, postings(events).next().is_none(), || "money moved at a clearing".into());
        let settled = self.is_settled(carrier, interval);
        tally.check(Law::S8, !settled, || "a clearing of an interval that is settled".into());
        let Some(rule) = self.rule(carrier) else { return };
        let connected: Vec<MeterId> = self.connected(carrier);
        let delivery = self.delivery(carrier, interval);
        tally.check(Law::D3, !delivery.shared, || "metered energy is shared twice".into());
        delivery.shared = true;
        let left = delivery.frozen || delivery.orders.iter().any(|orders| !orders.is_empty());
        tally.check(Law::D3, !left, || "metered energy is shared before the orders are cleared".into());
        self.substitute(carrier, interval, events, tally);
        let traded = self.traded(carrier, interval);
        let delivery = self.delivery(carrier, interval);
        delivery.traded = traded;
        let (readings, contracts) = (delivery.readings.clone(), delivery.positions.clone());
        let metered = connected.iter().filter(|meter| self.is_metered(**meter)).count();
        tally.equal(Law::D2, readings.len(), metered, "the number of readings");
        let effective = self.effective(interval, &connected, &readings);
        let members = self.members(&connected, &effective, &contracts);
        let part = |member: &Member| {
            let before = contracts.get(&member.meter).copied().unwrap_or_default();
            let after = state.position(member.meter, interval).copied().unwrap_or_default();
            OwnPosition {
                bought: after.bought - before.bought,
                sold: after.sold - before.sold,
                paid: after.paid() - before.paid,
                received: after.received() - before.received,
                hold: Money::ZERO,
            }
        };
        let parts: Vec<OwnPosition> = members.iter().map(part).collect();
        let Some(volume) = self.shared(&rule, interval, &members, &parts, tally) else { return };
        let map = self.map();
        self.delivery(carrier, interval).share(&members, &parts, map.as_ref());
        let price = match rule {
            Rule::Sharing { price, .. } | Rule::AuctionFirst { price, .. } if volume > Energy::ZERO => {
                Some(price)
            }
            _ => None,
        };
        let (equilibrium, welfare, orders) = (None, Money::ZERO, [0; 2]);
        let right = Event::Cleared { carrier, interval, volume, price, equilibrium, welfare, orders };
        let told = events.iter().filter(|event| !matches!(event, Event::Substituted(_)));
        tally.check(Law::C2, told.eq([&right]), || format!("{right:?} would be right, told is {events:?}"));
    }

    /// What the metering points bring: what they metered beyond what they had traded.
    pub(super) fn members(
        &self,
        meters: &[MeterId],
        metered: &Readings,
        contracts: &BTreeMap<MeterId, OwnPosition>,
    ) -> Vec<Member> {
        let beyond = |metered: Energy, contract: Energy| (metered - contract).max(Energy::ZERO);
        let member = |meter: &MeterId| {
            let (import, export) = metered.get(meter).copied()?;
            let contract = contracts.get(meter).copied().unwrap_or_default();
            let (import, export) = (beyond(import, contract.bought), beyond(export, contract.sold));
            let share = self.meters.get(meter.0 as usize).map_or(0, |own| own.terms.share.into());
            Some(Member { meter: *meter, import, export, share })
        };
        meters.iter().filter_map(member).collect()
    }

    /// Whether these parts are what the rule gives the members: the energy shared, or none if the rule shares none.
    pub(super) fn shared(
        &self,
        rule: &Rule,
        interval: DeliveryInterval,
        members: &[Member],
        parts: &[OwnPosition],
        tally: &mut Tally,
    ) -> Option<Energy> {
        let generation: i128 = members.iter().map(|member| i128::from(member.export.0)).sum();
        let consumption: i128 = members.iter().map(|member| i128::from(member.import.0)).sum();
        let (key, tariff) = match *rule {
            Rule::MidMarketRate { tariff }
            | Rule::SupplyDemandRatio { tariff }
            | Rule::ExPost { tariff, .. } => {
                (SharingKey::Dynamic, Some(self.prices(tariff, interval).unwrap_or_default()))
            }
            Rule::BillSharing => (SharingKey::Dynamic, None),
            Rule::Sharing { key, .. } | Rule::AuctionFirst { key, .. } => (key, None),
            _ => return None,
        };
        let price = price(rule, tariff, generation, consumption);
        // Feed-in above retail: everybody is better off with the supplier, and nothing is shared.
        let quotas = if tariff.is_none_or(|prices| prices.import >= prices.export) {
            Quotas::of(key, members, generation)
        } else {
            Quotas { whole: 1, parts: vec![(0, false); members.len()], total: 0 }
        };
        let mut sums = OwnPosition::default();
        for ((member, quota), own) in members.iter().zip(&quotas.parts).zip(parts) {
            let meter = member.meter.0;
            let within = (Energy::ZERO..=member.import).contains(&own.bought)
                && (Energy::ZERO..=member.export).contains(&own.sold);
            tally.check(Law::C1, within, || format!("meter {meter} trades more than it metered"));
            tally.check(Law::C9, quotas.allow(*quota, own.bought), || {
                format!("meter {meter} gets {}, {}/{} Wh is its share", own.bought, quota.0, quotas.whole)
            });
            for (energy, money) in [(own.bought, own.paid), (own.sold, own.received)] {
                let (down, rest) = mul_div(energy.0.unsigned_abs().into(), price.rate);
                let size = if price.negative { -money } else { money };
                let right = [down as i128, down as i128 + i128::from(rest > 0)].contains(&size.0);
                tally.check(Law::C4, right, || format!("meter {meter}: {money} for {energy}"));
            }
            if let Some(Prices { import, export }) = tariff {
                let better = own.paid <= own.bought * import && own.received >= own.sold * export;
                tally.check(Law::C3, better, || format!("meter {meter} does worse than with its supplier"));
            }
            sums.bought += own.bought;
            sums.sold += own.sold;
            sums.paid += own.paid;
            sums.received += own.received;
        }
        tally.equal(Law::C2, sums.bought, sums.sold, "energy bought (against energy sold)");
        tally.equal(Law::C4, sums.paid, sums.received, "what is paid (against what is received)");
        let shared = i128::from(sums.bought.0);
        tally.equal(Law::C9, shared, quotas.total, "the energy shared");
        let leaves_nothing = matches!(key, SharingKey::Dynamic | SharingKey::Hybrid | SharingKey::Priority);
        if leaves_nothing && tariff.is_none_or(|prices| prices.import >= prices.export) {
            tally.equal(Law::C5, shared, generation.min(consumption), "the energy shared");
        }
        Some(sums.bought)
    }
}

impl OwnDelivery {
    /// Writes down what a rule on metered energy gave the members.
    pub(super) fn share(&mut self, members: &[Member], parts: &[OwnPosition], map: Option<&Map>) {
        let [mut takes, mut gives] = [Vec::new(), Vec::new()];
        for (Member { meter, .. }, part) in members.iter().zip(parts) {
            takes.push((*meter, part.bought));
            gives.push((*meter, part.sold));
            let position = self.positions.entry(*meter).or_default();
            position.bought += part.bought;
            position.sold += part.sold;
            position.paid += part.paid;
            position.received += part.received;
        }
        if let Some(map) = map {
            self.note_flows(&takes, &gives, map);
        }
    }
}

/// What a metering point brings: energy beyond its contracts, and its share in parts per million.
pub(super) struct Member {
    pub(super) meter: MeterId,
    import: Energy,
    export: Energy,
    share: i128,
}

/// An exact price, n€/Wh.
struct Rate {
    negative: bool,
    rate: (u128, u128),
}

/// The price between peers, by the text of the rule.
fn price(rule: &Rule, tariff: Option<Prices>, generation: i128, consumption: i128) -> Rate {
    let whole = |price: Price, parts: u128| Rate {
        negative: price.0 < 0,
        rate: (price.0.unsigned_abs().into(), parts),
    };
    match (rule, tariff) {
        (Rule::SupplyDemandRatio { .. }, Some(Prices { import, export }))
            if export.0 > 0 && consumption > 0 =>
        {
            // The harmonic mean of the two, weighted by what is covered and what is not:
            // consumption / (covered/export + missing/import).
            let covered = generation.min(consumption);
            let (import, export) = (i128::from(import.0), i128::from(export.0));
            let under = covered * import + (consumption - covered) * export;
            Rate { negative: false, rate: ((consumption * import * export) as u128, under as u128) }
        }
        (Rule::ExPost { weights, .. }, Some(Prices { import, export })) => {
            // Each point counts by how near the local share is: fully where it is met, not at all from the next on.
            let (demand, quarters) = (consumption.max(1), 4 * generation.min(consumption));
            let near = |place: i128| (demand - (quarters - place * demand).abs()).max(0);
            let above: i128 =
                weights.iter().zip(0..).map(|(part, place)| i128::from(*part) * near(place)).sum();
            let below = 1_000_000 * demand - above;
            let mean = i128::from(import.0) * above + i128::from(export.0) * below;
            Rate { negative: mean < 0, rate: (mean.unsigned_abs(), (1_000_000 * demand) as u128) }
        }
        (_, Some(Prices { import, export })) => whole(import + export, 2),
        (Rule::Sharing { price, .. } | Rule::AuctionFirst { price, .. }, _) => whole(*price, 1),
        _ => whole(Price::ZERO, 1),
    }
}

/// Everybody's exact share.
struct Quotas {
    /// How many parts a Wh has here.
    whole: i128,
    /// How many parts each member gets, and whether a bit of another part comes on top.
    parts: Vec<(i128, bool)>,
    /// The exact sum rounded down, Wh.
    total: i128,
}

impl Quotas {
    fn of(key: SharingKey, members: &[Member], generation: i128) -> Self {
        const SHARES: i128 = 1_000_000;
        let taken = |member: &Member| i128::from(member.import.0);
        let consumption: i128 = members.iter().map(taken).sum();
        let each = |whole: i128, quota: &mut dyn FnMut(&Member) -> i128| {
            let parts: Vec<_> = members.iter().map(|member| (quota(member), false)).collect();
            let total = parts.iter().map(|(parts, _)| parts).sum::<i128>() / whole;
            Self { whole, parts, total }
        };
        let fixed = |member: &Member| (taken(member) * SHARES).min(member.share * generation);
        match key {
            SharingKey::Static | SharingKey::FullDynamic => each(SHARES, &mut |member| fixed(member)),
            SharingKey::Dynamic | SharingKey::Incentive => {
                each(consumption.max(1), &mut |member| taken(member) * generation.min(consumption))
            }
            SharingKey::Equal => {
                let number = members.len() as i128;
                each(number.max(1), &mut |member| (taken(member) * number).min(generation))
            }
            SharingKey::Priority => {
                let mut left = generation;
                each(1, &mut |member| {
                    let part = taken(member).min(left);
                    left -= part;
                    part
                })
            }
            SharingKey::Hybrid => {
                let lacks = |member: &Member| taken(member) * SHARES - fixed(member);
                let lacking: i128 = members.iter().map(lacks).sum();
                let left = generation * SHARES - members.iter().map(fixed).sum::<i128>();
                let rate = (left.min(lacking) as u128, lacking as u128);
                let quota = |member: &Member| {
                    let (more, rest) = mul_div(lacks(member) as u128, rate);
                    (fixed(member) + more as i128, rest > 0)
                };
                let parts = members.iter().map(quota).collect();
                Self { whole: SHARES, parts, total: generation.min(consumption) }
            }
            SharingKey::Cascade => {
                let mut left = generation;
                let mut lacking: Vec<&Member> = members.iter().filter(|member| member.share > 0).collect();
                loop {
                    let whole: i128 = lacking.iter().map(|member| member.share).sum();
                    let enough = |member: &&Member| taken(member) * whole <= member.share * left;
                    let (leave, stay): (Vec<_>, Vec<_>) = lacking.into_iter().partition(enough);
                    left -= leave.iter().copied().map(taken).sum::<i128>();
                    lacking = stay;
                    if lacking.is_empty() {
                        return each(1, &mut |member| if member.share > 0 { taken(member) } else { 0 });
                    }
                    if leave.is_empty() {
                        return each(whole, &mut |member| (taken(member) * whole).min(member.share * left));
                    }
                }
            }
        }
    }

    /// Whether an energy is within 1 Wh of a quota.
    fn allow(&self, (parts, more): (i128, bool), energy: Energy) -> bool {
        let (energy, down) = (i128::from(energy.0), parts / self.whole);
        energy == down || (energy == down + 1 && (more || parts % self.whole > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Recoverer;
    use crate::audit::authority::Signer;
    use market::rule::RuleKind;
    use market::{
        AccountId, Address, Authentication, Claim, Command, Community, Envelope, Market, MeterTerms, Reading,
        Tariff, TariffId, TariffKind,
    };

    /// One interval of four members under a rule, each with its consumption, generation and share.
    fn commands(rule: Rule) -> Vec<Command> {
        let free = Price::ZERO;
        let prices = Prices { import: Price(30), export: Price(10) };
        let kind = TariffKind::Flat(prices);
        let tariff = Tariff { kind, grid_fee: free, peer_grid_fee: free, levy: free, peer_levy: free };
        let carrier = Carrier::Electricity;
        let interval = DeliveryInterval { start: 900, duration: 900 };
        let mut commands = vec![Command::Found(Box::new(Community {
            chain_id: 1,
            community_id: 1,
            currency: *b"EUR",
            operator: Address([9; 20]),
            authentication: Authentication::Operator,
            interval_duration: 900,
            gate_closure: 0,
            horizon: 1,
            utc_offset: 0,
            markets: vec![Market { carrier, rule, floor: Price(0), cap: Price(60) }],
            tariffs: vec![tariff],
        }))];
        let members = [(80, 0, 500_000), (20, 0, 300_000), (40, 0, 200_000), (0, 100, 0)];
        for (number, (.., share)) in (0..).zip(members) {
            let key = Address([number as u8 + 1; 20]);
            commands.push(Command::RegisterAccount { address: key });
            let terms = MeterTerms {
                account: AccountId(6 + number),
                carrier,
                key,
                import_capacity: Energy(100),
                export_capacity: Energy(100),
                tariff: TariffId(0),
                share,
            };
            commands.push(Command::RegisterMeter { terms, nonce: u64::from(number) + 1 });
        }
        commands.push(Command::Tick { time: interval.end() });
        for (number, (import, export, _)) in (0..).zip(members) {
            let (meter, import, export) = (MeterId(number), Energy(import), Energy(export));
            commands.push(Command::Read(Reading { meter, interval, import, export, sequence: 1 }));
        }
        commands.push(Command::Clear { carrier, interval, claim: Claim::Metered });
        commands
    }

    #[test]
    fn a_market_that_shares_by_another_rule_than_agreed_is_found() {
        let kinds = RuleKind::ALL.into_iter().filter(|kind| !kind.takes_orders() && kind.may_hold_money());
        let rules: Vec<Rule> = kinds
            .map(|kind| match kind {
                RuleKind::MidMarketRate => Rule::MidMarketRate { tariff: TariffId(0) },
                RuleKind::SupplyDemandRatio => Rule::SupplyDemandRatio { tariff: TariffId(0) },
                RuleKind::Key(key) => Rule::Sharing { key, price: Price(17) },
                RuleKind::ExPost => {
                    Rule::ExPost { tariff: TariffId(0), weights: [1_000_000, 800_000, 700_000, 600_000, 0] }
                }
                _ => Rule::BillSharing,
            })
            .collect();
        for agreed in &rules {
            for done in &rules {
                let (mut state, mut books, mut tally) = (State::new(), Books::default(), Tally::default());
                for (promised, command) in commands(*agreed).iter().zip(commands(*done)) {
                    let mut events = Vec::new();
                    let envelope = Envelope { command, signature: None };
                    state.apply(&envelope, &Recoverer, &mut events).unwrap();
                    // The event tells what was agreed on; only the positions betray what was done.
                    if let (Some(Event::Cleared { price, .. }), Rule::Sharing { price: own, .. }) =
                        (events.first_mut(), agreed)
                    {
                        *price = Some(*own);
                    }
                    books.record(promised, Signer::Nobody, &events, &state, &mut tally);
                }
                assert_eq!(
                    tally.first().is_none(),
                    agreed == done,
                    "{agreed:?}, {done:?}: {:?}",
                    tally.first()
                );
            }
        }
    }
}
