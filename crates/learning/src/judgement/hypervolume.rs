//! The hypervolume of a set of outcomes: how much of the space up to a reference point it dominates (Zitzler and
//! Thiele 1998).
//!
//! Exact: the space is cut into slabs between the third coordinates of the points, and in each slab the points below
//! it dominate a staircase. O(n²) for n points.

use crate::home::{Outcome, Scales};

/// The volume that a scheduler's outcomes dominate in parts of that of the exact front, in units of the scales and up
/// to a reference outcome: 1 where nothing of the front is missing. Nothing where the front has no volume.
#[must_use]
pub fn hypervolume_ratio(
    offered: &[Outcome],
    front: &[Outcome],
    reference: &Outcome,
    scales: &Scales,
) -> Option<f64> {
    let point = |outcome: &Outcome| {
        [outcome.cost / scales.cost, outcome.peak / scales.peak, outcome.delay / scales.delay]
    };
    let volume =
        |outcomes: &[Outcome]| hypervolume(&outcomes.iter().map(point).collect::<Vec<_>>(), point(reference));
    let whole = volume(front);
    (whole > 0.0).then(|| volume(offered) / whole)
}

/// The volume between a reference point and the points that are less in all three coordinates; others do not count.
#[must_use]
pub fn hypervolume(points: &[[f64; 3]], reference: [f64; 3]) -> f64 {
    let inside = |point: &&[f64; 3]| point.iter().zip(&reference).all(|(value, most)| value < most);
    let mut points: Vec<[f64; 3]> = points.iter().filter(inside).copied().collect();
    points.sort_by(|a, b| a[2].total_cmp(&b[2]));
    // The staircase so far: first coordinate ascending, second descending.
    let mut stairs: Vec<[f64; 2]> = Vec::new();
    let mut volume = 0.0;
    for (place, [x, y, z]) in points.iter().enumerate() {
        let at = stairs.partition_point(|stair| stair[0] < *x);
        let dominated = at > 0 && stairs[at - 1][1] <= *y
            || stairs.get(at).is_some_and(|stair| stair[0] == *x && stair[1] <= *y);
        if !dominated {
            let worse = stairs[at..].iter().take_while(|stair| stair[1] >= *y).count();
            stairs.splice(at..at + worse, [[*x, *y]]);
        }
        let next = points.get(place + 1).map_or(reference[2], |point| point[2]);
        if next > *z {
            volume += (next - z) * area(&stairs, &reference);
        }
    }
    volume
}

fn area(stairs: &[[f64; 2]], reference: &[f64; 3]) -> f64 {
    let ends = stairs.iter().skip(1).map(|stair| stair[0]).chain([reference[0]]);
    stairs.iter().zip(ends).map(|([x, y], end)| (end - x) * (reference[1] - y)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::{Enumeration, Task, front};
    use crate::example;
    use crate::home::Preference;
    use agents::Random;

    #[test]
    fn volumes_by_hand() {
        let cube = [[0.0; 3]];
        assert_eq!(hypervolume(&cube, [1.0, 2.0, 3.0]), 6.0);
        assert_eq!(hypervolume(&[[1.0, 0.0, 0.0]], [1.0; 3]), 0.0);
        assert_eq!(hypervolume(&[], [1.0; 3]), 0.0);
        // Two boxes of 2 and 2 that share a unit cube; a dominated point adds nothing.
        let two = [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.5, 1.5, 1.5]];
        assert_eq!(hypervolume(&two, [2.0; 3]), 3.0);
    }

    #[test]
    fn deep_sea_treasure_has_its_published_volume() {
        // Time and treasure of the ten solutions, reference (25 steps, no treasure): 1 155 (Vamplew et al. 2011).
        let front = [
            (1., 1.),
            (3., 2.),
            (5., 3.),
            (7., 5.),
            (8., 8.),
            (9., 16.),
            (13., 24.),
            (14., 50.),
            (17., 74.),
            (19., 124.),
        ];
        let points: Vec<[f64; 3]> = front.iter().map(|(time, treasure)| [*time, -treasure, 0.0]).collect();
        assert_eq!(hypervolume(&points, [25.0, 0.0, 1.0]), 1155.0);
    }

    #[test]
    fn optima_of_preferences_cover_most_of_the_front() {
        let mut random = Random::of(2, "hypervolume");
        let home = example::home();
        let mut enumeration = Enumeration::default();
        for _ in 0..10 {
            let day = example::day(&home, 3_000.0, &mut random);
            let task = |preference| Task::hindsight(&home, &day, preference, &example::SCALES);
            let grid = Preference::grid(5);
            let front = front(&task(&grid[0]));
            let optima: Vec<Outcome> = grid
                .iter()
                .map(|preference| {
                    let task = task(preference);
                    enumeration.solve(&task);
                    task.outcome(enumeration.starts())
                })
                .collect();
            let reference = Outcome { cost: 9.0, peak: 15e3, delay: 60.0 };
            let ratio = |offered: &[Outcome]| {
                hypervolume_ratio(offered, &front, &reference, &example::SCALES).unwrap()
            };
            assert_eq!(ratio(&front), 1.0);
            assert!((0.9..=1.0 + 1e-9).contains(&ratio(&optima)), "{}", ratio(&optima));
            assert!(ratio(&optima[..1]) < ratio(&optima));
        }
    }

    #[test]
    fn volumes_are_those_of_counting() {
        // On a grid of 8 × 8 × 8 the volume is the number of dominated cells.
        let mut random = Random::of(1, "hypervolume");
        for _ in 0..300 {
            let mut coordinate = || random.between(0, 8) as f64;
            let points: Vec<[f64; 3]> = (0..12).map(|_| [coordinate(), coordinate(), coordinate()]).collect();
            let dominated = |cell: usize| {
                let corner = [cell % 8, cell / 8 % 8, cell / 64].map(|value| value as f64);
                points.iter().any(|point| point.iter().zip(&corner).all(|(value, corner)| value <= corner))
            };
            let count = (0..512).filter(|cell| dominated(*cell)).count();
            assert_eq!(hypervolume(&points, [8.0; 3]), count as f64, "{points:?}");
        }
    }
}
