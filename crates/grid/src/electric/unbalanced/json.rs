//! Feeders as text: JSON whose names are those of this module, described in `docs/grid/unbalanced.md`.

use super::{
    Across, Bus, Feeder, Line, Load, Matrix3, Regulator, Shunt, Source, Switch, Transformer, Unit, Windings,
    matrix::ZERO,
};
use crate::electric::{Phase, VectorGroup, Zip};
use num_complex::Complex64;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A text that is no feeder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a feeder: {0}")]
pub struct Unreadable(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    base_va: f64,
    buses: Vec<BusText>,
    sources: Vec<SourceText>,
    #[serde(default)]
    line_codes: BTreeMap<String, LineCode>,
    #[serde(default)]
    lines: Vec<LineText>,
    #[serde(default)]
    transformers: Vec<TransformerText>,
    #[serde(default)]
    regulators: Vec<RegulatorText>,
    #[serde(default)]
    switches: Vec<SwitchText>,
    #[serde(default)]
    capacitors: Vec<CapacitorText>,
    #[serde(default)]
    loads: Vec<LoadText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BusText {
    name: String,
    nominal_v: f64,
    #[serde(default = "all")]
    phases: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceText {
    name: String,
    bus: String,
    /// Line to line.
    voltage_v: f64,
    #[serde(default)]
    angle_deg: f64,
    /// Positive and zero sequence, each [R, X].
    impedance_ohm: Option<[[f64; 2]; 2]>,
}

/// Figures per `per_m` metres, over conductors in the order of a line's phases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineCode {
    per_m: f64,
    r_ohm: Vec<Vec<f64>>,
    x_ohm: Vec<Vec<f64>>,
    #[serde(default)]
    b_s: Vec<Vec<f64>>,
    rating_a: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineText {
    name: String,
    from: String,
    to: String,
    code: String,
    length_m: f64,
    #[serde(default = "all")]
    phases: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransformerText {
    name: String,
    from: String,
    to: String,
    group: Option<String>,
    #[serde(default)]
    clock: f64,
    from_v: Option<f64>,
    to_v: Option<f64>,
    rated_va: Option<f64>,
    r_percent: Option<f64>,
    x_percent: Option<f64>,
    #[serde(default)]
    units: Vec<UnitText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitText {
    from: String,
    to: String,
    from_v: f64,
    to_v: f64,
    rated_va: f64,
    r_percent: f64,
    x_percent: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegulatorText {
    name: String,
    from: String,
    to: String,
    ratio: [f64; 3],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SwitchText {
    name: String,
    from: String,
    to: String,
    closed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CapacitorText {
    name: String,
    bus: String,
    across: String,
    /// Fed in at nominal voltage.
    q_var: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoadText {
    name: String,
    bus: String,
    across: String,
    p_w: f64,
    q_var: f64,
    #[serde(default)]
    model: Model,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Model {
    #[default]
    Power,
    Current,
    Impedance,
}

fn all() -> String {
    "abc".to_owned()
}

impl Feeder {
    /// Reads a feeder.
    ///
    /// # Errors
    ///
    /// If the text is not of the form that `docs/grid/unbalanced.md` describes, or names what is not there.
    pub fn from_json(text: &str) -> Result<Self, Unreadable> {
        let file: File = serde_json::from_str(text).map_err(|error| Unreadable(error.to_string()))?;
        Reader::new(&file)?.read()
    }
}

struct Reader<'a> {
    file: &'a File,
    bus_of_name: BTreeMap<&'a str, usize>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a File) -> Result<Self, Unreadable> {
        let mut bus_of_name = BTreeMap::new();
        for (i, bus) in file.buses.iter().enumerate() {
            if bus_of_name.insert(bus.name.as_str(), i).is_some() {
                return Err(Unreadable(format!("two buses are called \"{}\": rename one", bus.name)));
            }
        }
        Ok(Self { file, bus_of_name })
    }

    fn bus(&self, of: &str, name: &str) -> Result<usize, Unreadable> {
        let there = self.bus_of_name.get(name).copied();
        there.ok_or_else(|| {
            Unreadable(format!("\"{of}\" names a bus \"{name}\" that is not in the list of buses"))
        })
    }

    fn read(&self) -> Result<Feeder, Unreadable> {
        let mut feeder = Feeder::new(&self.file.name, self.file.base_va);
        for bus in &self.file.buses {
            let phases = flags(&order(&bus.name, &bus.phases)?);
            feeder.buses.push(Bus { name: bus.name.clone(), nominal_v: bus.nominal_v, phases });
        }
        for source in &self.file.sources {
            let bus = self.bus(&source.name, &source.bus)?;
            let angle_rad = source.angle_deg.to_radians();
            feeder.sources.push(Source {
                impedance_ohm: source.impedance_ohm.map(|[positive, zero]| {
                    let [positive, zero] = [positive, zero].map(|[r, x]| Complex64::new(r, x));
                    super::from_sequences([zero, positive, positive])
                }),
                ..Source::symmetrical(&source.name, bus, source.voltage_v, angle_rad)
            });
        }
        for line in &self.file.lines {
            feeder.lines.push(self.line(line)?);
        }
        for transformer in &self.file.transformers {
            feeder.transformers.push(self.transformer(transformer)?);
        }
        for text in &self.file.regulators {
            let [from, to] = [self.bus(&text.name, &text.from)?, self.bus(&text.name, &text.to)?];
            feeder.regulators.push(Regulator { name: text.name.clone(), from, to, ratio: text.ratio });
        }
        for text in &self.file.switches {
            let [from, to] = [self.bus(&text.name, &text.from)?, self.bus(&text.name, &text.to)?];
            feeder.switches.push(Switch { name: text.name.clone(), from, to, closed: text.closed });
        }
        for text in &self.file.capacitors {
            let bus = self.bus(&text.name, &text.bus)?;
            let across = across(&text.name, &text.across)?;
            let line_v = feeder.buses[bus].nominal_v;
            let nominal_v = if matches!(across, Across::Next(_)) { line_v } else { line_v / 3_f64.sqrt() };
            let admittance_s = Complex64::new(0.0, text.q_var / (nominal_v * nominal_v));
            feeder.shunts.push(Shunt { name: text.name.clone(), bus, across, admittance_s });
        }
        for text in &self.file.loads {
            let bus = self.bus(&text.name, &text.bus)?;
            let across = across(&text.name, &text.across)?;
            let (impedance, current) = match text.model {
                Model::Power => (0.0, 0.0),
                Model::Current => (0.0, 1.0),
                Model::Impedance => (1.0, 0.0),
            };
            let zip = Zip {
                p_impedance: impedance,
                p_current: current,
                q_impedance: impedance,
                q_current: current,
            };
            let power_va = Complex64::new(text.p_w, text.q_var);
            feeder.loads.push(Load { zip, ..Load::new(&text.name, bus, across, power_va) });
        }
        Ok(feeder)
    }

    fn line(&self, text: &LineText) -> Result<Line, Unreadable> {
        let name = &text.name;
        let [from, to] = [self.bus(name, &text.from)?, self.bus(name, &text.to)?];
        let code = self.file.line_codes.get(&text.code);
        let code = code.ok_or_else(|| {
            Unreadable(format!("line \"{name}\" names a line code \"{}\" that is not there", text.code))
        })?;
        let order = order(name, &text.phases)?;
        let scale = text.length_m / code.per_m;
        let entry = |of: &[Vec<f64>], i: usize, j: usize| {
            // A triangle says all of a symmetric matrix.
            let (i, j) = (i.max(j), i.min(j));
            let value = of.get(i).and_then(|row| row.get(j)).copied();
            value.ok_or_else(|| {
                let message = format!("line code \"{}\" has too few rows for line \"{name}\"", text.code);
                Unreadable(message)
            })
        };
        let (mut series_ohm, mut half_s): (Matrix3, Matrix3) = (ZERO, ZERO);
        for (i, &at_i) in order.iter().enumerate() {
            for (j, &at_j) in order.iter().enumerate() {
                let z = Complex64::new(entry(&code.r_ohm, i, j)?, entry(&code.x_ohm, i, j)?);
                series_ohm[at_i][at_j] = z * scale;
                if !code.b_s.is_empty() {
                    half_s[at_i][at_j] = Complex64::new(0.0, entry(&code.b_s, i, j)? * scale / 2.0);
                }
            }
        }
        Ok(Line {
            phases: flags(&order),
            from_s: half_s,
            to_s: half_s,
            rating_a: code.rating_a.unwrap_or(f64::INFINITY),
            ..Line::new(name, from, to, series_ohm)
        })
    }

    fn transformer(&self, text: &TransformerText) -> Result<Transformer, Unreadable> {
        let name = &text.name;
        let [from, to] = [self.bus(name, &text.from)?, self.bus(name, &text.to)?];
        let ends = [from, to].map(|bus| self.file.buses[bus].nominal_v);
        let none = Complex64::ZERO;
        let windings = if let Some(group) = &text.group {
            let group = match group.as_str() {
                "YNyn" => VectorGroup::YNyn,
                "Dyn" => VectorGroup::Dyn,
                "Yyn" => VectorGroup::Yyn,
                "Yzn" => VectorGroup::Yzn,
                "YNd" => VectorGroup::YNd,
                "Yd" => VectorGroup::Yd,
                "Dd" => VectorGroup::Dd,
                other => {
                    let message = format!(
                        "transformer \"{name}\" is of group \"{other}\"; known are YNyn, Dyn, Yyn, Yzn, YNd, Yd, Dd"
                    );
                    return Err(Unreadable(message));
                }
            };
            let given = (text.from_v, text.to_v, text.rated_va, text.r_percent, text.x_percent);
            let (Some(from_v), Some(to_v), Some(va), Some(r), Some(x)) = given else {
                let message =
                    format!("transformer \"{name}\" needs from_v, to_v, rated_va, r_percent and x_percent");
                return Err(Unreadable(message));
            };
            let series_ohm = Complex64::new(r, x) / 100.0 * (to_v * to_v / va);
            Windings::Symmetrical {
                group,
                ratio: from_v / to_v,
                shift_rad: (30.0 * text.clock).to_radians(),
                series_ohm,
                zero_ohm: series_ohm,
                from_s: none,
                to_s: none,
            }
        } else {
            let unit = |unit: &UnitText| {
                Ok(Unit {
                    from: conductors(name, &unit.from)?,
                    to: conductors(name, &unit.to)?,
                    ratio: unit.from_v / unit.to_v,
                    series_ohm: Complex64::new(unit.r_percent, unit.x_percent) / 100.0
                        * (unit.to_v * unit.to_v / unit.rated_va),
                })
            };
            Windings::Bank(text.units.iter().map(unit).collect::<Result<_, Unreadable>>()?)
        };
        Ok(Transformer {
            name: name.clone(),
            from,
            to,
            windings,
            rating_va: text.rated_va.unwrap_or(f64::INFINITY),
            rated_v: [text.from_v.unwrap_or(ends[0]), text.to_v.unwrap_or(ends[1])],
            in_service: true,
        })
    }
}

fn phase(of: &str, letter: char) -> Result<Phase, Unreadable> {
    let found = Phase::ALL.into_iter().find(|phase| phase.letter() == letter);
    found.ok_or_else(|| Unreadable(format!("\"{of}\" names a phase '{letter}'; phases are a, b, c")))
}

/// Phases in the order given.
fn order(of: &str, phases: &str) -> Result<Vec<usize>, Unreadable> {
    phases.chars().map(|letter| Ok(phase(of, letter)?.index())).collect()
}

fn flags(order: &[usize]) -> [bool; 3] {
    [0, 1, 2].map(|phase| order.contains(&phase))
}

/// `a` is a phase and the neutral, `ab` two phases.
fn across(of: &str, text: &str) -> Result<Across, Unreadable> {
    let letters: Vec<char> = text.chars().collect();
    match letters[..] {
        [one] => Ok(Across::Neutral(phase(of, one)?)),
        [one, two] if phase(of, one)?.next() == phase(of, two)? => Ok(Across::Next(phase(of, one)?)),
        _ => Err(Unreadable(format!("\"{of}\" is across \"{text}\"; say a, b, c, ab, bc or ca"))),
    }
}

/// `ab` are two phases, `an` a phase and earth.
fn conductors(of: &str, text: &str) -> Result<[Option<Phase>; 2], Unreadable> {
    let letters: Vec<char> = text.chars().collect();
    let [first, second] = letters[..] else {
        return Err(Unreadable(format!(
            "\"{of}\" has a winding \"{text}\"; name its two conductors, as in ab or an"
        )));
    };
    let conductor = |letter: char| if letter == 'n' { Ok(None) } else { phase(of, letter).map(Some) };
    Ok([conductor(first)?, conductor(second)?])
}
