//! Searches and checks against a slow, obviously right reference, the laws, and worked cases.

mod auctions;
mod bilateral;
mod bilateral_cases;
mod books;
mod cases;
mod lies;
mod metamorphic;
mod reference;
