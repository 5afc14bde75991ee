//! `wattle compare`: the same orders and readings under every market design.

use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::progress::Progress;
use crate::settings::{RunOptions, Settings};
use crate::show::{euros, percent};
use crate::table::{Align, Table};
use clap::{Args, ValueEnum, ValueHint};
use market::rule::RuleKind;
use market::{Energy, Money, Quality};
use serde::Serialize;
use sim::Scenario;
use sim::calendar::format_instant;
use sim::compare::{Comparison, Designs, Effort, Manipulation, Played, compare as play};
use sim::report::text::decimal;
use sim::report::{ComparisonReport, ComparisonSubject, lie, words};
use sim::scenario::Overrides;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `wattle compare` takes.
#[derive(Args)]
pub(crate) struct CompareOptions {
    /// A scenario by name (village, two_houses, heat_and_power, lime_street, mill_lane, vpp, thousand, appliances), or a .toml file
    #[arg(value_name = "SCENARIO", value_hint = ValueHint::FilePath)]
    scenario: Option<String>,
    /// Designs with commas between them: all, rules and keys by name, pipelines as stages joined by +
    #[arg(long, value_name = "RULES", default_value = "all", value_parser = designs)]
    rules: Designs,
    /// How thoroughly to look for lies that pay
    #[arg(long, value_name = "EFFORT", default_value = "quick")]
    manipulation: Thoroughness,
    /// Seed of everything random: the same seed gives the same bytes
    #[arg(long, value_name = "N")]
    seed: Option<String>,
    /// How many days to play
    #[arg(long, value_name = "N")]
    days: Option<String>,
    /// Which of the scenario's weeks to play, by name
    #[arg(long, value_name = "WEEK")]
    week: Option<String>,
    /// Folder of the comparison; the run's own folder with _compare behind it unless named
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long)]
    quiet: bool,
}

/// How much time lies are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Thoroughness {
    /// Look for none
    None,
    /// The busiest intervals and the largest members: seconds
    Quick,
    /// Many intervals, all members, all prices: minutes
    Full,
}

fn designs(text: &str) -> Result<Designs, String> {
    Designs::parse(text).map_err(|error| error.to_string())
}

/// Plays the scenario under every design, writes the page and the tables, and shows the table of designs.
pub(crate) fn compare(options: &CompareOptions) -> Result<(), Failure> {
    let asked = [&options.seed, &options.days, &options.week, &options.out];
    let settings = Settings::gather(&RunOptions::of_comparison(&options.scenario, asked))?;
    let (week, days, seed) = (settings.week.clone(), settings.days, settings.seed);
    let overrides = Overrides { week, days, seed, ..Overrides::default() };
    let scenario = crate::bidding::load(&settings.scenario, &overrides)?;
    let out = if options.out.is_some() { settings.out.clone() } else { beside(&settings.out) };

    #[expect(clippy::disallowed_methods, reason = "the application may measure what it shows")]
    let start = std::time::Instant::now();
    let report = ComparisonReport::create(&out)?;
    let steps = 2 + 2 * options.rules.0.len() as u64;
    let mut progress = Progress::new("comparing", steps, options.quiet || options.json);
    let effort = match options.manipulation {
        Thoroughness::None => Effort::None,
        Thoroughness::Quick => Effort::Quick,
        Thoroughness::Full => Effort::Full,
    };
    let comparison = play(&scenario, &options.rules.0, effort, &mut |done, _| progress.at(done))?;
    progress.done();
    let subject = ComparisonSubject::of(&scenario, &settings.scenario, env!("CARGO_PKG_VERSION"));
    let page = report.finish(&subject, &comparison)?;
    let finished = Finished { scenario: &scenario, subject, comparison, page, took: start.elapsed() };
    if options.json { print_json(&finished.form()) } else { print(&finished.text()) }
}

/// The folder of a comparison, beside that of a run.
fn beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push("_compare");
    PathBuf::from(name)
}

/// A comparison that has ended well.
struct Finished<'a> {
    scenario: &'a Scenario,
    subject: ComparisonSubject,
    comparison: Comparison,
    page: PathBuf,
    took: Duration,
}

