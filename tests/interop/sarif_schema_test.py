"""What `hallpass lint --format sarif` prints, held against the official JSON Schema of SARIF 2.1.0 by a validator that is not ours.

Schema and validator come with the package in which Microsoft matches SARIF in tests (schema 2.1.0-rtm.5, Ajv), below HALLPASS_NODE_MODULES.
"""

import copy
import datetime
import json
import os
import pathlib
import subprocess
import tempfile

import harness

# Reads a list of documents, and prints for each a list of its faults. The schema's own schema is looked at first.
VALIDATOR = """
const { createRequire } = require('module');
const packages = createRequire(process.env.HALLPASS_NODE_MODULES + '/');
const Ajv = packages('ajv');
const schema = packages('@microsoft/sarif-matcher-utils/lib/schemas/sarif-2.1.0-rtm.5.json');
// It is a schema of draft 4, whose own schema stands beside Ajv and is not taken by itself (Ajv 6, "Using version 6").
const ajv = new Ajv({ allErrors: true, schemaId: 'id', meta: false, unknownFormats: 'ignore' });
ajv.addMetaSchema(packages('ajv/lib/refs/json-schema-draft-04.json'));
if (!ajv.validateSchema(schema)) throw new Error(ajv.errorsText());
const check = ajv.compile(schema);
const documents = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(documents.map(one =>
    check(one) ? [] : check.errors.map(fault => `${fault.dataPath} ${fault.message}`))));
"""

CONFIGURATION = """version = 1
environment = "test"

[stores.local]
path = "store"

[[lint.accept]]
file = "made up ü.json"
reason = "values of a test"
until = "{until}"

[integrations.queue-sync]
platform = "genesys"
region = "us-east-1"
secret = "env:QUEUE_SYNC"
allow = ["GET /api/v2/**", "POST /api/v2/oauth/clients"]
accept = [{{ rule = "open-policy", reason = "narrowed in March (A. Example)", until = "{until}" }}]

[integrations.figures]
platform = "genesys"
region = "us-east-1"
secret = ["local:figures", "env:QUEUE_SYNC"]
allow = ["GET /api/v2/analytics/**"]
accept = [{{ rule = "open-policy", reason = "there was one (A. Example)", until = "{until}" }}]
"""

PLAIN = "canary9Jq-29fLm0Zx8Vb3Nn5"


def document(folder):
    """A log with errors, warnings, notes and findings that somebody answers for."""
    folder = pathlib.Path(folder)
    until = (datetime.date.today() + datetime.timedelta(days=100)).isoformat()
    (folder / "hallpass.toml").write_text(CONFIGURATION.format(until=until))
    (folder / ".env").write_text(f"GENESYS_CLIENT_SECRET={PLAIN}\n")
    (folder / "made up ü.json").write_text(json.dumps({"clientSecret": PLAIN}))
    told = harness.run("lint", "--offline", "--format", "sarif", cwd=folder)
    assert told.returncode == 9, told.stderr
    assert PLAIN not in told.stdout
    return json.loads(told.stdout)


def faults_of(documents):
    """What the schema has against each of them."""
    told = subprocess.run(
        [os.environ["HALLPASS_NODE"], "-e", VALIDATOR],
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def broken(log):
    """The same log with one thing wrong in it, by what that is."""
    def without(place, member):
        del place[member]

    driver = lambda log: log["runs"][0]["tool"]["driver"]
    result = lambda log: log["runs"][0]["results"][0]
    region = lambda log: result(log)["locations"][0]["physicalLocation"]["region"]
    wrong = {
        "another version": lambda log: log.update(version="2.0.0"),
        "no tool": lambda log: without(log["runs"][0], "tool"),
        "a tool without a name": lambda log: without(driver(log), "name"),
        "a rule without an id": lambda log: without(driver(log)["rules"][0], "id"),
        "a level that is none": lambda log: result(log).update(level="fatal"),
        "a result without a message": lambda log: without(result(log), "message"),
        "a line before the first": lambda log: region(log).update(startLine=0),
        "a member that nobody knows": lambda log: result(log).update(severity="high"),
        "an index that is none": lambda log: result(log).update(ruleIndex=None),
        "the same rule twice": lambda log: driver(log)["rules"].append(driver(log)["rules"][0]),
        "a suppression of no kind": lambda log: result(log).update(suppressions=[{"status": "accepted"}]),
    }
    for what, damage in wrong.items():
        damaged = copy.deepcopy(log)
        damage(damaged)
        yield what, damaged


def main():
    """One log, whole and broken."""
    with tempfile.TemporaryDirectory() as folder:
        log = document(folder)
        damaged = dict(broken(log))
        whole, *faults = faults_of([log, *damaged.values()])
        results = log["runs"][0]["results"]
        with harness.check("sarif: the log is what the schema of 2.1.0 asks for"):
            assert whole == [], whole
        with harness.check("sarif: it has findings of every severity, open and accepted"):
            assert {one["level"] for one in results} == {"error", "warning", "note"}, results
            assert {bool(one.get("suppressions")) for one in results} == {True, False}
        with harness.check("sarif: every result names a rule that is described, by the same index"):
            rules = log["runs"][0]["tool"]["driver"]["rules"]
            assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in results)
        for what, why in zip(damaged, faults, strict=True):
            with harness.check(f"sarif: {what} is refused"):
                assert why
    harness.finish()


main()
