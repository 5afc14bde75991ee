//! What could have been done at best: the yardsticks of every scheduler.
//!
//! In hindsight, for one day and one preference, min w_c/s_c · Σ cost + w_p/s_p · z + w_d/s_d · Σ delay, where every
//! run starts once in its window and the peak z is no less than the load in any slot. [`Enumeration`] goes through
//! the starts, [`programme`] solves the mixed-integer programme; they check each other.

pub mod arrival;

mod task;

pub use task::{Run, Task, Weights};

mod enumeration;

pub use enumeration::Enumeration;

mod front;

pub use front::front;

pub mod programme;

mod noise;

pub use noise::Noise;

mod known;

mod dynamic;

pub use dynamic::{Dynamic, MACHINES, Values};
