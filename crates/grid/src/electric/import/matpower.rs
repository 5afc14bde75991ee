//! MATPOWER's case files (`.m`, version 2; MATPOWER User's Manual 8.0, appendix B).

use super::ImportError;
use crate::electric::{Bus, Control, Cost, Generator, Line, Load, Network, Pi, Rating, Shunt, Transformer};
use num_complex::Complex64;
use std::collections::BTreeMap;

/// Reads a MATPOWER case.
///
/// A branch with a ratio or a shift, or between different base voltages, is a [`Transformer`], any other a [`Line`].
/// A base voltage of 0 is read as 1 kV. Only rate A is read.
///
/// # Errors
///
/// If the text is not such a case, or uses what is not supported.
pub fn from_matpower(text: &str) -> Result<Network, ImportError> {
    let case = Case::read(text)?;
    let name = case.name.clone();
    let mega = 1e6;
    let base_va = case.base_mva * mega;
    let mut network = Network::new(&name, base_va);
    let mut index = BTreeMap::new();
    let value = |element: String, message: &str| ImportError::Value {
        what: format!("case {name}"),
        element,
        message: message.to_owned(),
    };
    let mut references = Vec::new();
    for row in case.table("bus", 13)? {
        let number = row[0] as i64;
        if index.insert(number, network.buses.len()).is_some() {
            return Err(value(format!("bus {number}"), "two buses have this number: give each its own"));
        }
        let nominal_v = if row[9] == 0.0 { 1e3 } else { row[9] * 1e3 };
        let bus = network.buses.len();
        network.buses.push(Bus {
            min_voltage_pu: row[12],
            max_voltage_pu: row[11],
            zone: format!("{}", row[10]),
            in_service: row[1] != 4.0,
            ..Bus::new(&number.to_string(), nominal_v)
        });
        if row[1] == 3.0 {
            references.push((bus, row[8].to_radians()));
        }
        if row[2] != 0.0 || row[3] != 0.0 {
            network.loads.push(Load::new(&format!("load {number}"), bus, row[2] * mega, row[3] * mega));
        }
        if row[4] != 0.0 || row[5] != 0.0 {
            let admittance_s = Complex64::new(row[4], row[5]) * (mega / (nominal_v * nominal_v));
            network.shunts.push(Shunt {
                name: format!("shunt {number}"),
                bus,
                admittance_s,
                in_service: true,
            });
        }
    }
    let find = |number: f64, element: &str| {
        let message = format!("there is no bus {number}");
        index.get(&(number as i64)).copied().ok_or_else(|| value(element.to_owned(), &message))
    };
    let costs = case.table("gencost", 4).unwrap_or_default();
    for (i, row) in case.table("gen", 10)?.into_iter().enumerate() {
        let element = format!("generator {}", i + 1);
        let bus = find(row[0], &element)?;
        let voltage_pu = row[5];
        let reference = references.iter().find(|&&(at, _)| at == bus);
        let is_pv = case.table("bus", 13)?[bus][1] == 2.0;
        let control = match reference {
            Some(&(_, angle_rad)) => Control::Slack { voltage_pu, angle_rad },
            None if is_pv => Control::Voltage { voltage_pu },
            None => Control::Power,
        };
        let cost = match costs.get(i) {
            Some(cost) => read_cost(cost).map_err(|message| value(element.clone(), &message))?,
            None => Cost::Polynomial(Vec::new()),
        };
        network.generators.push(Generator {
            p_w: row[1] * mega,
            q_var: row[2] * mega,
            min_p_w: row[9] * mega,
            max_p_w: row[8] * mega,
            min_q_var: row[4] * mega,
            max_q_var: row[3] * mega,
            cost,
            in_service: row[7] > 0.0,
            ..Generator::new(&element, bus, control)
        });
    }
    for (i, row) in case.table("branch", 11)?.into_iter().enumerate() {
        let name = format!("branch {} ({}-{})", i + 1, row[0], row[1]);
        let (from, to) = (find(row[0], &name)?, find(row[1], &name)?);
        let (from_v, to_v) = (network.buses[from].nominal_v, network.buses[to].nominal_v);
        let base_ohm = to_v * to_v / base_va;
        let half = Complex64::new(0.0, row[4] / 2.0 / base_ohm);
        let pi = Pi { series_ohm: Complex64::new(row[2], row[3]) * base_ohm, from_s: half, to_s: half };
        let rating = if row[5] == 0.0 { Rating::Unlimited } else { Rating::Power(row[5] * mega) };
        // 0 in both, or a whole turn, means no limit.
        let (min_angle, max_angle) = match (row.get(11), row.get(12)) {
            (Some(&min), Some(&max)) if min != 0.0 || max != 0.0 => (min, max),
            _ => (-360.0, 360.0),
        };
        let min_angle_rad = if min_angle <= -360.0 { f64::NEG_INFINITY } else { min_angle.to_radians() };
        let max_angle_rad = if max_angle >= 360.0 { f64::INFINITY } else { max_angle.to_radians() };
        let in_service = row[10] > 0.0;
        if row[8] == 0.0 && row[9] == 0.0 && from_v == to_v {
            network.lines.push(Line {
                pi,
                rating,
                min_angle_rad,
                max_angle_rad,
                in_service,
                ..Line::new(&name, from, to, pi.series_ohm, 0.0)
            });
        } else {
            let ratio = if row[8] == 0.0 { 1.0 } else { row[8] };
            network.transformers.push(Transformer {
                name,
                from,
                to,
                from_v: from_v * ratio,
                to_v,
                shift_rad: row[9].to_radians(),
                pi,
                tap: None,
                rating,
                vector_group: None,
                zero_sequence_ohm: None,
                min_angle_rad,
                max_angle_rad,
                in_service,
            });
        }
    }
    Ok(network)
}

