//! What a proof costs: segments of communities of a thousand members and more, kind by kind.

use crate::evm::{Contract, artefact, executeCall, transaction_gas};
use crate::typed::{self, Terms};
use alloy_sol_types::SolCall;
use ledger::Key;
use market::Side;
use rollup::step::leaf::{Account, Market, Meter, Tariff, rule, stage};
use rollup::step::{Context, Head, Packed, Place, Record, State, Store, Witness, execute, record};

/// Members of the community whose figures are looked at most; larger ones are multiples of it.
const THOUSAND: u32 = 1000;
const START: u64 = 1_800_000_000 / 900 * 900;
const SLOT: u8 = 7;

/// The most gas that a segment's proof may take.
const MOST: u64 = 900_000;

struct Community {
    state: State,
    keys: Vec<Key>,
    rule: u8,
}

fn put<T: Packed>(state: &mut State, place: Place, value: &T) {
    state.set_words(place, value.pack()).unwrap();
}

impl Community {
    fn new(members: u32, rule: u8) -> Self {
        let outside = 5_000_000_000 * i128::from(members / THOUSAND);
        let head = Head {
            time: START - 7200,
            accounts: 6 + members,
            meters: members,
            duration: 900,
            gate_closure: 300,
            horizon: 96,
            signatures: 1,
            money: 5 * outside as u128 + u128::from(members) * 5_000_000_000,
            domain: market::keccak256(b"gas"),
            ..Head::default()
        };
        let mut state = State::new(head);
        let keys: Vec<Key> = (0..members).map(|member| Key::from_seed(b"gas", &member.to_string())).collect();
        for id in 1..6 + members {
            let address =
                id.checked_sub(6).map_or_else(Default::default, |member| keys[member as usize].address());
            let balance = if id < 6 { outside } else { 5_000_000_000 };
            let account = Account { address, balance, carriers: 1, nonce: 40, ..Account::default() };
            put(&mut state, Place::account(id), &account);
        }
        for rank in 0..members {
            let meter = Meter {
                key: keys[rank as usize].address(),
                account: 6 + rank,
                meter: rank,
                tariff: (rank % 2) as u16,
                import_capacity: 30_000,
                export_capacity: 30_000,
                share: 1_000_000 / members,
                sequence: 77,
            };
            put(&mut state, Place::meter(0, rank), &meter);
        }
        for tariff in 0..2 {
            let terms = Tariff {
                import: 300_000,
                export: 80_000,
                grid_fee: 70_000,
                peer_grid_fee: 40_000,
                levy: 20_000,
                peer_levy: 5_000,
                kind: 1 + tariff as u8,
            };
            put(&mut state, Place::tariff(tariff), &terms);
        }
        let market = Market {
            rule,
            numerator: 1,
            denominator: 2,
            floor: -100_000,
            cap: 1_000_000,
            price: 150_000,
            meters: members,
            shares: 1_000_000,
            ..Market::default()
        };
        put(&mut state, Place::market(0), &market);
        let mut community = Self { state, keys, rule };
        for (carrier, slot) in [(0, SLOT), (0, 8)] {
            let start = START + 900 * u64::from(slot - SLOT);
            community.run(&Record::Open { slot, carrier, start, after: SLOT });
        }
        community.run(&Record::Publish { slot: SLOT, tariff: 1, import: 250_000, export: 60_000 });
        community
    }

    fn run(&mut self, record: &Record<'_>) {
        let context = Context { posted_at: u64::MAX, available: 10, ..Context::default() };
        let report = execute(&mut self.state, &context, &record.to_bytes(), &[]).unwrap();
        assert_eq!(report.outcomes, [None], "{record:?}");
        self.state.forget();
    }

    fn work(&mut self, until: u8) {
        for _ in 0..10_000 {
            let delivery: rollup::step::leaf::Delivery = self.state.peek(Place::delivery(SLOT));
            if delivery.stage == until {
                return;
            }
            self.run(&Record::Advance { items: 21 });
        }
        panic!("stage {until} does not come");
    }

    fn members(&self) -> u32 {
        self.keys.len() as u32
    }

    /// Members scattered over the community, each once: the step has no factor in common with a power of ten.
    fn member(&self, at: u32) -> u32 {
        let step = u64::from((389 * self.members() / THOUSAND) | 1);
        ((u64::from(at) * step + 17) % u64::from(self.members())) as u32
    }

