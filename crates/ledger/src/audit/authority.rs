//! Who may give a command, from the auditor's own list of keys (law A1).

use super::books::Books;
use crate::Recoverer;
use market::signing::Recover;
use market::{AccountId, Address, Authentication, Command, Envelope, MeterId, Signature};
use std::cell::Cell;

/// Recovers a signer and remembers the last answer, so that two witnesses cost one recovery.
#[derive(Clone, Default)]
pub(super) struct Remember {
    last: Cell<Option<Recovered>>,
}

/// A digest, a signature over it, and who made it.
type Recovered = ([u8; 32], Signature, Option<Address>);

impl Remember {
    pub(super) fn forget(&self) {
        self.last.set(None);
    }
}

impl Recover for Remember {
    fn recover(&self, digest: &[u8; 32], signature: &Signature) -> Option<Address> {
        match self.last.get() {
            Some((known, by, signer)) if known == *digest && by == *signature => signer,
            _ => {
                let signer = Recoverer.recover(digest, signature);
                self.last.set(Some((*digest, *signature, signer)));
                signer
            }
        }
    }
}

/// How a record is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signer {
    /// By a signature of this address; `None` if it is nobody's.
    Key(Option<Address>),
    /// It has no signature.
    Nobody,
}

impl Books {
    /// Who signed.
    pub(super) fn signer(&self, envelope: &Envelope, recover: &impl Recover) -> Signer {
        let domain = match (&self.terms, &envelope.command) {
            (Some(_), _) => self.domain,
            (None, Command::Found(terms)) => Some(market::signing::Domain::of(terms)),
            (None, _) => None,
        };
        match (&envelope.signature, domain) {
            (Some(signature), Some(domain)) => {
                Signer::Key(recover.recover(&domain.digest(&envelope.command), signature))
            }
            (Some(_), None) => Signer::Key(None),
            (None, _) => Signer::Nobody,
        }
    }

    /// Whether this signer may give the command now.
    pub(super) fn may_give(&self, command: &Command, signer: Signer) -> bool {
        let Some(terms) = &self.terms else { return false };
        let address = match (terms.authentication, signer) {
            (Authentication::Operator, Signer::Nobody) => return true,
            (Authentication::Signature, Signer::Key(Some(address))) => address,
            _ => return false,
        };
        let owner = |account: AccountId| {
            account >= AccountId::FIRST_MEMBER
                && self.accounts.get(account.0 as usize).is_some_and(|entry| entry.address == address)
        };
        let delegate = |account: AccountId| {
            let entry = self.accounts.get(account.0 as usize);
            entry.and_then(|entry| entry.delegates.get(&address)).is_some_and(|expires| self.now < *expires)
        };
        let meter = |meter: MeterId| {
            self.meters.get(meter.0 as usize).is_some_and(|meter| meter.terms.key == address)
        };
        match command {
            Command::Place(order) | Command::PlaceWith { order, .. } => {
                owner(order.account) || delegate(order.account)
            }
            Command::Cancel { account, .. } => owner(*account) || delegate(*account),
            Command::Convert(offer) => owner(offer.account) || delegate(offer.account),
            Command::Store(offer) => owner(offer.account) || delegate(offer.account),
            Command::Delegate { account, .. }
            | Command::Revoke { account, .. }
            | Command::Withdraw { account, .. }
            | Command::Transfer { from: account, .. } => owner(*account),
            Command::Read(reading) | Command::Correct(reading) => meter(reading.meter),
            Command::ReadRegister(reading) => meter(reading.meter),
            _ => terms.operator == address,
        }
    }
}
