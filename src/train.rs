//! `wattle train`: a tunable agent learns to run a home, or shows how well it does on the held-out month.

mod choices;
mod clock;
mod curves;
mod events;
mod judge;
mod page;
mod table;

use crate::appliances::{Given, HomeOptions};
use crate::failure::Failure;
use crate::output::{make_folder, print, print_json, write_lasting};
use crate::progress::Progress;
use agents::Random;
use choices::Choices;
use clap::{Args, ValueHint};
use clock::Clock;
use curves::{Curves, Look, Round};
use events::Events;
use judge::Yardstick;
use learning::agent::{Options, OptionsError};
use learning::{CheckpointError, Homes, Policy, Preference, Trainer};
use page::Told;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Validations of a whole training.
const VALIDATIONS: usize = 20;

/// Training days whose errors a variant may have, before and after its own.
pub(crate) const WITHIN: usize = 20;
/// Variants of each recorded day.
pub(crate) const VARIANTS: usize = 15;
/// Days that a home plays at once.
pub(crate) const LANES: usize = 512;

/// What `wattle train` takes.
#[derive(Args)]
pub(crate) struct TrainOptions {
    #[command(flatten)]
    home: HomeOptions,
    /// Seed of everything random: the same seed gives the same weights
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Rounds of a whole training: exploration and step sizes fall over them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Stop after so many minutes, finished or not; --resume goes on
    #[arg(long, value_name = "M", value_parser = minutes)]
    minutes: Option<f64>,
    /// Threads; their number changes the time it takes and nothing else
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Choices of the agent, such as double=false; may be repeated
    ///
    /// networks=shared|independent, credit=joint|team|own, head=scalar|vector, residual=true|false, doubts=X,X,X, trust=X,
    /// dueling=true|false, double=true|false, relabel=true|false, faces=X, steps=N|episode, huber=X, target=soft:X|hard:N,
    /// initial=X, knots=N, only_knots=true|false, hidden=N,N, exploration=X,X, exploring=X, memory=N, updates=N, batch=N, rate=X,X, averaged=X, lanes=N,
    /// variants=N, without=GROUP of features (clock, request, appliance, cost, peak, others, later, prices, load). docs/training.md
    /// says what they mean.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    choices: Vec<String>,
    /// File of the policy
    #[arg(long, value_name = "FILE", default_value = "reports/appliances.policy", value_hint = ValueHint::FilePath)]
    out: PathBuf,
    /// File from which the training can be taken up again, should it be cut
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    checkpoint: Option<PathBuf>,
    /// Seconds between two checkpoints; 0 for one after every round
    #[arg(long, value_name = "S", default_value_t = 10)]
    every: u32,
    /// Take up a training by its checkpoint, which must be of the same home, seed and choices; it is kept up to date
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "checkpoint")]
    resume: Option<PathBuf>,
    /// Folder of the page and the table with every round, written anew as the training goes on
    #[arg(long, value_name = "DIR", default_value = "reports/training", value_hint = ValueHint::DirPath)]
    report: PathBuf,
    /// Folder of event files for TensorBoard
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    events: Option<PathBuf>,
    /// Instead of training, play a policy through the held-out month against the rules and the optimum
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = ["rounds", "minutes", "choices", "checkpoint", "resume", "events", "report"])]
    evaluate: Option<PathBuf>,
    /// With --evaluate: what the household minds, in parts that sum to 1; 21 preferences together unless named
    #[arg(long, value_name = "COST,PEAK,DELAY", requires = "evaluate", value_parser = preference)]
    preference: Option<Preference>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long)]
    quiet: bool,
}

/// Trains, or evaluates what was trained.
pub(crate) fn train(options: &TrainOptions) -> Result<(), Failure> {
    let given = options.home.gather()?;
    if let Some(path) = &options.evaluate {
        let evaluation = table::evaluate(&given, read_policy(path, &given)?, options)?;
        return if options.json { print_json(&evaluation) } else { print(&evaluation.text()) };
    }
    let training = Training::begin(options, &given)?;
    let finished = training.run()?;
    if options.json { print_json(&finished) } else { print(&finished.text(options)) }
}

/// A training under way, and everything around it.
struct Training<'a> {
    options: &'a TrainOptions,
    given: &'a Given,
    choices: Choices,
    trainer: Trainer<Homes>,
    round: usize,
    yardstick: Yardstick,
    curves: Curves,
    events: Option<Events>,
    checkpoint: Option<&'a Path>,
}

