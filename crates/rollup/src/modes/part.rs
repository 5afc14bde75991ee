//! A segment's content together with what was shown of it since.

use super::Content;
use super::demand::{SIGNATURE, merge, needed};
use super::seal::apply;
use crate::step::MOST_BYTES;
use market::{Hash, keccak256};

/// A segment as far as a watcher has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    content: Content,
    /// Its signatures, or its key.
    shown: Option<Vec<u8>>,
}

/// What can be executed of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Its records, as the transition takes them.
    Known(Vec<u8>),
    /// Its records without signatures, which may hold or not.
    Assumed(Vec<u8>),
    /// Nothing.
    Hidden,
}

impl Part {
    /// A segment as it was published. Signatures that no record needs are known.
    #[must_use]
    pub fn new(content: Content) -> Self {
        let mut part = Self { content, shown: None };
        if matches!(&part.content, Content::Bare(bare, _) if needed(bare) == Some(0)) {
            part.show(&keccak256(&[]), &[]);
        }
        part
    }

    /// What the chain shows of it.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// The hash of what is not known of it.
    #[must_use]
    pub const fn hidden(&self) -> Option<&Hash> {
        match &self.content {
            Content::Bare(_, hash) | Content::Sealed(_, hash) if self.shown.is_none() => Some(hash),
            _ => None,
        }
    }

    /// Whether something was shown of it.
    #[must_use]
    pub const fn is_shown(&self) -> bool {
        self.shown.is_some()
    }

    /// Takes signatures or a key, of which this is the hash; whether they are this segment's.
    pub fn show(&mut self, hash: &Hash, bytes: &[u8]) -> bool {
        let fits = self.hidden() == Some(hash);
        if fits {
            self.shown = Some(bytes.to_vec());
        }
        fits
    }

    /// What can be executed of it.
    #[must_use]
    pub fn text(&self) -> Text {
        match (&self.content, &self.shown) {
            (Content::Full(records), _) => Text::Known(records.clone()),
            (Content::Bare(bare, _), Some(signatures)) => Text::Known(merge(bare, signatures)),
            (Content::Bare(bare, _), None) => {
                // Records that would be too long with their signatures are void with any.
                let fits = needed(bare).is_some_and(|count| bare.len() + count * SIGNATURE <= MOST_BYTES);
                Text::Assumed(if fits { bare.clone() } else { vec![0] })
            }
            (Content::Sealed(text, _), Some(key)) => match Hash::try_from(key.as_slice()) {
                Ok(key) => Text::Known(apply(&key, text)),
                Err(_) => Text::Hidden,
            },
            (Content::Sealed(..), None) => Text::Hidden,
        }
    }

    /// What a proof shows of it; `None` where something is missing.
    #[must_use]
    pub fn preimage(&self) -> Option<Vec<u8>> {
        match (&self.content, &self.shown) {
            (Content::Full(records), _) => Some(records.clone()),
            (Content::Bare(bare, _), Some(signatures)) => {
                let length = (bare.len() as u16).to_be_bytes();
                Some([&length[..], bare, signatures].concat())
            }
            (Content::Sealed(text, _), Some(key)) => Some([&key[..], text].concat()),
            _ => None,
        }
    }

    /// Bytes of its records with their signatures, whether these are known or not; `None` where they are no records.
    #[must_use]
    pub fn length(&self) -> Option<usize> {
        match &self.content {
            Content::Full(bytes) | Content::Sealed(bytes, _) => Some(bytes.len()),
            Content::Bare(bare, _) => needed(bare).map(|count| bare.len() + count * SIGNATURE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_must_be_what_was_committed_to() {
        let signatures = [7; 64];
        let hash = keccak256(&signatures);
        let mut part = Part::new(Content::Bare(vec![0x10; 12], hash));
        assert_eq!((part.text(), part.preimage()), (Text::Assumed(vec![0x10; 12]), None));
        assert!(!part.show(&keccak256(&[8; 64]), &[8; 64]) && !part.is_shown());
        assert!(part.show(&hash, &signatures) && part.hidden().is_none());
        let full = [&[0x10; 12][..], &signatures].concat();
        assert_eq!((part.text(), part.length()), (Text::Known(full.clone()), Some(76)));
        assert_eq!(part.preimage(), Some([&[0, 12][..], &full].concat()));
    }

    #[test]
    fn signatures_that_no_record_needs_are_known_and_others_than_needed_never() {
        let tick = vec![1, 0, 0, 0, 0, 9];
        assert_eq!(Part::new(Content::Bare(tick.clone(), keccak256(&[]))).text(), Text::Known(tick.clone()));
        assert!(!Part::new(Content::Bare(tick, [9; 32])).is_shown());
        let long = vec![0x10; 12 * 40];
        assert_eq!(Part::new(Content::Bare(long, [9; 32])).text(), Text::Assumed(vec![0]));
    }

    #[test]
    fn a_sealed_segment_is_read_with_its_key() {
        let key = [3; 32];
        let mut part = Part::new(Content::Sealed(apply(&key, &[1, 2]), keccak256(&key)));
        assert_eq!((part.text(), part.length()), (Text::Hidden, Some(2)));
        assert!(part.show(&keccak256(&key), &key));
        assert_eq!(part.text(), Text::Known(vec![1, 2]));
    }
}
