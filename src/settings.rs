//! Settings: what a run does unless told otherwise.
//!
//! Four places, each overriding the ones before: the default, the file `wattle.toml` in the folder where the
//! program starts, the environment (`WATTLE_SEED` and the like), the command line. [`Settings::gather`] reads all
//! four and remembers where each value came from, which is what `wattle config` prints.

use crate::failure::{Failure, Problem};
use crate::train::preference;
use agents::strategy::NAMES;
use clap::{Args, ValueHint};
use learning::Preference;
use rollup::modes::Mode;
use std::path::{Path, PathBuf};

/// The settings' file.
pub(crate) const FILE: &str = "wattle.toml";

/// What `wattle run` takes.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RunOptions {
    /// A scenario by name (village, two_houses, heat_and_power, lime_street, mill_lane, vpp, thousand, appliances), or a .toml file
    #[arg(value_name = "SCENARIO", value_hint = ValueHint::FilePath)]
    scenario: Option<String>,
    /// Seed of everything random: the same seed gives the same bytes
    #[arg(long, value_name = "N")]
    seed: Option<String>,
    /// How many days to run
    #[arg(long, value_name = "N")]
    days: Option<String>,
    /// Which of the scenario's weeks to run, by name (the village has winter, transition and summer)
    #[arg(long, value_name = "WEEK")]
    week: Option<String>,
    /// Sign every command and check every signature (slower; otherwise the operator answers for everybody)
    #[arg(long)]
    signed: bool,
    /// Folder of the report
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<String>,
    /// File of the ledger, or who keeps it: central or rollup (the dual chain), rollup:FILE names both
    ///
    /// Without a file it lies beside the report's folder, where the last run's is replaced. `central` is one file kept by
    /// one operator. `rollup` keeps the same file and posts it to a primary chain, where anybody can check it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    ledger: Option<String>,
    /// With --ledger rollup: a node of the primary chain (JSON-RPC); unless named, a chain inside this program
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    primary: Option<String>,
    /// With --ledger rollup: how the data of batches reaches the primary chain: calldata, demand, blob or sealed
    ///
    /// `calldata` posts records with every signature. `demand` posts records, and signatures when somebody demands them
    /// (needs --signed). `blob` posts everything in blobs, which nodes keep for about 18 days. `sealed` posts records
    /// encrypted to the operators and the watchers of --readers.
    #[arg(long, value_name = "MODE")]
    data_mode: Option<String>,
    /// With --data-mode sealed: file with the public keys of those who may read, 66 hexadecimal digits a line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    readers: Option<String>,
    /// Strategy of all members, or learned:FILE (from wattle train) for those with machines that can wait
    #[arg(long, value_name = "STRATEGY")]
    strategy: Option<String>,
    /// With --strategy learned:FILE: what members mind, in parts that sum to 1
    #[arg(long, value_name = "COST,PEAK,DELAY")]
    preference: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress
    #[arg(long)]
    pub(crate) quiet: bool,
}

impl RunOptions {
    /// What a comparison says of the scenario that it plays, and where it writes.
    pub(crate) fn of_comparison(
        scenario: &Option<String>,
        [seed, days, week, out]: [&Option<String>; 4],
    ) -> Self {
        let [seed, days, week, out] = [seed, days, week, out].map(Clone::clone);
        Self { scenario: scenario.clone(), seed, days, week, out, ..Self::default() }
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nobody said anything.
    Default,
    /// The settings' file, and the line.
    File(u64),
    /// An environment variable, by name.
    Environment(String),
    /// The command line, by flag.
    Flag(String),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => write!(f, "default"),
            Self::File(line) => write!(f, "{FILE}:{line}"),
            Self::Environment(name) | Self::Flag(name) => write!(f, "{name}"),
        }
    }
}

/// Every setting by name, with its default in words.
pub(crate) const SETTINGS: [(&str, &str); 12] = [
    ("scenario", "village"),
    ("seed", "the scenario's"),
    ("days", "the scenario's"),
    ("week", "the scenario's"),
    ("signed", "false"),
    ("out", "reports/SCENARIO"),
    ("ledger", "OUT.sqlite"),
    ("primary", "inside this program"),
    ("data_mode", "calldata"),
    ("readers", "the operators alone"),
    ("strategy", "the scenario's"),
    ("preference", "0.4,0.3,0.3"),
];

/// Who keeps the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BackEnd {
    /// One operator, one file.
    #[default]
    Central,
    /// The same, and a primary chain that makes it final.
    Rollup,
}

impl BackEnd {
    /// What `--ledger` says: who keeps it, and the file where one is named.
    fn parse(text: &str) -> (Self, Option<&str>) {
        let known = [("central", Self::Central), ("rollup", Self::Rollup)];
        for (name, back_end) in known {
            match text.strip_prefix(name) {
                Some("") => return (back_end, None),
                Some(rest) if rest.starts_with(':') => return (back_end, Some(&rest[1..])),
                _ => {}
            }
        }
        (Self::Central, Some(text))
    }
}

