//! The series that come with the program, and how members are made different from each other with them.
//!
//! Sources, licences and duties: `data/README.md`. What was measured of the result: `docs/data.md`.

mod table;
pub use table::Table;
mod year;
pub use year::{DAYS, QUARTERS_PER_DAY, Year, day_of_series, year};
mod profile;
pub use profile::{Household, Member, Profile};
mod prices;
pub use prices::day_ahead;
mod diversity;
pub use diversity::{after_diversity_peak, mean_pairwise_correlation};
