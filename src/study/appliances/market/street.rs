//! What the street bought, sold and used, from the market's postings and the meters.

use market::{Carrier, Energy, Event, PostingKind, Side, Sink};
use sim::{Lived, Observer, Scenario};

/// Adds up while the street lives. Energies of electricity in Wh.
#[derive(Debug)]
pub(super) struct Street {
    /// Members with machines.
    owners: Vec<usize>,
    /// Intervals in a day, and those before the last day, in which nobody asks.
    per_day: u64,
    counted: u64,
    /// Bought from neighbours and taken.
    pub(super) from_neighbours: Energy,
    pub(super) from_supplier: Energy,
    pub(super) to_supplier: Energy,
    /// Given by the roofs.
    pub(super) generated: Energy,
    /// The most that all members together took in an interval, less what they gave.
    pub(super) street_peak: Energy,
    /// By day and owner, the most taken in an interval.
    peaks: Vec<Energy>,
    /// Machines that started.
    pub(super) runs: i64,
    /// How long they had waited, intervals.
    pub(super) waited: i64,
}

impl Street {
    pub(super) fn new(scenario: &Scenario, owners: Vec<usize>, days: u32) -> Self {
        let per_day = scenario.span.per_day();
        Self {
            peaks: vec![Energy::ZERO; owners.len() * days as usize],
            owners,
            per_day,
            counted: u64::from(days) * per_day,
            from_neighbours: Energy::ZERO,
            from_supplier: Energy::ZERO,
            to_supplier: Energy::ZERO,
            generated: Energy::ZERO,
            street_peak: Energy::ZERO,
            runs: 0,
            waited: 0,
        }
    }

    /// Mean over owners and days of the day's highest import in an interval, Wh.
    pub(super) fn home_peak(&self) -> f64 {
        self.peaks.iter().map(|peak| peak.0 as f64).sum::<f64>() / self.peaks.len() as f64
    }
}

impl Sink for Street {
    fn event(&mut self, event: Event) {
        let Event::Posted(posting) = event else { return };
        // What a meter counted is what was traded, less what was not taken of it, and the supplier's beyond (law S1).
        match (posting.kind, posting.side) {
            (PostingKind::Trade, Some(Side::Buy)) => self.from_neighbours += posting.energy,
            (PostingKind::Imbalance, Some(Side::Sell)) => self.from_neighbours -= posting.energy,
            (PostingKind::Supply, Some(Side::Buy)) => self.from_supplier += posting.energy,
            (PostingKind::Supply, Some(Side::Sell)) => self.to_supplier += posting.energy,
            _ => {}
        }
    }
}

impl Observer for Street {
    fn interval(&mut self, lived: &Lived<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let balance = |member: usize| lived.deliveries[member].of(Carrier::Electricity);
        let net = (0..lived.deliveries.len()).map(|member| balance(member).net()).sum();
        self.street_peak = self.street_peak.max(Energy(net));
        for (member, delivery) in lived.deliveries.iter().enumerate() {
            self.generated += Energy(balance(member).generation);
            self.runs += delivery.started;
            self.waited += delivery.waited;
        }
        if lived.step < self.counted {
            let today = (lived.step / self.per_day) as usize * self.owners.len();
            for (peak, owner) in self.peaks[today..].iter_mut().zip(&self.owners) {
                *peak = (*peak).max(Energy(balance(*owner).import));
            }
        }
        Ok(())
    }
}