/// One setting in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// Its name.
    pub(crate) name: &'static str,
    /// What was said; nothing where the default holds.
    pub(crate) text: Option<String>,
    /// By whom.
    pub(crate) source: Source,
}

/// What members mind of whom nobody says it.
pub(crate) const PREFERENCE: Preference = Preference { cost: 0.4, peak: 0.3, delay: 0.3 };

/// How all members bid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bidding {
    /// By one of the strategies that come with the program.
    Named(&'static str),
    /// Those with machines by the policy in this file.
    Learned(PathBuf, Preference),
}

/// The settings in force.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// A scenario's name or file.
    pub(crate) scenario: String,
    /// Instead of the scenario's own.
    pub(crate) seed: Option<u64>,
    /// Instead of the scenario's own.
    pub(crate) days: Option<u32>,
    /// Instead of the scenario's own.
    pub(crate) week: Option<String>,
    /// Whether every command is signed.
    pub(crate) signed: bool,
    /// The report's folder.
    pub(crate) out: PathBuf,
    /// The ledger's file.
    pub(crate) ledger: PathBuf,
    /// Whether somebody named that file: then it must not exist, otherwise it is this program's to replace.
    pub(crate) ledger_named: bool,
    /// Who keeps it.
    pub(crate) back_end: BackEnd,
    /// With the dual chain: a node of the primary chain; none: a chain inside this program.
    pub(crate) primary: Option<String>,
    /// With the dual chain: how data reaches the primary chain.
    pub(crate) data_mode: Mode,
    /// With sealed batches: the file of those who may read, beside the operators.
    pub(crate) readers: Option<PathBuf>,
    /// Instead of the members' own.
    pub(crate) strategy: Option<Bidding>,
    /// Where each came from, in the order of [`SETTINGS`].
    pub(crate) values: Vec<Value>,
}

