//! A member: its devices, how it bids, and what it remembers.

use crate::dispatch::{Ask, Guide, HeatSource, dispatch};
use crate::forecast::{Forecaster, Method};
use crate::strategy::{Machine, Planned, Situation};
use crate::{
    Commitment, ConversionIntent, Delivery, Devices, Impossible, Intent, Outlook, Random, State,
    StorageIntent, Strategy,
};
use market::{Carrier, Energy};
use std::ops::Range;

/// How far back forecasts learn before the first step, in days.
const HISTORY_DAYS: i64 = 14;
/// Weight of a new error in the mean absolute error.
const NEW_ERROR: f64 = 0.02;

/// What a member is like.
pub struct ProsumerDescription<'a> {
    /// Its name, unique in the community.
    pub name: &'a str,
    /// The scenario's seed; its own luck descends from both.
    pub seed: u64,
    /// Its devices.
    pub devices: Devices,
    /// How it bids.
    pub strategy: Box<dyn Strategy>,
    /// The carriers it has a meter for.
    pub connected: &'a [Carrier],
    /// In which order heat is made where the thermal store does not suffice; empty for the usual one.
    pub merit: &'a [HeatSource],
    /// How it forecasts.
    pub forecast: Method,
    /// Whether it leaves its battery to coupled clearings; it needs exactly one.
    pub offers_storage: bool,
    /// Length of a delivery interval, s.
    pub duration: u32,
}

/// One member with one meter per connected carrier.
pub struct Prosumer {
    name: String,
    devices: Devices,
    strategy: Box<dyn Strategy>,
    random: Random,
    home: Home,
    /// Steps that were delivered lie below this one.
    next: i64,
    state: State,
    /// The state one delivery earlier.
    before: State,
    /// Working memory: the state before the first open interval, the state as the plan unrolls, the plan.
    start: State,
    working: State,
    plan: Vec<Planned>,
    /// What it offers beside its orders.
    conversions: Vec<ConversionIntent>,
    storage: Option<StorageIntent>,
    /// First step that no offer of its battery has covered.
    unoffered: i64,
}

/// What a member can expect, and on what terms its devices run.
struct Home {
    connected: [bool; 3],
    merit: Vec<HeatSource>,
    offers_storage: bool,
    demand: [Option<Forecaster>; 3],
    generation: [Option<Forecaster>; 3],
    /// Last step the forecasts have learnt.
    known: i64,
    /// Mean absolute error of the forecast of net electricity for the first open interval, Wh.
    error: f64,
    /// What was forecast for the steps that are not yet known: (step, net electricity in Wh).
    forecasts: [(i64, i64); 4],
}

impl Prosumer {
    /// A member whose first delivery is that of step 0. Refused: a device on a carrier without a meter (heat may go
    /// without where devices make it).
    pub fn new(is: ProsumerDescription<'_>) -> Result<Self, Impossible> {
        let connected = Carrier::ALL.map(|carrier| is.connected.contains(&carrier));
        let needed = needed(&is.devices);
        for carrier in Carrier::ALL {
            if needed[carrier as usize] && !connected[carrier as usize] {
                return Err(Impossible::Contradiction {
                    device: "member",
                    field: "carriers",
                    value: format!("without {}", carrier.name()),
                    allowed: format!("connected to {}, which its devices need", carrier.name()),
                });
            }
        }
        if is.offers_storage && is.devices.batteries.len() != 1 {
            return Err(Impossible::Contradiction {
                device: "member",
                field: "storage_offer",
                value: format!("true with {} batteries", is.devices.batteries.len()),
                allowed: "used with exactly one battery".into(),
            });
        }
        let state = State::before(&is.devices, 0);
        Ok(Self {
            name: is.name.into(),
            strategy: is.strategy,
            random: Random::of(is.seed, is.name),
            home: Home {
                offers_storage: is.offers_storage,
                ..Home::new(&is.devices, connected, is.merit, is.forecast, is.duration)
            },
            next: 0,
            before: state.clone(),
            start: state.clone(),
            working: state.clone(),
            state,
            plan: Vec::new(),
            conversions: Vec::new(),
            storage: None,
            unoffered: i64::MIN,
            devices: is.devices,
        })
    }

    /// The member's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The member's devices.
    #[must_use]
    pub fn devices(&self) -> &Devices {
        &self.devices
    }

