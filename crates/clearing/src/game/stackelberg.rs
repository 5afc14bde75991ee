//! A Stackelberg game: an operator sets prices, its members respond (von Stackelberg 1934; between a power
//! company and prosumers: El Rahi et al. 2017, arXiv 1709.06071, here without their prospect theory).
//!
//! Member i generates Gᵢ and consumes l, 0 ≤ l ≤ mᵢ, which it values at αᵢ·l − ½·βᵢ·l², βᵢ > 0. (A producer
//! with cost g·y + ½·c·y² up to G is one with β = c, α = g + c·G: consuming less is producing.) It buys what
//! it lacks at the price b and sells what it has over at s ≤ b, so its response is unique: l = (αᵢ − π)/βᵢ
//! within its limits, at π = b where that is more than Gᵢ, at π = s where it is less, and Gᵢ otherwise.
//!
//! The operator knows this. It trades the members' demand X(b) less their supply Y(s) at the supplier's
//! prices and keeps
//!
//! b·X(b) − s·Y(s) − import·(X − Y)⁺ + export·(Y − X)⁺, export ≤ s ≤ b ≤ import,
//!
//! within the tariffs, as members could turn to the supplier instead: nobody is worse off than without the
//! operator. An equilibrium exists: the profit is continuous over a compact set. Where every member keeps one
//! role and no limit binds, X and Y are straight lines, the profit is strictly concave, and the equilibrium
//! unique with a closed form; in general several prices may be best, all of the same profit.
//!
//! The general solution is exact too: X and Y are straight between corners, so over each cell of prices
//! without a corner the profit is a concave quadratic on either side of X = Y, and its best is inside or on
//! an edge.

/// A member; energies in one unit, money in another, throughout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// What the first unit consumed is worth, α, money per energy.
    pub worth: f64,
    /// By how much each further unit is worth less, β > 0, money per energy².
    pub fall: f64,
    /// The most it can consume, m ≥ 0.
    pub most: f64,
    /// What it generates, G ≥ 0.
    pub generation: f64,
}

impl Member {
    /// What consuming so much is worth.
    #[must_use]
    pub fn utility(&self, consumed: f64) -> f64 {
        consumed * (self.worth - self.fall / 2.0 * consumed)
    }

    /// What it would consume at one price.
    fn wants(&self, price: f64) -> f64 {
        ((self.worth - price) / self.fall).clamp(0.0, self.most)
    }

    /// What it buys at the price b.
    fn buys(&self, price: f64) -> f64 {
        (self.wants(price) - self.generation).max(0.0)
    }

    /// What it sells at the price s.
    fn sells(&self, price: f64) -> f64 {
        (self.generation - self.wants(price)).max(0.0)
    }
}

/// The game.
#[derive(Clone, Debug, PartialEq)]
pub struct Stackelberg {
    /// Who responds.
    pub members: Vec<Member>,
    /// What the supplier takes per unit of energy.
    pub import: f64,
    /// What it gives, at most `import`.
    pub export: f64,
}

/// Prices and the responses to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Led {
    /// What members pay per unit, b.
    pub buy: f64,
    /// What they get, s ≤ b.
    pub sell: f64,
    /// What the operator keeps.
    pub profit: f64,
    /// l, by member.
    pub consumed: Vec<f64>,
    /// By member: what its consumption is worth, less what it pays, and what it gets.
    pub payoffs: Vec<f64>,
}

/// A straight line of a price: at 0, and per unit of price.
#[derive(Clone, Copy, Debug)]
struct Straight {
    at_zero: f64,
    slope: f64,
}

impl Straight {
    fn at(self, price: f64) -> f64 {
        self.at_zero + self.slope * price
    }
}

/// Prices (b, s).
type Point = [f64; 2];

