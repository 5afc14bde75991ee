//! A back end that carries less than the market passes the suite within its scope, and only if it refuses the rest.

use ledger::conformance::{Backend, Scope, Scoped, VARIANTS, check};
use ledger::{Central, Error, Ledger, Options, Receipt, Recoverer};
use market::{Authentication, Carrier, Command, Envelope, Event, PostingKind, Rejection, Sink, State};
use std::collections::{BTreeMap, BTreeSet};

/// A ledger in memory that carries what the dual chain does.
struct Small {
    inner: Central,
    /// Refuses this command although it is in scope.
    stricter: fn(&Command) -> bool,
    /// Takes this command although it is beyond the scope.
    laxer: fn(&Command) -> bool,
}

impl Ledger for Small {
    fn append(&mut self, envelope: &Envelope, sink: &mut dyn Sink) -> Result<Result<u64, Rejection>, Error> {
        let command = &envelope.command;
        let within = Scope::DualChain.takes(self.inner.state(), command) && !(self.stricter)(command);
        if within || (self.laxer)(command) {
            return self.inner.append(envelope, sink);
        }
        Ok(Err(Rejection::NotOnThisLedger))
    }

    fn commit(&mut self) -> Result<Receipt, Error> {
        self.inner.commit()
    }

    fn state(&self) -> &State {
        self.inner.state()
    }

    fn root(&mut self) -> [u8; 32] {
        self.inner.root()
    }

    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn receipt(&self) -> Receipt {
        self.inner.receipt()
    }

    fn records(&self, from: u64, visit: &mut dyn FnMut(u64, Envelope)) -> Result<(), Error> {
        self.inner.records(from, visit)
    }
}

struct Smalls {
    stricter: fn(&Command) -> bool,
    laxer: fn(&Command) -> bool,
}

const PLAIN: Smalls = Smalls { stricter: |_| false, laxer: |_| false };

impl Backend for Smalls {
    fn create(&mut self) -> Box<dyn Ledger> {
        let inner = Central::in_memory(Options::default()).unwrap();
        Box::new(Small { inner, stricter: self.stricter, laxer: self.laxer })
    }

    fn reopen(&mut self) -> Option<Result<Box<dyn Ledger>, Error>> {
        None
    }

    fn scope(&self) -> Scope {
        Scope::DualChain
    }

    fn takes(&mut self, envelope: &Envelope) -> bool {
        !(self.stricter)(&envelope.command)
    }
}

#[test]
fn a_smaller_ledger_keeps_every_promise_within_its_scope() {
    check(&mut { PLAIN });
}

/// What it refuses beyond its scope's rules is not asked of it.
#[test]
fn a_stricter_ledger_keeps_every_promise() {
    let stricter: fn(&Command) -> bool = |command| match command {
        Command::Place(order) => order.energy.0 % 3 == 0,
        Command::Transfer { .. } => true,
        _ => false,
    };
    check(&mut Smalls { stricter, ..PLAIN });
}

#[test]
#[should_panic(expected = "the ledger: Ok(")]
fn a_ledger_that_takes_what_it_does_not_carry_fails() {
    check(&mut Smalls { laxer: |command| matches!(command, Command::Locate { .. }), ..PLAIN });
}

#[test]
#[should_panic(expected = "a back end must take Settle")]
fn a_ledger_that_never_settles_fails() {
    check(&mut Smalls { stricter: |command| matches!(command, Command::Settle { .. }), ..PLAIN });
}

