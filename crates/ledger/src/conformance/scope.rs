//! How much of the market a back end carries. A contract that judges commands takes fewer than a program can.

use market::{Claim, Command, Community, Meter, Rule, SharingKey, State, Tariff, TariffKind, TimeInForce};

/// How much of the market a back end carries. What is left out it refuses by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    #[default]
    Whole,
    /// What one transaction can prove wrong (`docs/ledgers/rollup.md`): accounts, one metering point with an interval
    /// meter per account and carrier, prices that are flat or published, plain orders under `uniform_price` and
    /// `pay_as_bid`, the keys `static` and `dynamic`, readings, settlement at the founding terms, and money.
    DualChain,
}

impl Scope {
    /// Whether books under this rule are in scope.
    #[must_use]
    pub const fn takes_rule(self, rule: &Rule) -> bool {
        match self {
            Self::Whole => true,
            Self::DualChain => matches!(
                rule,
                Rule::UniformPrice { .. }
                    | Rule::PayAsBid { .. }
                    | Rule::Sharing { key: SharingKey::Static | SharingKey::Dynamic, .. }
            ),
        }
    }

    /// Whether a community with these terms is in scope.
    #[must_use]
    pub fn takes_terms(self, terms: &Community) -> bool {
        terms.markets.iter().all(|market| self.takes_rule(&market.rule))
            && terms.tariffs.iter().all(|tariff| self.takes_tariff(tariff))
    }

    /// Whether this tariff is in scope.
    #[must_use]
    pub const fn takes_tariff(self, tariff: &Tariff) -> bool {
        match self {
            Self::Whole => true,
            Self::DualChain => matches!(tariff.kind, TariffKind::Flat(_) | TariffKind::Dynamic),
        }
    }

    /// Whether a command of this kind is in scope, where the state is as it is.
    #[must_use]
    pub fn takes(self, state: &State, command: &Command) -> bool {
        const PRICE: u64 = 8_388_607;
        const ORDERED: i64 = 1 << 32;
        const READ: i64 = 1 << 24;
        if self == Self::Whole {
            return true;
        }
        match command {
            Command::Found(terms) => self.takes_terms(terms),
            Command::RegisterMeter { terms, .. } => {
                let same = |meter: &Meter| {
                    (meter.terms.account, meter.terms.carrier) == (terms.account, terms.carrier)
                };
                !state.meters().iter().any(same)
            }
            Command::Place(order) => {
                order.energy.0 < ORDERED
                    && order.limit.0.unsigned_abs() <= PRICE
                    && matches!(order.time_in_force, TimeInForce::NextClearing | TimeInForce::GateClosure)
            }
            Command::Read(reading) => reading.import.0 < READ && reading.export.0 < READ,
            Command::Clear { claim, .. } => matches!(
                claim,
                Claim::Nothing | Claim::UniformPrice { .. } | Claim::PayAsBid { .. } | Claim::Metered
            ),
            Command::Tick { .. }
            | Command::RegisterAccount { .. }
            | Command::Deposit { .. }
            | Command::Withdraw { .. }
            | Command::Transfer { .. }
            | Command::Cancel { .. }
            | Command::PublishPrices { .. }
            | Command::Close { .. }
            | Command::Settle { .. }
            | Command::Checkpoint { .. } => true,
            Command::Delegate { .. }
            | Command::Revoke { .. }
            | Command::PlaceWith { .. }
            | Command::Locate { .. }
            | Command::Convert(_)
            | Command::Store(_)
            | Command::Agree { .. }
            | Command::Reprice { .. }
            | Command::Equip { .. }
            | Command::ReadRegister(_)
            | Command::Correct(_)
            | Command::Resettle { .. } => false,
        }
    }
}
