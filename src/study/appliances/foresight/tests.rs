use super::form::{BeyondForm, ComparedForm, ForesightForm, PartForm, beyond};
use super::*;
use crate::study::appliances::form::{IntervalForm, PreferenceForm};
use learning::Outcome;
use learning::judgement::Interval;
use learning::study::foresight::Beyond;

/// Two preferences; the best loses 0.5 on the mean, the agents as told in parts of that.
fn form(learned: [f64; 3]) -> ForesightForm {
    let ends = |mean: f64| Some(IntervalForm { mean, low: mean - learned[1], high: mean + learned[2] });
    let at = |mean: f64| BeyondForm {
        cost_eur: 1.0,
        peak_w: 2_000.0,
        delay_h: 3.0,
        loss: 0.5,
        over_days: ends(mean),
        over_seeds: ends(mean),
    };
    let scheduler = |name: &str, mean: f64| ComparedForm {
        scheduler: name.into(),
        title: name.into(),
        overall: at(mean),
        at: vec![BeyondForm { over_days: None, over_seeds: None, ..at(mean) }, at(2.0 * mean)],
        as_good: Some(0.9),
    };
    let schedulers = vec![
        scheduler(BEST, 0.0),
        scheduler("predictive", 0.0125),
        scheduler("scenarios", 0.01),
        scheduler("learned", learned[0]),
        scheduler("optimum", -0.02),
    ];
    let weights = |cost: f64, delay: f64| PreferenceForm { cost, peak: 0.0, delay };
    ForesightForm {
        days: 31,
        draws: 10,
        seeds: 3,
        preferences: vec![weights(0.0, 1.0), weights(1.0, 0.0)],
        homes: vec![PartForm { machines: vec!["car".into(), "tumble_dryer".into()], schedulers }],
    }
}

#[test]
fn words_say_what_the_figures_do() {
    let said = |learned| words(&form(learned)).remove(0);
    let near = said([0.01, 0.005, 0.005]);
    for expected in [
        "A home of car, tumble dryer alone",
        "the agents lose 1.00 % more than it (0.50 to 1.50 over days, 0.50 to 1.50 over seeds), within 3 %",
        "at most 2.00 % at 100/0/0",
        "control loses 1.25 % more",
        "2.00 % less",
    ] {
        assert!(near.contains(expected), "no {expected}: {near}");
    }
    assert!(said([0.04, 0.005, 0.005]).contains("beyond 3 %"));
    assert!(said([0.029, 0.005, 0.005]).contains("too uncertain to tell from 3 %"));
}

#[test]
fn a_loss_of_nothing_has_no_parts() {
    let form = form([0.01, 0.005, 0.005]);
    assert!(csv(&form).lines().all(|line| line.split(',').count() == 14));
    assert_eq!(csv(&form).lines().count(), 1 + 5 * 3);
    assert!(section(&form).contains("–") && !section(&form).contains("NaN"));
    let none = Interval { mean: 0.0, low: 0.0, high: 0.0 };
    let nothing = Beyond { outcome: Outcome::default(), loss: 0.0, over_days: none, over_seeds: none };
    assert!(beyond(&nothing, 0.0).over_days.is_none());
}
