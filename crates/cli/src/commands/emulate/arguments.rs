//! Whom to register, as the options say it.

use std::str::FromStr;
use std::time::Duration;

use hallpass_emulator::{ClientKeys, NewAccessKey, NewClient, World};

use super::announcement::{AccessKey, Client};

/// What `--client` says.
#[derive(Clone, Debug)]
pub(super) struct ClientArgument(NewClient, String);

impl ClientArgument {
    /// Registers it; without `validity` its tokens live as long as the platform's.
    pub(super) fn register(&self, world: &World, validity: Option<u64>) -> Client {
        let client = self.0.clone();
        let client = match validity {
            Some(seconds) => client.validity(Duration::from_secs(seconds)),
            None => client,
        };
        let ClientKeys { id, secret } = world.add_client(client);
        Client { name: self.1.clone(), id, secret }
    }
}

impl FromStr for ClientArgument {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, ':');
        let name = parts.next().filter(|name| !name.is_empty()).ok_or("expected a name")?;
        let mut client = NewClient::named(name);
        if let Some(id) = parts.next() {
            client = client
                .id(Some(id).filter(|id| !id.is_empty()).ok_or("expected an id after the first `:`")?);
        }
        if let Some(secret) = parts.next() {
            client = client.secret(
                Some(secret)
                    .filter(|text| !text.is_empty())
                    .ok_or("expected a secret after the second `:`")?,
            );
        }
        Ok(Self(client, name.to_owned()))
    }
}

/// What `--access-key` says.
#[derive(Clone, Debug)]
pub(super) struct AccessKeyArgument(String);

impl AccessKeyArgument {
    /// Registers it with an application; without `validity` its tokens live as long as the platform's.
    pub(super) fn register(&self, world: &World, validity: Option<u64>) -> AccessKey {
        let key = NewAccessKey::named(&self.0);
        let key = match validity {
            Some(seconds) => key.validity(Duration::from_secs(seconds)),
            None => key,
        };
        AccessKey { name: self.0.clone(), keys: world.add_access_key(key) }
    }
}

impl FromStr for AccessKeyArgument {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() { Err("expected a name") } else { Ok(Self(text.to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessKeyArgument, ClientArgument};

    #[test]
    fn a_client_is_a_name_an_id_and_a_secret() {
        let parsed = |text: &str| text.parse::<ClientArgument>().map(|client| client.1);
        assert_eq!(parsed("a").as_deref(), Ok("a"));
        assert_eq!(parsed("a:b:c:d").as_deref(), Ok("a"));
        for bad in ["", ":b", "a:", "a:b:"] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
        assert!("".parse::<AccessKeyArgument>().is_err());
    }
}
