//! Bills: what one metering point pays and receives for a delivery interval.
//!
//! Per metering point and register, metered energy is energy traded with peers plus energy exchanged with the
//! supplier (law S1). What was contracted but not delivered or not taken is exchanged with the supplier too, at
//! the same prices, and posted as imbalance. All energy bought from the supplier carries the tariff's full fees,
//! so selling what one does not have never pays; energy bought from peers carries the peer fees on what was taken.
//!
//! Later agreements ([`Agreed`]) may let the community settle deviations with everybody together, charge grid fees by
//! distance, value added tax, and a penalty for what was sold and not delivered: `docs/settlement.md` has the formulas.

use crate::{
    AccountId, Deviation, DeviationMoney, Energy, Money, PPM, Position, PostingKind, Price, Prices, Side,
    Tariff,
};

/// Everything that fixes what one metering point pays and receives for an interval.
#[derive(Clone, Copy, Debug)]
pub struct Bill<'a> {
    /// What it traded with peers.
    pub position: Position,
    /// Energy it took, Wh, ≥ 0.
    pub import: Energy,
    /// Energy it gave, Wh, ≥ 0.
    pub export: Energy,
    /// The supplier's prices in the interval.
    pub prices: Prices,
    /// The supplier's fees.
    pub tariff: &'a Tariff,
    /// What was agreed on beside.
    pub agreed: Agreed,
}

/// What holds for a bill beside its tariff; by default nothing does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// What deviations cost where the community settles them together; none: each member with its own supplier.
    pub deviations: Option<DeviationMoney>,
    /// Grid fees by distance; none: the tariff's one fee on energy from peers.
    pub distances: Option<Distances>,
    /// Value added tax, parts per million.
    pub vat: u32,
    /// Paid to the community per Wh sold and not delivered beyond the tolerance, n€/Wh, ≥ 0.
    pub penalty: Price,
    /// Part of what was sold that may stay away without a penalty, parts per million, ≤ 10⁶.
    pub tolerance: u32,
}

/// Energy from peers by [`crate::Distance`], and what the grid operator takes for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distances {
    /// Bought, Wh, ≥ 0.
    pub bought: [Energy; 4],
    /// Fees, n€/Wh, ≥ 0.
    pub fees: [Price; 4],
}

impl Distances {
    /// Energy taken and its fee, from the nearest seller on: what was bought and not taken came from the farthest. What
    /// came from nobody known came from elsewhere.
    fn taken(&self, taken: Energy) -> [(Energy, Price); 4] {
        let mut left = taken;
        let mut lines = [(Energy::ZERO, Price::ZERO); 4];
        for ((line, bought), fee) in lines.iter_mut().zip(self.bought).zip(self.fees) {
            let energy = bought.min(left);
            *line = (energy, fee);
            left -= energy;
        }
        lines[3].0 += left;
        lines
    }
}

/// One line of a bill, from the member's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// Why.
    pub kind: PostingKind,
    /// Buy: the member pays; sell: the member receives.
    pub side: Side,
    /// Who receives or pays on the other side.
    pub with: AccountId,
    /// The energy behind it, Wh, ≥ 0.
    pub energy: Energy,
    /// How much, n€; negative where the price is.
    pub money: Money,
    /// The price behind it where a single one explains the money, n€/Wh.
    pub price: Option<Price>,
}

impl Bill<'_> {
    /// Every line there can be, those over nothing too; what the member receives comes first, so that it need not
    /// borrow what it has earned.
    #[inline]
    #[must_use]
    pub fn lines(&self) -> [BillLine; 15] {
        let Self { position, import, export, prices, tariff, agreed } = *self;
        let taken_from_peers = position.bought.min(import);
        let supplied = above(import, position.bought);
        let fed_in = above(export, position.sold);
        let Deviation { short, long } = Deviation::of(&position, import, export);
        let missing = above(short, parts_of(position.sold, agreed.tolerance));
        let by_distance = agreed.distances.map_or_else(
            || {
                let mut lines = [(Energy::ZERO, Price::ZERO); 4];
                lines[0] = (taken_from_peers, tariff.peer_grid_fee);
                lines
            },
            |distances| distances.taken(taken_from_peers),
        );

        use PostingKind::{GridFee, Imbalance, Levy, Penalty, Supply, Trade, Vat};
        use Side::{Buy, Sell};
        let [community, supplier, grid, state] =
            [AccountId::COMMUNITY, AccountId::SUPPLIER, AccountId::GRID_OPERATOR, AccountId::LEVIES];
        let line = |kind, side, with, energy: Energy, price: Price| BillLine {
            kind,
            side,
            with,
            energy,
            money: energy * price,
            price: Some(price),
        };
        let sum = |kind, side, energy, money: Money| BillLine {
            kind,
            side,
            with: community,
            energy,
            money,
            price: unit_price(money, energy),
        };
        let deviation = |side, energy, price, together: Option<Money>| match together {
            None => line(Imbalance, side, supplier, energy, price),
            Some(money) => sum(Imbalance, side, energy, money),
        };
        let together = agreed.deviations;
        let near_to_far = by_distance.map(|(energy, fee)| line(GridFee, Buy, grid, energy, fee));
        let [building, feeder, substation, elsewhere] = near_to_far;
        let mut lines = [
            sum(Trade, Sell, position.sold, position.received()),
            line(Supply, Sell, supplier, fed_in, prices.export),
            deviation(Sell, long, prices.export, together.map(|money| money.long)),
            sum(Trade, Buy, position.bought, position.paid()),
            line(Supply, Buy, supplier, supplied, prices.import),
            deviation(Buy, short, prices.import, together.map(|money| money.short)),
            building,
            feeder,
            substation,
            elsewhere,
            line(Levy, Buy, state, taken_from_peers, tariff.peer_levy),
            line(GridFee, Buy, grid, supplied + short, tariff.grid_fee),
            line(Levy, Buy, state, supplied + short, tariff.levy),
            line(Penalty, Buy, community, missing, agreed.penalty),
            BillLine { price: None, ..line(Vat, Buy, state, Energy::ZERO, Price::ZERO) },
        ];
        if agreed.vat > 0 {
            // A penalty makes a damage good: it is no price for anything.
            let taxed = |line: &&BillLine| line.side == Buy && line.kind != Penalty;
            let base: Money = lines.iter().filter(taxed).map(|line| line.money).sum();
            if let Some(tax) = lines.last_mut() {
                tax.money = Money(base.0.max(0) * i128::from(agreed.vat) / i128::from(PPM));
            }
        }
        lines
    }

    /// What the member pays on balance, n€; negative where it receives.
    #[must_use]
    pub fn total(&self) -> Money {
        let signed = |line: &BillLine| if line.side == Side::Buy { line.money } else { -line.money };
        self.lines().iter().map(signed).sum()
    }
}

/// By how much one energy exceeds another.
fn above(one: Energy, other: Energy) -> Energy {
    Energy((one - other).0.max(0))
}

/// So many millionths, rounded down.
fn parts_of(energy: Energy, parts: u32) -> Energy {
    Energy(energy.0 * i64::from(parts) / i64::from(PPM))
}

/// The price that explains the money of a metering point, which fits 64 bits, where a single one does.
fn unit_price(money: Money, energy: Energy) -> Option<Price> {
    let money = i64::try_from(money.0).ok()?;
    (energy.0 != 0 && money % energy.0 == 0).then(|| Price(money / energy.0))
}
