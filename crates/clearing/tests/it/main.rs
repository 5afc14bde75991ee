//! Searches and checks against a slow, obviously right reference, the laws, and worked cases.

mod auctions;
mod books;
mod cases;
mod lies;
mod manipulation;
mod metamorphic;
mod reference;
