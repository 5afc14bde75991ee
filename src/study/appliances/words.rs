//! The study in sentences.

use super::form::{Form, PreferenceForm, SchedulerForm};

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

/// A preference as people read it: 40/40/20.
pub(super) fn weights(preference: &PreferenceForm) -> String {
    preference.percents().map(|percent| percent.to_string()).join("/")
}

/// Per cent with so many decimals and a true minus.
pub(super) fn percent(part: f64, digits: usize) -> String {
    number(100.0 * part, digits)
}

/// A number with so many decimals and a true minus; no negative zero.
pub(super) fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let zero = text.trim_start_matches('-').chars().all(|letter| matches!(letter, '0' | '.'));
    if zero { text.trim_start_matches('-').into() } else { text.replace('-', "−") }
}

/// A probability as papers give it.
pub(super) fn probability(p: f64) -> String {
    if p < 0.001 { "p < 0.001".into() } else { format!("p = {p:.3}") }
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
    let at = |place: usize| {
        let [cost, peak, delay] = published.gains[place].each_ref().map(|gain| {
            format!(
                "{} % ({} to {})",
                percent(gain.part.mean, 1),
                percent(gain.part.low, 1),
                percent(gain.part.high, 1)
            )
        });
        format!("cost {cost}, peak {peak} and delay {delay}")
    };
    let [cost, peak, delay] = published.reported.map(|part| percent(part, 1));
    format!(
        "Against the naive off-peak rule, the preference {} (chosen on other days) saves {} at once; reported elsewhere, on \
         other machines and prices, are {cost} %, {peak} % and {delay} %.",
        weights(&form.preferences[published.chosen]),
        at(published.chosen),
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
