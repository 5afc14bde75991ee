//! `wattle study vpp`: the virtual power plant as a game.

use crate::compare::wrapped;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::progress::Progress;
use crate::show::{euros, kwh};
use crate::table::{Align, Table};
use clap::{Args, ValueHint};
use clearing::game::{Coalition, members};
use serde::Serialize;
use sim::Scenario;
use sim::calendar::format_instant;
use sim::report::text::decimal;
use sim::report::{VppReport, VppSubject, settled, vpp_words};
use sim::scenario::Overrides;
use sim::study::vpp::{Concept, DRAWN, Gain, Lie, MISSING, Outcome, PENALTY, Question, Shortfall, Study};
use std::path::PathBuf;
use std::time::Duration;

/// What `wattle study vpp` takes.
#[derive(Args)]
pub(crate) struct VppOptions {
    /// A scenario of electric devices on one wholesale tariff, by name or as a file (.toml)
    #[arg(value_name = "SCENARIO", default_value = "vpp", value_hint = ValueHint::FilePath)]
    scenario: String,
    /// Which day of the scenario; the second, unless it has only one, so that cars and stores have come from somewhere
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    day: Option<u32>,
    /// How many days to plan as one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=7))]
    days: u32,
    /// Who plays, by name with commas between them; everybody unless named
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    players: Vec<String>,
    /// By how many per cent costs are told wrongly, more and less; 0 for no lies
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', default_value = "10,25,50",
          value_parser = clap::value_parser!(u32).range(0..=99))]
    lies: Vec<u32>,
    /// Seed of everything random: the same seed gives the same bytes
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Which of the scenario's weeks, by name
    #[arg(long, value_name = "WEEK")]
    week: Option<String>,
    /// Folder of the report
    #[arg(long, value_name = "DIR", default_value = "reports/study_vpp", value_hint = ValueHint::DirPath)]
    out: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long)]
    quiet: bool,
}

/// Studies the scenario, writes the page and the tables, and shows who gets what.
pub(crate) fn study(options: &VppOptions) -> Result<(), Failure> {
    let overrides = Overrides { week: options.week.clone(), seed: options.seed, ..Overrides::default() };
    let scenario = crate::bidding::load(&options.scenario, &overrides)?;
    let day = options.day.unwrap_or(2.min(scenario.span.days + 1 - options.days.min(scenario.span.days)));
    let question = Question {
        day: day - 1,
        days: options.days,
        players: options.players.iter().map(|name| name.trim().to_owned()).collect(),
        lies: both_ways(&options.lies),
        seed: scenario.seed,
    };
    #[expect(clippy::disallowed_methods, reason = "the application may measure what it shows")]
    let start = std::time::Instant::now();
    let report = VppReport::create(&options.out)?;
    let players = if question.players.is_empty() { scenario.members.len() } else { question.players.len() };
    let steps = Study::steps(players.min(20), question.lies.len());
    let mut progress = Progress::new("studying", steps, options.quiet || options.json);
    let study = Study::of(&scenario, &question, &mut |done| progress.at(done))
        .map_err(|error| Failure::input(&options.scenario, error.to_string()))?;
    progress.done();
    let subject = VppSubject::of(&scenario, &options.scenario, env!("CARGO_PKG_VERSION"));
    let page = report.finish(&subject, &study)?;
    let finished = Finished { scenario: &scenario, subject, study, page, took: start.elapsed() };
    if options.json { print_json(&finished.form()) } else { print(&finished.text()) }
}

/// Less and more by each of these per cents, the largest under-statement first.
fn both_ways(percents: &[u32]) -> Vec<f64> {
    let mut lies: Vec<i64> = percents.iter().flat_map(|one| [-i64::from(*one), i64::from(*one)]).collect();
    lies.sort_unstable();
    lies.dedup();
    lies.into_iter().filter(|lie| *lie != 0).map(|lie| lie as f64 / 100.0).collect()
}

/// A study that has ended well.
struct Finished<'a> {
    scenario: &'a Scenario,
    subject: VppSubject,
    study: Study,
    page: PathBuf,
    took: Duration,
}

