//! How little the coalitions can be made to miss: min ε over payoffs x with
//!
//! x(S) + ε ≥ v(S) for every open S, x(S) as settled for every settled S, x(N) = v(N), and x ≥ v({i}) where
//! asked.
//!
//! There are 2ⁿ − 2 rows, of which a solution needs n + 1. So only some are written down, and an oracle is
//! asked for the open coalition that misses most under the payoffs found; it joins the rows, until none
//! misses more than ε. What is solved is the dual programme, whose columns are these rows: a row more is a
//! column more, from which the simplex method goes on.
//!
//! A coalition with a dual value misses ε under *every* solution (complementary slackness), and at least one
//! has it.

use super::Coalition;
use crate::simplex::{Programme, Status};

/// A dual value above this is one: they add up to 1, and the least of a basis of 0-1 rows is 1 over its
/// determinant.
const HAS_DUAL: f64 = 1e-8;
/// How much more than ε a coalition may miss, in parts of the largest value.
const MISSES: f64 = 1e-10;
/// A vector whose part outside a space is shorter lies in it.
const INSIDE: f64 = 1e-8;

/// A gain that is smaller, in parts of the values it is a difference of, is rounding.
const ROUNDING: f64 = 1e-12;

/// What coalitions gain over what their players have alone: worths may be large against what is gained by
/// acting together.
pub(super) struct Gains<V> {
    pub(super) alone: Vec<f64>,
    value: V,
}

impl<V: Fn(Coalition) -> f64> Gains<V> {
    pub(super) fn new(players: usize, value: V) -> Self {
        assert!((1..=64).contains(&players), "{players} players: 1 to 64 can play");
        Self { alone: (0..players).map(|player| value(1 << player)).collect(), value }
    }

    /// v(S) − Σ v({i}).
    pub(super) fn of(&self, coalition: Coalition) -> f64 {
        let value = (self.value)(coalition);
        let (mut gain, mut size) = (value, value.abs());
        for player in super::members(coalition) {
            gain -= self.alone[player];
            size += self.alone[player].abs();
        }
        if gain.abs() <= ROUNDING * size { 0.0 } else { gain }
    }

    pub(super) fn everybody(&self) -> Coalition {
        everybody(self.alone.len())
    }
}

/// Coalitions whose payoff is decided, and with them all whose 0-1 vector is a combination of theirs.
///
/// Whether a coalition is one costs a sum: two fixed vectors, drawn once, are kept orthogonal to the settled
/// ones. A coalition is orthogonal to both iff it is a combination, but for an accident of one in 10¹⁵.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Independent coalitions and what each gains; the first is everybody.
    coalitions: Vec<(Coalition, f64)>,
    orthonormal: Vec<Vec<f64>>,
    markers: [Vec<f64>; 2],
}

impl Settled {
    /// Everybody together gains so much, nothing else is decided.
    pub(super) fn new(players: usize, gain: f64) -> Self {
        let mut random = super::random(0);
        let markers = [0; 2].map(|_| (0..players).map(|_| random() as f64 / 2_f64.powi(63) - 1.0).collect());
        let mut settled = Self { coalitions: Vec::new(), orthonormal: Vec::new(), markers };
        settled.settle(everybody(players), gain);
        settled
    }

    /// Whether the payoff of this coalition is decided.
    #[must_use]
    pub fn decides(&self, coalition: Coalition) -> bool {
        let off = |marker: &Vec<f64>| super::members(coalition).map(|player| marker[player]).sum::<f64>();
        self.markers.iter().all(|marker| off(marker).abs() < INSIDE)
    }

    pub(super) fn markers(&self) -> &[Vec<f64>; 2] {
        &self.markers
    }

    /// Whether all payoffs are decided.
    pub(super) fn complete(&self) -> bool {
        self.coalitions.len() == self.markers[0].len()
    }

    /// Decides what a coalition gains, unless that is decided.
    pub(super) fn settle(&mut self, coalition: Coalition, gain: f64) {
        let mut vector = vec![0.0; self.markers[0].len()];
        super::members(coalition).for_each(|player| vector[player] = 1.0);
        self.reject(&mut vector);
        let length = vector.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
        if length < INSIDE {
            return;
        }
        vector.iter_mut().for_each(|entry| *entry /= length);
        self.orthonormal.push(vector);
        self.coalitions.push((coalition, gain));
        let mut markers = std::mem::take(&mut self.markers);
        markers.iter_mut().for_each(|marker| self.reject(marker));
        self.markers = markers;
    }

