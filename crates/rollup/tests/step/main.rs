//! The transition of the secondary chain against the market, against itself, and against garbage.

mod equality;
mod pair;
mod play;
