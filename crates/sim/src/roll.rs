//! Who is who: accounts, metering points and keys, in the order in which a run registers them.

use crate::Scenario;
use ledger::Key;
use market::{AccountId, Carrier, Command, Location, MeterId, MeterTerms, TariffId};

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
        let points = scenario
            .members
            .iter()
            .map(|member| {
                Carrier::ALL.map(|carrier| {
                    let connection = member.connections[carrier as usize]?;
                    Some(point(carrier as usize, connection, &mut meter, &mut places))
                })
            })
            .collect();
        Self { points }
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
    if scenario.guarantor.0 > 0 {
        commands.push(Command::Deposit {
            account: AccountId::GUARANTOR,
            amount: scenario.guarantor,
            nonce: next(),
        });
    }
    commands.extend(keys.members.iter().map(|key| Command::RegisterAccount { address: key.address() }));
    // equal shares where a static key asks for them
    let count = |carrier: usize| scenario.members.iter().filter(|m| m.connections[carrier].is_some()).count();
    let counts = [0, 1, 2].map(|carrier| count(carrier).max(1) as u32);
    let mut meters = 0;
    for (index, (member, key)) in scenario.members.iter().zip(&keys.members).enumerate() {
        for carrier in Carrier::ALL {
            let Some(connection) = member.connections[carrier as usize] else { continue };
            let terms = MeterTerms {
                account: Roll::account(index),
                carrier,
                key: key.address(),
                import_capacity: connection.import_capacity,
                export_capacity: connection.export_capacity,
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
    }
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
