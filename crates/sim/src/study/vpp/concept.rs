//! The solution concepts: who gets what.

use super::coalition::{Operation, Plant};
use super::leader::Responses;
use super::{ACCURACY, StudyError};
use clearing::game::{Coalition, Coalitions, bargain, least_core, nucleolus, shapley};

/// A way to divide what a virtual power plant earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concept {
    /// Everybody trades inside at the dual prices of the joint optimum.
    DualPrices,
    /// The energy-sharing game.
    Sharing,
    /// The operator sets internal prices, members respond.
    Stackelberg,
    /// Nash bargaining with equal power.
    Bargaining,
    /// The Shapley value.
    Shapley,
    /// The nucleolus.
    Nucleolus,
    /// A point of the least core.
    LeastCore,
}

/// What a concept gives.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which.
    pub concept: Concept,
    /// Per player, what it earns, in the currency; by its reported costs where they differ from the true ones.
    pub payoffs: Vec<f64>,
    /// What the operator keeps, ≥ 0.
    pub operator: f64,
    /// Per player, true costs of what it does.
    pub costs: Vec<f64>,
    /// Per step, the price inside, in the currency per kWh; nothing where the concept has none.
    pub prices: Option<Vec<f64>>,
    /// The largest that any coalition could earn more by itself, in the currency; not positive inside the core.
    pub excess: f64,
    /// The coalition that could earn it.
    pub objectors: Coalition,
    /// Programmes solved or rounds played, where it takes any beyond the coalitions' values.
    pub iterations: Option<u32>,
}

impl Concept {
    /// All, in the order of tables.
    pub const ALL: [Self; 7] = [
        Self::DualPrices,
        Self::Sharing,
        Self::Stackelberg,
        Self::Bargaining,
        Self::Shapley,
        Self::Nucleolus,
        Self::LeastCore,
    ];

    /// Its name in tables for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DualPrices => "dual_prices",
            Self::Sharing => "sharing_game",
            Self::Stackelberg => "stackelberg",
            Self::Bargaining => "nash_bargaining",
            Self::Shapley => "shapley",
            Self::Nucleolus => "nucleolus",
            Self::LeastCore => "least_core",
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::DualPrices => "Dual prices",
            Self::Sharing => "Energy-sharing game",
            Self::Stackelberg => "Stackelberg",
            Self::Bargaining => "Nash bargaining",
            Self::Shapley => "Shapley value",
            Self::Nucleolus => "Nucleolus",
            Self::LeastCore => "Least core",
        }
    }

    /// What it does, in a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::DualPrices => "all trade inside at what one kWh more is worth there at the joint optimum",
            Self::Sharing => "each bids for energy of the others, knowing that it moves the price",
            Self::Stackelberg => "an operator sets internal prices and keeps what netting saves",
            Self::Bargaining => "the joint optimum, its gain in equal parts",
            Self::Shapley => "each gets what it adds to those before it, over all orders of joining",
            Self::Nucleolus => "the largest complaint of any coalition is as small as can be, then the next",
            Self::LeastCore => "one division under which the largest complaint is as small as can be",
        }
    }

    /// Whether a solution exists and is the only one.
    #[must_use]
    pub const fn existence(self) -> &'static str {
        match self {
            Self::DualPrices => {
                "exists, in the core (Owen 1975); the prices need not be the only ones where many schedules are best"
            }
            Self::Sharing => {
                "exists; what is shared is unique (a strictly convex programme), a price wherever some marginal value is"
            }
            Self::Stackelberg => "exists on the grid of mark-ups; among equals the lowest is taken",
            Self::Bargaining => "exists and is unique (the gain is not negative)",
            Self::Shapley => "exists and is unique; no player worse off where the game is superadditive",
            Self::Nucleolus => "exists and is unique; in the core, as the core is not empty here",
            Self::LeastCore => "exists; need not be the only point",
        }
    }
}

impl Outcome {
    /// What a concept gives where costs are told as `report` times the true ones. `game` and `optimum` are those of the
    /// same report.
    pub(super) fn of(
        concept: Concept,
        plant: &Plant,
        report: &[f64],
        (game, optimum, responses): (&Coalitions, &Operation, &[Responses]),
    ) -> Result<Self, StudyError> {
        let mut outcome = Self {
            concept,
            payoffs: Vec::new(),
            operator: 0.0,
            costs: optimum.costs.clone(),
            prices: None,
            excess: 0.0,
            objectors: 0,
            iterations: None,
        };
        match concept {
            Concept::DualPrices => {
                let earned = |(number, schedule): (usize, &Vec<f64>)| {
                    let sales: f64 =
                        schedule.iter().zip(&optimum.prices).map(|(energy, price)| energy * price).sum();
                    sales + optimum.worth[number] - report[number] * optimum.costs[number]
                };
                outcome.payoffs = optimum.schedules.iter().enumerate().map(earned).collect();
                outcome.prices = Some(optimum.prices.clone());
            }
            Concept::Sharing => {
                let shared = plant.share(report)?;
                (outcome.payoffs, outcome.costs) = (shared.payoffs, shared.costs);
                outcome.prices = Some(shared.prices);
            }
            Concept::Stackelberg => {
                let led = plant.led(responses);
                (outcome.payoffs, outcome.costs) = (led.payoffs, led.costs);
                outcome.operator = led.operator;
                outcome.iterations = Some(led.tried);
            }
            Concept::Bargaining => {
                let powers = vec![1.0; plant.players.len()];
                outcome.payoffs = bargain(game.total(), &game.alone(), &powers).ok_or(StudyError::NoGain)?;
            }
            Concept::Shapley => outcome.payoffs = shapley(game),
            Concept::Nucleolus => outcome.payoffs = nucleolus(game).ok_or(StudyError::NoGain)?,
            Concept::LeastCore => outcome.payoffs = least_core(game).ok_or(StudyError::NoGain)?.payoffs,
        }
        if let Some(complaint) = game.greatest_excess(&outcome.payoffs) {
            (outcome.objectors, outcome.excess) = complaint;
        }
        Ok(outcome)
    }

    /// What players and operator earn together.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.payoffs.iter().sum::<f64>() + self.operator
    }

    /// Whether no coalition could earn more by itself.
    #[must_use]
    pub fn in_core(&self) -> bool {
        self.excess <= ACCURACY
    }
}
