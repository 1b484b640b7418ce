use super::plain_secrets;

fn names(text: &str) -> Vec<String> {
    plain_secrets(text).into_iter().map(|found| found.name).collect()
}

#[test]
fn secrets_are_found_in_every_usual_form() {
    let value = "k7Jq-29fLm0Zx8Vb3Nn5";
    for line in [
        format!("client_secret = \"{value}\""),
        format!("GENESYS_CLIENT_SECRET={value}"),
        format!("export CLIENT_SECRET='{value}'"),
        format!("  clientSecret: {value}"),
        format!("  \"clientSecret\": \"{value}\","),
        format!("{{ \"clientId\": \"abc\", \"clientSecret\": \"{value}\" }}"),
        format!("access_key_secret: \"{value}\""),
        format!("      Environment: {{ CXONE_ACCESS_KEY_SECRET: {value} }}"),
        "aws_access_key_id = AKIAQ3EGRIDXRLV5NHTB".to_owned(),
    ] {
        assert_eq!(plain_secrets(&line).len(), 1, "{line}");
        assert!(!names(&line)[0].contains(value));
    }
}

#[test]
fn references_placeholders_and_prose_are_left_in_peace() {
    for line in [
        "secret = \"aws-sm:prod/queue-sync?region=us-east-1\"",
        "client_secret = \"local:queue-sync-of-mine\"",
        "CLIENT_SECRET=${GENESYS_CLIENT_SECRET}",
        "clientSecret: <your client secret>",
        "client_secret = var.genesys_client_secret",
        "clientSecret: changeme-please-now",
        "# client_secret = \"k7Jq-29fLm0Zx8Vb3Nn5\"",
        "the client_secret: never write it into a file",
        "client_secret = \"\"",
        "ClientSecret: !Ref GenesysClientSecretParameter1",
        "clientSecret: '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s1)'",
        "AKIAIOSFODNN7EXAMPLE",
    ] {
        assert_eq!(names(line), [""; 0], "{line}");
    }
}

#[test]
fn the_line_is_told() {
    let found = plain_secrets("version = 1\n\nclient_secret = 'k7Jq29fLm0Zx8Vb3'\n");
    assert_eq!((found[0].line, found[0].name.as_str()), (3, "client_secret"));
}

const VALUE: &str = "k7Jq-29fLm0Zx8Vb3Nn5";

/// Whole files as they stand in repositories; the lines, from 1, in which a secret stands.
#[track_caller]
fn found(what: &str, text: &str, lines: &[usize]) {
    let text = text.replace("VALUE", VALUE);
    let found: Vec<_> = plain_secrets(&text).into_iter().map(|found| found.line).collect();
    assert_eq!(found, lines, "{what}");
}

#[test]
fn templates_of_clouds_are_read() {
    found(
        "AWS SAM",
        "Resources:\n  Sync:\n    Type: AWS::Serverless::Function\n    Properties:\n      Environment:\n        Variables:\n          \
         GENESYS_CLIENT_ID: abc\n          GENESYS_CLIENT_SECRET: VALUE\n          OTHER: !Ref Other\n",
        &[8],
    );
    found(
        "CloudFormation, a parameter with a default",
        "Parameters:\n  GenesysClientSecret:\n    Type: String\n    NoEcho: true\n    Default: VALUE\n  Stage:\n    Default: a-long-name-of-a-stage\n",
        &[5],
    );
    found(
        "CloudFormation, a secret",
        "  Secret:\n    Type: AWS::SecretsManager::Secret\n    Properties:\n      SecretString: '{\"client_id\":\"abc\",\"client_secret\":\"VALUE\"}'\n",
        &[4],
    );
    found(
        "CloudFormation, parameters of a deployment",
        "[\n  {\n    \"ParameterKey\": \"GenesysClientSecret\",\n    \"ParameterValue\": \"VALUE\"\n  }\n]\n",
        &[4],
    );
    found(
        "Terraform",
        "variable \"client_secret\" {\n  type      = string\n  sensitive = true\n  default   = \"VALUE\"\n}\n\nresource \"x\" \"y\" {\n  \
         environment {\n    variables = {\n      CLIENT_SECRET = \"VALUE\"\n      OTHER = var.other1\n    }\n  }\n  secret_string = \
         jsonencode({ client_id = \"a\", client_secret = \"VALUE\" })\n}\n",
        &[4, 10, 14],
    );
    found(
        "Bicep",
        "@secure()\nparam clientSecret string = 'VALUE'\nresource app 'Microsoft.Web/sites@2023-12-01' = {\n  properties: {\n    appSettings: [\n      \
         {\n        name: 'GENESYS_CLIENT_SECRET'\n        value: 'VALUE'\n      }\n      { name: 'CXONE_ACCESS_KEY_SECRET', value: 'VALUE' }\n    ]\n",
        &[2, 8, 10],
    );
    found(
        "ARM",
        "{ \"parameters\": {\n  \"clientSecret\": {\n    \"type\": \"securestring\",\n    \"metadata\": { \"description\": \"of the client\" },\n    \
         \"defaultValue\": \"VALUE\"\n  },\n  \"apiSecret\": { \"value\": \"VALUE\" }\n} }\n",
        &[5, 7],
    );
}

