//! The study in sentences.

use super::form::{Form, PreferenceForm, SchedulerForm};
pub(super) use crate::show::number;

/// What came of it, the most important first; each a sentence or two that stand alone.
pub(super) fn words(form: &Form) -> Vec<String> {
    let mut words = Vec::new();
    if form.quick {
        words.push(
            "This was a quick look: agents that hardly learned, on a few days. Conclude nothing from it."
                .into(),
        );
    }
    words.push(against(form, "predictive"));
    if form.schedulers.iter().any(|scheduler| scheduler.scheduler == "scenarios") {
        words.push(against(form, "scenarios"));
    }
    words.extend(super::foresight::words(&form.foresight));
    words.push(rules(form));
    words.push(hardest(form));
    words.push(naive(form));
    words.push(limit(form));
    words
}

/// The objectives, and what is claimed of them against the naive rule; lower means beyond the luck of seeds and of days.
pub(super) const OBJECTIVES: [&str; 3] = ["Cost", "Peak", "Delay"];
pub(super) const CLAIMS: [&str; 3] = ["no higher", "lower", "lower"];

/// A preference as people read it, 40/40/20, with a decimal where one is needed.
pub(super) fn weights(preference: &PreferenceForm) -> String {
    let PreferenceForm { cost, peak, delay } = *preference;
    [cost, peak, delay].map(|weight| ((1e3 * weight).round() / 10.0).to_string()).join("/")
}

/// Per cent with so many decimals and a true minus.
pub(super) fn percent(part: f64, digits: usize) -> String {
    number(100.0 * part, digits)
}

/// A probability as papers give it.
pub(super) fn probability(p: f64) -> String {
    if p < 0.001 { "p < 0.001".into() } else { format!("p = {p:.3}") }
}

/// How often each day is played, where it is more than once.
pub(super) fn draws(form: &Form) -> String {
    if form.draws == 1 { String::new() } else { format!(" with {} draws of requests each", form.draws) }
}

fn against(form: &Form, name: &str) -> String {
    let (learned, other) = (form.scheduler("learned"), form.scheduler(name));
    let [better, even, worse] = other.overall.agents.unwrap_or_default();
    let normalised = |scheduler: &SchedulerForm| percent(scheduler.overall.normalised.mean, 1);
    let paired = other.overall.paired.map_or_else(String::new, |paired| {
        format!(" (day by day over the grid: {})", probability(paired.p_t))
    });
    format!(
        "Of the way from perfect foresight to the worst rule, the agents lose {} %, {} {} %{paired}: against it they are \
         better at {better} of {} preferences, worse at {worse}, and at {even} no difference can be told.",
        normalised(learned),
        other.title,
        normalised(other),
        form.preferences.len(),
    )
}

fn rules(form: &Form) -> String {
    let those = |verdict: &'static str| form.verdicts.iter().filter(move |one| one.agents == verdict);
    // By rule: where it is the best one.
    let told = |verdict: &'static str, what: &str| {
        let of_rule = |scheduler: &SchedulerForm| {
            let places = those(verdict).filter(|one| one.rule == scheduler.scheduler);
            let places: Vec<String> = places.map(|one| weights(&form.preferences[one.preference])).collect();
            (!places.is_empty()).then(|| format!("{} at {}", scheduler.title, places.join(", ")))
        };
        let all: Vec<String> = form.schedulers.iter().filter_map(of_rule).collect();
        if all.is_empty() { String::new() } else { format!(" {what} (cost/peak/delay): {}.", all.join("; ")) }
    };
    let rules = form.schedulers.iter().filter(|scheduler| scheduler.rule);
    let best = rules.min_by(|a, b| a.overall.loss.mean.total_cmp(&b.overall.loss.mean));
    let mean = best.map_or_else(String::new, |best| {
        format!(
            " Averaged over the grid the best single rule is {}, with a loss of {} against the agents’ {}.",
            best.title,
            number(best.overall.loss.mean, 4),
            number(form.scheduler("learned").overall.loss.mean, 4)
        )
    });
    format!(
        "Against the best rule of each preference the agents are better at {} of {}.{}{}{mean}",
        those("better").count(),
        form.preferences.len(),
        told("worse", "A rule wins"),
        told("even", "No difference can be told from"),
    )
}

fn hardest(form: &Form) -> String {
    let learned = form.scheduler("learned");
    let places = 0..form.preferences.len();
    let regret = |place: usize| learned.at[place].normalised.mean;
    let worst = places.max_by(|a, b| regret(*a).total_cmp(&regret(*b))).unwrap_or_default();
    let peak = form.preferences.iter().position(|preference| preference.peak == 1.0).unwrap_or_default();
    let of = |place: usize| {
        let loss = &form.scheduler("optimum").at[place].loss.mean;
        let beyond = learned.at[place].beyond_optimum.mean;
        format!(
            "{} % of the span, {} % of the optimum’s loss",
            percent(regret(place), 1),
            percent(beyond / loss.max(1e-9), 1)
        )
    };
    let mut words = format!(
        "They are furthest from perfect foresight at {}: {}.",
        weights(&form.preferences[worst]),
        of(worst)
    );
    if worst != peak {
        words += &format!(" Where the peak alone matters it is {}.", of(peak));
    }
    words
}

fn naive(form: &Form) -> String {
    let published = &form.published;
    let of = |objective: usize| {
        let gain = &published.gains[published.chosen][objective];
        format!(
            "{} {} % ({} to {} over seeds, {} to {} over days)",
            OBJECTIVES[objective].to_lowercase(),
            percent(gain.part.mean, 1),
            percent(gain.part.low, 1),
            percent(gain.part.high, 1),
            percent(gain.over_days.low, 1),
            percent(gain.over_days.high, 1)
        )
    };
    let [cost, peak, delay] = published.reported.map(|part| percent(part, 1));
    let claims = |held: bool, word: &str| {
        let those = (0..3).filter(|objective| published.holds[*objective] == held);
        let those =
            those.map(|objective| format!("{} {}", OBJECTIVES[objective].to_lowercase(), CLAIMS[objective]));
        let those: Vec<String> = those.collect();
        if those.is_empty() { String::new() } else { format!(" {word}: {}.", those.join(", ")) }
    };
    format!(
        "Against the naive off-peak rule the agents at {} (cost/peak/delay, chosen on other days{}) save at once {}, {} and {}; \
         reported elsewhere, on other machines and prices, are {cost} %, {peak} % and {delay} %.{}{}",
        weights(&published.preferences[published.chosen]),
        if published.certain { "" } else { ", where none was sure to save all three" },
        of(0),
        of(1),
        of(2),
        claims(true, "What holds"),
        claims(false, "What does not hold"),
    )
}

fn limit(form: &Form) -> String {
    let published = &form.published;
    format!(
        "A competent cost rule cannot be bettered on cost: with known prices and no limit on power, each run’s cheapest window \
         is the optimum. It costs {} € a day, perfect foresight {} €, the naive rule {} €.",
        number(published.cheapest_eur, 3),
        number(published.optimum_eur, 3),
        number(published.naive_eur, 3)
    )
}