    /// Takes from a vector what lies in the space; twice, for rounding (Gram, Schmidt).
    fn reject(&self, vector: &mut [f64]) {
        for direction in self.orthonormal.iter().chain(&self.orthonormal) {
            let along: f64 = direction.iter().zip(&*vector).map(|(one, other)| one * other).sum();
            vector.iter_mut().zip(direction).for_each(|(entry, direction)| *entry -= along * direction);
        }
    }
}

/// The coalition of all.
pub(super) fn everybody(players: usize) -> Coalition {
    Coalition::MAX >> (64 - players)
}

/// A solution.
pub(super) struct Least {
    /// ε.
    pub(super) excess: f64,
    pub(super) payoffs: Vec<f64>,
    /// Coalitions that miss ε under every solution.
    pub(super) binding: Vec<Coalition>,
}

/// Open rows written down so far, (coalition, v(S) − Σ v({i})): they stay from one programme to the next.
pub(super) type Rows = Vec<(Coalition, f64)>;

/// The payoffs under which open coalitions miss least; with `floors`, nobody gets less than alone. None where
/// floors and what is settled leave no payoffs, or rounding no answer. `most_missing` names the open
/// coalition that misses most.
pub(super) fn least(
    gains: &Gains<impl Fn(Coalition) -> f64>,
    floors: bool,
    settled: &Settled,
    rows: &mut Rows,
    most_missing: &mut impl FnMut(&[f64], &Settled) -> Option<Coalition>,
) -> Option<Least> {
    let players = gains.alone.len();
    rows.retain(|(coalition, _)| !settled.decides(*coalition));
    // An open coalition and the others together bound ε: their payoffs have a fixed sum.
    for player in 0..players {
        for coalition in [1 << player, gains.everybody() ^ 1 << player] {
            if !settled.decides(coalition) && rows.iter().all(|(known, _)| *known != coalition) {
                rows.push((coalition, gains.of(coalition)));
            }
        }
    }

    let mut right = vec![0.0; players];
    right.push(1.0);
    let mut dual = Programme::new(&right);
    for (coalition, gain) in &settled.coalitions {
        // Of either sign: an equation's dual value is free.
        for sign in [1.0, -1.0] {
            dual.column(sign * gain, f64::INFINITY, super::members(*coalition).map(|player| (player, sign)));
        }
    }
    if floors {
        (0..players).for_each(|player| _ = dual.column(0.0, f64::INFINITY, [(player, 1.0)]));
    }
    let open = |dual: &mut Programme, (coalition, gain): (Coalition, f64)| {
        let entries = super::members(coalition).map(|player| (player, 1.0)).chain([(players, 1.0)]);
        dual.column(gain, f64::INFINITY, entries)
    };
    let mut columns: Vec<usize> = rows.iter().map(|row| open(&mut dual, *row)).collect();
    let mut scale = rows.iter().chain(&settled.coalitions).fold(0.0_f64, |most, row| most.max(row.1.abs()));
    loop {
        if dual.solve() != Status::Optimal {
            return None;
        }
        let [gained @ .., excess] = dual.prices() else { return None };
        let payoffs: Vec<f64> = gained.iter().zip(&gains.alone).map(|(gain, alone)| gain + alone).collect();
        let found = most_missing(&payoffs, settled).map(|coalition| (coalition, gains.of(coalition)));
        let found = found.filter(|(coalition, gain)| {
            let missing = gain - super::members(*coalition).map(|player| gained[player]).sum::<f64>();
            missing > excess + MISSES * scale.max(gain.abs())
                && rows.iter().all(|known| known.0 != *coalition)
        });
        let Some(row) = found else {
            let binding = rows.iter().zip(&columns).filter(|(_, column)| dual.level(**column) > HAS_DUAL);
            let binding = binding.map(|((coalition, _), _)| *coalition).collect();
            return Some(Least { excess: *excess, payoffs, binding });
        };
        scale = scale.max(row.1.abs());
        rows.push(row);
        columns.push(open(&mut dual, row));
    }
}

/// The open coalition that misses most, of all that are listed.
pub(super) fn most_missing(
    game: &super::Coalitions,
    payoffs: &[f64],
    settled: &Settled,
) -> Option<Coalition> {
    let sums = super::sums(payoffs);
    let [one, other] = settled.markers().each_ref().map(|marker| super::sums(marker));
    let mut found = None;
    let mut most = f64::NEG_INFINITY;
    for coalition in 1..sums.len() - 1 {
        let missing = game.value(coalition as Coalition) - sums[coalition];
        if missing > most && (one[coalition].abs() >= INSIDE || other[coalition].abs() >= INSIDE) {
            (found, most) = (Some(coalition as Coalition), missing);
        }
    }
    found
}
