//! Everything that can be chosen about an agent and its training; each choice can be switched for an ablation.

use crate::environment::{Shape, View};

/// The choices.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Whether each agent has a network of its own.
    pub networks: Networks,
    /// What a decision is answerable for.
    pub credit: Credit,
    /// How a vector of values becomes one number.
    pub scalarisation: Scalarisation,
    /// What the network tells of each action.
    pub head: Head,
    /// Whether the network learns what to add to what the environment's model expects of each action (residual
    /// learning: Silver et al. 2018; Johannink et al. 2019); otherwise it learns the values themselves.
    pub residual: bool,
    /// How far a model may be wrong about each objective, 0 to 1; nothing stands for 1 throughout. What the network
    /// adds counts by their mean under the preference: not at all where the model is certain of all that matters.
    pub doubts: Vec<f32>,
    /// How much worse than the best, over the doubt, a model may expect an action to be for it still to be taken,
    /// > 0: the network decides among the others. What it says of actions hardly ever taken is not worth much.
    pub trust: f32,
    /// What the untrained network says, or nothing in particular. Optimism (a value above all that can be had) makes
    /// agents try what they do not know (Sutton and Barto 2018, section 2.6); a residual begins with 0.
    pub initial: Option<f32>,
    /// How finely the preference is shown: besides its weights, how near it is to each point of the grid with so many
    /// steps (piecewise linear encoding: Gorishniy et al. 2022); 0 shows the weights alone. Values have kinks in the
    /// preference, which a small network otherwise rounds off.
    pub knots: usize,
    /// Whether preferences are drawn from the points of that grid alone, each alike: for a household that chooses among
    /// so many settings and no others.
    pub only_knots: bool,
    /// Units of each hidden layer, 1 to 2¹⁶.
    pub hidden: Vec<usize>,
    /// Whether value and advantage have heads of their own (Wang et al. 2016).
    pub dueling: bool,
    /// Whether the online network chooses the action that the target network values (van Hasselt et al. 2016).
    pub double: bool,
    /// Whether a replayed decision is looked at with a new preference; otherwise with that of its episode.
    pub relabel: bool,
    /// How often a drawn preference leaves an objective out, 0 to 1; 0 draws evenly on the simplex.
    pub faces: f32,
    /// Decisions whose rewards are summed before the target network speaks, ≥ 1; `usize::MAX` for the whole
    /// episode, which is a Monte-Carlo return.
    pub steps: usize,
    /// Where the loss turns from quadratic to linear (Huber); infinite for the squared error.
    pub huber: f32,
    /// How the target network follows the online one.
    pub target: Target,
    /// Probability of a random action in the first round and from the end of `exploring` on.
    pub exploration: (f32, f32),
    /// Share of the rounds over which exploration falls, 0 to 1.
    pub exploring: f32,
    /// Rounds: in each, every lane plays one episode and every network makes `updates` steps.
    pub rounds: usize,
    /// Rounds whose episodes are remembered, ≥ 1.
    pub memory: usize,
    /// Gradient steps per network and round.
    pub updates: usize,
    /// Decisions per gradient step, 1 to 2²⁰.
    pub batch: usize,
    /// Adam's step size in the first round and in the last; it falls geometrically.
    pub rate: (f32, f32),
    /// Share of the last rounds whose weights are averaged into the policy; 0 takes the last weights.
    pub averaged: f32,
}

/// Who learns with whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Networks {
    /// One network per agent, each with its own experience.
    Independent,
    /// One network for all, which is told whose turn it is.
    Shared,
}

/// What follows from a decision, as the agent that takes it sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credit {
    /// Its own rewards up to its own next decision.
    Own,
    /// Everybody's rewards up to its own next decision.
    Team,
    /// Everybody's rewards up to the next decision in the episode, whoever takes it: the joint problem with
    /// sequential actions. It needs one shared network.
    Joint,
}

/// How values become one number, of which more is better.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalarisation {
    /// Σ wᵢ vᵢ. It can find the convex hull of a front and nothing else.
    Linear,
    /// −max wᵢ (zᵢ − vᵢ) − 0.01 Σ wᵢ (zᵢ − vᵢ) of the whole episode's rewards v, those collected included, where z
    /// is at least as good as anything reachable: the augmented Chebyshev norm (Steuer and Choo 1983), which can
    /// find every point of a front. It needs a vector head.
    Chebyshev(Vec<f32>),
}

/// What a network tells of each action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// Its scalarised value.
    Scalar,
    /// Its value for each objective.
    Vector,
}

/// How the target network follows the online one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// It is copied every so many updates.
    Hard(usize),
    /// It goes this part of the way at every update.
    Soft(f32),
}

