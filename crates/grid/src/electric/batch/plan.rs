//! What a batch knows before the first step: the circuit of what stays, and how profiles become powers at nodes.

use super::series::powers;
use super::{Power, Profile, Series, Settings};
use crate::electric::newton::Newton;
use crate::electric::sweep::{Injections, Sweep};
use crate::electric::{Circuit, Control, Divergence, Element, InvalidNetwork, Method, Network, Voltages};
use num_complex::Complex64;
use std::collections::BTreeSet;

/// Why a series cannot be calculated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The network cannot be calculated.
    #[error(transparent)]
    Network(#[from] InvalidNetwork),
    /// Something is driven that cannot be.
    #[error("the series cannot drive {element}: {message}")]
    Drive {
        /// Kind and name.
        element: String,
        /// Why, and what to do.
        message: String,
    },
    /// A profile does not fit.
    #[error("column \"{profile}\": {message}")]
    Profile {
        /// Its name.
        profile: String,
        /// Why, and what to do.
        message: String,
    },
    /// The length of a step is not a positive number of hours.
    #[error("a step of {0} hours: give a length that is positive and finite")]
    StepLength(f64),
    /// The method cannot calculate the network.
    #[error("{method:?} cannot calculate this network ({:?} at {bus}): use Newton's method", .divergence.reason)]
    Method {
        /// Which.
        method: Method,
        /// Where the trouble is.
        bus: String,
        /// The method's answer.
        divergence: Divergence,
    },
}

/// A batch, prepared.
#[derive(Clone, Debug)]
pub(super) struct Plan<'a> {
    /// The network with all driven powers at 0; sources without powers of their own.
    pub(super) circuit: Circuit,
    pub(super) method: Method,
    /// Whether Newton's method is tried where the method fails.
    pub(super) fall_back: bool,
    pub(super) sweep: Option<Sweep>,
    pub(super) profiles: &'a [Profile],
    /// Indices of profiles that drive something, rising.
    pub(super) used: Vec<usize>,
    terms: Vec<Term>,
    /// What is fed in at each place without the series.
    fixed: Injections<1>,
    /// Place of each node in injections: its position in the sweep's tree, where there is one.
    pub(super) place: Vec<usize>,
    /// Where every step starts.
    pub(super) start: Voltages,
    /// Whether constant currents or impedances follow the series.
    pub(super) varying: bool,
    pub(super) idle: Vec<Element>,
    pub(super) step_hours: f64,
    /// Of every step: tolerance and iterations.
    pub(super) settings: crate::electric::Settings,
}

/// A share of a power that follows a profile.
#[derive(Clone, Copy, Debug)]
struct Term {
    place: usize,
    profile: usize,
    /// Fed in, per unit per unit of the profile.
    factor: f64,
    power: Power,
    share: Share,
}

/// How a power follows the voltage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    Power,
    Current,
    Impedance,
}

impl<'a> Plan<'a> {
    pub(super) fn new(network: &Network, series: &'a Series, settings: &Settings) -> Result<Self, Error> {
        check(network, series)?;
        let circuit = Circuit::of(&undriven(network, series))?;
        let wanted = settings.method.unwrap_or(Method::Sweep);
        let (method, sweep) = match (wanted, Sweep::new(&circuit)) {
            (Method::Sweep, Ok(sweep)) => (Method::Sweep, Some(sweep)),
            (Method::Sweep, Err(_)) if settings.method.is_none() => (Method::Newton, None),
            (Method::Sweep, Err(divergence)) => {
                let bus = Element::Bus(divergence.worst_bus).describe(network);
                return Err(Error::Method { method: wanted, bus, divergence });
            }
            (method, _) => (method, None),
        };
        let place: Vec<usize> = match &sweep {
            Some(sweep) => sweep.tree.positions(),
            None => (0..circuit.nodes.len()).collect(),
        };
        let (terms, idle) = terms(network, &circuit, series, &place);
        let mut fixed = Injections::of(&circuit, &place);
        let any = |share| terms.iter().any(|term| term.share == share);
        fixed.make_room(any(Share::Current), any(Share::Impedance));
        let varying = any(Share::Current) || any(Share::Impedance);
        let start = match &sweep {
            Some(sweep) => Voltages::of(&sweep.tree.no_load(&circuit)),
            None => base_solution(network, &circuit, settings),
        };
        let used: BTreeSet<usize> = terms.iter().map(|term| term.profile).collect();
        Ok(Self {
            circuit,
            method,
            fall_back: settings.method.is_none() && method != Method::Newton,
            sweep,
            profiles: &series.profiles,
            used: used.into_iter().collect(),
            terms,
            fixed,
            place,
            start,
            varying,
            idle,
            step_hours: series.step_hours,
            settings: settings.of_a_step(),
        })
    }

    /// Injections of any number of lanes, to be filled.
    pub(super) fn injections<const L: usize>(&self) -> Injections<L> {
        self.fixed.widen()
    }

    /// What is fed in at `used` steps from `first` on; the last one fills lanes beyond. Returns the sum of all numbers
    /// of each lane, which is not finite where one of them is not.
    pub(super) fn fill<const L: usize>(
        &self,
        first: usize,
        used: usize,
        into: &mut Injections<L>,
    ) -> [f64; L] {
        let mut sums = [0.0; L];
        into.start_from(&self.fixed);
        for term in &self.terms {
            let values = &self.profiles[term.profile].values;
            let mut of_lane = [0.0; L];
            if used == L {
                of_lane.copy_from_slice(&values[first..first + L]);
            } else {
                for (lane, value) in of_lane.iter_mut().enumerate() {
                    *value = values[first + lane.min(used - 1)];
                }
            }
            let table = match term.share {
                Share::Power => &mut into.power,
                Share::Current => &mut into.current,
                Share::Impedance => &mut into.impedance,
            };
            let pair = &mut table[term.place];
            let part = if term.power == Power::Active { &mut pair.re } else { &mut pair.im };
            for lane in 0..L {
                part[lane] += term.factor * of_lane[lane];
                sums[lane] += of_lane[lane];
            }
        }
        sums
    }

