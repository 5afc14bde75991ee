//! Searches and checks against a slow, obviously right reference, the laws, and worked cases.

mod auctions;
mod bilateral;
mod bilateral_cases;
mod blocks;
mod books;
mod cases;
mod continuous;
mod coupled;
mod floor;
mod games;
mod laws;
mod lies;
mod manipulation;
mod metamorphic;
mod misreports;
mod pipeline;
mod reference;
mod trials;
mod truthful;
mod units;
