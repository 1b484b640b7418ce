//! The loopback gateway of hallpass: callers show a pass, the platform sees a token.
