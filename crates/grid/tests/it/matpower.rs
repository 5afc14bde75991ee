//! MATPOWER's case files.

use crate::support::pglib;
use grid::electric::Circuit;

#[test]
fn case5_has_five_buses_and_six_branches() {
    let Some(network) = pglib("case5_pjm") else { return };
    assert_eq!((network.buses.len(), network.generators.len(), network.lines.len()), (5, 5, 6));
    let circuit = Circuit::of(&network).unwrap();
    assert_eq!((circuit.nodes.len(), circuit.branches.len()), (5, 6));
    let y = circuit.branches[0].series_pu;
    assert!((y.re - 0.00281).abs() < 1e-12 && (y.im - 0.0281).abs() < 1e-12);
}
