//! The seam for whoever watches a run: reports, progress bars, tests.

use crate::CoupledClearing;
use agents::Delivery;
use market::{
    Agreed, Bill, Book, Carrier, DeliveryInterval, Energy, Event, Money, Position, Prices, Sink, Tariff,
};

/// What a tariff is in an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Its fees and levies.
    pub tariff: Tariff,
    /// Value added tax on what the member pays, parts per million.
    pub vat: u32,
    /// What it charges and pays for energy.
    pub prices: Prices,
}

impl Terms {
    /// What energy costs with the supplier alone, n€; negative where it earns.
    #[must_use]
    pub fn alone(&self, import: Energy, export: Energy) -> Money {
        let agreed = Agreed { vat: self.vat, ..Agreed::default() };
        let (position, prices, tariff) = (Position::default(), self.prices, &self.tariff);
        Bill { position, import, export, prices, tariff, agreed }.total()
    }

    /// The same where either energy may be negative, as in a correction.
    #[must_use]
    pub fn changed(&self, import: Energy, export: Energy) -> Money {
        let positive = |energy: i64| Energy(energy.max(0));
        self.alone(positive(import.0), positive(export.0))
            - self.alone(positive(-import.0), positive(-export.0))
    }
}

/// A delivery interval that is over and settled.
#[derive(Clone, Copy, Debug)]
pub struct Lived<'a> {
    /// Its number in the run, from 0.
    pub step: u64,
    /// When it was.
    pub interval: DeliveryInterval,
    /// The supplier's terms in it, by tariff.
    pub terms: &'a [Terms],
    /// What each member's devices did, in the order of members.
    pub deliveries: &'a [Delivery],
}

/// Hears every event of the market ([`Sink`]), sees every book before its clearing and every interval when it is over.
pub trait Observer: Sink {
    /// A book as it is about to be cleared.
    fn book(&mut self, _carrier: Carrier, _interval: DeliveryInterval, _book: &Book) {}

    /// Several carriers are about to be cleared together; their books have been shown.
    fn coupled(&mut self, _clearing: &CoupledClearing) {}

    /// An interval is settled.
    ///
    /// # Errors
    /// What the observer could not do; it ends the run.
    fn interval(&mut self, _lived: &Lived<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(())
    }

    /// A settled interval's bills were corrected; the terms are those of the interval.
    ///
    /// # Errors
    /// What the observer could not do; it ends the run.
    fn resettled(
        &mut self,
        _carrier: Carrier,
        _interval: DeliveryInterval,
        _terms: &[Terms],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(())
    }
}

/// Watches nothing.
impl Observer for () {}

/// Two observers as one; the first hears first.
#[derive(Debug)]
pub struct Both<A, B>(pub A, pub B);

impl<A: Sink, B: Sink> Sink for Both<A, B> {
    fn event(&mut self, event: Event) {
        self.0.event(event);
        self.1.event(event);
    }
}

impl<A: Observer, B: Observer> Observer for Both<A, B> {
    fn book(&mut self, carrier: Carrier, interval: DeliveryInterval, book: &Book) {
        self.0.book(carrier, interval, book);
        self.1.book(carrier, interval, book);
    }

    fn coupled(&mut self, clearing: &CoupledClearing) {
        self.0.coupled(clearing);
        self.1.coupled(clearing);
    }

    fn interval(&mut self, lived: &Lived<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.interval(lived)?;
        self.1.interval(lived)
    }

    fn resettled(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        terms: &[Terms],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.resettled(carrier, interval, terms)?;
        self.1.resettled(carrier, interval, terms)
    }
}
