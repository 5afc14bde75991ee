//! The transition of the secondary chain against the market, against itself, and against garbage.

mod equality;
mod forced;
mod margin;
mod pair;
mod play;
mod totality;
