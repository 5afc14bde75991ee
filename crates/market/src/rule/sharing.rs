//! Energy-sharing keys: who gets how much of a common generation.
//!
//! With consumption cᵢ, C = Σcᵢ, generation G and shares kᵢ, the law of energy communities knows
//!
//! - `static`: aᵢ = min(cᵢ, kᵢG), the unused share not being shared again (AT static, FR statique, ES β,
//!   DE constant),
//! - `dynamic`: aᵢ = cᵢ·min(1, G/C) (AT dynamic, FR default, DE proportional),
//! - `equal`: aᵢ = min(cᵢ, G/n) (DE § 42b in doubt),
//! - `hybrid`: static first, then the rest in proportion to what each still lacks,
//! - `cascade`: static in rounds on what is left, until nobody can use more or nothing is left (BE),
//! - `priority`: in the order of members, aᵢ = min(cᵢ, what is left) (LU, PT),
//! - `full_dynamic`: static, with shares of this interval that another market has found (FR),
//! - `incentive`: dynamic, over an hour (IT).
//!
//! Each gives every member an exact fraction of a Wh; rounding then gives integers that sum to the exact sum,
//! rounded down, each within 1 Wh of its fraction and none above its consumption.

use super::SharingKey;
use super::metered::rotation;
use crate::Energy;
use crate::apportion::mul_div;
use alloc::vec::Vec;
use core::cmp::Reverse;

/// The shares of a static key: parts of a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares<'a> {
    parts: &'a [u64],
    whole: u64,
}

impl<'a> Shares<'a> {
    /// One part per member, together at most the whole, which is at most 10⁹; `None` otherwise.
    #[must_use]
    pub fn new(parts: &'a [u64], whole: u64) -> Option<Self> {
        let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
        (whole > 0 && whole <= 1_000_000_000 && sum <= whole.into()).then_some(Self { parts, whole })
    }

    /// No shares: for keys that need none.
    pub const NONE: Self = Self { parts: &[], whole: 1 };
}

/// How fractions of a Wh become integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// By running sums in the interval's order of members: what the market does.
    CumulativeFloor,
    /// The missing Wh go to the largest remainders, ties to the earlier member: what some peers do.
    LargestRemainder,
}

impl Rounding {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::CumulativeFloor, Self::LargestRemainder];

    /// The name used on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CumulativeFloor => "cumulative_floor",
            Self::LargestRemainder => "largest_remainder",
        }
    }

    /// The way of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rounding| rounding.name() == name)
    }
}

/// Shares `generation` (Wh, ≥ 0) among members of this `consumption` (Wh each, ≥ 0); `out[i]` is what member i
/// gets.
///
/// A member without a part in `shares` has none. Under cumulative floor the order begins at member
/// `interval mod n`, so that remainders do not always fall on the same members.
pub fn share(
    key: SharingKey,
    shares: Shares<'_>,
    consumption: &[Energy],
    generation: Energy,
    interval: u64,
    rounding: Rounding,
    out: &mut Vec<Energy>,
) {
    let parts = shares.parts.iter().copied().chain(core::iter::repeat(0));
    let members = consumption.iter().zip(parts).map(|(energy, part)| Member::new(*energy, part));
    let mut cells = Cells::new(key, shares.whole, members.clone(), generation);
    out.clear();
    match rounding {
        Rounding::CumulativeFloor => {
            let start = cells.start(interval, consumption.len());
            let order = members.clone().skip(start).chain(members.take(start));
            out.extend(order.map(|member| cells.next(member)));
            out.rotate_right(start);
        }
        Rounding::LargestRemainder => {
            let mut remainders = Vec::with_capacity(consumption.len());
            let mut given = Energy::ZERO;
            for (index, member) in members.enumerate() {
                let cell = cells.cell(member);
                let (whole, remainder) = cells.rounded_down(cell);
                cells.add(cell);
                given += whole;
                out.push(whole);
                remainders.push((remainder, index));
            }
            let missing = (cells.total() - given).0 as usize;
            remainders.sort_by_key(|(remainder, _)| Reverse(*remainder)); // stable: ties by member
            for (_, index) in remainders.into_iter().take(missing) {
                if let Some(part) = out.get_mut(index) {
                    part.0 += 1;
                }
            }
        }
    }
}

/// What a key looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// Consumption, Wh.
    consumption: u64,
    /// Its share, in parts of the whole.
    part: u64,
}

impl Member {
    pub(super) const fn new(consumption: Energy, part: u64) -> Self {
        Self { consumption: consumption.0.unsigned_abs(), part }
    }

    /// What it consumes, in parts of a Wh.
    fn needs(self, whole: u128) -> u128 {
        u128::from(self.consumption) * whole
    }

    /// What its share of some energy is, in parts of a Wh.
    fn share(self, energy: u64) -> u128 {
        u128::from(self.part) * u128::from(energy)
    }
}

