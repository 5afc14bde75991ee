//! Model-predictive control: at every decision a linear programme over the coming day, of which the first interval is
//! carried out (Rawlings, Mayne and Diehl, "Model Predictive Control", 2nd ed. 2017, ch. 1).
//!
//! Over intervals t: energy bought u, sold v, batteries' and cars' charge c and discharge d, heat pumps' electricity
//! x, heat from elsewhere o, heat let go w; levels l, all ≥ 0 and within the devices' limits, in kWh:
//!
//!   min Σ buyₜ uₜ − sellₜ vₜ + wear·dₜ + otherₜ oₜ + 10 €/kWh · (what misses in a car at departure) − value · l_end
//!   electricity: uₜ − vₜ + Σd − Σc − Σx = demandₜ − generationₜ − heldₜ
//!   storage:     lₜ = (1 − loss) lₜ₋₁ + η_c cₜ − dₜ/η_d
//!   heat:        lₜ = (1 − loss) lₜ₋₁ + Σ COP·xₜ + oₜ − wₜ − (heat demandₜ − heldₜ)
//!
//! What is left in a battery at the end is worth nine tenths of the cheapest buying price, less the discharge loss:
//! enough to keep a surplus, too little to buy for. Demand and generation are forecasts, the temperature is the last
//! known one. Combined heat and power, boilers and machines stay with the rule of [`crate::dispatch`].

use super::{Ladder, Situation, Strategy};
use crate::device::{Converter, Storage};
use crate::dispatch::Guide;
use crate::linear::{Programme, Variable};
use crate::strategy::Need;
use crate::{Intent, MarketOutlook, Random};
use market::Carrier;

/// Model-predictive control with a linear programme.
#[derive(Clone, Debug)]
pub struct Predictive {
    intervals: usize,
    confidence: f64,
    /// Set-points decided last, by step modulo 4.
    guides: [(i64, Guide); 4],
}

impl Default for Predictive {
    /// A day of quarter hours; half confident in recent prices.
    fn default() -> Self {
        Self::new(96, 0.5)
    }
}

/// Energy below which nothing is meant, kWh: the solver's accuracy.
const NOTHING: f64 = 2e-4;
/// Of heat nobody can make and of charge missing at departure, €/kWh.
const PENALTY: f64 = 10.0;
/// How much better, relative to its price, it is to buy or sell at the end of the horizon than now. Where prices are the
/// same all day the programme would not care when a battery is used; forecasts err, so it should be used early.
const LATER: f64 = 0.03;
/// Of letting heat go, €/kWh: so that it is not made in vain.
const WASTE: f64 = 1e-4;

impl Predictive {
    /// Looks `intervals` ahead. `confidence`: how far prices are expected to be the recent clearing prices rather than
    /// the supplier's, 0 (not at all) to 1.
    #[must_use]
    pub fn new(intervals: usize, confidence: f64) -> Self {
        let confidence = confidence.clamp(0.0, 1.0);
        Self { intervals: intervals.max(1), confidence, guides: [(i64::MIN, Guide::default()); 4] }
    }

    /// What buying costs and selling earns, all in, €/kWh.
    fn prices(&self, market: &MarketOutlook<'_>, ahead: usize) -> (f64, f64) {
        let euro = |price: i64| price as f64 * 1e-6;
        let buy = euro(market.prices(ahead).import.0 + market.fees.supplier.0);
        let sell = euro(market.least(ahead).0).min(buy);
        match market.expected() {
            Some(expected) => {
                let peers = euro(expected.0);
                let buy = buy + self.confidence * (peers + euro(market.fees.peer.0) - buy).min(0.0);
                (buy, (sell + self.confidence * (peers - sell).max(0.0)).min(buy))
            }
            None => (buy, sell),
        }
    }

    fn plan(&self, situation: &Situation<'_>) -> Option<Decided> {
        let electricity = situation.outlook.markets[0].as_ref()?;
        let mut programme = Programme::default();
        let mut columns: Vec<Columns> = (0..self.intervals)
            .map(|ahead| {
                let (buy, sell) = self.prices(electricity, ahead);
                let later = LATER * ahead as f64 / self.intervals as f64;
                let buy = buy - later * buy.abs();
                let sell = (sell + later * sell.abs()).min(buy);
                let bought = programme.variable(buy, 0.0, f64::INFINITY);
                let sold = programme.variable(-sell, 0.0, f64::INFINITY);
                Columns { bought, sold, ..Columns::new(bought) }
            })
            .collect();
        let cheapest =
            (0..self.intervals).map(|ahead| self.prices(electricity, ahead).0).fold(f64::MAX, f64::min);
        self.batteries(situation, &mut programme, &mut columns, cheapest);
        self.cars(situation, &mut programme, &mut columns);
        self.heat(situation, &mut programme, &mut columns, cheapest);
        for (ahead, at) in columns.iter().enumerate() {
            let mut terms = vec![(at.bought, 1.0), (at.sold, -1.0)];
            terms.extend(at.batteries.iter().chain(&at.cars).copied());
            terms.extend(at.pumps.iter().map(|(variable, _)| (*variable, -1.0)));
            let held = electricity.held(ahead) as f64 / 1e3;
            programme.row(&terms, net(situation, ahead) - held);
        }
        let solution = programme.solve()?;
        let open = columns.iter().take(situation.outlook.open);
        let trades = open.map(|at| solution.of(at.bought) - solution.of(at.sold)).collect();
        let sum = |terms: &[(Variable, f64)]| {
            -terms.iter().map(|(one, sign)| sign * solution.of(*one)).sum::<f64>()
        };
        let first = columns.first()?;
        let charge = watt_hours(sum(&first.batteries));
        let guide = Guide {
            // Buying beyond contracts must not be undone by discharging, nor selling by charging.
            batteries: (!first.batteries.is_empty()).then_some((
                if solution.of(first.bought) > NOTHING { charge } else { i64::MIN },
                if solution.of(first.sold) > NOTHING { charge } else { i64::MAX },
            )),
            cars: (!first.cars.is_empty()).then(|| watt_hours(sum(&first.cars))),
            heat_pumps: (!first.pumps.is_empty()).then(|| watt_hours(sum(&first.pumps).abs())),
            machines: None,
        };
        Some(Decided { trades, guide })
    }