impl Settings {
    /// Reads the settings' file and the environment, and puts the command line on top.
    pub(crate) fn gather(options: &RunOptions) -> Result<Self, Failure> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the application reads the environment, here and only here"
        )]
        let environment = |name: &str| std::env::var(name).ok();
        let file = read_file(Path::new(FILE))?;
        Self::combine(options, &file, environment)
    }

    /// The same from given sources.
    fn combine(
        options: &RunOptions,
        file: &[(String, String, u64)],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let flags = [
            options.scenario.clone(),
            options.seed.clone(),
            options.days.clone(),
            options.week.clone(),
            options.signed.then(|| "true".to_owned()),
            options.out.clone(),
            options.ledger.clone(),
            options.primary.clone(),
            options.data_mode.clone(),
            options.readers.clone(),
            options.strategy.clone(),
            options.preference.clone(),
        ];
        let mut values = Vec::new();
        for ((name, _), flag) in SETTINGS.into_iter().zip(flags) {
            let variable = format!("WATTLE_{}", name.to_uppercase());
            let in_file = file.iter().find(|(key, ..)| key == name);
            let (text, source) = if let Some(text) = flag {
                let flag = match name {
                    "scenario" => "SCENARIO".to_owned(),
                    _ => format!("--{}", name.replace('_', "-")),
                };
                (Some(text), Source::Flag(flag))
            } else if let Some(text) = environment(&variable) {
                (Some(text), Source::Environment(variable))
            } else if let Some((_, text, line)) = in_file {
                (Some(text.clone()), Source::File(*line))
            } else {
                (None, Source::Default)
            };
            values.push(Value { name, text, source });
        }
        let mut problems = Vec::new();
        let mut whole = |index: usize, most: u64, example: &str| -> Option<u64> {
            let value: &Value = &values[index];
            let text = value.text.as_ref()?;
            let number = text.parse().ok().filter(|number| *number <= most);
            if number.is_none() {
                let place = setting_place(value);
                problems
                    .push(Problem::new(place, format!("\"{text}\" is not a whole number: write {example}")));
            }
            number
        };
        let seed = whole(1, u64::MAX, "--seed 7");
        let days = whole(2, 366_000, "--days 7").map(|days| days as u32);
        if days == Some(0) {
            problems.push(Problem::new(setting_place(&values[2]), "0 days are no run: write 1 or more"));
        }
        let signed = match values[4].text.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                let what = format!("\"{other}\" is neither true nor false");
                problems.push(Problem::new(setting_place(&values[4]), what));
                false
            }
        };
        let (back_end, file) = values[6].text.as_deref().map_or_else(Default::default, BackEnd::parse);
        if file == Some("") {
            let what = "no file after the colon: write --ledger rollup:FILE, or --ledger rollup";
            problems.push(Problem::new(setting_place(&values[6]), what));
        }
        for value in &values[7..10] {
            if value.text.is_some() && back_end != BackEnd::Rollup {
                let what = format!("only the dual chain has a {}: add --ledger rollup", value.name);
                problems.push(Problem::new(setting_place(value), what));
            }
        }
        let name = values[8].text.as_deref().unwrap_or("calldata");
        let data_mode = Mode::named(name).unwrap_or_else(|| {
            let what =
                format!("\"{name}\" is no way to post batches: choose calldata, demand, blob or sealed");
            problems.push(Problem::new(setting_place(&values[8]), what));
            Mode::Calldata
        });
        if data_mode == Mode::Demand && !signed {
            let what =
                "signatures on demand need signatures: add --signed, or choose calldata, blob or sealed";
            problems.push(Problem::new(setting_place(&values[8]), what));
        }
        let readers = values[9].text.as_ref().map(PathBuf::from);
        if readers.is_some() && data_mode != Mode::Sealed {
            let what = "only sealed batches have readers: add --data-mode sealed";
            problems.push(Problem::new(setting_place(&values[9]), what));
        }
        let strategy = match values[10].text.as_deref().map(|text| (text, text.strip_prefix("learned:"))) {
            None => None,
            Some((_, Some(file))) => match values[11].text.as_deref().map_or(Ok(PREFERENCE), preference) {
                Ok(preference) => Some(Bidding::Learned(file.into(), preference)),
                Err(what) => {
                    problems.push(Problem::new(setting_place(&values[11]), what));
                    None
                }
            },
            Some((name, None)) => {
                let known = NAMES.into_iter().find(|known| *known == name);
                if known.is_none() {
                    let names = NAMES.join(", ");
                    let what = format!("there is no strategy \"{name}\": choose {names} or learned:FILE");
                    problems.push(Problem::new(setting_place(&values[10]), what));
                }
                known.map(Bidding::Named)
            }
        };
        let learned = values[10].text.as_ref().is_some_and(|text| text.starts_with("learned:"));
        if values[11].text.is_some() && !learned {
            let what = "only learned strategies have a preference: add --strategy learned:FILE";
            problems.push(Problem::new(setting_place(&values[11]), what));
        }
        if !problems.is_empty() {
            return Err(Failure::Input(problems));
        }
        let scenario = values[0].text.clone().unwrap_or_else(|| "village".to_owned());
        let name = Path::new(&scenario).file_stem().map_or("run".into(), |stem| stem.to_string_lossy());
        let out = values[5].text.as_ref().map_or_else(|| Path::new("reports").join(&*name), PathBuf::from);
        let ledger = file.map_or_else(|| beside(&out), PathBuf::from);
        let ledger_named = file.is_some();
        Ok(Self {
            ledger_named,
            back_end,
            primary: values[7].text.clone(),
            data_mode,
            readers,
            strategy,
            seed,
            days,
            week: values[3].text.clone(),
            signed,
            out,
            ledger,
            scenario,
            values,
        })
    }

    /// What is in force for a setting, in words.
    pub(crate) fn shown(&self, value: &Value) -> String {
        match (value.name, &value.text) {
            ("out", _) => self.out.display().to_string(),
            ("ledger", _) => match self.back_end {
                BackEnd::Central => self.ledger.display().to_string(),
                BackEnd::Rollup => format!("rollup:{}", self.ledger.display()),
            },
            (_, Some(text)) => text.clone(),
            (name, None) => SETTINGS
                .iter()
                .find(|(known, _)| *known == name)
                .map_or("", |(_, default)| default)
                .to_owned(),
        }
    }
}

/// The ledger's file of a report's folder.
fn beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".sqlite");
    PathBuf::from(name)
}

/// Where a wrong value is to be mended.
fn setting_place(value: &Value) -> String {
    match &value.source {
        Source::File(line) => format!("{FILE}:{line}:{}", value.name),
        other => other.to_string(),
    }
}

/// Name, value and line of every setting in the file; none where there is no file.
fn read_file(path: &Path) -> Result<Vec<(String, String, u64)>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse_file(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Failure::reading(path, &error)),
    }
}

