//! It in sentences.

use super::form::{BeyondForm, ComparedForm, ForesightForm, PartForm};
use crate::study::appliances::form::IntervalForm;
use crate::study::appliances::words::{percent, weights};

/// Losses beyond the best one's that are called near: 3 %.
const NEAR: f64 = 0.03;

/// A sentence for each home.
pub(in crate::study::appliances) fn words(form: &ForesightForm) -> Vec<String> {
    form.homes.iter().map(|home| of_home(form, home)).collect()
}

fn of_home(form: &ForesightForm, home: &PartForm) -> String {
    let mean = |scheduler: &ComparedForm| scheduler.overall.over_days.map_or(0.0, |part| part.mean);
    let [learned, control, foresight] = ["learned", "predictive", "optimum"].map(|name| home.scheduler(name));
    let ends = |part: Option<IntervalForm>| {
        part.map_or_else(String::new, |part| format!("{} to {}", percent(part.low, 2), percent(part.high, 2)))
    };
    let BeyondForm { over_days, over_seeds, .. } = learned.overall;
    let highest = over_days.into_iter().chain(over_seeds).map(|part| part.high).fold(0.0, f64::max);
    let lowest = over_days.into_iter().chain(over_seeds).map(|part| part.low).fold(f64::INFINITY, f64::min);
    let near = if highest <= NEAR {
        "within"
    } else if lowest > NEAR {
        "beyond"
    } else {
        "too uncertain to tell from"
    };
    let at = |place: usize| learned.at[place].over_days.map_or(0.0, |part| part.mean);
    let worst = (0..form.preferences.len()).max_by(|a, b| at(*a).total_cmp(&at(*b))).unwrap_or_default();
    format!(
        "A home of {} alone is small enough to know the best policy of all without foresight: the agents lose {} % more \
         than it ({} over days, {} over seeds), {near} 3 %; at most {} % at {}. Predictive control loses {} % more; perfect \
         foresight would lose {} % less.",
        home.name(),
        percent(mean(learned), 2),
        ends(over_days),
        ends(over_seeds),
        percent(at(worst), 2),
        weights(&form.preferences[worst]),
        percent(mean(control), 2),
        percent(-mean(foresight), 2),
    )
}
