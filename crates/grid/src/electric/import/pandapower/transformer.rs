//! Two-winding transformers and tap changers.

use super::{KILO, MEGA, Reader, Row};
use crate::electric::import::ImportError;
use crate::electric::import::leakage::Leakage;
use crate::electric::{Pi, Rating, Side, TapChanger, Transformer, VectorGroup};
use num_complex::Complex64;

impl Reader {
    pub(super) fn transformer(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        self.place("trafo", row, self.network.transformers.len())?;
        let in_service = row.in_service()?;
        let name = self.name("trafo", row);
        let (from, to) = (self.bus_of(row, "hv_bus")?, self.bus_of(row, "lv_bus")?);
        self.characteristic(row)?;
        let (from_v, to_v) = (row.positive("vn_hv_kv")? * KILO, row.positive("vn_lv_kv")? * KILO);
        let rated_va = row.positive("sn_mva")? * MEGA;
        let parallel = if row.number("parallel")?.is_some() { row.positive("parallel")? } else { 1.0 };
        let df = if row.number("df")?.is_some() { row.positive("df")? } else { 1.0 };
        let (vk, vkr) = (row.need("vk_percent")? / 100.0, row.need("vkr_percent")? / 100.0);
        if vk.abs() < vkr.abs() {
            let message = format!("vkr_percent is {} and more than vk_percent, {}", vkr * 100.0, vk * 100.0);
            return Err(row.wrong(message));
        }
        let iron_w = row.or("pfe_kw", 0.0)? * KILO;
        let leakage = Leakage::new(vk, vkr, iron_w, row.or("i0_percent", 0.0)? / 100.0, rated_va, to_v);
        let (ratio_r, ratio_x) =
            (row.or("leakage_resistance_ratio_hv", 0.5)?, row.or("leakage_reactance_ratio_hv", 0.5)?);
        let one = leakage.pi(ratio_r, ratio_x);
        let pi = Pi {
            series_ohm: one.series_ohm / parallel,
            from_s: one.from_s * parallel,
            to_s: one.to_s * parallel,
        };
        let tap = match row.text("tap_side").as_deref() {
            Some("hv") => self.tap(row, Side::From)?,
            Some("lv") => self.tap(row, Side::To)?,
            Some(other) if in_service => {
                return Err(row.wrong(format!("tap_side is {other:?}: it must be hv or lv")));
            }
            _ => None,
        };
        if let (Some(position), true) = (row.number("tap2_pos")?, in_service)
            && position != row.or("tap2_neutral", 0.0)?
        {
            self.refuse("a second tap changer off its neutral position", row);
        }
        let vector_group = row.text("vector_group").and_then(|group| vector_group(&group));
        let zero_sequence_ohm = zero_sequence(row, rated_va, to_v, parallel, vector_group)?;
        self.network.transformers.push(Transformer {
            shift_rad: row.or("shift_degree", 0.0)?.to_radians(),
            tap,
            rating: Rating::Rated(rated_va * parallel * df),
            vector_group,
            zero_sequence_ohm,
            in_service,
            ..Transformer::new(&name, [from, to], [from_v, to_v], pi)
        });
        Ok(())
    }

    /// Refuses tables of values by tap position (pandapower 3) and impedances by tap position (pandapower 2).
    pub(super) fn characteristic(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        if row.in_service()? {
            if row.flag("tap_dependency_table", false)? {
                self.refuse("a table of values by tap position (tap_dependency_table)", row);
            }
            if row.flag("tap_dependent_impedance", false)? {
                self.refuse("an impedance that depends on the tap (tap_dependent_impedance)", row);
            }
        }
        Ok(())
    }

