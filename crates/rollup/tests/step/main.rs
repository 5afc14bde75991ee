//! The transition of the secondary chain against the market, against itself, and against garbage.

mod equality;
mod margin;
mod pair;
mod play;
