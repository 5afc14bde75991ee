//! Lies about costs: what they would win under each concept, and what an audit sees.
//!
//! One player tells its costs as (1 + x) times the true ones, all others tell the truth. The plant is operated and its
//! earnings are divided by what is told; what the liar truly gets is that, plus the costs it told and did not have.
//!
//! The audit knows the prices inside and what the meter counted. A player who told the truth does, at these prices, what
//! is best for it by the costs it told (Samuelson 1938: choices reveal preferences). Who does what is best by other costs
//! reveals them: its regret, what it would have earned more by the costs it told had it done what they ask for, is more
//! than measuring can explain.
//!
//! The prices of a day decide little: a panel gives at 5 ct whatever a kWh costs below. So the audit draws prices too, for
//! some days and one player, evenly between nothing and twice the cost it told, where its choices say most about it
//! (Becker, DeGroot, Marschak 1964). There a liar reveals itself, or pays for acting out the lie: it does what is not best.
//! Who is caught gets no more than alone, and pays a fine, for all days since prices were drawn last.

use super::StudyError;
use super::coalition::{Plant, balance};
use super::concept::{Concept, Outcome};
use super::leader::Responses;
use super::player::Place;
use agents::Random;
use agents::linear::{Programme, Solution};
use clearing::game::Coalitions;

/// Regret that the audit takes for inaccuracy: part of what the player earns at the prices inside, either way.
pub const TOLERANCE: f64 = 0.001;

/// What who is caught pays beside, as part of what it sells a day.
pub const FINE: f64 = 0.01;

/// Days for which the audit draws prices.
pub const DRAWN: u32 = 10;

/// One lie.
#[derive(Clone, Debug)]
pub struct Lie {
    /// Who lies.
    pub player: usize,
    /// By how much costs are told wrongly, as part of the true ones.
    pub by: f64,
    /// Per concept, what it wins.
    pub gains: Vec<Gain>,
    /// What the audit sees at the day's own prices, where the liar does what is best for it.
    pub day: Verdict,
    /// On how many of [`DRAWN`] days with drawn prices the lie shows.
    pub caught: u32,
    /// What the liar pays on such a day, on average, for doing what the lie asks for instead, in the currency.
    pub acting: f64,
}

impl Lie {
    /// Whether the lie shows, at the day's own prices or at drawn ones.
    #[must_use]
    pub fn is_detected(&self) -> bool {
        self.day.detects() || self.caught > 0
    }

    /// What a lie wins on average where prices are drawn on some days, and who is caught gets no more than alone and pays
    /// the fine for all days since the last ones were, in the currency a day; negative where it does not pay.
    #[must_use]
    pub fn on_average(&self, gain: &Gain) -> f64 {
        let caught = f64::from(self.caught) / f64::from(DRAWN);
        (1.0 - caught) * gain.liar - caught * gain.fall
    }
}

/// What a lie does under a concept, in the currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// Under which.
    pub concept: Concept,
    /// What the liar truly earns more than without the lie, where it acts the lie out.
    pub liar: f64,
    /// What the others earn more; negative where the lie costs them.
    pub others: f64,
    /// What the liar loses a day when it is caught: what it gets beyond what it has alone, and the fine.
    pub fall: f64,
}

/// What the audit sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// What the player would have earned more by the costs it told, in the currency.
    pub regret: f64,
    /// What is taken for inaccuracy, in the currency.
    pub tolerated: f64,
}

impl Verdict {
    /// Whether the lie shows.
    #[must_use]
    pub fn detects(&self) -> bool {
        self.regret > self.tolerated
    }
}

/// What is so without lies: the coalitions' worth, the responses to an operator's prices, the outcomes.
type Truth<'a> = (&'a Coalitions, &'a [Responses], &'a [Outcome]);

