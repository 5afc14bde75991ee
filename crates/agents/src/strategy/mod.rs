//! How a member bids. [`Strategy`] is a seam: users write their own.
//!
//! A strategy sees a [`Situation`]: the outlook (tariff, contracts, recent prices) and the member's own plan for the
//! open intervals, made from forecasts; never the future. All of them bid within the reservation range: never to buy
//! above [`MarketOutlook::most`], never to sell below [`MarketOutlook::least`], never both sides of one book.

mod price_taker;
pub use price_taker::PriceTaker;
mod zero_intelligence;
pub use zero_intelligence::ZeroIntelligence;
mod self_consumption;
pub use self_consumption::SelfConsumption;
mod ladder;
pub use ladder::Ladder;
mod predictive;
pub use predictive::Predictive;

use crate::device::{Converter, Request};
use crate::dispatch::{Ask, Guide, Spare};
use crate::forecast::Forecaster;
use crate::{Delivery, Devices, Intent, MarketOutlook, Outlook, Random, State};
use market::{Carrier, Energy, Price, Side};

/// Decides on orders, and may steer devices.
pub trait Strategy: Send {
    /// The name used in files and reports.
    fn name(&self) -> &'static str;

    /// Decides on set-points from the first open interval on, before the plan is made: [`Situation::plan`] is empty.
    fn prepare(&mut self, _situation: &Situation<'_>) {}

    /// Adds the orders for the open intervals to `orders`.
    fn orders(&mut self, situation: &Situation<'_>, random: &mut Random, orders: &mut Vec<Intent>);

    /// A step begins: the member's machines as they stand, with requests that nobody knew at the step's gate. What
    /// [`guide`](Self::guide) says of the step is asked for after this.
    fn begin(&mut self, _step: i64, _machines: &[Machine<'_>]) {}

    /// Set-points for a step, planned or delivered; by default the rule of [`crate::dispatch`].
    fn guide(&self, _step: i64) -> Guide {
        Guide::default()
    }
}

/// The strategies that come with the crate, by name; the first is the default.
pub const NAMES: [&str; 5] = ["ladder", "self_consumption", "price_taker", "zero_intelligence", "predictive"];

/// The strategy of a name, with its usual settings.
#[must_use]
pub fn named(name: &str) -> Option<Box<dyn Strategy>> {
    Some(match name {
        "ladder" => Box::new(Ladder),
        "self_consumption" => Box::new(SelfConsumption),
        "price_taker" => Box::new(PriceTaker),
        "zero_intelligence" => Box::new(ZeroIntelligence),
        "predictive" => Box::new(Predictive::default()),
        _ => return None,
    })
}

/// What is planned for one open interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// What the devices would do, given the forecasts and the contracts held.
    pub delivery: Delivery,
    /// What converters could do beyond that.
    pub spare: Spare,
}

/// A shiftable appliance, as far as its owner knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine<'a> {
    /// Energy of a run per step, Wh.
    pub profile: &'a [i64],
    /// The request that waits, if one does.
    pub waiting: Option<Request>,
    /// Step at which the last run started; none before the first.
    pub started: Option<i64>,
}

impl<'a> Machine<'a> {
    /// A member's machines before a step, by requests made up to step `known`.
    pub(crate) fn all(
        devices: &'a Devices,
        state: &'a State,
        step: i64,
        known: i64,
    ) -> impl Iterator<Item = Self> + 'a {
        devices.appliances.iter().zip(&state.appliances).map(move |(machine, running)| Self {
            profile: machine.profile(),
            waiting: machine.waiting(running, step, known),
            started: running.started,
        })
    }
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
    pub(crate) demand: &'a [Option<Forecaster>; 3],
    pub(crate) generation: &'a [Option<Forecaster>; 3],
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
    /// What the plan leaves to be traded, book by book: net import planned beyond what is held, and heat or gas that
    /// converters have to spare. Books in which no trade could please both sides (export above import) are left out.
    pub fn needs(&self) -> impl Iterator<Item = Need> + '_ {
        Carrier::ALL.into_iter().flat_map(move |carrier| {
            let market = self.outlook.markets[carrier as usize].as_ref();
            market.into_iter().flat_map(move |market| {
                let need = move |(ahead, planned)| self.need(carrier, market, ahead, planned);
                self.plan.iter().enumerate().filter_map(need)
            })
        })
    }