/// The form other programs rely on.
#[derive(Serialize)]
struct CompareForm {
    scenario: String,
    seed: u64,
    start: String,
    days: u32,
    intervals: u64,
    interval_s: u32,
    currency: String,
    members: usize,
    orders: u64,
    at_tariff_neur: i128,
    without_market_neur: i128,
    rules: Vec<DesignForm>,
    skipped: Vec<SkippedForm>,
    words: String,
    report: String,
    compare_ns: u64,
}

#[derive(Serialize)]
struct DesignForm {
    rule: String,
    bill_neur: i128,
    saved_neur: i128,
    surplus_neur: i128,
    welfare_neur: i128,
    traded: Vec<TradedForm>,
    labels: Option<Vec<LabelForm>>,
    self_consumption_ppm: Option<i64>,
    self_sufficiency_ppm: Option<i64>,
    jain_ppm: Option<i64>,
    gini_ppm: Option<i64>,
    worse_off: usize,
    worst: WorstForm,
    saved: Vec<SavedForm>,
    manipulation: Option<Vec<GainForm>>,
}

#[derive(Serialize)]
struct TradedForm {
    carrier: &'static str,
    traded_wh: i64,
}

#[derive(Serialize)]
struct LabelForm {
    label: &'static str,
    asked_wh: i64,
    offered_wh: i64,
    delivered_wh: i64,
}

#[derive(Serialize)]
struct WorstForm {
    member: String,
    saved_neur: i128,
}

#[derive(Serialize)]
struct SavedForm {
    name: String,
    bill_neur: i128,
    saved_neur: i128,
}

#[derive(Serialize)]
struct GainForm {
    kind: &'static str,
    gain_neur: i128,
    energy_wh: i64,
    what: String,
}

#[derive(Serialize)]
struct SkippedForm {
    rule: String,
    reason: String,
}

