//! How energy is known: registers, meters behind meters, estimates, corrections and what they change in bills.

mod arrangements;
mod community;
mod corrections;
mod example;
mod recomputation;
mod registers;
mod substitution;