impl Stackelberg {
    /// How members respond to prices, and what that leaves the operator.
    #[must_use]
    pub fn respond(&self, buy: f64, sell: f64) -> Led {
        let response = |member: &Member| {
            let wants = member.wants(buy);
            if wants > member.generation { wants } else { member.wants(sell).min(member.generation) }
        };
        let consumed: Vec<f64> = self.members.iter().map(response).collect();
        let (mut demand, mut supply, mut payoffs) = (0.0, 0.0, Vec::with_capacity(consumed.len()));
        for (member, consumed) in self.members.iter().zip(&consumed) {
            let (lack, over) =
                ((consumed - member.generation).max(0.0), (member.generation - consumed).max(0.0));
            demand += lack;
            supply += over;
            payoffs.push(member.utility(*consumed) - buy * lack + sell * over);
        }
        let net = demand - supply;
        let profit = buy * demand - sell * supply - if net > 0.0 { self.import } else { self.export } * net;
        Led { buy, sell, profit, consumed, payoffs }
    }

    /// What each is left with at the supplier's prices, without the operator.
    #[must_use]
    pub fn alone(&self) -> Vec<f64> {
        self.respond(self.import, self.export).payoffs
    }

    /// The equilibrium: the operator's best prices and the responses to them; of several, one.
    ///
    /// # Panics
    /// Where a member's numbers or the tariffs are not as they say they are.
    #[must_use]
    pub fn equilibrium(&self) -> Led {
        assert!(self.export <= self.import, "the supplier's prices are in order");
        for Member { fall, most, generation, .. } in &self.members {
            assert!(*fall > 0.0 && *most >= 0.0 && *generation >= 0.0, "a member's numbers have their signs");
        }
        let corners = self.corners();
        let demand = self.pieces(&corners, Member::buys);
        let supply = self.pieces(&corners, Member::sells);
        let mut best = (self.import, self.export, self.respond(self.import, self.export).profit);
        // A difference that rounding can make in what changes hands is none.
        let energy: f64 = self.members.iter().map(|member| member.most + member.generation).sum();
        let least = 1e-13 * (1.0 + self.import.abs().max(self.export.abs()) * energy);
        for ([low, high], demand) in &demand {
            for ([from, to], supply) in
                supply.iter().filter(|(range, _)| range[0] < *high || range[0] == range[1])
            {
                let cell = [[*low, *from], [*high, *from], [*high, *to], [*low, *to]];
                let ordered = clip(&cell, |[b, s]| b - s);
                for (price, sign) in [(self.import, 1.0), (self.export, -1.0)] {
                    let region = clip(&ordered, |[b, s]| sign * (demand.at(b) - supply.at(s)));
                    if let Some(([b, s], profit)) = peak(&region, *demand, *supply, price)
                        && profit > best.2 + least
                    {
                        best = (b, s, profit);
                    }
                }
            }
        }
        // Corners of cells are cut by lines, and may come out beyond the tariffs by a rounding.
        self.respond(best.0.clamp(self.export, self.import), best.1.clamp(self.export, self.import))
    }

    /// The prices (b, s) in closed form, where every member keeps one role at all prices between the tariffs
    /// and no limit binds there; none where that is not so, or a best price would lie beyond the tariffs.
    ///
    /// With X = x − B·b, Y = C·s − y: b = (x/B + t)/2 and s = (y/C + t)/2, where t = (x + y)/(B + C), the
    /// price at which the members' own energy balances so, but not beyond the tariffs.
    #[must_use]
    pub fn closed_form(&self) -> Option<Point> {
        let (mut demand, mut supply) = ([0.0; 2], [0.0; 2]);
        for member in &self.members {
            // What it would pay for a unit more than it generates.
            let marginal = member.worth - member.fall * member.generation;
            let within =
                member.worth - member.fall * member.most <= self.export && member.worth >= self.import;
            let line = [member.worth / member.fall - member.generation, 1.0 / member.fall];
            let sum = if marginal >= self.import { &mut demand } else { &mut supply };
            if !within || (marginal > self.export && marginal < self.import) {
                return None;
            }
            sum.iter_mut().zip(line).for_each(|(sum, line)| *sum += line);
        }
        let ([x, of_demand], [y, of_supply]) = (demand, supply);
        if of_demand == 0.0 || of_supply == 0.0 {
            return None;
        }
        let balanced = ((x + y) / (of_demand + of_supply)).clamp(self.export, self.import);
        let [b, s] = [(x / of_demand + balanced) / 2.0, (y / of_supply + balanced) / 2.0];
        (b <= self.import && s >= self.export).then_some([b, s])
    }