impl Finished<'_> {
    fn everybody(&self) -> Vec<usize> {
        (0..self.comparison.community.members.len()).collect()
    }

    fn at_tariff(&self) -> Money {
        self.comparison.designs.first().map_or(Money::ZERO, |played| played.measured.at_tariff())
    }

    /// The comparison as one object.
    fn form(&self) -> CompareForm {
        let Self { scenario, subject, comparison, page, took } = self;
        let span = &scenario.span;
        let skipped = comparison.skipped.iter();
        CompareForm {
            scenario: scenario.name.clone(),
            seed: scenario.seed,
            start: format_instant(span.first.start, span.offset),
            days: span.days,
            intervals: comparison.community.intervals,
            interval_s: span.first.duration,
            currency: String::from_utf8_lossy(&subject.currency).into_owned(),
            members: comparison.community.members.len(),
            orders: comparison.community.orders,
            at_tariff_neur: self.at_tariff().0,
            without_market_neur: comparison.community.without_market().0,
            rules: comparison.designs.iter().map(|played| self.design(played)).collect(),
            skipped: skipped
                .map(|(design, reason)| SkippedForm { rule: design.name(), reason: reason.clone() })
                .collect(),
            words: words(comparison, subject.currency),
            report: page.display().to_string(),
            compare_ns: u64::try_from(took.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    fn design(&self, played: &Played) -> DesignForm {
        let (measured, community) = (&played.measured, &self.comparison.community);
        let everybody = self.everybody();
        let (worst, least) = measured.worst().unwrap_or_default();
        let members = community.members.iter().zip(&measured.members);
        let markets = self.scenario.community.markets.iter();
        DesignForm {
            rule: played.design.name(),
            bill_neur: measured.bill().0,
            saved_neur: measured.saved().0,
            surplus_neur: measured.surplus.0,
            welfare_neur: measured.welfare().0,
            traded: markets
                .map(|market| TradedForm {
                    carrier: market.carrier.name(),
                    traded_wh: measured.traded(market.carrier).0,
                })
                .collect(),
            labels: (played.design.kind() == RuleKind::Pipeline).then(|| {
                let labels = Quality::ALL.into_iter().zip(measured.labels);
                let form = |(label, energies): (Quality, [Energy; 3])| {
                    let [asked_wh, offered_wh, delivered_wh] = energies.map(|energy| energy.0);
                    LabelForm { label: label.name(), asked_wh, offered_wh, delivered_wh }
                };
                labels.map(form).collect()
            }),
            self_consumption_ppm: community.self_consumption(measured, &everybody),
            self_sufficiency_ppm: community.self_sufficiency(measured, &everybody),
            jain_ppm: measured.jain(),
            gini_ppm: measured.gini(),
            worse_off: measured.worse_off(),
            worst: WorstForm {
                member: community.members.get(worst).cloned().unwrap_or_default(),
                saved_neur: least.0,
            },
            saved: members
                .map(|(name, account)| SavedForm {
                    name: name.clone(),
                    bill_neur: account.bill.0,
                    saved_neur: account.saved().0,
                })
                .collect(),
            manipulation: played
                .searched
                .then(|| played.manipulation.iter().map(|found| self.gain(found)).collect()),
        }
    }

    fn gain(&self, found: &Manipulation) -> GainForm {
        GainForm {
            kind: found.gain.trick.name(),
            gain_neur: found.gain.money.0,
            energy_wh: found.gain.energy.0,
            what: lie(found, &self.comparison, &self.subject),
        }
    }

    /// The comparison as a table for a newcomer.
    fn text(&self) -> String {
        let Self { scenario, subject, comparison, page, took } = self;
        let span = &scenario.span;
        let day = format_instant(span.first.start, span.offset);
        let days = if span.days == 1 { "1 day".to_owned() } else { format!("{} days", span.days) };
        let mut text = format!(
            "{}: {} members, {days} from {}, the same orders and readings under {} designs\n\n",
            scenario.name,
            comparison.community.members.len(),
            day.split('T').next().unwrap_or_default(),
            comparison.designs.len()
        );
        let right = Align::Right;
        let mut table = Table::new(&[
            ("rule", Align::Left),
            ("bill of all €", right),
            ("saved €", right),
            ("saved %", right),
            ("pay more", right),
            ("worst off €", right),
            ("evenness", right),
            ("surplus €", right),
            ("best lie ct", right),
        ]);
        for played in &comparison.designs {
            let measured = &played.measured;
            let (saved, at_tariff) = (measured.saved(), measured.at_tariff());
            let lie = match (played.searched, played.best_lie()) {
                (false, _) => "–".to_owned(),
                (true, None) => "0.000".to_owned(),
                (true, Some(found)) => decimal(found.gain.money.0, 7, 3),
            };
            table.row([
                played.design.name(),
                euros(measured.bill()),
                euros(saved),
                percent(saved.0, at_tariff.0.max(0)),
                measured.worse_off().to_string(),
                euros(measured.worst().unwrap_or_default().1),
                measured.jain().map_or("–".to_owned(), |index| decimal(index.into(), 6, 2)),
                euros(measured.surplus),
                lie,
            ]);
        }
        table.gap();
        let supplier = ["supplier alone".to_owned(), euros(self.at_tariff())];
        table.row(supplier.into_iter().chain(std::iter::repeat_n(String::new(), 7)));
        text += &table.render();
        text += "\n  pay more: members who pay more than with the supplier; worst off: what the least lucky member saves\n  \
                 evenness: Jain's index of the savings, 1 where all save the same; surplus: what buyers pay beyond what\n  \
                 sellers receive; best lie: the most that a member could win by one false order or reading in one interval\n\n";
        for line in wrapped(&words(comparison, subject.currency), 106) {
            text += &format!("  {line}\n");
        }
        for (design, reason) in &comparison.skipped {
            text += &format!("\n  {} was left out: {reason}", design.name());
        }
        text += if comparison.skipped.is_empty() { "\n" } else { "\n\n" };
        text += &format!("  {:<16}{}\n", "report", page.display());
        text + &format!("  {:<16}{:.1} s\n", "time", took.as_secs_f64())
    }
}

/// The text in lines of at most so many characters.
pub(crate) fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > most {
            lines.push(word.to_owned());
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}
