//! What a metering point owes for an interval, from the text of its tariff and of what was agreed (D1, D3, S1, S4).

use super::books::OwnPosition;
use market::{
    AccountId, Agreement, Energy, MeterId, Money, Posting, PostingKind, Price, Prices, Side, Tariff,
    TariffVersion,
};

/// An entry of the journal, as far as it is not about when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) kind: PostingKind,
    pub(super) side: Option<Side>,
    pub(super) energy: Energy,
    pub(super) debit: AccountId,
    pub(super) credit: AccountId,
    pub(super) money: Money,
    pub(super) price: Option<Price>,
    pub(super) meter: Option<MeterId>,
}

impl From<&Posting> for Entry {
    fn from(posting: &Posting) -> Self {
        let Posting { kind, side, energy, debit, credit, money, price, meter, .. } = *posting;
        Self { kind, side, energy, debit, credit, money, price, meter }
    }
}

impl Entry {
    /// `payer` gives `money`, which a negative price turns around.
    pub(super) fn new(
        kind: PostingKind,
        side: Side,
        [payer, payee]: [AccountId; 2],
        (energy, money, price): (Energy, Money, Option<Price>),
    ) -> Self {
        let [debit, credit] = if money < Money::ZERO { [payee, payer] } else { [payer, payee] };
        Self { kind, side: Some(side), energy, debit, credit, money: money.abs(), price, meter: None }
    }

    /// What `account` pays by it, n€; negative where it receives.
    pub(super) fn paid_by(&self, account: AccountId) -> Money {
        if self.debit == account { self.money } else { -self.money }
    }
}

/// What fixes one metering point's bill.
pub(super) struct Bill<'a> {
    pub(super) meter: MeterId,
    pub(super) member: AccountId,
    pub(super) import: Energy,
    pub(super) export: Energy,
    pub(super) position: OwnPosition,
    /// Bought, by how far the seller is.
    pub(super) distances: [Energy; 4],
    pub(super) prices: Prices,
    pub(super) tariff: &'a Tariff,
    /// The version that the tariff is of; none where the founding terms hold.
    pub(super) version: Option<&'a TariffVersion>,
    pub(super) agreement: Option<&'a Agreement>,
    /// What is paid for lacking and received for leaving energy, where the community settles that.
    pub(super) deviation: Option<[Money; 2]>,
}

impl Bill<'_> {
    /// By how much metered energy exceeds what was contracted, taken and given; negative where it falls short.
    pub(super) fn beyond(&self) -> [Energy; 2] {
        [self.import - self.position.bought, self.export - self.position.sold]
    }

    /// Everything that must be posted, and nothing else.
    pub(super) fn entries(&self) -> Vec<Entry> {
        use PostingKind::{GridFee, Imbalance, Levy, Penalty, Supply, Trade, Vat};
        use Side::{Buy, Sell};
        let Self { member, position, prices, tariff, .. } = self;
        let [took, gave] = self.beyond();
        let none = Energy::ZERO;
        let pays = |to| [*member, to];
        let gets = |from| [from, *member];
        let mut entries = Vec::new();
        let mut add = |kind, side, parties, energy: Energy, money: Money, price| {
            // Energy is written down even where it costs nothing, fees and taxes only where they cost something.
            let counts = if matches!(kind, Trade | Supply | Imbalance) {
                energy != none
            } else {
                money != Money::ZERO
            };
            if counts {
                entries.push(Entry::new(kind, side, parties, (energy, money, price)));
            }
        };
        let sum = |energy: Energy, money: Money| {
            let whole = energy != none && money.0 % i128::from(energy.0) == 0;
            whole.then(|| Price((money.0 / i128::from(energy.0)) as i64))
        };
        let community = AccountId::COMMUNITY;
        let (bought, sold) = (position.bought, position.sold);
        add(Trade, Buy, pays(community), bought, position.paid, sum(bought, position.paid));
        add(Trade, Sell, gets(community), sold, position.received, sum(sold, position.received));

        let at = |energy: Energy, price: Price| (energy, energy * price, Some(price));
        let supplier = AccountId::SUPPLIER;
        let (supplied, fed_in) = (took.max(none), gave.max(none));
        let (long, short) = ((-took).max(none), (-gave).max(none));
        let (energy, money, price) = at(supplied, prices.import);
        add(Supply, Buy, pays(supplier), energy, money, price);
        let (energy, money, price) = at(fed_in, prices.export);
        add(Supply, Sell, gets(supplier), energy, money, price);
        let (with, [lacking, leaving]) = match self.deviation {
            Some(money) => (community, money),
            None => (supplier, [short * prices.import, long * prices.export]),
        };
        add(Imbalance, Buy, pays(with), short, lacking, sum(short, lacking));
        add(Imbalance, Sell, gets(with), long, leaving, sum(long, leaving));

        let (grid, levies) = (AccountId::GRID_OPERATOR, AccountId::LEVIES);
        let from_peers = bought - long;
        for (kind, to, price) in [(GridFee, grid, tariff.grid_fee), (Levy, levies, tariff.levy)] {
            let (energy, money, price) = at(supplied + short, price);
            add(kind, Buy, pays(to), energy, money, price);
        }
        let (energy, money, price) = at(from_peers, tariff.peer_levy);
        add(Levy, Buy, pays(levies), energy, money, price);
        match self.version.and_then(|version| version.distance_fees) {
            None => {
                let (energy, money, price) = at(from_peers, tariff.peer_grid_fee);
                add(GridFee, Buy, pays(grid), energy, money, price);
            }
            Some(fees) => {
                // What was bought and not taken came from the farthest.
                let mut untaken = long;
                let mut near = self.distances;
                near[3] += bought - near.into_iter().sum();
                for (energy, fee) in near.into_iter().zip(fees).rev() {
                    let off = untaken.min(energy);
                    untaken -= off;
                    let (energy, money, price) = at(energy - off, fee);
                    add(GridFee, Buy, pays(grid), energy, money, price);
                }
            }
        }
        let charged = entries.iter().filter(|entry| entry.side == Some(Buy));
        let base: Money = charged.map(|entry| entry.paid_by(*member)).sum();
        let vat = i128::from(self.version.map_or(0, |version| version.vat));
        let tax = Money((base.0 * vat).div_euclid(1_000_000).max(0));
        if tax > Money::ZERO {
            entries.push(Entry::new(Vat, Buy, pays(levies), (none, tax, None)));
        }
        if let Some(terms) = self.agreement {
            let tolerated = i128::from(sold.0) * i128::from(terms.tolerance) / 1_000_000;
            let (energy, money, price) = at((short - Energy(tolerated as i64)).max(none), terms.penalty);
            if money > Money::ZERO {
                entries.push(Entry::new(Penalty, Buy, pays(community), (energy, money, price)));
            }
        }
        entries.iter_mut().for_each(|entry| entry.meter = Some(self.meter));
        entries
    }
}
