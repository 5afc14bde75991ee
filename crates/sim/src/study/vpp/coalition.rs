//! What a coalition is worth: v(S) = −(the least cost of its members operating together beside the wholesale market).
//!
//! min Σᵢ costᵢ + Σₜ (importₜ · boughtₜ − exportₜ · soldₜ), Σᵢ givenᵢₜ + boughtₜ − soldₜ = 0 in every step t.
//! What members give each other needs no market and saves its margin twice: that is the gain from cooperation.

use super::StudyError;
use super::player::{Place, Player};
use agents::linear::{Programme, Row, Solution, Variable};
use clearing::game::{Coalition, Coalitions, members};

/// The wholesale market and the players, over the steps of a study.
#[derive(Clone, Debug)]
pub struct Plant {
    /// Who plays.
    pub players: Vec<Player>,
    /// Per step, what the wholesale market charges and pays, in the currency per kWh.
    pub prices: Vec<Offer>,
}

/// The wholesale market's prices in one step, in the currency per kWh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// What it charges.
    pub import: f64,
    /// What it pays; at most the import price.
    pub export: f64,
}

impl Offer {
    /// The middle: the day-ahead price where both margins are the same.
    #[must_use]
    pub fn middle(&self) -> f64 {
        f64::midpoint(self.import, self.export)
    }
}

/// How a coalition operates best.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What it earns: wholesale revenue less reported costs, in the currency.
    pub value: f64,
    /// Per member, true costs.
    pub costs: Vec<f64>,
    /// Per member, what water left at the end is worth beyond what was there.
    pub worth: Vec<f64>,
    /// Energy that could have been had and was left, kWh.
    pub curtailed: f64,
    /// Per member and step, what it gives, kWh; taken where negative.
    pub schedules: Vec<Vec<f64>>,
    /// Per step, what one kWh more inside is worth, in the currency per kWh: the dual price of the balance.
    pub prices: Vec<f64>,
}

impl Plant {
    /// Steps.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.prices.len()
    }

    /// Everybody.
    #[must_use]
    pub fn everybody(&self) -> Coalition {
        (1 << self.players.len()) - 1
    }

    /// What a coalition earns at best. `report`: each player's reported costs as a multiple of its true ones.
    ///
    /// # Errors
    /// Where the solver finds no optimum.
    pub fn operate(&self, coalition: Coalition, report: &[f64]) -> Result<Operation, StudyError> {
        let mut programme = Programme::default();
        let numbers: Vec<usize> = members(coalition).collect();
        let places: Vec<Place> = (numbers.iter())
            .map(|member| self.players[*member].join(&mut programme, self.steps(), report[*member]))
            .collect();
        let balances: Vec<Row> = (self.prices.iter().enumerate())
            .map(|(step, offer)| {
                let [bought, sold] = exchange(&mut programme, *offer);
                balance(&mut programme, step, &places, &[(bought, 1.0), (sold, -1.0)])
            })
            .collect();
        let solution = self.solve(&programme, coalition)?;
        Ok(Operation {
            value: -solution.cost(),
            costs: places.iter().map(|place| place.cost(&solution)).collect(),
            worth: places.iter().map(|place| place.worth(&solution)).collect(),
            curtailed: places.iter().map(|place| place.curtailed(&solution)).sum(),
            schedules: places.iter().map(|place| place.schedule(&solution)).collect(),
            // One kWh more to serve costs its price.
            prices: balances.iter().map(|row| solution.price(*row)).collect(),
        })
    }

    /// What every coalition earns. Those without player `with` are taken from `known`.
    ///
    /// # Errors
    /// Where the solver finds no optimum.
    pub fn values(
        &self,
        report: &[f64],
        reuse: Option<(usize, &Coalitions)>,
        step: &mut dyn FnMut(),
    ) -> Result<Coalitions, StudyError> {
        let mut failed = None;
        let game = Coalitions::new(self.players.len(), |coalition| match reuse {
            Some((with, known)) if coalition >> with & 1 == 0 => known.value(coalition),
            _ if failed.is_some() => 0.0,
            _ => {
                step();
                let operation = self.operate(coalition, report).map_err(|error| failed = Some(error));
                operation.map_or(0.0, |operation| operation.value)
            }
        });
        failed.map_or(Ok(game), Err)
    }

    pub(super) fn solve(&self, programme: &Programme, coalition: Coalition) -> Result<Solution, StudyError> {
        programme.solve().ok_or_else(|| {
            let names = members(coalition).map(|member| self.players[member].name.clone());
            StudyError::NoOptimum { players: names.collect::<Vec<_>>().join(", ") }
        })
    }
}

/// What is bought from and sold to the wholesale market in a step, kWh.
pub(super) fn exchange(programme: &mut Programme, offer: Offer) -> [Variable; 2] {
    [(offer.import), (-offer.export)].map(|cost| programme.variable(cost, 0.0, f64::INFINITY))
}

/// The row that balances a step: what members give and `others` add is nothing.
pub(super) fn balance(
    programme: &mut Programme,
    step: usize,
    places: &[Place],
    others: &[(Variable, f64)],
) -> Row {
    let mut terms = others.to_vec();
    let mut fixed = 0.0;
    for place in places {
        let (gives, whatever) = place.of(step);
        terms.extend_from_slice(gives);
        fixed += whatever;
    }
    programme.row(&terms, -fixed)
}
