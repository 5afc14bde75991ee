//! The same equations seen from the conductors that have loads.
//!
//! Only they feed currents in, so V = V₀ + Z·I needs Z between them alone: a small dense matrix, worth it
//! where a feeder has many more buses than loads. All other voltages follow from the currents once they are
//! known.

use super::{
    factor::Solver,
    fixed_point::{Workspace, inject},
    lanes::Lanes,
    system::{Conductor, Draw, System},
};
use num_complex::Complex64;

/// A system of the conductors with loads only.
pub(super) struct Reduction<'a> {
    pub(super) system: System<'a>,
    /// Unknown of the whole system for each of its own.
    slots: Vec<usize>,
}

/// Rounds that a step takes in usual operation, for comparing costs.
const ROUNDS: usize = 5;

impl<'a> Reduction<'a> {
    /// `None` where it would not save work.
    pub(super) fn of(system: &System<'a>) -> Option<Self> {
        let mut slots: Vec<usize> = system
            .draws
            .iter()
            .flat_map(|draw| [draw.plus.slot, draw.minus.slot])
            .filter(|&slot| slot < system.unknown)
            .collect();
        slots.sort_unstable();
        slots.dedup();
        let sparse = system.factor.products();
        let dense = slots.len() * slots.len();
        // The voltages of all other conductors cost one pass of the sparse factor at the end.
        if ROUNDS * dense + sparse >= ROUNDS * sparse {
            return None;
        }
        let given = system.unknown..system.no_load.len();
        let place = |conductor: Conductor| Conductor {
            slot: slots.binary_search(&conductor.slot).unwrap_or_else(|_| {
                debug_assert!(given.contains(&conductor.slot));
                slots.len() + conductor.slot - system.unknown
            }),
            factor: conductor.factor,
        };
        let draw = |draw: &Draw| Draw { plus: place(draw.plus), minus: place(draw.minus), ..*draw };
        let no_load = |&slot: &usize| system.no_load[slot];
        let reduced = System {
            unknown: slots.len(),
            place: slots.iter().map(|&slot| system.place[slot]).collect(),
            no_load: slots.iter().map(no_load).chain(system.no_load[given.clone()].iter().copied()).collect(),
            factor: impedances(system, &slots),
            draws: system.draws.iter().map(draw).collect(),
            conductors: Vec::new(),
            lines: Vec::new(),
            transformers: Vec::new(),
            feeder: system.feeder,
        };
        Some(Self { system: reduced, slots })
    }

    /// All voltages from those of the conductors with loads.
    pub(super) fn expand<const K: usize>(
        &self,
        system: &System<'_>,
        from: &mut Workspace<K>,
        to: &mut Workspace<K>,
    ) {
        inject(&self.system, &from.voltages, &from.powers, &mut from.currents);
        to.currents.fill(Lanes::ZERO);
        for (&slot, current) in self.slots.iter().zip(&from.currents) {
            to.currents[slot] = *current;
        }
        to.follow(system);
    }

    /// Voltages of a lane from the whole system's.
    pub(super) fn take<const K: usize>(&self, from: &Workspace<K>, to: &mut Workspace<K>, lane: usize) {
        for (to, &slot) in to.voltages.iter_mut().zip(&self.slots) {
            to.set(lane, from.voltages[slot].lane(lane));
        }
    }
}

/// Z between some unknowns, column by column.
fn impedances(system: &System<'_>, slots: &[usize]) -> Solver {
    let mut z = vec![Complex64::ZERO; slots.len() * slots.len()];
    let mut column = vec![Lanes::<1>::ZERO; system.unknown];
    let mut work = column.clone();
    for (j, &slot) in slots.iter().enumerate() {
        column.fill(Lanes::ZERO);
        column[slot] = Lanes::splat(Complex64::ONE);
        system.factor.solve(&mut column, &mut work);
        for (i, &row) in slots.iter().enumerate() {
            z[i * slots.len() + j] = column[row].lane(0);
        }
    }
    Solver::Dense(z)
}
