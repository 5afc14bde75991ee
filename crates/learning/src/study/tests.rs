use super::judged::over;
use super::*;
use crate::agent::{Credit, Networks};
use crate::environment::{Environment, Homes};
use crate::example;
use crate::home::{Outcome, Series};
use crate::judgement::Interval;

pub(super) fn records(days: usize, name: &str) -> Records {
    let home = example::home();
    let mut random = Random::of(7, name);
    let days: Vec<Day> = (0..days).map(|_| example::day(&home, 0.0, &mut random)).collect();
    let column = |of: fn(&Day) -> &Vec<f64>| days.iter().flat_map(of).copied().collect::<Vec<_>>();
    let [prices, feed_in] = [column(|day| &day.prices), column(|day| &day.feed_in)];
    let [net, expected] = [column(|day| &day.net), column(|day| &day.expected)];
    let series = Series { prices: &prices, feed_in: &feed_in, net: &net, expected: &expected };
    Records::new(home.slots, series).unwrap()
}

fn question() -> Question {
    let options = Options { rounds: 12, updates: 5, batch: 32, hidden: vec![8], ..Options::default() };
    let independent =
        Options { networks: Networks::Independent, credit: Credit::Team, rounds: 2, ..options.clone() };
    Question {
        home: example::home(),
        scales: example::SCALES,
        training: records(8, "training"),
        validation: records(3, "validation"),
        held_out: records(5, "held out"),
        features: FeatureSet::ALL,
        options,
        lanes: 16,
        draws: 2,
        grid: 2,
        seeds: 2,
        seed: 1,
        futures: 2,
        looks: 3,
        variants: vec![Variant { name: "apart", options: independent, features: FeatureSet::ALL }],
        variant_seeds: 2,
    }
}

#[test]
fn a_study_is_the_same_by_one_thread_and_by_two() {
    let question = question();
    let steps = AtomicU64::new(0);
    let one = Study::of(&question, 1, &|done| steps.store(done, Ordering::Relaxed)).unwrap();
    assert_eq!(steps.into_inner(), question.steps());
    assert_eq!(one, Study::of(&question, 2, &|_| {}).unwrap());
    assert_ne!(one, Study::of(&Question { seed: 2, ..question }, 2, &|_| {}).unwrap());
}

#[test]
fn everybody_is_judged_between_the_optimum_and_the_worst_rule() {
    let study = Study::of(&question(), 2, &|_| {}).unwrap();
    assert_eq!(study.methods.iter().map(|judged| judged.method).collect::<Vec<_>>(), Method::ALL);
    assert_eq!((study.grid.len(), study.days, study.learners.len()), (6, 5, 2));
    let of = |method: Method| study.methods.iter().find(|judged| judged.method == method).unwrap();
    let worst = |place: usize| {
        let rules = study.methods.iter().filter(|judged| judged.method.is_rule());
        rules.map(|judged| judged.at[place].normalised.mean).fold(0.0, f64::max)
    };
    for place in 0..study.grid.len() {
        assert!((worst(place) - 1.0).abs() < 1e-12, "{place}");
        for judged in &study.methods {
            let at = &judged.at[place];
            assert!(at.beyond_optimum.mean > -1e-12, "{:?} {place}", judged.method);
            let loss = study.grid[place].loss(
                &Outcome { cost: at.cost.mean, peak: at.peak.mean, delay: at.delay.mean },
                &study.scales,
            );
            assert!((loss - at.loss.mean).abs() < 1e-12);
        }
    }
    // Who minds delay alone is served best by whoever does not wait.
    assert_eq!(study.best_rule(0).method, Method::AsSoonAsPossible);
    for judged in study.methods.iter().filter(|judged| judged.method != Method::Learned) {
        assert_eq!(study.verdicts(judged).iter().sum::<usize>(), 6);
    }
    assert_eq!(study.verdicts(of(Method::Optimum))[0], 0);
    let optimum = &of(Method::Optimum).overall;
    assert!(optimum.normalised.mean.abs() < 1e-12 && optimum.expected_utility_loss.mean.abs() < 1e-12);
    assert!(of(Method::Predictive).at.iter().all(|at| at.beyond_control.mean.abs() < 1e-12));
    for judged in &study.methods {
        let Interval { mean: volume, .. } = judged.overall.hypervolume;
        assert!(volume > 0.0 && volume < 1.0 + 1e-12, "{:?}: {volume}", judged.method);
        assert_eq!(judged.overall.paired.is_none(), judged.method == Method::Learned);
        let spread = judged.overall.loss.low < judged.overall.loss.high;
        assert_eq!(spread, judged.method == Method::Learned, "{:?}", judged.method);
    }
    // Without feed-in that matters the cheapest window is the optimum of a household that minds cost alone.
    let [naive, cheapest, least] = study.published.costs;
    assert!((cheapest - least).abs() < 1e-9 && naive > least, "{:?}", study.published.costs);
    assert_eq!(study.learners[0].curve.iter().map(|look| look.0).collect::<Vec<_>>(), [4, 8, 12]);
    let [varied] = &study.variants[..] else { panic!("one variant") };
    let learned = &of(Method::Learned).overall.loss;
    assert!((varied.loss.mean - learned.mean - varied.paired.difference.mean).abs() < 1e-9);
}

