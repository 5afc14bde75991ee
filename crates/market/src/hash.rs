//! Keccak-256, the hash of the log, the state tree and the signatures; the one that Ethereum's contracts compute.

use sha3::Digest;

/// A keccak-256 hash.
pub type Hash = [u8; 32];

/// The keccak-256 hash of `bytes`.
#[must_use]
pub fn keccak256(bytes: &[u8]) -> Hash {
    sha3::Keccak256::digest(bytes).into()
}

/// The keccak-256 hash of bytes that arrive in parts, as if they were one slice.
#[derive(Clone, Debug, Default)]
pub struct Keccak256(sha3::Keccak256);

impl Keccak256 {
    /// Nothing hashed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next part.
    pub fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// The same with the part's hash so far handed on, for chains of parts.
    #[must_use]
    pub fn with(mut self, part: &[u8]) -> Self {
        self.update(part);
        self
    }

    /// The hash of everything taken.
    #[must_use]
    pub fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

/// The hash that these 64 hexadecimal digits spell; for constants, each of which a test recomputes.
pub(crate) const fn hash(digits: &str) -> Hash {
    const fn digit(byte: u8) -> u8 {
        match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => 0,
        }
    }
    let mut hash = [0; 32];
    let (mut digits, mut places) = (digits.as_bytes(), hash.as_mut_slice());
    while let ([high, low, after @ ..], [place, further @ ..]) = (digits, places) {
        *place = digit(*high) * 16 + digit(*low);
        (digits, places) = (after, further);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// Nothing, `abc` and one rate + 64 bytes: the published Keccak vectors as pycryptodome gives them.
    #[test]
    fn known_hashes_are_met() {
        let check = |bytes: &[u8], hash: &str| assert_eq!(keccak256(bytes).to_vec(), hex(hash));
        check(b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
        check(b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
        check(&[0; 200], "e1bb54e1bc3af48d01e5dbfc81015c98152a574f6428c6948aa4837c9c0baad9");
    }

    #[test]
    fn parts_hash_like_the_whole() {
        let bytes: alloc::vec::Vec<u8> = (0..=255).collect();
        for cut in [0, 1, 64, 135, 136, 137, 256] {
            let (left, right) = bytes.split_at(cut);
            assert_eq!(Keccak256::new().with(left).with(right).finish(), keccak256(&bytes));
        }
    }
}
