//! What a member offers to a coupled clearing beside its orders: to convert, and to store.
//!
//! A conversion is worth while for its owner where the outputs earn at least what the input and the conversion cost.
//! The clearing knows the prices before fees, r · p_out ≥ p_in + cost; so the *cost* holds what the owner pays beyond
//! them: the fees on energy from peers, and what whole units may take from it (a buyer pays the price rounded up, a
//! seller receives it rounded down). With this cost no conversion makes its owner worse off (law C8).
//!
//! A coupled clearing supplies a conversion from its peers alone. What an earlier round did not convert, the last round
//! before the gate offers as a plain order at what it costs with energy from the supplier ([`super::strategy`]), where
//! anybody could pay that: the same capacity is never offered twice. Where there is only one round, conversions go first
//! if the input has been traded among peers lately.
//!
//! A conversion is not offered against what its owner holds or orders in the same books, with one exception: where it
//! would give more than the owner orders to buy, the order gives way; the supplier stands in as without the market.

use crate::device::Converter;
use crate::strategy::Situation;
use crate::{Coupling, Intent};
use market::{Carrier, DeliveryInterval, Energy, Price, Side};

/// A conversion that a member wants to offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionIntent {
    /// By which of its devices.
    pub kind: Converter,
    /// For when.
    pub interval: DeliveryInterval,
    /// What it gives: carriers with Wh given per Wh taken, parts per million.
    pub outputs: Vec<(Carrier, u32)>,
    /// Most it takes, Wh of the input, > 0.
    pub capacity: Energy,
    /// What it costs beside the input, n€ per Wh of the input, ≥ 0.
    pub cost: Price,
}

impl ConversionIntent {
    /// Whether it trades where a storage offer of its owner does, which takes and gives there.
    pub(crate) fn meets(&self, storage: &StorageIntent) -> bool {
        let electric = |carrier: Carrier| carrier == Carrier::Electricity;
        let touches =
            electric(self.kind.input()) || self.outputs.iter().any(|(carrier, _)| electric(*carrier));
        touches && self.interval >= storage.interval
    }
}

/// A battery that a member wants to offer over several intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageIntent {
    /// The first interval.
    pub interval: DeliveryInterval,
    /// How many more follow.
    pub further: u16,
    /// Most it takes and most it gives in one interval, Wh.
    pub power: [Energy; 2],
    /// Most it holds above its reserve, Wh.
    pub capacity: Energy,
    /// What it holds above its reserve before the first interval, Wh.
    pub level: Energy,
    /// What it must hold above its reserve after the last: as much, less what it loses by standing, Wh.
    pub least: Energy,
    /// Stored per Wh taken, given per Wh withdrawn, left per Wh held for an interval, parts per million.
    pub efficiencies: [u32; 3],
    /// What wear and fees cost, n€ per Wh given.
    pub cost: Price,
}

