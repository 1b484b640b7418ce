//! Looking at every client of a platform: what an inventory stands on.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::clients::ClientSeen;
use crate::fault::Fault;
use crate::runtime::BoxFuture;
use crate::slots::LastUsed;

/// Looks at all clients that an administering identity may see. Nothing is changed.
pub trait ClientSurvey: Send + Sync + fmt::Debug {
    /// Every client, in order of its id, with what its roles contain where the identity may read that. `told` hears how many were found so far.
    ///
    /// # Errors
    /// `admin-denied` naming the permission that is missing; `upstream-*`.
    fn survey<'a>(
        &'a self,
        told: &'a (dyn Fn(usize) + Send + Sync),
    ) -> BoxFuture<'a, Result<Vec<SurveyedClient>, Fault>>;

    /// Every role there is, in every division, with what is in it; none where rights are no roles that can be listed.
    ///
    /// # Errors
    /// `admin-denied` naming the permission that is missing; `upstream-*`.
    fn roles(&self) -> BoxFuture<'_, Result<Vec<SurveyedRole>, Fault>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    /// When one client of the survey was last used, where the survey does not say it. Whatever fails leaves it unknown.
    fn last_used<'a>(&'a self, client: &'a SurveyedClient) -> BoxFuture<'a, LastUsed>;
}

/// A client, as far as the platform says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyedClient {
    /// As provisioning sees it.
    pub seen: ClientSeen,
    /// When it was made, since the Unix epoch.
    pub created: Option<Duration>,
    /// By which grant it gets tokens, in the platform's words.
    pub grant_type: Option<String>,
    /// The scopes that are written on it, whatever they are worth there.
    pub scopes: Vec<String>,
    /// Its roles by name.
    pub roles: Vec<SurveyedRole>,
}

/// A role in a division.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyedRole {
    /// What people call it; its id where nobody says.
    pub name: String,
    /// What people call the division; `None` is every division.
    pub division: Option<String>,
    /// What is in it, as `domain:entity:action`; `None` where that may not be read.
    pub permissions: Option<BTreeSet<String>>,
}