    fn batteries(
        &self,
        situation: &Situation<'_>,
        programme: &mut Programme,
        columns: &mut [Columns],
        cheapest: f64,
    ) {
        for (battery, level) in situation.devices.batteries.iter().zip(&situation.state.batteries) {
            let storage = &battery.storage;
            let wear = battery.degradation_cost as f64 * 1e-6;
            let worth = (0.9 * cheapest * storage.discharge_efficiency.value() - wear).max(0.0);
            let mut last = Store::new(*level);
            let end = columns.len();
            for (ahead, at) in columns.iter_mut().enumerate() {
                let value = if ahead + 1 == end { -worth } else { 0.0 };
                let low = if *level < storage.reserve { 0.0 } else { kwh(storage.reserve) };
                let flows = last.step(programme, storage, (low, value), wear);
                at.batteries.extend(flows);
            }
        }
    }

    fn cars(&self, situation: &Situation<'_>, programme: &mut Programme, columns: &mut [Columns]) {
        for (car, parked) in situation.devices.cars.iter().zip(&situation.state.cars) {
            let Some(session) = car.session(parked) else { continue };
            let left = usize::try_from(session.departure - situation.outlook.step).unwrap_or(0);
            // Whole stays that reach beyond the horizon are asked for their share of it.
            let share = (self.intervals as f64 / left.max(1) as f64).min(1.0);
            let required = kwh(parked.level) + share * kwh((session.required - parked.level).max(0));
            let mut last = Store::new(parked.level);
            for at in columns.iter_mut().take(left) {
                let wear = car.degradation_cost as f64 * 1e-6;
                at.cars.extend(last.step(programme, &car.storage, (0.0, 0.0), wear));
            }
            if let Some(level) = last.level.filter(|_| left > 0) {
                let missing = programme.variable(PENALTY, 0.0, f64::INFINITY);
                let beyond = programme.variable(0.0, 0.0, f64::INFINITY);
                programme.row(&[(level, 1.0), (missing, 1.0), (beyond, -1.0)], required);
            }
        }
    }

    fn heat(
        &self,
        situation: &Situation<'_>,
        programme: &mut Programme,
        columns: &mut [Columns],
        cheapest: f64,
    ) {
        let devices = situation.devices;
        if devices.heat_pumps.is_empty() || !devices.chps.is_empty() || !devices.fuel_cells.is_empty() {
            return;
        }
        let ratios: Vec<f64> =
            devices.heat_pumps.iter().map(|pump| pump.ratio(situation.ask.known).value()).collect();
        let best = ratios.iter().copied().fold(1.0, f64::max);
        let capacity = kwh(devices.stores.iter().map(|store| store.storage.capacity).sum());
        let loss = devices.stores.first().map_or(0.0, |store| store.storage.standing_loss.value());
        let mut level = kwh(situation.state.stores.iter().sum());
        let mut last: Option<Variable> = None;
        let end = columns.len();
        for (ahead, at) in columns.iter_mut().enumerate() {
            let other = programme.variable(self.other_heat(situation, ahead), 0.0, f64::INFINITY);
            let waste = programme.variable(WASTE, 0.0, f64::INFINITY);
            let worth = if ahead + 1 == end { -0.9 * cheapest / best } else { 0.0 };
            let after = programme.variable(worth, 0.0, capacity);
            let mut terms = vec![(other, 1.0), (waste, -1.0), (after, -1.0)];
            for (pump, ratio) in devices.heat_pumps.iter().zip(&ratios) {
                let taken = programme.variable(0.0, 0.0, kwh(pump.electricity));
                at.pumps.push((taken, 1.0));
                terms.push((taken, *ratio));
            }
            let held = situation.outlook.markets[1].map_or(0, |market| market.held(ahead));
            let need = kwh(situation.demand(Carrier::Heat, ahead) - held);
            match last {
                Some(before) => {
                    terms.push((before, 1.0 - loss));
                    programme.row(&terms, need);
                }
                None => {
                    programme.row(&terms, need - (1.0 - loss) * level);
                }
            }
            level = 0.0;
            last = Some(after);
        }
    }

