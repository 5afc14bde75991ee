//! Who delivers less than it sold: the joint optimum as contracts, through the market's own state machine.
//!
//! Each player in turn sells what it gives in every step to the others at the price inside, once delivering all of it and
//! once less. Offers, match, escrow, readings and settlement are the commands of a ledger (`docs/mechanisms/contracts.md`);
//! what is missing is bought at the wholesale market's import price, and beyond a tolerance costs a penalty.

use super::coalition::Plant;
use super::{Operation, StudyError};
use market::{
    AccountId, Address, Agreement, Authentication, Carrier, Claim, Command, Community, DeliveryInterval,
    Energy, Envelope, Fraction, ImbalancePolicy, MAX_PRICE, Market, MeterId, MeterTerms, Money, Order, Price,
    PriceConvention, Prices, Reading, Rule, Side, State, Tariff, TariffId, TariffKind, TimeInForce,
    signing::Recover,
};

/// Part of what was sold that is not delivered.
pub const MISSING: f64 = 0.2;
/// Part that may stay away without a penalty, parts per million.
const TOLERANCE: u32 = 50_000;
/// What missing energy costs beside, n€/Wh: 5 ct/kWh.
pub const PENALTY: Price = Price(50_000);
/// What each account begins with: more than a plant earns.
const FUNDS: Money = Money(1_000_000_000_000_000);

/// One player's deliveries, settled twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// Who.
    pub player: usize,
    /// Sold, Wh.
    pub sold: Energy,
    /// Not delivered, Wh.
    pub missing: Energy,
    /// Earned delivering all.
    pub honest: Money,
    /// Earned delivering less.
    pub cheating: Money,
    /// Of what it loses, the penalty.
    pub penalty: Money,
}

/// Nobody signs: the study answers for everybody.
struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &[u8; 32], _: &market::Signature) -> Option<Address> {
        None
    }
}

/// Every player that gives energy, in order.
pub(super) fn search(
    plant: &Plant,
    optimum: &Operation,
    (start, duration): (u64, u32),
) -> Result<Vec<Shortfall>, StudyError> {
    let mut found = Vec::new();
    for (player, schedule) in optimum.schedules.iter().enumerate() {
        let sold: Vec<Energy> =
            schedule.iter().map(|kwh| Energy((kwh.max(0.0) * 1e3).round() as i64)).collect();
        let first = DeliveryInterval { start, duration };
        let run = |missing: f64| {
            let deliveries = Deliveries { plant, inside: &optimum.prices, first, sold: &sold, missing };
            deliveries.settled().map_err(|rejection| StudyError::Refused {
                player: plant.players[player].name.clone(),
                rejection,
            })
        };
        let total: Energy = sold.iter().copied().sum();
        if total.is_zero() {
            continue;
        }
        let ([honest, _], [cheating, penalty]) = (run(0.0)?, run(MISSING)?);
        let missing = sold.iter().map(|energy| *energy - delivered(*energy, MISSING)).sum();
        found.push(Shortfall { player, sold: total, missing, honest, cheating, penalty });
    }
    Ok(found)
}

fn delivered(sold: Energy, missing: f64) -> Energy {
    Energy((sold.0 as f64 * (1.0 - missing)).round() as i64)
}

/// What one seller does.
struct Deliveries<'a> {
    plant: &'a Plant,
    inside: &'a [f64],
    first: DeliveryInterval,
    sold: &'a [Energy],
    missing: f64,
}

