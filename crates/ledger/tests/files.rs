//! Whatever else may lie where a ledger is expected: one clear message, with what to do.

use ledger::conformance::{Example, Folder, fill};
use ledger::{Central, Error, Evidence, Key, Ledger, Options, audit};
use market::Authentication;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

fn recorded(folder: &Folder) -> (PathBuf, Example) {
    let path = folder.path("log.wattle");
    let example = Example::run(1, Authentication::Operator, 3, 2);
    let mut ledger = Central::create(&path, Options { statements: true, ..Options::default() }).unwrap();
    fill(&mut ledger, example.commands(), 10);
    (path, example)
}

/// Both the operator and the auditor are told the same.
fn refused(path: &Path, is: impl Fn(&Error) -> bool) {
    let opened = Central::open(path, Options::default()).err().expect("it must not open");
    assert!(is(&opened), "{opened}");
    println!("{opened}");
    let audited = audit(path, &Evidence::default(), &mut |_, _| {}).err();
    assert!(audited.as_ref().is_none_or(&is), "{audited:?}");
}

#[test]
fn what_is_no_ledger_is_said_so() {
    let folder = Folder::new("foreign");
    refused(&folder.path("nothing"), |error| matches!(error, Error::Missing { .. }));
    let text = folder.path("text");
    std::fs::write(
        &text,
        "This is a letter, and quite a long one, about something else altogether. ".repeat(20),
    )
    .unwrap();
    refused(&text, |error| matches!(error, Error::Foreign { .. }));
    let other = folder.path("other");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE bird (name TEXT)").unwrap();
    refused(&other, |error| matches!(error, Error::Foreign { .. }));
    let empty = folder.path("empty");
    std::fs::write(&empty, "").unwrap();
    refused(&empty, |error| matches!(error, Error::Foreign { .. }));
    Central::create(&empty, Options::default()).expect("an empty file is a creation that did not finish");
    for taken in [&text, &other] {
        let error = Central::create(taken, Options::default()).err().unwrap();
        assert!(matches!(error, Error::Exists { .. }), "{error}");
    }
    assert!(
        Connection::open(&other).unwrap().execute_batch("SELECT name FROM bird").is_ok(),
        "it is untouched"
    );
}

#[test]
fn another_format_is_named() {
    let folder = Folder::new("format");
    let (path, _) = recorded(&folder);
    Connection::open(&path).unwrap().execute_batch("UPDATE meta SET format = 0").unwrap();
    refused(&path, |error| matches!(error, Error::Version { found: 0, expected: 1, .. }));
}

#[test]
fn a_truncated_file_is_damaged_and_not_half_a_ledger() {
    let folder = Folder::new("truncated");
    let (path, _) = recorded(&folder);
    let bytes = std::fs::read(&path).unwrap();
    for part in 1..8 {
        std::fs::write(&path, &bytes[..bytes.len() * part / 8]).unwrap();
        refused(&path, |error| matches!(error, Error::Damaged { .. } | Error::Foreign { .. }));
    }
}

