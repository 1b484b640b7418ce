//! See the names of the tests.
