//! A storage power plant: a reservoir above a turbine.

use crate::impossible::{GIGA, within, within_whole};
use crate::{Impossible, Ratio, Series};

/// What a storage power plant is like. Gives electricity; state: the water in the reservoir, counted as the potential
/// energy ρ g · volume · head of its water above the turbine (1 m³ over 100 m is 272 Wh). The head is taken as constant.
#[derive(Clone, Debug)]
pub struct ReservoirDescription {
    /// Usable volume, m³, > 0.
    pub volume: i64,
    /// Height of the water above the turbine, m, 0.5 to 2 000.
    pub head: f64,
    /// Flow through the turbine at full power, l/s, > 0.
    pub design_flow: i64,
    /// Flow below which the turbine stops, l/s.
    pub minimum_flow: i64,
    /// Flow left to the river bed past the turbine as long as there is water, l/s, ≥ 0.
    pub residual_flow: i64,
    /// Electricity per potential energy, 0.3 to 0.95.
    pub efficiency: f64,
    /// Water that flows in, mean over each interval, l/s, ≥ 0.
    pub inflow: Series,
    /// Level at the beginning, as part of the volume, 0 to 1.
    pub initial: f64,
    /// Level that it returns to within a day where nobody asks for more or less, as part of the volume, 0 to 1.
    pub target: f64,
}

/// A storage power plant. All energies but electricity are potential energies in Wh.
#[derive(Clone, Debug)]
pub struct Reservoir {
    /// Most it holds.
    pub capacity: i64,
    /// Held at the beginning.
    pub initial: i64,
    /// Most drawn through the turbine in one interval.
    pub most: i64,
    /// Least drawn through the turbine in one interval in which it runs.
    pub least: i64,
    /// Electricity per potential energy.
    pub efficiency: Ratio,
    residual: i64,
    target: i64,
    steps_per_day: i64,
    /// Wh per l/s held for one interval.
    per_flow: f64,
    inflow: Series,
}

/// What a reservoir did in one interval: level' = level + inflow − residual − spilled − electricity − lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// Level at the end.
    pub level: i64,
    /// Flowed in.
    pub inflow: i64,
    /// Left to the river bed.
    pub residual: i64,
    /// Ran over because the reservoir was full.
    pub spilled: i64,
    /// Electricity given, Wh.
    pub electricity: i64,
    /// Lost in pipe, turbine and generator.
    pub lost: i64,
}

impl Reservoir {
    /// `duration`: of an interval, s.
    pub fn new(is: ReservoirDescription, duration: u32) -> Result<Self, Impossible> {
        const NAME: &str = "reservoir";
        within_whole(NAME, "volume", is.volume, (1, GIGA), "m³")?;
        within(NAME, "head", is.head, (0.5, 2_000.0), "m")?;
        within_whole(NAME, "design flow", is.design_flow, (1, 1_000_000), "l/s")?;
        within_whole(NAME, "minimum flow", is.minimum_flow, (0, is.design_flow), "l/s")?;
        within_whole(NAME, "residual flow", is.residual_flow, (0, 1_000_000), "l/s")?;
        within(NAME, "efficiency", is.efficiency, (0.3, 0.95), "")?;
        within(NAME, "initial level", is.initial, (0.0, 1.0), "")?;
        within(NAME, "target level", is.target, (0.0, 1.0), "")?;
        let (least, most) = is.inflow.bounds().unwrap_or_default();
        within_whole(NAME, "inflow", least, (0, 100_000_000), "l/s")?;
        within_whole(NAME, "inflow", most, (0, 100_000_000), "l/s")?;
        let per_litre = 9.806_65 * is.head / 3_600.0;
        let per_flow = per_litre * f64::from(duration);
        let capacity = is.volume as f64 * 1e3 * per_litre;
        within(NAME, "stored energy", capacity, (1.0, 1e12), "Wh")?;
        let capacity = capacity as i64;
        Ok(Self {
            capacity,
            initial: Ratio::nearest(is.initial).of(capacity),
            most: (is.design_flow as f64 * per_flow) as i64,
            least: (is.minimum_flow as f64 * per_flow) as i64,
            efficiency: Ratio::nearest(is.efficiency),
            residual: (is.residual_flow as f64 * per_flow) as i64,
            target: Ratio::nearest(is.target).of(capacity),
            steps_per_day: i64::from(86_400 / duration.max(1)).max(1),
            per_flow,
            inflow: is.inflow,
        })
    }

    /// Potential energy left to the river bed in an interval as long as there is water, Wh.
    #[must_use]
    pub fn residual(&self) -> i64 {
        self.residual
    }

    /// Potential energy of the level that it returns to, Wh.
    #[must_use]
    pub fn target(&self) -> i64 {
        self.target
    }

    /// Potential energy that flows in during a step, Wh, ≥ 0.
    #[must_use]
    pub fn inflow(&self, step: i64) -> i64 {
        (self.inflow.at(step) as f64 * self.per_flow) as i64
    }

    /// Most electricity in one interval from a level with an inflow, Wh.
    #[must_use]
    pub fn most_electricity(&self, level: i64, inflow: i64) -> i64 {
        self.efficiency.of(self.turned(level, inflow, self.most))
    }

