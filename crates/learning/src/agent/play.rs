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
            preferences.for_each(|preference| draw_preference(random, options, preference));
        }
    }
    let (mut due, mut states, mut actions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut places, mut inputs, mut expected) = (Vec::new(), Vec::new(), vec![0.0; shape.actions]);
    while let Some(turn) = environment.turn() {
        let (agent, first) = (turn.agent, episodes.lanes.len());
        let network = options.network_of(agent);
        due.clear();
        due.extend_from_slice(turn.lanes);
        states.clear();
        states.extend_from_slice(turn.states);
        actions.clear();
        places.clear();
        for (place, (lane, state)) in due.iter().zip(states.chunks_exact(features)).enumerate() {
            let (row, lane_index) = (episodes.lanes.len(), *lane as usize);
            let preference = &episodes.preferences[lane_index * objectives..][..objectives];
            actions.push(0);
            if options.residual {
                environment.expected(lane_index, preference, &mut expected);
                if let Some(only) = sight.only(preference, &expected) {
                    actions[place] = only as u8;
                    continue;
                }
                let best = expected.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let still = environment.hindsight(lane_index, preference);
                episodes.expected.extend(expected.iter().map(|value| still + value - best));
            }
            places.push(place);
            episodes.lanes.push(*lane);
            episodes.agents.push(agent as u8);
            episodes.states.extend_from_slice(state);
            episodes.collected.resize((row + 1) * objectives, 0.0);
            let collected = &mut episodes.collected[row * objectives..];
            environment.collected(lane_index, options.view(agent), collected);
            episodes.link(row, &mut tails[lane_index * chains + if chains == 1 { 0 } else { agent }]);
            episodes.of_network[network].push(row as u32);
        }
        let rows = first..episodes.lanes.len();
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
                    let preference = episodes.preference(row);
                    sight.show(state, collected, preference, episodes.expected(row), &mut inputs);
                }
                let values = networks[network].evaluate(&inputs, rows.len(), scratch);
                for (row, values) in rows.clone().zip(values.chunks_exact(sight.actions * sight.heads())) {
                    let [collected, preference] = [episodes.collected(row), episodes.preference(row)];
                    let expected = episodes.expected(row);
                    let tried = (random.unit() < f64::from(*epsilon))
                        .then(|| random.between(0, sight.actions as i64 - 1) as usize)
                        .filter(|action| sight.allows(*action, preference, expected));
                    let action = tried.unwrap_or_else(|| sight.best(values, collected, preference, expected));
                    episodes.actions.push(action as u8);
                }
            }
        }
        for (place, row) in places.iter().zip(rows) {
            actions[*place] = episodes.actions[row];
        }
        environment.act(&actions);
    }
    if options.residual {
        for (lane, preference) in episodes.preferences.chunks_exact(objectives).enumerate() {
            episodes.outcomes.push(environment.hindsight(lane, preference));
        }
    }
    episodes.ends.resize(shape.lanes * episodes.views * objectives, 0.0);
    episodes.totals.resize(shape.lanes * objectives, 0.0);
    for (lane, total) in episodes.totals.chunks_exact_mut(objectives).enumerate() {
        environment.collected(lane, View::Team, total);
    }
    for (index, end) in episodes.ends.chunks_exact_mut(objectives).enumerate() {
        environment.collected(index / episodes.views, options.view(index % episodes.views), end);
    }
}
