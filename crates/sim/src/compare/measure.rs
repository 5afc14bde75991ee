//! Figures: what a design means for each member and for all. `docs/compare.md` has the formulas.

use super::design::PointWishes;
use super::record::Recording;
use crate::Scenario;
use market::{Agreed, Bill, Carrier, Energy, Money, Position};

/// What is the same under all designs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Community {
    /// Names of the members, in order.
    pub members: Vec<String>,
    /// What kind of member each is.
    pub kinds: Vec<String>,
    /// The carrier that self-consumption and self-sufficiency are told of: the first that is traded.
    pub carrier: Carrier,
    /// Per member, made and used of that carrier, Wh.
    pub flows: Vec<(Energy, Energy)>,
    /// Per member, what it would pay if nobody had a market and devices knew it, n€.
    pub without_market: Vec<Money>,
    /// Whether the scenario says nothing of labels, so that some members are taken to ask for green energy.
    pub assumed_wishes: bool,
    /// Delivery intervals.
    pub intervals: u64,
    /// Orders recorded.
    pub orders: u64,
}

/// One member under one design; energies by carrier, Wh ≥ 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Paid less received, fees and levies included, n€.
    pub bill: Money,
    /// The same readings with the supplier alone, n€.
    pub at_tariff: Money,
    /// What its trades are worth to it by its own limits, less what it paid for them, n€.
    pub gain: Money,
    /// Contracted with peers, to take.
    pub bought: [Energy; 3],
    /// Contracted with peers, to give.
    pub sold: [Energy; 3],
    /// Taken under such contracts.
    pub from_peers: [Energy; 3],
    /// Given under such contracts.
    pub to_peers: [Energy; 3],
    /// Taken through the meter.
    pub import: [Energy; 3],
    /// Given through the meter.
    pub export: [Energy; 3],
}

impl Account {
    /// Less than with the supplier alone by this much; negative where it pays more.
    #[must_use]
    pub fn saved(&self) -> Money {
        self.at_tariff - self.bill
    }
}

/// One design in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Per member.
    pub members: Vec<Account>,
    /// What buyers paid to peers less what sellers received from them, n€: negative is a deficit.
    pub surplus: Money,
    /// By label, energy asked for, offered and delivered where it was guaranteed, Wh; zeros where no labels are known.
    pub labels: [[Energy; 3]; 3],
}

impl Community {
    pub(super) fn of(scenario: &Scenario, recording: &Recording, without: &Recording) -> Self {
        let carrier = recording.terms.markets.first().map_or(Carrier::Electricity, |market| market.carrier);
        let mut without_market = vec![Money::ZERO; scenario.members.len()];
        for recorded in &without.intervals {
            for market in &without.terms.markets {
                let at = market.carrier as usize;
                for (point, reading) in without.points[at].iter().zip(&recorded.exchanges[at].readings) {
                    let tariff = usize::from(point.tariff.0);
                    let bill = Bill {
                        position: Position::default(),
                        import: reading.import,
                        export: reading.export,
                        prices: recorded.prices[tariff],
                        tariff: &without.terms.tariffs[tariff],
                        agreed: Agreed::default(),
                    };
                    without_market[point.member] += bill.total();
                }
            }
        }
        let books = recording.intervals.iter().flat_map(|recorded| &recorded.exchanges);
        Self {
            members: scenario.members.iter().map(|member| member.name.clone()).collect(),
            kinds: scenario.members.iter().map(|member| member.kind.clone()).collect(),
            carrier,
            flows: recording.flows.iter().map(|flows| flows[carrier as usize]).collect(),
            without_market,
            assumed_wishes: PointWishes::are_assumed(scenario),
            intervals: recording.intervals.len() as u64,
            orders: books.map(|exchange| exchange.sequence.len() as u64).sum(),
        }
    }

    /// What all would pay without a market, n€.
    #[must_use]
    pub fn without_market(&self) -> Money {
        self.without_market.iter().copied().sum()
    }

    /// Parts per million of what the given members made that stayed inside; nothing where nothing was made.
    #[must_use]
    pub fn self_consumption(&self, measured: &Measured, members: &[usize]) -> Option<i64> {
        let sums = self.sums(measured, members);
        let own = (sums.made - sums.export).max(0);
        share(own + sums.to_peers, own + sums.export)
    }

    /// Parts per million of what the given members used that did not come from the supplier.
    #[must_use]
    pub fn self_sufficiency(&self, measured: &Measured, members: &[usize]) -> Option<i64> {
        let sums = self.sums(measured, members);
        let own = (sums.used - sums.import).clamp(0, sums.used);
        share(own + sums.from_peers, own + sums.import)
    }

