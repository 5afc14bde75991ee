//! Names beside buses: the important ones first, none over another or over a bus.

use std::collections::BTreeMap;

/// Height of a name, pixels.
const HEIGHT: f64 = 13.0;
/// Width of a letter, a little more than most take.
const LETTER: f64 = 6.4;
/// Side of the cells in which boxes are looked for.
const CELL: f64 = 60.0;

/// Where a name stands.
#[derive(Clone, Debug)]
pub(super) struct Label {
    /// Which of the names.
    pub(super) index: usize,
    /// Left, middle or right end of its base line.
    pub(super) at: [f64; 2],
    /// Which end: `start`, `middle` or `end`.
    pub(super) anchor: &'static str,
}

/// A box: left, top, right, bottom.
type Box = [f64; 4];

/// Boxes taken, by the cells they touch.
#[derive(Default)]
struct Taken(BTreeMap<[i64; 2], Vec<Box>>);

impl Taken {
    fn cells(of: Box) -> impl Iterator<Item = [i64; 2]> {
        let [left, top, right, bottom] = of.map(|x| (x / CELL).floor() as i64);
        (left..=right).flat_map(move |x| (top..=bottom).map(move |y| [x, y]))
    }

    fn add(&mut self, of: Box) {
        for cell in Self::cells(of) {
            self.0.entry(cell).or_default().push(of);
        }
    }

    fn is_free(&self, of: Box) -> bool {
        let touches =
            |other: &Box| of[0] < other[2] && other[0] < of[2] && of[1] < other[3] && other[1] < of[3];
        !Self::cells(of).any(|cell| self.0.get(&cell).is_some_and(|boxes| boxes.iter().any(touches)))
    }
}

/// Places the names of `wanted` buses, in this order, where there is room.
pub(super) fn place(
    at: &[[f64; 2]],
    marks: &[[f64; 2]],
    radius: f64,
    wanted: &[usize],
    names: &[String],
    width: f64,
) -> Vec<Label> {
    let mut taken = Taken::default();
    for [x, y] in at.iter().chain(marks) {
        taken.add([x - radius, y - radius, x + radius, y + radius]);
    }
    let mut labels = Vec::new();
    for &index in wanted {
        let [x, y] = at[index];
        let long = names[index].chars().count() as f64 * LETTER;
        let gap = radius + 3.0;
        let candidates = [
            ([x, y - gap - 1.0], "middle"),
            ([x, y + gap + HEIGHT - 3.0], "middle"),
            ([x + gap, y + 4.0], "start"),
            ([x - gap, y + 4.0], "end"),
            ([x + 0.7 * gap, y - 0.8 * gap], "start"),
            ([x + 0.7 * gap, y + 0.8 * gap + HEIGHT - 4.0], "start"),
            ([x - 0.7 * gap, y - 0.8 * gap], "end"),
            ([x - 0.7 * gap, y + 0.8 * gap + HEIGHT - 4.0], "end"),
        ];
        for ([x, y], anchor) in candidates {
            let left = match anchor {
                "start" => x,
                "middle" => x - long / 2.0,
                _ => x - long,
            };
            let place = [left, y - HEIGHT + 3.0, left + long, y + 2.0];
            if left > 4.0 && left + long < width - 4.0 && taken.is_free(place) {
                taken.add(place);
                labels.push(Label { index, at: [x, y], anchor });
                break;
            }
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_names_on_one_place_the_first_wins() {
        let names = vec!["a rather long name".to_owned(); 40];
        let at: Vec<[f64; 2]> = (0..40).map(|i| [300.0 + f64::from(i) * 4.0, 100.0]).collect();
        let wanted: Vec<usize> = (0..40).rev().collect();
        let labels = place(&at, &[], 2.0, &wanted, &names, 1_000.0);
        assert_eq!(labels[0].index, 39);
        assert!(labels.len() < 8, "{} names on 160 pixels", labels.len());
    }
}
