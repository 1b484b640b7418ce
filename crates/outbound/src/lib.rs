//! Everything of hallpass that leaves the process: transport, TLS, attach, replay, throttle.
