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
use product::{Finish, Left, Panel, product};

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

    /// Inputs and outputs of each layer.
    fn layers(&self) -> impl Iterator<Item = (usize, usize)> {
        let head = self.outputs() + if self.dueling { self.objectives } else { 0 };
        let outputs = self.hidden.iter().copied().chain([head]);
        [self.inputs].into_iter().chain(self.hidden.iter().copied()).zip(outputs)
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
    transposed: Vec<f32>,
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
        assert_eq!(inputs.len(), rows * self.layout.inputs, "rows × inputs");
        assert_eq!(self.weights.len(), self.layout.weights(), "weights of the layout");
        let Scratch { layers, outputs, panel, .. } = scratch;
        layers.resize_with(self.layout.hidden.len() + 1, Vec::new);
        let mut rest = &self.weights[..];
        for (layer, (fan_in, fan_out)) in self.layout.layers().enumerate() {
            let (before, after) = layers.split_at_mut(layer);
            let (matrix, offset);
            (matrix, rest) = rest.split_at(fan_in * fan_out);
            (offset, rest) = rest.split_at(fan_out);
            let input = before.last().map_or(inputs, |input| input);
            after[0].resize(rows * fan_out, 0.0);
            let finish = if layer < self.layout.hidden.len() { Finish::Rectified } else { Finish::Linear };
            product(Left::Plain(input), matrix, offset, finish, fan_out, panel, &mut after[0]);
        }
        let head = &layers[self.layout.hidden.len()];
        if !self.layout.dueling {
            return head;
        }
        let objectives = self.layout.objectives;
        outputs.resize(rows * self.layout.outputs(), 0.0);
        let rows = head.chunks_exact(self.layout.outputs() + objectives);
        for (head, values) in rows.zip(outputs.chunks_exact_mut(self.layout.outputs())) {
            dueling::combine(head, objectives, values);
        }
        outputs
    }

    /// Writes the gradient with respect to the weights of a function of the outputs, Σ over the rows, given its
    /// derivatives with respect to the outputs (rows × actions × objectives).
    ///
    /// The rows must be the last ones that were evaluated with this scratch and these weights.
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
        assert_eq!(output_gradient.len(), rows * self.layout.outputs(), "rows × actions × objectives");
        assert_eq!(gradient.len(), self.weights.len(), "an entry per weight");
        let Scratch { layers, slopes: [slopes, slopes_before], transposed, panel, .. } = scratch;
        let head = &layers[self.layout.hidden.len()];
        slopes.resize(head.len(), 0.0);
        if self.layout.dueling {
            let objectives = self.layout.objectives;
            let rows = slopes.chunks_exact_mut(self.layout.outputs() + objectives);
            for (head, values) in rows.zip(output_gradient.chunks_exact(self.layout.outputs())) {
                dueling::separate(values, objectives, head);
            }
        } else {
            slopes.copy_from_slice(output_gradient);
        }
        let mut end = self.weights.len();
        let sizes: Vec<_> = self.layout.layers().collect();
        for (layer, (fan_in, fan_out)) in sizes.into_iter().enumerate().rev() {
            let begin = end - (fan_in + 1) * fan_out;
            let (matrix, offset) = gradient[begin..end].split_at_mut(fan_in * fan_out);
            let input = if layer == 0 { inputs } else { &layers[layer - 1] };
            product(Left::Transposed(input), slopes, &[], Finish::Linear, fan_out, panel, matrix);
            offset.fill(0.0);
            for row in slopes.chunks_exact(fan_out) {
                offset.iter_mut().zip(row).for_each(|(sum, slope)| *sum += slope);
            }
            if layer > 0 {
                transpose(&self.weights[begin..begin + fan_in * fan_out], fan_out, transposed);
                slopes_before.resize(rows * fan_in, 0.0);
                product(Left::Plain(slopes), transposed, &[], Finish::Linear, fan_in, panel, slopes_before);
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

/// Writes the transpose of a matrix with so many columns.
fn transpose(matrix: &[f32], columns: usize, result: &mut Vec<f32>) {
    let rows = matrix.len() / columns;
    result.resize(matrix.len(), 0.0);
    for (index, row) in matrix.chunks_exact(columns).enumerate() {
        for (column, entry) in row.iter().enumerate() {
            result[column * rows + index] = *entry;
        }
    }
}

#[cfg(test)]
mod tests;