    /// Prices between the tariffs at which somebody's response bends, with the tariffs, in order.
    fn corners(&self) -> Vec<f64> {
        let bends = |member: &Member| {
            [0.0, member.most, member.generation].map(|consumed| member.worth - member.fall * consumed)
        };
        let mut corners: Vec<f64> = self.members.iter().flat_map(bends).collect();
        corners.retain(|price| *price > self.export && *price < self.import);
        corners.extend([self.export, self.import]);
        corners.sort_by(f64::total_cmp);
        corners.dedup();
        corners
    }

    /// The sum of what members trade, straight between each two corners.
    fn pieces(&self, corners: &[f64], traded: fn(&Member, f64) -> f64) -> Vec<([f64; 2], Straight)> {
        let sum = |price: f64| self.members.iter().map(|member| traded(member, price)).sum::<f64>();
        let piece = |low: f64, high: f64| {
            let slope = if high > low { (sum(high) - sum(low)) / (high - low) } else { 0.0 };
            ([low, high], Straight { at_zero: sum(low) - slope * low, slope })
        };
        match corners {
            [only] => vec![piece(*only, *only)],
            _ => corners.windows(2).map(|ends| piece(ends[0], ends[1])).collect(),
        }
    }
}

/// The part of a convex polygon where `inside` ≥ 0 (Sutherland, Hodgman 1974); `inside` is linear.
fn clip(polygon: &[Point], inside: impl Fn(Point) -> f64) -> Vec<Point> {
    let mut left = Vec::with_capacity(polygon.len() + 1);
    for (at, to) in polygon.iter().enumerate() {
        let from = polygon[(at + polygon.len() - 1) % polygon.len()];
        let (before, after) = (inside(from), inside(*to));
        if (before < 0.0) != (after < 0.0) {
            left.push(between(from, *to, before / (before - after)));
        }
        if after >= 0.0 {
            left.push(*to);
        }
    }
    left
}

fn between(from: Point, to: Point, part: f64) -> Point {
    [0, 1].map(|axis| from[axis] + part * (to[axis] - from[axis]))
}

