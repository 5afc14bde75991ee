//! `wattle flow`: which voltages a network has, and what flows in it.

mod form;
mod limits;
mod words;

use crate::cli::FlowOptions;
use crate::failure::Failure;
use crate::network::{self, Column, write_columns};
use crate::output::{json, make_folder, print, print_json, write_file};
use form::{DivergedForm, FlowForm};
use grid::electric::{Method, Network, Outcome, Settings, Solution, power_flow};
use grid::picture::{Picture, Shade};
use std::path::Path;

/// Names of the methods.
pub(crate) const METHODS: [(&str, Method); 4] = [
    ("newton", Method::Newton),
    ("sweep", Method::Sweep),
    ("dc", Method::Dc),
    ("lin_dist_flow", Method::LinDistFlow),
];

/// Name of a method.
pub(crate) fn method_name(method: Method) -> &'static str {
    METHODS.iter().find(|(_, known)| *known == method).expect("every method has a name").0
}

/// Calculates one power flow and shows what came out; a network without a solution is the answer "no".
pub(crate) fn flow(options: &FlowOptions) -> Result<(), Failure> {
    let network = network::read(&options.network)?;
    let settings = Settings {
        method: options.method,
        tolerance_pu: options.tolerance,
        enforce_q_limits: options.q_limits,
        control_taps: options.taps,
        ..Settings::default()
    };
    #[expect(clippy::disallowed_methods, reason = "the application measures how long a calculation took")]
    let start = std::time::Instant::now();
    let outcome = power_flow(&network, &settings);
    let flow_ns = start.elapsed().as_nanos() as u64;
    let outcome = outcome.map_err(|error| network::invalid(&options.network, &network, &error))?;
    let solution = match outcome {
        Outcome::Converged(solution) => solution,
        Outcome::Diverged(divergence) => {
            let form = DivergedForm::of(&network, options.method, &divergence);
            if options.json {
                print_json(&form)?;
            } else {
                print(&words::diverged(options, &network, &form))?;
            }
            return Err(Failure::Negative);
        }
    };
    let form = FlowForm::of(&network, options.method, &solution, flow_ns);
    if let Some(folder) = &options.out {
        write(folder, &network, &solution, &form)?;
    }
    if options.json { print_json(&form) } else { print(&words::converged(options, &network, &form)) }
}

/// Everything as files.
fn write(folder: &Path, network: &Network, solution: &Solution, form: &FlowForm<'_>) -> Result<(), Failure> {
    make_folder(folder)?;
    write_file(&folder.join("flow.json"), &(json(form) + "\n"))?;
    form.tables().into_iter().try_for_each(|(name, columns): (&str, Vec<(String, Column)>)| {
        write_columns(folder, name, &columns)
    })?;
    let picture = Picture {
        network,
        title: &format!("{}: voltages and loadings", network.name),
        note: &words::note(form),
        shade: Shade::Voltage,
        values: &solution.voltage_pu,
        voltage_pu: &solution.voltage_pu,
        lines: &solution.lines,
        transformers: &solution.transformers,
        windings: &solution.windings,
    };
    write_file(&folder.join("network.svg"), &picture.svg())
}
