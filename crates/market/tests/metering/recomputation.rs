//! Law S8: whatever was missing, wrong or late, once it is corrected and settled again, everybody's account and every
//! line of every bill are those of a market that had the right readings from the start.

use crate::community::{CAPACITY, ELECTRICITY, Ledger, START, agreement, interval, tariff};
use market::rule::{Clearing, Cut, merit_order};
use market::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Intervals of a history.
const STEPS: u64 = 4;
const UNIFORM: (PriceConvention, Fraction) = (PriceConvention::Equilibrium, Fraction::HALF);

fn rules() -> impl Strategy<Value = Rule> {
    let key = || {
        prop::sample::select(vec![
            SharingKey::Static,
            SharingKey::Dynamic,
            SharingKey::Equal,
            SharingKey::Hybrid,
            SharingKey::Cascade,
            SharingKey::Priority,
        ])
    };
    let (price, (convention, k)) = (Price(17), UNIFORM);
    prop_oneof![
        Just(Rule::UniformPrice { convention, k }),
        Just(Rule::PayAsBid { k }),
        Just(Rule::MidMarketRate { tariff: TariffId(1) }),
        Just(Rule::SupplyDemandRatio { tariff: TariffId(0) }),
        Just(Rule::ExPost { tariff: TariffId(0), weights: [1_000_000, 900_000, 500_000, 300_000, 0] }),
        Just(Rule::BillSharing),
        key().prop_map(move |key| Rule::Sharing { key, price }),
        key().prop_map(move |key| Rule::AuctionFirst { convention, k, key, price }),
    ]
}

fn policies() -> impl Strategy<Value = ImbalancePolicy> {
    let tariff = (0..3_u16).prop_map(TariffId);
    prop_oneof![
        Just(ImbalancePolicy::Dual),
        tariff.clone().prop_map(|tariff| ImbalancePolicy::Single { tariff }),
        tariff.prop_map(|tariff| ImbalancePolicy::ProRata { tariff }),
    ]
}

/// What went wrong with one reading.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Missing,
    Wrong(i64, i64),
}

#[derive(Clone, Debug)]
struct History {
    rule: Rule,
    policy: ImbalancePolicy,
    /// Of points after the first: behind which one, and with which share where it has no meter.
    arranged: Vec<Option<(prop::sample::Index, Option<u32>)>>,
    /// Whether the first meter is cumulative.
    register: bool,
    locations: Vec<u32>,
    /// Step, member, side, energy and limit.
    orders: Vec<(u64, usize, Side, i64, i64)>,
    /// Per step and member.
    truth: Vec<Vec<(i64, i64)>>,
    faults: Vec<Vec<Fault>>,
    /// In which order corrections come, which are wrong at first, and after which a bill is posted.
    corrections: Vec<(prop::sample::Index, bool, bool)>,
}

fn histories() -> impl Strategy<Value = History> {
    (2..6_usize).prop_flat_map(|meters| {
        let energy = || (0..=CAPACITY.0, prop::sample::select(vec![0, 0, 1, 300, CAPACITY.0]));
        let counted = || {
            (energy(), any::<bool>()).prop_map(
                |((one, other), turned)| {
                    if turned { (other, one) } else { (one, other) }
                },
            )
        };
        let fault = || {
            prop_oneof![
                2 => Just(Fault::None),
                1 => Just(Fault::Missing),
                1 => counted().prop_map(|(import, export)| Fault::Wrong(import, export)),
            ]
        };
        let side = prop::sample::select(Side::ALL.to_vec());
        let behind =
            prop::option::weighted(0.3, (any::<prop::sample::Index>(), prop::option::of(1..300_000_u32)));
        let per_step = STEPS as usize;
        (
            (rules(), policies(), prop::collection::vec(behind, meters - 1), prop::bool::weighted(0.3)),
            prop::collection::vec(
                prop::sample::select(vec![0x0001_0101, 0x0001_0102, 0x0001_0201, 0x0002_0101]),
                meters,
            ),
            prop::collection::vec((0..STEPS, 0..meters, side, 1..200_i64, 5..25_i64), 0..20),
            prop::collection::vec(prop::collection::vec(counted(), meters), per_step),
            prop::collection::vec(prop::collection::vec(fault(), meters), per_step),
            prop::collection::vec(any::<(prop::sample::Index, bool, bool)>(), 4 * meters * per_step),
        )
            .prop_map(
                |((rule, policy, arranged, register), locations, orders, truth, faults, corrections)| {
                    History {
                        rule,
                        policy,
                        arranged,
                        register,
                        locations,
                        orders,
                        truth,
                        faults,
                        corrections,
                    }
                },
            )
    })
}

