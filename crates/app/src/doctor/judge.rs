//! What the state of a place means.

use std::time::Duration;

use hallpass_core::{Fault, FaultCode};

use hallpass_stores::Scheme;

use super::observe::{Observed, Seen};
use super::{Check, Finding, Verdict};

/// What a judgement depends on besides the place.
pub(super) struct Around {
    /// Since the Unix epoch.
    pub(super) now: Duration,
    /// The region in which this process runs, if it is known.
    pub(super) region: Option<String>,
}

/// What is to be said of a place. `primary` is the first place of the same secret, which may be this one.
pub(super) fn judge(observed: &Observed, primary: Option<&Observed>, around: &Around) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A cloud may take back when it is read what it gave when it was connected to: keys that have expired.
    let taken_back =
        observed.read.as_ref().err().filter(|fault| fault.code() == FaultCode::CloudIdentityMissing);
    if let Some(fault) = observed.connect.as_ref().err().or(taken_back) {
        findings.push(bad(Check::Identity, fault));
        return findings;
    }
    if has_identity(observed.reference.scheme) {
        findings.push(good(Check::Identity, "this process has an identity there"));
    }
    findings.extend(reading(observed));
    if let Ok(seen) = &observed.seen {
        findings.push(good(Check::Shape, in_words(seen)));
    }
    if observed.read.is_ok() {
        findings.extend(age(observed, around.now));
    }
    findings.extend(region(observed, primary, around));
    findings.extend(replica(observed, primary));
    findings
}

/// Whether a store asks who this process is. The extension beside a Lambda function is a cloud's, and asks the function.
fn has_identity(scheme: Scheme) -> bool {
    scheme.is_cloud_store() || scheme == Scheme::AwsKmsEnv
}

/// Reachable, permitted, present: each needs the one before, so the first that fails ends the list.
fn reading(observed: &Observed) -> Vec<Finding> {
    let answered = match &observed.place {
        Some(place) => format!("{place} answered in {} ms", observed.took.as_millis()),
        None => "on this machine".to_owned(),
    };
    let ladder = [
        (Check::Reachable, answered),
        (Check::Permitted, "reading is allowed".to_owned()),
        (Check::Present, "there is a current version".to_owned()),
    ];
    // What is read and cannot be used fails one step later, at its shape.
    let fault = observed.seen.as_ref().err();
    let failed = fault.map(|fault| (step_of(fault.code()), fault));
    let mut findings = Vec::new();
    for (check, detail) in ladder {
        if let Some((step, fault)) = failed
            && step == check
        {
            findings.push(bad(check, fault));
            return findings;
        }
        findings.push(good(check, detail));
    }
    findings.extend(failed.map(|(step, fault)| bad(step, fault)));
    findings
}

/// At which step a read with this fault fails.
fn step_of(code: FaultCode) -> Check {
    use FaultCode as F;
    match code {
        F::StoreDenied | F::PermissionsTooOpen | F::StoreKeyWrong => Check::Permitted,
        F::EntryNotFound | F::StoreVersionUnusable => Check::Present,
        F::CredentialMalformed | F::EnvironmentMismatch => Check::Shape,
        _ => Check::Reachable,
    }
}

/// The guide's period: what is older was missed by the rotation.
const ROTATION_PERIOD: Duration = Duration::from_secs(90 * 24 * 3600);

fn age(observed: &Observed, now: Duration) -> Option<Finding> {
    let written = match &observed.written {
        Ok(written) => (*written)?,
        // What was read and cannot be found lies in a store that knows no dates: a variable, a file.
        Err(fault) if fault.code() == FaultCode::EntryNotFound => return None,
        // Reading needs less than this, so nothing is wrong; it just is not known.
        Err(fault) => return Some(warning(Check::Age, format!("not known: {fault}"), fault.hint())),
    };
    let age = now.saturating_sub(written);
    let days = age.as_secs() / (24 * 3600);
    let detail = format!("written {days} days ago");
    if age > ROTATION_PERIOD {
        return Some(warning(Check::Age, detail, "replace the secret: it is due every 90 days"));
    }
    Some(good(Check::Age, detail))
}

/// Reading across regions at a cold start costs time, and fails with that region.
fn region(observed: &Observed, primary: Option<&Observed>, around: &Around) -> Option<Finding> {
    let (here, there) = (around.region.as_deref()?, observed.reference.options.region.as_deref()?);
    if here == there {
        return Some(good(Check::Region, format!("{there}, where this process runs")));
    }
    if primary.is_some_and(|primary| primary.reference != observed.reference) {
        return Some(good(Check::Region, format!("{there}, another one than the first place needs")));
    }
    let detail = format!("{there}, and this process runs in {here}");
    Some(warning(
        Check::Region,
        detail,
        "name the place in this process's own region first, and this one second",
    ))
}

fn replica(observed: &Observed, primary: Option<&Observed>) -> Option<Finding> {
    let primary = primary.filter(|primary| primary.reference != observed.reference)?;
    let (first, this) = (primary.seen.as_ref().ok()?, observed.seen.as_ref().ok()?);
    if first.fingerprint == this.fingerprint {
        return Some(good(Check::Replica, "holds the same secret as the first place"));
    }
    let hint = "wait for the replication; if it stays so, copy the secret with `hallpass secret copy`";
    let detail = match (first.serial, this.serial) {
        (Some(first), Some(this)) if this < first => {
            format!("lags: serial {this} here, {first} in the first place")
        }
        (Some(first), Some(this)) if this > first => {
            format!("is ahead: serial {this} here, {first} in the first place")
        }
        _ => "holds another secret than the first place".to_owned(),
    };
    Some(warning(Check::Replica, detail, hint))
}

