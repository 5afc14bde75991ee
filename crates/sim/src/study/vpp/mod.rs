//! The virtual power plant as a game: what is cooperation worth, and who gets it?
//!
//! The members of a scenario are the players; each has costs, limits and constraints that reach from one interval into the
//! next ([`Player`]). A coalition operates together beside the wholesale market; its worth is the optimum of a linear
//! programme ([`Plant::operate`]). Each solution concept ([`Concept`]) says what every player gets and which prices lead
//! there. Then players lie about their costs, and an audit looks at what they do ([`lies`]).
//!
//! `docs/vpp.md` has the model, its parameters and its limits.

mod player;
pub use player::{Player, cost};
mod coalition;
pub use coalition::{Offer, Operation, Plant};
mod sharing;
pub use sharing::Sharing;
mod leader;
pub use leader::Leading;
mod concept;
pub use concept::{Concept, Outcome};
pub mod lies;
pub use lies::{DRAWN, FINE, Gain, Lie, Verdict};
mod shortfall;
pub use shortfall::{MISSING, PENALTY, Shortfall};
mod complement;
pub use complement::Complement;

use crate::Scenario;
use clearing::game::Coalitions;
use market::{Carrier, Prices, Rejection, TariffKind};

/// How far results of the solver may be from exact, in the currency: a hundredth of a cent.
pub const ACCURACY: f64 = 1e-4;

/// More players have more coalitions than a study solves.
pub const MOST_PLAYERS: usize = 10;

/// Bidding in the energy-sharing game has come to rest when nothing moves by more, kWh.
const STILL: f64 = 0.1;

/// Rounds of bidding after which one gives up waiting for rest.
const MOST_ROUNDS: u32 = 500;

/// What to study.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// Which day of the scenario, from 0.
    pub day: u32,
    /// How many days are planned as one, at least 1.
    pub days: u32,
    /// Names of the members who play; all where empty.
    pub players: Vec<String>,
    /// By how much costs are told wrongly, as parts of the true ones: −0.5 tells half of them.
    pub lies: Vec<f64>,
    /// From which the audit draws its prices.
    pub seed: u64,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Study {
    /// Players, prices and programmes.
    pub plant: Plant,
    /// Start of the first step, Unix s.
    pub start: u64,
    /// Length of a step, s.
    pub duration: u32,
    /// How the plant operates best, everybody together.
    pub optimum: Operation,
    /// What every coalition earns, in the currency.
    pub game: Coalitions,
    /// What each concept gives to whom.
    pub outcomes: Vec<Outcome>,
    /// Who delivers when.
    pub complement: Complement,
    /// What lying about costs would win.
    pub lies: Vec<Lie>,
    /// What delivering less than was sold would win.
    pub shortfalls: Vec<Shortfall>,
}

/// Why there is no study.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StudyError {
    /// A device that the study has no programme for.
    #[error(
        "`{player}` has a {device}, which this study does not know: take it out, or name the other members with --players"
    )]
    Device {
        /// Whose.
        player: String,
        /// Which.
        device: &'static str,
    },
    /// Nobody of this name.
    #[error("there is no member `{name}`: choose among {known}")]
    Player {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Too few or too many players.
    #[error(
        "{count} players: a game needs at least 2, and 2ⁿ coalitions are solved for at most {MOST_PLAYERS}: name some of them with --players"
    )]
    Players {
        /// How many.
        count: usize,
    },
    /// The day is not in the scenario.
    #[error(
        "day {day} is not in the scenario, which has {days}: choose an earlier day, or more with `days` in [time]"
    )]
    Day {
        /// The last day asked for, from 1.
        day: u32,
        /// How many there are.
        days: u32,
    },
    /// A player has no wholesale price.
    #[error("`{player}` has no connection for electricity: give it a device and a tariff")]
    Connection {
        /// Whose.
        player: String,
    },
    /// The wholesale prices of the players differ.
    #[error(
        "`{player}` buys at another tariff than `{other}`: let all players have the wholesale market's tariff"
    )]
    Tariffs {
        /// One.
        player: String,
        /// Another.
        other: String,
    },
    /// The market refused a contract of the optimum.
    #[error("a contract of `{player}` was refused: {rejection}")]
    Refused {
        /// Whose.
        player: String,
        /// Why.
        rejection: Rejection,
    },
    /// The players have more alone than together.
    #[error(
        "the players earn less together than alone: look for wholesale prices that pay more than they charge"
    )]
    NoGain,
    /// The solver gave up.
    #[error(
        "no optimum was found for {players}: look for a limit that cannot be kept, or numbers of very different size"
    )]
    NoOptimum {
        /// Who cooperates.
        players: String,
    },
}

