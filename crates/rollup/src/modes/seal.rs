//! A batch that only the registered watchers read, and that the contract can open, one segment at a time, when a
//! watcher shows that segment's key.
//!
//! The cipher is the one that an EVM computes cheaply: text ⊕ keccak256(key ‖ 0) ‖ keccak256(key ‖ 1) ‖ …, with a key of 256 bits that is used for
//! one segment only. A sponge with its key in front is a pseudorandom function (Bertoni, Daemen, Peeters, Van Assche 2011); keccak256(key) is posted
//! beside, so there is one key and one text for what is posted, and no tag is needed. Keys reach watchers by Diffie–Hellman on secp256k1,
//! the curve of all signatures here, in the form that the contract can check by `ecrecover`.

use ledger::Key;
use market::{Address, Hash, Keccak256, keccak256};

/// The secret of a batch, from which the keys of its segments follow.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Hash);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// The secret of a batch with these records, made from one that the operator keeps.
    ///
    /// It follows from what it hides, so a restarted operator finds the same again and no key ever hides two texts:
    /// other records, or another parent, have another secret.
    #[must_use]
    pub fn new(operator: &Hash, parent: &Hash, segments: &[&[u8]]) -> Self {
        let mut all = Keccak256::new();
        for records in segments {
            all.update(&keccak256(records));
        }
        Self(Keccak256::new().with(operator).with(parent).with(&all.finish()).with(b"batch").finish())
    }

    /// The key of a segment; it tells nothing about any other.
    #[must_use]
    pub fn key(&self, segment: u32) -> Hash {
        Keccak256::new().with(&self.0).with(&u64::from(segment).to_be_bytes()).with(b"segment").finish()
    }

    /// The one-time key whose product with a reader's public key hides something; `purpose` tells one from the other.
    fn once(&self, purpose: &[u8]) -> Key {
        Key::from_seed(&Keccak256::new().with(&self.0).with(purpose).with(b"once").finish(), "sealed")
    }

    /// The secret, hidden for each of these public keys: a one-time public key (33 bytes), then 32 bytes for each.
    /// `context` is the hash of the batch's parent. A public key that is none gets zeros.
    #[must_use]
    pub fn wrap(&self, context: &Hash, readers: &[[u8; 33]]) -> Vec<u8> {
        let once = self.once(b"wrap");
        let mut wraps = once.public().to_vec();
        for reader in readers {
            let hidden = once.shared(reader).map(|shared| xor(&self.0, &pad(shared, context)));
            wraps.extend_from_slice(&hidden.unwrap_or_default());
        }
        wraps
    }

    /// The secret that is hidden for the reader at this place of the registry; `None` where the bytes are too short or
    /// begin with no public key. Whether it is the right one, the key hashes say.
    #[must_use]
    pub fn unwrap(key: &Key, place: usize, context: &Hash, wraps: &[u8]) -> Option<Self> {
        let (once, hidden) = wraps.split_first_chunk::<33>()?;
        let hidden = hidden.as_chunks::<32>().0.get(place)?;
        Some(Self(xor(hidden, &pad(key.shared(once)?, context))))
    }

    /// A segment's key for whoever asked with this public key; `None` where that is none.
    #[must_use]
    pub fn answer(&self, segment: u32, asked: &[u8; 33], context: &Hash) -> Option<Answer> {
        let once = self.once(&[&asked[..], &segment.to_be_bytes()].concat());
        let hidden = xor(&self.key(segment), &pad(once.shared(asked)?, context));
        Some(Answer { point: once.public(), hidden })
    }
}

/// A key that one reader asked for, hidden from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The operator's one-time public key.
    pub point: [u8; 33],
    /// The key ⊕ the pad.
    pub hidden: Hash,
}

impl Answer {
    /// What the asker finds in it; `None` where its point is none.
    #[must_use]
    pub fn open(&self, asked: &Key, context: &Hash) -> Option<Hash> {
        Some(xor(&self.hidden, &pad(asked.shared(&self.point)?, context)))
    }
}