/// The exact fractions of one interval: member i gets (xᵢ + yᵢ·r)/w Wh, with integers xᵢ and yᵢ, a rate r in
/// [0, 1] and a whole w. Taken one after the other, they round by their running sums.
///
/// As x and w are integers, ⌊(Σx + r·Σy)/w⌋ = ⌊(Σx + ⌊r·Σy⌋)/w⌋.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells {
    key: SharingKey,
    /// What the shares are applied to, Wh; under `priority` what is left.
    energy: u64,
    whole: u128,
    rate: (u128, u128),
    sum: (u128, u128),
    given: Energy,
}

impl Cells {
    /// Shares are parts of `whole`, together at most that; `generation` is the community's.
    pub(super) fn new(
        key: SharingKey,
        whole: u64,
        members: impl Iterator<Item = Member> + Clone,
        generation: Energy,
    ) -> Self {
        let energy = generation.0.unsigned_abs();
        let whole = u128::from(whole);
        let cells = Self { key, energy, whole, rate: (0, 1), sum: (0, 0), given: Energy::ZERO };
        match key {
            SharingKey::Static | SharingKey::FullDynamic => cells,
            SharingKey::Equal => Self { whole: members.count() as u128, ..cells },
            SharingKey::Priority => Self { whole: 1, ..cells },
            SharingKey::Dynamic | SharingKey::Incentive => {
                let consumption: u128 = members.map(|member| member.needs(1)).sum();
                Self { whole: 1, rate: (consumption.min(energy.into()), consumption), ..cells }
            }
            SharingKey::Hybrid => {
                let mut left = u128::from(energy) * whole;
                let mut lacking = 0_u128;
                for member in members {
                    let (fixed, more) = cells.cell_of(member);
                    left = left.saturating_sub(fixed);
                    lacking += more;
                }
                Self { rate: (left.min(lacking), lacking), ..cells }
            }
            SharingKey::Cascade => {
                let (energy, whole) = fill(members, energy);
                Self { energy, whole, ..cells }
            }
        }
    }

    /// At which member the running sums begin.
    pub(super) fn start(&self, interval: u64, members: usize) -> usize {
        if self.key == SharingKey::Priority { 0 } else { rotation(interval, members) }
    }

    /// The next member's part, Wh.
    pub(super) fn next(&mut self, member: Member) -> Energy {
        let cell = self.cell(member);
        self.add(cell);
        let upto = self.total();
        let part = upto - self.given;
        self.given = upto;
        part
    }

    /// A member's fraction, as x and y.
    fn cell(&mut self, member: Member) -> (u128, u128) {
        let cell = self.cell_of(member);
        if self.key == SharingKey::Priority {
            self.energy -= cell.0 as u64;
        }
        cell
    }

    fn cell_of(&self, member: Member) -> (u128, u128) {
        let needs = member.needs(self.whole);
        match self.key {
            SharingKey::Static | SharingKey::FullDynamic | SharingKey::Cascade => {
                (needs.min(member.share(self.energy)), 0)
            }
            SharingKey::Equal | SharingKey::Priority => (needs.min(self.energy.into()), 0),
            SharingKey::Dynamic | SharingKey::Incentive => (0, needs),
            SharingKey::Hybrid => {
                let fixed = needs.min(member.share(self.energy));
                (fixed, needs - fixed)
            }
        }
    }

    fn add(&mut self, (x, y): (u128, u128)) {
        self.sum = (self.sum.0 + x, self.sum.1 + y);
    }

    /// All fractions so far, rounded down.
    fn total(&self) -> Energy {
        self.rounded_down(self.sum).0
    }

    /// A fraction rounded down, and something that is larger where the rest is.
    fn rounded_down(&self, (x, y): (u128, u128)) -> (Energy, (u128, u128)) {
        let (more, rest) = mul_div(y, self.rate);
        let (energy, parts) = mul_div(x + more, (1, self.whole));
        (Energy(energy as i64), (parts, rest))
    }
}

/// The end of a cascade: what those who can still use more share, and the sum of their shares.
///
/// A round shares what is left by the shares of those who lack energy; whoever has enough leaves, and what it could
/// not use goes to the next round. So in the end member i has min(cᵢ, kᵢ·λ), and the level λ only rises: members
/// leave in the order of cᵢ/kᵢ. Where everybody with a share has enough, each gets its consumption.
fn fill(members: impl Iterator<Item = Member> + Clone, generation: u64) -> (u64, u128) {
    let mut shared: Vec<Member> = members.filter(|member| member.part > 0).collect();
    shared.sort_unstable_by(|one, other| {
        let level = |of: &Member, by: &Member| u128::from(of.consumption) * u128::from(by.part);
        level(one, other).cmp(&level(other, one))
    });
    let mut left = generation;
    let mut whole: u128 = shared.iter().map(|member| u128::from(member.part)).sum();
    for member in &shared {
        if member.needs(whole) > member.share(left) {
            return (left, whole);
        }
        left -= member.consumption;
        whole -= u128::from(member.part);
    }
    (shared.iter().map(|member| member.consumption).sum(), 1)
}
