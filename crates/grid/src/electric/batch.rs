//! Many power flows of one network: a time series on all cores.
