//! Carriers that are cleared together: members' offers to convert and to store, one claim for all of them at the gate,
//! and what it dispatches of whose devices.

use super::{RunError, Running};
use crate::roll::{Point, Roll};
use agents::Commitment;
use agents::device::{Converter, Turned};
use clearing::Workspace;
use market::rule::Clearing;
use market::rule::coupled::{Coupled, check, welfare};
use market::{
    Carrier, Claim, Command, Conversion, ConversionClaim, DeliveryInterval, Energy, Money, Output, Rule,
    StorageClaim, StorageOffer,
};
use std::collections::BTreeMap;

/// One clearing of several carriers together, as it is about to be told to the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoupledClearing {
    /// The first interval; `intervals` in a row are cleared.
    pub first: DeliveryInterval,
    /// How many.
    pub intervals: usize,
    /// Σ limit × fill over bids − the same over offers − what converting and storing cost, n€.
    pub welfare: Money,
    /// The same where each carrier and interval is cleared alone and every offer rests, n€. The orders are those that
    /// members placed in view of coupled clearings; without them they would have placed others.
    pub alone: Money,
    /// What is dispatched of whose converters.
    pub conversions: Vec<Dispatched>,
    /// Energy that storages give in other intervals than they took it, Wh.
    pub stored: Energy,
    /// Whether the offers were set aside before, as no right claim was found.
    pub set_aside: bool,
}

/// What a coupled clearing dispatches of a member's converters of a kind in one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dispatched {
    /// When.
    pub interval: DeliveryInterval,
    /// Whose, in the order of members.
    pub member: usize,
    /// Which.
    pub kind: Converter,
    /// Taken and given, Wh.
    pub energy: Turned,
}

