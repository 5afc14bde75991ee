//! Energy quality: what a buyer asks for beside energy, and what an offer can deliver.

/// A label of energy, ordered: whoever asks for one is served by that label or any better one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Quality {
    /// No wish; as an offer: energy of unknown origin.
    #[default]
    Any = 0,
    /// From inside the community.
    Local = 1,
    /// From inside the community and renewable.
    GreenLocal = 2,
}

impl Quality {
    /// Every label, from the lowest to the highest.
    pub const ALL: [Self; 3] = [Self::Any, Self::Local, Self::GreenLocal];

    /// The name used in files, on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Local => "local",
            Self::GreenLocal => "green_local",
        }
    }

    /// The label of this name, if there is one; `green` is short for `green_local`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let short = (name == "green").then_some(Self::GreenLocal);
        short.or_else(|| Self::ALL.into_iter().find(|quality| quality.name() == name))
    }
}
