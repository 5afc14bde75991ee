//! The networks that agents learn with: small, fully connected, rectified, with a head per action and objective.
//!
//! In single precision and in a fixed order of summation: the same weights everywhere, whatever the machine's
//! vectors and however many threads work beside each other. A network works on one thread; several train side by side.

mod adam;

pub use adam::{Adam, clip};

mod dueling;

mod loss;

pub use loss::{huber, huber_gradient};

mod product;

use agents::Random;
use product::{Factor, Panel, Product};

/// The shape of a network. All sizes are at least 1; `hidden` may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Numbers in a row of inputs.
    pub inputs: usize,
    /// Units of each hidden layer.
    pub hidden: Vec<usize>,
    /// Actions that are valued.
    pub actions: usize,
    /// Values of an action: 1 if objectives are weighed before, else one per objective.
    pub objectives: usize,
    /// Whether the worth of a state is learned apart from what actions add ([Wang et al. 2016, eq. 9]).
    ///
    /// [Wang et al. 2016, eq. 9]: https://proceedings.mlr.press/v48/wangf16.html
    pub dueling: bool,
}

impl Layout {
    /// Values in a row of outputs: actions × objectives.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.actions * self.objectives
    }

    /// Weights in all layers together.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.layers().map(|(inputs, outputs)| (inputs + 1) * outputs).sum()
    }

    /// Width of the last layer.
    fn head(&self) -> usize {
        self.outputs() + if self.dueling { self.objectives } else { 0 }
    }

    /// Inputs and outputs of a layer; the head comes after the hidden ones.
    fn layer(&self, layer: usize) -> (usize, usize) {
        let inputs = if layer == 0 { self.inputs } else { self.hidden[layer - 1] };
        (inputs, self.hidden.get(layer).copied().unwrap_or(self.head()))
    }

    fn layers(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..=self.hidden.len()).map(|layer| self.layer(layer))
    }
}

/// A network: what it computes is a function of its weights and a row of inputs alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The shape.
    pub layout: Layout,
    /// Layer after layer, each a matrix of (inputs + 1) × outputs, row by row; the last row is added to the result.
    pub weights: Vec<f32>,
}

/// Room to work in, kept between calls: nothing is allocated once it has seen the largest number of rows.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// What each layer gave, rows × outputs.
    layers: Vec<Vec<f32>>,
    outputs: Vec<f32>,
    /// Gradients with respect to what a layer gave, and to what the one before it gave.
    slopes: [Vec<f32>; 2],
    panel: Panel,
}

impl Network {
    /// A network with random weights: uniform with variance 2/inputs in hidden layers (He et al., ICCV 2015, eq. 10),
    /// 2/(inputs + outputs) in the head (Glorot and Bengio, AISTATS 2010, eq. 16); what is added is zero.
    #[must_use]
    pub fn new(layout: Layout, random: &mut Random) -> Self {
        let mut weights = Vec::with_capacity(layout.weights());
        for (layer, (inputs, outputs)) in layout.layers().enumerate() {
            let fan = if layer < layout.hidden.len() { inputs } else { inputs + outputs };
            let bound = (6.0 / fan as f64).sqrt();
            weights.extend((0..inputs * outputs).map(|_| (bound * (2.0 * random.unit() - 1.0)) as f32));
            weights.extend((0..outputs).map(|_| 0.0));
        }
        Self { layout, weights }
    }