/// How carriers are cleared together: [`clearing::clear_coupled`].
pub(super) type Search = fn(&Coupled<'_>, &mut Workspace) -> Claim;

/// Offers on their way to a clearing, and what clearings dispatched.
#[derive(Default)]
pub(super) struct Offered {
    /// Accepted conversions in order of arrival: interval, member, device, what it gives.
    conversions: Vec<(DeliveryInterval, usize, Converter, Vec<Carrier>)>,
    /// Accepted storages in order of arrival: first interval, member.
    storages: Vec<(DeliveryInterval, usize)>,
    /// By start of the interval, per member.
    commitments: BTreeMap<u64, Vec<Commitment>>,
}

impl Offered {
    pub(super) fn commitment(&self, interval: DeliveryInterval, member: usize) -> Commitment {
        self.commitments.get(&interval.start).map_or_else(Commitment::default, |all| all[member])
    }

    /// No offer waits any more: none is dispatched.
    fn set_aside(&mut self) {
        self.conversions.clear();
        self.storages.clear();
    }

    /// The interval is over.
    pub(super) fn forget(&mut self, interval: DeliveryInterval) {
        self.commitments = self.commitments.split_off(&interval.end());
    }
}

impl Running<'_> {
    /// Which carriers are cleared together.
    pub(super) fn coupled(&self) -> [bool; 3] {
        let markets = &self.scenario.community.markets;
        Carrier::ALL.map(|carrier| {
            markets
                .iter()
                .any(|market| market.carrier == carrier && matches!(market.rule, Rule::Coupled { .. }))
        })
    }

    /// Sends what a member offers beside its orders.
    pub(super) fn offer(&mut self, member: usize) -> Result<(), RunError> {
        let points = self.roll.points[member];
        let conversions = self.prosumers[member].conversions().to_vec();
        for intent in conversions {
            let outputs = intent.outputs.iter().filter_map(|(carrier, ratio)| {
                points[*carrier as usize].map(|point| Output { meter: point.meter, ratio: *ratio })
            });
            let outputs: Vec<_> = outputs.collect();
            let Some(Point { meter, .. }) = points[intent.kind.input() as usize] else { continue };
            self.nonces[member] += 1;
            let offer = Conversion {
                account: Roll::account(member),
                interval: intent.interval,
                input: meter,
                outputs,
                capacity: intent.capacity,
                cost: intent.cost,
                nonce: self.nonces[member],
            };
            match self.send(Command::Convert(offer), Some(member))? {
                Ok(_) => {
                    let gives = intent.outputs.iter().map(|(carrier, _)| *carrier).collect();
                    self.offered.conversions.push((intent.interval, member, intent.kind, gives));
                }
                Err(rejection) => self.tally.refuse(rejection),
            }
        }
        let (Some(intent), Some(point)) =
            (self.prosumers[member].storage().copied(), points[Carrier::Electricity as usize])
        else {
            return Ok(());
        };
        self.nonces[member] += 1;
        let [charge, discharge] = intent.power;
        let [charge_efficiency, discharge_efficiency, kept] = intent.efficiencies;
        let offer = StorageOffer {
            account: Roll::account(member),
            meter: point.meter,
            interval: intent.interval,
            further: intent.further,
            charge,
            discharge,
            capacity: intent.capacity,
            level: intent.level,
            least: intent.least,
            charge_efficiency,
            discharge_efficiency,
            kept,
            cost: intent.cost,
            nonce: self.nonces[member],
        };
        match self.send(Command::Store(offer), Some(member))? {
            Ok(_) => self.offered.storages.push((intent.interval, member)),
            Err(rejection) => self.tally.refuse(rejection),
        }
        Ok(())
    }

    /// Freezes the books of all coupled carriers over the open intervals that anybody wants something of, and clears them
    /// together.
    pub(super) fn clear_together(&mut self, step: u64) -> Result<(), RunError> {
        let coupled = self.coupled();
        let carriers: Vec<Carrier> =
            Carrier::ALL.into_iter().filter(|carrier| coupled[*carrier as usize]).collect();
        let Some(home) = carriers.first().copied() else { return Ok(()) };
        let mut row: Vec<_> = (0..self.open(step) as u64).map(|ahead| self.interval(step + ahead)).collect();
        let wanted = |interval: &DeliveryInterval| {
            let offered = |first: &DeliveryInterval| first.start <= interval.start;
            self.offered.conversions.iter().any(|offer| offer.0 == *interval)
                || self.offered.storages.iter().any(|offer| offered(&offer.0))
                || carriers.iter().any(|carrier| self.has_orders(*carrier, *interval))
        };
        row.truncate(row.iter().rposition(wanted).map_or(0, |last| last + 1));
        let row: Vec<_> = row.split_off(row.iter().position(wanted).unwrap_or(0));
        let Some(first) = row.first().copied() else { return Ok(()) };
        for interval in &row {
            for carrier in &carriers {
                self.must(Command::Close { carrier: *carrier, interval: *interval }, None)?;
            }
        }
        let state = self.ledger.state();
        let refused = |rejection| RunError::Refused { what: format!("clearing {first:?}"), rejection };
        let problem = state.coupled_problem(first).map_err(refused)?;
        for node in &problem.nodes {
            self.observer.book(node.carrier, node.interval, node.book);
        }
        let mut claim = (self.search)(&problem, &mut self.workspace);
        let set_aside = claim == Claim::Nothing;
        if set_aside {
            self.must(Command::Clear { carrier: home, interval: first, claim: Claim::Nothing }, None)?;
            self.offered.set_aside();
        }
        let problem = self.ledger.state().coupled_problem(first).map_err(refused)?;
        if set_aside {
            claim = (self.search)(&problem, &mut self.workspace);
        }
        let alone = clearing::alone(&problem, &mut self.workspace);
        let welfare = reached(&problem, &claim);
        if let Claim::Coupled { conversions, storages, .. } = &claim {
            let members = self.prosumers.len();
            let (conversions, stored) = self.offered.dispatch(conversions, storages, members);
            let intervals = row.len();
            let clearing =
                CoupledClearing { first, intervals, welfare, alone, conversions, stored, set_aside };
            self.tally.coupled(&clearing);
            self.observer.coupled(&clearing);
        }
        self.must(Command::Clear { carrier: home, interval: first, claim }, None)
    }
}

/// The welfare of a claim that the market will accept, n€.
fn reached(problem: &Coupled<'_>, claim: &Claim) -> Money {
    let Claim::Coupled { nodes, conversions, storages } = claim else { return Money::ZERO };
    let parts = (&nodes[..], &conversions[..], &storages[..]);
    let mut outs = vec![Clearing::default(); problem.nodes.len()];
    match check(problem, parts, &mut outs) {
        Ok(()) => welfare(problem, parts, &outs),
        Err(_) => Money::ZERO,
    }
}

