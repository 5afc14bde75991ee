//! Networks against a plain double-precision one, and gradients against its central finite differences.

use super::*;

fn layout(inputs: usize, hidden: &[usize], actions: usize, objectives: usize, dueling: bool) -> Layout {
    Layout { inputs, hidden: hidden.to_vec(), actions, objectives, dueling }
}

fn layouts() -> Vec<Layout> {
    vec![
        layout(5, &[], 2, 1, false),
        layout(5, &[], 3, 3, true),
        layout(11, &[13], 2, 3, true),
        layout(9, &[16, 7], 2, 1, false),
        layout(17, &[24, 8, 19], 4, 2, true),
        layout(103, &[64, 64], 2, 3, true),
    ]
}

fn numbers(count: usize, random: &mut Random) -> Vec<f32> {
    (0..count).map(|_| (2.0 * random.unit() - 1.0) as f32).collect()
}

/// A network whose offsets are not zero.
fn network(layout: &Layout, random: &mut Random) -> Network {
    let mut network = Network::new(layout.clone(), random);
    network.weights.iter_mut().for_each(|weight| *weight += 0.1 * (random.unit() as f32 - 0.5));
    network
}

/// The values of one row, straight from the definition.
fn values(layout: &Layout, weights: &[f64], inputs: &[f32]) -> Vec<f64> {
    let mut row: Vec<f64> = inputs.iter().map(|input| f64::from(*input)).collect();
    let head = layout.outputs() + if layout.dueling { layout.objectives } else { 0 };
    let mut begin = 0;
    for (layer, &outputs) in layout.hidden.iter().chain([&head]).enumerate() {
        let sum = |output: usize| {
            let weight = |input: usize| weights[begin + input * outputs + output];
            row.iter().enumerate().map(|(input, x)| weight(input) * x).sum::<f64>() + weight(row.len())
        };
        let next: Vec<f64> = (0..outputs).map(sum).collect();
        begin += (row.len() + 1) * outputs;
        row = if layer < layout.hidden.len() { next.iter().map(|x| x.max(0.0)).collect() } else { next };
    }
    if !layout.dueling {
        return row;
    }
    let (actions, objectives) = (layout.actions, layout.objectives);
    let advantage = |action: usize, objective: usize| row[objectives + action * objectives + objective];
    let mean =
        |objective| (0..actions).map(|action| advantage(action, objective)).sum::<f64>() / actions as f64;
    let value = |action, objective| row[objective] + advantage(action, objective) - mean(objective);
    (0..actions)
        .flat_map(|action| (0..objectives).map(move |objective| (action, objective)))
        .map(|(action, objective)| value(action, objective))
        .collect()
}

#[test]
fn values_are_those_of_the_definition() {
    let mut random = Random::of(1, "values");
    for layout in layouts() {
        let network = network(&layout, &mut random);
        let weights: Vec<f64> = network.weights.iter().map(|weight| f64::from(*weight)).collect();
        let mut scratch = Scratch::default();
        for rows in [1, 3, 4, 64, 6] {
            let inputs = numbers(rows * layout.inputs, &mut random);
            let found = network.evaluate(&inputs, rows, &mut scratch);
            let exact = inputs.chunks(layout.inputs).flat_map(|row| values(&layout, &weights, row));
            assert_eq!(found.len(), rows * layout.outputs());
            for (found, exact) in found.iter().zip(exact) {
                assert!((f64::from(*found) - exact).abs() < 1e-5, "{layout:?}: {found} {exact}");
            }
        }
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let mut random = Random::of(2, "gradients");
    for layout in layouts() {
        let network = network(&layout, &mut random);
        let weights: Vec<f64> = network.weights.iter().map(|weight| f64::from(*weight)).collect();
        let mut scratch = Scratch::default();
        for rows in [7, 4] {
            let inputs = numbers(rows * layout.inputs, &mut random);
            let slopes = numbers(rows * layout.outputs(), &mut random);
            let mut gradient = vec![f32::NAN; network.weights.len()];
            network.evaluate(&inputs, rows, &mut scratch);
            network.gradient(&inputs, rows, &slopes, &mut scratch, &mut gradient);
            let function = |weights: &[f64]| {
                let values = inputs.chunks(layout.inputs).flat_map(|row| values(&layout, weights, row));
                values.zip(&slopes).map(|(value, slope)| value * f64::from(*slope)).sum::<f64>()
            };
            // All entries of small networks, some of the large one.
            for index in (0..weights.len()).step_by(1 + weights.len() / 500) {
                let mut moved = weights.clone();
                let mut at = |by: f64| {
                    moved[index] = weights[index] + by;
                    function(&moved)
                };
                let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
                let found = f64::from(gradient[index]);
                assert!((found - difference).abs() < 2e-5, "{layout:?} {index}: {found} {difference}");
            }
        }
    }
}

#[test]
fn rows_do_not_depend_on_their_neighbours() {
    let mut random = Random::of(3, "rows");
    for layout in layouts() {
        let network = network(&layout, &mut random);
        let inputs = numbers(10 * layout.inputs, &mut random);
        let mut scratch = Scratch::default();
        let together = network.evaluate(&inputs, 10, &mut scratch).to_vec();
        for (row, expected) in inputs.chunks(layout.inputs).zip(together.chunks(layout.outputs())) {
            assert_eq!(network.evaluate(row, 1, &mut scratch), expected, "bit by bit");
        }
    }
}

#[test]
fn a_target_follows_slowly_or_at_once() {
    let mut random = Random::of(4, "targets");
    let layout = layout(3, &[4], 2, 1, true);
    let (online, mut target) = (network(&layout, &mut random), network(&layout, &mut random));
    let before = target.weights[5];
    target.follow(&online, 0.25);
    assert!((target.weights[5] - (0.75 * before + 0.25 * online.weights[5])).abs() < 1e-7);
    target.follow(&online, 1.0);
    assert_eq!(target, online);
}

#[test]
fn initial_weights_have_the_published_spread() {
    let layout = layout(100, &[200, 50], 4, 3, true);
    let network = Network::new(layout, &mut Random::of(5, "weights"));
    let mut begin = 0;
    for (inputs, outputs, variance) in
        [(100, 200, 2.0 / 100.0), (200, 50, 2.0 / 200.0), (50, 15, 2.0 / (50.0 + 15.0))]
    {
        let (weights, rest) = network.weights[begin..].split_at(inputs * outputs);
        let found =
            weights.iter().map(|weight| f64::from(*weight).powi(2)).sum::<f64>() / weights.len() as f64;
        assert!((found / variance - 1.0_f64).abs() < 0.1, "{found} {variance}");
        assert!(rest[..outputs].iter().all(|weight| *weight == 0.0));
        begin += (inputs + 1) * outputs;
    }
    assert_eq!(begin, network.weights.len());
}
