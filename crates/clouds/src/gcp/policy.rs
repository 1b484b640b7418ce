//! The least that reading and writing need, as commands to run.

use hallpass_core::EntryName;

use super::place::Place;

/// The commands that let `member` (such as `serviceAccount:queue-sync@acme-prod.iam.gserviceaccount.com`) read these secrets and nothing else.
///
/// A binding on the secret itself, not on the project. A condition would add nothing: the number of the version behind an alias changes with
/// every rotation. Source of the roles: <https://cloud.google.com/secret-manager/docs/access-control>.
#[must_use]
pub fn reader_policy(place: &Place, entries: &[EntryName], member: &str) -> String {
    let mut text = String::from("# Read CURRENT of each secret: secretmanager.versions.access.\n");
    for entry in entries {
        text += &bind(place, entry, member, "roles/secretmanager.secretAccessor");
    }
    text += "\n# Only for a secret without the alias `current`, and for `hallpass secret list`: secretmanager.versions.list,\n\
             # secretmanager.secrets.get. Better: set the alias once, and leave this out.\n";
    for entry in entries {
        text += &format!("# {}", bind(place, entry, member, "roles/secretmanager.viewer"));
    }
    text
}

/// The commands that let `member` put, promote and discard versions of these secrets: a role of the project's own, because Google has none between
/// adding versions and administering everything, bound on each secret.
///
/// It cannot destroy a version or delete a secret. Making a new secret is a right on the project, so it stands apart.
#[must_use]
pub fn writer_policy(place: &Place, entries: &[EntryName], member: &str) -> String {
    let project = place.project();
    let mut text = format!(
        "# Once per project: the role.\ngcloud iam roles create {ROLE} --project={project} \
         --title='hallpass secret writer' --permissions={}\n\n# On each secret.\n",
        WRITER.join(",")
    );
    for entry in entries {
        text += &bind(place, entry, member, &format!("projects/{project}/roles/{ROLE}"));
    }
    text += &format!(
        "\n# Only if hallpass is to make secrets that do not exist yet: secretmanager.secrets.create, a right on the project.\n\
         # gcloud iam roles create {ROLE}Creator --project={project} --permissions=secretmanager.secrets.create\n\
         # gcloud projects add-iam-policy-binding {project} --role=projects/{project}/roles/{ROLE}Creator --member={member}\n"
    );
    text
}

fn bind(place: &Place, entry: &EntryName, member: &str, role: &str) -> String {
    format!(
        "gcloud secrets add-iam-policy-binding {entry} {} --role={role} --member={member}\n",
        place.flags()
    )
}

/// "A role ID can contain uppercase and lowercase alphanumeric characters, underscores, and periods":
/// <https://cloud.google.com/iam/docs/creating-custom-roles>.
const ROLE: &str = "hallpassSecretWriter";

/// Each is asked for by one request of the writing methods; reading PENDING back proves what was put.
const WRITER: [&str; 7] = [
    "secretmanager.secrets.get",
    "secretmanager.secrets.update",
    "secretmanager.versions.access",
    "secretmanager.versions.add",
    "secretmanager.versions.disable",
    "secretmanager.versions.get",
    "secretmanager.versions.list",
];

#[cfg(test)]
mod tests {
    use super::{Place, reader_policy, writer_policy};

    const MEMBER: &str = "serviceAccount:queue-sync@acme-prod.iam.gserviceaccount.com";

    #[test]
    fn reading_is_one_role_on_each_secret() {
        let place = Place::parse("projects/acme-prod/locations/europe-west3").expect("a location");
        let entries = ["a".parse().expect("a name"), "b".parse().expect("a name")];
        let text = reader_policy(&place, &entries, MEMBER);
        let active: Vec<_> = text.lines().filter(|line| line.starts_with("gcloud")).collect();
        let expected = |entry: &str| {
            format!(
                "gcloud secrets add-iam-policy-binding {entry} --project=acme-prod --location=europe-west3 \
                 --role=roles/secretmanager.secretAccessor --member={MEMBER}"
            )
        };
        assert_eq!(active, [expected("a"), expected("b")]);
        assert!(
            text.contains("secretmanager.versions.list"),
            "it says what a secret without alias needs: {text}"
        );
    }

    #[test]
    fn writing_can_neither_destroy_nor_administer() {
        let place = Place::parse("projects/acme-prod").expect("a project");
        let text = writer_policy(&place, &["a".parse().expect("a name")], MEMBER);
        for right in ["versions.destroy", "secrets.delete", "setIamPolicy", "roles/secretmanager.admin"] {
            assert!(!text.contains(right), "{right}");
        }
        let active: Vec<_> = text.lines().filter(|line| line.starts_with("gcloud")).collect();
        assert_eq!(active.len(), 2, "a role and a binding: {text}");
        assert!(active[1].contains("--role=projects/acme-prod/roles/hallpassSecretWriter"), "{text}");
    }
}