/// The form other programs rely on.
#[derive(Serialize)]
struct VppForm {
    scenario: String,
    seed: u64,
    start: String,
    steps: usize,
    step_s: u32,
    currency: String,
    players: Vec<PlayerForm>,
    optimum_neur: i128,
    alone_neur: i128,
    superadditive: bool,
    pairs: u64,
    gap_neur: i128,
    netted_wh: i64,
    given_wh: i64,
    curtailed_wh: i64,
    simultaneity_ppm: i64,
    concepts: Vec<ConceptForm>,
    prices: Vec<PriceForm>,
    coalitions: Vec<CoalitionForm>,
    lies: Vec<LieForm>,
    shortfalls: Vec<ShortfallForm>,
    words: String,
    report: String,
    study_ns: u64,
}

#[derive(Serialize)]
struct PlayerForm {
    name: String,
    kind: String,
    alone_neur: i128,
    energy_wh: i64,
    capacity_factor_ppm: Option<i64>,
    capture_ppm: Option<i64>,
    correlation_ppm: Vec<i64>,
    given_wh: Vec<i64>,
}

#[derive(Serialize)]
struct ConceptForm {
    concept: &'static str,
    total_neur: i128,
    operator_neur: i128,
    worse_off: usize,
    in_core: bool,
    excess_neur: i128,
    objectors: Vec<String>,
    iterations: Option<u32>,
    existence: &'static str,
    payoffs: Vec<PayoffForm>,
}

#[derive(Serialize)]
struct PayoffForm {
    name: String,
    payoff_neur: i128,
    gain_neur: i128,
}

#[derive(Serialize)]
struct PriceForm {
    t: String,
    import_price: i64,
    export_price: i64,
    dual_price: i64,
    sharing_price: i64,
}

#[derive(Serialize)]
struct CoalitionForm {
    members: Vec<String>,
    value_neur: i128,
}

#[derive(Serialize)]
struct LieForm {
    name: String,
    told_ppm: i64,
    regret_neur: i128,
    tolerated_neur: i128,
    caught: u32,
    drawn: u32,
    acting_neur: i128,
    gains: Vec<GainForm>,
}

#[derive(Serialize)]
struct ShortfallForm {
    name: String,
    sold_wh: i64,
    missing_wh: i64,
    honest_neur: i128,
    cheating_neur: i128,
    penalty_neur: i128,
}

#[derive(Serialize)]
struct GainForm {
    concept: &'static str,
    gain_neur: i128,
    others_neur: i128,
    fall_neur: i128,
    average_neur: i128,
}

fn neur(amount: f64) -> i128 {
    settled(amount).0
}

fn wh(energy: f64) -> i64 {
    (energy * 1e3).round() as i64
}

fn ppm(share: f64) -> i64 {
    (share * 1e6).round() as i64
}

/// n€/Wh.
fn price(price: f64) -> i64 {
    (price * 1e6).round() as i64
}