fn in_words(seen: &Seen) -> String {
    let serial = seen.serial.map(|serial| format!(", serial {serial}")).unwrap_or_default();
    format!("version {}{serial}, fingerprint {}", seen.version, seen.fingerprint)
}

fn good(check: Check, detail: impl Into<String>) -> Finding {
    Finding { check, verdict: Verdict::Good, detail: detail.into(), hint: None, fault: None }
}

fn warning(check: Check, detail: String, hint: &str) -> Finding {
    Finding { check, verdict: Verdict::Warning, detail, hint: Some(hint.to_owned()), fault: None }
}

fn bad(check: Check, fault: &Fault) -> Finding {
    let hint = Some(fault.hint().to_owned());
    Finding { check, verdict: Verdict::Bad, detail: fault.to_string(), hint, fault: Some(fault.code()) }
}

#[cfg(test)]
mod tests {
    use super::{Around, judge};
    use crate::doctor::observe::{Observed, Seen};
    use crate::doctor::{Check, Finding, Verdict};
    use hallpass_core::{Fault, FaultCode, Fingerprint};
    use hallpass_stores::Reference;
    use std::time::Duration;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn seen(serial: u64, secret: &str) -> Seen {
        let fingerprint = Fingerprint::of(b"id", secret.as_bytes());
        Seen { version: "v1".to_owned(), serial: Some(serial), fingerprint }
    }

    fn observed(reference: &str, seen: Result<Seen, Fault>) -> Observed {
        let read = match &seen {
            Err(fault) if fault.code() != FaultCode::CredentialMalformed => Err(fault.clone()),
            _ => Ok(()),
        };
        Observed {
            reference: Reference::parse(reference).unwrap(),
            place: Some("us-east-1".to_owned()),
            connect: Ok(()),
            read,
            took: Duration::from_millis(12),
            seen,
            written: Ok(Some(DAY)),
        }
    }

    fn around(region: &str) -> Around {
        Around { now: DAY * 11, region: Some(region.to_owned()) }
    }

    fn verdicts(findings: &[Finding]) -> Vec<(Check, Verdict)> {
        findings.iter().map(|finding| (finding.check, finding.verdict)).collect()
    }

    #[test]
    fn a_place_in_order_is_good_at_every_step() {
        let place = observed("aws-sm:q?region=us-east-1", Ok(seen(3, "a")));
        let findings = judge(&place, Some(&place), &around("us-east-1"));
        let checks = [
            Check::Identity,
            Check::Reachable,
            Check::Permitted,
            Check::Present,
            Check::Shape,
            Check::Age,
            Check::Region,
        ];
        assert_eq!(verdicts(&findings), checks.map(|check| (check, Verdict::Good)));
        assert_eq!(findings[5].detail, "written 10 days ago");
    }

    #[test]
    fn each_fault_is_told_at_its_own_step_and_nothing_after_it() {
        for (code, check) in [
            (FaultCode::StoreUnreachable, Check::Reachable),
            (FaultCode::StoreThrottled, Check::Reachable),
            (FaultCode::StoreDenied, Check::Permitted),
            (FaultCode::EntryNotFound, Check::Present),
            (FaultCode::StoreVersionUnusable, Check::Present),
            (FaultCode::CredentialMalformed, Check::Shape),
        ] {
            let place = observed("gcp-sm:projects/p/secrets/s", Err(Fault::new(code, "x")));
            let findings = judge(&place, Some(&place), &around("us-east-1"));
            let bad: Vec<_> = findings.iter().filter(|one| one.verdict == Verdict::Bad).collect();
            assert_eq!((bad.len(), bad[0].check, bad[0].fault), (1, check, Some(code)));
            let after = findings.iter().skip_while(|one| one.verdict != Verdict::Bad).nth(1);
            assert!(after.is_none_or(|after| after.check == Check::Age), "{findings:?}");
        }
    }

    #[test]
    fn without_an_identity_nothing_else_is_judged() {
        let missing = Fault::new(FaultCode::CloudIdentityMissing, "x");
        let mut place = observed("aws-sm:q", Err(missing.clone()));
        for connect in [Err(missing), Ok(())] {
            place.connect = connect;
            let findings = judge(&place, Some(&place), &around("us-east-1"));
            assert_eq!(verdicts(&findings), [(Check::Identity, Verdict::Bad)]);
        }
    }

    #[test]
    fn an_old_secret_a_far_region_and_a_lagging_replica_are_worth_a_warning() {
        let first = observed("aws-sm:q?region=us-west-2", Ok(seen(4, "new")));
        let mut second = observed("aws-sm:q?region=us-east-1", Ok(seen(3, "old")));
        let warned = |place: &Observed, now: u32| {
            let around = Around { now: DAY * now, region: Some("us-east-1".to_owned()) };
            let findings = judge(place, Some(&first), &around);
            let warnings = findings.into_iter().filter(|one| one.verdict == Verdict::Warning);
            warnings.map(|one| one.check).collect::<Vec<_>>()
        };
        assert_eq!(warned(&first, 91), [Check::Region], "90 days are not too many");
        assert_eq!(warned(&first, 92), [Check::Age, Check::Region]);
        assert_eq!(warned(&second, 2), [Check::Replica]);
        second.seen = Ok(seen(4, "new"));
        assert_eq!(warned(&second, 2), []);
    }
}
