//! `wattle run`: a community trades over its days.

mod summary;

use crate::failure::{Failure, Problem};
use crate::output::{make_folder, print, print_json};
use crate::progress::Progress;
use crate::settings::{RunOptions, Settings};
use ledger::{Central, Options};
use market::{Event, Sink};
use sim::scenario::{LoadError, Overrides};
use sim::{Lived, Observer, RunError, Scenario};
use std::path::{Path, PathBuf};
use summary::Finished;

/// Runs the scenario, writes the ledger and the report, and shows the summary.
pub(crate) fn run(options: &RunOptions) -> Result<(), Failure> {
    let settings = Settings::gather(options)?;
    let overrides = Overrides {
        week: settings.week.clone(),
        days: settings.days,
        seed: settings.seed,
        signed: settings.signed,
    };
    let scenario = Scenario::load(&settings.scenario, &overrides)?;

    #[expect(clippy::disallowed_methods, reason = "the application may measure what it shows")]
    let start = std::time::Instant::now();
    let place = LedgerPlace::of(&settings)?;
    let mut ledger = Central::create(&place.making, Options::default())?;
    let mut watcher =
        Watcher(Progress::new("running", scenario.span.intervals(), options.quiet || options.json));
    let summary = sim::run(&scenario, &mut ledger, &mut watcher)?;
    watcher.0.done();
    drop(ledger);
    place.finish()?;
    let finished =
        Finished { settings: &settings, scenario: &scenario, summary: &summary, took: start.elapsed() };
    if options.json { print_json(&finished.form()) } else { print(&finished.text()) }
}

/// Where the ledger is written, and where it stands in the end.
struct LedgerPlace {
    making: PathBuf,
    target: PathBuf,
}

impl LedgerPlace {
    /// A ledger that somebody named is created there, and must not exist. The program's own is written beside its
    /// place and replaces the last run's only when this one is complete.
    fn of(settings: &Settings) -> Result<Self, Failure> {
        let target = settings.ledger.clone();
        if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_folder(folder)?;
        }
        if settings.ledger_named {
            return Ok(Self { making: target.clone(), target });
        }
        let making = with_ending(&target, ".part");
        for ending in ["", "-wal", "-shm"] {
            remove(&with_ending(&making, ending))?; // what an interrupted run left
        }
        Ok(Self { making, target })
    }

    fn finish(self) -> Result<(), Failure> {
        if self.making == self.target {
            return Ok(());
        }
        for ending in ["-wal", "-shm"] {
            remove(&with_ending(&self.target, ending))?;
        }
        std::fs::rename(&self.making, &self.target).map_err(|error| Failure::writing(&self.target, &error))
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::writing(path, &error)),
        _ => Ok(()),
    }
}

/// Shows how far the run is.
struct Watcher(Progress);

impl Sink for Watcher {
    fn event(&mut self, _: Event) {}
}

impl Observer for Watcher {
    fn interval(&mut self, lived: &Lived<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.at(lived.step + 1);
        Ok(())
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Invalid(problems) => Self::Input(
                problems
                    .0
                    .into_iter()
                    .map(|problem| {
                        let field = if problem.field.is_empty() {
                            String::new()
                        } else {
                            format!(": {}", problem.field)
                        };
                        let place = format!("{}:{}:{}{field}", problem.file, problem.line, problem.column);
                        Problem::new(place, format!("{}: {}", problem.what, problem.remedy))
                    })
                    .collect(),
            ),
            LoadError::Unreadable { name, cause, remedy } => Self::input(name, format!("{cause}: {remedy}")),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Ledger(error) => error.into(),
            other => Self::World(other.to_string()),
        }
    }
}
