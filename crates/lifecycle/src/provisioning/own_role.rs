//! The role of an integration's own: made from the permissions that the configuration names, kept true, and removed with the last client.

use std::collections::BTreeSet;

use hallpass_core::{Fault, FaultCode, RoleDraft, RoleGrant, RoleSeen};

use super::bring::announced;
use super::decide::{Me, Next};
use super::effect::{Differs, Effect};
use super::mark::Mark;
use super::seen::Seen;
use super::wanted::Wanted;
use crate::rotation::WallTime;

/// A role that shall consist of exactly these permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRole {
    /// What it is called.
    pub name: String,
    /// What it allows.
    pub permissions: BTreeSet<String>,
    /// Where it holds, as it was written.
    pub divisions: Vec<String>,
    /// The same by their ids, in the same order; empty until they were resolved.
    pub division_ids: Vec<String>,
}

impl OwnRole {
    /// The rights of a client that has it.
    pub(super) fn grants(&self, id: &str) -> Vec<RoleGrant> {
        let grant = |division: &String| RoleGrant { role: id.to_owned(), division: division.clone() };
        self.division_ids.iter().map(grant).collect()
    }
}

/// Roles that carry this integration's mark, whatever they are called.
pub(super) fn ours<'a>(wanted: &Wanted, seen: &'a Seen) -> impl Iterator<Item = &'a RoleSeen> {
    let owner = format!("{}/{}", wanted.environment, wanted.integration);
    seen.roles
        .values()
        .filter(move |role| Mark::read(&role.description).is_some_and(|mark| mark.owner == owner))
}

/// The one that counts: the one that was noted, or that the serving client has, or else any.
pub(super) fn chosen<'a>(wanted: &Wanted, seen: &'a Seen) -> Option<&'a RoleSeen> {
    wanted.own_role.as_ref()?;
    let noted = seen.noted().and_then(|noted| noted.role.as_ref());
    let serves = |role: &RoleSeen| {
        seen.serving().is_some_and(|client| client.grants.iter().any(|grant| grant.role == role.id))
    };
    ours(wanted, seen).min_by_key(|role| (noted != Some(&role.id), !serves(role), &role.id))
}

/// What is next on the way to a role as it shall be, which the administering identity may give.
pub(super) fn next(wanted: &Wanted, seen: &Seen, me: Me<'_>) -> Option<Next> {
    let own = wanted.own_role.as_ref()?;
    let Some(role) = chosen(wanted, seen) else { return Some(missing(wanted, own, seen, me)) };
    let (draft, differs) = differences(wanted, own, role, None);
    if !differs.is_empty() {
        return Some(Next::Do(Effect::UpdateRole { id: role.id.clone(), draft, differs }));
    }
    let grants: BTreeSet<_> = own.grants(&role.id).into_iter().collect();
    let holds = |held: &BTreeSet<RoleGrant>| {
        let everywhere = RoleGrant { role: role.id.clone(), division: "*".to_owned() };
        held.contains(&everywhere) || held.is_superset(&grants)
    };
    let lacks = seen.own.as_ref().is_some_and(|held| !holds(held));
    lacks.then_some(Next::Do(Effect::HoldRole(grants)))
}

fn missing(wanted: &Wanted, own: &OwnRole, seen: &Seen, me: Me<'_>) -> Next {
    if let Some(next) = unlisted(wanted, seen, me.now) {
        return next;
    }
    let named: Vec<_> = seen.roles.values().filter(|role| role.name == own.name).collect();
    match named.as_slice() {
        [] => announced(wanted, seen, me, Effect::CreateRole),
        [role] if wanted.adopt && Mark::read(&role.description).is_none() => {
            let (draft, differs) = differences(wanted, own, role, Some(me.drawn));
            Next::Do(Effect::UpdateRole { id: role.id.clone(), draft, differs })
        }
        several => Next::Refuse(foreign(own, several)),
    }
}

/// A role that the document names and that does not show yet.
fn unlisted(wanted: &Wanted, seen: &Seen, now: WallTime) -> Option<Next> {
    let noted = seen.noted().filter(|noted| noted.role.is_some())?;
    let until = noted.made.as_ref()?.at.after(wanted.nature.listing_lag);
    (now < until).then_some(Next::Wait(until))
}

/// What a role shall be, and in what it is not; `adopted` is the nonce of the mark that it gets.
fn differences(
    wanted: &Wanted,
    own: &OwnRole,
    role: &RoleSeen,
    adopted: Option<&str>,
) -> (RoleDraft, Vec<Differs>) {
    let mark = adopted.map(|nonce| wanted.mark(nonce).to_string());
    let draft = RoleDraft {
        name: own.name.clone(),
        description: mark.as_ref().map(|mark| format!("{mark} {}", role.description).trim().to_owned()),
        permissions: own.permissions.clone(),
    };
    let mut differs = Vec::new();
    let mut note = |member, is: String, shall: String| differs.push(Differs { member, is, shall });
    if role.name != own.name {
        note("name", format!("`{}`", role.name), format!("`{}`", own.name));
    }
    if let Some(mark) = mark {
        note("mark", "none".to_owned(), mark);
    }
    for more in own.permissions.difference(&role.permissions) {
        note(PERMISSION, String::new(), more.clone());
    }
    for less in role.permissions.difference(&own.permissions) {
        note(PERMISSION, less.clone(), String::new());
    }
    (draft, differs)
}

/// What is next once the clients are as they shall be: roles of ours that nothing names any more go, unless somebody has them.
pub(super) fn surplus(wanted: &Wanted, seen: &Seen) -> Option<Next> {
    let kept = chosen(wanted, seen).map(|role| &role.id);
    let surplus: Vec<_> = ours(wanted, seen).filter(|role| Some(&role.id) != kept).collect();
    let unasked = surplus.iter().find(|role| !seen.holders.contains_key(&role.id));
    let question = unasked.map(|role| Next::Do(Effect::AskRole(role.id.clone())));
    question.or_else(|| {
        let free = surplus.iter().find(|role| is_free(seen, &role.id))?;
        Some(Next::Do(Effect::DeleteRole(free.id.clone())))
    })
}

/// Whether it is known that nobody else has this role.
pub(super) fn is_free(seen: &Seen, id: &str) -> bool {
    seen.holders.get(id).is_some_and(|holders| holders.as_ref().is_some_and(Vec::is_empty))
}

/// A role of that name is there, and is not this integration's.
fn foreign(own: &OwnRole, roles: &[&RoleSeen]) -> Fault {
    let name = &own.name;
    let ids: Vec<_> = roles.iter().map(|role| format!("`{}`", role.id)).collect();
    let marked = roles.iter().find_map(|role| Mark::read(&role.description));
    let (detail, hint) = match (roles, marked) {
        (_, Some(mark)) => (
            format!("role {} is called `{name}` and belongs to `{}`", ids.join(", "), mark.owner),
            "give this one another `provision.role`: the rights of one integration are not another's",
        ),
        ([_], None) => (
            format!("role {} is called `{name}`, and was not made by hallpass", ids.join("")),
            "if it is meant for this integration alone, take it over with `--adopt`; otherwise give this one another `provision.role`",
        ),
        _ => (
            format!(
                "{} roles are called `{name}`, and none was made by hallpass: {}",
                ids.len(),
                ids.join(", ")
            ),
            "rename or remove all but one of them; hallpass cannot know which is meant",
        ),
    };
    Fault::new(FaultCode::ProvisionRefused, detail).with_hint(hint)
}

/// How a permission is called among the members of a role.
pub(super) const PERMISSION: &str = "permission";