/// The greatest (b − t)·X(b) + (t − s)·Y(s) over a convex polygon, X falling and Y rising.
fn peak(polygon: &[Point], demand: Straight, supply: Straight, t: f64) -> Option<(Point, f64)> {
    let profit = |[b, s]: Point| (b - t) * demand.at(b) + (t - s) * supply.at(s);
    let mut candidates = Vec::with_capacity(polygon.len() + 1);
    // Where both derivatives are 0, if that is inside.
    if demand.slope < 0.0 && supply.slope > 0.0 {
        let free = [
            (t * demand.slope - demand.at_zero) / (2.0 * demand.slope),
            (t * supply.slope - supply.at_zero) / (2.0 * supply.slope),
        ];
        let side = |at: usize| {
            let (from, to) = (polygon[at], polygon[(at + 1) % polygon.len()]);
            (to[0] - from[0]) * (free[1] - from[1]) - (to[1] - from[1]) * (free[0] - from[0])
        };
        if !polygon.is_empty() && (0..polygon.len()).all(|at| side(at) >= 0.0) {
            candidates.push(free);
        }
    }
    for (at, from) in polygon.iter().enumerate() {
        let to = polygon[(at + 1) % polygon.len()];
        // Along an edge the profit is a parabola in the part gone: its second difference, and its slope at
        // the start.
        let [b, s] = [to[0] - from[0], to[1] - from[1]];
        let bend = demand.slope * b * b - supply.slope * s * s;
        let rise = b * (demand.at(from[0]) + (from[0] - t) * demand.slope)
            - s * (supply.at(from[1]) - (t - from[1]) * supply.slope);
        let part =
            if bend < 0.0 { (rise / (-2.0 * bend)).clamp(0.0, 1.0) } else { f64::from(u8::from(rise > 0.0)) };
        candidates.push(between(*from, to, part));
    }
    candidates.into_iter().map(|point| (point, profit(point))).max_by(|one, other| one.1.total_cmp(&other.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn member() -> impl Strategy<Value = Member> {
        (0.0..60.0, 0.2..4.0, 0.0..40.0, prop_oneof![Just(0.0), 0.0..30.0])
            .prop_map(|(worth, fall, most, generation)| Member { worth, fall, most, generation })
    }

    #[test]
    fn no_prices_within_the_tariffs_leave_the_operator_more() {
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(300));
        let game = (prop::collection::vec(member(), 1..8), 10.0..30.0, 0.0..10.0);
        proptest!(config, |((members, import, export) in game)| {
            let game = Stackelberg { members, import, export };
            let led = game.equilibrium();
            prop_assert!(export <= led.sell && led.sell <= led.buy + 1e-9 && led.buy <= import);
            prop_assert!(led.profit >= -1e-9);
            for (payoff, alone) in led.payoffs.iter().zip(game.alone()) {
                prop_assert!(*payoff >= alone - 1e-9);
            }
            for b in 0..=60 {
                for s in 0..=b {
                    let price = |step: i32| export + (import - export) * f64::from(step) / 60.0;
                    let tried = game.respond(price(b), price(s)).profit;
                    prop_assert!(tried <= led.profit + 1e-9, "{tried} at {b} {s}, not {led:?}");
                }
            }
        });
    }

    #[test]
    fn a_buyer_alone_leaves_the_operator_nothing_and_prices_stay_within_the_tariffs() {
        let buyer = Member { worth: 57.38567392101735, fall: 0.2, most: 35.668512454648734, generation: 0.0 };
        let game = Stackelberg { members: vec![buyer], import: 25.8134041144683, export: 5.624142777061456 };
        let led = game.equilibrium();
        assert!(led.buy <= game.import && led.sell >= game.export && led.profit.abs() < 1e-9, "{led:?}");
    }

    #[test]
    fn a_member_responds_with_what_is_best_for_it() {
        let prices = (0.0..30.0, 0.0..1.0);
        proptest!(|(member in member(), (buy, part) in prices, other in 0.0..1.0)| {
            let sell = buy * part;
            let game = Stackelberg { members: vec![member], import: buy, export: sell };
            let payoff = game.respond(buy, sell).payoffs[0];
            let consumed = other * member.most;
            let net = consumed - member.generation;
            let tried = member.utility(consumed) - if net > 0.0 { buy } else { sell } * net;
            prop_assert!(tried <= payoff + 1e-9);
        });
    }

    #[test]
    fn the_closed_form_is_what_the_search_finds() {
        // Buyers would pay 30 or more for all they could buy between 6 and 30, sellers ask 6 or less.
        let buyer = (31.0..40.0, 0.2..3.0, 0.0..5.0)
            .prop_map(|(marginal, fall, generation)| (marginal + fall * generation, fall, generation));
        let seller = (30.0..40.0, 0.2..3.0, 0.0..6.0)
            .prop_map(|(worth, fall, marginal)| (worth, fall, (worth - marginal) / fall));
        let of = |(worth, fall, generation): &(f64, f64, f64)| Member {
            worth: *worth,
            fall: *fall,
            most: worth / fall,
            generation: *generation,
        };
        let sides = (prop::collection::vec(buyer, 1..6), prop::collection::vec(seller, 1..6));
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(1_000));
        let seen = std::cell::Cell::new(0);
        proptest!(config, |((buyers, sellers) in sides)| {
            let members = buyers.iter().chain(&sellers).map(of).collect();
            let game = Stackelberg { members, import: 30.0, export: 6.0 };
            if let Some([buy, sell]) = game.closed_form() {
                let led = game.equilibrium();
                let apart = (led.buy - buy).abs().max((led.sell - sell).abs());
                prop_assert!(apart < 1e-9, "{led:?} {buy} {sell}");
                seen.set(seen.get() + 1);
            }
        });
        assert!(seen.get() > 200, "{}", seen.get());
    }

    #[test]
    fn a_role_that_prices_may_change_has_no_closed_form() {
        let member = |worth: f64| Member { worth, fall: 1.0, most: 60.0, generation: 10.0 };
        let game = |worths: [f64; 2]| Stackelberg {
            members: worths.map(member).to_vec(),
            import: 30.0,
            export: 6.0,
        };
        assert!(game([41.0, 16.0]).closed_form().is_none(), "31 and 6: the second does not consume at 30");
        assert!(game([41.0, 26.0]).closed_form().is_none(), "16: it may buy or sell");
        assert!(game([41.0, 41.0]).closed_form().is_none(), "nobody sells");
    }
}
