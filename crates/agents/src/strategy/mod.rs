//! How a member bids. [`Strategy`] is a seam: users write their own.
//!
//! A strategy sees a [`Situation`]: the outlook (tariff, contracts, recent prices) and the member's own plan for the
//! open intervals, made from forecasts; never the future. All of them bid within the reservation range: never to buy
//! above [`MarketOutlook::most`], never to sell below [`MarketOutlook::least`], never both sides of one book.

mod ladder;
pub use ladder::Ladder;

use crate::dispatch::{Ask, Guide, Spare};
use crate::forecast::Forecaster;
use crate::{Delivery, Devices, Intent, MarketOutlook, Outlook, Random, Ratio, State};
use market::{Carrier, Energy, Price, Side};

/// Decides on orders, and may steer devices.
pub trait Strategy: Send {
    /// The name used in files and reports.
    fn name(&self) -> &'static str;

    /// Adds the orders for the open intervals to `orders`.
    fn orders(&mut self, situation: &Situation<'_>, random: &mut Random, orders: &mut Vec<Intent>);

    /// Set-points for the delivery of a step; by default the rule of [`crate::dispatch`].
    fn guide(&self, _step: i64) -> Guide {
        Guide::default()
    }
}

/// What is planned for one open interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// What the devices would do, given the forecasts and the contracts held.
    pub delivery: Delivery,
    /// Heat that could be made beyond that.
    pub spare: Spare,
}

/// All a strategy may know.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Tariff, contracts, recent prices.
    pub outlook: &'a Outlook<'a>,
    /// The member's devices.
    pub devices: &'a Devices,
    /// Where they are expected to stand before the first open interval.
    pub state: &'a State,
    /// What is asked of them in the first open interval: order of merit, connections, the last step known.
    pub ask: &'a Ask<'a>,
    /// Forecasts of demand, per carrier.
    pub demand: &'a [Option<Forecaster>; 3],
    /// Forecasts of generation, per carrier.
    pub generation: &'a [Option<Forecaster>; 3],
    /// The plan per open interval.
    pub plan: &'a [Planned],
    /// Mean absolute error of the forecast of net electricity at the first open interval, Wh.
    pub error: f64,
}

/// One order's worth of choice: what is to be traded in one book, and between which limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Of what.
    pub carrier: Carrier,
    /// How many intervals after the first open one.
    pub ahead: usize,
    /// Buy or sell.
    pub side: Side,
    /// How much, Wh, > 0.
    pub energy: i64,
    /// The limit one would like best: the other side's reservation, n€/Wh.
    pub favourable: Price,
    /// The limit at which one does not care, n€/Wh.
    pub reservation: Price,
}

impl Need {
    /// The order for this need at a limit, which is brought into the range between the two ends.
    #[must_use]
    pub fn at(&self, limit: Price, outlook: &Outlook<'_>) -> Intent {
        let (low, high) = (self.favourable.min(self.reservation), self.favourable.max(self.reservation));
        Intent {
            carrier: self.carrier,
            interval: outlook.first.later(self.ahead as u64),
            side: self.side,
            energy: Energy(self.energy),
            limit: limit.clamp(low, high),
        }
    }
}

impl Situation<'_> {
    /// What the plan leaves to be traded, book by book: net import planned beyond what is held, and heat to spare
    /// for the loop. Books in which no trade could please both sides (export above import) are left out.
    pub fn needs(&self) -> impl Iterator<Item = Need> + '_ {
        Carrier::ALL.into_iter().flat_map(move |carrier| {
            let market = self.outlook.markets[carrier as usize].as_ref();
            market.into_iter().flat_map(move |market| {
                let need = move |(ahead, planned)| self.need(carrier, market, ahead, planned);
                self.plan.iter().enumerate().filter_map(need)
            })
        })
    }

    fn need(
        &self,
        carrier: Carrier,
        market: &MarketOutlook<'_>,
        ahead: usize,
        planned: &Planned,
    ) -> Option<Need> {
        let (most, least) = (market.most(ahead), market.least(ahead));
        if least > most {
            return None;
        }
        let held = market.held(ahead);
        let open = planned.delivery.balances[carrier as usize].net() - held;
        if open > 0 && held >= 0 {
            return Some(Need {
                carrier,
                ahead,
                side: Side::Buy,
                energy: open,
                favourable: least,
                reservation: most,
            });
        }
        let sell = |energy, reservation: Price| {
            let side = Side::Sell;
            Some(Need { carrier, ahead, side, energy, favourable: most, reservation: reservation.max(least) })
        };
        if open < 0 && held <= 0 {
            return sell(-open, least);
        }
        if carrier != Carrier::Heat || held > 0 || open != 0 {
            return None;
        }
        let (spare, cost) = self.spare_heat(ahead, planned)?;
        sell(spare, cost).filter(|need| need.reservation <= most)
    }

    /// Heat to spare and what making it costs, n€/Wh, the cheaper source first: gas less the electricity made with it
    /// for a CHP, electricity for a heat pump, both at the supplier's prices.
    fn spare_heat(&self, ahead: usize, planned: &Planned) -> Option<(i64, Price)> {
        let market = |carrier: Carrier| self.outlook.markets[carrier as usize].as_ref();
        let buying = |market: &MarketOutlook<'_>| market.prices(ahead).import.0 + market.fees.supplier.0;
        let per = |cost: f64, ratio: Ratio| Price((cost / ratio.value()) as i64 + 1);
        if planned.spare.chp > 0
            && let (Some(unit), Some(gas)) = (self.devices.chps.first(), market(Carrier::Gas))
        {
            let made = market(Carrier::Electricity).map_or(0, |electricity| electricity.least(ahead).0);
            let cost = buying(gas) as f64 - unit.electric.value() * made as f64;
            return Some((planned.spare.chp, per(cost.max(0.0), unit.thermal)));
        }
        if planned.spare.heat_pump > 0
            && let (Some(pump), Some(electricity)) =
                (self.devices.heat_pumps.first(), market(Carrier::Electricity))
        {
            let cost = buying(electricity) as f64;
            return Some((planned.spare.heat_pump, per(cost, pump.ratio(self.ask.known))));
        }
        None
    }
}
