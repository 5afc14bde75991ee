//! Deep Sea Treasure, the problem with a known answer on which multi-objective agents are tried (Vamplew, Dazeley,
//! Berry, Issabekov and Dekker, "Empirical evaluation methods for multiobjective reinforcement learning
//! algorithms", Machine Learning 84, 2011).
//!
//! A submarine starts at the surface in the west and moves one cell a step; deeper treasures further east are worth
//! more and take longer. Ten policies are Pareto optimal, and their front is concave: a linear scalarisation finds
//! only its two ends, whatever the weights.

use super::{Environment, Shape, Turn, View};
use agents::Random;

/// Rows and columns of the sea.
const ROWS: usize = 11;
const COLUMNS: usize = 10;

/// What lies on the ground of each column: its row and the value of the treasure.
pub const TREASURES: [(usize, f32); COLUMNS] = [
    (1, 1.0),
    (2, 2.0),
    (3, 3.0),
    (4, 5.0),
    (4, 8.0),
    (4, 16.0),
    (7, 24.0),
    (7, 50.0),
    (9, 74.0),
    (10, 124.0),
];

/// What the rewards are divided by: the greatest treasure, and the steps that it takes to get there.
pub const SCALES: [f32; 2] = [124.0, 19.0];

/// Submarines that search at the same time. The rewards are the treasure and −1 for each step.
#[derive(Clone, Debug)]
pub struct DeepSea {
    /// Steps after which the search is given up.
    limit: usize,
    step: usize,
    /// Row, column and scaled rewards so far of each lane.
    places: Vec<(usize, usize)>,
    collected: Vec<[f32; 2]>,
    /// Lanes that still search.
    active: Vec<u32>,
    states: Vec<f32>,
}

impl DeepSea {
    /// So many submarines, each of which gives up after `limit` steps.
    #[must_use]
    pub fn new(lanes: usize, limit: usize) -> Self {
        let (places, collected) = (vec![(0, 0); lanes], vec![[0.0; 2]; lanes]);
        Self { limit, step: 0, places, collected, active: Vec::new(), states: Vec::new() }
    }
}

impl Environment for DeepSea {
    fn shape(&self) -> Shape {
        // The place, one-hot by row and by column.
        Shape { lanes: self.places.len(), agents: 1, features: ROWS + COLUMNS, actions: 4, objectives: 2 }
    }

    fn reset(&mut self, _: &mut Random) {
        self.step = 0;
        self.places.fill((0, 0));
        self.collected.fill([0.0; 2]);
        self.active.clear();
        self.active.extend(0..self.places.len() as u32);
    }

    fn turn(&mut self) -> Option<Turn<'_>> {
        if self.active.is_empty() || self.step == self.limit {
            return None;
        }
        self.states.clear();
        for lane in &self.active {
            let (row, column) = self.places[*lane as usize];
            self.states.extend((0..ROWS).map(|index| f32::from(u8::from(index == row))));
            self.states.extend((0..COLUMNS).map(|index| f32::from(u8::from(index == column))));
        }
        Some(Turn { agent: 0, lanes: &self.active, states: &self.states })
    }

    fn act(&mut self, actions: &[u8]) {
        self.step += 1;
        for (lane, action) in self.active.iter().zip(actions) {
            let (row, column) = &mut self.places[*lane as usize];
            // Up, down, left, right; a move off the sea or into the ground leaves it where it is.
            let (to_row, to_column) = match action {
                0 => (row.saturating_sub(1), *column),
                1 => (*row + 1, *column),
                2 => (*row, column.saturating_sub(1)),
                _ => (*row, (*column + 1).min(COLUMNS - 1)),
            };
            if to_row <= TREASURES[to_column].0 {
                (*row, *column) = (to_row, to_column);
            }
            let collected = &mut self.collected[*lane as usize];
            collected[1] -= 1.0 / SCALES[1];
            if *row == TREASURES[*column].0 {
                collected[0] = TREASURES[*column].1 / SCALES[0];
            }
        }
        let places = &self.places;
        self.active.retain(|lane| {
            let (row, column) = places[*lane as usize];
            row < TREASURES[column].0
        });
    }

    fn collected(&self, lane: usize, _: View, into: &mut [f32]) {
        into.copy_from_slice(&self.collected[lane]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The front as published: found here by the shortest way to each treasure, east along the surface, then down.
    #[test]
    fn the_shortest_ways_make_the_published_front() {
        let published = [1, 3, 5, 7, 8, 9, 13, 14, 17, 19];
        let mut sea = DeepSea::new(COLUMNS, 50);
        sea.reset(&mut Random::of(1, "sea"));
        let mut step = 0;
        while let Some(turn) = sea.turn() {
            let actions: Vec<u8> = turn.lanes.iter().map(|lane| if step < *lane { 3 } else { 1 }).collect();
            sea.act(&actions);
            step += 1;
        }
        for (lane, steps) in published.iter().enumerate() {
            let mut collected = [0.0; 2];
            sea.collected(lane, View::Team, &mut collected);
            let found = [collected[0] * SCALES[0], collected[1] * SCALES[1]].map(f32::round);
            assert_eq!(found, [TREASURES[lane].1, -(*steps as f32)]);
        }
    }
}