    /// The name of its strategy.
    #[must_use]
    pub fn strategy(&self) -> &'static str {
        self.strategy.name()
    }

    /// Whether it has a meter for a carrier.
    #[must_use]
    pub fn is_connected(&self, carrier: Carrier) -> bool {
        self.home.connected[carrier as usize]
    }

    /// The steps its series cover: those of a run must lie inside.
    #[must_use]
    pub fn steps(&self) -> Range<i64> {
        self.devices.steps()
    }

    /// Adds the orders it wants to place for the open intervals. What it knows is what was metered up to
    /// `outlook.step − 2`, whether or not the interval before the first open one has been delivered.
    pub fn orders(&mut self, outlook: &Outlook<'_>, orders: &mut Vec<Intent>) {
        let (first, known) = (outlook.step, outlook.step - 2);
        self.home.learn(&self.devices, known);
        let delivered = self.next >= first && first > 0;
        self.start.copy(if delivered { &self.before } else { &self.state });
        for step in (if delivered { first - 1 } else { self.next })..first {
            let running = (outlook.running.map(|energy| energy.0), outlook.coupling.running);
            let ask = self.home.ask(step, known, running, self.strategy.guide(step));
            dispatch(&self.devices, &mut self.start, &ask);
        }
        self.plan.clear();
        let ask = self.home.ask(first, known, Default::default(), Guide::default());
        let forecast = ask.demand[0] - ask.generation[0];
        self.strategy.prepare(&self.home.situation(outlook, &self.devices, &self.start, &ask, &[]));
        self.working.copy(&self.start);
        for ahead in 0..outlook.open {
            let step = first + ahead as i64;
            let held = outlook.markets.map(|market| market.map_or(0, |market| market.held(ahead)));
            let held = (held, outlook.coupling.commitment(ahead));
            let ask = self.home.ask(step, known, held, self.strategy.guide(step));
            let (delivery, spare) = dispatch(&self.devices, &mut self.working, &ask);
            self.plan.push(Planned { delivery, spare });
        }
        let situation = self.home.situation(outlook, &self.devices, &self.start, &ask, &self.plan);
        let mut own = Vec::new();
        self.strategy.orders(&situation, &mut self.random, &mut own);
        self.storage = None;
        if self.home.offers_storage && first + 1 >= self.unoffered {
            self.storage = situation.storage(&mut own);
            self.unoffered = first + outlook.open as i64;
        }
        self.conversions.clear();
        situation.conversions(&mut own, &mut self.conversions);
        if let Some(storage) = &self.storage {
            self.conversions.retain(|conversion| !conversion.meets(storage));
        }
        orders.append(&mut own);
        self.home.forecasts[first.rem_euclid(4) as usize] = (first, forecast);
    }

    /// What it offers to convert beside its last [`orders`](Self::orders).
    #[must_use]
    pub fn conversions(&self) -> &[ConversionIntent] {
        &self.conversions
    }

    /// What it offers to store beside its last [`orders`](Self::orders).
    #[must_use]
    pub fn storage(&self) -> Option<&StorageIntent> {
        self.storage.as_ref()
    }

    /// [`deliver_committed`](Self::deliver_committed) where nothing was dispatched by coupled clearings.
    pub fn deliver(&mut self, step: i64, contract: &[Energy; 3]) -> Delivery {
        self.deliver_committed(step, contract, &Commitment::default())
    }

    /// Runs the devices through a delivery interval under what was contracted (net, import positive, per carrier in
    /// canonical order) and what of it was dispatched. Steps are delivered in order, each once.
    pub fn deliver_committed(
        &mut self,
        step: i64,
        contract: &[Energy; 3],
        commitment: &Commitment,
    ) -> Delivery {
        self.before.copy(&self.state);
        self.next = step + 1;
        let machines: Vec<_> = Machine::all(&self.devices, &self.state, step, step).collect();
        if !machines.is_empty() {
            self.strategy.begin(step, &machines);
        }
        let (demand, generation) = self.devices.exogenous(step);
        let ask = Ask {
            step,
            known: step,
            demand,
            generation,
            contract: contract.map(|energy| energy.0),
            commitment: self.home.commitment(*commitment),
            connected: self.home.connected,
            guide: self.strategy.guide(step),
            merit: &self.home.merit,
        };
        dispatch(&self.devices, &mut self.state, &ask).0
    }
}