impl History {
    /// The community before anything is metered: connected, arranged, and all its intervals traded.
    fn traded(&self) -> Ledger {
        let dynamic = Tariff { kind: TariffKind::Dynamic, ..tariff(0, 0) };
        let tariffs = vec![tariff(30, 8), dynamic, tariff(25, -3)];
        let mut ledger = Ledger::under(self.rule, tariffs, self.locations.len() as u32);
        ledger.agree(Agreement {
            imbalance: self.policy,
            penalty: Price(3),
            tolerance: 100_000,
            grace: 0,
            ..agreement()
        });
        let prices = (0..8).map(|step| Prices { import: Price(28 + step), export: Price(6 - step) });
        let (tariff_id, start) = (TariffId(1), interval(0));
        ledger.accept(Command::PublishPrices { tariff: tariff_id, start, prices: prices.collect() });
        let version = TariffVersion {
            from: interval(2).start,
            tariff: tariff(27, 9),
            distance_fees: Some([Price(1), Price(2), Price(5), Price(9)]),
            vat: 190_000,
        };
        let nonce = ledger.nonce();
        ledger.accept(Command::Reprice { tariff: TariffId(2), version, nonce });
        for (meter, behind) in (1..).zip(&self.arranged) {
            if let Some((index, share)) = behind {
                let front = MeterId(index.index(meter as usize) as u32);
                let arrangement = match share {
                    None => Arrangement::Sub { main: front },
                    Some(share) => Arrangement::Virtual { source: front, share: *share },
                };
                let command = ledger.equip(meter, Register::Interval, arrangement);
                let _ = ledger.apply(command); // behind a share there is nothing
            }
        }
        for (meter, location) in (0..).zip(&self.locations) {
            self.locate(&mut ledger, meter, *location);
        }
        ledger.tick(START - 1);
        for (step, member, side, energy, limit) in &self.orders {
            let nonce = ledger.nonce();
            let order = Order {
                account: AccountId(6 + *member as u32),
                meter: MeterId(*member as u32),
                interval: interval(*step),
                side: *side,
                energy: Energy(*energy),
                limit: Price(*limit),
                time_in_force: TimeInForce::NextClearing,
                nonce,
            };
            let _ = ledger.apply(Command::Place(order)); // not with itself, not under every rule
        }
        if self.rule.takes_orders() {
            for step in 0..STEPS {
                let (carrier, interval) = (ELECTRICITY, interval(step));
                ledger.accept(Command::Close { carrier, interval });
                let claim = claim(&self.rule, ledger.state.book(carrier, interval).unwrap());
                ledger.accept(Command::Clear { carrier, interval, claim });
            }
        }
        ledger.take();
        ledger
    }

    fn locate(&self, ledger: &mut Ledger, meter: u32, location: u32) {
        let nonce = ledger.nonce();
        ledger.accept(Command::Locate { meter: MeterId(meter), location: Location(location), nonce });
    }

    fn metered(&self, ledger: &Ledger, meter: usize) -> bool {
        !ledger.state.meters()[meter].equipment.is_virtual()
    }

    fn settle(&self, ledger: &mut Ledger, step: u64) {
        if self.rule.shares_metered() {
            let (carrier, interval) = (ELECTRICITY, interval(step));
            ledger.accept(Command::Clear { carrier, interval, claim: Claim::Metered });
        }
        ledger.settle(step);
        ledger.check_laws();
    }

    /// Everything is metered in time and right.
    fn right(&self, mut ledger: Ledger) -> Ledger {
        for step in 0..STEPS {
            ledger.tick(interval(step).end());
            for meter in 0..self.locations.len() {
                if self.metered(&ledger, meter) {
                    ledger.read(meter as u32, step, self.truth[step as usize][meter]);
                }
            }
            self.settle(&mut ledger, step);
        }
        ledger
    }