impl Deliveries<'_> {
    /// What the seller earns, and what the community gets in penalties.
    fn settled(&self) -> Result<[Money; 2], market::Rejection> {
        let mut state = State::new();
        let mut apply =
            |command: Command| state.apply(&Envelope { command, signature: None }, &Nobody, &mut ());
        let mut commands = self.founding();
        self.offer(0, &mut commands);
        (0..self.sold.len()).for_each(|step| self.step(step, &mut commands));
        commands.into_iter().try_for_each(&mut apply)?;
        let balance = |account: AccountId| state.accounts()[account.0 as usize].balance;
        Ok([balance(AccountId::FIRST_MEMBER) - FUNDS, balance(AccountId::COMMUNITY)])
    }

    fn founding(&self) -> Vec<Command> {
        let carrier = Carrier::Electricity;
        let rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF };
        let [grid_fee, peer_grid_fee, levy, peer_levy] = [Price::ZERO; 4];
        let before = self.first.start - u64::from(self.first.duration);
        let price = |price: f64| Price((price * 1e6).round() as i64);
        let offers = self.plant.prices.iter();
        let prices = offers.map(|offer| Prices { import: price(offer.import), export: price(offer.export) });
        let mut commands = vec![
            Command::Found(Box::new(Community {
                chain_id: 1,
                community_id: 1,
                currency: *b"EUR",
                operator: Address([9; 20]),
                authentication: Authentication::Operator,
                interval_duration: self.first.duration,
                gate_closure: 0,
                horizon: 1,
                utc_offset: 0,
                markets: vec![Market { carrier, rule, floor: Price(-MAX_PRICE.0), cap: MAX_PRICE }],
                tariffs: vec![Tariff { kind: TariffKind::Dynamic, grid_fee, peer_grid_fee, levy, peer_levy }],
            })),
            Command::Tick { time: before },
        ];
        for member in 0..2_u32 {
            let account = AccountId(AccountId::FIRST_MEMBER.0 + member);
            let key = Address([member as u8 + 1; 20]);
            let most = self.sold.iter().copied().max().unwrap_or_default();
            let terms = MeterTerms {
                account,
                carrier,
                key,
                import_capacity: most,
                export_capacity: most,
                tariff: TariffId(0),
                share: 0,
            };
            let nonce = 2 * u64::from(member) + 1;
            commands.push(Command::RegisterAccount { address: key });
            commands.push(Command::Deposit { account, amount: FUNDS, nonce });
            commands.push(Command::RegisterMeter { terms, nonce: nonce + 1 });
        }
        let terms = Agreement {
            from: self.first.start,
            imbalance: ImbalancePolicy::Dual,
            penalty: PENALTY,
            tolerance: TOLERANCE,
            grace: 0,
            correction_window: 0,
        };
        commands.push(Command::Agree { terms, nonce: 5 });
        let prices = prices.collect();
        commands.push(Command::PublishPrices { tariff: TariffId(0), start: self.first, prices });
        commands
    }

    /// Match, delivery and settlement of one step, and the offers of the next, whose gate closes when this one ends.
    fn step(&self, step: usize, commands: &mut Vec<Command>) {
        let (carrier, interval, sold) =
            (Carrier::Electricity, self.first.later(step as u64), self.sold[step]);
        commands.push(Command::Tick { time: interval.start });
        if !sold.is_zero() {
            commands.push(Command::Close { carrier, interval });
            let price = self.price(step);
            let claim = Claim::UniformPrice { equilibrium: price, price };
            commands.push(Command::Clear { carrier, interval, claim });
        }
        self.offer(step + 1, commands);
        commands.push(Command::Tick { time: interval.end() });
        for (member, import, export) in
            [(0, Energy::ZERO, delivered(sold, self.missing)), (1, sold, Energy::ZERO)]
        {
            let sequence = step as u64 + 1;
            commands.push(Command::Read(Reading {
                meter: MeterId(member),
                interval,
                import,
                export,
                sequence,
            }));
        }
        commands.push(Command::Settle { carrier, interval });
    }

    /// Both sides' orders for a step, at the price inside.
    fn offer(&self, step: usize, commands: &mut Vec<Command>) {
        let Some(energy) = self.sold.get(step).copied().filter(|sold| !sold.is_zero()) else { return };
        for (member, side) in [(0, Side::Sell), (1, Side::Buy)] {
            commands.push(Command::Place(Order {
                account: AccountId(AccountId::FIRST_MEMBER.0 + member),
                meter: MeterId(member),
                interval: self.first.later(step as u64),
                side,
                energy,
                limit: self.price(step),
                time_in_force: TimeInForce::GateClosure,
                nonce: step as u64 + 1,
            }));
        }
    }

    fn price(&self, step: usize) -> Price {
        Price((self.inside[step] * 1e6).round() as i64)
    }
}