fn parse_file(text: &str) -> Result<Vec<(String, String, u64)>, Failure> {
    let line_of = |offset: usize| 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count() as u64;
    let path = Path::new(FILE);
    let document = toml_edit::Document::parse(text).map_err(|error| {
        let line = line_of(error.span().map_or(0, |span| span.start));
        Failure::Input(vec![Problem::at(path, line, "", format!("not TOML: {}", error.message()))])
    })?;
    let mut settings = Vec::new();
    let mut problems = Vec::new();
    for (key, item) in document.iter() {
        let span = document.key(key).and_then(toml_edit::Key::span).or_else(|| item.span());
        let line = line_of(span.map_or(0, |span| span.start));
        if !SETTINGS.iter().any(|(known, _)| *known == key) {
            let known: Vec<&str> = SETTINGS.iter().map(|(known, _)| *known).collect();
            problems.push(Problem::at(
                path,
                line,
                key,
                format!("unknown setting: choose from {}", known.join(", ")),
            ));
            continue;
        }
        let value = match item.as_value() {
            Some(toml_edit::Value::String(text)) => text.value().clone(),
            Some(toml_edit::Value::Integer(number)) => number.value().to_string(),
            Some(toml_edit::Value::Boolean(truth)) => truth.value().to_string(),
            _ => {
                problems.push(Problem::at(path, line, key, "write a text, a whole number, true or false"));
                continue;
            }
        };
        settings.push((key.to_owned(), value, line));
    }
    if problems.is_empty() { Ok(settings) } else { Err(Failure::Input(problems)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(flags: &RunOptions, file: &str, environment: &[(&str, &str)]) -> Result<Settings, Failure> {
        let environment = |wanted: &str| {
            environment.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        };
        Settings::combine(flags, &parse_file(file)?, environment)
    }

    #[test]
    fn the_command_line_overrides_the_environment_overrides_the_file_overrides_the_default() {
        let file = "seed = 1\n\ndays = 2\nout = \"there\"\n";
        let environment = [("WATTLE_SEED", "3"), ("WATTLE_DAYS", "4")];
        let flags = RunOptions { seed: Some("5".into()), ..RunOptions::default() };
        let settings = gather(&flags, file, &environment).unwrap();
        assert_eq!((settings.seed, settings.days), (Some(5), Some(4)));
        assert_eq!(settings.ledger, Path::new("there.sqlite"));
        let sources: Vec<String> = settings.values.iter().map(|value| value.source.to_string()).collect();
        let mut expected = vec!["default", "--seed", "WATTLE_DAYS", "default", "default", "wattle.toml:4"];
        expected.resize(SETTINGS.len(), "default");
        assert_eq!(sources, expected);
    }

    #[test]
    fn all_problems_of_the_file_are_told_at_once_with_their_lines() {
        let Err(Failure::Input(problems)) = gather(&RunOptions::default(), "seeds = 1\n\ndays = [1]\n", &[])
        else {
            panic!("a wrong file was taken");
        };
        let places: Vec<&str> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(places, ["wattle.toml:1:seeds", "wattle.toml:3:days"]);
    }

    #[test]
    fn a_wrong_number_is_reported_where_it_stands() {
        let check = |file: &str, environment: &[(&str, &str)], place: &str| {
            let Err(Failure::Input(problems)) = gather(&RunOptions::default(), file, environment) else {
                panic!("a wrong number was taken");
            };
            assert_eq!(problems[0].place, place);
        };
        check("days = -3", &[], "wattle.toml:1:days");
        check("days = 0", &[], "wattle.toml:1:days");
        check("", &[("WATTLE_SEED", "x")], "WATTLE_SEED");
        check("signed = \"yes\"", &[], "wattle.toml:1:signed");
    }

    #[test]
    fn the_ledger_is_a_file_or_who_keeps_it_or_both() {
        let check = |text: &str, back_end, file: &str, named| {
            let flags = RunOptions { ledger: Some(text.into()), ..RunOptions::default() };
            let settings = gather(&flags, "", &[]).unwrap();
            assert_eq!((settings.back_end, settings.ledger_named), (back_end, named), "{text}");
            assert_eq!(settings.ledger, Path::new(file), "{text}");
        };
        check("rollup", BackEnd::Rollup, "reports/village.sqlite", false);
        check("central", BackEnd::Central, "reports/village.sqlite", false);
        check("rollup:my.sqlite", BackEnd::Rollup, "my.sqlite", true);
        check("./rollup", BackEnd::Central, "./rollup", true);
        check("rollups.sqlite", BackEnd::Central, "rollups.sqlite", true);
    }

    #[test]
    fn what_only_the_dual_chain_has_is_refused_without_it() {
        let check = |file: &str, places: &[&str]| {
            let Err(Failure::Input(problems)) = gather(&RunOptions::default(), file, &[]) else {
                panic!("{file} was taken");
            };
            let found: Vec<&str> = problems.iter().map(|problem| problem.place.as_str()).collect();
            assert_eq!(found, places, "{file}");
        };
        check("primary = \"http://localhost:8545\"\n", &["wattle.toml:1:primary"]);
        check("ledger = \"rollup\"\ndata_mode = \"pigeons\"\n", &["wattle.toml:2:data_mode"]);
        check("ledger = \"rollup:\"\n", &["wattle.toml:1:ledger"]);
    }
}