/// A cost row: model, start-up, shut-down, count, numbers.
fn read_cost(row: &[f64]) -> Result<Cost, String> {
    let count = row[3] as usize;
    let numbers = &row[4..];
    match row[0] as i64 {
        1 if numbers.len() >= 2 * count => {
            Ok(Cost::PiecewiseLinear(numbers[..2 * count].chunks(2).map(|pair| (pair[0], pair[1])).collect()))
        }
        2 if numbers.len() >= count => Ok(Cost::Polynomial(numbers[..count].iter().rev().copied().collect())),
        1 | 2 => Err(format!("the cost row announces {count} entries and has fewer")),
        model => Err(format!("cost model {model} is neither 1 (piecewise linear) nor 2 (polynomial)")),
    }
}

/// The numbers of a case file, by table.
struct Case {
    name: String,
    base_mva: f64,
    tables: BTreeMap<String, Vec<(usize, Vec<f64>)>>,
}

impl Case {
    fn read(text: &str) -> Result<Self, ImportError> {
        let mut case = Self { name: String::new(), base_mva: f64::NAN, tables: BTreeMap::new() };
        let mut open: Option<(String, char)> = None;
        for (number, line) in text.lines().enumerate() {
            let syntax = |message: String| ImportError::Syntax {
                what: "MATPOWER case".to_owned(),
                line: number + 1,
                message,
            };
            let mut code = line.split('%').next().unwrap_or_default().trim();
            if open.is_none() {
                if let Some(name) = code.strip_prefix("function mpc =") {
                    case.name = name.trim().trim_end_matches(';').to_owned();
                    continue;
                }
                let Some((left, right)) = code.split_once('=') else { continue };
                let Some(field) = left.trim().strip_prefix("mpc.") else { continue };
                let right = right.trim();
                if field == "baseMVA" {
                    let number = right.trim_end_matches(';').trim();
                    case.base_mva =
                        number.parse().map_err(|_| syntax(format!("baseMVA is {number:?}, not a number")))?;
                    continue;
                }
                if let Some(rest) = right.strip_prefix('[') {
                    open = Some((field.to_owned(), ']'));
                    case.tables.entry(field.to_owned()).or_default();
                    code = rest;
                } else if right.starts_with('{') && !right.contains('}') {
                    open = Some((String::new(), '}'));
                    continue;
                } else {
                    continue;
                }
            }
            let Some((field, end)) = open.clone() else { continue };
            let (body, closed) = match code.find(end) {
                Some(at) => (&code[..at], true),
                None => (code, false),
            };
            if !field.is_empty() {
                for row in body.split(';').map(str::trim).filter(|row| !row.is_empty()) {
                    let words = row.split([' ', '\t', ',']).filter(|word| !word.is_empty());
                    let values: Result<Vec<f64>, ImportError> = words
                        .map(|word| {
                            parse(word)
                                .ok_or_else(|| syntax(format!("{word:?} in mpc.{field} is not a number")))
                        })
                        .collect();
                    case.tables.get_mut(&field).expect("it was opened").push((number + 1, values?));
                }
            }
            if closed {
                open = None;
            }
        }
        if case.base_mva.is_nan() {
            return Err(ImportError::Syntax {
                what: "MATPOWER case".to_owned(),
                line: 1,
                message: "there is no mpc.baseMVA: is this a MATPOWER case of version 2?".to_owned(),
            });
        }
        Ok(case)
    }

    /// Rows of a table, each of at least so many columns.
    fn table(&self, field: &str, columns: usize) -> Result<Vec<&[f64]>, ImportError> {
        let what = format!("case {}", self.name);
        let Some(rows) = self.tables.get(field) else {
            let message = format!("there is no mpc.{field}");
            return Err(ImportError::Syntax { what, line: 1, message });
        };
        let rows = rows.iter().map(|(line, row)| {
            if row.len() < columns {
                let message = format!("a row of mpc.{field} has {} columns, {columns} are needed", row.len());
                return Err(ImportError::Syntax { what: what.clone(), line: *line, message });
            }
            Ok(row.as_slice())
        });
        rows.collect()
    }
}

fn parse(word: &str) -> Option<f64> {
    match word {
        "Inf" | "inf" => Some(f64::INFINITY),
        "-Inf" | "-inf" => Some(f64::NEG_INFINITY),
        _ => word.parse().ok(),
    }
}
