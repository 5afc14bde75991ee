//! Keys: who signs, and how a signature names its signer.
//!
//! ECDSA on secp256k1 with public-key recovery, as Ethereum uses it: an account's address is the last 20 bytes
//! of the keccak-256 of the public key, and a signature is r ‖ s ‖ v with v = 27 or 28. Of the two valid values
//! of s only the lower is made or accepted (EIP-2), so nobody can turn one valid signature into another.

use market::signing::{Recover, is_canonical};
use market::{Address, Signature, keccak256};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, PublicKey, Scalar, SecretKey};
use std::fmt;

/// A private key. Shows only its address when printed.
#[derive(Clone)]
pub struct Key {
    secret: SecretKey,
    address: Address,
}

impl Key {
    /// The key made of these 32 bytes; `None` for the few values (0 and beyond the group's order) that are none.
    /// A live key's bytes must come from the operating system's random generator.
    #[must_use]
    pub fn from_entropy(entropy: [u8; 32]) -> Option<Self> {
        let secret = SecretKey::from_secret_bytes(entropy).ok()?;
        let address = address_of(&PublicKey::from_secret_key(&secret));
        Some(Self { secret, address })
    }

    /// The key that belongs to a name under a seed: for simulations, where the same seed must give the same
    /// keys. Whoever knows the seed has the key.
    #[must_use]
    pub fn from_seed(seed: &[u8], name: &str) -> Self {
        let mut entropy = keccak256(seed);
        let mut text = Vec::from(*b"wattle key");
        loop {
            text.extend_from_slice(&entropy);
            text.extend_from_slice(name.as_bytes());
            entropy = keccak256(&text);
            // All but one in 2^128 values are keys; the loop makes the function total.
            if let Some(key) = Self::from_entropy(entropy) {
                return key;
            }
        }
    }

    /// Whose commands this key signs.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Signs a digest; the same digest always gives the same signature (RFC 6979).
    #[must_use]
    pub fn sign(&self, digest: &[u8; 32]) -> Signature {
        let signature =
            RecoverableSignature::sign_ecdsa_recoverable(Message::from_digest(*digest), &self.secret);
        let (recovery, compact) = signature.serialize_compact();
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&compact);
        // Recovery numbers 2 and 3 stand for r ≥ the group's order: once in 2^127 signatures, and no wallet
        // accepts them.
        bytes[64] = 27 + (recovery.to_u8() & 1);
        bytes
    }

    /// The public key: 2 or 3 for an even or odd y, then x.
    #[must_use]
    pub fn public(&self) -> [u8; 33] {
        PublicKey::from_secret_key(&self.secret).serialize()
    }

    /// What this key and the one behind a public key have in common (Diffie–Hellman): the address that their product
    /// would have as a public key, because this a contract can compute too. `None` where the bytes are no public key.
    #[must_use]
    pub fn shared(&self, public: &[u8; 33]) -> Option<Address> {
        let point = PublicKey::from_byte_array_compressed(*public).ok()?;
        Some(address_of(&point.mul_tweak(&Scalar::from(self.secret)).ok()?))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?})", self.address)
    }
}

/// Finds the signer of a signature with libsecp256k1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recoverer;

impl Recover for Recoverer {
    fn recover(&self, digest: &[u8; 32], signature: &Signature) -> Option<Address> {
        if !is_canonical(signature) {
            return None;
        }
        let recovery = if signature[64] == 27 { RecoveryId::Zero } else { RecoveryId::One };
        let signature = RecoverableSignature::from_compact(&signature[..64], recovery).ok()?;
        let key = signature.recover(Message::from_digest(*digest)).ok()?;
        Some(address_of(&key))
    }
}

