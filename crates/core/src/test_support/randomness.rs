//! Randomness that is not.

use crate::runtime::Randomness;

/// Draws the same number every time, and fills with a counting pattern.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedRandomness(pub f64);

impl Randomness for FixedRandomness {
    fn unit(&self) -> f64 {
        self.0
    }

    fn fill(&self, bytes: &mut [u8]) {
        for (byte, value) in bytes.iter_mut().zip((0..=u8::MAX).cycle()) {
            *byte = value;
        }
    }
}