    /// The tap changer that a row describes, of the given side.
    pub(super) fn tap(&mut self, row: Row<'_>, side: Side) -> Result<Option<TapChanger>, ImportError> {
        let step = row.or("tap_step_percent", 0.0)? / 100.0;
        let degree = row.or("tap_step_degree", 0.0)?;
        let kind = if self.tap_changer_types {
            row.text("tap_changer_type").unwrap_or_default()
        } else if row.flag("tap_phase_shifter", false)? {
            // Version 2 knew phase shifters and ratios only.
            "Ideal".to_owned()
        } else if row.number("tap_step_percent")?.is_some() {
            "Ratio".to_owned()
        } else {
            String::new()
        };
        let ideal = match kind.as_str() {
            "Ratio" | "Symmetrical" => false,
            "Ideal" => true,
            // Without a type the tap has no effect in pandapower either.
            "" | "None" | "nan" => return Ok(None),
            "Tabular" => {
                if row.in_service()? {
                    self.refuse("a table of values by tap position (tap_changer_type Tabular)", row);
                }
                return Ok(None);
            }
            other => return Err(row.wrong(format!("tap_changer_type is {other:?}, which is not known"))),
        };
        let neutral = row.or("tap_neutral", 0.0)?;
        let position = row.or("tap_pos", neutral)?;
        let steps = position - neutral;
        let (step, step_angle_rad, shift_rad) = match (ideal, degree != 0.0, step != 0.0) {
            (false, ..) => (step, degree.to_radians(), 0.0),
            (true, true, true) => {
                return Err(row.wrong(
                    "both tap_step_degree and tap_step_percent are set: an ideal phase shifter has one of them"
                        .to_owned(),
                ));
            }
            (true, true, false) => (0.0, 0.0, degree.to_radians()),
            // Steps across of equal length turn the voltage by 2·asin(n·s/2): exact where it stands.
            (true, false, _) if steps != 0.0 => (0.0, 0.0, 2.0 * libm::asin(steps * step / 2.0) / steps),
            (true, false, _) => (0.0, 0.0, step),
        };
        let whole = |value: f64| value == value.trunc() && value.abs() < 1e6;
        if !whole(position) || !whole(neutral) {
            // Between positions: one step of that length.
            return Ok(Some(TapChanger {
                side,
                position: 1,
                min: 1,
                max: 1,
                neutral: 0,
                step: step * steps,
                step_angle_rad,
                shift_per_step_rad: shift_rad * steps,
                control: None,
            }));
        }
        let end = |column: &str| Ok(row.number(column)?.filter(|&end| whole(end)).unwrap_or(position) as i32);
        Ok(Some(TapChanger {
            side,
            position: position as i32,
            min: end("tap_min")?,
            max: end("tap_max")?,
            neutral: neutral as i32,
            step,
            step_angle_rad,
            shift_per_step_rad: shift_rad,
            control: None,
        }))
    }
}

/// Zero-sequence series impedance referred to the to side; three times the neutral's impedance is in series.
fn zero_sequence(
    row: Row<'_>,
    rated_va: f64,
    to_v: f64,
    parallel: f64,
    group: Option<VectorGroup>,
) -> Result<Option<Complex64>, ImportError> {
    let (Some(vk), Some(vkr)) = (row.number("vk0_percent")?, row.number("vkr0_percent")?) else {
        return Ok(None);
    };
    let leakage = Leakage::new(vk / 100.0, vkr / 100.0, 0.0, 0.0, rated_va, to_v);
    let neutral = Complex64::new(row.or("rn_ohm", 0.0)?, row.or("xn_ohm", 0.0)?);
    if neutral != Complex64::ZERO && group.is_none_or(|group| group == VectorGroup::YNd) {
        return Ok(None);
    }
    Ok(Some(leakage.series_ohm / parallel + neutral * 3.0).filter(|z| *z != Complex64::ZERO))
}

/// The group of a name such as Dyn5; `None` for one that the unbalanced calculation does not know.
pub(crate) fn vector_group(name: &str) -> Option<VectorGroup> {
    match name.trim().trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase().as_str() {
        "ynyn" => Some(VectorGroup::YNyn),
        "dyn" => Some(VectorGroup::Dyn),
        "yyn" => Some(VectorGroup::Yyn),
        "yzn" => Some(VectorGroup::Yzn),
        "ynd" => Some(VectorGroup::YNd),
        "yd" => Some(VectorGroup::Yd),
        "dd" => Some(VectorGroup::Dd),
        _ => None,
    }
}
