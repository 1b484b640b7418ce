//! `cloud-emulator CLOUD`: one stand-in as a process of its own, for SDKs in other languages.
//!
//! Prints one JSON line with the stand-in's addresses and, where it speaks TLS, the PEM text of the authority to trust. Ends when its
//! standard input does.

use std::error::Error;
use std::io::Write;

use tokio::io::AsyncReadExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let cloud = std::env::args().nth(1).unwrap_or_default();
    // Each cloud keeps its stand-ins alive in what it returns, beside the line that says where they are.
    let (_running, line): (Vec<hallpass_cloud_emulator::StandIn>, serde_json::Value) = match cloud.as_str() {
        "google" => hallpass_cloud_emulator::google::announce().await?,
        "azure" => {
            let azure = hallpass_cloud_emulator::azure::Azure::start().await?;
            let line = azure.announcement();
            (vec![azure.vault, azure.config, azure.entra, azure.local], line)
        }
        "aws" => hallpass_cloud_emulator::aws::start().await?,
        _ => return Err(format!("expected a cloud, got `{cloud}`").into()),
    };
    writeln!(std::io::stdout(), "{line}")?;
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
