//! Parting what lies on each other, moving it as little as possible.

use std::collections::BTreeMap;

/// Moves points apart that are closer than `least`; those that lie exactly on each other part in all directions.
pub(super) fn part(at: &mut [[f64; 2]], least: f64) {
    for round in 0..60 {
        let mut cells: BTreeMap<[i64; 2], Vec<usize>> = BTreeMap::new();
        for (i, p) in at.iter().enumerate() {
            cells.entry(p.map(|x| (x / least).floor() as i64)).or_default().push(i);
        }
        let mut moved = false;
        for i in 0..at.len() {
            let [column, row] = at[i].map(|x| (x / least).floor() as i64);
            for cell in (-1..=1).flat_map(|x| (-1..=1).map(move |y| [column + x, row + y])) {
                for &j in cells.get(&cell).into_iter().flatten().filter(|&&j| j > i) {
                    moved |= part_two(at, i, j, least);
                }
            }
        }
        if !moved && round > 0 {
            return;
        }
    }
}

fn part_two(at: &mut [[f64; 2]], i: usize, j: usize, least: f64) -> bool {
    let mut apart = [at[j][0] - at[i][0], at[j][1] - at[i][1]];
    let mut distance = (apart[0] * apart[0] + apart[1] * apart[1]).sqrt();
    if distance >= least * 0.999 {
        return false;
    }
    if distance < least * 1e-3 {
        let (sin, cos) = libm::sincos(2.4 * j as f64); // the golden angle: many on one place form a disc
        apart = [cos, sin];
        distance = 1.0;
    }
    let push = (least - distance.min(least)).max(least * 0.02) / 2.0 / distance;
    for axis in 0..2 {
        at[i][axis] -= apart[axis] * push;
        at[j][axis] += apart[axis] * push;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_one_place_part() {
        let mut at = vec![[5.0, 5.0]; 7];
        part(&mut at, 10.0);
        for i in 0..7 {
            for j in 0..i {
                let d = (at[i][0] - at[j][0]).hypot(at[i][1] - at[j][1]);
                assert!(d > 9.0, "{i} and {j} are {d} apart");
            }
        }
    }
}
