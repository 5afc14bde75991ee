//! Backward–forward sweep for radial networks.
