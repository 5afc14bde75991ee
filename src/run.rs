//! `wattle run`: a community trades over its days.

mod dual;
mod summary;

use crate::bidding;
use crate::failure::{Failure, Problem};
use crate::output::{make_folder, print, print_json};
use crate::progress::Progress;
use crate::settings::{BackEnd, RunOptions, Settings};
use dual::{Dual, Posted};
use ledger::{Central, Evidence, Ledger, Options};
use market::{Event, Sink};
use sim::report::{DualChain, LawCheck, Outcome, ReportError, Reporter};
use sim::scenario::{LoadError, Overrides};
use sim::{Both, Lived, Observer, RunError};
use std::path::{Path, PathBuf};
use summary::Finished;

/// A run of at most so many records is audited at once, which takes a fraction of its time; larger ones on request.
const AUDITED_AT_ONCE: u64 = 1_000_000;

/// Runs the scenario, writes the ledger and the report, and shows the summary.
pub(crate) fn run(options: &RunOptions) -> Result<(), Failure> {
    let settings = Settings::gather(options)?;
    let overrides = Overrides {
        week: settings.week.clone(),
        days: settings.days,
        seed: settings.seed,
        signed: settings.signed,
        interval: None,
    };
    let mut scenario = bidding::load(&settings.scenario, &overrides)?;
    if settings.back_end == BackEnd::Rollup {
        dual::check_scope(&settings, &mut scenario)?;
    }

    if let Some(bidding) = &settings.strategy {
        bidding::apply(bidding, &mut scenario)?;
    }

    #[expect(clippy::disallowed_methods, reason = "the application may measure what it shows")]
    let start = std::time::Instant::now();
    let hidden = options.quiet || options.json;
    let progress = Progress::new("running", scenario.span.intervals(), hidden);
    let reporter = Reporter::create(&settings.out, &scenario, &settings.scenario, env!("CARGO_PKG_VERSION"))?;
    let place = LedgerPlace::of(&settings)?;
    let mut ledger = match settings.back_end {
        BackEnd::Central => Kept::Central(Box::new(Central::create(&place.making, Options::default())?)),
        BackEnd::Rollup => Kept::Dual(Box::new(Dual::create(&place.making, &settings, &scenario)?)),
    };
    let mut observers = Both(Watcher(progress), reporter);
    let summary = sim::run(&scenario, ledger.as_ledger(), &mut observers)?;
    let Both(Watcher(progress), reporter) = observers;
    progress.done();
    let (dual, chain) = ledger.finish(&settings)?.map(|posted| (posted.summary, posted.report)).unzip();
    let soft = chain.as_ref().and_then(|chain: &DualChain| chain.soft);
    let took = start.elapsed();

    let audit = (summary.commands <= AUDITED_AT_ONCE)
        .then(|| ledger::audit(&place.making, &Evidence::default(), &mut |_, _| {}))
        .transpose()?;
    let laws = audit.iter().flat_map(|audit| &audit.laws).map(|count| LawCheck {
        law: count.law,
        checked: count.checked,
        violations: count.violations,
    });
    let outcome = Outcome {
        root: summary.root,
        ledger: match &dual {
            None => format!("one file kept by one operator, {} records", summary.commands),
            Some(dual) => format!("{}, {} records", dual.words(), summary.commands),
        },
        laws: laws.collect(),
        chain,
    };
    let report = reporter.finish(&outcome)?;
    place.finish()?;
    let finished = Finished {
        settings: &settings,
        scenario: &scenario,
        summary: &summary,
        audit: audit.as_ref(),
        dual: dual.as_ref(),
        soft,
        report: &report,
        took,
    };
    if options.json {
        print_json(&finished.form())?
    } else {
        print(&finished.text())?
    }
    if finished.violated() { Err(Failure::Negative) } else { Ok(()) }
}

/// The ledger of a run.
enum Kept {
    Central(Box<Central>),
    Dual(Box<Dual>),
}

impl Kept {
    fn as_ledger(&mut self) -> &mut dyn Ledger {
        match self {
            Self::Central(central) => &mut **central,
            Self::Dual(dual) => dual.as_ledger(),
        }
    }

    /// Closes it; what the primary chain has of it, where there is one.
    fn finish(self, settings: &Settings) -> Result<Option<Posted>, Failure> {
        match self {
            Self::Central(_) => Ok(None),
            Self::Dual(dual) => dual.finish(settings).map(Some),
        }
    }
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
        let place = Self { making: with_ending(&target, ".part"), target };
        place.sweep()?; // what an interrupted run left
        Ok(place)
    }

    fn finish(&self) -> Result<(), Failure> {
        if self.making == self.target {
            return Ok(());
        }
        for ending in ["-wal", "-shm"] {
            remove(&with_ending(&self.target, ending))?;
        }
        for (made, lasting) in
            rollup::ledger::beside(&self.making).into_iter().zip(rollup::ledger::beside(&self.target))
        {
            remove(&lasting)?;
            rename(&made, &lasting)?;
        }
        rename(&self.making, &self.target)
    }

    /// Removes an unfinished ledger of the program's own.
    fn sweep(&self) -> Result<(), Failure> {
        if self.making == self.target {
            return Ok(());
        }
        ["", "-wal", "-shm"].iter().try_for_each(|ending| remove(&with_ending(&self.making, ending)))?;
        rollup::ledger::beside(&self.making).iter().try_for_each(|path| remove(path))
    }
}

impl Drop for LedgerPlace {
    fn drop(&mut self) {
        let _ = self.sweep(); // whatever went wrong has been reported already
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Moves a file, if it is there.
fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::writing(to, &error)),
        _ => Ok(()),
    }
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

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Occupied { .. } => Self::Input(vec![Problem::new("", error.to_string())]),
            other => Self::World(other.to_string()),
        }
    }
}
