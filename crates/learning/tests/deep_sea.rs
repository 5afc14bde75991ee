//! Deep Sea Treasure: the agents find what theory says that they can.

use agents::Random;
use learning::agent::{Head, Scalarisation, Target};
use learning::environment::deep_sea::{DeepSea, SCALES, TREASURES};
use learning::{Options, Trainer};

/// Steps of the shortest way to each treasure: the published front (Vamplew et al. 2011, as MO-Gymnasium lists it).
const STEPS: [f32; 10] = [1.0, 3.0, 5.0, 7.0, 8.0, 9.0, 13.0, 14.0, 17.0, 19.0];

/// Trains, then plays each preference without exploring. Returns (treasure, steps) of each.
fn learn(options: Options, preferences: &[f32]) -> Vec<(f32, f32)> {
    let lanes = 64;
    let mut trainer = Trainer::new(DeepSea::new(lanes, 30), options, 2).unwrap();
    while !trainer.is_finished() {
        trainer.advance(2);
    }
    let mut sea = DeepSea::new(preferences.len() / 2, 50);
    let rewards = trainer.agents().play(&mut sea, preferences, &mut Random::of(1, "judge"));
    let unscaled = rewards.chunks_exact(2).map(|reward| (reward[0] * SCALES[0], -reward[1] * SCALES[1]));
    unscaled.map(|(treasure, steps)| (treasure.round(), steps.round())).collect()
}

/// Hypervolume above a treasure of 0 and 25 steps, the usual point of reference.
fn hypervolume(points: &[(f32, f32)]) -> f32 {
    let mut points = points.to_vec();
    points.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
    let (mut volume, mut steps) = (0.0, 25.0);
    for (treasure, taken) in points {
        if taken < steps {
            volume += treasure * (steps - taken);
            steps = taken;
        }
    }
    volume
}

fn even(count: usize) -> Vec<f32> {
    (0..=count).flat_map(|index| [index as f32 / count as f32, 1.0 - index as f32 / count as f32]).collect()
}

#[test]
fn the_published_front_has_the_published_hypervolume() {
    let front: Vec<_> = TREASURES.iter().map(|treasure| treasure.1).zip(STEPS).collect();
    assert_eq!(hypervolume(&front), 1155.0);
}

#[test]
fn a_norm_finds_the_published_front() {
    let options = Options {
        scalarisation: Scalarisation::Chebyshev(vec![1.0, 0.0]),
        head: Head::Vector,
        // Optimism explores: chance would never get as far as the deepest treasure.
        initial: Some(1.0),
        exploration: (0.3, 0.2),
        // The shallow treasures differ by 0.0006 of the norm: nothing may be forgotten, and many small steps are needed.
        knots: 100,
        dueling: false,
        target: Target::Soft(0.01),
        rounds: 600,
        memory: 600,
        updates: 120,
        batch: 64,
        rate: (2e-3, 1e-5),
        ..Options::default()
    };
    let mut found = learn(options, &even(1000)[2..2000]);
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    found.dedup();
    assert_eq!(hypervolume(&found), 1155.0, "{found:?}");
    for point in TREASURES.iter().map(|treasure| treasure.1).zip(STEPS) {
        assert!(found.contains(&point), "{point:?} is missed: {found:?}");
    }
}