/// Seals and opens: text ⊕ the keystream.
#[must_use]
pub fn apply(key: &Hash, text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    for (i, chunk) in (0_u64..).zip(out.chunks_mut(32)) {
        let mut counter = [0; 32];
        counter[24..].copy_from_slice(&i.to_be_bytes());
        let block = Keccak256::new().with(key).with(&counter).finish();
        for (byte, mask) in chunk.iter_mut().zip(block) {
            *byte ^= mask;
        }
    }
    out
}

fn pad(shared: Address, context: &Hash) -> Hash {
    Keccak256::new().with(&shared.0).with(context).finish()
}

fn xor(a: &Hash, b: &Hash) -> Hash {
    std::array::from_fn(|i| a[i] ^ b[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readers() -> [Key; 3] {
        ["anna", "bert", "supervisor"].map(|name| Key::from_seed(b"readers", name))
    }

    #[test]
    fn a_text_comes_back_and_another_key_gives_another() {
        for size in [0, 1, 31, 32, 33, 64, 2048] {
            let text = vec![0x5a; size];
            let sealed = apply(&[1; 32], &text);
            assert_eq!(apply(&[1; 32], &sealed), text);
            assert_eq!(sealed.len(), size);
            assert!(size == 0 || sealed != text && apply(&[2; 32], &sealed) != text);
        }
        // By hand: the first block of the keystream hides zeros.
        assert_eq!(apply(&[1; 32], &[0; 32]), keccak256(&[[1; 32], [0; 32]].concat()));
    }

    #[test]
    fn every_reader_unwraps_the_secret_and_nobody_else() {
        let secret = Secret::new(&[1; 32], &[2; 32], &[b"records"]);
        let readers = readers();
        let wraps = secret.wrap(&[2; 32], &readers.each_ref().map(Key::public));
        assert_eq!(wraps.len(), 33 + 32 * 3);
        for (place, key) in readers.iter().enumerate() {
            assert_eq!(Secret::unwrap(key, place, &[2; 32], &wraps), Some(secret.clone()));
            assert_ne!(Secret::unwrap(key, (place + 1) % 3, &[2; 32], &wraps), Some(secret.clone()));
            assert_ne!(Secret::unwrap(key, place, &[3; 32], &wraps), Some(secret.clone()));
        }
        assert_eq!(Secret::unwrap(&readers[0], 3, &[2; 32], &wraps), None);
        assert_eq!(Secret::unwrap(&readers[0], 0, &[2; 32], &wraps[..32]), None);
    }

    #[test]
    fn another_text_has_other_keys_and_no_two_segments_share_one() {
        let secret = |parent: u8, segments: &[&[u8]]| Secret::new(&[1; 32], &[parent; 32], segments);
        let keys = [
            secret(2, &[b"ab", b"c"]).key(0),
            secret(2, &[b"ab", b"c"]).key(1),
            secret(2, &[b"a", b"bc"]).key(0),
            secret(3, &[b"ab", b"c"]).key(0),
        ];
        for (i, a) in keys.iter().enumerate() {
            assert!(keys[i + 1..].iter().all(|b| a != b));
        }
        assert_eq!(secret(2, &[b"ab", b"c"]).key(0), keys[0]);
    }

    #[test]
    fn an_answer_is_read_by_who_asked_only() {
        let secret = Secret::new(&[1; 32], &[2; 32], &[b"records"]);
        let [asked, other, _] = readers();
        let answer = secret.answer(7, &asked.public(), &[9; 32]).unwrap();
        assert_eq!(answer.open(&asked, &[9; 32]), Some(secret.key(7)));
        assert_ne!(answer.open(&other, &[9; 32]), Some(secret.key(7)));
        assert_eq!(secret.answer(7, &[0; 33], &[9; 32]), None);
    }
}
