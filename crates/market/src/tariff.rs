//! Tariffs: the outside option of every member, and what the grid and the state take.

use crate::interval::DAY;
use crate::{MAX_PRICE, Price};
use alloc::vec::Vec;

/// Where a tariff stands in the community's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TariffId(pub u16);

/// A supplier's prices for energy, before fees and levies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// How the prices follow time.
    pub kind: TariffKind,
    /// Added for energy bought from the supplier: what the grid operator takes, n€/Wh, ≥ 0.
    pub grid_fee: Price,
    /// The same for energy bought from peers (often reduced inside a community), n€/Wh, ≥ 0.
    pub peer_grid_fee: Price,
    /// Levies and taxes on energy bought from the supplier, n€/Wh, ≥ 0.
    pub levy: Price,
    /// Levies and taxes on energy bought from peers, n€/Wh, ≥ 0.
    pub peer_levy: Price,
}

/// How a tariff's energy prices follow time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TariffKind {
    /// Always the same.
    Flat(Prices),
    /// By time of day and week; the windows cover the week without gap or overlap.
    TimeOfUse(Vec<Window>),
    /// Published by the operator before delivery ([`crate::Command::PublishPrices`]).
    Dynamic,
}

/// What the supplier charges and pays, n€/Wh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// For energy taken from the supplier.
    pub import: Price,
    /// For energy given to the supplier.
    pub export: Price,
}

/// A span of a tariff's week. Clock time is standard time (no daylight saving), as switching clocks keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Days on which it applies, bit 0 = Monday … bit 6 = Sunday.
    pub days: u8,
    /// First second of the day.
    pub from: u32,
    /// First second after; at most 86 400.
    pub until: u32,
    /// The prices inside.
    pub prices: Prices,
}

impl Window {
    /// Whether a moment of local standard time (seconds since 1970-01-01, a Thursday) lies inside.
    #[must_use]
    pub fn covers(&self, local: u64) -> bool {
        let day = (local / u64::from(DAY) + 3) % 7;
        let second = (local % u64::from(DAY)) as u32;
        self.days >> day & 1 == 1 && (self.from..self.until).contains(&second)
    }
}

impl Tariff {
    /// Whether prices and fees are within their bounds and the windows of a time-of-use tariff cover every delivery
    /// interval of the week exactly once.
    #[must_use]
    pub fn is_valid(&self, interval_duration: u32) -> bool {
        let fees = [self.grid_fee, self.peer_grid_fee, self.levy, self.peer_levy];
        let within = |prices: &Prices| prices.import.abs() <= MAX_PRICE && prices.export.abs() <= MAX_PRICE;
        fees.iter().all(|fee| (0..=MAX_PRICE.0).contains(&fee.0))
            && match &self.kind {
                TariffKind::Flat(prices) => within(prices),
                TariffKind::TimeOfUse(windows) => {
                    windows.iter().all(|window| within(&window.prices))
                        && cover_the_week(windows, interval_duration)
                }
                TariffKind::Dynamic => true,
            }
    }
}

fn cover_the_week(windows: &[Window], interval_duration: u32) -> bool {
    let on_grid = |window: &Window| {
        let edges = [window.from, window.until];
        window.from < window.until
            && window.until <= DAY
            && window.days < 1 << 7
            && edges.iter().all(|edge| edge.is_multiple_of(interval_duration))
    };
    // Disjoint windows that add up to the whole day leave no gap.
    let exact = |day: u32| {
        let today = || windows.iter().filter(move |window| window.days >> day & 1 == 1);
        let disjoint = today().enumerate().all(|(place, one)| {
            today().take(place).all(|other| one.until <= other.from || other.until <= one.from)
        });
        disjoint && today().map(|window| window.until - window.from).sum::<u32>() == DAY
    };
    windows.len() <= 1000 && windows.iter().all(on_grid) && (0..7).all(exact)
}
