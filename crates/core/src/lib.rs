//! The vocabulary of hallpass and every decision about tokens: no runtime, no network, no cloud, no file.