impl Situation<'_> {
    /// Whether converters of a kind are offered as conversions for an interval in this round.
    pub(crate) fn converts(&self, kind: Converter, ahead: usize) -> bool {
        let coupling = &self.outlook.coupling;
        let Some(input) = &self.outlook.markets[kind.input() as usize] else { return false };
        let Some(planned) = self.plan.get(ahead) else { return false };
        let round = if self.outlook.open > 1 { ahead > 0 } else { !input.recent.is_empty() };
        (round || self.plain(kind, ahead, planned).is_none())
            && planned.spare.any_part[kind as usize]
            && coupling.carriers[kind.input() as usize]
            && !self.outputs(kind, ahead).is_empty()
    }

    /// What a kind could give to coupled markets; nothing where what it is there for cannot be sold. Of the electricity, the
    /// part that its owner needs at full power is kept.
    fn outputs(&self, kind: Converter, ahead: usize) -> Vec<(Carrier, u32)> {
        let Coupling { carriers, sells, .. } = &self.outlook.coupling;
        let main = match kind {
            Converter::Chp | Converter::HeatPump | Converter::Boiler | Converter::ElectricBoiler => {
                Carrier::Heat
            }
            Converter::FuelCell => Carrier::Electricity,
            Converter::Electrolyser => Carrier::Gas,
        };
        let ratios = self.devices.ratios(kind, self.ask.known);
        let kept = |carrier: Carrier, ratio: u32| {
            let Some(planned) = self.plan.get(ahead).filter(|_| carrier == Carrier::Electricity) else {
                return ratio;
            };
            let most = ratios[carrier as usize].of(planned.spare.inputs[kind as usize]);
            let own = planned.delivery.of(carrier).import.clamp(0, most);
            if most == 0 { 0 } else { (i64::from(ratio) * (most - own) / most) as u32 }
        };
        let sold = |carrier: &Carrier| {
            let index = *carrier as usize;
            carriers[index] && sells[index] && self.outlook.markets[index].is_some()
        };
        let given = Carrier::ALL.into_iter().filter(sold);
        let given =
            given.map(|carrier| (carrier, kept(carrier, ratios[carrier as usize].parts_per_million())));
        let given: Vec<_> = given.filter(|(_, ratio)| *ratio > 0).collect();
        if given.iter().any(|(carrier, _)| *carrier == main) { given } else { Vec::new() }
    }

    /// Adds the conversions to offer; orders that give way to them are taken out.
    pub(crate) fn conversions(&self, orders: &mut Vec<Intent>, offers: &mut Vec<ConversionIntent>) {
        for (ahead, planned) in self.plan.iter().enumerate() {
            let interval = self.outlook.first.later(ahead as u64);
            let market = |carrier: Carrier| self.outlook.markets[carrier as usize].as_ref();
            // +1 where it buys, −1 where it sells.
            let mut sides =
                Carrier::ALL.map(|carrier| market(carrier).map_or(0, |market| market.held(ahead).signum()));
            for kind in Converter::ALL {
                let capacity = planned.spare.inputs[kind as usize];
                if capacity <= 0 || !self.converts(kind, ahead) {
                    continue;
                }
                let (input, outputs) = (kind.input(), self.outputs(kind, ahead));
                let gives = |carrier: Carrier| outputs.iter().any(|(given, _)| *given == carrier);
                let ratios = self.devices.ratios(kind, self.ask.known);
                let opposed = |order: &Intent| {
                    order.interval == interval
                        && match order.side {
                            Side::Sell => order.carrier == input,
                            Side::Buy => gives(order.carrier),
                        }
                };
                let gives_way = |order: &Intent| {
                    order.side == Side::Buy && order.energy.0 < ratios[order.carrier as usize].of(capacity)
                };
                if sides[input as usize] < 0
                    || outputs.iter().any(|(carrier, _)| sides[*carrier as usize] > 0)
                    || orders.iter().any(|order| opposed(order) && !gives_way(order))
                {
                    continue;
                }
                // What a unit burns and makes at part load beyond what is asked of it is traded in the last round: until then
                // it may yet be asked for more.
                let beside = |order: &Intent| {
                    let unit = matches!(kind, Converter::Chp | Converter::FuelCell);
                    let buys = order.side == Side::Buy && order.carrier == input;
                    let sells = order.side == Side::Sell && gives(order.carrier);
                    unit && order.interval == interval && (buys || sells)
                };
                orders.retain(|order| !opposed(order) && !beside(order));
                sides[input as usize] = 1;
                outputs.iter().for_each(|(carrier, _)| sides[*carrier as usize] = -1);
                let fees = market(input).map_or(Price::ZERO, |market| market.fees.peer);
                // A whole price more for the input, and less for what each Wh of it gives.
                let rounding: i64 =
                    outputs.iter().map(|(_, ratio)| i64::from(ratio.div_ceil(1_000_000))).sum();
                let cost = fees + Price(1 + rounding);
                offers.push(ConversionIntent { kind, interval, outputs, capacity: Energy(capacity), cost });
            }
        }
    }

    /// The battery over the open intervals after the first, to be given back as full as it was; orders for these
    /// intervals wait for the next round.
    pub(crate) fn storage(&self, orders: &mut Vec<Intent>) -> Option<StorageIntent> {
        const ELECTRICITY: usize = Carrier::Electricity as usize;
        let Coupling { carriers, sells, .. } = &self.outlook.coupling;
        let market = self.outlook.markets[ELECTRICITY].as_ref()?;
        let [battery] = self.devices.batteries.as_slice() else { return None };
        let further = u16::try_from(self.outlook.open.checked_sub(2)?).ok()?;
        if further == 0 || !carriers[ELECTRICITY] || !sells[ELECTRICITY] {
            return None;
        }
        let storage = &battery.storage;
        let level = (self.plan.first()?.delivery.battery - storage.reserve).max(0);
        let interval = self.outlook.first.later(1);
        orders.retain(|order| order.carrier != Carrier::Electricity || order.interval < interval);
        let ratios = [storage.charge_efficiency, storage.discharge_efficiency];
        let both = ratios[0].value() * ratios[1].value();
        // Fees are paid on what is taken; each Wh given takes 1/η of it.
        let fees = (market.fees.peer.0 as f64 / both) as i64 + 1;
        let least =
            (0..=further).fold(level, |level, _| (level - storage.standing_loss.of(level) - 1).max(0));
        Some(StorageIntent {
            interval,
            further,
            power: [Energy(storage.charge), Energy(storage.discharge)],
            capacity: Energy(storage.capacity - storage.reserve),
            level: Energy(level),
            least: Energy(least),
            efficiencies: [
                ratios[0].parts_per_million(),
                ratios[1].parts_per_million(),
                1_000_000 - storage.standing_loss.parts_per_million(),
            ],
            cost: Price(battery.degradation_cost + fees),
        })
    }
}
