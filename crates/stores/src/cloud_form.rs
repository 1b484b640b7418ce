//! What each scheme's references look like behind the colon.

use std::fmt;

use hallpass_core::{EntryName, Fault};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::resolve::{Options, Reference, Scheme, malformed};

/// Takes the decoded text between scheme and options apart.
pub(crate) fn assemble(scheme: Scheme, rest: &str, mut options: Options) -> Result<Reference, Fault> {
    let wrong = |what: &str| malformed(format!("`{scheme}:` followed by {} bytes {what}", rest.len()));
    let (house, name) = match scheme {
        Scheme::AwsSm => {
            region_of_arn(rest, &mut options)?;
            (None, rest)
        }
        Scheme::AzureKv => {
            let hint = "write azure-kv:https://VAULT.vault.azure.net/secrets/NAME, without a version";
            azure(rest, "secrets").ok_or_else(|| wrong("that name no secret of a vault").with_hint(hint))?
        }
        Scheme::AzureAppconfig => {
            let hint = "write azure-appconfig:https://STORE.azconfig.io/kv/KEY, with ?label=L for a label";
            azure(rest, "kv").ok_or_else(|| wrong("that name no key of a store").with_hint(hint))?
        }
        Scheme::GcpSm => {
            let hint = "write gcp-sm:projects/P/secrets/S, or gcp-sm:projects/P/locations/L/secrets/S";
            google(rest).ok_or_else(|| wrong("that name no secret of a project").with_hint(hint))?
        }
        _ => (None, rest),
    };
    let entry: EntryName =
        name.parse().map_err(|_| wrong("that are no entry: 1 to 512 bytes, no control characters"))?;
    Ok(Reference { scheme, entry, house: house.map(Into::into), options })
}

/// `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME` says its region itself; an option that says another is a contradiction, and
/// one that says the same changes nothing.
fn region_of_arn(rest: &str, options: &mut Options) -> Result<(), Fault> {
    if !rest.starts_with("arn:") {
        return Ok(());
    }
    let parts: Vec<_> = rest.splitn(7, ':').collect();
    let [_, _, "secretsmanager", region, _, "secret", name] = parts[..] else {
        let fault = malformed(format!("`aws-sm:` followed by {} bytes of another kind of ARN", rest.len()));
        return Err(
            fault.with_hint("write the ARN of a secret: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME")
        );
    };
    if region.is_empty() || name.is_empty() {
        return Err(malformed("`aws-sm:` with an ARN that lacks its region or name"));
    }
    match &options.region {
        Some(said) if **said != *region => {
            let fault = malformed("`aws-sm:` with an ARN of one region and `?region=` of another");
            Err(fault.with_hint("leave `?region=` out: the ARN says it. A replica has an ARN of its own"))
        }
        _ => {
            options.region = Some(region.into());
            Ok(())
        }
    }
}

/// `https://HOST/KIND/NAME`, without anything behind the name: a version would be pinned for ever. The name of an App Configuration key
/// may hold slashes.
fn azure<'a>(rest: &'a str, kind: &str) -> Option<(Option<&'a str>, &'a str)> {
    let host = rest.strip_prefix("https://")?;
    let slash = host.find('/')?;
    let authority = &host[..slash];
    let name = host[slash + 1..].strip_prefix(kind)?.strip_prefix('/')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    let fine = !authority.is_empty() && authority.bytes().all(plain) && !name.is_empty();
    let whole = kind == "kv" || !name.contains('/');
    (fine && whole).then(|| (Some(&rest[.."https://".len() + slash]), name))
}

/// `projects/P[/locations/L]/secrets/S`.
fn google(rest: &str) -> Option<(Option<&str>, &str)> {
    let parts: Vec<_> = rest.split('/').collect();
    let name = match parts[..] {
        ["projects", project, "secrets", name] if !project.is_empty() => name,
        ["projects", project, "locations", location, "secrets", name]
            if !project.is_empty() && !location.is_empty() =>
        {
            name
        }
        _ => return None,
    };
    let house = rest.strip_suffix(name)?.strip_suffix("/secrets/")?;
    Some((Some(house), name))
}

impl fmt::Display for Reference {
    /// As it stands in the configuration, but for escapes that nobody needs and the region that an ARN says already.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        let house = self.house.as_deref().unwrap_or_default();
        match self.scheme {
            Scheme::AzureAppconfig => write!(f, "{house}/kv/")?,
            Scheme::AzureKv | Scheme::GcpSm => write!(f, "{house}/secrets/")?,
            _ => {}
        }
        write!(f, "{}", utf8_percent_encode(self.entry.as_str(), SPECIAL))?;
        let Options { region, label, endpoint } = &self.options;
        let said = self.entry.as_str().starts_with("arn:");
        let region = region.as_deref().filter(|_| !said);
        let given = [("region", region), ("label", label.as_deref()), ("endpoint", endpoint.as_deref())];
        let given = given.into_iter().filter_map(|(key, value)| Some((key, value?)));
        for (index, (key, value)) in given.enumerate() {
            let mark = if index == 0 { '?' } else { '&' };
            write!(f, "{mark}{key}={}", utf8_percent_encode(value, SPECIAL))?;
        }
        Ok(())
    }
}

/// What would be read as something else behind the colon.
const SPECIAL: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'&');