    fn sums(&self, measured: &Measured, members: &[usize]) -> Sums {
        let at = self.carrier as usize;
        let mut sums = Sums::default();
        for member in members {
            let account = &measured.members[*member];
            sums.made += self.flows[*member].0.0;
            sums.used += self.flows[*member].1.0;
            sums.import += account.import[at].0;
            sums.export += account.export[at].0;
            sums.from_peers += account.from_peers[at].0;
            sums.to_peers += account.to_peers[at].0;
        }
        sums
    }
}

#[derive(Default)]
struct Sums {
    made: i64,
    used: i64,
    import: i64,
    export: i64,
    from_peers: i64,
    to_peers: i64,
}

fn share(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| (i128::from(part) * 1_000_000 / i128::from(whole)) as i64)
}

impl Measured {
    /// What all members pay, n€.
    #[must_use]
    pub fn bill(&self) -> Money {
        self.members.iter().map(|member| member.bill).sum()
    }

    /// What they would pay with the supplier alone, n€.
    #[must_use]
    pub fn at_tariff(&self) -> Money {
        self.members.iter().map(|member| member.at_tariff).sum()
    }

    /// What they save together, n€.
    #[must_use]
    pub fn saved(&self) -> Money {
        self.at_tariff() - self.bill()
    }

    /// Gains from trade by the members' own limits, the community's surplus among them, n€.
    #[must_use]
    pub fn welfare(&self) -> Money {
        self.members.iter().map(|member| member.gain).sum::<Money>() + self.surplus
    }

    /// Energy traded among members by carrier, Wh.
    #[must_use]
    pub fn traded(&self, carrier: Carrier) -> Energy {
        self.members.iter().map(|member| member.bought[carrier as usize]).sum()
    }

    /// How many members pay more than with the supplier alone.
    #[must_use]
    pub fn worse_off(&self) -> usize {
        self.members.iter().filter(|member| member.saved().0 < 0).count()
    }

    /// Who saves least, and how much.
    #[must_use]
    pub fn worst(&self) -> Option<(usize, Money)> {
        let saved = self.members.iter().enumerate().map(|(number, member)| (number, member.saved()));
        saved.min_by_key(|(number, saved)| (*saved, *number))
    }

    /// Jain's index of the savings, parts per million; a loss counts as no saving.
    #[must_use]
    pub fn jain(&self) -> Option<i64> {
        jain(&self.savings())
    }

    /// Gini coefficient of the savings, parts per million; a loss counts as no saving.
    #[must_use]
    pub fn gini(&self) -> Option<i64> {
        gini(&self.savings())
    }

    fn savings(&self) -> Vec<f64> {
        self.members.iter().map(|member| member.saved().0.max(0) as f64).collect()
    }
}

/// (Σx)² / (n Σx²), parts per million: 1 where all are equal, 1/n where one has all. Jain, Chiu, Hawe 1984.
fn jain(values: &[f64]) -> Option<i64> {
    let sum: f64 = values.iter().sum();
    let squares: f64 = values.iter().map(|value| value * value).sum();
    (squares > 0.0).then(|| (sum * sum / (values.len() as f64 * squares) * 1e6).round() as i64)
}

/// Σᵢ (2i − n − 1) xᵢ / (n Σx) over ascending x, parts per million: 0 where all are equal, (n − 1)/n where one has
/// all.
fn gini(values: &[f64]) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let sum: f64 = sorted.iter().sum();
    let count = sorted.len() as f64;
    let weighted: f64 =
        sorted.iter().enumerate().map(|(place, value)| (2.0 * place as f64 + 1.0 - count) * value).sum();
    (sum > 0.0).then(|| (weighted / (count * sum) * 1e6).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fairness_by_hand() {
        // Equal: 1 and 0. One of four has all: ¼ and ¾. 1, 2, 3: 36/(3·14) and (−2·1 + 0·2 + 2·3)/(3·6).
        let check = |values: &[f64], expected: (i64, i64)| {
            assert_eq!((jain(values), gini(values)), (Some(expected.0), Some(expected.1)), "{values:?}");
        };
        check(&[5.0, 5.0, 5.0], (1_000_000, 0));
        check(&[0.0, 8.0, 0.0, 0.0], (250_000, 750_000));
        check(&[3.0, 1.0, 2.0], (857_143, 222_222));
        assert_eq!((jain(&[0.0, 0.0]), gini(&[])), (None, None));
    }

    #[test]
    fn whoever_loses_counts_as_saving_nothing_and_is_named() {
        let member =
            |saved: i128| Account { at_tariff: Money(100), bill: Money(100 - saved), ..Account::default() };
        let measured = Measured { members: vec![member(8), member(-2), member(-5)], ..Measured::default() };
        assert_eq!((measured.saved(), measured.worse_off()), (Money(1), 2));
        assert_eq!(measured.worst(), Some((2, Money(-5))));
        assert_eq!((measured.jain(), measured.gini()), (Some(333_333), Some(666_667)));
    }
}
