//! `wattle study appliances`: one learned policy for every preference, against rules, control and perfect foresight.

mod foresight;
mod form;
mod market;
mod page;
mod pictures;
mod tables;
mod text;
mod words;

use self::market::Scene;
use crate::appliances::{Given, HomeOptions};
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::progress::Progress;
use crate::train::{LANES, VARIANTS, WITHIN};
use agents::Random;
use clap::{Args, ValueHint};
use foresight::ForesightForm;
use form::Form;
use learning::study::{Foresight, Question, Study, StudyError, foresight as parts, variants};
use learning::{FeatureSet, Options};
use sim::report::Folder;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What `wattle study appliances` takes.
#[derive(Args)]
pub(crate) struct AppliancesOptions {
    #[command(flatten)]
    home: HomeOptions,
    /// How many agents learn, each with luck of its own
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(2..=100))]
    seeds: u16,
    /// Seed of the first agent and of everything else that is random: the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Draws of requests for each day that is judged: more leave less to luck; 8 by the hour, 2 by the quarter hour
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    draws: Option<u16>,
    /// Also learn in other ways, with three agents each: what is each part of an agent good for?
    #[arg(long)]
    ablations: bool,
    /// A quick look: two agents that hardly learn, and a week; nothing can be concluded from it
    #[arg(long)]
    quick: bool,
    /// How many things are done at once; the result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Folder of the report
    #[arg(long, value_name = "DIR", default_value = "reports/study_appliances", value_hint = ValueHint::DirPath)]
    out: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long)]
    quiet: bool,
}

/// Preferences by fifths: 21.
const GRID: usize = 5;
/// Draws of requests for each day, by the hour.
const DRAWS: u16 = 8;
/// The same by the quarter hour, where control over futures takes eighty times as long, and for a quick look.
const FEW_DRAWS: u16 = 2;
/// Futures that control draws at each decision.
const FUTURES: usize = 8;
/// Days that a street with the agents trades.
const MARKET_DAYS: u32 = 7;
/// Agents of each other way to learn, and of each small home.
const VARIANT_SEEDS: usize = 3;
/// Machines of a small home.
const MACHINES: usize = 3;

/// Learns, plays and judges, writes the page and the tables, and shows who is better where.
pub(crate) fn study(options: &AppliancesOptions) -> Result<(), Failure> {
    let given = options.home.gather()?;
    let question = options.question(given)?;
    let small = options.small(&question)?;
    let folder = Folder::create(&options.out)?;
    #[expect(clippy::disallowed_methods, reason = "the application may measure what it shows")]
    let start = std::time::Instant::now();
    let scene = Scene::load(&question.home, if options.quick { 1 } else { MARKET_DAYS })?;
    let (first, second) = (question.steps(), question.steps() + small.steps());
    let all = second + Scene::plays(question.seeds);
    let progress = Mutex::new(Progress::new("studying", all, options.quiet || options.json));
    let told = |done| progress.lock().expect("showing progress does not panic").at(done);
    let failed = |error: StudyError| Failure::input("the study", error.to_string());
    let threads = options.threads.into();
    let study = Study::of(&question, threads, &told).map_err(failed)?;
    let foresight = Foresight::of(&small, threads, &|done| told(first + done)).map_err(failed)?;
    let played = AtomicU64::new(second);
    let market = scene.play(&study, threads, &|| told(played.fetch_add(1, Relaxed) + 1))?;
    progress.into_inner().expect("showing progress does not panic").done();
    let foresight = ForesightForm::of(&foresight, &small);
    let form = Form::of(&study, &question, foresight, market, options, start.elapsed());
    tables::write(&folder, &form)?;
    crate::output::write_file(&folder.path("index.html"), &page::render(&form))?;
    folder.finish()?;
    if options.json { print_json(&form) } else { print(&text::text(&form)) }
}

impl AppliancesOptions {
    fn question(&self, given: Given) -> Result<Question, Failure> {
        let Given { home, scales, training, mut validation, mut held_out } = given;
        // As `wattle train` does.
        let mut options = Options::home(self.home.has_panels());
        let training = training.varied(VARIANTS, WITHIN, &mut Random::of(self.seed, "variants"));
        let (mut seeds, mut lanes) = (self.seeds.into(), LANES);
        if self.quick {
            let first = |records: &learning::Records, days| {
                records.part(0..days).map_err(|invalid| Failure::input("the home", invalid.to_string()))
            };
            (validation, held_out) = (first(&validation, 4)?, first(&held_out, 7)?);
            (options.rounds, seeds, lanes) = (30, 2, 64);
        }
        let few = self.quick || self.home.is_quarter_hourly();
        let draws = self.draws.unwrap_or(if few { FEW_DRAWS } else { DRAWS });
        let features = FeatureSet::ALL;
        let variants = if self.ablations { variants(&options, features) } else { vec![] };
        Ok(Question {
            home,
            scales,
            training,
            validation,
            held_out,
            features,
            options,
            lanes,
            draws: draws.into(),
            grid: GRID,
            seeds,
            seed: self.seed,
            futures: FUTURES,
            looks: 10,
            variants,
            variant_seeds: VARIANT_SEEDS.min(seeds),
        })
    }

    /// The part on small homes; by the hour, as quarter hours make too many states.
    fn small(&self, question: &Question) -> Result<parts::Question, Failure> {
        let Given { home, training, mut held_out, .. } = self.home.by_the_hour().gather()?;
        let mut options = question.options.clone();
        // As many for each decision played as in the study.
        options.updates = options.updates * MACHINES / home.appliances.len();
        let draws = self.draws.unwrap_or(if self.quick { FEW_DRAWS } else { DRAWS });
        let mut grid = GRID;
        if self.quick {
            held_out =
                held_out.part(0..2).map_err(|invalid| Failure::input("the home", invalid.to_string()))?;
            grid = 2;
        }
        Ok(parts::Question {
            home,
            machines: MACHINES,
            training,
            held_out,
            draws: draws.into(),
            options,
            lanes: question.lanes,
            seeds: VARIANT_SEEDS.min(question.seeds),
            seed: self.seed,
            futures: FUTURES,
            grid,
        })
    }
}