    /// Demand expected of a carrier, Wh.
    #[must_use]
    pub fn demand(&self, carrier: Carrier, ahead: usize) -> i64 {
        let step = self.outlook.step + ahead as i64;
        self.demand[carrier as usize].as_ref().map_or(0, |forecaster| forecaster.expected(step))
    }

    /// Generation expected of a carrier, Wh.
    #[must_use]
    pub fn generation(&self, carrier: Carrier, ahead: usize) -> i64 {
        let step = self.outlook.step + ahead as i64;
        self.generation[carrier as usize].as_ref().map_or(0, |forecaster| forecaster.expected(step))
    }

    /// The machines, as they stand before the first open interval.
    pub fn machines(&self) -> impl Iterator<Item = Machine<'_>> {
        Machine::all(self.devices, self.state, self.outlook.step, self.ask.known)
    }

    /// The need to trade a net import of `energy` Wh beyond what is held (to sell where negative). None where no trade
    /// could please both sides, and never against what is held: a contract is not traded back, storage absorbs it.
    #[must_use]
    pub fn trade(&self, carrier: Carrier, ahead: usize, energy: i64) -> Option<Need> {
        let market = self.outlook.markets[carrier as usize].as_ref()?;
        let (most, least, held) = (market.most(ahead), market.least(ahead), market.held(ahead));
        if least > most || energy == 0 || (held != 0 && (held > 0) != (energy > 0)) {
            return None;
        }
        let buy = energy > 0;
        Some(Need {
            carrier,
            ahead,
            side: if buy { Side::Buy } else { Side::Sell },
            energy: energy.abs(),
            favourable: if buy { least } else { most },
            reservation: if buy { most } else { least },
        })
    }

    fn need(
        &self,
        carrier: Carrier,
        market: &MarketOutlook<'_>,
        ahead: usize,
        planned: &Planned,
    ) -> Option<Need> {
        let held = market.held(ahead);
        let open = planned.delivery.balances[carrier as usize].net() - held;
        if open != 0 || held > 0 {
            return self.trade(carrier, ahead, open);
        }
        // Nothing is missing or left over: heat or gas may be made for others, at no less than it costs.
        let (spare, cost) = self.spare(carrier, ahead, planned)?;
        let need = self.trade(carrier, ahead, -spare)?;
        Some(Need { reservation: need.reservation.max(cost), ..need })
            .filter(|need| need.reservation <= need.favourable)
    }

    /// What a converter that is not offered as a conversion has to spare, and what making it costs.
    fn spare(&self, carrier: Carrier, ahead: usize, planned: &Planned) -> Option<(i64, Price)> {
        let made = |kind: &Converter| {
            self.plain(*kind, ahead, planned)
                .filter(|(of, ..)| *of == carrier && !self.converts(*kind, ahead))
        };
        Converter::ALL.iter().find_map(made).map(|(_, spare, cost)| (spare, cost))
    }

    /// What a converter has to spare of what it is there for, and what making it costs with energy from the supplier, n€/Wh;
    /// electricity made beside it earns what peers paid lately (or the supplier pays). None where nobody would pay that.
    pub(crate) fn plain(
        &self,
        kind: Converter,
        ahead: usize,
        planned: &Planned,
    ) -> Option<(Carrier, i64, Price)> {
        let carrier = match kind {
            Converter::Chp | Converter::FuelCell | Converter::HeatPump => Carrier::Heat,
            Converter::Electrolyser => Carrier::Gas,
            Converter::Boiler | Converter::ElectricBoiler => return None,
        };
        let market = |carrier: Carrier| self.outlook.markets[carrier as usize].as_ref();
        let (output, input) = (market(carrier)?, market(kind.input())?);
        let ratios = self.devices.ratios(kind, self.ask.known);
        let spare = ratios[carrier as usize].of(planned.spare.inputs[kind as usize]);
        if spare <= 0 {
            return None;
        }
        let earned = market(Carrier::Electricity).map_or(0, |electricity| {
            let (least, most) = (electricity.least(ahead).0, electricity.most(ahead).0);
            electricity.expected().map_or(least, |price| price.0.min(most).max(least))
        });
        let paid = (input.prices(ahead).import.0 + input.fees.supplier.0) as f64;
        let cost = (paid - ratios[Carrier::Electricity as usize].value() * earned as f64).max(0.0);
        let cost = Price((cost / ratios[carrier as usize].value()) as i64 + 1);
        (cost <= output.most(ahead)).then_some((carrier, spare, cost))
    }
}
