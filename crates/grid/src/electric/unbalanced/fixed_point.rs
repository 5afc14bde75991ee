//! Fixed point of the current injections: V ← V₀ + Z·I(V).
//!
//! Z is applied by the factor of the constant admittances (implicit Z-bus Gauss; Chen, Chen, Hwang, Kotas & Chebli
//! 1991, "Distribution system power flow analysis – a rigid approach"). It contracts while loads are well below what
//! the feeder can carry (Bazrafshan & Gatsis 2018, theorem 1), about tenfold a round in usual operation.

use super::{lanes::Lanes, system::System};
use num_complex::Complex64;

/// Voltages of K steps and what an iteration needs beside them.
#[derive(Clone, Debug)]
pub(super) struct Workspace<const K: usize> {
    /// Of every slot of the system.
    pub(super) voltages: Vec<Lanes<K>>,
    /// Power of each draw, per unit.
    pub(super) powers: Vec<Lanes<K>>,
    currents: Vec<Lanes<K>>,
    work: Vec<Lanes<K>>,
}

/// Largest change of a voltage in a round, by lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<const K: usize> {
    pub(super) step_pu: [f64; K],
}

impl<const K: usize> Workspace<K> {
    /// At the voltages without loads, with the feeder's own powers.
    pub(super) fn new(system: &System<'_>) -> Self {
        let voltages: Vec<_> = system.no_load.iter().map(|&v| Lanes::splat(v)).collect();
        let base = system.base_va();
        let power = |draw: &super::system::Draw| Lanes::splat(system.feeder.loads[draw.load].power_va / base);
        let powers = system.draws.iter().map(power).collect();
        let none = vec![Lanes::ZERO; voltages.len()];
        let work = vec![Lanes::ZERO; system.unknown];
        Self { voltages, powers, currents: none, work }
    }

    /// Back to the voltages without loads.
    pub(super) fn restart(&mut self, system: &System<'_>, lane: usize) {
        for (to, &from) in self.voltages.iter_mut().zip(&system.no_load) {
            to.set(lane, from);
        }
    }

    /// One round.
    pub(super) fn round(&mut self, system: &System<'_>) -> Change<K> {
        inject(system, &self.voltages, &self.powers, &mut self.currents);
        system.factor.solve(&mut self.currents[..system.unknown], &mut self.work);
        let mut square = [0.0; K];
        let unknowns = self.voltages.iter_mut().zip(&self.currents).zip(&system.no_load).take(system.unknown);
        for ((voltage, drop), &no_load) in unknowns {
            for k in 0..K {
                let re = no_load.re + drop.re[k];
                let im = no_load.im + drop.im[k];
                let (dre, dim) = (re - voltage.re[k], im - voltage.im[k]);
                let change = dre * dre + dim * dim;
                // NaN must be seen: a comparison with it is false.
                if !(change <= square[k]) {
                    square[k] = change;
                }
                voltage.re[k] = re;
                voltage.im[k] = im;
            }
        }
        Change { step_pu: square.map(f64::sqrt) }
    }
}

/// Currents fed into every slot at given voltages: minus what loads draw beyond what the admittances hold.
pub(super) fn inject<const K: usize>(
    system: &System<'_>,
    voltages: &[Lanes<K>],
    powers: &[Lanes<K>],
    currents: &mut [Lanes<K>],
) {
    currents.fill(Lanes::ZERO);
    for (draw, power) in system.draws.iter().zip(powers) {
        let zip = system.feeder.loads[draw.load].zip;
        let minus = &voltages[draw.minus.slot];
        let mut over = Lanes::<K>::ZERO.plus(draw.plus.factor, &voltages[draw.plus.slot]);
        over = over.plus(-draw.minus.factor, minus);
        let mut drawn = Lanes::<K>::ZERO;
        let p = [1.0 - zip.p_impedance - zip.p_current, zip.p_current, zip.p_impedance];
        let q = [1.0 - zip.q_impedance - zip.q_current, zip.q_current, zip.q_impedance];
        let per_nominal = 1.0 / draw.nominal;
        for k in 0..K {
            // I = (S*/|V|²)·V: the load as the admittance that it is at this voltage.
            let square = 1.0 / (over.re[k] * over.re[k] + over.im[k] * over.im[k]);
            let (mut scale_p, mut scale_q) = (p[0] * square, q[0] * square);
            if p[1] != 0.0 || q[1] != 0.0 {
                let first = square.sqrt() * per_nominal;
                scale_p += p[1] * first;
                scale_q += q[1] * first;
            }
            scale_p += p[2] * per_nominal * per_nominal;
            scale_q += q[2] * per_nominal * per_nominal;
            let g = power.re[k] * scale_p - draw.held.re;
            let b = -power.im[k] * scale_q - draw.held.im;
            drawn.re[k] = g * over.re[k] - b * over.im[k];
            drawn.im[k] = g * over.im[k] + b * over.re[k];
        }
        let slot = &mut currents[draw.plus.slot];
        *slot = slot.plus(-draw.plus.factor, &drawn);
        let slot = &mut currents[draw.minus.slot];
        *slot = slot.plus(draw.minus.factor, &drawn);
    }
}

/// Z times currents at the unknowns.
pub(super) fn drops(system: &System<'_>, currents: &mut [Complex64]) {
    let mut lanes: Vec<Lanes<1>> = currents.iter().map(|&current| Lanes::splat(current)).collect();
    system.factor.solve(&mut lanes, &mut vec![Lanes::ZERO; system.unknown]);
    for (to, from) in currents.iter_mut().zip(&lanes) {
        *to = from.lane(0);
    }
}
