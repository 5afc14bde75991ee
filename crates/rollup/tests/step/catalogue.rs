//! One case of everything: `cases/step/` holds, for every kind of record, every stage of work and every refusal that the
//! games and stories here meet, the first segment that shows it.

use super::{forced, play::Play};
use market::{Authentication, Rejection};
use rollup::step::leaf::{Delivery, stage};
use rollup::step::{Context, Item, Mark, Place, Record, Report, State, Store, Witness, execute};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Cases by file and name.
#[derive(Default)]
pub(crate) struct Catalogue(BTreeMap<(&'static str, String), Value>);

impl Catalogue {
    /// Takes a segment of one record that was just carried out, if it shows something new.
    pub(crate) fn note(
        &mut self,
        chain: &mut State,
        start: Mark,
        context: &Context,
        (records, items): (&[u8], &[u8]),
        report: &Report,
    ) {
        let after = chain.clone();
        let touched = chain.take_touched();
        chain.undo(start);
        if let Some(key) = key(chain, records, items, report)
            && !self.0.contains_key(&key)
        {
            let before = chain.root();
            let mut witness = Witness::of(chain, &touched);
            let bytes = witness.to_bytes();
            assert_eq!(execute(&mut witness, context, records, items).as_ref(), Ok(report));
            let codes: Vec<u16> =
                report.outcomes.iter().map(|refusal| refusal.map_or(0, Rejection::code)).collect();
            let case = json!({
                "name": key.1,
                "pre": hex(&before),
                "postedAt": context.posted_at,
                "available": context.available,
                "chain": hex(&context.chain),
                "records": hex(records),
                "items": hex(items),
                "witness": hex(&bytes),
                "outcomes": codes,
                "post": hex(&witness.root().unwrap()),
                "from": report.from,
                "to": report.to,
                "chainAfter": hex(&report.chain),
            });
            self.0.insert(key, case);
        }
        *chain = after;
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

fn bytes(value: &Value) -> Vec<u8> {
    market::testing::hex(value.as_str().unwrap())
}

/// What a segment shows: file and name. The state is the one before.
fn key(chain: &State, records: &[u8], items: &[u8], report: &Report) -> Option<(&'static str, String)> {
    if report.void {
        return Some(("void", format!("bytes that are no record ({:#04x})", records.first()?)));
    }
    let signed = chain.head().is_signed();
    let (record, rest) = Record::decode(records, signed)?;
    if !rest.is_empty() {
        let refused = report.outcomes.iter().flatten().count();
        return Some(("several", format!("{} records, {refused} refused", report.outcomes.len())));
    }
    let file = record.name();
    let refused = report.outcomes.iter().chain(&report.items).flatten().next();
    let mut name = String::from(file);
    if record.is_personal() && refused.is_none() {
        name += &format!(" {:02x}", records[0]);
    }
    if signed {
        name += ", signed";
    }
    if let Some(slot) = chain.head().work.checked_sub(1) {
        let delivery: Delivery = chain.peek(Place::delivery(slot as u8));
        name += &format!(" while {}", words(delivery.stage));
    }
    if let Some((item, ..)) = Item::decode(items) {
        name += match item {
            Item::Deposit { .. } => ", a deposit",
            Item::Forced { .. } => ", a forced record",
        };
        if let Item::Forced { record, .. } = item
            && let Some((record, _)) = Record::decode(record, true)
        {
            name += &format!(": {}", record.name());
        }
    }
    match refused {
        Some(refusal) => name += &format!(", refused: {refusal:?}"),
        None => name += ", accepted",
    }
    Some((file, name))
}

const fn words(at: u8) -> &'static str {
    match at {
        stage::SCAN_BIDS => "bids are looked at",
        stage::SCAN_OFFERS => "offers are looked at",
        stage::FILL_BIDS => "bids are filled",
        stage::FILL_OFFERS => "offers are filled",
        stage::LIST_BIDS => "bids are listed",
        stage::LIST_OFFERS => "offers are listed",
        stage::PAIR => "orders are paired",
        stage::SHARE_BOUGHT => "consumption is shared",
        stage::SHARE_SOLD => "generation is shared",
        stage::WEIGH => "bills are weighed",
        stage::SETTLE => "bills are posted",
        stage::LAPSE => "orders lapse",
        _ => "nothing is at work",
    }
}

fn catalogue() -> Catalogue {
    let mut all = Catalogue::default();
    let games = [(0..40, Authentication::Operator), (1000..1006, Authentication::Signature)];
    for (seeds, authentication) in games {
        for seed in seeds {
            let mut play = Play::new(seed, authentication);
            play.pair.catalogue = Some(std::mem::take(&mut all));
            for _ in 0..120 {
                play.turn();
            }
            all = play.pair.catalogue.take().unwrap_or_default();
        }
    }
    forced::stories(&mut all);
    all
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../cases/step")
}

/// With `WATTLE_BLESS=1` the files are written anew.
#[test]
fn the_cases_are_what_the_reference_does() {
    let mut files: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for ((file, _), case) in catalogue().0 {
        files.entry(file).or_default().push(case);
    }
    for (file, cases) in &files {
        let text = serde_json::to_string_pretty(&Value::Array(cases.clone())).unwrap() + "\n";
        let path = folder().join(format!("{file}.json"));
        if std::env::var_os("WATTLE_BLESS").is_some() {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "{file}.json differs: run with WATTLE_BLESS=1 if that is meant");
    }
}

#[test]
fn the_cases_hold_by_themselves_and_leave_nothing_out() {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut refusals: BTreeMap<u16, u32> = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for case in cases {
            let name = case["name"].as_str().unwrap();
            let mut witness = Witness::from_bytes(&bytes(&case["witness"])).expect(name);
            let root = |witness: &Witness| hex(&witness.root().unwrap());
            assert_eq!(root(&witness), case["pre"], "{name}");
            let context = Context {
                posted_at: case["postedAt"].as_u64().unwrap(),
                available: case["available"].as_u64().unwrap(),
                chain: bytes(&case["chain"]).try_into().unwrap(),
            };
            let (records, items) = (bytes(&case["records"]), bytes(&case["items"]));
            let report = execute(&mut witness, &context, &records, &items).unwrap();
            assert_eq!(root(&witness), case["post"], "{name}");
            assert_eq!(hex(&report.chain), case["chainAfter"], "{name}");
            assert_eq!(
                (report.from, report.to),
                (case["from"].as_u64().unwrap(), case["to"].as_u64().unwrap())
            );
            for code in case["outcomes"].as_array().unwrap() {
                *refusals.entry(code.as_u64().unwrap() as u16).or_default() += 1;
            }
            let work = name.split(" while ").nth(1).and_then(|rest| rest.split(',').next());
            *seen.entry(work.unwrap_or("idle").into()).or_default() += 1;
            *seen.entry(path.file_stem().unwrap().to_string_lossy().into()).or_default() += 1;
        }
    }
    let kinds = [
        "tick", "queue", "account", "meter", "open", "publish", "order", "cancel", "withdraw", "transfer",
        "reading", "close", "clear", "nothing", "share", "settle", "advance", "merit", "lapse", "void",
        "several",
    ];
    let works = (stage::SCAN_BIDS..=stage::LIST_OFFERS).filter(|at| *at != stage::SHARED).map(words);
    for each in kinds.into_iter().chain(works) {
        assert!(seen.contains_key(each), "no case of {each}");
    }
    let met = [
        0, 10, 11, 12, 13, 16, 20, 21, 22, 23, 24, 25, 26, 30, 31, 32, 33, 34, 35, 36, 37, 38, 40, 41, 42,
        43, 44, 45, 50, 51, 52, 53, 54, 55, 56, 57, 58,
    ];
    for code in met {
        assert!(refusals.contains_key(&code), "no case is refused by {code}");
    }
}
