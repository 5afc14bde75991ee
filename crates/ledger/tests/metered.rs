//! Every rule that shares metered energy, over random communities, intervals and tariffs: the auditor, who recomputes
//! each from its text, finds nothing; and where shares are not as the rule says, it does.

mod random;

use ledger::{Audit, Auditor, Receipt, Segment, chain};
use market::rule::RuleKind;
use market::signing::Recover;
use market::*;
use random::Random;

const START: u64 = 1_700_000_100;

struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &[u8; 32], _: &Signature) -> Option<Address> {
        None
    }
}

/// A rule of this kind, with a price.
fn rule(kind: RuleKind, random: &mut Random) -> Rule {
    let price = Price(random.below(61) as i64 - 30);
    let tariff = TariffId(0);
    let keys = SharingKey::ALL.into_iter().filter(|key| RuleKind::Key(*key).may_hold_money());
    match kind {
        RuleKind::MidMarketRate => Rule::MidMarketRate { tariff },
        RuleKind::SupplyDemandRatio => Rule::SupplyDemandRatio { tariff },
        RuleKind::BillSharing => Rule::BillSharing,
        RuleKind::ExPost => {
            Rule::ExPost { tariff, weights: std::array::from_fn(|_| random.below(1_000_001) as u32) }
        }
        RuleKind::Key(key) => Rule::Sharing { key, price },
        _ => {
            let keys: Vec<_> = keys.collect();
            let key = keys[random.below(keys.len() as u64) as usize];
            Rule::AuctionFirst { convention: PriceConvention::Equilibrium, k: Fraction::HALF, key, price }
        }
    }
}

/// The commands of a community that lives for one interval under a rule.
fn commands(rule: Rule, random: &mut Random) -> Vec<Command> {
    let prices =
        Prices { import: Price(random.below(60) as i64 - 10), export: Price(random.below(60) as i64 - 20) };
    let tariff = Tariff {
        kind: TariffKind::Flat(prices),
        grid_fee: Price(3),
        peer_grid_fee: Price(1),
        levy: Price(2),
        peer_levy: Price(1),
    };
    let carrier = Carrier::Electricity;
    let mut commands = vec![
        Command::Found(Box::new(Community {
            chain_id: 1,
            community_id: 7,
            currency: *b"EUR",
            operator: Address([9; 20]),
            authentication: Authentication::Operator,
            interval_duration: 900,
            gate_closure: 300,
            horizon: 2,
            utc_offset: 0,
            markets: vec![Market { carrier, rule, floor: Price(-100), cap: Price(100) }],
            tariffs: vec![tariff],
        })),
        Command::Tick { time: START - 600 },
    ];
    let mut nonce = 0;
    let mut next = || {
        nonce += 1;
        nonce
    };
    let members = 2 + random.below(5) as u32;
    let size = [3, 40, 100_000_000_000][random.below(3) as usize];
    let fund = Money(10_i128.pow(18));
    for member in 0..members {
        let account = AccountId(6 + member);
        let key = Address([member as u8 + 1; 20]);
        commands.push(Command::RegisterAccount { address: key });
        commands.push(Command::Deposit { account, amount: fund, nonce: next() });
        let terms = MeterTerms {
            account,
            carrier,
            key,
            import_capacity: Energy(size),
            export_capacity: Energy(size),
            tariff: TariffId(0),
            share: random.below(1_000_000 / u64::from(members)) as u32 * u32::from(random.below(4) > 0),
        };
        commands.push(Command::RegisterMeter { terms, nonce: next() });
        let location = Location(0x0101_0101 ^ random.below(3) as u32 ^ (random.below(2) as u32) << 8);
        commands.push(Command::Locate { meter: MeterId(member), location, nonce: next() });
    }
    if random.below(3) > 0 {
        commands.extend(later_terms(random, &mut next));
    }
    let interval = DeliveryInterval { start: START + 900 * random.below(2), duration: 900 };
    if rule.takes_orders() {
        commands.extend(auction(interval, size, random));
    }
    commands.push(Command::Tick { time: interval.end() });
    for member in 0..members {
        let mut energy = || Energy(random.below(size as u64 + 1) as i64 * i64::from(random.below(3) > 0));
        let (import, export) = (energy(), energy());
        let meter = MeterId(member);
        commands.push(Command::Read(Reading { meter, interval, import, export, sequence: 1 }));
    }
    commands.push(Command::Clear { carrier, interval, claim: Claim::Metered });
    commands.push(Command::Settle { carrier, interval });
    commands
}

