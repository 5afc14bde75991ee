//! What a schedule came to, and how much each part of that matters.

use super::{Home, Invalid, Records};
use agents::Random;

/// The three objectives of a day; less is better.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// What the runs cost, €: the day's energy less what it would have cost without them.
    pub cost: f64,
    /// Highest power drawn from the grid in any slot, W, ≥ 0.
    pub peak: f64,
    /// Time waited beyond the requests, h, summed over appliances.
    pub delay: f64,
}

/// How much a household minds cost, peak and delay: a point of the simplex.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preference {
    /// Weight of cost, ≥ 0.
    pub cost: f64,
    /// Weight of the peak, ≥ 0.
    pub peak: f64,
    /// Weight of delay, ≥ 0; the three sum to 1.
    pub delay: f64,
}

/// What counts as much as one unit of each objective: mean cost and peak of starting everything at once, and the
/// mean time that could be waited. Computed once per home and tariff from its training days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// €, > 0.
    pub cost: f64,
    /// W, > 0.
    pub peak: f64,
    /// h, > 0.
    pub delay: f64,
}

/// Draws of requests per recorded day from which scales are taken.
const DRAWS: usize = 32;

impl Scales {
    /// The scales of a home over recorded days, each with requests drawn 32 times.
    pub fn of(home: &Home, records: &Records, seed: u64) -> Result<Self, Invalid> {
        home.check()?;
        records.fits(home)?;
        let mut random = Random::of(seed, "scales");
        let mut sum = Self { cost: 0.0, peak: 0.0, delay: 0.0 };
        for day in (0..records.days()).flat_map(|day| [day; DRAWS]) {
            let day = records.draw(day, home, &mut random);
            let starts: Vec<_> =
                day.requests.iter().map(|request| request.map(|request| request.requested)).collect();
            let outcome = day.outcome(home, &starts);
            sum.cost += outcome.cost;
            sum.peak += outcome.peak;
            let slots: usize =
                day.requests.iter().flatten().map(|request| request.latest - request.requested).sum();
            sum.delay += slots as f64 * home.hours;
        }
        let days = (records.days() * DRAWS) as f64;
        let positive = |objective, sum: f64, unit| {
            let mean = sum / days;
            if mean > 0.0 { Ok(mean) } else { Err(Invalid::Scale { objective, mean, unit }) }
        };
        Ok(Self {
            cost: positive("cost", sum.cost, "€")?,
            peak: positive("peak", sum.peak, "W")?,
            delay: positive("time to wait", sum.delay, "h")?,
        })
    }
}

impl Preference {
    /// The loss of an outcome, Σ wᵢ oᵢ / sᵢ: what every scheduler is to make small. Its negative is the utility.
    #[must_use]
    pub fn loss(&self, outcome: &Outcome, scales: &Scales) -> f64 {
        self.cost * outcome.cost / scales.cost
            + self.peak * outcome.peak / scales.peak
            + self.delay * outcome.delay / scales.delay
    }

    /// The grid of preferences with steps of 1/n: (n + 1)(n + 2)/2 points, corners included, cost changing last.
    #[must_use]
    pub fn grid(n: usize) -> Vec<Self> {
        let part = |count: usize| count as f64 / n as f64;
        let points = (0..=n).flat_map(|cost| (0..=n - cost).map(move |peak| (cost, peak)));
        points
            .map(|(cost, peak)| Self { cost: part(cost), peak: part(peak), delay: part(n - cost - peak) })
            .collect()
    }
}
