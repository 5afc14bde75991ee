//! The state's root, field by field, against another program (`cases/encoding/state.json`).

use market::signing::Recover;
use market::testing::{example_community, hex};
use market::*;

struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &Hash, _: &Signature) -> Option<Address> {
        None
    }
}

/// The story that the case tells: two members, one of whom offers 500 Wh and lets another key trade.
fn story() -> Vec<Command> {
    let terms = Community { authentication: Authentication::Operator, ..example_community() };
    let interval = DeliveryInterval { start: 1_717_372_800, duration: 900 };
    let (one, other) = (AccountId(6), AccountId(7));
    let meter = MeterTerms {
        account: one,
        carrier: Carrier::Electricity,
        key: Address([0xaa; 20]),
        import_capacity: Energy(4_000),
        export_capacity: Energy(2_500),
        tariff: TariffId(1),
        share: 250_000,
    };
    let prices = vec![Prices { import: Price(123_456), export: Price(-7) }, Prices::default()];
    let order = Order {
        account: one,
        meter: MeterId(0),
        interval,
        side: Side::Sell,
        energy: Energy(500),
        limit: Price(-40),
        time_in_force: TimeInForce::GateClosure,
        nonce: 3,
    };
    vec![
        Command::Found(Box::new(terms)),
        Command::Tick { time: 1_717_372_000 },
        Command::RegisterAccount { address: Address([0x66; 20]) },
        Command::RegisterAccount { address: Address([0x77; 20]) },
        Command::RegisterMeter { terms: meter, nonce: 1 },
        Command::Deposit { account: one, amount: Money(5_000_000_000), nonce: 2 },
        Command::Deposit { account: other, amount: Money(1), nonce: 9 },
        Command::Delegate {
            account: one,
            delegate: Delegate { address: Address([0xdd; 20]), expires: 1_800_000_000 },
            nonce: 2,
        },
        Command::PublishPrices { tariff: TariffId(2), start: interval, prices },
        Command::Place(order),
        Command::Place(Order { energy: Energy(250), limit: Price(90), nonce: 4, ..order }),
        Command::Cancel {
            account: one,
            order: OrderId { carrier: Carrier::Electricity, interval, side: Side::Sell, arrival: 0 },
            nonce: 5,
        },
    ]
}

#[test]
fn the_root_is_the_one_another_program_computes_from_the_fields() {
    let case: serde_json::Value =
        serde_json::from_str(include_str!("../../../cases/encoding/state.json")).unwrap();
    let expected = |name: &str| hex(case[name].as_str().unwrap());
    let mut state = State::new();
    for command in story() {
        let said = format!("{command:?}");
        let applied = state.apply(&Envelope { command, signature: None }, &Nobody, &mut ());
        assert_eq!(applied, Ok(()), "{said}");
    }
    let proof = state.prove_account(AccountId(6)).unwrap();
    assert_eq!(proof.leaf, expected("account"));
    assert_eq!(state.prove_meter(MeterId(0)).unwrap().leaf, expected("meter"));
    let parts = ["accounts", "meters", "deliveries", "globals"].map(expected);
    assert_eq!(proof.parts.map(|part| part.to_vec()), parts);
    assert_eq!(state.root().to_vec(), expected("root"));
}
