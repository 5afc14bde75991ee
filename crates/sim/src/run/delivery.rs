//! The end of a delivery interval: devices act, meters report, bills are settled.

use super::{RunError, Running};
use crate::roll::Point;
use market::{Carrier, Claim, Command, DeliveryInterval, Energy, Position, Prices, Reading, TariffId};

impl Running<'_> {
    pub(super) fn deliver(&mut self, step: u64) -> Result<(), RunError> {
        let interval = self.interval(step);
        self.tick(interval.end())?;
        self.deliveries.clear();
        for (member, (prosumer, points)) in self.prosumers.iter_mut().zip(&self.roll.points).enumerate() {
            let state = self.ledger.state();
            let contract = points.map(|point| {
                let position = point.and_then(|point| state.position(point.meter, interval));
                position.map_or(Energy::ZERO, |position| position.bought - position.sold)
            });
            let commitment = self.offered.commitment(interval, member);
            self.deliveries.push(prosumer.deliver_committed(step as i64, &contract, &commitment));
        }
        self.offered.forget(interval);
        for member in 0..self.deliveries.len() {
            for carrier in Carrier::ALL {
                let Some(point) = self.roll.points[member][carrier as usize] else { continue };
                let balance = *self.deliveries[member].of(carrier);
                let sequence = &mut self.sequences[point.meter.0 as usize];
                *sequence += 1;
                let reading = Reading {
                    meter: point.meter,
                    interval,
                    import: Energy(balance.import),
                    export: Energy(balance.export),
                    sequence: *sequence,
                };
                self.must(Command::Read(reading), Some(member))?;
            }
        }
        let prices = self.prices_of(interval);
        for market in &self.scenario.community.markets {
            let metered = self.ledger.state().delivery(market.carrier, interval).is_some();
            if metered && market.rule.shares_metered() {
                let contracts = self.positions(market.carrier, interval);
                let claim = Claim::Metered;
                self.must(Command::Clear { carrier: market.carrier, interval, claim }, None)?;
                let after = self.positions(market.carrier, interval);
                for (member, (before, after)) in contracts.into_iter().zip(after).enumerate() {
                    self.tally.shared(member, market.carrier, before, after);
                }
            }
            self.account(market.carrier, interval, &prices);
            if !self.ledger.state().connected(market.carrier).is_empty() {
                self.must(Command::Settle { carrier: market.carrier, interval }, None)?;
            }
        }
        let last = step + 1 == self.scenario.span.intervals();
        if last || (step + 1).is_multiple_of(u64::from(self.scenario.checkpoint_every)) {
            let root = self.ledger.root();
            self.must(Command::Checkpoint { root }, None)?;
        }
        self.observer
            .interval(&crate::Lived { step, interval, prices: &prices, deliveries: &self.deliveries })
            .map_err(RunError::Observer)?;
        if (step + 1).is_multiple_of(u64::from(self.scenario.commit_every)) {
            self.ledger.commit()?;
        }
        Ok(())
    }

    /// What each tariff charges and pays in an interval.
    fn prices_of(&self, interval: DeliveryInterval) -> Vec<Prices> {
        let state = self.ledger.state();
        let tariffs = 0..self.scenario.community.tariffs.len();
        tariffs.map(|tariff| state.prices(TariffId(tariff as u16), interval).unwrap_or_default()).collect()
    }

    /// Every member's position; nothing where it has no metering point of the carrier.
    fn positions(&self, carrier: Carrier, interval: DeliveryInterval) -> Vec<Position> {
        let delivery = self.ledger.state().delivery(carrier, interval);
        let of_member =
            |points: &[Option<Point>; 3]| delivery?.position(points[carrier as usize]?.place).copied();
        self.roll.points.iter().map(|points| of_member(points).unwrap_or_default()).collect()
    }

    /// Tells the tally what each member's interval costs at the supplier's tariff.
    fn account(&mut self, carrier: Carrier, interval: DeliveryInterval, prices: &[Prices]) {
        let Some(delivery) = self.ledger.state().delivery(carrier, interval) else { return };
        for (member, points) in self.roll.points.iter().enumerate() {
            let Some(point) = points[carrier as usize] else { continue };
            let balance = self.deliveries[member].of(carrier);
            let tariff = usize::from(point.tariff.0);
            let terms = (&self.scenario.community.tariffs[tariff], prices[tariff]);
            let flows = (Energy(balance.import), Energy(balance.export));
            self.tally.metered(member, carrier, flows, delivery.position(point.place), terms);
        }
    }
}