/// What is printed in the end; the form other programs rely on.
#[derive(Serialize)]
struct Finished {
    home: String,
    seed: u64,
    rounds: usize,
    of_rounds: usize,
    decisions: u64,
    updates: u64,
    took_s: f64,
    /// Regret on the validation days at every look: round, and mean loss beyond the optimum's.
    regret: Vec<(usize, f64)>,
    /// Loss of the optimum on the validation days, and how much more predictive control loses.
    optimum: f64,
    control_regret: f64,
    policy: String,
    policy_keccak256: String,
    report: String,
}

impl<'a> Training<'a> {
    fn begin(options: &'a TrainOptions, given: &'a Given) -> Result<Self, Failure> {
        let mut choices = Choices::parse(Options::home(options.home.has_panels()), &options.choices)?;
        if let Some(rounds) = options.rounds {
            choices.agent.rounds = rounds as usize;
        }
        let mut luck = Random::of(options.seed, "variants");
        let homes = Homes::new(
            given.home.clone(),
            given.training.varied(choices.variants, WITHIN, &mut luck),
            given.scales,
            choices.features,
            choices.lanes,
        );
        let homes = homes.map_err(|invalid| Failure::input("the home", invalid.to_string()))?;
        let (agent, seed) = (choices.agent.clone(), options.seed);
        let (trainer, round) = match &options.resume {
            None => (Trainer::new(homes, agent, seed).map_err(refused)?, 0),
            Some(path) => {
                let bytes = std::fs::read(path).map_err(|error| Failure::reading(path, &error))?;
                let trainer = Trainer::resume(homes, agent, seed, &bytes).map_err(|error| match error {
                    CheckpointError::Options(error) => refused(error),
                    error => Failure::input(path.display(), error.to_string()),
                })?;
                let round = trainer.round();
                (trainer, round)
            }
        };
        let checkpoint = options.checkpoint.as_deref().or(options.resume.as_deref());
        for path in [Some(&*options.out), checkpoint].into_iter().flatten() {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                make_folder(folder)?;
            }
        }
        // What stands in its place and is no report is told now rather than after the first look.
        drop(sim::report::Folder::create(&options.report)?);
        let events = options.events.as_ref().map(|folder| Events::create(folder, round)).transpose()?;
        let yardstick = Yardstick::of(given);
        let home = options.home.words();
        let mark = format!("{home}, {:?}, {choices:?}, {}", given.scales, options.seed);
        let mark = crate::output::hex(&market::keccak256(mark.as_bytes())[..4]);
        let curves = Curves::begin(&options.report, mark, round);
        Ok(Self { options, given, choices, trainer, round, yardstick, curves, events, checkpoint })
    }

    fn run(mut self) -> Result<Finished, Failure> {
        let rounds = self.choices.agent.rounds;
        let mut progress = Progress::new("training", rounds as u64, self.options.quiet || self.options.json);
        let threads = usize::from(self.options.threads);
        let (clock, mut saved, mut told) = (Clock::start(), 0.0, (0.0, 0, 0));
        let (mut decisions, mut updates) = (0, 0);
        let began = self.round;
        let limit = self.options.minutes.map_or(f64::INFINITY, |minutes| minutes * 60.0);
        let every = rounds.div_ceil(VALIDATIONS);
        while !self.trainer.is_finished() && clock.seconds() < limit {
            let now = self.trainer.advance(threads);
            self.round = now.round;
            decisions += now.decisions as u64;
            updates += now.updates;
            let look = now.round.is_multiple_of(every) || self.trainer.is_finished();
            let look = if look {
                let seconds = clock.seconds() - told.0;
                let [acted, learned] =
                    [decisions - told.1, updates - told.2].map(|count| count as f64 / seconds);
                let regret = self.yardstick.regret(&mut self.policy()?);
                progress.note(&format!(
                    "return {:.4}, loss {:.6}, regret {regret:.4}, {acted:.0} decisions/s, {learned:.0} updates/s",
                    now.gain, now.loss
                ));
                told = (clock.seconds(), decisions, updates);
                Some(Look { regret, acted, learned })
            } else {
                None
            };
            let agent = &self.choices.agent;
            let [rate, epsilon] = [agent.rate(now.round - 1), agent.epsilon(now.round - 1)].map(f64::from);
            let round = Round { round: now.round, gain: now.gain, loss: now.loss, rate, epsilon, look };
            self.curves.rounds.push(round);
            if let Some(events) = &mut self.events {
                events.write(Clock::unix(), now.round, &round.scalars())?;
            }
            let due = clock.seconds() - saved >= f64::from(self.options.every);
            if due || look.is_some() {
                let left = (rounds - now.round) as f64 * clock.seconds() / (now.round - began) as f64;
                // Before the checkpoint: who goes on from there finds all rounds before it.
                self.tell(Some(left))?;
            }
            if due {
                self.save()?;
                saved = clock.seconds();
            }
            progress.at(now.round as u64);
        }
        progress.done();
        self.save()?;
        let policy = self.policy()?.to_bytes();
        write_lasting(&self.options.out, &policy)?;
        self.tell(None)?;
        Ok(Finished {
            home: self.options.home.words(),
            seed: self.options.seed,
            rounds: self.round,
            of_rounds: rounds,
            decisions,
            updates,
            took_s: clock.seconds(),
            regret: self.curves.looks().map(|(round, look)| (round, look.regret)).collect(),
            optimum: self.yardstick.optimum(),
            control_regret: self.yardstick.control(),
            policy: self.options.out.display().to_string(),
            policy_keccak256: crate::output::hex(&market::keccak256(&policy)),
            report: self.options.report.join("index.html").display().to_string(),
        })
    }

    /// Writes the report; `left` is how many seconds the training still takes, while it goes on.
    fn tell(&self, left: Option<f64>) -> Result<(), Failure> {
        let told = Told {
            home: self.options.home.words(),
            seed: self.options.seed,
            of_rounds: self.choices.agent.rounds,
            optimum: self.yardstick.optimum(),
            control: self.yardstick.control(),
            left,
            policy: &self.options.out.to_string_lossy(),
        };
        curves::write(&self.options.report, &self.curves, &page::render(&self.curves, &told))
    }

    /// Writes the checkpoint, where one is kept.
    fn save(&self) -> Result<(), Failure> {
        self.checkpoint.map_or(Ok(()), |path| write_lasting(path, &self.trainer.checkpoint()))
    }

    /// What has been learned so far.
    fn policy(&self) -> Result<Policy, Failure> {
        let Given { home, scales, .. } = self.given;
        Policy::new(self.trainer.agents(), home.clone(), *scales, self.choices.features).map_err(refused)
    }
}

