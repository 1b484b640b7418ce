//! AWS Secrets Manager and KMS.