impl Offered {
    /// Whose devices do what the claim says: its offers are in the order of intervals, then of arrival.
    fn dispatch(
        &mut self,
        conversions: &[ConversionClaim],
        storages: &[StorageClaim],
        members: usize,
    ) -> (Vec<Dispatched>, Energy) {
        let (mut dispatched, mut stored) = (Vec::new(), Energy::ZERO);
        let mut offers = std::mem::take(&mut self.conversions);
        offers.sort_by_key(|offer| offer.0.start);
        for ((interval, member, kind, gives), claim) in offers.into_iter().zip(conversions) {
            if claim.input.is_zero() {
                continue;
            }
            let all = self
                .commitments
                .entry(interval.start)
                .or_insert_with(|| vec![Commitment::default(); members]);
            all[member].inputs[kind as usize] += claim.input.0;
            let mut energy = Turned { input: claim.input.0, outputs: [0; 3] };
            for (carrier, output) in gives.into_iter().zip(&claim.outputs) {
                energy.outputs[carrier as usize] = output.0;
            }
            dispatched.push(Dispatched { interval, member, kind, energy });
        }
        let mut offers = std::mem::take(&mut self.storages);
        offers.sort_by_key(|offer| offer.0.start);
        for ((first, member), claim) in offers.into_iter().zip(storages) {
            for (ahead, flow) in (0..).zip(&claim.flows) {
                let start = first.later(ahead).start;
                let all =
                    self.commitments.entry(start).or_insert_with(|| vec![Commitment::default(); members]);
                let storage = &mut all[member].storage;
                *storage = Some(storage.unwrap_or(0) + flow.0);
                stored += Energy((-flow.0).max(0));
            }
        }
        (dispatched, stored)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Running, play};
    use super::*;
    use crate::scenario::Overrides;
    use crate::{Observer, Scenario};
    use ledger::{Central, Evidence, Options, audit};
    use market::{Event, Sink};

    /// Finds nothing for every second interval that has offers.
    fn half_blind(problem: &Coupled<'_>, workspace: &mut Workspace) -> Claim {
        let offers = !problem.conversions.is_empty() || !problem.storages.is_empty();
        match problem.nodes[0].interval.number() % 2 {
            0 if offers => Claim::Nothing,
            _ => clearing::clear_coupled(problem, workspace),
        }
    }

    #[derive(Default)]
    struct Seen {
        clearings: Vec<CoupledClearing>,
        lapsed: u64,
    }

    impl Sink for Seen {
        fn event(&mut self, event: Event) {
            self.lapsed += u64::from(matches!(event, Event::OffersLapsed { .. }));
        }
    }

    impl Observer for Seen {
        fn coupled(&mut self, clearing: &CoupledClearing) {
            self.clearings.push(clearing.clone());
        }
    }

    #[test]
    fn a_run_goes_on_without_offers_that_no_claim_suits() {
        let folder = std::env::temp_dir().join(format!("set_aside_{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.ledger");
        let overrides = Overrides { days: Some(1), ..Overrides::default() };
        let scenario = Scenario::load("heat_and_power", &overrides).unwrap();
        let (mut seen, mut ledger) = (Seen::default(), Central::create(&path, Options::default()).unwrap());
        let mut community = Running::new(&scenario, &mut ledger, &mut seen).unwrap();
        community.search = half_blind;
        let summary = play(community).unwrap();
        drop(ledger);
        let coupling = summary.coupling.unwrap();
        assert!(coupling.set_aside > 10 && coupling.gain() > Money::ZERO, "{coupling:?}");
        assert_eq!(seen.lapsed, coupling.set_aside);
        for one in seen.clearings.iter().filter(|one| one.set_aside) {
            assert_eq!((one.welfare, one.conversions.len(), one.stored), (one.alone, 0, Energy::ZERO));
        }
        let audit = audit(&path, &Evidence::default(), &mut |_, _| {}).unwrap();
        assert_eq!((audit.first_violation, audit.root), (None, summary.root));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
