//! `wattle opf`: the cheapest way to serve a network's loads within its limits, and what a MWh is worth where.

mod form;
mod words;

use crate::cli::OpfOptions;
use crate::failure::Failure;
use crate::network::{self, write_columns};
use crate::output::{json, make_folder, print, print_json, write_file};
use form::{InfeasibleForm, NotConvergedForm, OptimalForm};
use grid::electric::Network;
use grid::opf::{Model, Outcome, Settings, Solution, optimal_power_flow};
use grid::picture::{Picture, Shade};
use std::path::Path;

/// Names of the models of the physics.
pub(crate) const MODELS: [(&str, Model); 4] =
    [("ac", Model::Ac), ("dc", Model::Dc), ("lin_dist_flow", Model::LinDistFlow), ("soc", Model::Soc)];

/// Name of a model.
pub(crate) fn model_name(model: Model) -> &'static str {
    MODELS.iter().find(|(_, known)| *known == model).expect("every model has a name").0
}

/// Optimises and shows what came out; limits that clash are the answer "no".
pub(crate) fn opf(options: &OpfOptions) -> Result<(), Failure> {
    let network = network::read(&options.network)?;
    let settings = Settings { tolerance: options.tolerance, ..Settings::default() };
    #[expect(clippy::disallowed_methods, reason = "the application measures how long a calculation took")]
    let start = std::time::Instant::now();
    let outcome = optimal_power_flow(&network, options.model, &settings);
    let opf_ns = start.elapsed().as_nanos() as u64;
    let outcome = outcome.map_err(|error| network::invalid(&options.network, &network, &error))?;
    let solution = match outcome {
        Outcome::Optimal(solution) => solution,
        Outcome::Infeasible(infeasible) => {
            let form = InfeasibleForm::of(&network, options.model, &infeasible);
            if options.json {
                print_json(&form)?;
            } else {
                print(&words::infeasible(&network, &form))?;
            }
            return Err(Failure::Negative);
        }
        Outcome::NotConverged(trace) => {
            let form = NotConvergedForm::of(&network, options.model, &trace);
            if options.json {
                print_json(&form)?;
            } else {
                print(&words::not_converged(&network, &form))?;
            }
            return Err(Failure::Negative);
        }
    };
    let form = OptimalForm::of(&network, options.model, &solution, opf_ns);
    if let Some(folder) = &options.out {
        write(folder, &network, &solution, &form)?;
    }
    if options.json { print_json(&form) } else { print(&words::optimal(options, &network, &form)) }
}

/// Everything as files.
fn write(
    folder: &Path,
    network: &Network,
    solution: &Solution,
    form: &OptimalForm<'_>,
) -> Result<(), Failure> {
    make_folder(folder)?;
    write_file(&folder.join("opf.json"), &(json(form) + "\n"))?;
    form.tables().iter().try_for_each(|(name, columns)| write_columns(folder, name, columns))?;
    let picture = Picture {
        network,
        title: &format!("{}: prices and loadings", network.name),
        note: &words::note(form),
        shade: Shade::Price,
        values: &solution.price_p,
        voltage_pu: &solution.voltage_pu,
        lines: &solution.lines,
        transformers: &solution.transformers,
        windings: &solution.windings,
    };
    write_file(&folder.join("network.svg"), &picture.svg())
}
