//! Searches and checks against a slow, obviously right reference, the laws, and worked cases.

mod auctions;
mod blocks;
mod books;
mod cases;
mod continuous;
mod floor;
mod lies;
mod metamorphic;
mod reference;
