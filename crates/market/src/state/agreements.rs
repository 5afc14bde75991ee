//! What was agreed after the founding: policies and tariffs in versions, each in force until the next begins.

use super::State;
use crate::{
    Agreement, Command, DeliveryInterval, ImbalancePolicy, MAX_PRICE, PPM, Price, Prices, Rejection,
    TariffId, TariffKind, TariffVersion, encoding, keccak256,
};
use alloc::vec::Vec;

/// Most agreements, and most versions of one tariff: a new one every month for eighty years.
const MAX_VERSIONS: usize = 1_000;
/// Longest grace and longest correction window, s: 400 days.
const MAX_WAIT: u32 = 400 * 86_400;

impl State {
    /// What is agreed for an interval on deviations, late readings and corrections; `None` before the first agreement:
    /// deviations are settled at each member's own tariff, nothing is substituted and nothing corrected.
    #[must_use]
    pub fn agreement(&self, interval: DeliveryInterval) -> Option<&Agreement> {
        in_force(&self.agreements, interval)
    }

    /// All agreements, in the order in which they come into force.
    #[must_use]
    pub fn agreements(&self) -> &[Agreement] {
        &self.agreements
    }

    /// What a tariff is in an interval.
    ///
    /// # Errors
    /// [`Rejection::UnknownTariff`].
    pub fn tariff(&self, id: TariffId, interval: DeliveryInterval) -> Result<&TariffVersion, Rejection> {
        let versions = self.tariffs.get(usize::from(id.0)).ok_or(Rejection::UnknownTariff)?;
        in_force(versions, interval).ok_or(Rejection::UnknownTariff)
    }

    /// What a tariff charges and pays for energy in an interval, before fees, n€/Wh.
    ///
    /// # Errors
    /// [`Rejection::UnknownTariff`]; [`Rejection::PriceUnknown`] where a dynamic price was not published.
    pub fn prices(&self, tariff: TariffId, interval: DeliveryInterval) -> Result<Prices, Rejection> {
        let terms = self.community().ok_or(Rejection::NotFounded)?;
        match &self.tariff(tariff, interval)?.tariff.kind {
            TariffKind::Flat(prices) => Ok(*prices),
            TariffKind::TimeOfUse(windows) => {
                let local = interval.start.saturating_add_signed(i64::from(terms.utc_offset));
                windows.iter().find(|window| window.covers(local)).map(|window| window.prices)
            }
            .ok_or(Rejection::PriceUnknown),
            TariffKind::Dynamic => self
                .published
                .get(usize::from(tariff.0))
                .and_then(|published| {
                    let step = interval.number().checked_sub(published.first)?;
                    published.prices.get(usize::try_from(step).ok()?).copied()
                })
                .ok_or(Rejection::PriceUnknown),
        }
    }

    pub(super) fn agree(&mut self, terms: &Agreement, nonce: u64) -> Result<(), Rejection> {
        let within = (0..=MAX_PRICE.0).contains(&terms.penalty.0)
            && terms.tolerance <= PPM
            && terms.grace <= MAX_WAIT
            && terms.correction_window <= MAX_WAIT;
        if !within {
            return Err(Rejection::BadTerms);
        }
        self.check_operator_nonce(nonce)?;
        if self.agreements.len() >= MAX_VERSIONS {
            return Err(Rejection::TooMany);
        }
        let last = self.agreements.last().map(|last| last.from);
        let first = self.begins(terms.from)?;
        if let ImbalancePolicy::Single { tariff } | ImbalancePolicy::ProRata { tariff } = terms.imbalance {
            self.tariff(tariff, first)?;
        }
        if last.is_some_and(|last| terms.from <= last) || self.reaches_back(terms.from) {
            return Err(Rejection::Retroactive);
        }
        self.agreements.push(*terms);
        self.operator_nonce = nonce;
        self.note_agreed(&Command::Agree { terms: *terms, nonce });
        Ok(())
    }

    pub(super) fn reprice(
        &mut self,
        id: TariffId,
        version: &TariffVersion,
        nonce: u64,
    ) -> Result<(), Rejection> {
        let terms = self.community().ok_or(Rejection::NotFounded)?;
        let bounded = |fee: &Price| (0..=MAX_PRICE.0).contains(&fee.0);
        let within = version.tariff.is_valid(terms.interval_duration)
            && version.distance_fees.iter().flatten().all(bounded)
            && version.vat <= PPM;
        if !within {
            return Err(Rejection::BadTerms);
        }
        self.check_operator_nonce(nonce)?;
        let versions = self.tariffs.get(usize::from(id.0));
        if versions.is_some_and(|versions| versions.len() >= MAX_VERSIONS) {
            return Err(Rejection::TooMany);
        }
        self.begins(version.from)?;
        let last = versions.and_then(|versions| versions.last()).ok_or(Rejection::UnknownTariff)?;
        if version.from <= last.from || self.reaches_back(version.from) || self.comes_too_late(version) {
            return Err(Rejection::Retroactive);
        }
        let versions = self.tariffs.get_mut(usize::from(id.0)).ok_or(Rejection::UnknownTariff)?;
        versions.push(version.clone());
        self.operator_nonce = nonce;
        self.note_agreed(&Command::Reprice { tariff: id, version: version.clone(), nonce });
        Ok(())
    }

    /// The longest correction window of any agreement, s.
    pub(super) fn longest_window(&self) -> u64 {
        self.agreements.iter().map(|terms| u64::from(terms.correction_window)).max().unwrap_or(0)
    }

    /// The interval that begins at `from`.
    fn begins(&self, from: u64) -> Result<DeliveryInterval, Rejection> {
        let duration = self.community().ok_or(Rejection::NotFounded)?.interval_duration;
        DeliveryInterval::new(from, duration).ok_or(Rejection::BadInterval)
    }

    /// Whether an interval from there on is settled.
    fn reaches_back(&self, from: u64) -> bool {
        self.settled_until.iter().any(|until| from < *until)
    }

    /// Whether fees by distance would hold for energy that was traded without a look at distances.
    fn comes_too_late(&self, version: &TariffVersion) -> bool {
        version.distance_fees.is_some()
            && self
                .deliveries
                .range((version.from, crate::Carrier::Electricity)..)
                .any(|(_, delivery)| delivery.positions.iter().any(|position| !position.bought.is_zero()))
    }

    /// Everything agreed after the founding goes into the root as one chain of hashes.
    fn note_agreed(&mut self, command: &Command) {
        let mut bytes = Vec::from(self.agreed.unwrap_or_default());
        encoding::encode_command(command, &mut bytes);
        self.agreed = Some(keccak256(&bytes));
    }
}

/// What holds from a moment on.
pub(super) trait Version {
    /// The first interval it holds for, Unix s.
    fn from(&self) -> u64;
}

impl Version for Agreement {
    fn from(&self) -> u64 {
        self.from
    }
}

impl Version for TariffVersion {
    fn from(&self) -> u64 {
        self.from
    }
}

/// The last of several versions that is in force in an interval.
pub(super) fn in_force<T: Version>(versions: &[T], interval: DeliveryInterval) -> Option<&T> {
    versions.iter().rfind(|version| version.from() <= interval.start)
}
