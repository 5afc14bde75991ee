//! Records are posted without their signatures; a hash of these is posted instead, and they are shown when somebody
//! asks. Nothing else changes: `merge` gives the transition the records as they are posted in full.

use crate::step::Record;

/// Bytes of a signature: r, then s with the parity of y in its highest bit (EIP-2098).
pub const SIGNATURE: usize = 64;

/// Records without signatures, and the signatures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parted {
    /// The records, one after the other.
    pub bare: Vec<u8>,
    /// The signatures of those that need one, one after the other, 64 bytes each.
    pub signatures: Vec<u8>,
}

/// Bytes of the record that begins here, without its signature, and whether it needs one; `None` where none begins or
/// it is cut off.
fn record(bytes: &[u8]) -> Option<(usize, bool)> {
    let (record, rest) = Record::decode(bytes, false)?;
    Some((bytes.len() - rest.len(), record.is_personal()))
}

/// The records with their signatures, as if they had been posted so.
///
/// Total: where a byte begins no record, a record is cut off, or the signatures are more or fewer than needed, it is
/// the byte 00, which begins no record, so that the segment is void.
#[must_use]
pub fn merge(bare: &[u8], signatures: &[u8]) -> Vec<u8> {
    interleave(bare, signatures).unwrap_or_else(|| vec![0])
}

fn interleave(mut bare: &[u8], mut signatures: &[u8]) -> Option<Vec<u8>> {
    let mut full = Vec::with_capacity(bare.len() + signatures.len());
    while !bare.is_empty() {
        let (size, signed) = record(bare)?;
        let (head, rest) = bare.split_at(size);
        full.extend_from_slice(head);
        bare = rest;
        if signed {
            let (signature, rest) = signatures.split_at_checked(SIGNATURE)?;
            full.extend_from_slice(signature);
            signatures = rest;
        }
    }
    signatures.is_empty().then_some(full)
}

/// Takes the signatures out of records that are posted in full elsewhere; `None` where they are no records.
#[must_use]
pub fn part(mut full: &[u8]) -> Option<Parted> {
    let mut parted = Parted::default();
    while !full.is_empty() {
        let (size, signed) = record(full)?;
        let (head, rest) = full.split_at(size);
        parted.bare.extend_from_slice(head);
        let (signature, rest) = rest.split_at_checked(if signed { SIGNATURE } else { 0 })?;
        parted.signatures.extend_from_slice(signature);
        full = rest;
    }
    Some(parted)
}

/// How many signatures these records need; `None` where they are no records.
#[must_use]
pub fn needed(mut bare: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !bare.is_empty() {
        let (size, signed) = record(bare)?;
        count += usize::from(signed);
        bare = &bare[size..];
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Records of every kind that is signed or not, with what their fields are left to chance.
    fn records() -> impl Strategy<Value = Vec<u8>> {
        const KINDS: &[u8] = &[
            1, 2, 3, 4, 5, 6, 0x10, 0x13, 0x17, 0x20, 0x25, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x41,
            0x42, 0x43, 0x44, 0x45, 0x47,
        ];
        let one = (prop::sample::select(KINDS), prop::collection::vec(any::<u8>(), 64)).prop_map(
            |(kind, fields)| {
                let mut bytes = [vec![kind], fields].concat();
                let (size, _) = record(&bytes).unwrap();
                bytes.truncate(size);
                bytes
            },
        );
        prop::collection::vec(one, 0..12).prop_map(|list| list.concat())
    }

    #[test]
    fn a_signature_follows_its_record() {
        let check = |bare: &[u8], signatures: usize, expected: &[(usize, usize)]| {
            let signatures: Vec<u8> =
                (1..=signatures).flat_map(|i| [0xf0 + u8::try_from(i).unwrap(); 64]).collect();
            let mut by_hand = Vec::new();
            for (i, &(from, to)) in expected.iter().enumerate() {
                by_hand.extend_from_slice(&bare[from..to]);
                by_hand.extend_from_slice(signatures.get(64 * i..64 * i + 64).unwrap_or_default());
            }
            assert_eq!(merge(bare, &signatures), by_hand);
        };
        check(&[], 0, &[]);
        check(&[0x40, 7], 0, &[(0, 2)]);
        check(&[[0x10; 12], [0x11; 12]].concat(), 2, &[(0, 12), (12, 24)]);
        // A tick, a cancellation with nonce, the beginning of a clearing.
        let bare = [&[1; 6][..], &[0x24; 13], &[0x42, 0]].concat();
        check(&bare, 1, &[(0, 19), (19, 21)]);
    }

    #[test]
    fn what_does_not_fit_together_is_void() {
        let void = |bare: &[u8], signatures: &[u8]| assert_eq!(merge(bare, signatures), [0], "{bare:?}");
        void(&[0x10; 12], &[]); // a signature is missing
        void(&[0x10; 12], &[1; 63]);
        void(&[0x10; 12], &[1; 65]); // one too many
        void(&[0x40, 7], &[1; 64]);
        void(&[0x10; 11], &[1; 64]); // cut off
        void(&[0x18; 12], &[1; 64]); // no record
        void(&[0x46, 2, 0, 0, 0], &[]); // lists two, brings one
        void(&[0x46], &[]);
        void(&[0], &[]);
        void(&[0xff; 3], &[]);
    }

    proptest! {
        #[test]
        fn parting_undoes_merging(bare in records(), fill: u8) {
            let signatures: Vec<u8> = (0..64 * needed(&bare).unwrap()).map(|i| fill ^ i.to_le_bytes()[0]).collect();
            let full = merge(&bare, &signatures);
            prop_assert_eq!(part(&full), Some(Parted { bare: bare.clone(), signatures: signatures.clone() }));
            prop_assert_eq!(full.len(), bare.len() + signatures.len());
        }

        #[test]
        fn merging_is_total_and_undone_or_void(bare in prop::collection::vec(any::<u8>(), 0..200), signatures in prop::collection::vec(any::<u8>(), 0..200)) {
            let full = merge(&bare, &signatures);
            let parted = Parted { bare, signatures };
            prop_assert!(full == [0] || part(&full).as_ref() == Some(&parted));
        }
    }
}
