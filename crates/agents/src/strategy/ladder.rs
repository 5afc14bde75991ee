//! The default: self-consumption by rule, and a limit that climbs down as delivery approaches.
//!
//! Of h open intervals the farthest is bid for at the favourable end (what the other side would like least), the
//! nearest at the reservation, those between on a straight line: a buyer's limit for the interval k places ahead is
//! least + (most − least)·(h − 1 − k)/(h − 1), a seller's mirrors it. Early rounds can so only gain, late ones still
//! trade. The same idea: the "linear" agents of lemlab and the rate-changing agents of grid-singularity.

use super::{Need, Situation, Strategy};
use crate::{Intent, Random};
use market::{Price, Side};

/// The linear price ladder.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ladder;

impl Ladder {
    /// The limit for a need among `open` intervals; rounded toward the favourable end.
    #[must_use]
    pub fn limit(need: &Need, open: usize) -> Price {
        let (steps, whole) =
            (open.saturating_sub(1).saturating_sub(need.ahead) as i64, open.max(2) as i64 - 1);
        let steps = if open <= 1 { 1 } else { steps };
        Price(need.favourable.0 + (need.reservation.0 - need.favourable.0) * steps / whole)
    }
}

impl Strategy for Ladder {
    fn name(&self) -> &'static str {
        "ladder"
    }

    fn orders(&mut self, situation: &Situation<'_>, _: &mut Random, orders: &mut Vec<Intent>) {
        let open = situation.outlook.open;
        for need in situation.needs() {
            let need = situation.prudent(need);
            if need.energy > 0 {
                orders.push(need.at(Self::limit(&need, open), situation.outlook));
            }
        }
    }
}

impl Situation<'_> {
    /// The need at the quantity that costs least on average where the forecast errs: the newsvendor's quantile.
    ///
    /// Buying q at p when the net import turns out x: too little costs `most − p` per Wh, too much `p − least`. The
    /// best q is the quantile u = (most − p)/(most − least) of x (Arrow, Harris and Marschak 1951). Selling q at p,
    /// too little costs `p − least` per Wh and too much `s − p`, where s is the supplier's price with all fees at which
    /// what is missing must be bought: u = (p − least)/(s − least). For an error with the Laplace distribution of mean
    /// absolute error b, q = x̂ − b·sgn(u − ½)·ln(1 − 2|u − ½|) upwards. u is held between 0.05 and 0.95.
    #[must_use]
    pub fn prudent(&self, need: Need) -> Need {
        let Some(market) = &self.outlook.markets[need.carrier as usize] else { return need };
        if need.carrier != market::Carrier::Electricity || self.error <= 0.0 {
            return need;
        }
        let Some(expected) = market.expected() else { return need };
        let (most, least) = (market.most(need.ahead).0 as f64, market.least(need.ahead).0 as f64);
        if most <= least {
            return need;
        }
        let expected = expected.0 as f64;
        // What is sold but missing is bought from the supplier with full fees.
        let dearest = (market.prices(need.ahead).import + market.fees.supplier).0 as f64;
        let quantile = match need.side {
            Side::Buy => (most - expected) / (most - least),
            Side::Sell => (expected - least) / (dearest - least),
        };
        let quantile = quantile.clamp(0.05, 0.95);
        let off = quantile - 0.5;
        let shift = -self.error * libm::log(1.0 - 2.0 * off.abs());
        let shift = if off < 0.0 { -shift } else { shift };
        Need { energy: need.energy + shift as i64, ..need }
    }
}
