//! Where hallpass keeps credentials without a cloud: memory, environment, file, one encrypted file.
