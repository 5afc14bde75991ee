use super::*;
use crate::testing::{arbitrary_envelope, tamperings};
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
    #![proptest_config(ProptestConfig::with_cases(10_000))]

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
