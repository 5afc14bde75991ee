//! MATPOWER's case files (`.m`, version 2; MATPOWER User's Manual 8.0, appendix B).

mod case;

use super::ImportError;
use crate::electric::{Bus, Control, Cost, Generator, Line, Load, Network, Pi, Rating, Shunt, Transformer};
use case::{Case, Row};
use num_complex::Complex64;
use std::collections::{BTreeMap, BTreeSet};

/// Reads a MATPOWER case.
///
/// A branch with a ratio or a shift, or between different base voltages, is a [`Transformer`], any other a [`Line`].
/// A base voltage of 0 is read as 1 kV. Of the three ratings only rate A is read. Buses have the names of
/// `mpc.bus_name` where there are any, their numbers otherwise.
///
/// # Errors
///
/// If the text is not such a case, or uses what is not supported: DC lines in service, costs of reactive power, tables
/// that are not known, statements that change tables. All that is wrong is in the error.
pub fn from_matpower(text: &str) -> Result<Network, ImportError> {
    let mut case = Case::read(text);
    let base_mva = case.base_mva.map(|(_, base)| base);
    if base_mva.is_none() && case.errors.is_empty() {
        case.wrong(1, "there is no mpc.baseMVA: is this a MATPOWER case of version 2?".to_owned());
    }
    for field in ["bus", "gen", "branch"] {
        if !case.tables.contains_key(field) {
            case.wrong(1, format!("there is no mpc.{field}"));
        }
    }
    let base_va = base_mva.unwrap_or(1.0) * MEGA;
    let mut reader = Reader {
        network: Network::new(&case.name, base_va),
        index: BTreeMap::new(),
        kinds: Vec::new(),
        references: BTreeMap::new(),
        case,
    };
    reader.buses();
    reader.generators();
    reader.branches();
    reader.dc_lines();
    reader.case.refuse_rest();
    ImportError::all(reader.case.errors).map_or(Ok(reader.network), Err)
}

const MEGA: f64 = 1e6;

struct Reader {
    case: Case,
    network: Network,
    /// Place of each bus by its number.
    index: BTreeMap<i64, usize>,
    /// Type of each bus: 1 PQ, 2 PV, 3 reference, 4 isolated.
    kinds: Vec<i64>,
    /// Angle of each reference, rad.
    references: BTreeMap<usize, f64>,
}

/// A whole number, if it is one.
fn whole(value: f64) -> Option<i64> {
    (value == value.trunc() && value.abs() < 9e15).then_some(value as i64)
}

impl Reader {
    fn buses(&mut self) {
        let names = self.case.texts.remove("bus_name").unwrap_or_default();
        let mut taken = BTreeSet::new();
        let factor = if self.case.loads_in_kilo { 1e3 } else { MEGA };
        for (i, row) in self.case.take("bus", 13).into_iter().enumerate() {
            let v = &row.values;
            let Some(number) = whole(v[0]).filter(|&number| number > 0) else {
                self.case.wrong(row.line, format!("bus number {} is not a whole number above 0", v[0]));
                continue;
            };
            let bus = self.network.buses.len();
            if self.index.insert(number, bus).is_some() {
                self.case
                    .wrong(row.line, format!("bus {number} is there twice: give each bus its own number"));
            }
            let kind = whole(v[1]).filter(|kind| (1..=4).contains(kind));
            if kind.is_none() {
                let message = format!(
                    "type {} of bus {number} is not 1 (PQ), 2 (PV), 3 (reference), 4 (isolated)",
                    v[1]
                );
                self.case.wrong(row.line, message);
            }
            if !(v[9] >= 0.0 && v[9].is_finite()) {
                self.case.wrong(row.line, format!("base voltage {} kV of bus {number} is not above 0", v[9]));
            }
            let mut name = names.get(i).map_or_else(|| number.to_string(), |name| name.trim().to_owned());
            if name.is_empty() || !taken.insert(name.clone()) {
                name = format!("{name} ({number})").trim().to_owned();
                taken.insert(name.clone());
            }
            let nominal_v = if v[9] == 0.0 { 1e3 } else { v[9] * 1e3 };
            self.kinds.push(kind.unwrap_or(1));
            self.network.buses.push(Bus {
                min_voltage_pu: v[12],
                max_voltage_pu: v[11],
                zone: format!("{}", v[10]),
                in_service: kind != Some(4),
                ..Bus::new(&name, nominal_v)
            });
            if kind == Some(3) {
                self.references.insert(bus, v[8].to_radians());
            }
            if v[2] != 0.0 || v[3] != 0.0 {
                let load = Load::new(&format!("load {number}"), bus, v[2] * factor, v[3] * factor);
                self.network.loads.push(load);
            }
            if v[4] != 0.0 || v[5] != 0.0 {
                let admittance_s = Complex64::new(v[4], v[5]) * (MEGA / (nominal_v * nominal_v));
                let name = format!("shunt {number}");
                self.network.shunts.push(Shunt { name, bus, admittance_s, in_service: true });
            }
        }
    }

