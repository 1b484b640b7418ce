//! Copies of a secret that Genesys Cloud itself keeps, written by rotations of the real binary.

use hallpass_emulator::{ClientKeys, NewClient, NewIntegrationCredential};

use crate::scene::{SECRET, Scene};

const COPY: &str = "3f1b6c2a-0000-4000-8000-00000000c0b1";
const RIGHTS: [&str; 4] = [
    "oauth:client:view",
    "oauth:client:edit",
    "integrations:integration:view",
    "integrations:integration:edit",
];

/// A scene with two clients that take turns, an administrator with these permissions, and a credential that holds the secret in use.
struct Copied {
    scene: Scene,
    spare: ClientKeys,
}

impl Copied {
    fn set(permissions: &[&str]) -> Self {
        let scene = Scene::with_secret();
        let spare = scene.world().add_client(NewClient::named("queue-sync b"));
        let admin =
            NewClient::named("admin").id("admin").secret("planted").permissions(permissions.iter().copied());
        scene.world().add_client(admin);
        let credential = NewIntegrationCredential::named("data actions").id(COPY);
        let credential = credential.field("clientId", &scene.keys.id).field("clientSecret", SECRET);
        scene.world().add_integration_credential(credential);
        let (login, api) = scene.address();
        scene.configure(&format!(
            "\n[integrations.queue-sync.rotation]\nadministrator = \"admin\"\nclients = [\"{}\", \"{}\"]\n\
             copies = [\"{COPY}\"]\n\n[integrations.admin]\nplatform = \"genesys\"\ntoken_url = \"{login}/oauth/token\"\n\
             api_url = \"{api}\"\nsecret = \"local:admin\"\nadministers = true\nallow = [\"GET /api/v2/oauth/clients/**\", \
             \"PUT /api/v2/oauth/clients/*\", \"POST /api/v2/oauth/clients/*/secret\", \
             \"GET /api/v2/integrations/credentials/*\", \"PUT /api/v2/integrations/credentials/*\"]\n",
            scene.keys.id, spare.id
        ));
        let put = scene
            .run_with(&["secret", "put", "admin"], "{\"client_id\":\"admin\",\"client_secret\":\"planted\"}");
        assert_eq!(put.code, Some(0), "{put:?}");
        Self { scene, spare }
    }

    /// The client whose secret the copy holds; it must be one that works.
    fn holder(&self) -> String {
        let fields = self.scene.world().integration_credential(COPY);
        assert!(self.scene.world().is_live(&fields["clientId"], &fields["clientSecret"]), "the copy is dead");
        fields["clientId"].clone()
    }

    /// How often the copy was written, by the platform's count.
    fn written(&self) -> usize {
        let log = self.scene.world().witness().log;
        log.iter().filter(|request| request.method == "PUT" && request.path.ends_with(COPY)).count()
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let finished = self.scene.run(&[&["rotate"], arguments].concat());
        let told = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!told.contains(SECRET) && !told.contains("planted"), "{told}");
        let fields = self.scene.world().integration_credential(COPY);
        assert!(!told.contains(&fields["clientSecret"]), "{told}");
        (finished.code, told)
    }
}

#[test]
fn a_copy_follows_the_secret_there_and_back() {
    let copied = Copied::set(&RIGHTS);
    let (code, plan) = copied.run(&["plan", "queue-sync"]);
    assert_eq!(code, Some(0), "{plan}");
    assert!(plan.contains(&format!("copies at the platform are written: `{COPY}`")), "{plan}");
    assert_eq!(copied.holder(), copied.scene.keys.id);

    let (code, told) = copied.run(&["run", "queue-sync", "--wait", "20s"]);
    assert_eq!(code, Some(11), "{told}");
    assert_eq!(copied.holder(), copied.spare.id, "it holds the new secret");
    let (_, told) = copied.run(&["due"]);
    assert_eq!(copied.written(), 1, "once written is enough: {told}");

    let (code, told) = copied.run(&["abort", "queue-sync", "--wait", "20s"]);
    assert_eq!(code, Some(11), "{told}");
    assert_eq!(copied.holder(), copied.scene.keys.id, "it went back with the secret");
    assert_eq!(copied.scene.world().integration_credential(COPY)["clientSecret"], SECRET);
    let (_, history) = copied.run(&["history", "queue-sync"]);
    assert_eq!(history.matches(&format!("platform: write copy {COPY}")).count(), 2, "{history}");
    assert_eq!(history.matches("checkpoint: copy written").count(), 2, "{history}");
}

#[test]
fn a_missing_permission_for_a_copy_is_named_and_the_old_secret_lives() {
    let copied = Copied::set(&RIGHTS[..3]);
    for order in ["run", "resume"] {
        let (code, told) = copied.run(&[order, "queue-sync", "--wait", "20s"]);
        assert!(told.contains("integrations:integration:edit"), "{code:?} {told}");
        assert!(copied.scene.world().is_live(&copied.scene.keys.id, SECRET));
        assert_eq!(copied.holder(), copied.scene.keys.id);
    }
    let (_, status) = copied.run(&["status", "queue-sync"]);
    assert!(status.contains(&format!("because   the platform's copy {COPY} is not written yet")), "{status}");
    let (_, status_json) = copied.run(&["status", "queue-sync", "--json"]);
    assert!(status_json.contains(&format!("\"unwritten_copies\":[\"{COPY}\"]")), "{status_json}");
    assert!(status.contains("type      hallpass rotate resume queue-sync"), "{status}");
}
