//! Execution as if every signature held: what can be said of records whose signatures nobody has shown.

use crate::step::{self, Context, Head, Lack, Place, Report, State, Store, Words};

/// A state that takes every member's signature for given, and records without them.
struct Assumed<'a>(&'a mut State, Head);

impl Store for Assumed<'_> {
    fn head(&self) -> &Head {
        &self.1
    }

    fn set_head(&mut self, head: Head) {
        self.1 = head;
        self.0.set_head(Head { signatures: 1, ..head });
    }

    fn words(&mut self, place: Place) -> Result<Words, Lack> {
        self.0.words(place)
    }

    fn set_words(&mut self, place: Place, words: Words) -> Result<(), Lack> {
        self.0.set_words(place, words)
    }
}

/// Executes records without signatures on a state that asks for them.
///
/// # Errors
/// As [`step::execute`].
pub fn execute_assumed(
    state: &mut State,
    context: &Context,
    bare: &[u8],
    items: &[u8],
) -> Result<Report, Lack> {
    let head = Head { signatures: 0, ..*state.head() };
    step::execute(&mut Assumed(state, head), context, bare, items)
}
