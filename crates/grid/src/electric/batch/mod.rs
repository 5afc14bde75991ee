//! Many power flows of one network: a time series on all cores.
//!
//! The network stays as it is, its switches and taps too; what changes from step to step are the powers of loads,
//! generators and storages ([`Series`]). Every step is solved from the same start, so that it does not matter which
//! steps came before it or which core had it: results are the same to the bit with any number of threads.
//!
//! ```
//! use grid::electric::batch::{Batch, Power, Series, Settings, Summary};
//! use grid::electric::{Bus, Element, Generator, Line, Load, Network};
//! use num_complex::Complex64;
//!
//! let mut network = Network::new("a street", 1e6);
//! network.buses = vec![Bus::new("station", 400.0), Bus::new("house", 400.0)];
//! network.generators.push(Generator::slack("grid", 0, 1.0));
//! network.lines.push(Line::new("cable", 0, 1, Complex64::new(0.05, 0.02), 0.0));
//! network.loads.push(Load::new("house", 1, 0.0, 0.0));
//!
//! let mut series = Series::new(3, 0.25);
//! series.drive(Element::Load(0), Power::Active, "house", vec![2e3, 5e3, f64::NAN]);
//! let batch = Batch::new(&network, &series, &Settings::default())?;
//! let mut summary = Summary::new(&batch);
//! batch.run(|chunk| summary.add(chunk));
//! assert_eq!((summary.solved, summary.failures.len()), (2, 1));
//! assert!(summary.lowest_voltage.unwrap().value < 1.0);
//! # Ok::<(), grid::electric::batch::Error>(())
//! ```

mod series;
pub use series::{Drive, Power, Profile, Series};
mod chunk;
pub use chunk::{Chunk, Extreme, Failure, Flow, Step};
mod plan;
pub use plan::Error;
mod meter;
mod summary;
mod worker;
pub use summary::{Peak, Summary};

use super::{Circuit, Element, Method, Network, Settings as FlowSettings};
use chunk::Shape;
use meter::Meter;
use plan::Plan;
use std::collections::BTreeMap;
use std::sync::{Mutex, mpsc};
use worker::Worker;

/// How to calculate a series, and what to keep of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// By which method; `None` sweeps where the network is radial and no generator holds a voltage, with Newton's
    /// method for steps at which the sweep fails, and is Newton's method elsewhere.
    pub method: Option<Method>,
    /// Largest power mismatch accepted at any node, per unit of the base power.
    pub tolerance_pu: f64,
    /// After how many iterations to give up on a step.
    pub max_iterations: usize,
    /// How many threads work; 0 for one per core.
    pub threads: usize,
    /// Which rows every [`Chunk`] has, besides the figures of each [`Step`].
    pub keep: Keep,
}

/// What to keep of every step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Voltage of every bus.
    pub voltages: bool,
    /// Angle of every bus.
    pub angles: bool,
    /// Loading of every branch.
    pub loadings: bool,
    /// Powers at both ends of every branch.
    pub flows: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let keep = Keep { voltages: true, loadings: true, ..Keep::default() };
        Self { method: None, tolerance_pu: 1e-8, max_iterations: 30, threads: 0, keep }
    }
}

impl Settings {
    /// For one step.
    fn of_a_step(&self) -> FlowSettings {
        let (tolerance_pu, max_iterations) = (self.tolerance_pu, self.max_iterations);
        FlowSettings { tolerance_pu, max_iterations, ..FlowSettings::default() }
    }
}

/// A network and a series, checked and prepared.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    plan: Plan<'a>,
    meter: Meter,
    shape: Shape,
    threads: usize,
}

impl<'a> Batch<'a> {
    /// Prepares a series.
    ///
    /// # Errors
    ///
    /// If the network cannot be calculated, the method cannot calculate it, or the series does not fit it.
    pub fn new(network: &Network, series: &'a Series, settings: &Settings) -> Result<Self, Error> {
        let plan = Plan::new(network, series, settings)?;
        let meter = Meter::new(network, &plan.circuit);
        let shape = Shape::new(network, &plan.circuit, series.steps, settings.keep);
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = if settings.threads == 0 { cores() } else { settings.threads };
        Ok(Self { plan, meter, shape, threads })
    }

    /// The branches in the order of each step's rows: those in use that a source reaches.
    #[must_use]
    pub fn branches(&self) -> &[Element] {
        &self.shape.branches
    }

    /// How many steps there are.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.shape.steps
    }

    /// Length of a step, h.
    #[must_use]
    pub const fn step_hours(&self) -> f64 {
        self.plan.step_hours
    }

    /// How many buses the network has.
    #[must_use]
    pub const fn buses(&self) -> usize {
        self.shape.buses
    }

    /// By which method steps are solved first.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.plan.method
    }

    /// Elements that the series drives to no effect, because they are out of use or no source reaches them.
    #[must_use]
    pub fn idle(&self) -> &[Element] {
        &self.plan.idle
    }

    /// The circuit of what does not change.
    #[must_use]
    pub const fn circuit(&self) -> &Circuit {
        &self.plan.circuit
    }

    /// Solves all steps; `sink` gets them in order, some hundred at a time. No more than a few chunks are held at once.
    pub fn run(&self, mut sink: impl FnMut(&Chunk)) {
        let chunks = self.shape.chunks();
        let threads = self.threads.min(chunks);
        if threads <= 1 {
            let mut worker = Worker::new(&self.plan, &self.meter, &self.shape);
            let mut chunk = Chunk::new(&self.shape);
            for index in 0..chunks {
                worker.fill(index, &mut chunk);
                sink(&chunk);
            }
            return;
        }
        // Empty chunks go out with the number of the one to fill, and come back full in any order; an emptied one
        // goes out again. The lowest number out is always with a worker, so somebody always comes back.
        let (out, jobs) = mpsc::channel::<(usize, Chunk)>();
        let (done, back) = mpsc::channel::<Option<(usize, Chunk)>>();
        let jobs = Mutex::new(jobs);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                let (done, jobs) = (Done(done.clone()), &jobs);
                scope.spawn(move || {
                    let mut worker = Worker::new(&self.plan, &self.meter, &self.shape);
                    loop {
                        let job = jobs.lock().expect("nobody panics with the lock").recv();
                        let Ok((index, mut chunk)) = job else { break };
                        worker.fill(index, &mut chunk);
                        if done.0.send(Some((index, chunk))).is_err() {
                            break;
                        }
                    }
                });
            }
            let mut next = chunks.min(2 * threads);
            for index in 0..next {
                let _ = out.send((index, Chunk::new(&self.shape)));
            }
            let mut early = BTreeMap::new();
            for due in 0..chunks {
                while !early.contains_key(&due) {
                    let Ok(Some((index, chunk))) = back.recv() else { return };
                    early.insert(index, chunk);
                }
                let chunk = early.remove(&due).expect("it has just been put there");
                sink(&chunk);
                if next < chunks {
                    let _ = out.send((next, chunk));
                    next += 1;
                }
            }
            // Workers find the channel closed and end.
            drop(out);
        });
    }
}

/// A worker's way back, on which its panic is news too: or the others would be waited for in vain.
struct Done(mpsc::Sender<Option<(usize, Chunk)>>);

impl Drop for Done {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.send(None);
        }
    }
}
