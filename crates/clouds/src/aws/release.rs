//! Making a function's alias point to a version that has the variable, and to nothing else that is new.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_alias::GetAliasOutput as Alias;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput as Configuration;
use hallpass_core::{Fault, Sleep};

use super::answers::{Change, compared, is_lost, of_alias, of_function};
use super::client::Opened;
use super::function::FunctionVariable;
use super::variable;

impl FunctionVariable {
    /// Moves the alias to a version that has the variable.
    pub(super) async fn release(
        &self,
        opened: &Opened<Client>,
        latest: &Configuration,
        name: &str,
        what: &str,
        sleep: &dyn Sleep,
    ) -> Result<Change, Fault> {
        let function = &*self.target.function;
        let asked = self.asked("lambda:GetAlias", opened);
        let alias = opened.client.get_alias().function_name(function).name(name).send().await;
        let alias = alias.map_err(|error| of_alias(&asked, name, &error))?;
        let used = self.configuration(opened, alias.function_version()).await?;
        if variable::holds(&self.readable(opened, &used)?, &self.target.variable, what) {
            return Ok(Change::Made);
        }
        if let Some(fault) = self.in_the_way(opened, (name, &alias), latest, &used) {
            return Err(fault);
        }
        let request = opened.client.publish_version().function_name(function);
        let request = request.set_revision_id(latest.revision_id().map(str::to_owned));
        let asked = self.asked("lambda:PublishVersion", opened);
        let version = match request.send().await {
            Ok(published) => published.version,
            Err(error) if is_lost(&error) => return Ok(Change::Lost),
            Err(error) => return Err(of_function(&asked, &error)),
        };
        let version = version.ok_or_else(|| self.unsettled(opened, "a version without a number"))?;
        self.settled(opened, Some(&version), sleep).await?;
        let request =
            opened.client.update_alias().function_name(function).name(name).function_version(version);
        let request = request.set_revision_id(alias.revision_id().map(str::to_owned));
        let asked = self.asked("lambda:UpdateAlias", opened);
        compared(&asked, request.send().await)
    }

    /// Why a new version must not get the alias's calls: somebody else has begun something that is theirs to end.
    fn in_the_way(
        &self,
        opened: &Opened<Client>,
        (name, alias): (&str, &Alias),
        latest: &Configuration,
        used: &Configuration,
    ) -> Option<Fault> {
        let weights = alias.routing_config().and_then(|routing| routing.additional_version_weights());
        if weights.is_some_and(|more| !more.is_empty()) {
            let why = format!("its alias `{name}` divides calls between two versions");
            let hint = "end that deployment first; the next run goes on";
            return Some(self.refused(opened, &why).with_hint(hint));
        }
        let unreleased = variable::unreleased(latest, used, &self.target.variable)?;
        let why = format!(
            "{unreleased} changed since the version behind `{name}`, and a new version would release that"
        );
        let hint = "release it, or take it back; the next run goes on";
        Some(self.refused(opened, &why).with_hint(hint))
    }
}