/// What is agreed after the founding: a policy, a penalty, and a tariff that changes after the first interval.
fn later_terms(random: &mut Random, next: &mut impl FnMut() -> u64) -> Vec<Command> {
    let tariff = TariffId(0);
    let policies =
        [ImbalancePolicy::Dual, ImbalancePolicy::Single { tariff }, ImbalancePolicy::ProRata { tariff }];
    let terms = Agreement {
        from: START,
        imbalance: policies[random.below(3) as usize],
        penalty: Price(random.below(3) as i64),
        tolerance: random.below(1_000_001) as u32,
        grace: 0,
        correction_window: 0,
    };
    let mut commands = vec![Command::Agree { terms, nonce: next() }];
    for step in 0..2 {
        let mut price = |from: i64| Price(from + random.below(60) as i64);
        let version = TariffVersion {
            from: START + 900 * step,
            tariff: Tariff {
                kind: TariffKind::Flat(Prices { import: price(-10), export: price(-20) }),
                grid_fee: price(0),
                peer_grid_fee: price(0),
                levy: price(0),
                peer_levy: price(0),
            },
            distance_fees: Some([price(0), price(0), price(0), price(0)]).filter(|fees| fees[0].0 % 2 == 0),
            vat: random.below(1_000_001) as u32,
        };
        commands.push(Command::Reprice { tariff, version, nonce: next() });
    }
    commands
}

/// A bid and an offer of the first two members, and what comes of them.
fn auction(interval: DeliveryInterval, size: i64, random: &mut Random) -> Vec<Command> {
    let [wanted, offered] = [(); 2].map(|()| 1 + random.below(size as u64) as i64);
    let [bid, offer] = [(); 2].map(|()| random.below(201) as i64 - 100);
    let order = |member: u32, side, energy, limit| {
        Command::Place(Order {
            account: AccountId(6 + member),
            meter: MeterId(member),
            interval,
            side,
            energy: Energy(energy),
            limit: Price(limit),
            time_in_force: TimeInForce::NextClearing,
            nonce: 1,
        })
    };
    // Whoever wants more than there is sets the price; of two who want the same, the middle.
    let price = Price(match wanted.cmp(&offered) {
        std::cmp::Ordering::Greater => bid,
        std::cmp::Ordering::Less => offer,
        std::cmp::Ordering::Equal => offer + (bid - offer).div_euclid(2),
    });
    let trades = bid >= offer;
    let claim = if trades { Claim::UniformPrice { equilibrium: price, price } } else { Claim::Nothing };
    let carrier = Carrier::Electricity;
    vec![
        order(0, Side::Buy, wanted, bid),
        order(1, Side::Sell, offered, offer),
        Command::Close { carrier, interval },
        Command::Clear { carrier, interval, claim },
    ]
}

/// The audit of a log of these commands.
fn audited(mut commands: Vec<Command>) -> Audit {
    let mut state = State::new();
    for command in &commands {
        let _ = state.apply(&Envelope { command: command.clone(), signature: None }, &Nobody, &mut ());
    }
    let root = state.root();
    commands.push(Command::Checkpoint { root });
    let mut bytes = Vec::new();
    let count = commands.len() as u32;
    for command in commands {
        encoding::encode(&Envelope { command, signature: None }, &mut bytes);
    }
    let hash = chain(&[0; 32], 0, count, &bytes);
    let mut auditor = Auditor::new(&[]);
    auditor.segment(&Segment { receipt: Receipt { first: 0, count, hash, root, signature: None }, bytes });
    auditor.finish()
}

fn kinds() -> impl Iterator<Item = RuleKind> {
    RuleKind::ALL.into_iter().filter(|kind| kind.shares_metered() && kind.may_hold_money())
}

#[test]
fn the_auditor_agrees_with_ten_thousand_clearings_of_metered_energy() {
    assert_eq!(kinds().count(), 11);
    for seed in 0..1_000 {
        for kind in kinds() {
            let mut random = Random(seed);
            let rule = rule(kind, &mut random);
            let audit = audited(commands(rule, &mut random));
            assert_eq!(audit.first_violation, None, "seed {seed}, {rule:?}");
        }
    }
}

#[test]
fn energy_that_is_not_shared_or_shared_twice_is_found() {
    for kind in kinds() {
        let mut random = Random(7);
        let rule = rule(kind, &mut random);
        let honest = commands(rule, &mut random);
        let shares = honest.len() - 2;
        let found =
            |commands: Vec<Command>| audited(commands).first_violation.map(|first| (first.record, first.law));
        let mut without = honest.clone();
        without.remove(shares);
        assert_eq!(found(without), Some((shares as u64, Law::D3)), "{rule:?}");
        let mut twice = honest.clone();
        twice.insert(shares, honest[shares].clone());
        assert_eq!(found(twice), Some((shares as u64 + 1, Law::C12)), "{rule:?}");
    }
}