impl Finished {
    fn text(&self, options: &TrainOptions) -> String {
        let mut text = format!("{}\n{} of {} rounds", self.home, self.rounds, self.of_rounds);
        text += &format!(
            " in {:.1} s: {} decisions, {} gradient steps\n",
            self.took_s, self.decisions, self.updates
        );
        if let (Some(first), Some(last)) = (self.regret.first(), self.regret.last()) {
            text += &format!(
                "regret on the validation days: {:.4} after {} rounds, {:.4} after {}; predictive control {:.4}; the \
                 optimum loses {:.4}\n",
                first.1, first.0, last.1, last.0, self.control_regret, self.optimum
            );
        }
        text += &format!("policy: {}, keccak-256 {}\n", self.policy, self.policy_keccak256);
        text += &format!("report: {}\n", self.report);
        if self.rounds < self.of_rounds {
            text += match options.checkpoint.as_ref().or(options.resume.as_ref()) {
                Some(_) => "The time was up: --resume with the checkpoint goes on.\n",
                None => "The time was up, and without --checkpoint nothing can go on from here.\n",
            };
        }
        text
    }
}

/// A policy for the home that is given.
pub(crate) fn read_policy(path: &Path, given: &Given) -> Result<Policy, Failure> {
    let policy = load_policy(path)?;
    if policy.home() != &given.home {
        let (learned, asked) = (policy.home().slots, given.home.slots);
        let what = format!(
            "the policy is for another home, of {learned} slots a day where {asked} are asked for: give the \
             --quarter-hourly or not that it learned with"
        );
        return Err(Failure::input(path.display(), what));
    }
    if policy.scales() != &given.scales {
        let what = "the policy learned under other prices or with other people: give the --household, --tariff and --pv \
                    that it learned with";
        return Err(Failure::input(path.display(), what));
    }
    Ok(policy)
}

/// A policy from its file.
pub(crate) fn load_policy(path: &Path) -> Result<Policy, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::reading(path, &error))?;
    Policy::from_bytes(&bytes).map_err(|error| Failure::input(path.display(), error.to_string()))
}

/// Three weights, such as 0.4,0.4,0.2.
pub(crate) fn preference(text: &str) -> Result<Preference, String> {
    let weights: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match weights.as_deref() {
        Some([cost, peak, delay])
            if [cost, peak, delay].iter().all(|weight| **weight >= 0.0)
                && (cost + peak + delay - 1.0).abs() < 1e-9 =>
        {
            Ok(Preference { cost: *cost, peak: *peak, delay: *delay })
        }
        _ => {
            Err("write three weights for cost, peak and delay that sum to 1, such as 0.4,0.4,0.2".to_owned())
        }
    }
}

fn refused(error: OptionsError) -> Failure {
    Failure::input("--set", error.to_string())
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse().ok().filter(|minutes: &f64| *minutes > 0.0 && minutes.is_finite());
    minutes.ok_or_else(|| "write a number above 0, such as 1.5".to_owned())
}