    /// What is missing is estimated, what is wrong is billed, and all of it is corrected sooner or later.
    fn corrected(&self, mut ledger: Ledger) -> Ledger {
        if self.register {
            let command = ledger.equip(0, Register::Cumulative { modulus: 1_000_000 }, Arrangement::Direct);
            if ledger.apply(command).is_ok() {
                let command = ledger.shows(0, 0, (0, 0));
                let Command::ReadRegister(first) = command else { unreachable!() };
                ledger.tick(START);
                ledger.accept(Command::ReadRegister(RegisterReading { time: START, ..first }));
            }
        }
        let cumulative = ledger.state.meters()[0].equipment.register != Register::Interval;
        let mut open = Vec::new();
        for step in 0..STEPS {
            ledger.tick(interval(step).end());
            for meter in 0..self.locations.len() {
                let truth = self.truth[step as usize][meter];
                let fault = self.faults[step as usize][meter];
                match fault {
                    _ if !self.metered(&ledger, meter) => continue,
                    _ if meter == 0 && cumulative => {}
                    Fault::Missing => {}
                    Fault::None => ledger.read(meter as u32, step, truth),
                    Fault::Wrong(import, export) => ledger.read(meter as u32, step, (import, export)),
                }
                if !matches!(fault, Fault::None) || (meter == 0 && cumulative) {
                    open.push((meter as u32, step, truth));
                }
            }
            self.settle(&mut ledger, step);
        }
        if cumulative {
            let sum =
                |of: fn(&(i64, i64)) -> i64| self.truth.iter().map(|step| of(&step[0])).sum::<i64>() as u64;
            let command = ledger.shows(0, STEPS - 1, (sum(|one| one.0), sum(|one| one.1)));
            ledger.accept(command);
        }
        // Later moves and later prices change nothing about what was.
        self.locate(&mut ledger, 0, 0x0003_0303);
        let prices = vec![Prices { import: Price(99), export: Price(98) }];
        ledger.accept(Command::PublishPrices { tariff: TariffId(1), start: interval(8), prices });
        for (index, wrong_at_first, post) in &self.corrections {
            if open.is_empty() {
                break;
            }
            let (meter, step, truth) = open[index.index(open.len())];
            if *wrong_at_first {
                ledger.correct(meter, step, (truth.1, truth.0));
            } else {
                ledger.correct(meter, step, truth);
                open.retain(|other| *other != (meter, step, truth));
            }
            if *post {
                let _ = ledger.apply(Command::Resettle { carrier: ELECTRICITY, interval: interval(step) });
            }
            ledger.check_laws();
        }
        for (meter, step, truth) in open {
            ledger.correct(meter, step, truth);
        }
        for step in 0..STEPS {
            let resettle = Command::Resettle { carrier: ELECTRICITY, interval: interval(step) };
            let posted = ledger.apply(resettle.clone());
            assert!(matches!(posted, Ok(()) | Err(Rejection::NothingToCorrect)), "{posted:?}");
            ledger.refuse(resettle, Rejection::NothingToCorrect);
        }
        ledger.check_laws();
        ledger
    }
}

/// The right claim for a small book: every limit is tried as the equilibrium price.
fn claim(rule: &Rule, book: &Book) -> Claim {
    let limits = book.bids.iter().chain(&book.offers).map(|order| order.limit);
    let Some(cut) = limits.filter_map(|price| Cut::at(book, price).ok()).next() else {
        return Claim::Nothing;
    };
    let (convention, k) = UNIFORM;
    let (equilibrium, price) = cut.prices(convention, k);
    if !matches!(rule, Rule::PayAsBid { .. }) {
        return Claim::UniformPrice { equilibrium, price };
    }
    let mut out = Clearing::default();
    cut.allocate(book, &mut out);
    Claim::PayAsBid {
        equilibrium: cut.lo,
        bids: merit_order(Side::Buy, &book.bids, &out.bid_fills),
        offers: merit_order(Side::Sell, &book.offers, &out.offer_fills),
    }
}

/// Interval, metering point, kind, side and the other party: a line of a bill.
type Line = (Option<DeliveryInterval>, Option<MeterId>, PostingKind, Option<Side>, AccountId);

/// What the entries of every line sum to: energy, and money that leaves members and the community.
fn lines(events: &[Event]) -> BTreeMap<String, (i64, i128)> {
    let mut lines: BTreeMap<String, (i64, i128)> = BTreeMap::new();
    for event in events {
        let Event::Posted(posting) = *event else { continue };
        if matches!(posting.kind, PostingKind::Loan | PostingKind::Repayment) {
            continue;
        }
        // The community's exchange with the supplier has a direction, a member's lines have a side.
        let (side, energy) = match (posting.meter, posting.side) {
            (None, Some(Side::Sell)) => (Some(Side::Buy), -posting.energy.0),
            (_, side) => (side, posting.energy.0),
        };
        let inside = |account: AccountId| account >= AccountId::FIRST_MEMBER;
        let leaves = match posting.meter {
            Some(_) => inside(posting.debit),
            None => posting.debit == AccountId::COMMUNITY,
        };
        let (money, with) =
            if leaves { (posting.money.0, posting.credit) } else { (-posting.money.0, posting.debit) };
        let line: Line = (posting.interval, posting.meter, posting.kind, side, with);
        let sum = lines.entry(format!("{line:?}")).or_default();
        *sum = (sum.0 + energy, sum.1 + money);
    }
    lines.retain(|_, (energy, money)| (*energy, *money) != (0, 0));
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(1_500)))]

    #[test]
    fn s8_re_settlement_is_recomputation_from_scratch(history in histories()) {
        let base = history.traded();
        let right = history.right(base.clone());
        let corrected = history.corrected(base);
        prop_assert_eq!(lines(&corrected.events), lines(&right.events));
        prop_assert_eq!(corrected.worth(), right.worth());
        prop_assert!(right.worth()[AccountId::GUARANTOR.0 as usize] == 10_000_000_000);
    }
}
