//! Settlement: cases by hand, and what must hold of every interval under whatever was agreed.

mod agreements;
mod community;
mod hand;
mod zero_sum;
