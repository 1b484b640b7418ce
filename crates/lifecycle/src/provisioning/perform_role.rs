//! Doing one effect on a role, and asking about one.

use hallpass_core::{Fault, FaultCode, RoleAdmin, RoleQuery};

use super::effect::Effect;
use super::engine::{Engine, Run};
use super::mark::Mark;
use super::perform::had_no_effect;
use super::wanted::Wanted;

impl Engine {
    pub(super) async fn perform_role(
        &self,
        wanted: &Wanted,
        run: &mut Run,
        effect: &Effect,
    ) -> Result<(), Fault> {
        let roles = self.roles()?;
        match effect {
            Effect::CreateRole => {
                // From here on it may have been sent, whatever becomes of the answer.
                let nonce = run.seen.unsent.take().unwrap_or_default();
                let made = self.in_time(roles.create_role(&wanted.role_draft(&nonce))).await;
                if made.as_ref().is_err_and(had_no_effect) {
                    run.seen.unsent = Some(nonce);
                }
                run.made_roles.insert(made?);
                Ok(())
            }
            Effect::UpdateRole { id, draft, .. } => self.in_time(roles.update_role(id, draft)).await,
            Effect::HoldRole(grants) => {
                self.in_time(roles.hold(grants)).await?;
                run.held = true;
                // Not asked for again at once: the platform may not know of it yet.
                run.seen.own.get_or_insert_default().extend(grants.iter().cloned());
                Ok(())
            }
            Effect::DeleteRole(id) => self.in_time(roles.delete_role(id)).await,
            _ => Ok(()),
        }
    }

    /// What only the platform can answer. That it does not say so to us is an answer, too; that nothing came is none.
    pub(super) async fn question(&self, question: &Effect, run: &mut Run) -> Result<(), Fault> {
        match question {
            Effect::Ask(id) => self.ask(id, run).await,
            Effect::AskRole(id) => {
                let holders = told(self.roles()?.holders(id).await)?;
                // Our own clients go with it.
                let others = holders.map(|holders| {
                    let other = |id: &String| run.seen.clients.keys().all(|client| client.as_str() != id);
                    holders.into_iter().filter(|(id, _)| other(id)).map(|(_, name)| name).collect()
                });
                run.seen.holders.insert(id.clone(), others);
            }
            _ => {}
        }
        Ok(())
    }

    /// Roles that may be this integration's, and what the administering identity holds of them.
    pub(super) async fn look_at_roles(&self, wanted: &Wanted, run: &mut Run) -> Result<(), Fault> {
        let noted = run.seen.noted().and_then(|noted| noted.role.clone());
        if wanted.own_role.is_none() && noted.is_none() {
            return Ok(());
        }
        let roles = self.roles()?;
        let name = wanted.own_role.as_ref().map(|own| own.name.clone()).unwrap_or_default();
        let prefix = Mark::prefix(&wanted.environment, &wanted.integration);
        let mut ids = run.made_roles.clone();
        ids.extend(run.seen.roles.keys().cloned().chain(noted));
        let query = RoleQuery { listed: run.stale.then_some((name, prefix)), ids };
        let found = roles.find_roles(&query).await?;
        run.seen.roles = found.into_iter().map(|role| (role.id.clone(), role)).collect();
        // It matters only where the role is to be given. Whether it may be known is a permission of its own, and not knowing is no reason to stop.
        let given = wanted.own_role.as_ref().is_some_and(|own| !own.division_ids.is_empty());
        if given && (run.stale || !run.own_asked) {
            let own = told(self.parts.admin.own_grants().await)?.flatten();
            run.own_asked = true;
            run.seen.own = own;
        }
        Ok(())
    }

    pub(super) fn roles(&self) -> Result<&dyn RoleAdmin, Fault> {
        self.parts.admin.roles().ok_or_else(|| {
            Fault::new(FaultCode::ProvisionRefused, "the platform lets nobody make roles")
                .with_hint("name roles in `grants`, or leave both out")
        })
    }
}

/// What was told; `None` where it may not be known.
fn told<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(fault) if fault.code() == FaultCode::AdminDenied => Ok(None),
        Err(fault) => Err(fault),
    }
}
