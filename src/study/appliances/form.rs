//! The study as numbers for other programs, and for the page: rounded, so that two machines print the same.

use super::AppliancesOptions;
use super::foresight::ForesightForm;
use super::market::MarketForm;
use learning::Preference;
use learning::judgement::Interval;
use learning::study::{
    At, Gain, Judged, Learner, Overall, Paired, Published, Question, Study, Varied, Verdict,
};
use serde::Serialize;
use std::time::Duration;

/// The form other programs rely on.
#[derive(Serialize)]
pub(super) struct Form {
    /// Household, tariff and slots in words.
    pub(super) home: String,
    pub(super) quick: bool,
    pub(super) seed: u64,
    pub(super) days: usize,
    pub(super) draws: usize,
    pub(super) rounds: usize,
    pub(super) scales: ScalesForm,
    pub(super) preferences: Vec<PreferenceForm>,
    pub(super) schedulers: Vec<SchedulerForm>,
    pub(super) agents: Vec<AgentForm>,
    pub(super) published: PublishedForm,
    pub(super) verdicts: Vec<VerdictForm>,
    pub(super) variants: Vec<VariantForm>,
    pub(super) foresight: ForesightForm,
    pub(super) market: MarketForm,
    pub(super) words: Vec<String>,
    pub(super) report: String,
    pub(super) study_ns: u64,
}

