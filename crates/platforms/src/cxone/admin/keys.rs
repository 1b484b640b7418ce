//! The administration of one user's access keys.

use std::sync::Arc;

use hallpass_core::{
    BoxFuture, Capabilities, Clock, Fault, FaultCode, Generated, Rights, SecretAdmin, Slot, SlotId,
};
use http::StatusCode;

use super::key::{AccessKey, generated};
use super::key_errands::{self, Deed, KEYS};
use super::listing::all_pages;
use super::{ACTIVATION, REVOCATION, TOKEN_LIFETIME};
use crate::admin::{AdminCall, AdminCalls, AdminReply, segment};

/// The administration of one user's access keys, at the regional UserHub.
#[derive(Debug)]
pub struct CxoneKeyAdmin {
    calls: Arc<dyn AdminCalls>,
    clock: Arc<dyn Clock>,
    settings: CxoneKeySettings,
}

/// Whose keys are administered.
#[derive(Clone, Debug)]
pub struct CxoneKeySettings {
    /// The user as whom the integration acts; better one of its own than a person.
    pub user_id: String,
    /// The user's tenant, where the administering identity knows several.
    pub tenant_id: Option<String>,
    /// How many keys a user may have, inactive ones included. The platform's number is not published; see [`CxoneKeySettings::MOST_KEYS`].
    pub max_keys: usize,
}

impl CxoneKeySettings {
    /// Two: the fewest with which keys can overlap. A platform that allows more is not asked for more.
    pub const MOST_KEYS: usize = 2;
}

impl CxoneKeyAdmin {
    /// The administration of the keys of a user, by `calls` of another identity: one with the permissions `Access Key: View`, `Create`, `Edit` and `Delete`.
    /// An integration that administers itself needs `My Access Key` instead, and is lost with its key.
    ///
    /// # Errors
    /// `configuration-invalid`: no room for a single key, or the user's id is none.
    pub fn new(
        calls: Arc<dyn AdminCalls>,
        clock: Arc<dyn Clock>,
        settings: CxoneKeySettings,
    ) -> Result<Self, Fault> {
        if segment(&settings.user_id).is_err() {
            return Err(Fault::new(FaultCode::ConfigurationInvalid, "the user's id is not one"));
        }
        if settings.max_keys == 0 {
            return Err(Fault::new(
                FaultCode::ConfigurationInvalid,
                "a user without a single key cannot log in",
            ));
        }
        Ok(Self { calls, clock, settings })
    }

    async fn keys(&self) -> Result<Vec<AccessKey>, Fault> {
        let errand = Deed::View.errand("");
        let user_id = &self.settings.user_id;
        let (calls, clock) = (&*self.calls, &*self.clock);
        let query = key_errands::listing(user_id);
        let items = all_pages(calls, clock, &errand, (KEYS, &query), key_errands::page).await?;
        let unreadable =
            || Fault::new(FaultCode::UpstreamAnswerBad, "an access key in the list cannot be read");
        let keys: Vec<AccessKey> =
            items.iter().map(AccessKey::item).collect::<Option<_>>().ok_or_else(unreadable)?;
        Ok(keys.into_iter().filter(|key| key.is_of(user_id)).collect())
    }

    async fn create(&self) -> Result<Generated, Fault> {
        let slots = self.list().await?;
        if slots.len() >= self.settings.max_keys {
            return Err(full(&slots));
        }
        let settings = &self.settings;
        let call = key_errands::create(&settings.user_id, settings.tenant_id.as_deref());
        let errand = Deed::Create.errand("");
        let reply = self.calls.call(call).await?;
        if says_full(&reply) {
            return Err(full(&slots));
        }
        let reply = errand.judge(reply, self.clock.now())?;
        generated(reply.body.expose()).ok_or_else(|| {
            let hint = "a key may exist that nobody knows: list the keys, and delete the one that is new";
            errand.unreadable(&reply).with_hint(hint)
        })
    }