fn address_of(key: &PublicKey) -> Address {
    let uncompressed = key.serialize_uncompressed(); // 0x04 ‖ x ‖ y
    let hash = keccak256(&uncompressed[1..]);
    let mut address = [0; 20];
    address.copy_from_slice(&hash[12..]);
    Address(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
    }

    #[test]
    fn addresses_are_those_of_ethereum() {
        // EIP-712's example: the private key is keccak256("cow").
        let cow = Key::from_entropy(keccak256(b"cow")).unwrap();
        assert_eq!(cow.address(), Address(hex("cd2a3d9f938e13cd947ec05abc7fe734df8dd826")));
        // The first account of the mnemonic "test test … junk", known from every development node.
        let first = hex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
        let first = Key::from_entropy(first).unwrap();
        assert_eq!(first.address(), Address(hex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")));
    }

    #[test]
    fn a_signature_is_that_of_eip_712() {
        // EIP-712's example ("Mail"): digest, r, s and v as printed there.
        let cow = Key::from_entropy(keccak256(b"cow")).unwrap();
        let digest = hex("be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
        let signature: Signature = hex(concat!(
            "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d",
            "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562",
            "1c",
        ));
        assert_eq!(cow.sign(&digest), signature);
        assert_eq!(Recoverer.recover(&digest, &signature), Some(cow.address()));
    }

    #[test]
    fn two_keys_have_the_same_in_common_from_either_side() {
        let [anna, bert] = ["anna", "bert"].map(|name| Key::from_seed(b"1", name));
        let shared = anna.shared(&bert.public()).unwrap();
        assert_eq!(bert.shared(&anna.public()), Some(shared));
        assert_ne!(anna.shared(&anna.public()), Some(shared));
        // One times a point is the point.
        let one = Key::from_entropy(std::array::from_fn(|i| u8::from(i == 31))).unwrap();
        assert_eq!(one.shared(&anna.public()), Some(anna.address()));
        assert_eq!(anna.shared(&one.public()), Some(anna.address()));
        assert_eq!(anna.shared(&[0; 33]), None);
    }

    #[test]
    fn names_give_different_keys_and_the_same_name_the_same() {
        let key = |seed: &[u8], name| Key::from_seed(seed, name).address();
        assert_eq!(key(b"1", "anna"), key(b"1", "anna"));
        assert_ne!(key(b"1", "anna"), key(b"1", "bert"));
        assert_ne!(key(b"1", "anna"), key(b"2", "anna"));
        assert_ne!(key(b"1", "1anna"), key(b"11", "anna"));
    }

    #[test]
    fn printing_a_key_does_not_tell_it() {
        let text = format!("{:?}", Key::from_entropy([0x5a; 32]).unwrap());
        assert!(!text.contains("90, 90") && !text.contains("5a5a"), "{text}");
    }

    #[test]
    fn the_mirrored_signature_is_refused() {
        // (r, n − s, v ^ 1) is as valid mathematically; accepting both would let anybody change a record.
        let order: [u8; 32] = hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
        let (key, digest) = (Key::from_seed(b"", "mirror"), [7; 32]);
        let signature = key.sign(&digest);
        let mut mirrored = signature;
        let mut borrow = 0;
        for i in (0..32).rev() {
            let difference = i32::from(order[i]) - i32::from(signature[32 + i]) - borrow;
            borrow = i32::from(difference < 0);
            mirrored[32 + i] = difference.rem_euclid(256) as u8;
        }
        mirrored[64] ^= 27 ^ 28;
        assert_eq!(Recoverer.recover(&digest, &mirrored), None);
        let unchecked = RecoverableSignature::from_compact(
            &mirrored[..64],
            RecoveryId::try_from(i32::from(mirrored[64]) - 27).unwrap(),
        );
        let signer = unchecked.unwrap().recover(Message::from_digest(digest)).unwrap();
        assert_eq!(address_of(&signer), key.address(), "without the rule it would pass");
    }

    proptest! {
        #[test]
        fn whoever_signed_is_recovered(seed: [u8; 8], digest: [u8; 32]) {
            let key = Key::from_seed(&seed, "p");
            let signature = key.sign(&digest);
            prop_assert!(is_canonical(&signature));
            prop_assert_eq!(Recoverer.recover(&digest, &signature), Some(key.address()));
        }

        #[test]
        fn no_changed_signature_names_the_signer(digest: [u8; 32], at in 0..65_usize, bit in 0..8_u32) {
            let key = Key::from_seed(b"", "q");
            let mut signature = key.sign(&digest);
            signature[at] ^= 1 << bit;
            prop_assert_ne!(Recoverer.recover(&digest, &signature), Some(key.address()));
        }

        #[test]
        fn any_bytes_may_be_asked_about(digest: [u8; 32], bytes in proptest::collection::vec(any::<u8>(), 65)) {
            let _ = Recoverer.recover(&digest, &bytes.try_into().unwrap());
        }
    }
}