    /// Values of `rows` rows of inputs: rows × actions × objectives.
    ///
    /// # Panics
    /// Where `inputs` has not as many rows, or the weights do not fit the layout.
    pub fn evaluate<'a>(&self, inputs: &[f32], rows: usize, scratch: &'a mut Scratch) -> &'a [f32] {
        let Layout { hidden, objectives, .. } = &self.layout;
        assert_eq!(inputs.len(), rows * self.layout.inputs, "rows × inputs");
        assert_eq!(self.weights.len(), self.layout.weights(), "weights of the layout");
        let Scratch { layers, outputs, panel, .. } = scratch;
        layers.resize_with(hidden.len() + 1, Vec::new);
        let mut rest = &self.weights[..];
        for layer in 0..=hidden.len() {
            let (depth, columns) = self.layout.layer(layer);
            let (matrix, offset);
            (matrix, rest) = rest.split_at(depth * columns);
            (offset, rest) = rest.split_at(columns);
            let (before, after) = layers.split_at_mut(layer);
            let left = Factor::Plain(before.last().map_or(inputs, |input| input));
            let rectified = layer < hidden.len();
            after[0].resize(rows * columns, 0.0);
            Product { left, right: Factor::Plain(matrix), depth, columns, offset, rectified }
                .write(&mut after[0], panel);
        }
        let head = &layers[hidden.len()];
        if !self.layout.dueling {
            return head;
        }
        let width = self.layout.outputs();
        outputs.resize(rows * width, 0.0);
        for (head, values) in head.chunks_exact(width + objectives).zip(outputs.chunks_exact_mut(width)) {
            dueling::combine(head, *objectives, values);
        }
        outputs
    }

    /// Writes ∂f/∂weights, given ∂f/∂outputs (rows × actions × objectives), for any function f of the outputs.
    ///
    /// The rows must be those that were evaluated last with this scratch, by these weights.
    ///
    /// # Panics
    /// Where the sizes do not fit each other.
    pub fn gradient(
        &self,
        inputs: &[f32],
        rows: usize,
        output_gradient: &[f32],
        scratch: &mut Scratch,
        gradient: &mut [f32],
    ) {
        let Layout { hidden, objectives, .. } = &self.layout;
        let width = self.layout.outputs();
        assert_eq!(output_gradient.len(), rows * width, "rows × actions × objectives");
        assert_eq!(gradient.len(), self.weights.len(), "an entry per weight");
        let Scratch { layers, slopes: [slopes, slopes_before], panel, .. } = scratch;
        assert!(
            layers.get(hidden.len()).is_some_and(|head| head.len() == rows * self.layout.head()),
            "evaluated rows"
        );
        slopes.resize(rows * self.layout.head(), 0.0);
        if self.layout.dueling {
            let rows = slopes.chunks_exact_mut(self.layout.head()).zip(output_gradient.chunks_exact(width));
            rows.for_each(|(head, values)| dueling::separate(values, *objectives, head));
        } else {
            slopes.copy_from_slice(output_gradient);
        }
        let mut end = self.weights.len();
        for layer in (0..=hidden.len()).rev() {
            let (fan_in, fan_out) = self.layout.layer(layer);
            let begin = end - (fan_in + 1) * fan_out;
            let (matrix, offset) = gradient[begin..end].split_at_mut(fan_in * fan_out);
            let input = if layer == 0 { inputs } else { &layers[layer - 1] };
            Product::plain(Factor::Transposed(input), Factor::Plain(slopes), rows, fan_out)
                .write(matrix, panel);
            offset.fill(0.0);
            for row in slopes.chunks_exact(fan_out) {
                offset.iter_mut().zip(row).for_each(|(sum, slope)| *sum += slope);
            }
            if layer > 0 {
                let weights = Factor::Transposed(&self.weights[begin..begin + fan_in * fan_out]);
                slopes_before.resize(rows * fan_in, 0.0);
                Product::plain(Factor::Plain(slopes), weights, fan_out, fan_in).write(slopes_before, panel);
                for (slope, value) in slopes_before.iter_mut().zip(input) {
                    *slope = if *value > 0.0 { *slope } else { 0.0 };
                }
                std::mem::swap(slopes, slopes_before);
            }
            end = begin;
        }
    }

    /// Moves the weights towards another network's, θ ← (1 − share) θ + share θ': a target that follows slowly
    /// (Lillicrap et al., ICLR 2016, algorithm 1), or an exact copy where `share` is 1.
    ///
    /// # Panics
    /// Where the layouts differ.
    pub fn follow(&mut self, other: &Self, share: f32) {
        assert_eq!(self.layout, other.layout, "layouts");
        for (own, other) in self.weights.iter_mut().zip(&other.weights) {
            *own = (1.0 - share) * *own + share * other;
        }
    }
}

#[cfg(test)]
mod tests;
