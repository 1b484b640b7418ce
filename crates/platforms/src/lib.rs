//! What hallpass knows about each contact-centre platform: token messages, verdicts, local logins.
