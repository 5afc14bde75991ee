//! Costs of generators.

use super::{Reader, Row};
use crate::electric::Cost;
use crate::electric::import::ImportError;
use serde_json::Value;

/// What may have costs.
const GENERATORS: [&str; 3] = ["ext_grid", "gen", "sgen"];

impl Reader {
    /// The generator whose cost a row is; `None` where that is refused.
    fn costed(&mut self, row: Row<'_>) -> Result<Option<usize>, ImportError> {
        let kind = row.text("et").unwrap_or_default();
        let Some(kind) = GENERATORS.into_iter().find(|&known| known == kind) else {
            let what = format!("a cost of {kind} (only ext_grid, gen and sgen have costs)");
            self.refuse(&what, row);
            return Ok(None);
        };
        let index = row.reference("element")?;
        let place = self.places.get(&(kind, index)).copied();
        let place = place.ok_or_else(|| row.wrong(format!("there is no {kind} {index}")))?;
        Ok(Some(place))
    }

    fn set_cost(&mut self, row: Row<'_>, place: usize, cost: Cost) -> Result<(), ImportError> {
        let Some(generator) = self.network.generators.get_mut(place) else { return Ok(()) };
        if generator.cost != Cost::Polynomial(Vec::new()) {
            return Err(row.wrong(format!("generator {:?} has two costs: leave one", generator.name)));
        }
        generator.cost = cost;
        Ok(())
    }

    pub(super) fn polynomial_cost(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let Some(place) = self.costed(row)? else { return Ok(()) };
        for column in ["cq0_eur", "cq1_eur_per_mvar", "cq2_eur_per_mvar2"] {
            if row.or(column, 0.0)? != 0.0 {
                self.refuse("a cost of reactive power", row);
                return Ok(());
            }
        }
        let mut coefficients =
            vec![row.or("cp0_eur", 0.0)?, row.or("cp1_eur_per_mw", 0.0)?, row.or("cp2_eur_per_mw2", 0.0)?];
        while coefficients.last() == Some(&0.0) {
            coefficients.pop();
        }
        if coefficients.is_empty() {
            return Ok(());
        }
        self.set_cost(row, place, Cost::Polynomial(coefficients))
    }

    /// Pieces (from, to, slope) that follow each other; the cost at 0 would be 0 if the first slope went on.
    pub(super) fn piecewise_cost(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let Some(place) = self.costed(row)? else { return Ok(()) };
        if row.text("power_type").as_deref() == Some("q") {
            self.refuse("a cost of reactive power", row);
            return Ok(());
        }
        let wrong = || {
            row.wrong("points must be a list of [from MW, to MW, slope] that follow each other".to_owned())
        };
        let raw = match row.raw("points") {
            Some(Value::String(text)) => serde_json::from_str(text).map_err(|_| wrong())?,
            Some(other) => other.clone(),
            None => return Err(wrong()),
        };
        let pieces: Vec<[f64; 3]> = serde_json::from_value(raw).map_err(|_| wrong())?;
        let mut points: Vec<(f64, f64)> = Vec::new();
        for [lower, upper, slope] in pieces {
            if lower >= upper || points.last().is_some_and(|&(last, _)| last != lower) {
                return Err(wrong());
            }
            if points.is_empty() {
                points.push((lower, lower * slope));
            }
            let cost = points.last().map_or(0.0, |&(_, cost)| cost);
            points.push((upper, cost + (upper - lower) * slope));
        }
        if points.is_empty() {
            return Err(wrong());
        }
        self.set_cost(row, place, Cost::PiecewiseLinear(points))
    }
}
