//! The margin is shared as the market shares it, without sorting: big books of few prices, over several clearings.

use super::pair::Answer;
use super::play::Random;
use super::play::{DURATION, Play, START};
use ledger::Key;
use market::{
    AccountId, Authentication, Carrier, Command, Community, DeliveryInterval, Energy, Fraction, Market,
    MeterId, MeterTerms, Money, Order, Price, PriceConvention, Prices, Rule, Side, Tariff, TariffId,
    TariffKind, TimeInForce,
};

fn play(seed: u64, rule: Rule, members: u32) -> Play {
    let operator = Key::from_seed(b"margin", "operator");
    let flat = Prices { import: Price(30), export: Price(5) };
    let community = Community {
        chain_id: 1,
        community_id: seed,
        currency: *b"EUR",
        operator: operator.address(),
        authentication: Authentication::Operator,
        interval_duration: DURATION,
        gate_closure: 0,
        horizon: 8,
        utc_offset: 0,
        markets: vec![Market { carrier: Carrier::Electricity, rule, floor: Price(-100), cap: Price(100) }],
        tariffs: vec![Tariff {
            kind: TariffKind::Flat(flat),
            grid_fee: Price(1),
            peer_grid_fee: Price(1),
            levy: Price(1),
            peer_levy: Price(1),
        }],
    };
    let mut play = Play::empty(&community, operator, Random(seed));
    for member in 0..members {
        let account = AccountId(AccountId::FIRST_MEMBER.0 + member);
        let address = market::Address([member as u8 + 1; 20]);
        play.give(Command::RegisterAccount { address }, None);
        let nonce = u64::from(2 * member) + 1;
        play.give(Command::Deposit { account, amount: Money(1_000_000), nonce }, None);
        let terms = MeterTerms {
            account,
            carrier: Carrier::Electricity,
            key: address,
            import_capacity: Energy(10_000),
            export_capacity: Energy(10_000),
            tariff: TariffId(0),
            share: 0,
        };
        play.give(Command::RegisterMeter { terms, nonce: nonce + 1 }, None);
    }
    play
}

#[test]
fn shared_margins_are_the_markets() {
    let k = Fraction::HALF;
    let rules = [
        Rule::UniformPrice { convention: PriceConvention::Equilibrium, k },
        Rule::UniformPrice { convention: PriceConvention::LastPair, k },
        Rule::PayAsBid { k },
    ];
    let (mut cleared, mut accepted) = (0, 0);
    for seed in 0..90 {
        let members = 10;
        let mut play = play(seed, rules[seed as usize % 3], members);
        let interval = DeliveryInterval { start: START + 4 * u64::from(DURATION), duration: DURATION };
        for round in 0..3 {
            for _ in 0..40 {
                let member = play.random.below(members.into()) as u32;
                let account = AccountId(AccountId::FIRST_MEMBER.0 + member);
                // Half of them buy, half sell, so that few would trade with themselves.
                let side = Side::ALL[usize::from(member % 2 == 0)];
                let order = Order {
                    account,
                    meter: MeterId(member),
                    interval,
                    side,
                    energy: Energy(1 + play.random.below(9) as i64),
                    limit: Price([20, 20, 20, 19, 21, 22][play.random.below(6) as usize]),
                    time_in_force: TimeInForce::ALL[play.random.below(2) as usize],
                    nonce: play.pair.market.accounts()[account.0 as usize].nonce + 1,
                };
                let answer = play.give(Command::Place(order), None);
                accepted += u32::from(answer == Answer::Accepted);
            }
            if round == 2 {
                play.give(Command::Tick { time: interval.start }, None); // the gate closes: what is left lapses
            }
            play.clear_at(Carrier::Electricity, interval);
            cleared += u32::from(play.pair.market.delivery(Carrier::Electricity, interval).is_some());
        }
    }
    assert!(cleared >= 250 && accepted > 9_000, "{cleared} clearings of {accepted} orders");
}
