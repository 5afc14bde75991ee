//! One round of episodes, and everything about them that can teach.

use super::{Credit, Episodes, Options, Sight, draw_preference};
use crate::environment::{Environment, View};
use crate::network::{Network, Scratch};
use agents::Random;

/// Who chooses.
pub(crate) enum Chooser<'a> {
    /// The networks, save for a share `epsilon` of random actions.
    Networks { networks: &'a [Network], epsilon: f32, random: Random, scratch: &'a mut Scratch },
    /// What was chosen when these episodes were first played.
    Recorded(&'a [u8]),
}

/// Plays one episode in every lane and records it. `random` fixes the episodes and, where none are given, the
/// preferences (lanes × objectives).
pub(crate) fn play(
    environment: &mut dyn Environment,
    options: &Options,
    sight: &Sight,
    mut chooser: Chooser<'_>,
    preferences: Option<&[f32]>,
    random: &mut Random,
    episodes: &mut Episodes,
) {
    let shape = environment.shape();
    let (features, objectives) = (shape.features, shape.objectives);
    let chains = if options.credit == Credit::Joint { 1 } else { shape.agents };
    let mut tails = vec![0; shape.lanes * chains];
    episodes.clear(options.networks(&shape), &mut tails);
    episodes.features = features;
    episodes.objectives = objectives;
    episodes.views = if options.credit == Credit::Own { shape.agents } else { 1 };
    environment.reset(random);
    episodes.preferences.resize(shape.lanes * objectives, 0.0);
    match preferences {
        Some(preferences) => episodes.preferences.copy_from_slice(preferences),
        None => {
            let preferences = episodes.preferences.chunks_exact_mut(objectives);
            preferences.for_each(|preference| draw_preference(random, options.faces, preference));
        }
    }
    let mut inputs = Vec::new();
    while let Some(turn) = environment.turn() {
        let (agent, first) = (turn.agent, episodes.lanes.len());
        let network = options.network_of(agent);
        episodes.lanes.extend_from_slice(turn.lanes);
        episodes.states.extend_from_slice(turn.states);
        let rows = first..episodes.lanes.len();
        for row in rows.clone() {
            let lane = episodes.lanes[row] as usize;
            episodes.agents.push(agent as u8);
            episodes.collected.resize((row + 1) * objectives, 0.0);
            let collected = &mut episodes.collected[row * objectives..];
            environment.collected(lane, options.view(agent), collected);
            if options.residual {
                episodes.expected.resize((row + 1) * shape.actions, 0.0);
                let expected = &mut episodes.expected[row * shape.actions..];
                environment.expected(
                    lane,
                    &episodes.preferences[lane * objectives..][..objectives],
                    expected,
                );
            }
            episodes.link(row, &mut tails[lane * chains + if chains == 1 { 0 } else { agent }]);
            episodes.of_network[network].push(row as u32);
        }
        match &mut chooser {
            Chooser::Recorded(actions) => {
                // In another environment there may be more decisions than were recorded.
                let recorded = rows.clone().map(|row| actions.get(row).copied().unwrap_or(0));
                episodes.actions.extend(recorded);
            }
            Chooser::Networks { networks, epsilon, random, scratch } => {
                inputs.clear();
                for row in rows.clone() {
                    let [state, collected] = [episodes.state(row), episodes.collected(row)];
                    sight.show(
                        state,
                        collected,
                        episodes.preference(row),
                        episodes.expected(row),
                        &mut inputs,
                    );
                }
                let values = networks[network].evaluate(&inputs, rows.len(), scratch);
                for (row, values) in rows.clone().zip(values.chunks_exact(sight.actions * sight.heads())) {
                    let [collected, preference] = [episodes.collected(row), episodes.preference(row)];
                    let expected = episodes.expected(row);
                    let explores = random.unit() < f64::from(*epsilon);
                    let any = random.between(0, sight.actions as i64 - 1) as usize;
                    let action = if explores && sight.allows(any, expected) {
                        any
                    } else {
                        sight.best(values, collected, preference, expected)
                    };
                    episodes.actions.push(action as u8);
                }
            }
        }
        environment.act(&episodes.actions[rows]);
    }
    episodes.ends.resize(shape.lanes * episodes.views * objectives, 0.0);
    episodes.totals.resize(shape.lanes * objectives, 0.0);
    for (lane, total) in episodes.totals.chunks_exact_mut(objectives).enumerate() {
        environment.collected(lane, View::Team, total);
    }
    if options.residual {
        episodes.outcomes.resize(shape.lanes, 0.0);
        for (lane, outcome) in episodes.outcomes.iter_mut().enumerate() {
            let preference = &episodes.preferences[lane * objectives..][..objectives];
            environment.expected(lane, preference, std::slice::from_mut(outcome));
        }
    }
    for (index, end) in episodes.ends.chunks_exact_mut(objectives).enumerate() {
        environment.collected(index / episodes.views, options.view(index % episodes.views), end);
    }
}
