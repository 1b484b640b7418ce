//! What to grant, as commands of Azure's own command line. Pure.
//!
//! Each role assignment is at the narrowest scope that works. `$PRINCIPAL_ID` is the object id of the function's managed identity
//! (`az functionapp identity show --query principalId`).

use hallpass_core::{EntryName, Fault, FaultCode};

use super::entry::{pending_of, secret_of};

/// A built-in role: <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name in the portal.
    pub name: &'static str,
    /// Its id, which stays if Microsoft renames it.
    pub id: &'static str,
}

/// Reads values and metadata of secrets.
pub const SECRETS_USER: Role =
    Role { name: "Key Vault Secrets User", id: "4633458b-17de-408a-b874-0445c86b69e6" };
/// Does everything with secrets but granting.
pub const SECRETS_OFFICER: Role =
    Role { name: "Key Vault Secrets Officer", id: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7" };
/// Reads key-values:
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/integration#app-configuration-data-reader>
pub const DATA_READER: Role =
    Role { name: "App Configuration Data Reader", id: "516239f1-63e1-4d78-a4de-a74fb236a071" };

/// Reads and writes key-values:
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/integration#app-configuration-data-owner>
pub const DATA_OWNER: Role =
    Role { name: "App Configuration Data Owner", id: "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b" };

/// What somebody who only reads `entry` needs: that one secret, and not the one that holds its pending value.
///
/// # Errors
/// `reference-malformed` for names that a vault does not accept.
pub fn reading(vault: &str, entry: &EntryName) -> Result<String, Fault> {
    let (vault, name) = (resource(vault)?, secret_of(entry)?);
    Ok(assignment(SECRETS_USER, "Microsoft.KeyVault/vaults", vault, &format!("/secrets/{name}")))
}

/// What somebody who rotates `entry` needs: that secret and the one that holds its pending value.
///
/// # Errors
/// As [`reading`].
pub fn writing(vault: &str, entry: &EntryName) -> Result<String, Fault> {
    let (vault, name) = (resource(vault)?, secret_of(entry)?);
    let scopes = [name.to_owned(), pending_of(name)?];
    let each = scopes.map(|name| {
        assignment(SECRETS_OFFICER, "Microsoft.KeyVault/vaults", vault, &format!("/secrets/{name}"))
    });
    Ok(each.concat())
}

/// What reading the key-values of an App Configuration store needs. A store has no narrower scope than itself; the secrets it refers to need
/// [`reading`] besides.
///
/// # Errors
/// As [`reading`].
pub fn reading_configuration(store: &str) -> Result<String, Fault> {
    Ok(assignment(DATA_READER, "Microsoft.AppConfiguration/configurationStores", resource(store)?, ""))
}

/// What replacing the documents of rotations in an App Configuration store needs. A store has no narrower scope than itself, so whoever rotates may write every
/// key of it.
///
/// # Errors
/// As [`reading`].
pub fn writing_configuration(store: &str) -> Result<String, Fault> {
    Ok(assignment(DATA_OWNER, "Microsoft.AppConfiguration/configurationStores", resource(store)?, ""))
}

fn assignment(role: Role, kind: &str, resource: &str, below: &str) -> String {
    let Role { name, id } = role;
    format!(
        "# {name}\n\
         az role assignment create --role {id} \\\n  \
           --assignee-object-id \"$PRINCIPAL_ID\" --assignee-principal-type ServicePrincipal \\\n  \
           --scope \"$(az resource list --resource-type {kind} --name {resource} --query '[0].id' --output tsv){below}\"\n"
    )
}

/// The resource's name out of it or its host: these texts are pasted into a shell.
fn resource(place: &str) -> Result<&str, Fault> {
    let name = place.split('.').next().unwrap_or_default();
    let fine = (1..=50).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let fault = || {
        Fault::new(
            FaultCode::ReferenceMalformed,
            format!("{} bytes that name no resource of Azure", place.len()),
        )
    };
    fine.then_some(name).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::{reading, reading_configuration, writing, writing_configuration};

    #[test]
    fn a_reader_is_granted_one_secret() {
        let text = reading("v.vault.azure.net", &"queue-sync".parse().unwrap()).unwrap();
        let expected = "# Key Vault Secrets User\n\
            az role assignment create --role 4633458b-17de-408a-b874-0445c86b69e6 \\\n  \
              --assignee-object-id \"$PRINCIPAL_ID\" --assignee-principal-type ServicePrincipal \\\n  \
              --scope \"$(az resource list --resource-type Microsoft.KeyVault/vaults --name v --query '[0].id' --output tsv)/secrets/queue-sync\"\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_writer_is_granted_the_pending_secret_too() {
        let text = writing("v", &"queue-sync".parse().unwrap()).unwrap();
        assert_eq!(text.matches("b86a8fe4-44ce-4948-aee5-eccb2c155cd7").count(), 2);
        assert!(
            text.contains("/secrets/queue-sync\"") && text.contains("/secrets/queue-sync-pending\""),
            "{text}"
        );
        assert!(
            reading_configuration("s.azconfig.io").unwrap().contains("516239f1-63e1-4d78-a4de-a74fb236a071")
        );
        let document = writing_configuration("s.azconfig.io").unwrap();
        assert!(document.contains("5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b") && document.contains("--name s "));
    }

    #[test]
    fn nothing_gets_into_the_shell_that_is_no_name() {
        for bad in ["", "$(rm -rf ~)", "a b", "a\"b", "a;b"] {
            assert!(reading(bad, &"a".parse().unwrap()).is_err(), "{bad}");
            assert!(reading_configuration(bad).is_err(), "{bad}");
            assert!(writing_configuration(bad).is_err(), "{bad}");
        }
        assert!(reading("v", &"$(id)".parse().unwrap()).is_err());
    }
}
