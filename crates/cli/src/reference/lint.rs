//! Every rule of `lint`.

use std::fmt::Write as _;

use super::assert_page;
use hallpass_app::LintRule;

#[test]
fn the_page_of_rules_is_up_to_date() {
    assert_page("lint.md", &page());
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for rule in LintRule::ALL {
        writeln!(page, "| [`{rule}`](#{rule}) | {} | {} |", rule.severity().name(), rule.title()).unwrap();
    }
    for rule in LintRule::ALL {
        writeln!(
            page,
            "\n## {rule}\n\n{}. {}\n\n* Severity: {}.",
            rule.title(),
            rule.reason(),
            rule.severity().name()
        )
        .unwrap();
        writeln!(page, "* What to do: {}.", rule.remedy()).unwrap();
        let borne = if rule.can_be_accepted() { "can be accepted until a day" } else { "cannot be accepted" };
        writeln!(page, "* It {borne}.").unwrap();
    }
    page
}

const HEAD: &str = "\
# Rules of lint

Made from the code; `HALLPASS_BLESS=1 cargo test -p hallpass-cli` writes it anew.

`hallpass lint` holds every integration against these rules, and the files beside the configuration against one of them. An *error* fails it; a *warning* fails
it where it is the gate of an environment (`--environment`); a *note* never does. A code is stable. What is known and borne is accepted in the integration's
table, with a reason and a last day that is at most a year away:

```toml
accept = [{ rule = \"no-ip-list\", reason = \"the platform's list is full; asked for more on 3 November (A. Example)\", until = \"2027-03-31\" }]
```

`hallpass check` looks at what needs neither a store nor a platform, and ends with 9 if there is an error. `hallpass provision plan` and `apply` judge the client as it would be, with
what is in its roles at the platform, and refuse it with 7 if there is an error. What a rule could not judge is told as `not judged`, with what was missing.

What calls need is in hallpass' own small table of Genesys Cloud, or in the platform's swagger file: `hallpass lint --permissions swagger.json`, or for all commands
`[lint] permissions = \"swagger.json\"` in the configuration. With profile `guide` the names of scopes and permissions are those of the integration guides.

Plain secrets are looked for in the configuration's folder and below it: in `.env`, TOML, YAML, JSON, `.ini`, `.properties` and shell files, Dockerfiles, templates of AWS SAM and
CloudFormation, Terraform, Bicep and ARM, `serverless.yml`, `function.json` and `local.settings.json`.

| Code | Severity | What is wrong |
|---|---|---|
";
