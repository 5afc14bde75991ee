//! Working memory, kept from one clearing to the next so that a search allocates nothing.

/// What a search needs besides the book. One per thread; any book may follow any other.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    pub(crate) selection: crate::selection::Memory,
    pub(crate) merit: crate::merit::Memory,
    pub(crate) pipeline: crate::pipeline::Memory,
    pub(crate) coupled: crate::coupled::Memory,
}

impl Workspace {
    /// Nothing yet; it grows with the books.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}
