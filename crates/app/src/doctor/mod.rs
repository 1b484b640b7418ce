//! What stands between this machine and each secret.
//!
//! ```text
//!   every reference ──observe (connect, read, describe; all at the same time)──▶ Observed ──judge──▶ findings
//! ```
//!
//! Looking is one thing and judging another: [`judge`](judge::judge) is pure, so what is said of a state can be tested without the state.
//! Nothing is sent to a platform and nothing is written.

mod grants;
mod judge;
mod observe;

use std::sync::Arc;

use hallpass_core::{Fault, FaultCode};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::assemble::App;
use crate::config::{AWS_REGION, REGION_NAME, variables};
pub use grants::Granting;
use judge::{Around, judge};
use observe::{Observed, Target};

/// All that was found about the secret of one integration.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// The integration.
    pub integration: String,
    /// Its places, in the order in which they are tried.
    pub places: Vec<PlaceDiagnosis>,
}

/// All that was found about one place.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceDiagnosis {
    /// As the configuration says it.
    pub reference: String,
    /// What was looked at, in the order in which one thing needs the other.
    pub findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub check: Check,
    /// Whether it is in order.
    pub verdict: Verdict,
    /// What was seen.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The fault's name, where one was met.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "by_name")]
    pub fault: Option<FaultCode>,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Whether the cloud knows who this process is.
    Identity,
    /// Whether the store answers.
    Reachable,
    /// Whether it lets this process read.
    Permitted,
    /// Whether something is there and in use.
    Present,
    /// Whether it is a credential of this platform and environment.
    Shape,
    /// How old it is.
    Age,
    /// Whether the store is in the region in which this process runs.
    Region,
    /// Whether a further place holds what the first does.
    Replica,
}

/// Whether something is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is.
    Good,
    /// It works, and should be seen to.
    Warning,
    /// It does not work.
    Bad,
}

impl Check {
    /// In one word or two.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Reachable => "reachable",
            Self::Permitted => "permitted",
            Self::Present => "present",
            Self::Shape => "shape",
            Self::Age => "age",
            Self::Region => "region",
            Self::Replica => "replica",
        }
    }
}

impl Diagnosis {
    /// The first fault among the findings.
    #[must_use]
    pub fn first_fault(&self) -> Option<FaultCode> {
        self.findings().find(|finding| finding.verdict == Verdict::Bad).and_then(|finding| finding.fault)
    }

    /// All findings, of every place.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.places.iter().flat_map(|place| &place.findings)
    }
}

impl App {
    /// Looks at every place of the secret of the integration `name`, or of all of them, all at the same time: as long as the slowest store takes.
    ///
    /// # Errors
    /// `integration-unknown`; `configuration-invalid` for a reference that cannot be opened at all. What a store says is a finding, not an error.
    pub async fn examine(&self, name: Option<&str>) -> Result<Vec<Diagnosis>, Fault> {
        let wanted: Vec<_> = match name {
            Some(name) => vec![self.integration(name)?],
            None => self.integrations.iter().collect(),
        };
        let mut looking = JoinSet::new();
        for (nth, integration) in wanted.iter().enumerate() {
            for (rank, reference) in integration.secret.iter().enumerate() {
                let target = Target {
                    store: self.on_record(
                        self.stores.of(reference)?,
                        &reference.entry,
                        Some(integration),
                        "doctor",
                    ),
                    reference: reference.clone(),
                    required: integration.client.platform().required_members(),
                    environment: self.environment.clone(),
                    clock: Arc::clone(&self.parts.clock),
                };
                looking.spawn(async move { ((nth, rank), target.observe().await) });
            }
        }
        let mut seen = looking.join_all().await;
        seen.sort_by_key(|(place, _)| *place);
        let around = Around { now: self.parts.clock.now().wall, region: self.region() };
        let one = |(nth, integration): (usize, &&crate::assemble::Integration)| {
            let places: Vec<_> =
                seen.iter().filter(|((of, _), _)| *of == nth).map(|(_, observed)| observed).collect();
            diagnosis(integration.client.name().to_string(), &places, &around)
        };
        Ok(wanted.iter().enumerate().map(one).collect())
    }

    /// Where this process runs, as far as a variable says so: AWS Lambda and App Service do.
    fn region(&self) -> Option<String> {
        let said = |variable| variables::read(&*self.variables, variable)?.into_string().ok();
        said(AWS_REGION).or_else(|| said(REGION_NAME))
    }
}

fn diagnosis(integration: String, places: &[&Observed], around: &Around) -> Diagnosis {
    let place = |observed: &&Observed| PlaceDiagnosis {
        reference: observed.reference.to_string(),
        findings: judge(observed, places.first().copied(), around),
    };
    Diagnosis { integration, places: places.iter().map(place).collect() }
}

// The form that serde wants for a member it is handed by reference.
#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes members by reference"
)]
fn by_name<S: serde::Serializer>(fault: &Option<FaultCode>, serializer: S) -> Result<S::Ok, S::Error> {
    fault.map(FaultCode::name).serialize(serializer)
}
