//! What it costs to divide the worth of a coalition, and to play the games. CPU time of one thread.

use clearing::game::{
    Coalitions, Member, Prosumer, Sharing, Stackelberg, climbing, least_core, members, nucleolus,
    nucleolus_by_rows, sampled_shapley, shapley,
};
use cpu_time::ThreadTime;
use criterion::Criterion;
use std::hint::black_box;
use std::time::Duration;

/// SplitMix64, so that the games are the same everywhere.
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }
}

/// A number between 0 and 1.
fn part(random: &mut impl FnMut() -> u64) -> f64 {
    (random() >> 11) as f64 / 2_f64.powi(53)
}

/// Members with generation and load over a day of 24 hours: together they save the supplier's margin on what
/// they share.
fn community(players: usize) -> impl Fn(u64) -> f64 {
    let mut random = random(players as u64);
    let net: Vec<[f64; 24]> =
        (0..players).map(|_| std::array::from_fn(|_| part(&mut random) - 0.5)).collect();
    move |coalition| {
        let hours = (0..24).map(|hour| {
            let net =
                |sign: f64| members(coalition).map(|player| (sign * net[player][hour]).max(0.0)).sum::<f64>();
            net(1.0).min(net(-1.0))
        });
        hours.sum()
    }
}

/// CPU time of `work`, which other work on the machine does not lengthen.
fn timed<T>(criterion: &mut Criterion, group: &str, size: usize, mut work: impl FnMut() -> T) {
    criterion.bench_function(&format!("{group}/{size}"), |bencher| {
        bencher.iter_custom(|times| {
            let start = ThreadTime::now();
            for _ in 0..times {
                black_box(work());
            }
            start.elapsed()
        });
    });
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for players in [8, 12, 16] {
        let game = Coalitions::new(players, community(players));
        timed(&mut criterion, "shapley", players, || shapley(&game));
        timed(&mut criterion, "least_core", players, || least_core(&game).expect("two or more"));
        timed(&mut criterion, "nucleolus", players, || nucleolus(&game).expect("a gain"));
        timed(&mut criterion, "superadditive", players, || game.superadditivity_gap());
    }
    let value = community(24);
    timed(&mut criterion, "shapley_of_1000_pairs", 24, || sampled_shapley(24, &value, 1_000, random(1)));
    timed(&mut criterion, "nucleolus_by_climbing", 24, || {
        nucleolus_by_rows(24, &value, climbing(24, &value, 10, random(1))).expect("a gain")
    });
    for players in [2, 20, 200] {
        let mut random = random(3);
        let mut between = |low: f64, high: f64| low + (high - low) * part(&mut random);
        let mut prosumer = || Prosumer {
            linear: between(0.0, 2.0),
            slope: between(0.5, 2.0),
            required: between(1.0, 10.0),
            limits: [0.0, 20.0],
        };
        let game = Sharing { sensitivity: 1.0, prosumers: (0..players).map(|_| prosumer()).collect() };
        println!("sharing of {players}: {} rounds of best responses", game.best_response(100_000).rounds);
        timed(&mut criterion, "sharing_programme", players, || game.equilibrium().expect("limits suffice"));
        timed(&mut criterion, "sharing_best_response", players, || game.best_response(100_000));
        let member = |_| Member {
            worth: between(10.0, 60.0),
            fall: between(0.5, 2.0),
            most: 40.0,
            generation: between(0.0, 30.0),
        };
        let members = (0..players).map(member).collect();
        let game = Stackelberg { members, import: 30.0, export: 6.0 };
        timed(&mut criterion, "stackelberg", players, || game.equilibrium());
    }
    criterion.final_summary();
}
