//! Three-winding transformers: three two-winding ones that meet in a star point.

use super::{KILO, MEGA, Reader, Row};
use crate::electric::import::ImportError;
use crate::electric::import::leakage::Leakage;
use crate::electric::{Side, ThreeWindingTransformer, Winding};
use num_complex::Complex64;

impl Reader {
    pub(super) fn three_winding(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        self.place("trafo3w", row, self.network.three_winding_transformers.len())?;
        let name = self.name("trafo3w", row);
        self.characteristic(row)?;
        let sides = ["hv", "mv", "lv"];
        let each = |of: &dyn Fn(&str) -> Result<f64, ImportError>| -> Result<[f64; 3], ImportError> {
            Ok([of(sides[0])?, of(sides[1])?, of(sides[2])?])
        };
        let sn = each(&|side| Ok(row.positive(&format!("sn_{side}_mva"))? * MEGA))?;
        let vn = each(&|side| Ok(row.positive(&format!("vn_{side}_kv"))? * KILO))?;
        let vk = each(&|side| Ok(row.need(&format!("vk_{side}_percent"))? / 100.0))?;
        let vkr = each(&|side| Ok(row.need(&format!("vkr_{side}_percent"))? / 100.0))?;
        // Short-circuit voltages are measured between two windings, on the smaller of their ratings: hv–mv, mv–lv,
        // hv–lv. On one base, half of (both pairs with a winding − the third) is the winding's own.
        let pairs = [sn[0].min(sn[1]), sn[1].min(sn[2]), sn[0].min(sn[2])];
        let on_first = |of: [f64; 3]| [0, 1, 2].map(|pair| of[pair] * sn[0] / pairs[pair]);
        let own = |pair: [f64; 3]| {
            let star =
                [pair[0] + pair[2] - pair[1], pair[1] + pair[0] - pair[2], pair[2] + pair[1] - pair[0]];
            [0, 1, 2].map(|w| 0.5 * star[w])
        };
        let (vk, vkr) = (on_first(vk), on_first(vkr));
        let reactive = [0, 1, 2].map(|pair| (vk[pair] * vk[pair] - vkr[pair] * vkr[pair]).max(0.0).sqrt());
        let (resistive, reactive) = (own(vkr), own(reactive));
        let base_ohm = vn[0] * vn[0] / sn[0];

        let tapped = row.text("tap_side").and_then(|tap| sides.iter().position(|&side| side == tap));
        let tap = match tapped {
            Some(w) => self.tap(row, Side::From)?.map(|tap| (w, tap)),
            None => None,
        };
        let at_star = row.flag("tap_at_star_point", false)?;
        let loss_side = row.text("loss_side").unwrap_or_else(|| "hv".to_owned());
        let iron_w = row.or("pfe_kw", 0.0)? * KILO;
        let no_load = row.or("i0_percent", 0.0)? / 100.0;
        let mut magnetising_s = Complex64::ZERO;
        let mut windings = Vec::with_capacity(3);
        for w in 0..3 {
            // Losses are of the winding that has them, on its own rating and voltage; all is referred to the first.
            let mut leakage = Leakage {
                series_ohm: Complex64::new(resistive[w], reactive[w]) * base_ohm,
                magnetising_s: Complex64::ZERO,
            };
            if leakage.series_ohm == Complex64::ZERO {
                let message =
                    format!("the short-circuit voltages leave the {} winding without impedance", sides[w]);
                return Err(row.wrong(message));
            }
            if loss_side == sides[w] {
                leakage.magnetising_s = Leakage::new(0.0, 0.0, iron_w, no_load, sn[w], vn[0]).magnetising_s;
            }
            // The tap lies between the impedance and the star point: seen from there the impedance shrinks as the
            // winding's voltage grows.
            let scale = match &tap {
                Some((tapped, tap)) if at_star && *tapped == w => tap.effect().0.norm_sqr(),
                _ => 1.0,
            };
            let pi = leakage.pi(0.5, 0.5);
            windings.push(Winding {
                bus: self.bus_of(row, &format!("{}_bus", sides[w]))?,
                rated_v: vn[w],
                rated_va: sn[w],
                series_ohm: pi.series_ohm / scale,
                bus_s: pi.from_s * scale,
                star_s: pi.to_s * scale,
                shift_rad: if w == 0 {
                    0.0
                } else {
                    row.or(&format!("shift_{}_degree", sides[w]), 0.0)?.to_radians()
                },
            });
        }
        if loss_side == "star" {
            magnetising_s = Leakage::new(0.0, 0.0, iron_w, no_load, sn[0], vn[0]).magnetising_s;
        } else if !sides.contains(&loss_side.as_str()) {
            return Err(row.wrong(format!("loss_side is {loss_side:?}: it must be hv, mv, lv or star")));
        }
        let windings: [Winding; 3] = windings.try_into().expect("three were pushed");
        self.network.three_winding_transformers.push(ThreeWindingTransformer {
            name,
            windings,
            magnetising_s,
            tap,
            in_service: row.in_service()?,
        });
        Ok(())
    }
}
