//! The end of a delivery interval: devices act, meters report, bills are settled.

use super::{RunError, Running};
use crate::Terms;
use crate::roll::Point;
use market::{Carrier, Claim, Command, DeliveryInterval, Energy, Position, TariffId};

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
        self.report(step, interval)?;
        self.unsettled.push_back((step, std::mem::take(&mut self.deliveries)));
        self.settle_until(step)?;
        self.correct(step)?;
        let last = step + 1 == self.scenario.span.intervals();
        if last || (step + 1).is_multiple_of(u64::from(self.scenario.checkpoint_every)) {
            let root = self.ledger.root();
            self.must(Command::Checkpoint { root }, None)?;
        }
        if (step + 1).is_multiple_of(u64::from(self.scenario.commit_every)) {
            self.ledger.commit()?;
        }
        Ok(())
    }

    /// Settles what has waited for its readings as long as is agreed, at the end of `step`.
    fn settle_until(&mut self, step: u64) -> Result<(), RunError> {
        while let Some((first, deliveries)) = self.unsettled.pop_front() {
            if first + self.wait > step {
                self.unsettled.push_front((first, deliveries));
                break;
            }
            self.deliveries = deliveries;
            self.settle(first)?;
        }
        Ok(())
    }

    /// Settles what is left after the last interval, and takes the readings that are still under way.
    pub(super) fn close(&mut self) -> Result<(), RunError> {
        let intervals = self.scenario.span.intervals();
        let mut steps = self.late_steps();
        steps.extend(self.unsettled.iter().map(|(step, _)| step + self.wait));
        steps.sort_unstable();
        steps.dedup();
        let any = !steps.is_empty();
        for step in steps {
            self.tick(self.interval(step.max(intervals - 1)).end())?;
            self.settle_until(step)?;
            self.correct(step)?;
        }
        if any {
            let root = self.ledger.root();
            self.must(Command::Checkpoint { root }, None)?;
        }
        Ok(())
    }

    fn settle(&mut self, step: u64) -> Result<(), RunError> {
        let interval = self.interval(step);
        let terms = self.terms_of(interval);
        for market in &self.scenario.community.markets {
            let carrier = market.carrier;
            let metered = self.ledger.state().delivery(carrier, interval).is_some();
            if metered && market.rule.shares_metered() {
                let contracts = self.positions(carrier, interval);
                let claim = Claim::Metered;
                self.must(Command::Clear { carrier, interval, claim }, None)?;
                let after = self.positions(carrier, interval);
                for (member, (before, after)) in contracts.into_iter().zip(after).enumerate() {
                    for (before, after) in before.into_iter().zip(after) {
                        self.tally.shared(member, carrier, before, after);
                    }
                }
            }
            let positions = self.positions(carrier, interval);
            if !self.ledger.state().connected(carrier).is_empty() {
                self.must(Command::Settle { carrier, interval }, None)?;
            }
            self.account(carrier, &positions, &terms);
        }
        self.tally.delivered(&self.deliveries);
        self.observer
            .interval(&crate::Lived { step, interval, terms: &terms, deliveries: &self.deliveries })
            .map_err(RunError::Observer)
    }

    /// What each tariff is, charges and pays in an interval.
    fn terms_of(&self, interval: DeliveryInterval) -> Vec<Terms> {
        let state = self.ledger.state();
        let of = |tariff: u16| {
            let tariff = TariffId(tariff);
            let version = state.tariff(tariff, interval).ok()?;
            let prices = state.prices(tariff, interval).unwrap_or_default();
            Some(Terms { tariff: version.tariff.clone(), vat: version.vat, prices })
        };
        (0..self.scenario.community.tariffs.len()).map_while(|tariff| of(tariff as u16)).collect()
    }

    /// Every member's positions: of its metering point, and of its share of another's; nothing where it has none.
    fn positions(&self, carrier: Carrier, interval: DeliveryInterval) -> Vec<[Position; 2]> {
        let delivery = self.ledger.state().delivery(carrier, interval);
        let of = |point: Option<Point>| delivery?.position(point?.place).copied();
        let own = self.roll.points.iter().map(|points| points[carrier as usize]);
        let share = |share: Option<Point>| share.filter(|_| carrier == Carrier::Electricity);
        let both = own.zip(&self.roll.shares).map(|(own, other)| [own, share(*other)]);
        both.map(|points| points.map(|point| of(point).unwrap_or_default())).collect()
    }

    /// Tells the tally what each member's settled interval costs at the supplier's tariff.
    fn account(&mut self, carrier: Carrier, positions: &[[Position; 2]], terms: &[Terms]) {
        for (member, positions) in positions.iter().enumerate() {
            let share = self.roll.shares[member].filter(|_| carrier == Carrier::Electricity);
            let points = [self.roll.points[member][carrier as usize], share];
            for (point, position) in points.into_iter().zip(positions) {
                let Some(point) = point else { continue };
                let terms = &terms[usize::from(point.tariff.0)];
                self.tally.metered(member, carrier, point.meter, position, terms);
            }
        }
    }

    /// Tells the tally and the observer what corrections changed.
    pub(super) fn resettled(&mut self, carrier: Carrier, interval: DeliveryInterval) -> Result<(), RunError> {
        let terms = self.terms_of(interval);
        self.account(carrier, &vec![[Position::default(); 2]; self.roll.points.len()], &terms);
        self.observer.resettled(carrier, interval, &terms).map_err(RunError::Observer)
    }
}
