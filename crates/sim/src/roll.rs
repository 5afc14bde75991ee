//! Who is who: accounts, metering points and keys, in the order in which a run registers them.

use crate::Scenario;
use crate::scenario::{Connection, Member};
use ledger::Key;
use market::{
    AccountId, Arrangement, Carrier, Command, Energy, Equipment, Location, MeterId, MeterTerms, Register,
    TariffId,
};

/// One metering point of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its number.
    pub meter: MeterId,
    /// Its place among the meters of its carrier.
    pub place: u32,
    /// Its supplier's tariff.
    pub tariff: TariffId,
    /// Whether it may sell.
    pub sells: bool,
}

/// The accounts and metering points of a scenario, known before it runs.
#[derive(Clone, Debug)]
pub struct Roll {
    /// Per member, in the scenario's order, its metering points by carrier.
    pub points: Vec<[Option<Point>; 3]>,
    /// Per member, the metering point without a meter that stands for its share of another's electricity.
    pub shares: Vec<Option<Point>>,
    /// Per member, whose electricity meter counts its electricity too.
    pub fronts: Vec<Option<usize>>,
}

impl Roll {
    /// Numbers are given in order: account by account, meter by meter, carriers in canonical order.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let (mut meter, mut places) = (0, [0_u32; 3]);
        let point = |carrier: usize,
                     connection: crate::scenario::Connection,
                     meter: &mut u32,
                     places: &mut [u32; 3]| {
            let point = Point {
                meter: MeterId(*meter),
                place: places[carrier],
                tariff: connection.tariff,
                sells: connection.sells,
            };
            *meter += 1;
            places[carrier] += 1;
            point
        };
        let (mut points, mut shares) = (Vec::new(), Vec::new());
        for member in &scenario.members {
            points.push(Carrier::ALL.map(|carrier| {
                let connection = member.connections[carrier as usize]?;
                Some(point(carrier as usize, connection, &mut meter, &mut places))
            }));
            let electric = member.connections[0].filter(|_| member.metering.share.is_some());
            shares.push(electric.map(|connection| point(0, connection, &mut meter, &mut places)));
        }
        let front = |member: &Member| named(scenario, member.metering.behind.as_ref()?);
        Self { points, shares, fronts: scenario.members.iter().map(front).collect() }
    }

    /// What each member's electricity meter counts, from what its own devices take on balance, Wh: a main meter counts
    /// those behind it too.
    pub(crate) fn physical(&self, own: &[i64]) -> Vec<i64> {
        let mut counted = own.to_vec();
        for (member, net) in own.iter().enumerate() {
            let mut front = self.fronts[member];
            while let Some(main) = front {
                counted[main] += net;
                front = self.fronts[main];
            }
        }
        counted
    }

    /// The account of a member.
    #[must_use]
    pub fn account(member: usize) -> AccountId {
        AccountId(AccountId::FIRST_MEMBER.0 + member as u32)
    }

    /// The member of an account; nobody for the fixed ones.
    #[must_use]
    pub fn member(account: AccountId) -> Option<usize> {
        account.0.checked_sub(AccountId::FIRST_MEMBER.0).map(|member| member as usize)
    }
}

/// The member of this name.
fn named(scenario: &Scenario, name: &str) -> Option<usize> {
    scenario.members.iter().position(|member| member.name == name)
}

/// Every key of a run, from its seed.
pub(crate) struct Keys {
    pub(crate) operator: Key,
    /// One per member; it signs orders, and readings for the member's meters.
    pub(crate) members: Vec<Key>,
}

impl Keys {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let seed = scenario.seed.to_be_bytes();
        Self {
            operator: Key::from_seed(&seed, "operator"),
            members: scenario.members.iter().map(|member| Key::from_seed(&seed, &member.name)).collect(),
        }
    }
}

/// What a run sends first: it founds the community, registers everybody and pays in the deposits. For whoever has to know
/// beforehand whether a ledger takes it.
#[must_use]
pub fn founding(scenario: &Scenario) -> Vec<Command> {
    registrations(scenario, &Keys::of(scenario), &mut 0)
}

/// The operator's key in a run, from its seed.
#[must_use]
pub fn operator_key(scenario: &Scenario) -> Key {
    Keys::of(scenario).operator
}

