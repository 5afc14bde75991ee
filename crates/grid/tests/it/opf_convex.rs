//! Convex optimal power flow against PGLib-OPF's published objectives and gaps.

use crate::support::{pglib, root};
use grid::opf::{DcBranch, Model, Outcome, Settings, optimal_power_flow};

/// One case of PGLib's table.
struct Published {
    case: String,
    dc: f64,
    ac: f64,
    soc_gap_percent: f64,
}

fn baseline(largest: usize) -> Vec<Published> {
    let path = root().join("../shared/cases/pglib/baseline.csv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not here", path.display());
        return Vec::new();
    };
    let row = |line: &str| {
        let columns: Vec<&str> = line.split(',').collect();
        let case = columns[1].strip_prefix("pglib_opf_").unwrap().to_owned();
        let here = path.with_file_name(format!("pglib_opf_{case}.m")).exists();
        let number = |column: usize| columns[column].trim_end_matches('.').parse().unwrap();
        (here && columns[2].parse::<usize>().unwrap() <= largest).then(|| Published {
            case,
            dc: number(4),
            ac: number(5),
            soc_gap_percent: number(7),
        })
    };
    text.lines().skip(1).filter_map(row).collect()
}

#[test]
#[ignore]
fn explore() {
    let which = std::env::args().collect::<Vec<_>>();
    let _ = which;
    for published in baseline(300) {
        let network = pglib(&published.case).unwrap();
        let settings = Settings { dc_branch: DcBranch::Susceptance, ..Settings::default() };
        let dc = optimal_power_flow(&network, Model::Dc, &settings).unwrap();
        let dc_text = match &dc {
            Outcome::Optimal(s) => {
                format!("{:.6e} rel {:.1e} it {}", s.cost, s.cost / published.dc - 1.0, s.iterations)
            }
            Outcome::Infeasible(i) => format!("infeasible {} {}", i.clashes.len(), i.clashes[0].message),
            Outcome::NotConverged(s) => format!("open {:?}", s.last()),
        };
        println!("{:28} dc {:e} {dc_text}", published.case, published.dc);
        let start = cpu_time::ProcessTime::now();
        let soc = optimal_power_flow(&network, Model::Soc, &settings).unwrap();
        let took = start.elapsed();
        let text = match &soc {
            Outcome::Optimal(s) => {
                let g = 100.0 * (1.0 - s.cost / published.ac);
                format!(
                    "{:.6e} gap {:.3} dev {:.3} it {} cone {:.2e} {took:?}",
                    s.cost,
                    g,
                    g - published.soc_gap_percent,
                    s.iterations,
                    s.relaxation_gap_pu
                )
            }
            Outcome::Infeasible(i) => format!("infeasible {} {}", i.clashes.len(), i.clashes[0].message),
            Outcome::NotConverged(s) => format!("open {:?}", s.last()),
        };
        println!("{:28} soc {} {text}", published.case, published.soc_gap_percent);
    }
}