    /// The key, or `None` if the platform knows none of this id, or knows it as somebody else's.
    pub(super) async fn find(&self, slot: &SlotId) -> Result<Option<AccessKey>, Fault> {
        let id = slot.as_str();
        let reply = self.calls.call(key_errands::read(id)?).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let errand = Deed::View.errand(id);
        let reply = errand.judge(reply, self.clock.now())?;
        let key = AccessKey::read(reply.body.expose()).ok_or_else(|| errand.unreadable(&reply))?;
        if key.is_of(&self.settings.user_id) {
            return Ok(Some(key));
        }
        let detail = format!("access key `{slot}` belongs to another user");
        Err(Fault::new(FaultCode::SlotUnknown, detail))
    }

    async fn sent(&self, call: AdminCall, deed: Deed, id: &str) -> Result<AdminReply, Fault> {
        deed.errand(id).judge(self.calls.call(call).await?, self.clock.now())
    }
}

impl SecretAdmin for CxoneKeyAdmin {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            slot_member: "access_key_id",
            max_live: Some(self.settings.max_keys),
            can_create: true,
            can_reset: false,
            can_disable: true,
            shows_last_use: true,
            activation_delay: ACTIVATION,
            revoke_delay: REVOCATION,
            tokens_outlive_secret: Some(TOKEN_LIFETIME),
            min_interval: ACTIVATION,
            // The fields of a key have no date at which it ends.
            longest_overlap: None,
        }
    }

    /// Every key of the user. How finely and how late the platform notes the last use is not documented: it is a hint, not a proof.
    fn list(&self) -> BoxFuture<'_, Result<Vec<Slot>, Fault>> {
        Box::pin(async move {
            let mut slots: Vec<Slot> = self.keys().await?.iter().map(AccessKey::slot).collect();
            slots.sort_by(|one, other| one.id.cmp(&other.id));
            Ok(slots)
        })
    }

    /// Only without a slot: a key cannot be given another secret. Inactive keys take up room, too, so `slots-full` names all of them.
    fn generate<'a>(&'a self, slot: Option<&'a SlotId>) -> BoxFuture<'a, Result<Generated, Fault>> {
        Box::pin(async move {
            match slot {
                None => self.create().await,
                Some(slot) => {
                    let detail = format!("access key `{slot}` cannot be given another secret");
                    Err(Fault::new(FaultCode::RotationRefused, detail)
                        .with_hint("create a second key instead"))
                }
            }
        })
    }

    fn set_active<'a>(&'a self, slot: &'a SlotId, active: bool) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let id = slot.as_str();
            let call = key_errands::switch(id, &self.settings.user_id, active)?;
            self.sent(call, Deed::Edit, id).await.map(drop)
        })
    }

    /// Looks first whose key it is: the administering identity may delete those of every user.
    fn delete<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            if self.find(slot).await?.is_none() {
                return Ok(());
            }
            let id = slot.as_str();
            let reply = self.calls.call(key_errands::delete(id)?).await?;
            if reply.status == StatusCode::NOT_FOUND {
                return Ok(());
            }
            Deed::Delete.errand(id).judge(reply, self.clock.now()).map(drop)
        })
    }

    /// A key acts as its user, so all keys of one user may do the same.
    fn rights<'a>(&'a self, slot: &'a SlotId) -> BoxFuture<'a, Result<Rights, Fault>> {
        Box::pin(async move {
            match self.find(slot).await? {
                Some(_) => Ok(Rights([format!("everything that user {} may", self.settings.user_id)].into())),
                None => Err(Fault::new(FaultCode::SlotUnknown, format!("access key `{slot}`"))),
            }
        })
    }
}

fn full(slots: &[Slot]) -> Fault {
    let named: Vec<_> = slots
        .iter()
        .map(|slot| format!("`{}` ({})", slot.id, if slot.active { "active" } else { "inactive" }))
        .collect();
    Fault::new(FaultCode::SlotsFull, format!("the user's access keys are {}", named.join(" and ")))
}

/// Whether a creation was refused for want of room. The platform documents neither number nor code, so its words must do; they are read and not repeated.
pub(super) fn says_full(reply: &AdminReply) -> bool {
    let status = matches!(reply.status.as_u16(), 400 | 409 | 422);
    let text = reply.body.expose().to_ascii_lowercase();
    let says = |word: &[u8]| text.windows(word.len()).any(|part| part == word);
    status && (says(b"maximum") || says(b"limit"))
}
