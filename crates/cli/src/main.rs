//! The hallpass command line.

fn main() {}
