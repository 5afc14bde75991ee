//! What a metering point added up to: energies, the bill, and what the supplier alone would have charged.

use super::Stream;
use crate::Terms;
use market::{Energy, Money, PostingKind, Side};

/// One metering point in one delivery interval.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Row {
    pub(super) import: Energy,
    pub(super) export: Energy,
    /// Contracted with peers.
    pub(super) bought: Energy,
    pub(super) sold: Energy,
    /// Of that, not taken and not given.
    pub(super) long: Energy,
    pub(super) short: Energy,
    /// For what was contracted with peers, before fees.
    pub(super) paid: Money,
    pub(super) received: Money,
    /// All that the member paid less all it received.
    pub(super) cost: Money,
}

impl Row {
    /// Takes a line of the bill: what the meter counted is what was traded less what was not delivered of it, and what
    /// was exchanged with the supplier beyond (law S1).
    pub(super) fn line(&mut self, kind: PostingKind, side: Option<Side>, energy: Energy, money: Money) {
        self.cost += money;
        match (kind, side) {
            (PostingKind::Trade, Some(Side::Buy)) => {
                self.bought += energy;
                self.paid += money;
                self.import += energy;
            }
            (PostingKind::Trade, Some(Side::Sell)) => {
                self.sold += energy;
                self.received += -money;
                self.export += energy;
            }
            (PostingKind::Supply, Some(Side::Buy)) => self.import += energy,
            (PostingKind::Supply, Some(Side::Sell)) => self.export += energy,
            (PostingKind::Imbalance, Some(Side::Sell)) => {
                self.long += energy;
                self.import -= energy;
            }
            (PostingKind::Imbalance, Some(Side::Buy)) => {
                self.short += energy;
                self.export -= energy;
            }
            _ => {}
        }
    }

    /// Contracted with peers and really taken, Wh.
    pub(super) fn taken_from_peers(&self) -> Energy {
        self.bought - self.long
    }

    /// Contracted with peers and really given, Wh.
    pub(super) fn given_to_peers(&self) -> Energy {
        self.sold - self.short
    }

    /// Contracted but not taken or given, Wh, and what that lost against the supplier's prices.
    fn missed(&self, Terms { tariff, prices, .. }: &Terms) -> (Energy, Money) {
        let Self { long: over, short, .. } = *self;
        let import = market::Price(prices.import.0 + tariff.grid_fee.0 + tariff.levy.0);
        let lost_over = share(self.paid, over, self.bought) - over * prices.export;
        let lost_short = short * import - share(self.received, short, self.sold);
        (over + short, lost_over + lost_short)
    }
}

/// `part`/`whole` of the money; nothing of nothing.
fn share(money: Money, part: Energy, whole: Energy) -> Money {
    if whole.is_zero() { Money::ZERO } else { Money(money.0 * i128::from(part.0) / i128::from(whole.0)) }
}

/// One metering point over the whole run. Energies in Wh ≥ 0, money in n€.
#[derive(Clone, Copy, Debug, Default)]
pub struct Total {
    /// Taken through the meter.
    pub import: Energy,
    /// Given through the meter.
    pub export: Energy,
    /// Made behind the meter.
    pub generation: Energy,
    /// Used behind the meter.
    pub consumption: Energy,
    /// Contracted with peers, to take.
    pub bought: Energy,
    /// Contracted with peers, to give.
    pub sold: Energy,
    /// Taken under such contracts.
    pub from_peers: Energy,
    /// Given under such contracts.
    pub to_peers: Energy,
    /// Contracted, but neither taken nor given.
    pub missed: Energy,
    /// What that lost against the supplier's prices, before fees between peers.
    pub missed_cost: Money,
    /// Paid less received: the bill.
    pub cost: Money,
    /// The same readings at the supplier's tariff.
    pub at_tariff: Money,
    /// Energy and money by kind of posting; money positive when paid.
    pub bill: [(Energy, Money); PostingKind::ALL.len()],
    /// Energy by stream.
    pub streams: [Energy; Stream::ALL.len()],
}

impl Total {
    /// Adds one interval; without a tariff there is no meter, so nothing was taken or given.
    pub(super) fn add(&mut self, row: &Row, flow: &super::MemberFlow, terms: Option<&Terms>) {
        if let Some(terms) = terms {
            let (missed, missed_cost) = row.missed(terms);
            self.missed += missed;
            self.missed_cost += missed_cost;
        }
        self.change(row, terms);
        self.generation += flow.generation();
        self.consumption += flow.consumption();
        for (sum, energy) in self.streams.iter_mut().zip(flow.streams) {
            *sum += energy;
        }
    }

    /// Adds what a correction changed; what was missed stays as it was first known.
    pub(super) fn change(&mut self, row: &Row, terms: Option<&Terms>) {
        self.at_tariff += terms.map_or(Money::ZERO, |terms| terms.changed(row.import, row.export));
        self.import += row.import;
        self.export += row.export;
        self.bought += row.bought;
        self.sold += row.sold;
        self.from_peers += row.taken_from_peers();
        self.to_peers += row.given_to_peers();
        self.cost += row.cost;
    }

    /// The sum of two, field by field.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.import += other.import;
        self.export += other.export;
        self.generation += other.generation;
        self.consumption += other.consumption;
        self.bought += other.bought;
        self.sold += other.sold;
        self.from_peers += other.from_peers;
        self.to_peers += other.to_peers;
        self.missed += other.missed;
        self.missed_cost += other.missed_cost;
        self.cost += other.cost;
        self.at_tariff += other.at_tariff;
        for (sum, part) in self.bill.iter_mut().zip(other.bill) {
            *sum = (sum.0 + part.0, sum.1 + part.1);
        }
        for (sum, part) in self.streams.iter_mut().zip(other.streams) {
            *sum += part;
        }
        self
    }

    /// Less than at the supplier's tariff by this much; negative where it is more.
    #[must_use]
    pub fn saved(&self) -> Money {
        self.at_tariff - self.cost
    }

    /// Bought from the supplier, Wh.
    #[must_use]
    pub fn from_supplier(&self) -> Energy {
        self.import - self.from_peers
    }

    /// Sold to the supplier, Wh.
    #[must_use]
    pub fn to_supplier(&self) -> Energy {
        self.export - self.to_peers
    }

    /// Of what was made here, used here, Wh.
    #[must_use]
    pub fn own_use(&self) -> Energy {
        Energy((self.consumption - self.import).0.clamp(0, self.consumption.0))
    }
}