    fn order(&self, at: u32, signed: bool) -> Record<'static> {
        let rank = self.member(at);
        let side = if at.is_multiple_of(2) { Side::Buy } else { Side::Sell };
        let spread = (at / 2 % 50) as i32 * 1000;
        let limit = if side == Side::Buy { 130_000 + spread } else { 170_000 - spread };
        let energy = 500 + at % 400;
        let record = Record::Order {
            slot: SLOT,
            rank,
            energy,
            limit,
            side,
            until_gate: true,
            nonce: None,
            signature: None,
        };
        if signed { self.sign(record, rank, rank, 41) } else { record }
    }

    fn sign(&self, record: Record<'static>, member: u32, meter: u32, nonce: u64) -> Record<'static> {
        let terms = Terms { account: 6 + member, meter, carrier: 0, start: START, duration: 900, nonce };
        let domain = self.state.head().domain;
        typed::signed(record, terms, &domain, &self.keys[member as usize])
    }

    /// An order of every member is in the book.
    fn filled_book(members: u32, rule: u8) -> Self {
        let mut community = Self::new(members, rule);
        let head = *community.state.head();
        community.state.set_head(Head { signatures: 0, ..head });
        for at in 0..members {
            let order = community.order(at, false);
            community.run(&order);
        }
        let head = *community.state.head();
        community.state.set_head(Head { signatures: 1, ..head });
        community.state.forget();
        community
    }

    /// All is metered, the interval is over.
    fn metered(&mut self) {
        let head = *self.state.head();
        self.state.set_head(Head { signatures: 0, time: START + 1000, ..head });
        for rank in 0..self.members() {
            let (import, export) = (rank * 3 % 2000, rank * 7 % 1500);
            self.run(&Record::Reading { slot: SLOT, rank, import, export, sequence: None, signature: None });
        }
        let head = *self.state.head();
        self.state.set_head(Head { signatures: 1, ..head });
        self.state.forget();
    }
}

/// One segment's proof.
#[derive(Debug)]
struct Cost {
    bytes: usize,
    execution: u64,
    transaction: u64,
}

impl Cost {
    fn numbers(&self) -> serde_json::Value {
        let Self { bytes, execution, transaction } = self;
        serde_json::json!({ "witness": bytes, "execution": execution, "transaction": transaction })
    }
}