#[test]
fn settings_of_functions_and_containers_are_read() {
    found(
        "serverless.yml",
        "provider:\n  name: aws\n  environment:\n    CLIENT_SECRET: VALUE\n    FROM_STORE_CLIENT_SECRET: ${ssm:/prod/client-secret}\n",
        &[4],
    );
    found(
        "local.settings.json",
        "{\n  \"IsEncrypted\": false,\n  \"Values\": {\n    \"FUNCTIONS_WORKER_RUNTIME\": \"python\",\n    \"GENESYS_CLIENT_SECRET\": \"VALUE\"\n  }\n}\n",
        &[5],
    );
    found(
        "function.json",
        "{\n  \"bindings\": [ { \"type\": \"httpTrigger\", \"name\": \"req\" } ],\n  \"clientSecret\": \"VALUE\"\n}\n",
        &[3],
    );
    found(
        "Dockerfile",
        "FROM python:3.13\nARG CLIENT_SECRET\nENV STAGE=prod CLIENT_SECRET=VALUE\nENV CXONE_ACCESS_KEY_SECRET VALUE\nENV CLIENT_SECRET=$CLIENT_SECRET\n",
        &[3, 4],
    );
    found(
        "Kubernetes and Cloud Run",
        "containers:\n- env:\n  - name: STAGE\n    value: a-long-name-of-a-stage\n  - name: CLIENT_SECRET\n    value: \"VALUE\"\n  - name: \
         CLIENT_SECRET\n    valueFrom:\n      secretKeyRef:\n        key: client-secret\n        name: genesys\n",
        &[6],
    );
    found("compose", "services:\n  sync:\n    environment:\n      - CLIENT_SECRET=VALUE\n", &[4]);
    found("properties", "genesys.client.secret=VALUE\ngenesys.clientSecret = VALUE\n", &[1, 2]);
    found(
        "a shell",
        "export STAGE=prod CLIENT_SECRET=\"VALUE\"\nexport CLIENT_SECRET=\"$(cat /run/secret)\"\n",
        &[1],
    );
}

#[test]
fn a_value_is_nobodys_that_belongs_to_another_name() {
    found(
        "the next parameter",
        "Parameters:\n  GenesysClientSecret:\n    Type: String\n  Stage:\n    Default: a-long-name-of-a-stage\n",
        &[],
    );
    found(
        "the next setting",
        "- name: CLIENT_SECRET\n  valueFrom: x\n- name: STAGE\n  value: a-long-name-of-a-stage\n",
        &[],
    );
    let far = format!("ClientSecret:\n{}  Default: VALUE\n", "  Type: String\n".repeat(7));
    found("too far below", &far, &[]);
    found(
        "a declaration without a value",
        "variable \"client_secret\" {}\nvariable \"stage\" { default = \"a-long-name-of-a-stage\" }\n",
        &[],
    );
}