impl Home {
    fn new(
        devices: &Devices,
        connected: [bool; 3],
        merit: &[HeatSource],
        method: Method,
        duration: u32,
    ) -> Self {
        let steps_per_day = i64::from(86_400 / duration.max(1)).max(1);
        let forecaster = |used: bool| used.then(|| Forecaster::new(method, steps_per_day as usize));
        let demands = |carrier| devices.loads.iter().any(|load| load.carrier() == carrier);
        let generates =
            !(devices.photovoltaics.is_empty() && devices.winds.is_empty() && devices.rivers.is_empty());
        // Wind and water keep no hours: where there is no sun, persistence is the better forecast.
        let sunny = !devices.photovoltaics.is_empty();
        let generation = if sunny || method != Method::Smoothed { method } else { Method::Persistence };
        Self {
            connected,
            offers_storage: false,
            merit: if merit.is_empty() { HeatSource::ALL.into() } else { merit.into() },
            demand: Carrier::ALL.map(|carrier| forecaster(demands(carrier))),
            generation: [
                generates.then(|| Forecaster::new(generation, steps_per_day as usize)),
                None,
                forecaster(!devices.biomethanes.is_empty()),
            ],
            known: devices.steps().start.max(-HISTORY_DAYS * steps_per_day).min(0) - 1,
            error: 0.0,
            forecasts: [(i64::MIN, 0); 4],
        }
    }

    /// Tells the forecasts what was metered up to the step `known`.
    fn learn(&mut self, devices: &Devices, known: i64) {
        for step in self.known + 1..=known {
            let (demand, generation) = devices.exogenous(step);
            for (forecaster, value) in self.demand.iter_mut().zip(demand) {
                if let Some(forecaster) = forecaster {
                    forecaster.observe(step, value);
                }
            }
            for (forecaster, value) in self.generation.iter_mut().zip(generation) {
                if let Some(forecaster) = forecaster {
                    forecaster.observe(step, value);
                }
            }
            let (of, forecast) = self.forecasts[step.rem_euclid(4) as usize];
            if of == step {
                let error = (demand[0] - generation[0] - forecast).abs() as f64;
                self.error += NEW_ERROR * (error - self.error);
            }
            self.known = step;
        }
    }

    /// All that the strategy may know.
    fn situation<'a>(
        &'a self,
        outlook: &'a Outlook<'a>,
        devices: &'a Devices,
        state: &'a State,
        ask: &'a Ask<'a>,
        plan: &'a [Planned],
    ) -> Situation<'a> {
        let (demand, generation, error) = (&self.demand, &self.generation, self.error);
        Situation { outlook, devices, state, ask, demand, generation, plan, error }
    }

    /// A battery left to the market rests where the market asks nothing of it.
    fn commitment(&self, commitment: Commitment) -> Commitment {
        let storage = self.offers_storage.then(|| commitment.storage.unwrap_or(0));
        Commitment { storage, ..commitment }
    }

    /// What is asked of the devices at a step, as far as the forecasts can tell.
    fn ask(
        &self,
        step: i64,
        known: i64,
        (contract, commitment): ([i64; 3], Commitment),
        guide: Guide,
    ) -> Ask<'_> {
        let expected =
            |forecaster: &Option<Forecaster>| forecaster.as_ref().map_or(0, |one| one.expected(step));
        Ask {
            step,
            known,
            demand: [0, 1, 2].map(|carrier| expected(&self.demand[carrier])),
            generation: [0, 1, 2].map(|carrier| expected(&self.generation[carrier])),
            contract,
            commitment: self.commitment(commitment),
            connected: self.connected,
            guide,
            merit: &self.merit,
        }
    }
}

/// Which carriers the devices need a meter for.
fn needed(devices: &Devices) -> [bool; 3] {
    let demands = |carrier| devices.loads.iter().any(|load| load.carrier() == carrier);
    let makes_heat = !(devices.heat_pumps.is_empty()
        && devices.boilers.is_empty()
        && devices.electric_boilers.is_empty()
        && devices.chps.is_empty()
        && devices.fuel_cells.is_empty());
    let electric = !devices.photovoltaics.is_empty()
        || !devices.winds.is_empty()
        || !devices.rivers.is_empty()
        || !devices.reservoirs.is_empty()
        || !devices.appliances.is_empty()
        || !devices.batteries.is_empty()
        || !devices.cars.is_empty()
        || !devices.heat_pumps.is_empty()
        || !devices.electric_boilers.is_empty()
        || !devices.electrolysers.is_empty()
        || !devices.chps.is_empty()
        || !devices.fuel_cells.is_empty();
    let gas = !devices.biomethanes.is_empty()
        || !devices.boilers.is_empty()
        || !devices.chps.is_empty()
        || !devices.fuel_cells.is_empty()
        || !devices.electrolysers.is_empty();
    [
        electric || demands(Carrier::Electricity),
        demands(Carrier::Heat) && !makes_heat,
        gas || demands(Carrier::Gas),
    ]
}