    /// Electricity where nobody asks for more, Wh: what flows in and a day's part of what the level is off its target,
    /// and whatever would run over.
    #[must_use]
    pub fn even(&self, level: i64, inflow: i64) -> i64 {
        let there = level + inflow;
        let net = inflow - self.residual.min(there);
        let even = net + (level - self.target) / self.steps_per_day;
        let over = there - self.residual.min(there) - self.capacity;
        self.efficiency.of(self.turned(level, inflow, even.max(over)))
    }

    /// One interval from `level` on with an `inflow`, asked for electricity: it gives as much as water and turbine allow.
    /// 0 ≤ level ≤ capacity throughout.
    #[must_use]
    pub fn advance(&self, level: i64, inflow: i64, electricity: i64) -> Released {
        let drawn = self.turned(level, inflow, self.efficiency.input_for(electricity.max(0)));
        let given = self.efficiency.of(drawn);
        let residual = self.residual.min(level + inflow);
        let rest = level + inflow - residual - drawn;
        let spilled = (rest - self.capacity).max(0);
        Released { level: rest - spilled, inflow, residual, spilled, electricity: given, lost: drawn - given }
    }

    /// What the turbine draws where `asked` is wanted: within its limits and what is there, or nothing.
    fn turned(&self, level: i64, inflow: i64, asked: i64) -> i64 {
        let there = level + inflow;
        let most = self.most.min(there - self.residual.min(there));
        if asked <= 0 || most < self.least { 0 } else { asked.clamp(self.least, most) }
    }

    pub(crate) fn series(&self) -> &Series {
        &self.inflow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lake(inflow: Series) -> ReservoirDescription {
        ReservoirDescription {
            volume: 1_000,
            head: 36.709_783_7, // 0.1 Wh per litre
            design_flow: 50,
            minimum_flow: 10,
            residual_flow: 1,
            efficiency: 0.8,
            inflow,
            initial: 0.5,
            target: 0.5,
        }
    }

    #[test]
    fn a_lake_passes_on_what_flows_in_and_gives_more_on_demand() {
        let lake = Reservoir::new(lake(Series::constant(21, 0..9)), 3_600).unwrap();
        // 1 000 m³ are 100 kWh; an hour of 1 l/s is 360 Wh.
        assert_eq!((lake.capacity, lake.initial, lake.most, lake.least), (100_000, 50_000, 18_000, 3_600));
        let inflow = lake.inflow(0);
        // 21 l/s less 1 l/s past the turbine: 7 200 Wh, at 80 %.
        assert_eq!((inflow, lake.even(50_000, inflow)), (7_560, 5_760));
        let even = lake.advance(50_000, inflow, 5_760);
        assert_eq!((even.level, even.electricity, even.lost, even.residual), (50_000, 5_760, 1_440, 360));
        // Full power: 18 000 Wh at 80 %.
        let full = lake.advance(50_000, inflow, 99_000);
        assert_eq!((full.electricity, full.level), (14_400, 39_200));
        // 24 kWh above the target: a twenty-fourth of it an hour.
        assert_eq!(lake.even(74_000, inflow), 6_560);
        // Full: what would run over goes through the turbine, and only the rest is spilled.
        let flood = lake.advance(100_000, 30_000, lake.even(100_000, 30_000));
        assert_eq!((flood.electricity, flood.spilled, flood.level), (14_400, 11_640, 100_000));
    }

    #[test]
    fn more_than_the_fall_of_the_water_cannot_come_out() {
        let perfect = ReservoirDescription { efficiency: 1.2, ..lake(Series::constant(21, 0..9)) };
        let error = Reservoir::new(perfect, 900).unwrap_err().to_string();
        assert_eq!(error, "reservoir: efficiency = 1.2  is outside the allowed 0.3 to 0.95 ");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

        #[test]
        fn a_reservoir_neither_creates_nor_loses_a_watt_hour(
            volume in 1_i64..100_000, head in 0.5..300.0, design_flow in 1_i64..5_000, part in 0.0..=1.0,
            residual_flow in 0_i64..500, efficiency in 0.3..=0.95, at in 0.0..=1.0,
            asked in proptest::collection::vec((0_i32..3_000, -10_000_i64..1_000_000), 1..8),
        ) {
            let inflow = Series::new(asked.iter().map(|(flow, _)| *flow).collect(), 0);
            let minimum_flow = (design_flow as f64 * part) as i64;
            let lake = ReservoirDescription { volume, head, design_flow, minimum_flow, residual_flow, efficiency,
                inflow, initial: at, target: part };
            let Ok(lake) = Reservoir::new(lake, 900) else { return Ok(()) };
            let mut level = lake.initial;
            for (step, (_, electricity)) in (0..).zip(asked) {
                let inflow = lake.inflow(step);
                let even = lake.even(level, inflow);
                let done = lake.advance(level, inflow, electricity.max(even));
                prop_assert_eq!(done.level,
                    level + inflow - done.residual - done.spilled - done.electricity - done.lost);
                prop_assert!(0 <= done.level && done.level <= lake.capacity, "S10: {:?}", done);
                prop_assert!(done.residual >= 0 && done.spilled >= 0 && done.electricity >= 0 && done.lost >= 0);
                prop_assert!(done.electricity >= even && done.electricity <= lake.most_electricity(level, inflow));
                prop_assert!(done.electricity + done.lost <= lake.most);
                // It does not run over while the turbine could take more.
                prop_assert!(done.spilled == 0 || done.electricity + 2 >= lake.most_electricity(level, inflow));
                level = done.level;
            }
        }
    }
}