    /// The first profile without a finite number at a step.
    pub(super) fn gap(&self, step: usize) -> Option<usize> {
        self.used.iter().copied().find(|&profile| !self.profiles[profile].values[step].is_finite())
    }
}

fn check(network: &Network, series: &Series) -> Result<(), Error> {
    if !(series.step_hours.is_finite() && series.step_hours > 0.0) {
        return Err(Error::StepLength(series.step_hours));
    }
    for profile in &series.profiles {
        if profile.values.len() != series.steps {
            let (has, steps) = (profile.values.len(), series.steps);
            let message = format!("it has {has} numbers for {steps} steps: give one for each step");
            return Err(Error::Profile { profile: profile.name.clone(), message });
        }
    }
    let mut driven = BTreeSet::new();
    for drive in &series.drives {
        let refuse =
            |message: String| Err(Error::Drive { element: drive.element.describe(network), message });
        if powers(network, drive.element).is_none() {
            return refuse("only loads, generators and storages of the network have powers".to_owned());
        }
        if drive.profile >= series.profiles.len() {
            return refuse(format!("there is no column {}", drive.profile));
        }
        if !drive.factor.is_finite() {
            return refuse(format!("its factor is {}: give a finite one", drive.factor));
        }
        if !driven.insert((drive.element, drive.power)) {
            return refuse(format!("two columns drive its {:?} power: add them up", drive.power));
        }
        if let Element::Generator(i) = drive.element {
            match (network.generators[i].control, drive.power) {
                (Control::Slack { .. }, _) => {
                    return refuse("it is a source that takes what is left over".to_owned());
                }
                (Control::Voltage { .. }, Power::Reactive) => {
                    return refuse("it holds a voltage, its reactive power is a result".to_owned());
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The network with driven powers at 0, and with nothing said of sources' powers.
fn undriven(network: &Network, series: &Series) -> Network {
    let mut network = network.clone();
    for drive in &series.drives {
        let powers = match drive.element {
            Element::Load(i) => {
                let load = &mut network.loads[i];
                (&mut load.p_w, &mut load.q_var)
            }
            Element::Generator(i) => {
                let generator = &mut network.generators[i];
                (&mut generator.p_w, &mut generator.q_var)
            }
            Element::Storage(i) => {
                let storage = &mut network.storages[i];
                (&mut storage.p_w, &mut storage.q_var)
            }
            other => unreachable!("{other} was refused"),
        };
        *(if drive.power == Power::Active { powers.0 } else { powers.1 }) = 0.0;
    }
    for generator in &mut network.generators {
        if let Control::Slack { .. } = generator.control {
            (generator.p_w, generator.q_var) = (0.0, 0.0);
        }
    }
    network
}

/// The shares that follow profiles, and what is driven to no effect.
fn terms(
    network: &Network,
    circuit: &Circuit,
    series: &Series,
    place: &[usize],
) -> (Vec<Term>, Vec<Element>) {
    let mut terms = Vec::with_capacity(series.drives.len());
    let mut idle = BTreeSet::new();
    for drive in &series.drives {
        let (bus, in_service, sign, impedance, current) = match drive.element {
            Element::Load(i) => {
                let load = &network.loads[i];
                let (impedance, current) = match drive.power {
                    Power::Active => (load.zip.p_impedance, load.zip.p_current),
                    Power::Reactive => (load.zip.q_impedance, load.zip.q_current),
                };
                (load.bus, load.in_service, -1.0, impedance, current)
            }
            Element::Generator(i) => {
                let generator = &network.generators[i];
                (generator.bus, generator.in_service, 1.0, 0.0, 0.0)
            }
            Element::Storage(i) => (network.storages[i].bus, network.storages[i].in_service, -1.0, 0.0, 0.0),
            other => unreachable!("{other} was refused"),
        };
        let Some(node) = in_service.then(|| circuit.node(bus)).flatten() else {
            idle.insert(drive.element);
            continue;
        };
        let shares = [
            (Share::Power, 1.0 - impedance - current),
            (Share::Current, current),
            (Share::Impedance, impedance),
        ];
        for (share, part) in shares {
            let factor = sign * part * drive.factor / circuit.base_va;
            if factor != 0.0 {
                let (place, profile, power) = (place[node], drive.profile, drive.power);
                terms.push(Term { place, profile, factor, power, share });
            }
        }
    }
    // In the order of the places, so that memory is walked through once.
    terms.sort_by_key(|term| (term.place, term.profile));
    (terms, idle.into_iter().collect())
}

/// The voltages of the network as it is, or a guess where it has none.
fn base_solution(network: &Network, circuit: &Circuit, settings: &Settings) -> Voltages {
    let flat = Voltages::flat(circuit);
    let Ok(base) = Circuit::of(network) else { return flat };
    let power: Vec<Complex64> = base.nodes.iter().map(|node| node.power_pu).collect();
    let mut newton = Newton::new(&base);
    let mut voltages = flat.clone();
    let solved = newton.start_dc(&power, &mut voltages).is_ok()
        && newton.solve(&power, &mut voltages, &settings.of_a_step()).is_ok();
    if solved { voltages } else { flat }
}
