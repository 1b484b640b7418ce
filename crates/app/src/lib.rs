//! The composition root of hallpass: configuration, wiring, sinks, shutdown.
