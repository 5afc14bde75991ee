//! Linear power flows: the DC approximation and LinDistFlow.