    /// The bus of a number; a word where there is none.
    fn find(&mut self, row: &Row, number: f64, what: &str) -> Option<usize> {
        let place = whole(number).and_then(|number| self.index.get(&number).copied());
        if place.is_none() {
            self.case.wrong(row.line, format!("{what} names bus {number}, and there is no such bus"));
        }
        place
    }

    fn generators(&mut self) {
        let rows = self.case.take("gen", 10);
        let mut costs = self.costs(rows.len()).into_iter();
        for (i, row) in rows.into_iter().enumerate() {
            let cost = costs.next().unwrap_or_else(|| Cost::Polynomial(Vec::new()));
            let name = format!("generator {}", i + 1);
            let v = &row.values;
            let Some(bus) = self.find(&row, v[0], &name) else { continue };
            let voltage_pu = v[5];
            let control = match (self.references.get(&bus), self.kinds[bus]) {
                (Some(&angle_rad), _) => Control::Slack { voltage_pu, angle_rad },
                (None, 2) => Control::Voltage { voltage_pu },
                (None, _) => Control::Power,
            };
            self.network.generators.push(Generator {
                p_w: v[1] * MEGA,
                q_var: v[2] * MEGA,
                min_p_w: v[9] * MEGA,
                max_p_w: v[8] * MEGA,
                min_q_var: v[4] * MEGA,
                max_q_var: v[3] * MEGA,
                cost,
                in_service: v[7] > 0.0,
                ..Generator::new(&name, bus, control)
            });
        }
    }

    /// Costs of so many generators; those of reactive power, which may follow, are refused unless they are 0.
    fn costs(&mut self, generators: usize) -> Vec<Cost> {
        let rows = self.case.take("gencost", 4);
        if !rows.is_empty() && rows.len() != generators && rows.len() != 2 * generators {
            let message = format!(
                "mpc.gencost has {} rows for {generators} generators: it must have as many, or twice as many",
                rows.len()
            );
            self.case.wrong(rows[0].line, message);
        }
        let mut costs = Vec::with_capacity(rows.len());
        let mut reactive = Vec::new();
        for (i, row) in rows.into_iter().enumerate() {
            match read_cost(&row.values) {
                Ok(cost) if i < generators => costs.push(cost),
                Ok(Cost::Polynomial(c)) if c.iter().all(|&c| c == 0.0) => {}
                Ok(Cost::PiecewiseLinear(points)) if points.iter().all(|&(_, cost)| cost == 0.0) => {}
                Ok(_) => reactive.push(format!("generator {} (line {})", i + 1 - generators, row.line)),
                Err(message) => {
                    self.case.wrong(row.line, message);
                    costs.push(Cost::Polynomial(Vec::new()));
                }
            }
        }
        if !reactive.is_empty() {
            let what = format!("case {}: a cost of reactive power", self.case.name);
            self.case.errors.push(ImportError::Unsupported { what, elements: reactive });
        }
        costs
    }