#[derive(Serialize)]
pub(super) struct ScalesForm {
    pub(super) cost_eur: f64,
    pub(super) peak_w: f64,
    pub(super) delay_h: f64,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct PreferenceForm {
    pub(super) cost: f64,
    pub(super) peak: f64,
    pub(super) delay: f64,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct IntervalForm {
    pub(super) mean: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// The agents' loss less the scheduler's.
#[derive(Clone, Copy, Serialize)]
pub(super) struct PairedForm {
    pub(super) difference: IntervalForm,
    pub(super) p_t: f64,
    pub(super) p_signed_rank: f64,
}

#[derive(Serialize)]
pub(super) struct SchedulerForm {
    pub(super) scheduler: String,
    /// Whether it is a rule, which minds no preference.
    pub(super) rule: bool,
    pub(super) title: String,
    pub(super) overall: OverallForm,
    pub(super) at: Vec<AtForm>,
}

#[derive(Serialize)]
pub(super) struct OverallForm {
    pub(super) loss: IntervalForm,
    pub(super) beyond_optimum: IntervalForm,
    pub(super) beyond_control: IntervalForm,
    pub(super) normalised: IntervalForm,
    pub(super) hypervolume: IntervalForm,
    pub(super) expected_utility_loss: IntervalForm,
    pub(super) maximum_utility_loss: IntervalForm,
    pub(super) loses_most: PreferenceForm,
    pub(super) validation_loss: IntervalForm,
    pub(super) paired: Option<PairedForm>,
    /// Preferences at which the agents are better, even and worse.
    pub(super) agents: Option<[usize; 3]>,
}

#[derive(Serialize)]
pub(super) struct AtForm {
    pub(super) cost_eur: IntervalForm,
    pub(super) peak_w: IntervalForm,
    pub(super) delay_h: IntervalForm,
    pub(super) loss: IntervalForm,
    pub(super) beyond_optimum: IntervalForm,
    pub(super) beyond_control: IntervalForm,
    pub(super) normalised: IntervalForm,
    pub(super) paired: Option<PairedForm>,
}

#[derive(Serialize)]
pub(super) struct AgentForm {
    pub(super) seed: u64,
    pub(super) normalised: f64,
    pub(super) curve: Vec<LookForm>,
}

#[derive(Serialize)]
pub(super) struct LookForm {
    pub(super) round: usize,
    pub(super) loss: f64,
}

#[derive(Serialize)]
pub(super) struct PublishedForm {
    pub(super) reported: [f64; 3],
    /// Those of the comparison alone.
    pub(super) preferences: Vec<PreferenceForm>,
    /// An index of them.
    pub(super) chosen: usize,
    /// Whether on the validation days all three gains were beyond luck there.
    pub(super) certain: bool,
    /// Whether cost is no higher there, and peak and delay are lower beyond luck.
    pub(super) holds: [bool; 3],
    /// By preference: cost, peak and delay.
    pub(super) gains: Vec<[GainForm; 3]>,
    pub(super) naive_eur: f64,
    pub(super) cheapest_eur: f64,
    pub(super) optimum_eur: f64,
}

#[derive(Serialize)]
pub(super) struct GainForm {
    /// Interval over seeds.
    pub(super) part: IntervalForm,
    /// The same with its interval over days.
    pub(super) over_days: IntervalForm,
    pub(super) paired: PairedForm,
}

/// The agents against the best rule at one preference.
#[derive(Serialize)]
pub(super) struct VerdictForm {
    /// An index of the preferences.
    pub(super) preference: usize,
    pub(super) rule: String,
    /// better, even or worse.
    pub(super) agents: String,
}

#[derive(Serialize)]
pub(super) struct VariantForm {
    pub(super) variant: String,
    pub(super) loss: IntervalForm,
    pub(super) paired: PairedForm,
}

impl Form {
    pub(super) fn of(
        study: &Study,
        question: &Question,
        foresight: ForesightForm,
        market: MarketForm,
        options: &AppliancesOptions,
        took: Duration,
    ) -> Self {
        let scheduler = |judged: &Judged| SchedulerForm {
            scheduler: judged.method.name().into(),
            rule: judged.method.is_rule(),
            title: judged.method.title().into(),
            overall: overall(&judged.overall, study.verdicts(judged)),
            at: judged.at.iter().map(at).collect(),
        };
        let verdict = |preference: usize| {
            let rule = study.best_rule(preference);
            let agents = match study.verdict(preference, rule) {
                Verdict::Better => "better",
                Verdict::Even => "even",
                Verdict::Worse => "worse",
            };
            VerdictForm { preference, rule: rule.method.name().into(), agents: agents.into() }
        };
        let normalised = study.judged(learning::study::Method::Learned).map(|judged| &judged.overall.seeds);
        let normalised = normalised.into_iter().flatten();
        let mut form = Self {
            home: options.home.words(),
            quick: options.quick,
            seed: question.seed,
            days: study.days,
            draws: study.draws,
            rounds: question.options.rounds,
            scales: ScalesForm {
                cost_eur: round(study.scales.cost),
                peak_w: round(study.scales.peak),
                delay_h: round(study.scales.delay),
            },
            preferences: study.grid.iter().map(preference).collect(),
            schedulers: study.methods.iter().map(scheduler).collect(),
            agents: study.learners.iter().zip(normalised).map(agent).collect(),
            published: published(&study.published),
            verdicts: (0..study.grid.len()).map(verdict).collect(),
            variants: study.variants.iter().map(variant).collect(),
            foresight,
            market,
            words: vec![],
            report: options.out.join("index.html").display().to_string(),
            study_ns: u64::try_from(took.as_nanos()).unwrap_or(u64::MAX),
        };
        form.words = super::words::words(&form);
        form.words.push(super::market::words(&form.market));
        form
    }

    /// A scheduler by its name; those that every study has are there.
    pub(super) fn scheduler(&self, name: &str) -> &SchedulerForm {
        let found = self.schedulers.iter().find(|scheduler| scheduler.scheduler == name);
        found.expect("every study has it")
    }
}

impl PreferenceForm {
    /// Its weights of cost, peak and delay in per cent.
    pub(super) fn percents(&self) -> [u32; 3] {
        [self.cost, self.peak, self.delay].map(|weight| (100.0 * weight).round() as u32)
    }
}

/// Six decimals, and no negative zero.
pub(super) fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6 + 0.0
}

pub(super) fn preference(preference: &Preference) -> PreferenceForm {
    let Preference { cost, peak, delay } = *preference;
    PreferenceForm { cost: round(cost), peak: round(peak), delay: round(delay) }
}

pub(super) fn interval(interval: &Interval) -> IntervalForm {
    let Interval { mean, low, high } = *interval;
    IntervalForm { mean: round(mean), low: round(low), high: round(high) }
}

fn paired(paired: &Paired) -> PairedForm {
    PairedForm {
        difference: interval(&paired.difference),
        p_t: round(paired.t),
        p_signed_rank: round(paired.signed_rank),
    }
}

fn overall(overall: &Overall, verdicts: [usize; 3]) -> OverallForm {
    OverallForm {
        loss: interval(&overall.loss),
        beyond_optimum: interval(&overall.beyond_optimum),
        beyond_control: interval(&overall.beyond_control),
        normalised: interval(&overall.normalised),
        hypervolume: interval(&overall.hypervolume),
        expected_utility_loss: interval(&overall.expected_utility_loss),
        maximum_utility_loss: interval(&overall.maximum_utility_loss),
        loses_most: preference(&overall.loses_most),
        validation_loss: interval(&overall.validation),
        paired: overall.paired.as_ref().map(paired),
        agents: overall.paired.as_ref().map(|_| verdicts),
    }
}

fn at(at: &At) -> AtForm {
    AtForm {
        cost_eur: interval(&at.cost),
        peak_w: interval(&at.peak),
        delay_h: interval(&at.delay),
        loss: interval(&at.loss),
        beyond_optimum: interval(&at.beyond_optimum),
        beyond_control: interval(&at.beyond_control),
        normalised: interval(&at.normalised),
        paired: at.paired.as_ref().map(paired),
    }
}

fn agent((learner, normalised): (&Learner, &f64)) -> AgentForm {
    let look = |(rounds, loss): &(usize, f64)| LookForm { round: *rounds, loss: round(*loss) };
    AgentForm {
        seed: learner.seed,
        normalised: round(*normalised),
        curve: learner.curve.iter().map(look).collect(),
    }
}

fn published(published: &Published) -> PublishedForm {
    let gain = |gain: &Gain| GainForm {
        part: interval(&gain.part),
        over_days: interval(&gain.over_days),
        paired: paired(&gain.paired),
    };
    let [naive_eur, cheapest_eur, optimum_eur] = published.costs.map(round);
    PublishedForm {
        reported: Published::REPORTED,
        preferences: published.preferences.iter().map(preference).collect(),
        chosen: published.chosen,
        certain: published.certain,
        holds: published.holds(),
        gains: published.gains.iter().map(|gains| gains.each_ref().map(gain)).collect(),
        naive_eur,
        cheapest_eur,
        optimum_eur,
    }
}

fn variant(varied: &Varied) -> VariantForm {
    VariantForm { variant: varied.name.into(), loss: interval(&varied.loss), paired: paired(&varied.paired) }
}
