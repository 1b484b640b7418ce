//! The stored value of a new secret: the one before with some members replaced.

use std::collections::BTreeMap;

use hallpass_core::{Environment, Fault, FaultCode, Secret};
use serde_json::{Map, Value};
use zeroize::Zeroize;

/// `base` with `members` in place of its own, for `environment`, and a serial one above that of `current`.
///
/// Members that are not replaced stay: an application's id beside an access key, a note of somebody. The serial goes up even when an older value
/// comes back, because a reader takes a lower one for a replica that lags.
///
/// # Errors
/// `credential-malformed` when a value is not a JSON object, or a new member is not text. Nothing of a value is quoted.
pub fn compose(
    base: &Secret,
    members: &BTreeMap<String, Secret>,
    environment: &Environment,
    current: &Secret,
) -> Result<Secret, Fault> {
    let malformed = |what: &str| Fault::new(FaultCode::CredentialMalformed, what.to_owned());
    let mut object = Wiped(object(base).ok_or_else(|| malformed("what is stored is not a JSON object"))?);
    let serial = object_serial(current).or_else(|| object_serial(base));
    for (name, member) in members {
        let text = member.expose_str().ok_or_else(|| malformed("a new member is not text"))?;
        if let Some(Value::String(mut old)) = object.0.insert(name.clone(), Value::String(text.to_owned())) {
            old.zeroize();
        }
    }
    object.0.insert("environment".into(), Value::String(environment.to_string()));
    object.0.insert("serial".into(), Value::from(serial.unwrap_or(0).saturating_add(1)));
    let added: usize = members.iter().map(|(name, member)| name.len() + member.len() * 6).sum();
    // Large enough that it never moves: what is left behind by growing is not wiped.
    let mut bytes = Vec::with_capacity(base.len() * 2 + added + 256);
    serde_json::to_writer(&mut bytes, &object.0).map_err(|_| malformed("it cannot be written as JSON"))?;
    Ok(Secret::new(bytes))
}

fn object(stored: &Secret) -> Option<Map<String, Value>> {
    match serde_json::from_slice(stored.expose()) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

fn object_serial(stored: &Secret) -> Option<u64> {
    Wiped(object(stored)?).0.get("serial")?.as_u64()
}

/// An object whose texts are wiped when it is dropped.
struct Wiped(Map<String, Value>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(object) => object.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::compose;
    use hallpass_core::{Credential, FaultCode, Secret, Version};
    use std::collections::BTreeMap;

    fn members(secret: Secret) -> BTreeMap<String, Secret> {
        BTreeMap::from([("client_secret".to_owned(), secret)])
    }

    #[test]
    fn what_is_not_replaced_stays_and_the_serial_goes_up() {
        let base = Secret::from(
            r#"{"client_id":"a","client_secret":"old","note":"of somebody","serial":7,"more":{"x":1}}"#,
        );
        let new =
            compose(&base, &members(Secret::from("n\"e\\w\n")), &"prod".parse().unwrap(), &base).unwrap();
        let credential =
            Credential::parse(&new, Version::new("2"), &["client_id", "client_secret", "note"]).unwrap();
        assert_eq!(credential.member("client_secret"), Some(&Secret::from("n\"e\\w\n")));
        assert_eq!(credential.member("client_id"), Some(&Secret::from("a")));
        assert_eq!(credential.serial(), Some(8));
        assert_eq!(credential.environment().map(hallpass_core::Environment::as_str), Some("prod"));
        assert!(new.expose_str().unwrap().contains(r#""more":{"x":1}"#));
    }

    #[test]
    fn an_older_value_comes_back_with_a_higher_serial() {
        let old = Secret::from(r#"{"client_id":"a","client_secret":"old","serial":7}"#);
        let current = Secret::from(r#"{"client_id":"b","client_secret":"new","serial":8}"#);
        let restored = compose(&old, &BTreeMap::new(), &"prod".parse().unwrap(), &current).unwrap();
        let credential = Credential::parse(&restored, Version::new("3"), &["client_id"]).unwrap();
        assert_eq!(
            (credential.serial(), credential.member("client_id")),
            (Some(9), Some(&Secret::from("a")))
        );
    }

    #[test]
    fn what_cannot_be_composed_is_refused_without_a_word_of_it() {
        for base in ["", "[]", "canary", r#""canary""#] {
            let base = Secret::from(base);
            let fault =
                compose(&base, &members(Secret::from("x")), &"prod".parse().unwrap(), &base).unwrap_err();
            assert_eq!(fault.code(), FaultCode::CredentialMalformed);
            assert!(!format!("{fault} {fault:?}").contains("canary"));
        }
        let base = Secret::from("{}");
        let bytes = members(Secret::new(vec![0xff, 0xfe]));
        assert!(compose(&base, &bytes, &"prod".parse().unwrap(), &base).is_err());
    }
}