/// The suite is worth what its example has in it.
#[test]
fn the_example_has_everything_within_the_scope() {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut see = |what: &str| *seen.entry(what.into()).or_default() += 1;
    for seed in 0..VARIANTS {
        let mut kinds = BTreeSet::new();
        let run = Scoped::run(seed, Authentication::Signature, 5, 3, &mut |_| true);
        let (mut state, mut carried) = (State::new(), BTreeSet::new());
        for envelope in &run.commands {
            let mut events = Vec::new();
            state.apply(envelope, &Recoverer, &mut events).unwrap();
            kinds.insert(format!("{:?}", std::mem::discriminant(&envelope.command)));
            if let Command::Clear { carrier, interval, .. } = envelope.command {
                // What this clearing leaves in the book takes part in the next.
                let left =
                    state.book(carrier, interval).map_or(0, |book| book.bids.len() + book.offers.len());
                let traded = events.iter().any(|event| matches!(event, Event::Filled { .. }));
                (0..left).for_each(|_| see("orders left for the next clearing"));
                see(if traded { "clearings with trade" } else { "clearings without" });
                if traded && !carried.insert((carrier, interval.start)) {
                    see("books traded in two clearings");
                }
            }
            for event in &events {
                match event {
                    Event::Posted(posting) => {
                        see(&format!("{:?}", posting.kind));
                        let debit = posting.debit.0;
                        if posting.kind == PostingKind::Trade
                            && posting.price.is_some_and(|price| price.0 < 0)
                        {
                            see("trades below zero");
                        }
                        if posting.kind == PostingKind::Repayment && posting.interval.is_none() {
                            see("repayments of what comes in");
                        }
                        if (debit, posting.kind) == (1, PostingKind::Supply) {
                            see("paid by the supplier");
                        }
                    }
                    Event::Cleared { price: Some(price), volume, .. } if price.0 < 0 && volume.0 > 0 => {
                        see("auctions below zero");
                    }
                    Event::OrderEnded { .. } => see("orders ended"),
                    Event::Filled { .. } => see("fills"),
                    _ => {}
                }
            }
            for outside in &state.accounts()[1..6] {
                assert!(outside.balance.0 >= 0, "everything can be paid");
            }
        }
        assert_eq!(kinds.len(), 15, "every kind of command in scope");
        let beyond: BTreeSet<_> = run
            .beyond
            .iter()
            .filter(|beyond| beyond.market.is_ok())
            .map(|beyond| {
                format!("{:?}", beyond.envelope.command).split([' ', '(']).next().unwrap().to_owned()
            })
            .collect();
        let expected = ["Agree", "Delegate", "Equip", "Found", "Locate", "Place", "PlaceWith", "Read"];
        let expected = expected.into_iter().chain(["RegisterMeter", "Reprice", "Revoke"]);
        assert_eq!(beyond, expected.map(str::to_owned).collect());
    }
    println!("{seen:#?}");
    for what in [
        "orders left for the next clearing",
        "clearings with trade",
        "clearings without",
        "books traded in two clearings",
        "trades below zero",
        "auctions below zero",
        "repayments of what comes in",
        "paid by the supplier",
        "orders ended",
        "fills",
        "Deposit",
        "Withdrawal",
        "Transfer",
        "Trade",
        "Supply",
        "Imbalance",
        "GridFee",
        "Levy",
        "Loan",
        "Repayment",
    ] {
        assert!(seen.contains_key(what), "{what}");
    }
}

/// Margins that are shared in every way: a bid and an offer filled in part, in one book more than one of a limit.
#[test]
fn margins_are_shared_in_the_example() {
    let mut shared = BTreeMap::new();
    for seed in 0..VARIANTS {
        let run = Scoped::run(seed, Authentication::Operator, 6, 6, &mut |_| true);
        let mut state = State::new();
        for envelope in &run.commands {
            let mut events = Vec::new();
            state.apply(envelope, &Recoverer, &mut events).unwrap();
            let mut limits: BTreeMap<_, u32> = BTreeMap::new();
            for event in &events {
                if let Event::Filled { id, limit, .. } = event {
                    *limits.entry((id.carrier, id.side, *limit)).or_default() += 1;
                }
            }
            for ((carrier, side, _), orders) in limits {
                if orders > 1 {
                    *shared.entry((carrier, side.name())).or_insert(0_u32) += 1;
                }
            }
        }
    }
    println!("{shared:?}");
    assert!(shared.keys().any(|(carrier, _)| *carrier == Carrier::Electricity));
    assert!(shared.values().sum::<u32>() > 10);
}