impl Study {
    /// Steps that [`Self::of`] will report, with this many players.
    #[must_use]
    pub fn steps(players: usize, lies: usize) -> u64 {
        let liars = (players * lies) as u64;
        (1 << players) - 1 + liars * (1 << (players - 1))
    }

    /// Studies a scenario. `progress` hears how many programmes are solved.
    ///
    /// # Errors
    /// Where the scenario is none of a virtual power plant, or a programme has no optimum.
    pub fn of(
        scenario: &Scenario,
        question: &Question,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, StudyError> {
        let plant = Plant::of(scenario, question)?;
        let first = scenario.span.first.later(u64::from(question.day) * scenario.span.per_day());
        Self::of_plant(plant, (first.start, first.duration), &question.lies, question.seed, progress)
    }

    /// Studies a plant whose first step begins at an instant (Unix s) and lasts so many seconds.
    ///
    /// # Errors
    /// Where a programme has no optimum.
    pub fn of_plant(
        plant: Plant,
        (start, duration): (u64, u32),
        lies: &[f64],
        seed: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, StudyError> {
        let mut done = 0;
        let mut step = || {
            done += 1;
            progress(done);
        };
        let honest = vec![1.0; plant.players.len()];
        let game = plant.values(&honest, None, &mut step)?;
        let optimum = plant.operate(plant.everybody(), &honest)?;
        let responses = (0..plant.players.len())
            .map(|player| plant.respond(player, &honest))
            .collect::<Result<Vec<_>, _>>()?;
        let mut outcomes = Concept::ALL
            .into_iter()
            .map(|concept| Outcome::of(concept, &plant, &honest, (&game, &optimum, &responses)))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(sharing) = outcomes.iter_mut().find(|outcome| outcome.concept == Concept::Sharing) {
            sharing.iterations = plant.bid(STILL, MOST_ROUNDS)?.1;
        }
        Ok(Self {
            start,
            duration,
            lies: lies::search(&plant, (lies, seed), (&game, &responses, &outcomes), &mut step)?,
            shortfalls: shortfall::search(&plant, &optimum, (start, duration))?,
            complement: Complement::of(&plant, &optimum),
            optimum,
            game,
            outcomes,
            plant,
        })
    }

    /// Whether cooperating never costs anything, for any two coalitions without a common member.
    #[must_use]
    pub fn is_superadditive(&self) -> bool {
        self.game.superadditivity_gap() <= ACCURACY
    }

    /// Pairs of coalitions without a common member: (3ⁿ − 2ⁿ⁺¹ + 1) / 2.
    #[must_use]
    pub fn pairs(&self) -> u64 {
        let players = self.plant.players.len() as u32;
        (3_u64.pow(players) + 1 - (2 << players)) / 2
    }

    /// What a concept gave.
    ///
    /// # Panics
    /// Never: every concept is played.
    #[must_use]
    pub fn outcome(&self, concept: Concept) -> &Outcome {
        self.outcomes.iter().find(|outcome| outcome.concept == concept).expect("every concept is played")
    }

    /// How many players earn less under an outcome than alone.
    #[must_use]
    pub fn worse_off(&self, outcome: &Outcome) -> usize {
        let alone = self.game.alone();
        outcome.payoffs.iter().zip(&alone).filter(|(payoff, alone)| **payoff < **alone - ACCURACY).count()
    }

    /// The lie that wins most, and under which concept; nothing where none wins.
    #[must_use]
    pub fn best_lie(&self) -> Option<(&Lie, &Gain)> {
        let gains = self.lies.iter().flat_map(|lie| lie.gains.iter().map(move |gain| (lie, gain)));
        gains
            .filter(|(_, gain)| gain.liar > ACCURACY)
            .max_by(|one, other| one.1.liar.total_cmp(&other.1.liar))
    }

    /// Start of a step, Unix s.
    #[must_use]
    pub fn time(&self, step: usize) -> u64 {
        self.start + step as u64 * u64::from(self.duration)
    }

    /// What all earn, each alone.
    #[must_use]
    pub fn all_alone(&self) -> f64 {
        self.game.alone().iter().sum()
    }
}

impl Plant {
    /// The players of a scenario and their wholesale market.
    ///
    /// # Errors
    /// Where the scenario is none of a virtual power plant.
    pub fn of(scenario: &Scenario, question: &Question) -> Result<Self, StudyError> {
        let days = question.days.max(1);
        let last = question.day.saturating_add(days);
        if last > scenario.span.days {
            return Err(StudyError::Day { day: last, days: scenario.span.days });
        }
        for name in &question.players {
            if !scenario.members.iter().any(|member| member.name == *name) {
                let known: Vec<&str> = scenario.members.iter().map(|member| member.name.as_str()).collect();
                return Err(StudyError::Player { name: name.clone(), known: known.join(", ") });
            }
        }
        let plays = |name: &String| question.players.is_empty() || question.players.contains(name);
        let members: Vec<_> = scenario.members.iter().filter(|member| plays(&member.name)).collect();
        if !(2..=MOST_PLAYERS).contains(&members.len()) {
            return Err(StudyError::Players { count: members.len() });
        }
        let per_day = scenario.span.per_day();
        let first = u64::from(question.day) * per_day;
        let steps = first..first + u64::from(days) * per_day;
        let mut tariff = None;
        for member in &members {
            let Some(connection) = member.connections[Carrier::Electricity as usize] else {
                return Err(StudyError::Connection { player: member.name.clone() });
            };
            match tariff {
                Some((other, name)) if other != connection.tariff => {
                    let other: &String = name;
                    return Err(StudyError::Tariffs { player: member.name.clone(), other: other.clone() });
                }
                _ => tariff = Some((connection.tariff, &member.name)),
            }
        }
        let tariff = tariff.map_or(0, |(tariff, _)| usize::from(tariff.0));
        let published = scenario.tariffs.published.iter().find(|(id, _)| usize::from(id.0) == tariff);
        let offset = i64::from(scenario.span.offset);
        let price = |step: u64| -> Offer {
            let interval = scenario.span.first.later(step);
            let local = interval.start.saturating_add_signed(offset);
            let Prices { import, export } = match (&scenario.tariffs.terms[tariff].kind, published) {
                (_, Some((_, prices))) => prices[step as usize],
                (TariffKind::Flat(prices), None) => *prices,
                (TariffKind::TimeOfUse(windows), None) => {
                    let window = windows.iter().find(|window| window.covers(local));
                    window.map(|window| window.prices).unwrap_or_default()
                }
                (TariffKind::Dynamic, None) => Prices::default(),
            };
            Offer { import: import.0 as f64 / 1e6, export: export.0 as f64 / 1e6 }
        };
        let range = steps.start as i64..steps.end as i64;
        let prices: Vec<Offer> = steps.map(price).collect();
        let players = (members.iter())
            .map(|member| {
                let devices = member.devices.iter().cloned().collect();
                Player::of((&member.name, &member.kind), &devices, range.clone(), &prices)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { players, prices })
    }
}