    fn branches(&mut self) {
        let first_v = self.network.buses.first().map_or(1.0, |bus| bus.nominal_v);
        // Impedances in Ω of the first bus's voltage.
        let ohm = if self.case.branches_in_ohm { self.network.base_va / (first_v * first_v) } else { 1.0 };
        for (i, row) in self.case.take("branch", 11).into_iter().enumerate() {
            let v = &row.values;
            let name = format!("branch {} ({}-{})", i + 1, v[0], v[1]);
            let (from, to) = (self.find(&row, v[0], &name), self.find(&row, v[1], &name));
            let (Some(from), Some(to)) = (from, to) else { continue };
            let (from_v, to_v) = (self.network.buses[from].nominal_v, self.network.buses[to].nominal_v);
            let base_ohm = to_v * to_v / self.network.base_va;
            let half = Complex64::new(0.0, v[4] / 2.0 / base_ohm);
            let series_ohm = Complex64::new(v[2], v[3]) * ohm * base_ohm;
            let pi = Pi { series_ohm, from_s: half, to_s: half };
            let rating = if v[5] == 0.0 { Rating::Unlimited } else { Rating::Power(v[5] * MEGA) };
            // 0 in both, or a whole turn, means no limit.
            let (min_angle, max_angle) = match (v.get(11), v.get(12)) {
                (Some(&min), Some(&max)) if min != 0.0 || max != 0.0 => (min, max),
                _ => (-360.0, 360.0),
            };
            let min_angle_rad = if min_angle <= -360.0 { f64::NEG_INFINITY } else { min_angle.to_radians() };
            let max_angle_rad = if max_angle >= 360.0 { f64::INFINITY } else { max_angle.to_radians() };
            let in_service = v[10] > 0.0;
            if v[8] == 0.0 && v[9] == 0.0 && from_v == to_v {
                let line = Line::new(&name, from, to, series_ohm, 0.0);
                self.network.lines.push(Line {
                    pi,
                    rating,
                    min_angle_rad,
                    max_angle_rad,
                    in_service,
                    ..line
                });
            } else {
                let ratio = if v[8] == 0.0 { 1.0 } else { v[8] };
                self.network.transformers.push(Transformer {
                    shift_rad: v[9].to_radians(),
                    rating,
                    min_angle_rad,
                    max_angle_rad,
                    in_service,
                    ..Transformer::new(&name, [from, to], [from_v * ratio, to_v], pi)
                });
            }
        }
    }

    fn dc_lines(&mut self) {
        let rows = self.case.take("dcline", 3);
        let elements: Vec<String> = rows
            .iter()
            .filter(|row| row.values[2] > 0.0)
            .map(|row| format!("{}-{} (line {})", row.values[0], row.values[1], row.line))
            .collect();
        if !elements.is_empty() {
            let what = format!("case {}: a DC line in service (mpc.dcline)", self.case.name);
            self.case.errors.push(ImportError::Unsupported { what, elements });
        }
    }
}

/// A cost row: model, start-up, shut-down, count, numbers.
fn read_cost(row: &[f64]) -> Result<Cost, String> {
    let Some(count) = whole(row[3]).and_then(|count| usize::try_from(count).ok()) else {
        return Err(format!("a cost row announces {} entries, which is no count", row[3]));
    };
    let numbers = &row[4..];
    let each = match whole(row[0]) {
        Some(1) => 2,
        Some(2) => 1,
        _ => return Err(format!("cost model {} is neither 1 (piecewise linear) nor 2 (polynomial)", row[0])),
    };
    let Some(numbers) = count.checked_mul(each).and_then(|needed| numbers.get(..needed)) else {
        return Err(format!("the cost row announces {count} entries and has fewer"));
    };
    if let Some(odd) = numbers.iter().find(|number| !number.is_finite()) {
        return Err(format!("a cost is {odd}: it must be a finite number"));
    }
    if each == 1 {
        return Ok(Cost::Polynomial(numbers.iter().rev().copied().collect()));
    }
    let points: Vec<(f64, f64)> = numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    if points.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
        return Err("the powers of a piecewise linear cost do not rise".to_owned());
    }
    Ok(Cost::PiecewiseLinear(points))
}
