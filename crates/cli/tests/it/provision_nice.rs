//! What provisioning does on NICE CXone, and what it leaves to a person: with the state of each, in the plan and as JSON.

use hallpass_emulator::{CxoneSettings, NewAccessKey, Settings};
use hallpass_testkit::process::Finished;

use crate::scene::Scene;

/// What the administrator authenticates with, and what the vendor registered.
const ADMIN: &str = "planted-for-the-administrator";
const APPLICATION: &str = "planted-for-the-application";

/// A tenant with an administrator and a registered application, and a configuration that wants an access key.
struct Nice {
    scene: Scene,
}

impl Nice {
    fn set(profile: &str) -> Self {
        let cxone =
            CxoneSettings { separate_identity: true, separate_userhub: true, ..CxoneSettings::default() };
        let scene = Scene::of(Settings { cxone, ..Settings::default() });
        let admin = NewAccessKey::named("admin").id("ADMIN====").secret(ADMIN).user("admin");
        scene.world().add_access_key(admin.application("the-application", APPLICATION));
        let nice = Self { scene };
        nice.configure(profile, "");
        let material = format!("{{\"access_key_id\":\"ADMIN====\",\"access_key_secret\":\"{ADMIN}\"}}");
        let put = nice.scene.run_with(&["secret", "put", "admin"], material);
        assert_eq!(put.code, Some(0), "{put:?}");
        nice
    }

    /// Writes the configuration, with `more` lines in the table `provision`.
    fn configure(&self, profile: &str, more: &str) {
        let emulator = self.scene.emulator();
        let (identity, hub, api) =
            (emulator.cxone_identity_url(), emulator.cxone_userhub_url(), emulator.cxone_api_url());
        let by_key = format!(
            "platform = \"cxone\"\nprofile = \"userhub\"\ntoken_url = \"{hub}/authentication/v1/token/access-key\""
        );
        let place = match profile {
            "standard" => format!(
                "platform = \"cxone\"\nissuer = \"{identity}\"\nupstreams = {{ api = \"discovered\", userhub = \"discovered\" }}"
            ),
            _ => format!("{by_key}\napi_url = \"{api}\""),
        };
        self.scene.configure(&format!(
            "\n[integrations.nice]\n{place}\nsecret = \"local:nice\"\nallow = [\"GET /api/inContactAPI/services/**\"]\n\
             [integrations.nice.provision]\nadministrator = \"admin\"\nuser = \"service-user\"\n{more}\n\
             [integrations.admin]\n{by_key}\napi_url = \"{hub}\"\nsecret = \"local:admin\"\nadministers = true\n\
             allow = [\"GET /access-key-management/**\", \"POST /access-key-management/**\", \
             \"PATCH /access-key-management/**\", \"DELETE /access-key-management/**\"]\n"
        ));
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        self.scene.run(&[&["provision"], arguments].concat())
    }

    /// Runs it and compares what it left, in which no secret may be.
    #[track_caller]
    fn assert(&self, name: &str, arguments: &[&str]) {
        let finished = self.run(arguments);
        let told = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!told.contains(ADMIN) && !told.contains(APPLICATION), "{told}");
        self.scene.assert(&format!("provision_nice_{name}"), &self.steady(&finished));
    }

    /// Without the ids of keys, which are drawn.
    fn steady(&self, finished: &Finished) -> Finished {
        let keys = self.scene.world().live_secrets().into_iter().map(|live| live.id);
        let keys: Vec<_> = keys.filter(|id| id.ends_with("====") && id != "ADMIN====").collect();
        let plain = |text: &str| keys.iter().fold(text.to_owned(), |text, key| text.replace(key, "[KEY]"));
        let (stdout, stderr) = (plain(&finished.stdout), plain(&finished.stderr));
        Finished { stdout, stderr, ..finished.clone() }
    }
}

#[test]
fn what_a_person_sees_to_is_checked_by_a_token_or_said_not_to_be() {
    let nice = Nice::set("userhub");
    nice.assert("plan", &["plan", "nice"]);
    assert_eq!(nice.run(&["apply", "nice", "--yes"]).code, Some(0));
    nice.assert("plan_nothing", &["plan", "nice"]);
    nice.assert("plan_nothing_json", &["plan", "nice", "--json"]);
    nice.configure("userhub", "permissions = [\"a:b:c\"]\ndivisions = [\"*\"]");
    nice.assert("permissions", &["plan", "nice"]);
}

#[test]
fn an_application_is_registered_by_a_person_and_its_pair_stored_before_there_is_a_key() {
    let nice = Nice::set("standard");
    nice.assert("application_missing", &["plan", "nice"]);
    let pair = format!("{{\"client_id\":\"the-application\",\"client_secret\":\"{APPLICATION}\"}}");
    let put = nice.scene.run_with(&["secret", "put", "nice"], pair.clone());
    assert_eq!(put.code, Some(0), "the key is made by provisioning: {put:?}");
    nice.assert("application_stored", &["plan", "nice"]);
    assert_eq!(nice.run(&["apply", "nice", "--yes"]).code, Some(0));
    nice.assert("application_checked", &["plan", "nice"]);
    let call = |target: &str| nice.scene.run(&["call", "nice", "GET", target]).code;
    let completed = "/api/inContactAPI/services/v31.0/contacts/completed";
    assert_eq!(call(completed), Some(0));
    let again = nice.scene.run_with(&["secret", "put", "nice"], pair);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(call(completed), Some(0), "a new pair takes no key away");
}