#[test]
fn differences_by_hand() {
    // Mean 2, deviation 1, error 1/√3, t of two degrees 4.302 65: 2 ± 2.484; t = 3.464, P = 1 − t/√(2 + t²) = 0.0742.
    let paired = Paired::of(&[1.0, 2.0, 3.0]);
    assert!((paired.difference.low + 0.484_138).abs() < 1e-5 && (paired.t - 0.074_180).abs() < 1e-5);
    // All ranks on one side: 2 of 2³ choices of signs.
    assert_eq!(paired.signed_rank, 0.25);
    // A verdict needs both: days that agree, and seeds that agree.
    let verdict =
        |agents: &[f64], differences: &[f64]| Verdict::of(&over(agents), 3.0, &Paired::of(differences));
    assert_eq!(verdict(&[1.0, 1.1], &[-2.0, -1.9, -1.95]), Verdict::Better);
    assert_eq!(verdict(&[5.0, 4.9], &[2.0, 1.9, 1.95]), Verdict::Worse);
    assert_eq!(verdict(&[0.0, 2.1], &[-2.0, -1.9, -1.95]), Verdict::Even);
    assert_eq!(verdict(&[1.0, 1.1], &[-5.0, 2.0, -2.85]), Verdict::Even);
    assert_eq!(verdict(&[3.0, 3.0], &[0.0, 0.0]), Verdict::Even);
    // Nothing is uncertain about what has no luck.
    assert_eq!(over(&[3.0]), Interval { mean: 3.0, low: 3.0, high: 3.0 });
}

#[test]
fn a_day_is_the_mean_of_its_draws() {
    let outcome = |cost, peak, delay| Outcome { cost, peak, delay };
    let plays = vec![
        outcome(1.0, 10.0, 0.0),
        outcome(2.0, 30.0, 1.0),
        outcome(3.0, 0.0, 0.0),
        outcome(4.0, 0.0, 2.0),
    ];
    let played = Played::new(vec![plays.clone()], 2);
    assert_eq!(played.day(0, 0), outcome(1.5, 20.0, 0.5));
    assert_eq!(played.days(0).collect::<Vec<_>>(), [outcome(1.5, 20.0, 0.5), outcome(3.5, 0.0, 1.0)]);
    assert_eq!(played.mean(0), outcome(2.5, 10.0, 0.75));
    assert_eq!(Played::new(vec![plays], 1).days(0).count(), 4);
}

#[test]
fn the_tests_are_over_days_whatever_the_number_of_draws() {
    let question = Question { draws: 3, variants: vec![], ..question() };
    let study = Study::of(&question, 2, &|_| {}).unwrap();
    let drawn = question.drawn(&question.held_out, "held out");
    // Further draws leave the earlier ones as they are.
    let first = Question { draws: 1, ..question.clone() }.drawn(&question.held_out, "held out");
    assert_eq!(drawn.iter().step_by(3).cloned().collect::<Vec<_>>(), first);
    assert!(drawn.chunks(3).any(|day| day[0].requests != day[1].requests));
    let soon = study.judged(Method::AsSoonAsPossible).unwrap();
    for (place, preference) in study.grid.iter().enumerate() {
        let loss = |day: &Day| {
            let starts: Vec<_> =
                day.requests.iter().map(|request| request.map(|one| one.requested)).collect();
            preference.loss(&day.outcome(&question.home, &starts), &question.scales)
        };
        let losses: Vec<f64> = drawn.chunks(3).map(|day| day.iter().map(loss).sum::<f64>() / 3.0).collect();
        let learned = |day: usize| {
            let agents = study.learners.iter().map(|agent| agent.held_out.day(place, day));
            agents.map(|outcome| preference.loss(&outcome, &question.scales)).sum::<f64>() / 2.0
        };
        let differences: Vec<f64> = (0..5).map(|day| learned(day) - losses[day]).collect();
        let (expected, told) = (Paired::of(&differences), soon.at[place].paired.unwrap());
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{place}: {told:?}, {expected:?}");
        close(told.difference.low, expected.difference.low);
        close(told.difference.high, expected.difference.high);
        close(soon.at[place].loss.mean, losses.iter().sum::<f64>() / 5.0);
    }
}

#[test]
fn questions_that_cannot_be_answered_are_refused() {
    let said = |question: Question| Study::of(&question, 1, &|_| {}).unwrap_err().to_string();
    assert!(said(Question { seeds: 1, ..question() }).contains("at least 2"));
    assert!(said(Question { variant_seeds: 3, ..question() }).contains("at most those of the study"));
    assert!(said(Question { draws: 0, ..question() }).contains("at least one"));
    let records = Records::new(1, records(1, "one").day(0)).unwrap();
    assert!(said(Question { held_out: records, ..question() }).contains("slots of the records"));
    let options = Options { steps: 0, ..Options::default() };
    assert!(said(Question { options, ..question() }).contains("at least one step"));
}

#[test]
fn every_variant_can_be_learned() {
    let with = Options { residual: true, relabel: false, ..Options::default() };
    for options in [Options::default(), with] {
        let homes = Homes::new(example::home(), records(1, "one"), example::SCALES, FeatureSet::ALL, 1);
        let shape = homes.unwrap().shape();
        let variants = variants(&options, FeatureSet::ALL);
        assert!(variants.len() >= 12);
        for Variant { name, options: varied, features } in variants {
            assert_eq!(varied.check(&shape), Ok(()), "{name}");
            assert!(varied != options || features != FeatureSet::ALL || !options.residual, "{name}");
        }
    }
}
