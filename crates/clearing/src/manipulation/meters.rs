//! Lies in readings: what rules on metered energy invite.

use super::{Gain, Gains, INVENTED, LESS, Lie, MORE, Trick, part};
use market::rule::{Allocation, Metered};
use market::{Agreed, Bill, Energy, Money, Position, Prices, Rejection, Side, Tariff};

/// A rule on metered energy.
pub type Share<'a> = dyn FnMut(&[Metered], &mut Vec<Allocation>) -> Result<(), Rejection> + 'a;

/// Metering points that share, and how.
pub struct Meters<'a> {
    /// Every metering point of the carrier.
    pub truth: &'a [Metered],
    /// What each of some metering points trades with the others; false names come last.
    pub share: &'a mut Share<'a>,
}

/// Whose readings lie, and on which terms.
#[derive(Clone, Copy, Debug)]
pub struct MeterPlayer<'a> {
    /// Its place among the metering points.
    pub place: usize,
    /// Its supplier's prices.
    pub prices: Prices,
    /// Its supplier's fees.
    pub tariff: &'a Tariff,
    /// Most it may take and give, under one name, Wh.
    pub capacity: [Energy; 2],
}

impl Meters<'_> {
    /// The best lies of one metering point.
    ///
    /// # Errors
    /// Where the rule is not one on metered energy.
    pub fn search(&mut self, player: &MeterPlayer<'_>) -> Result<Gains, Rejection> {
        let truth = self.truth[player.place];
        let honest = self.cost(player, &[truth])?;
        let mut gains = Gains::default();
        for (trick, lie, told) in lies(&truth) {
            let within = |name: &Metered| {
                name.import <= player.capacity[0].max(truth.import)
                    && name.export <= player.capacity[1].max(truth.export)
            };
            if !told.iter().all(within) {
                continue;
            }
            // Needs that are not met cost what meeting them through the supplier would have cost.
            let taken: Energy = told.iter().map(|name| name.import).sum();
            let unmet = Energy((truth.import - taken).0.max(0));
            let supply = player.prices.import + player.tariff.grid_fee + player.tariff.levy;
            let money = honest - self.cost(player, &told)? - unmet * supply;
            gains.keep(Gain { trick, money, energy: truth.import + truth.export, lie });
        }
        Ok(gains)
    }

    /// What the point pays if its readings are these, the first under its own name, n€.
    fn cost(&mut self, player: &MeterPlayer<'_>, told: &[Metered]) -> Result<Money, Rejection> {
        let mut meters = self.truth.to_vec();
        meters[player.place] = told[0];
        meters.extend(&told[1..]);
        let mut out = Vec::new();
        (self.share)(&meters, &mut out)?;
        let places = core::iter::once(player.place).chain(self.truth.len()..);
        let bill = |(place, name): (usize, &Metered)| {
            let Allocation { bought, sold, paid, received } = out[place];
            let position = Position::traded(bought, sold, paid, received);
            let Metered { import, export, .. } = *name;
            let MeterPlayer { prices, tariff, .. } = *player;
            Bill { position, import, export, prices, tariff, agreed: Agreed::default() }.total()
        };
        Ok(places.zip(told).map(bill).sum())
    }
}

fn lies(truth: &Metered) -> Vec<(Trick, Lie, Vec<Metered>)> {
    let mut lies = Vec::new();
    let flow = |side| if side == Side::Buy { truth.import } else { truth.export };
    let with = |side, energy| match side {
        Side::Buy => Metered { import: energy, ..*truth },
        Side::Sell => Metered { export: energy, ..*truth },
    };
    for side in Side::ALL.into_iter().filter(|side| !flow(*side).is_zero()) {
        let none = [(0, 1)];
        let less = none.iter().chain(&LESS).map(|factor| (Trick::Withholding, factor));
        // Nobody can give more than there is; taking more only wastes it.
        let more = MORE.iter().filter(|_| side == Side::Buy).map(|factor| (Trick::Quantity, factor));
        lies.extend(less.chain(more).map(|(trick, factor)| {
            let told = part(flow(side), *factor);
            (trick, Lie::Energy { side, told, truth: flow(side) }, vec![with(side, told)])
        }));
    }
    let side = if truth.import.0 >= truth.export.0 { Side::Buy } else { Side::Sell };
    for names in [2_u8, 3] {
        let each = |whole: i64| whole / i64::from(names);
        let rest = |whole: i64| whole - each(whole) * i64::from(names - 1);
        let divided = |of: &dyn Fn(i64) -> i64| Metered {
            import: Energy(of(truth.import.0)),
            export: Energy(of(truth.export.0)),
            share: of(truth.share.into()) as u32,
        };
        let mut told = vec![divided(&rest)];
        told.resize(names.into(), divided(&each));
        lies.push((Trick::FalseNames, Lie::Split { side, names, limit: None }, told));
    }
    // The same energy taken at the own point and given at another, or given at the own point and taken at another.
    for size in INVENTED {
        let energy = part(flow(side), size);
        let other = match side {
            Side::Buy => Metered { import: Energy::ZERO, export: energy, share: 0 },
            Side::Sell => Metered { import: energy, export: Energy::ZERO, share: 0 },
        };
        let told = vec![with(side, flow(side) + energy), other];
        lies.push((Trick::Wash, Lie::Circle { energy }, told));
    }
    lies
}
