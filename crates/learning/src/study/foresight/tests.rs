//! Against days that were drawn, and the same by any number of threads.

use super::*;
use crate::exact::Dynamic;
use crate::schedule::play;
use crate::study::tests::records;
use agents::Random;

fn question() -> Question {
    let mut home = crate::example::home();
    home.appliances.truncate(4);
    let options = Options { rounds: 6, updates: 5, batch: 32, hidden: vec![8], ..Options::home(false) };
    Question {
        home,
        machines: 2,
        training: records(8, "training"),
        held_out: records(4, "held out"),
        draws: 3,
        options,
        lanes: 16,
        seeds: 2,
        seed: 1,
        futures: 2,
        grid: 2,
    }
}

#[test]
fn threads_change_nothing() {
    let question = question();
    let steps = AtomicU64::new(0);
    let one = Foresight::of(&question, 1, &|done| steps.store(done, Ordering::Relaxed)).unwrap();
    assert_eq!(steps.into_inner(), question.steps());
    assert_eq!(one, Foresight::of(&question, 2, &|_| {}).unwrap());
    assert_ne!(one, Foresight::of(&Question { seed: 2, ..question }, 2, &|_| {}).unwrap());
}

#[test]
fn only_foresight_is_better_than_the_best_without_it() {
    let question = Question { draws: 40, ..question() };
    let study = Foresight::of(&question, 2, &|_| {}).unwrap();
    assert_eq!((study.grid.len(), study.days, study.homes.len()), (6, 4, 2));
    for home in &study.homes {
        assert_eq!(home.machines.len(), 2);
        assert_eq!(home.others.iter().map(|one| one.method).collect::<Vec<_>>(), Method::ALL);
        let of = |method: Method| home.others.iter().find(|one| one.method == method).unwrap();
        for one in &home.others {
            for (place, at) in one.at.iter().enumerate() {
                let loss = study.grid[place].loss(&at.outcome, &home.scales);
                assert!((loss - at.loss).abs() < 1e-9);
                assert!((at.loss - home.best[place].1 - at.over_days.mean).abs() < 1e-9);
                assert!((at.over_days.mean - at.over_seeds.mean).abs() < 1e-9);
                assert!(at.over_days.mean >= 0.0 || one.method == Method::Optimum, "{:?}", one.method);
            }
            assert_eq!(one.agreed.is_none(), one.method == Method::Optimum);
            let spread = one.overall.over_seeds.low < one.overall.over_seeds.high;
            assert_eq!(spread, one.method == Method::Learned, "{:?}", one.method);
        }
        assert!(of(Method::Optimum).overall.over_days.high < 0.0);
        // Who waits for nothing is best where only delay matters; where only cost does, planning is: prices are known.
        let agreed = |method: Method, place: usize| of(method).at[place].over_days.mean.abs() < 1e-9;
        assert!(agreed(Method::AsSoonAsPossible, 0) && !agreed(Method::AsSoonAsPossible, 5));
        assert!(
            agreed(Method::CheapestWindow, 5) && agreed(Method::Predictive, 5) && agreed(Method::Learned, 5)
        );
        let control = of(Method::Predictive);
        assert!(control.overall.over_days.mean > 1e-4, "{:?}", control.overall);
        assert!(control.agreed > of(Method::OffPeak).agreed);
    }
}

/// The performance difference lemma: what decisions lose, each against the best one where it is taken, is what the days
/// lose that follow from them.
#[test]
fn what_decisions_lose_is_what_their_days_lose() {
    let question = Question { held_out: records(1, "one"), draws: 2_000, ..question() };
    let small = Small::of(&question, &question.home.appliances[..2]).unwrap();
    let Small { home, scales, noise, days, .. } = &small;
    let mut best = Dynamic::new(home.clone(), noise.clone());
    let mut clear = 0;
    for preference in Preference::grid(2) {
        let played = Played::of(&question, &small, &[], preference);
        for (method, sums) in Method::ALL.into_iter().zip(&played.others) {
            let Some(mut scheduler) = method.scheduler(2, Random::of(1, "unused")) else { continue };
            if method == Method::Scenarios {
                continue;
            }
            let differences = days[0].iter().map(|day| {
                let own = play(home, day, preference, scales, &mut *scheduler).1;
                let least = play(home, day, preference, scales, &mut best).1;
                preference.loss(&own, scales) - preference.loss(&least, scales)
            });
            // Four standard errors.
            let drawn = Interval::of(&differences.collect::<Vec<_>>(), 0.999_93).unwrap();
            let told = preference.loss(&sums[0].days[0], scales);
            assert!(
                told > drawn.low - 1e-9 && told < drawn.high + 1e-9,
                "{method:?}, {preference:?}: {told}, {drawn:?}"
            );
            clear += usize::from(drawn.low > 0.0);
        }
    }
    assert!(clear > 10, "{clear} differences are clear");
}

#[test]
fn days_of_small_homes_err_as_recorded_ones_and_are_never_below_them() {
    let question = question();
    let small = Small::of(&question, &question.home.appliances[2..]).unwrap();
    let lowest = |records: &Records| {
        (0..records.days()).flat_map(|day| records.day(day).net.to_vec()).fold(f64::INFINITY, f64::min)
    };
    let least = lowest(&question.training);
    assert!(lowest(&small.training) >= least);
    assert_eq!(small.training.days() % 8, 0);
    let copies = small.training.days() / 8;
    for (day, recorded) in (0..small.training.days()).map(|day| (small.training.day(day), day / copies)) {
        assert_eq!(day.prices, question.training.day(recorded).prices);
        for slot in 0..24 {
            let error = day.net[slot] - day.expected[slot];
            assert!(small.noise.at(slot).iter().any(|(deviation, _)| *deviation == error), "{error}");
        }
    }
    assert_eq!((small.days.len(), small.days[0].len()), (4, 3));
    assert!(small.days.iter().flatten().all(|day| day.requests.len() == 2));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let said = |question: Question| Foresight::of(&question, 1, &|_| {}).unwrap_err().to_string();
    assert!(said(Question { seeds: 1, ..question() }).contains("at least 2"));
    let slots = Records::new(1, records(1, "one").day(0)).unwrap();
    assert!(said(Question { held_out: slots.clone(), ..question() }).contains("slots of the records"));
    assert!(said(Question { training: slots, ..question() }).contains("slots of the records"));
    let options = Options { steps: 0, ..Options::default() };
    assert!(said(Question { options, ..question() }).contains("at least one step"));
}
