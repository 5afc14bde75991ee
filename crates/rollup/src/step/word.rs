//! Words: how fields lie in the 32-byte words of a leaf.
//!
//! Fields follow each other from the most significant bit on, signed ones in two's complement; the rest of a word is
//! zero. All widths are whole bytes.

use market::Address;

/// 32 bytes.
pub type Word = [u8; 32];

/// The most words a leaf has.
pub const MOST_WORDS: usize = 6;

/// The words of a leaf; those beyond its section's count are zero.
pub type Words = [Word; MOST_WORDS];

/// A leaf that is not there.
pub const NO_WORDS: Words = [[0; 32]; MOST_WORDS];

/// What has a place in a word.
pub(super) trait Field: Copy {
    /// Writes itself, big-endian, over all of `out`.
    fn put(self, out: &mut [u8]);

    /// What `bytes` say.
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! field {
    ($($type:ty),*) => {$(
        impl Field for $type {
            fn put(self, out: &mut [u8]) {
                let bytes = self.to_be_bytes();
                for (to, from) in out.iter_mut().rev().zip(bytes.iter().rev()) {
                    *to = *from;
                }
            }

            fn get(bytes: &[u8]) -> Self {
                // A field narrower than its type: the sign goes on to the left.
                let negative = <$type>::MIN != 0 && bytes.first().is_some_and(|first| first >> 7 == 1);
                let mut whole = if negative { [0xff; size_of::<$type>()] } else { [0; size_of::<$type>()] };
                for (to, from) in whole.iter_mut().rev().zip(bytes.iter().rev()) {
                    *to = *from;
                }
                Self::from_be_bytes(whole)
            }
        }
    )*};
}

field!(u8, u16, u32, u64, u128, i32, i64, i128);

impl Field for Address {
    fn put(self, out: &mut [u8]) {
        out.copy_from_slice(&self.0);
    }

    fn get(bytes: &[u8]) -> Self {
        let mut address = [0; 20];
        address.copy_from_slice(bytes);
        Self(address)
    }
}

impl Field for [u8; 32] {
    fn put(self, out: &mut [u8]) {
        out.copy_from_slice(&self);
    }

    fn get(bytes: &[u8]) -> Self {
        let mut word = [0; 32];
        word.copy_from_slice(bytes);
        word
    }
}

/// What is kept as words.
pub trait Packed: Sized {
    /// How many.
    const WORDS: usize;

    /// As words.
    fn pack(&self) -> Words;

    /// From words.
    fn unpack(words: &Words) -> Self;
}

/// Declares a structure together with its words: `[…]` is one word, `field: type = bytes`.
macro_rules! packed {
    ($(#[$doc:meta])* $vis:vis $name:ident = $words:literal {
        $([$($(#[$field_doc:meta])* $field:ident: $type:ty = $bytes:literal),* $(,)?])*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        $vis struct $name {
            $($($(#[$field_doc])* $vis $field: $type,)*)*
        }

        impl $crate::step::word::Packed for $name {
            const WORDS: usize = $words;

            fn pack(&self) -> $crate::step::word::Words {
                let mut words = $crate::step::word::NO_WORDS;
                let mut each = words.iter_mut();
                $(if let Some(_word) = each.next() {
                    let mut _at = 0;
                    $($crate::step::word::Field::put(self.$field, &mut _word[_at.._at + $bytes]);
                    _at += $bytes;)*
                })*
                words
            }

            fn unpack(words: &$crate::step::word::Words) -> Self {
                let mut value = Self::default();
                let mut each = words.iter();
                $(if let Some(_word) = each.next() {
                    let mut _at = 0;
                    $(value.$field = $crate::step::word::Field::get(&_word[_at.._at + $bytes]);
                    _at += $bytes;)*
                })*
                value
            }
        }
    };
}

pub(super) use packed;