impl Finished<'_> {
    fn name(&self, player: usize) -> String {
        self.study.plant.players[player].name.clone()
    }

    fn names(&self, coalition: Coalition) -> Vec<String> {
        members(coalition).map(|player| self.name(player)).collect()
    }

    /// The study as one object.
    fn form(&self) -> VppForm {
        let Self { scenario, subject, study, page, took, .. } = self;
        let (plant, complement) = (&study.plant, &study.complement);
        let coalitions = 1..1 << plant.players.len();
        VppForm {
            scenario: scenario.name.clone(),
            seed: scenario.seed,
            start: format_instant(study.start, scenario.span.offset),
            steps: plant.steps(),
            step_s: study.duration,
            currency: String::from_utf8_lossy(&subject.currency).into_owned(),
            players: (0..plant.players.len()).map(|player| self.player(player)).collect(),
            optimum_neur: neur(study.game.total()),
            alone_neur: neur(study.all_alone()),
            superadditive: study.is_superadditive(),
            pairs: study.pairs(),
            gap_neur: neur(study.game.superadditivity_gap()),
            netted_wh: wh(complement.netted),
            given_wh: wh(complement.given),
            curtailed_wh: wh(study.optimum.curtailed),
            simultaneity_ppm: ppm(complement.simultaneity),
            concepts: study.outcomes.iter().map(|outcome| self.concept(outcome)).collect(),
            prices: (0..plant.steps()).map(|step| self.price(step)).collect(),
            coalitions: coalitions
                .map(|coalition| CoalitionForm {
                    members: self.names(coalition),
                    value_neur: neur(study.game.value(coalition)),
                })
                .collect(),
            lies: study.lies.iter().map(|lie| self.lie(lie)).collect(),
            shortfalls: study.shortfalls.iter().map(|short| self.shortfall(short)).collect(),
            words: vpp_words(study, subject.currency),
            report: page.display().to_string(),
            study_ns: u64::try_from(took.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    fn player(&self, player: usize) -> PlayerForm {
        let (study, complement) = (&self.study, &self.study.complement);
        PlayerForm {
            name: self.name(player),
            kind: study.plant.players[player].kind.clone(),
            alone_neur: neur(study.game.alone()[player]),
            energy_wh: wh(complement.energy[player]),
            capacity_factor_ppm: complement.capacity_factors[player].map(ppm),
            capture_ppm: complement.capture[player].map(ppm),
            correlation_ppm: complement.correlation[player].iter().copied().map(ppm).collect(),
            given_wh: study.optimum.schedules[player].iter().copied().map(wh).collect(),
        }
    }

    fn concept(&self, outcome: &Outcome) -> ConceptForm {
        let alone = self.study.game.alone();
        let payoff = |(player, payoff): (usize, &f64)| PayoffForm {
            name: self.name(player),
            payoff_neur: neur(*payoff),
            gain_neur: neur(payoff - alone[player]),
        };
        ConceptForm {
            concept: outcome.concept.name(),
            total_neur: neur(outcome.total()),
            operator_neur: neur(outcome.operator),
            worse_off: self.study.worse_off(outcome),
            in_core: outcome.in_core(),
            excess_neur: neur(outcome.excess),
            objectors: self.names(outcome.objectors),
            iterations: outcome.iterations,
            existence: outcome.concept.existence(),
            payoffs: outcome.payoffs.iter().enumerate().map(payoff).collect(),
        }
    }

    fn price(&self, step: usize) -> PriceForm {
        let study = &self.study;
        let shared = study.outcome(Concept::Sharing).prices.as_deref().unwrap_or_default();
        PriceForm {
            t: format_instant(study.time(step), self.scenario.span.offset),
            import_price: price(study.plant.prices[step].import),
            export_price: price(study.plant.prices[step].export),
            dual_price: price(study.optimum.prices[step]),
            sharing_price: price(shared[step]),
        }
    }

    fn lie(&self, lie: &Lie) -> LieForm {
        let gain = |gain: &Gain| GainForm {
            concept: gain.concept.name(),
            gain_neur: neur(gain.liar),
            others_neur: neur(gain.others),
            fall_neur: neur(gain.fall),
            average_neur: neur(lie.on_average(gain)),
        };
        LieForm {
            name: self.name(lie.player),
            told_ppm: ppm(1.0 + lie.by),
            regret_neur: neur(lie.day.regret),
            tolerated_neur: neur(lie.day.tolerated),
            caught: lie.caught,
            drawn: DRAWN,
            acting_neur: neur(lie.acting),
            gains: lie.gains.iter().map(gain).collect(),
        }
    }

    fn shortfall(&self, short: &Shortfall) -> ShortfallForm {
        ShortfallForm {
            name: self.name(short.player),
            sold_wh: short.sold.0,
            missing_wh: short.missing.0,
            honest_neur: short.honest.0,
            cheating_neur: short.cheating.0,
            penalty_neur: short.penalty.0,
        }
    }

    /// The study as a table for a newcomer.
    fn text(&self) -> String {
        let Self { scenario, subject, study, page, took, .. } = self;
        let start = format_instant(study.start, scenario.span.offset);
        let mut text = format!(
            "{}: {} players, {} steps from {}\n\n",
            scenario.name,
            study.plant.players.len(),
            study.plant.steps(),
            start.split('T').next().unwrap_or_default(),
        );
        text += &self.concepts().render();
        text += "\n  What each earns, €. operator: what whoever sets the prices keeps; complaint: the most that some group could\n  \
                 earn more by itself; rounds: of bidding, or mark-ups tried\n\n";
        for line in wrapped(&vpp_words(study, subject.currency), 106) {
            text += &format!("  {line}\n");
        }
        if !study.lies.is_empty() {
            text += "\n";
            text += &self.lies().render();
            text += &format!(
                "\n  told: costs, as part of the true ones; wins: the most under any concept in a day; others: what it costs them\n  \
                 there; caught: days of {DRAWN} on which an audit that draws prices sees it; then loses: what it gets beyond what\n  \
                 it has alone, and the fine; on average: what the lie wins with such an audit; acting: what acting it out costs\n"
            );
        }
        text += "\n";
        text += &self.shortfalls().render();
        text += &format!(
            "\n  settled by the market's own commands: {:.0} % of what was sold stays away, is bought wholesale, and beyond 5 %\n  \
             costs {} ct/kWh beside\n",
            100.0 * MISSING,
            decimal(PENALTY.0.into(), 4, 0)
        );
        text += &format!("\n  {:<16}{}\n", "report", page.display());
        text + &format!("  {:<16}{:.1} s\n", "time", took.as_secs_f64())
    }

    fn concepts(&self) -> Table {
        let study = &self.study;
        let mut columns = vec![("", Align::Left)];
        columns.extend(study.plant.players.iter().map(|player| (player.name.as_str(), Align::Right)));
        columns.extend(["operator", "all", "complaint", "rounds"].map(|name| (name, Align::Right)));
        let mut table = Table::new(&columns);
        let amount = |amount: f64| euros(settled(amount));
        let alone = study.game.alone();
        let first = std::iter::once("each alone".to_owned()).chain(alone.iter().map(|one| amount(*one)));
        let none = || "–".to_owned();
        table.row(first.chain([none(), amount(study.all_alone()), none(), none()]));
        for outcome in &study.outcomes {
            let payoffs = outcome.payoffs.iter().map(|payoff| amount(*payoff));
            let first = std::iter::once(outcome.concept.title().to_owned()).chain(payoffs);
            table.row(first.chain([
                amount(outcome.operator),
                amount(outcome.total()),
                amount(outcome.excess.max(0.0)),
                outcome.iterations.map_or_else(none, |rounds| rounds.to_string()),
            ]));
        }
        table
    }

    fn lies(&self) -> Table {
        let right = Align::Right;
        let mut table = Table::new(&[
            ("who lies", Align::Left),
            ("told %", right),
            ("wins ct", right),
            ("under", Align::Left),
            ("others ct", right),
            ("caught", right),
            ("then loses ct", right),
            ("on average ct", right),
            ("acting ct", right),
        ]);
        let cents = |amount: f64| decimal(neur(amount), 7, 2);
        for lie in &self.study.lies {
            let Some(gain) = lie.gains.iter().max_by(|one, other| one.liar.total_cmp(&other.liar)) else {
                continue;
            };
            let wins = neur(gain.liar) > 0;
            let where_it_wins = |text: String| if wins { text } else { "–".to_owned() };
            table.row([
                self.name(lie.player),
                format!("{:.0}", 100.0 * (1.0 + lie.by)),
                if wins { cents(gain.liar) } else { "nothing".to_owned() },
                if wins { gain.concept.title().to_owned() } else { "any".to_owned() },
                where_it_wins(cents(gain.others)),
                format!("{} of {DRAWN}", lie.caught),
                where_it_wins(cents(gain.fall)),
                where_it_wins(cents(lie.on_average(gain))),
                cents(lie.acting),
            ]);
        }
        table
    }

    fn shortfalls(&self) -> Table {
        let right = Align::Right;
        let mut table = Table::new(&[
            ("who delivers less", Align::Left),
            ("sold kWh", right),
            ("missing kWh", right),
            ("delivering all €", right),
            ("less €", right),
            ("pays €", right),
            ("penalty €", right),
        ]);
        for short in &self.study.shortfalls {
            table.row([
                self.name(short.player),
                kwh(short.sold),
                kwh(short.missing),
                euros(short.honest),
                euros(short.cheating),
                euros(short.honest - short.cheating),
                euros(short.penalty),
            ]);
        }
        table
    }
}