/// The commands that found the community, register everybody and pay in the deposits, in order. `nonce` counts the
/// operator's commands.
pub(crate) fn registrations(scenario: &Scenario, keys: &Keys, nonce: &mut u64) -> Vec<Command> {
    let mut next = || {
        *nonce += 1;
        *nonce
    };
    let mut community = scenario.community.clone();
    community.operator = keys.operator.address();
    let start = scenario.span.first.start.saturating_sub(2 * crate::calendar::DAY);
    let mut commands = vec![Command::Found(Box::new(community)), Command::Tick { time: start }];
    let funds =
        [(AccountId::GUARANTOR, scenario.guarantor), (AccountId::SUPPLIER, scenario.supplier)];
    for (account, amount) in funds {
        if amount.0 > 0 {
            commands.push(Command::Deposit { account, amount, nonce: next() });
        }
    }
    commands.extend(keys.members.iter().map(|key| Command::RegisterAccount { address: key.address() }));
    // equal shares where a static key asks for them
    let roll = Roll::of(scenario);
    let count = |carrier: usize| roll.points.iter().filter(|points| points[carrier].is_some()).count();
    let mut counts = [0, 1, 2].map(|carrier| count(carrier).max(1) as u32);
    counts[0] += roll.shares.iter().flatten().count() as u32;
    let capacities = Capacities::of(scenario, &roll);
    let mut meters = 0;
    for (index, (member, key)) in scenario.members.iter().zip(&keys.members).enumerate() {
        for carrier in Carrier::ALL {
            let Some(connection) = member.connections[carrier as usize] else { continue };
            let [import_capacity, export_capacity] = match carrier {
                Carrier::Electricity => capacities.0[index],
                _ => [connection.import_capacity, connection.export_capacity],
            };
            let terms = MeterTerms {
                account: Roll::account(index),
                carrier,
                key: key.address(),
                import_capacity,
                export_capacity,
                tariff: connection.tariff,
                share: 1_000_000 / counts[carrier as usize],
            };
            commands.push(Command::RegisterMeter { terms, nonce: next() });
            let location = member.wishes.location;
            if location != Location::default() {
                let meter = MeterId(meters);
                commands.push(Command::Locate { meter, location, nonce: next() });
            }
            meters += 1;
        }
        let source = member.metering.share.as_ref().and_then(|(source, _)| named(scenario, source));
        if let (Some(share), Some(source)) = (roll.shares[index], source) {
            let [import_capacity, export_capacity] = capacities.0[source];
            let terms = MeterTerms {
                account: Roll::account(index),
                carrier: Carrier::Electricity,
                key: key.address(),
                import_capacity,
                export_capacity,
                tariff: share.tariff,
                share: 1_000_000 / counts[0],
            };
            commands.push(Command::RegisterMeter { terms, nonce: next() });
            let location = scenario.members[source].wishes.location;
            if location != Location::default() {
                commands.push(Command::Locate { meter: share.meter, location, nonce: next() });
            }
            meters += 1;
        }
    }
    commands.extend(equipment(scenario, &roll).map(|(meter, equipment)| {
        let nonce = next();
        Command::Equip { meter, equipment, nonce }
    }));
    commands.extend(scenario.agreement.map(|terms| Command::Agree { terms, nonce: next() }));
    commands.extend(scenario.tariffs.versions.iter().map(|(tariff, version)| {
        let (tariff, version, nonce) = (*tariff, version.clone(), next());
        Command::Reprice { tariff, version, nonce }
    }));
    if scenario.deposit.0 > 0 {
        let deposit = |member| Command::Deposit {
            account: Roll::account(member),
            amount: scenario.deposit,
            nonce: next(),
        };
        commands.extend((0..scenario.members.len()).map(deposit));
    }
    commands
}

/// Most that each member's electricity meter takes and gives in an interval, Wh: a main meter's counts those behind it.
struct Capacities(Vec<[Energy; 2]>);

impl Capacities {
    fn of(scenario: &Scenario, roll: &Roll) -> Self {
        let of = |way: fn(&Connection) -> Energy| {
            let own =
                |member: &Member| member.connections[0].as_ref().map_or(0, |connection| way(connection).0);
            roll.physical(&scenario.members.iter().map(own).collect::<Vec<_>>())
        };
        let imports = of(|connection| connection.import_capacity);
        let exports = of(|connection| connection.export_capacity);
        Self(
            imports
                .into_iter()
                .zip(exports)
                .map(|(import, export)| [Energy(import), Energy(export)])
                .collect(),
        )
    }
}

/// Everything that is not an interval meter of its own, from the grid outward: a point with others behind it stays
/// where it is.
fn equipment<'a>(scenario: &'a Scenario, roll: &'a Roll) -> impl Iterator<Item = (MeterId, Equipment)> + 'a {
    let depth = |member: usize| std::iter::successors(roll.fronts[member], |main| roll.fronts[*main]).count();
    let mut order: Vec<usize> = (0..scenario.members.len()).collect();
    order.sort_by_key(|member| depth(*member));
    let own = order.into_iter().flat_map(move |member| {
        let register = match scenario.members[member].metering.digits {
            Some(digits) => Register::Cumulative { modulus: 1_000 * 10_u64.pow(digits) },
            None => Register::Interval,
        };
        let main = roll.fronts[member].and_then(|main| roll.points[main][0]);
        Carrier::ALL.into_iter().filter_map(move |carrier| {
            let point = roll.points[member][carrier as usize]?;
            let arrangement = match main {
                Some(main) if carrier == Carrier::Electricity => Arrangement::Sub { main: main.meter },
                _ => Arrangement::Direct,
            };
            let equipment = Equipment { register, arrangement };
            (equipment != Equipment::default()).then_some((point.meter, equipment))
        })
    });
    let shares = scenario.members.iter().zip(&roll.shares).filter_map(|(member, point)| {
        let (source, share) = member.metering.share.as_ref()?;
        let source = roll.points[named(scenario, source)?][0]?.meter;
        let arrangement = Arrangement::Virtual { source, share: *share };
        Some(((*point)?.meter, Equipment { arrangement, ..Equipment::default() }))
    });
    own.chain(shares)
}
