//! An emulator of contact-centre platforms, with its own clock, scripted misbehaviour and a witness that counts.
