//! The administration of keys and applications: who is let in, and what for.

use super::{Call, access_keys, admit_to_tenant, applications, errors, keys::AccessKey, routes::Route};
use crate::{reply::Reply, state::State};

/// Who administers.
pub(super) struct Administrator {
    pub(super) tenant_id: String,
    user_id: String,
    /// `None` for everything.
    permissions: Option<std::collections::BTreeSet<String>>,
}

impl Administrator {
    fn of(state: &mut State, call: &Call<'_>) -> Result<Self, Reply> {
        let tenant_id = admit_to_tenant(state, call)?;
        let value = call.received.authorization("bearer").unwrap_or_default();
        let holder = state.cxone.tokens.find(value).map(|token| token.client_id.as_str()).unwrap_or_default();
        // A client as the guide has it is no user, and nothing is known of what it may do.
        let key: Option<&AccessKey> = state.cxone.keys.get(holder);
        Ok(Self {
            tenant_id,
            user_id: key.map_or_else(|| holder.to_owned(), |key| key.user_id.clone()),
            permissions: key.and_then(|key| key.permissions.clone()),
        })
    }

    /// Whether it may do this with the keys of a user: of its own by either of two permissions.
    pub(super) fn may_with_keys(&self, action: &str, user_id: &str, call: &Call<'_>) -> Result<(), Reply> {
        let own = user_id == self.user_id && self.has(&format!("My Access Key: {action}"));
        self.demand(own || self.has(&format!("Access Key: {action}")), call)
    }

    /// Whether it may do this with applications. The permissions' real names are not published.
    fn may_with_applications(&self, action: &str, call: &Call<'_>) -> Result<(), Reply> {
        self.demand(self.has(&format!("Application Registration: {action}")), call)
    }

    fn has(&self, permission: &str) -> bool {
        self.permissions.as_ref().is_none_or(|held| held.contains(permission))
    }

    fn demand(&self, fine: bool, call: &Call<'_>) -> Result<(), Reply> {
        if fine { Ok(()) } else { Err(errors::of_status(call.settings, 403, call.place, call.now)) }
    }
}

/// Lets an administrative request take effect.
pub(super) fn answer(state: &mut State, call: &Call<'_>) -> Reply {
    applications::sweep(state, call.now);
    carried_out(state, call).unwrap_or_else(|refused| refused)
}

fn carried_out(state: &mut State, call: &Call<'_>) -> Result<Reply, Reply> {
    let who = Administrator::of(state, call)?;
    let Some(route) = call.place.route else { return Err(super::wrong_method(call)) };
    let action = match route {
        Route::ListApplications | Route::ReadApplication => "View",
        Route::CreateApplication => "Create",
        Route::DeleteApplication => "Delete",
        Route::ChangeApplication | Route::SwitchApplication => "Edit",
        _ => "",
    };
    if !action.is_empty() {
        who.may_with_applications(action, call)?;
    }
    match route {
        Route::ListKeys => access_keys::list(state, &who, call),
        Route::CreateKey => access_keys::create(state, &who, call),
        Route::SwitchKey => access_keys::switch(state, &who, call),
        Route::ReadKey => access_keys::read(state, &who, call),
        Route::DeleteKey => access_keys::delete(state, &who, call),
        Route::ListApplications => Ok(applications::list(state, &who.tenant_id)),
        Route::CreateApplication => applications::create(state, &who.tenant_id, call),
        Route::ReadApplication => applications::read(state, &who.tenant_id, call),
        Route::ChangeApplication => applications::change(state, &who.tenant_id, call),
        Route::SwitchApplication => applications::switch(state, &who.tenant_id, call),
        Route::DeleteApplication => applications::delete(state, &who.tenant_id, call),
        _ => Err(super::wrong_method(call)),
    }
}

/// A request's JSON body.
pub(super) fn body<T: serde::de::DeserializeOwned>(call: &Call<'_>) -> Result<T, Reply> {
    let json = call.received.content_type() == "application/json";
    let read = json.then(|| serde_json::from_slice(&call.received.body).ok()).flatten();
    read.ok_or_else(|| bad_request("The request body could not be read.", call))
}

pub(super) fn bad_request(message: &str, call: &Call<'_>) -> Reply {
    errors::userhub(400, message, call.place, call.now)
}

pub(super) fn not_found(call: &Call<'_>) -> Reply {
    errors::of_status(call.settings, 404, call.place, call.now)
}