fn cost(contract: &mut Contract, community: &mut Community, records: &[Record<'_>]) -> Cost {
    let mut bytes = Vec::new();
    records.iter().for_each(|record| record.encode(&mut bytes));
    let weight = record::weigh(&bytes, true);
    assert!(weight.is_some(), "beyond a segment's bounds: {} bytes", bytes.len());
    let state = &mut community.state;
    let (mark, pre) = (state.mark(), state.root());
    state.take_touched();
    let context = Context { posted_at: u64::MAX, available: 10, ..Context::default() };
    let report = execute(state, &context, &bytes, &[]).unwrap();
    assert!(report.outcomes.iter().all(Option::is_none), "{:?} of {records:?}", report.outcomes);
    let post = state.root();
    let places = state.take_touched();
    state.undo(mark);
    let witness = Witness::of(state, &places).to_bytes();
    let call = executeCall {
        pre: pre.into(),
        postedAt: u64::MAX,
        available: 10,
        records: bytes.into(),
        items: Default::default(),
        chain: Default::default(),
        witness: witness.into(),
    };
    let (answer, execution) = contract.execute(&call);
    let crate::evm::Answer::Done { post: found, .. } = answer else { panic!("{answer:?}") };
    assert_eq!(found, post);
    let data = call.abi_encode();
    Cost { bytes: call.witness.len(), execution, transaction: transaction_gas(&data, execution) }
}

#[test]
fn a_proof_fits_a_small_transaction() {
    check(THOUSAND, "transition.json");
}

/// Only the ways to the root grow: by a sibling per leaf with each doubling, which those of one segment share in part.
#[test]
fn a_proof_for_ten_thousand_members_fits_too() {
    check(10_000, "transition_10000.json");
}

/// Orders are the dearest to prove: each touches three leaves and a signature.
#[test]
fn the_dearest_proof_for_a_hundred_thousand_members_fits_too() {
    let mut community = Community::new(100_000, rule::EQUILIBRIUM);
    let orders: Vec<_> = (0..16).map(|at| community.order(at, true)).collect();
    let cost = cost(&mut Contract::deployed(artefact("Transition")), &mut community, &orders);
    println!("{cost:?}");
    compare(&serde_json::json!({ "16 orders": cost.numbers() }), "transition_100000.json");
    assert!(cost.transaction <= MOST, "it costs {}", cost.transaction);
}

/// Prints one record and a full segment of each kind, and compares them with a snapshot; the full ones are within the
/// bounds of a small transaction, with room for the header, the path and the slashing that `prove` adds.
fn check(members: u32, snapshot: &str) {
    let mut contract = Contract::deployed(artefact("Transition"));
    let mut worst = 0;
    println!("| segment | witness, bytes | execution, gas | transaction, gas |\n|---|---|---|---|");
    let mut table = serde_json::Map::new();
    let mut row = |what: &str, cost: Cost| {
        let Cost { bytes, execution, transaction } = cost;
        println!("| {what} | {bytes} | {execution} | {transaction} |");
        table.insert(what.into(), cost.numbers());
        worst = worst.max(cost.transaction);
        cost.transaction
    };
    let mut community = Community::new(members, rule::EQUILIBRIUM);
    let tick = [Record::Tick { time: START - 7000 }];
    row("1 tick", cost(&mut contract, &mut community, &tick));
    let orders: Vec<_> = (0..16).map(|at| community.order(at, true)).collect();
    row("1 order", cost(&mut contract, &mut community, &orders[..1]));
    row("16 orders", cost(&mut contract, &mut community, &orders));
    let transfers: Vec<_> = (0..18)
        .map(|at| {
            let (from, to) = (community.member(at), community.member(at + 500));
            let record = Record::Transfer {
                from: 6 + from,
                to: 6 + to,
                amount: 1_000_000,
                nonce: None,
                signature: None,
            };
            community.sign(record, from, 0, 41)
        })
        .collect();
    row("1 transfer", cost(&mut contract, &mut community, &transfers[..1]));
    row("18 transfers", cost(&mut contract, &mut community, &transfers));
    let withdrawals: Vec<_> = (0..20)
        .map(|at| {
            let from = community.member(at);
            let record =
                Record::Withdraw { account: 6 + from, amount: 1_000_000, nonce: None, signature: None };
            community.sign(record, from, 0, 41)
        })
        .collect();
    row("1 withdrawal", cost(&mut contract, &mut community, &withdrawals[..1]));
    row("20 withdrawals", cost(&mut contract, &mut community, &withdrawals));
    let accounts: Vec<_> =
        (0..21).map(|at| Record::Account { address: community.keys[at].address() }).collect();
    row("1 account", cost(&mut contract, &mut community, &accounts[..1]));
    row("21 accounts", cost(&mut contract, &mut community, &accounts));

    let advance = |items: u16| [Record::Advance { items }];
    let mut fill = 0;
    for (rule, name) in [(rule::EQUILIBRIUM, "uniform price"), (rule::PAY_AS_BID, "pay as bid")] {
        let mut community = Community::filled_book(members, rule);
        let cancels: Vec<_> = (0..16)
            .map(|at| {
                let record =
                    Record::Cancel { slot: SLOT, arrival: at, side: Side::Buy, nonce: None, signature: None };
                community.sign(record, community.member(2 * at), 0, 42)
            })
            .collect();
        if rule == rule::EQUILIBRIUM {
            row("1 cancellation", cost(&mut contract, &mut community, &cancels[..1]));
            row("16 cancellations", cost(&mut contract, &mut community, &cancels));
        }
        community.run(&Record::Close { slot: SLOT });
        let (equilibrium, price) = find_claim(&community);
        community.run(&Record::Clear { slot: SLOT, equilibrium, price });
        row(&format!("{name}: scan 1 order"), cost(&mut contract, &mut community, &advance(1)));
        row(&format!("{name}: scan 21 orders"), cost(&mut contract, &mut community, &advance(21)));
        community.work(stage::FILL_BIDS);
        (0..5).for_each(|_| community.run(&Record::Advance { items: 20 }));
        fill =
            fill.max(row(&format!("{name}: fill 1 order"), cost(&mut contract, &mut community, &advance(1))));
        row(&format!("{name}: fill 8 orders"), cost(&mut contract, &mut community, &advance(8)));
        row(&format!("{name}: fill 21 orders"), cost(&mut contract, &mut community, &advance(21)));
        if rule == rule::EQUILIBRIUM {
            community.work(stage::OPEN);
            last_round(members, &mut contract, &mut row);
            let mut readings = Vec::new();
            let head = *community.state.head();
            community.state.set_head(Head { time: START + 1000, ..head });
            community.state.forget();
            for at in 0..21 {
                let rank = community.member(at);
                let record = Record::Reading {
                    slot: SLOT,
                    rank,
                    import: 700,
                    export: 20,
                    sequence: None,
                    signature: None,
                };
                readings.push(community.sign(record, rank, rank, 78));
            }
            row("1 reading", cost(&mut contract, &mut community, &readings[..1]));
            row("21 readings", cost(&mut contract, &mut community, &readings));
            settle(&mut contract, &mut community, &mut row);
        } else {
            community.work(stage::LIST_BIDS);
            pair(&mut contract, &mut community, &mut row);
        }
    }
    for (rule, name) in [(rule::STATIC, "static key"), (rule::DYNAMIC, "dynamic key")] {
        let mut community = Community::new(members, rule);
        community.metered();
        community.run(&Record::Share { slot: SLOT });
        row(&format!("{name}: share 21 points, bought"), cost(&mut contract, &mut community, &advance(21)));
        community.work(stage::SHARE_SOLD);
        row(&format!("{name}: share 21 points, sold"), cost(&mut contract, &mut community, &advance(21)));
    }
    compare(&serde_json::Value::Object(table), snapshot);
    assert!(fill <= 400_000, "a wrong fill's proof costs {fill}");
    assert!(worst <= MOST, "the worst segment's proof costs {worst}");
}

/// Compares with the committed snapshot; `WATTLE_BLESS=1` writes it anew.
fn compare(table: &serde_json::Value, snapshot: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/gas");
    let path = folder.join(snapshot);
    let text = serde_json::to_string_pretty(table).unwrap() + "\n";
    if std::env::var_os("WATTLE_BLESS").is_some() {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "gas is not as committed in contracts/gas/{snapshot}; WATTLE_BLESS=1 writes it anew"
    );
}

/// Filling after gate closure: whatever is not filled lapses, so that accounts are touched too.
fn last_round(members: u32, contract: &mut Contract, row: &mut impl FnMut(&str, Cost) -> u64) {
    let mut community = Community::filled_book(members, rule::EQUILIBRIUM);
    let head = *community.state.head();
    community.state.set_head(Head { time: START - 100, ..head });
    community.state.forget();
    community.run(&Record::Close { slot: SLOT });
    let (equilibrium, price) = find_claim(&community);
    community.run(&Record::Clear { slot: SLOT, equilibrium, price });
    community.work(stage::FILL_BIDS);
    (0..2).for_each(|_| community.run(&Record::Advance { items: 20 }));
    row("last round: fill 1 order", cost(contract, &mut community, &[Record::Advance { items: 1 }]));
    row("last round: fill 21 orders", cost(contract, &mut community, &[Record::Advance { items: 21 }]));
}

fn settle(contract: &mut Contract, community: &mut Community, row: &mut impl FnMut(&str, Cost) -> u64) {
    community.metered();
    let advance = |items: u16| [Record::Advance { items }];
    community.run(&Record::Lapse { slot: SLOT });
    row("21 orders lapse", cost(contract, community, &advance(21)));
    community.work(stage::OPEN);
    community.run(&Record::Settle { slot: SLOT });
    row("weigh 1 bill", cost(contract, community, &advance(1)));
    row("weigh 21 bills", cost(contract, community, &advance(21)));
    community.work(stage::SETTLE);
    row("settle 1 bill", cost(contract, community, &advance(1)));
    row("settle 21 bills", cost(contract, community, &advance(21)));
}

/// The merit order, and the pairs.
fn pair(contract: &mut Contract, community: &mut Community, row: &mut impl FnMut(&str, Cost) -> u64) {
    for (side, now) in [(Side::Buy, stage::LIST_BIDS), (Side::Sell, stage::LIST_OFFERS)] {
        let order = crate::book::merit_order(&community.state, SLOT, side);
        let lists: Vec<Vec<u8>> = order
            .chunks(20)
            .map(|some| some.iter().flat_map(|arrival| arrival.to_be_bytes()[1..].to_vec()).collect())
            .collect();
        if now == stage::LIST_BIDS {
            row("list 1 order", cost(contract, community, &[Record::Merit { arrivals: &lists[0][..3] }]));
            row("list 20 orders", cost(contract, community, &[Record::Merit { arrivals: &lists[0] }]));
        }
        lists.iter().for_each(|arrivals| community.run(&Record::Merit { arrivals }));
    }
    community.run(&Record::Advance { items: 20 });
    row("pair 1 order", cost(contract, community, &[Record::Advance { items: 1 }]));
    row("pair 21 orders", cost(contract, community, &[Record::Advance { items: 21 }]));
}

/// The claim that is right for the full book, by trying.
fn find_claim(community: &Community) -> (i32, i32) {
    use rollup::step::leaf::Order;
    let book = |side: Side| -> Vec<(u32, Order)> {
        (0..community.members() / 2)
            .map(|arrival| (arrival, community.state.peek(Place::order(SLOT, side, arrival))))
            .collect()
    };
    let sides = [book(Side::Buy), book(Side::Sell)];
    let market: Market = community.state.peek(Place::market(0));
    let limits = sides.iter().flatten().map(|(_, order)| order.limit);
    let ends = limits.clone().find_map(|limit| crate::book::ends(&sides, limit)).expect("the book crosses");
    if community.rule == rule::PAY_AS_BID {
        (ends.lo, 0)
    } else {
        (market.between(ends.lo, ends.hi), market.between(ends.lo, ends.hi))
    }
}