/// Every player with costs tells each of the lies.
pub(super) fn search(
    plant: &Plant,
    (lies, seed): (&[f64], u64),
    truth: Truth<'_>,
    step: &mut dyn FnMut(),
) -> Result<Vec<Lie>, StudyError> {
    let mut found = Vec::new();
    for (player, is) in plant.players.iter().enumerate() {
        let Some(cost) = is.unit_cost() else { continue };
        let mut luck = Random::of(seed, &format!("{}/audit", is.name));
        let mut day = || (0..plant.steps()).map(|_| 2.0 * cost * luck.unit()).collect();
        let drawn: Vec<Vec<f64>> = (0..DRAWN).map(|_| day()).collect();
        for by in lies {
            found.push(tell(plant, (player, *by, &drawn), truth, step)?);
        }
    }
    Ok(found)
}

fn tell(
    plant: &Plant,
    (player, by, drawn): (usize, f64, &[Vec<f64>]),
    truth: Truth<'_>,
    step: &mut dyn FnMut(),
) -> Result<Lie, StudyError> {
    let (game, responses, honest) = truth;
    let mut report = vec![1.0; plant.players.len()];
    report[player] = 1.0 + by;
    let told = plant.values(&report, Some((player, game)), step)?;
    let optimum = plant.operate(plant.everybody(), &report)?;
    let sold: f64 = (optimum.schedules[player].iter().zip(&optimum.prices))
        .map(|(energy, price)| energy.max(0.0) * price.abs())
        .sum();
    let mut responses = responses.to_vec();
    responses[player] = plant.respond(player, &report)?;
    let gain = |before: &Outcome| {
        let after = Outcome::of(before.concept, plant, &report, (&told, &optimum, &responses))?;
        let truly = after.payoffs[player] + by * after.costs[player];
        let liar = truly - before.payoffs[player];
        let all = after.payoffs.iter().sum::<f64>() - before.payoffs.iter().sum::<f64>();
        let others = all - (after.payoffs[player] - before.payoffs[player]);
        let fall = before.payoffs[player] - game.value(1 << player) + FINE * sold;
        Ok(Gain { concept: before.concept, liar, others, fall })
    };
    let gains = honest.iter().map(gain).collect::<Result<Vec<_>, StudyError>>()?;
    let (mut caught, mut acting) = (0, 0.0);
    for prices in drawn {
        // Drawn around the cost that is told.
        let prices: Vec<f64> = prices.iter().map(|price| report[player] * price).collect();
        caught += u32::from(plant.audit(player, (report[player], 1.0), &prices)?.detects());
        acting += plant.audit(player, (1.0, report[player]), &prices)?.regret / f64::from(DRAWN);
    }
    let day = plant.audit(player, (report[player], 1.0), &optimum.prices)?;
    Ok(Lie { player, by, gains, day, caught, acting })
}

impl Plant {
    /// What the audit sees of a player who told `report` times its true costs and does what is best for it by `acts` times
    /// them, at these prices inside.
    ///
    /// # Errors
    /// Where the solver finds no optimum.
    pub fn audit(
        &self,
        player: usize,
        (report, acts): (f64, f64),
        prices: &[f64],
    ) -> Result<Verdict, StudyError> {
        let (place, solution) = self.at_prices(player, acts, prices)?;
        let sales: f64 =
            place.schedule(&solution).iter().zip(prices).map(|(energy, price)| energy * price).sum();
        let done = sales + place.worth(&solution) - report * place.cost(&solution);
        let (_, best) = self.at_prices(player, report, prices)?;
        let best = -best.cost();
        Ok(Verdict { regret: (best - done).max(0.0), tolerated: TOLERANCE * sales.abs().max(1.0) })
    }

    /// What is best for a player who trades at one price per step.
    fn at_prices(&self, player: usize, report: f64, prices: &[f64]) -> Result<(Place, Solution), StudyError> {
        let mut programme = Programme::default();
        let place = self.players[player].join(&mut programme, self.steps(), report);
        for (step, price) in prices.iter().enumerate() {
            let bought = programme.variable(*price, f64::NEG_INFINITY, f64::INFINITY);
            balance(&mut programme, step, std::slice::from_ref(&place), &[(bought, 1.0)]);
        }
        let solution = self.solve(&programme, 1 << player)?;
        Ok((place, solution))
    }
}
