use super::*;
use crate::testing::{COMMAND_CASES, arbitrary_envelope, examples, hex, tamperings};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use proptest::prelude::*;

fn bytes_of(envelope: &Envelope) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(envelope, &mut bytes);
    bytes
}

/// What every byte string must satisfy: refused as malformed, or the encoding of what was read.
fn check_bytes(bytes: &[u8]) {
    match decode(bytes) {
        Err(rejection) => assert_eq!(rejection, Rejection::Malformed),
        Ok((envelope, rest)) => {
            let read = bytes.strip_suffix(rest).unwrap();
            assert_eq!(bytes_of(&envelope), read, "{envelope:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

    #[test]
    fn every_envelope_survives_the_journey(envelope in arbitrary_envelope(), after in any::<[u8; 3]>()) {
        let mut bytes = bytes_of(&envelope);
        bytes.extend(after);
        prop_assert_eq!(decode(&bytes), Ok((envelope, after.as_slice())));
    }

    #[test]
    fn no_beginning_of_an_encoding_is_one(envelope in arbitrary_envelope()) {
        let bytes = bytes_of(&envelope);
        for length in 0..bytes.len() {
            prop_assert_eq!(decode(&bytes[..length]), Err(Rejection::Malformed));
        }
    }

    #[test]
    fn every_tampering_changes_the_bytes_or_cannot_be_decoded(envelope in arbitrary_envelope()) {
        let bytes = bytes_of(&envelope);
        for (field, tampered) in tamperings(&envelope) {
            prop_assert!(!field.is_empty());
            prop_assert_ne!(&tampered, &envelope, "{}", field);
            let tampered_bytes = bytes_of(&tampered);
            prop_assert_ne!(&tampered_bytes, &bytes, "{}", field);
            check_bytes(&tampered_bytes);
        }
    }
}

#[test]
fn a_hostile_length_is_refused_before_anything_is_allocated() {
    let mut bytes = alloc::vec![10, 0, 0];
    bytes.extend(0_u64.to_be_bytes());
    bytes.extend(900_u32.to_be_bytes());
    bytes.extend(u32::MAX.to_be_bytes());
    assert_eq!(decode(&bytes), Err(Rejection::Malformed));
}

/// The bytes in the cases were packed by another program, see their README.
#[test]
fn the_cases_bytes_are_ours() {
    let cases: serde_json::Value = serde_json::from_str(COMMAND_CASES).unwrap();
    let text = |case: &serde_json::Value, field: &str| case[field].as_str().unwrap().to_owned();
    let mut bytes: BTreeMap<_, _> =
        cases.as_array().unwrap().iter().map(|case| (text(case, "name"), hex(&text(case, "hex")))).collect();
    let mut check = |name: &str, envelope: Envelope| {
        assert_eq!(bytes_of(&envelope), bytes.remove(name).unwrap(), "{name}");
    };
    let mut examples = examples();
    for (name, command) in examples.clone() {
        check(name, Envelope { command, signature: None });
    }
    let (_, settle) = examples.swap_remove(examples.iter().position(|(name, _)| *name == "settle").unwrap());
    let mut signature = [28; 65];
    signature[..32].fill(0x5a);
    signature[32..64].fill(0x1b);
    check("settle_signed", Envelope { command: settle, signature: Some(signature) });
    assert!(bytes.is_empty(), "{:?} have no example", bytes.keys());
}

/// A million byte strings one to four edits away from an encoding: refused, or canonical; never a panic.
#[test]
fn mutated_encodings_are_refused_or_canonical() {
    let seeds: Vec<Vec<u8>> = examples()
        .into_iter()
        .enumerate()
        .map(|(number, (_, command))| {
            bytes_of(&Envelope { command, signature: (number % 2 == 0).then_some([27; 65]) })
        })
        .collect();
    let mut random = Random(1);
    let (mut accepted, mut bytes) = (0_u32, Vec::new());
    for round in 0..1_000_000 {
        bytes.clone_from(&seeds[random.below(seeds.len())]);
        for _ in 0..=random.below(4) {
            mutate(&mut bytes, &seeds, &mut random);
        }
        if round % 10 == 0 {
            bytes.iter_mut().for_each(|byte| *byte = random.below(256) as u8);
        }
        check_bytes(&bytes);
        accepted += u32::from(decode(&bytes).is_ok());
    }
    assert!((100_000..900_000).contains(&accepted), "{accepted} accepted: the mutations are blunt");
}

/// One edit: a byte changed, a field's extreme, a cut, something in between, a part of another encoding.
fn mutate(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let place = random.below(bytes.len().max(1));
    let Some(byte) = bytes.get_mut(place) else { return bytes.push(0) };
    match random.below(8) {
        0 => *byte ^= 1 << random.below(8),
        1 => *byte = byte.wrapping_add(1),
        2 => *byte = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
        3 => {
            let (extreme, until) =
                ([0, 0xff][random.below(2)], (place + [2, 4, 8][random.below(3)]).min(bytes.len()));
            bytes[place..until].fill(extreme);
        }
        4 => bytes.truncate(place),
        5 => bytes.insert(place, random.below(256) as u8),
        6 => drop(bytes.remove(place)),
        _ => {
            let other = &seeds[random.below(seeds.len())];
            bytes.truncate(place);
            bytes.extend_from_slice(&other[place.min(other.len())..]);
        }
    }
}

/// Vigna's SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
