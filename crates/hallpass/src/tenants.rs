//! Many integrations in one process.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use hallpass_core::Fault;

use crate::client::Description;
use crate::{Client, ClientBuilder};

/// The clients of many tenants: one for each description that differs in anything at all.
///
/// A service that works for many customers describes the client it needs for every job, and gets the one that is there already, with its token. Two
/// descriptions share a client only if they agree in *every* parameter: name, platform, profile, place, environment, secret sources, rules, fallback,
/// network and audit sink. So no token of one tenant can reach another, not even where both use the same client id.
///
/// ```
/// # use hallpass::{Client, Fault, Secret, Tenants};
/// # fn of(tenants: &Tenants, customer: &str, secret: Secret) -> Result<Client, Fault> {
/// tenants.client(
///     &Client::builder(customer)
///         .platform("genesys")
///         .region("eu-central-1")
///         .environment("prod")
///         .secret_value(secret)
///         .allow(["GET /api/v2/routing/queues/**"]),
/// )
/// # }
/// ```
///
/// # Why not a map from client id to token
///
/// Because the id is not what a token depends on: the same id exists in another region, in another environment, with other scopes. Caches that left one
/// parameter out of their key have served one customer's token to another.
pub struct Tenants {
    most: NonZeroUsize,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    /// By name first, which tells most of them apart; then by everything.
    by_name: HashMap<String, Vec<Tenant>>,
    count: usize,
    asked: u64,
}

struct Tenant {
    description: Description,
    client: Client,
    last_asked: u64,
}

impl Tenants {
    /// Room for at most `most` clients. One more takes the place of the one that was longest not asked for; whoever still holds that one may go on with it.
    #[must_use]
    pub fn at_most(most: NonZeroUsize) -> Self {
        Self { most, shelf: Mutex::default() }
    }

    /// The client that `description` describes, made now if it is not there. Never waits for I/O. Give all descriptions clones of the
    /// same [`Network`](crate::Network), stores and audit sink: two that are merely alike are two.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn client(&self, description: &ClientBuilder) -> Result<Client, Fault> {
        let description = description.description();
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.asked += 1;
        let now = shelf.asked;
        let known = shelf.by_name.get_mut(description.name());
        if let Some(tenant) =
            known.and_then(|tenants| tenants.iter_mut().find(|tenant| tenant.description.is(description)))
        {
            tenant.last_asked = now;
            return Ok(tenant.client.clone());
        }
        let client = description.build()?;
        if shelf.count >= self.most.get() {
            shelf.forget_one();
        }
        let tenant = Tenant { description: description.clone(), client: client.clone(), last_asked: now };
        shelf.by_name.entry(description.name().to_owned()).or_default().push(tenant);
        shelf.count += 1;
        Ok(client)
    }

    /// How many clients there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner).count
    }
}

impl Shelf {
    fn forget_one(&mut self) {
        let all = self.by_name.values().flatten().map(|tenant| tenant.last_asked);
        let Some(oldest) = all.min() else { return };
        self.by_name.retain(|_, tenants| {
            tenants.retain(|tenant| tenant.last_asked != oldest);
            !tenants.is_empty()
        });
        self.count -= 1;
    }
}

impl fmt::Debug for Tenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenants").field("count", &self.count()).finish_non_exhaustive()
    }
}