#[test]
fn flipped_bytes_never_open_as_another_log() {
    let folder = Folder::new("flipped");
    let (path, mut example) = recorded(&folder);
    let bytes = std::fs::read(&path).unwrap();
    let (mut refused, mut harmless) = (0, 0);
    for at in (0..bytes.len()).step_by(bytes.len() / 400) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        std::fs::write(&path, &changed).unwrap();
        match Central::open(&path, Options::default()) {
            // Free space, a projection or SQLite's own bookkeeping: the log is untouched.
            Ok(mut ledger) => {
                assert_eq!(ledger.root(), example.root(), "byte {at}");
                harmless += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    println!("{refused} refused, {harmless} harmless");
    assert!(refused > 100);
}

#[test]
fn the_log_cannot_be_changed_by_sql() {
    let folder = Folder::new("append-only");
    let (path, _) = recorded(&folder);
    let connection = Connection::open(&path).unwrap();
    for statement in ["DELETE FROM segment", "UPDATE segment SET count = count + 1"] {
        let error = connection.execute_batch(statement).unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
}

#[test]
fn a_removed_segment_is_named() {
    let folder = Folder::new("removed");
    let (path, _) = recorded(&folder);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("DROP TRIGGER segment_is_never_deleted; DELETE FROM segment WHERE first = 20")
        .unwrap();
    drop(connection);
    let error = Central::open(&path, Options::default()).err().unwrap();
    assert!(matches!(error, Error::Damaged { record: 20, .. }), "{error}");
    let violation = audit(&path, &Evidence::default(), &mut |_, _| {}).unwrap().first_violation.unwrap();
    assert_eq!((violation.law, violation.record), (market::Law::A3, 30), "{violation}");
}

#[test]
fn a_key_that_is_not_the_operators_is_refused() {
    let folder = Folder::new("key");
    let (path, _) = recorded(&folder);
    let key = Some(Key::from_seed(b"", "somebody"));
    let error = Central::open(&path, Options { key, ..Options::default() }).err().unwrap();
    assert!(matches!(error, Error::WrongKey { .. }), "{error}");
}

#[test]
fn the_tables_are_what_a_replay_gives() {
    let folder = Folder::new("tables");
    let (path, example) = recorded(&folder);
    let tables = || {
        let connection = Connection::open(&path).unwrap();
        ["account", "clearing", "statement"].map(|table| {
            let mut statement =
                connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2, 3, 4, 5")).unwrap();
            let columns = statement.column_count();
            let rows = statement.query_map([], |row| {
                (0..columns)
                    .map(|column| row.get::<_, rusqlite::types::Value>(column))
                    .collect::<Result<Vec<_>, _>>()
            });
            rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap()
        })
    };
    let stored = tables();
    assert!(stored.iter().all(|rows| !rows.is_empty()));
    // Somebody has been at the tables: opening does not care, rebuilding repairs them.
    let spoil =
        "UPDATE account SET balance = 7; DELETE FROM clearing; UPDATE statement SET energy = energy + 1";
    Connection::open(&path).unwrap().execute_batch(spoil).unwrap();
    let mut ledger = Central::open(&path, Options::default()).unwrap();
    ledger.rebuild().unwrap();
    assert_eq!(ledger.len(), example.commands().len() as u64);
    drop(ledger);
    assert!(tables() == stored, "rebuilt tables are those that were written commit by commit");
    let copy = folder.path("copy");
    let mut ledger = Central::create(&copy, Options { statements: true, ..Options::default() }).unwrap();
    fill(&mut ledger, example.commands(), 1);
    drop(ledger);
    std::fs::rename(copy, &path).unwrap();
    assert!(tables() == stored, "and do not depend on how commands were grouped");
}

#[test]
fn keys_sign_as_the_published_cases_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/encoding/eip712.json");
    let cases: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let bytes = |value: &serde_json::Value| -> Vec<u8> {
        let text = value.as_str().unwrap();
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
    };
    let key = Key::from_entropy(bytes(&cases["private_key"]).try_into().unwrap()).unwrap();
    assert_eq!(key.address().0.to_vec(), bytes(&cases["address"]));
    let cases = cases["cases"].as_array().unwrap();
    for case in cases {
        let digest: [u8; 32] = bytes(&case["digest"]).try_into().unwrap();
        let envelope = bytes(&case["envelope"]);
        let (envelope, rest) = market::encoding::decode(&envelope).unwrap();
        assert!(rest.is_empty());
        assert_eq!(Some(key.sign(&digest)), envelope.signature, "{}", case["name"]);
        let signer =
            market::signing::Recover::recover(&ledger::Recoverer, &digest, &envelope.signature.unwrap());
        assert_eq!(signer, Some(key.address()));
    }
    assert!(cases.len() >= 16);
}