    /// What heat costs that the heat pump does not make, €/kWh.
    fn other_heat(&self, situation: &Situation<'_>, ahead: usize) -> f64 {
        let price = |carrier: Carrier| {
            let market = situation.outlook.markets[carrier as usize].as_ref();
            market.map(|market| self.prices(market, ahead).0)
        };
        let boiler = situation.devices.boilers.first().map(|boiler| boiler.efficiency.value());
        let boiler = price(Carrier::Gas).zip(boiler).map(|(gas, efficiency)| gas / efficiency);
        boiler.unwrap_or(PENALTY).min(price(Carrier::Heat).unwrap_or(PENALTY))
    }
}

/// What the programme decided: net energy to trade per open interval, kWh, and the first set-points.
struct Decided {
    trades: Vec<f64>,
    guide: Guide,
}

/// One interval's variables; the signs are those of the electricity row.
struct Columns {
    bought: Variable,
    sold: Variable,
    batteries: Vec<(Variable, f64)>,
    cars: Vec<(Variable, f64)>,
    pumps: Vec<(Variable, f64)>,
}

impl Columns {
    fn new(none: Variable) -> Self {
        Self { bought: none, sold: none, batteries: vec![], cars: vec![], pumps: vec![] }
    }
}

/// A storage's level as it goes through the horizon.
struct Store {
    initial: f64,
    level: Option<Variable>,
}

impl Store {
    fn new(level: i64) -> Self {
        Self { initial: kwh(level), level: None }
    }

    /// One interval: adds charge, discharge and level, and gives the terms of the electricity row.
    fn step(
        &mut self,
        programme: &mut Programme,
        storage: &Storage,
        (low, value): (f64, f64),
        wear: f64,
    ) -> [(Variable, f64); 2] {
        let charge = programme.variable(0.0, 0.0, kwh(storage.charge));
        let discharge = programme.variable(wear, 0.0, kwh(storage.discharge));
        let after = programme.variable(value, low, kwh(storage.capacity));
        let keep = 1.0 - storage.standing_loss.value();
        let out = 1.0 / storage.discharge_efficiency.value();
        let mut terms = vec![(after, -1.0), (charge, storage.charge_efficiency.value()), (discharge, -out)];
        match self.level {
            Some(before) => {
                terms.push((before, keep));
                programme.row(&terms, 0.0);
            }
            None => {
                programme.row(&terms, -keep * self.initial);
            }
        }
        self.level = Some(after);
        [(charge, -1.0), (discharge, 1.0)]
    }
}

fn kwh(watt_hours: i64) -> f64 {
    watt_hours as f64 / 1e3
}

fn watt_hours(kwh: f64) -> i64 {
    (kwh * 1e3).round() as i64
}

/// Expected demand less generation of electricity that is not decided here, kWh.
fn net(situation: &Situation<'_>, ahead: usize) -> f64 {
    let rule = situation.plan.get(ahead).map_or(0, |planned| {
        let balance = &planned.delivery.balances[0];
        // Machines, water and converters stay with the rule; heat pumps too where units make heat.
        let machines = balance.consumption - situation.demand(Carrier::Electricity, ahead);
        let units = !(situation.devices.chps.is_empty() && situation.devices.fuel_cells.is_empty());
        let pumps = if units { 0 } else { planned.delivery.by(Converter::HeatPump).input };
        machines + balance.converted - pumps - balance.produced - planned.delivery.from_water
    });
    kwh(situation.demand(Carrier::Electricity, ahead) - situation.generation(Carrier::Electricity, ahead)
        + rule)
}

impl Strategy for Predictive {
    fn name(&self) -> &'static str {
        "predictive"
    }

    fn orders(&mut self, situation: &Situation<'_>, _: &mut Random, orders: &mut Vec<Intent>) {
        let open = situation.outlook.open;
        let place = |need: Need| {
            let need = situation.prudent(need);
            (need.energy > 0).then(|| need.at(Ladder::limit(&need, open), situation.outlook))
        };
        let step = situation.outlook.step;
        let Some(decided) = self.plan(situation) else {
            self.guides[step.rem_euclid(4) as usize] = (step, Guide::default());
            orders.extend(situation.needs().filter_map(place));
            return;
        };
        self.guides[step.rem_euclid(4) as usize] = (step, decided.guide);
        for (ahead, trade) in decided.trades.iter().enumerate() {
            orders.extend(situation.trade(Carrier::Electricity, ahead, watt_hours(*trade)).and_then(place));
        }
        orders
            .extend(situation.needs().filter(|need| need.carrier != Carrier::Electricity).filter_map(place));
    }

    fn guide(&self, step: i64) -> Guide {
        let (of, guide) = self.guides[step.rem_euclid(4) as usize];
        if of == step { guide } else { Guide::default() }
    }
}