/// Options that do not fit together or do not fit the problem.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("options of the agent: {0}")]
pub struct OptionsError(pub(crate) &'static str);

impl Default for Options {
    fn default() -> Self {
        Self {
            networks: Networks::Shared,
            credit: Credit::Joint,
            scalarisation: Scalarisation::Linear,
            head: Head::Scalar,
            residual: false,
            doubts: Vec::new(),
            trust: f32::INFINITY,
            initial: None,
            knots: 0,
            only_knots: false,
            hidden: vec![64, 64],
            dueling: true,
            double: true,
            relabel: true,
            faces: 0.0,
            steps: 1,
            huber: 1.0,
            target: Target::Soft(0.01),
            exploration: (1.0, 0.05),
            exploring: 0.5,
            rounds: 400,
            memory: 20,
            updates: 50,
            batch: 256,
            rate: (1e-3, 1e-4),
            averaged: 0.2,
        }
    }
}

impl Options {
    /// What does best for a home, of what was tried (`docs/appliances_learning.md`): a residual on control with a model.
    /// Control can be wrong about the peak, and about cost where there are panels. Meant for 512 lanes.
    #[must_use]
    pub fn home(panels: bool) -> Self {
        Self {
            residual: true,
            doubts: vec![f32::from(u8::from(panels)), 1.0, 0.0],
            trust: 0.1,
            initial: Some(0.0),
            relabel: false,
            faces: 0.15,
            exploration: (0.2, 0.05),
            rounds: 300,
            updates: 80,
            rate: (2e-3, 2e-3 / 30.0),
            ..Self::default()
        }
    }

    /// Whether the options fit together and fit a problem of this shape.
    ///
    /// # Errors
    /// Names what does not fit and what to choose.
    pub fn check(&self, shape: &Shape) -> Result<(), OptionsError> {
        let ensure = |holds: bool, otherwise| if holds { Ok(()) } else { Err(OptionsError(otherwise)) };
        ensure(
            self.credit != Credit::Joint || self.networks == Networks::Shared || shape.agents == 1,
            "joint credit needs one shared network: choose `Shared` networks, or `Own` or `Team` credit",
        )?;
        if let Scalarisation::Chebyshev(best) = &self.scalarisation {
            ensure(self.head == Head::Vector, "the Chebyshev norm needs the vector head")?;
            ensure(best.len() == shape.objectives, "the Chebyshev norm needs one best value per objective")?;
        }
        if self.residual {
            ensure(self.head == Head::Scalar, "what a model expects is one number: choose the scalar head")?;
            ensure(
                !self.relabel,
                "what a model expects is known for the preference of the episode: do not relabel",
            )?;
            ensure(
                self.credit != Credit::Own,
                "a model expects rewards of all agents: choose team or joint credit",
            )?;
        }
        ensure(self.steps >= 1, "a return spans at least one step")?;
        let doubts = self.doubts.len();
        ensure(doubts == 0 || doubts == shape.objectives, "there must be one doubt per objective, or none")?;
        ensure(self.trust > 0.0, "actions must be allowed to be expected somewhat worse than the best")?;
        let shares = [self.faces, self.exploration.0, self.exploration.1, self.exploring, self.averaged];
        ensure(
            shares.iter().chain(&self.doubts).all(|share| (0.0..=1.0).contains(share)),
            "faces, exploration, exploring, averaged and doubts must be from 0 to 1",
        )?;
        ensure(self.initial.is_none_or(f32::is_finite), "what an untrained network says must be finite")?;
        ensure(
            self.hidden.iter().all(|units| (1..=1 << 16).contains(units)),
            "a layer has 1 to 65536 units",
        )?;
        let knots = (self.knots as f64 + 1.0).powi(shape.objectives as i32 - 1);
        ensure(knots <= 1e6, "the preference is shown too finely: choose fewer knots")?;
        ensure(
            self.knots >= 1 || !self.only_knots,
            "without knots none can be drawn: choose some, or any preference",
        )?;
        ensure(self.huber > 0.0, "the Huber threshold must be above zero")?;
        ensure(self.memory >= 1, "at least one round must be remembered")?;
        ensure(self.rounds >= 1, "at least one round must be played")?;
        ensure((1..=1 << 20).contains(&self.batch), "a gradient step needs 1 to 1048576 decisions")?;
        let rates = [self.rate.0, self.rate.1];
        ensure(rates.iter().all(|rate| *rate > 0.0 && rate.is_finite()), "step sizes must be above zero")?;
        ensure(
            match self.target {
                Target::Hard(every) => every >= 1,
                Target::Soft(part) => part > 0.0 && part <= 1.0,
            },
            "the target network must be copied every 1 or more updates, or go above 0 and up to 1 of the way",
        )
    }

    /// Which network an agent uses.
    pub(crate) fn network_of(&self, agent: usize) -> usize {
        match self.networks {
            Networks::Independent => agent,
            Networks::Shared => 0,
        }
    }

    /// How many networks there are.
    pub(crate) fn networks(&self, shape: &Shape) -> usize {
        self.network_of(shape.agents - 1) + 1
    }

    /// Whose rewards count for an agent.
    pub(crate) fn view(&self, agent: usize) -> View {
        match self.credit {
            Credit::Own => View::Own(agent),
            Credit::Team | Credit::Joint => View::Team,
        }
    }

    /// How far training has got at a round, 0 to 1.
    fn progress(&self, round: usize) -> f32 {
        (round as f32 / self.rounds as f32).min(1.0)
    }

    /// Probability of a random action in a round.
    #[must_use]
    pub fn epsilon(&self, round: usize) -> f32 {
        let (first, last) = self.exploration;
        let through = (self.progress(round) / self.exploring.max(f32::EPSILON)).min(1.0);
        first + (last - first) * through
    }

    /// Adam's step size in a round.
    #[must_use]
    pub fn rate(&self, round: usize) -> f32 {
        let (first, last) = self.rate;
        first * libm::powf(last / first, self.progress(round))
    }

    /// The first round whose weights are averaged.
    pub(crate) fn first_averaged(&self) -> usize {
        self.rounds - (self.averaged * self.rounds as f32) as usize
    }
}
