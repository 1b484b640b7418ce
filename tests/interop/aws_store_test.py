"""The stores of AWS against moto, which we did not write, and our stand-in against AWS's own Python SDK.

One table of behaviours, driven by boto3, is what our tests rely on. moto and the stand-in behind HALLPASS_CLOUD_EMULATOR both have to
show it; where moto is known to differ from AWS, the row says so, cites AWS, and counts for the stand-in alone. Then the example `moto_contract`
runs the store contract, replicas and encrypted variables on moto, and reads with every kind of credentials.
"""

import base64
import contextlib
import http.server
import itertools
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import uuid

import boto3
import botocore.config
import harness
from moto_process import Moto
from side_by_side import StandIn, code, table

REGION, OTHER = "us-east-1", "us-west-2"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDFAKE", "AWS_SECRET_ACCESS_KEY": "fake", "AWS_EC2_METADATA_DISABLED": "true"}
NUMBERS = itertools.count()
TOKENS = [str(uuid.UUID(int=number + (4 << 76) + (8 << 60))) for number in range(9)]


class Api:
    """boto3 in both regions of one endpoint. What it answers is told as `code` or as what counts of the answer."""

    def __init__(self, url):
        config = botocore.config.Config(retries={"total_max_attempts": 1})
        keys = {"aws_access_key_id": "AKIDFAKE", "aws_secret_access_key": "fake", "config": config}
        client = lambda service, region: boto3.client(service, region_name=region, endpoint_url=url, **keys)
        self.here, self.there = client("secretsmanager", REGION), client("secretsmanager", OTHER)
        self.kms = client("kms", REGION)

    def secret(self, *versions):
        """A new secret with one version for each of (token, stages), the value being the token's number."""
        name = f"prod/entry-{next(NUMBERS)}"
        self.here.create_secret(Name=name)
        for token, stages in versions:
            self.put(name, token, stages)
        return name

    def put(self, name, token, stages, value=None):
        more = {"VersionStages": stages} if stages else {}
        value = f"value {token}" if value is None else value
        return self.here.put_secret_value(SecretId=name, ClientRequestToken=TOKENS[token], SecretString=value, **more)

    def move(self, name, label, to=None, from_=None):
        more = {**({"MoveToVersionId": TOKENS[to]} if to is not None else {}), **({"RemoveFromVersionId": TOKENS[from_]} if from_ is not None else {})}
        self.here.update_secret_version_stage(SecretId=name, VersionStage=label, **more)

    def labels(self, name):
        """Version number to its labels, without versions that have none."""
        found = self.here.describe_secret(SecretId=name).get("VersionIdsToStages", {})
        return {TOKENS.index(token): sorted(labels) for token, labels in found.items() if labels}

    def value(self, name, **of):
        return self.here.get_secret_value(SecretId=name, **of)["SecretString"]


def row_first_version(api):
    """API_PutSecretValue: "If this operation creates the first version for the secret, ... attaches the staging label AWSCURRENT to it"."""
    return api.labels(api.secret((0, ["AWSPENDING"])))


def row_pending_beside_current(api):
    """API_PutSecretValue, VersionStages."""
    name = api.secret((0, None), (1, ["AWSPENDING"]))
    return api.labels(name), api.value(name), api.value(name, VersionStage="AWSPENDING")


def row_pending_replaces_pending(api):
    """API_PutSecretValue: "If you specify a staging label that's already associated with a different version ... removes the label from the other"."""
    return api.labels(api.secret((0, None), (1, ["AWSPENDING"]), (2, ["AWSPENDING"])))


def row_put_without_stages(api):
    """API_PutSecretValue: AWSCURRENT moves, AWSPREVIOUS stays where it was."""
    return api.labels(api.secret((0, None), (1, None), (2, None)))


def row_repeated_put(api):
    """API_PutSecretValue, ClientRequestToken: same token and value, the request is ignored."""
    name = api.secret((0, None), (1, ["AWSPENDING"]))
    api.put(name, 1, ["AWSPENDING"])
    return api.labels(name)


def row_token_for_another_value(api):
    """API_PutSecretValue, ClientRequestToken: same token and another value, the request fails."""
    name = api.secret((0, None))
    return code(lambda: api.put(name, 0, None, value="another")), api.value(name)


def row_promotion(api):
    """API_UpdateSecretVersionStage: AWSPREVIOUS moves by itself."""
    name = api.secret((0, None), (1, ["AWSPENDING"]))
    api.move(name, "AWSCURRENT", to=1, from_=0)
    return api.labels(name)


def row_promotion_with_a_wrong_expectation(api):
    """API_UpdateSecretVersionStage: "If the label is attached and you either do not specify this parameter, or the version ID does not match, then the operation fails"."""
    name = api.secret((0, None), (1, ["AWSPENDING"]), (2, ["OTHER"]))
    wrong = [code(lambda: api.move(name, "AWSCURRENT", to=1)), code(lambda: api.move(name, "AWSCURRENT", to=1, from_=2))]
    return wrong, api.labels(name)


def row_labels_taken_off(api):
    """API_UpdateSecretVersionStage, RemoveFromVersionId alone."""
    name = api.secret((0, None), (1, None), (2, ["AWSPENDING"]))
    api.move(name, "AWSPENDING", from_=2)
    api.move(name, "AWSPREVIOUS", from_=0)
    return api.labels(name)


def row_label_that_is_not_there(api):
    """API_UpdateSecretVersionStage."""
    name = api.secret((0, None), (1, ["AWSPENDING"]))
    return code(lambda: api.move(name, "AWSPENDING", from_=0))


def row_current_cannot_be_removed(api):
    """User guide, "What's in a secret": a secret always has a version labelled AWSCURRENT. moto takes the label off."""
    name = api.secret((0, None))
    return code(lambda: api.move(name, "AWSCURRENT", from_=0))


def row_bytes(api):
    """API_PutSecretValue, SecretBinary."""
    name = api.secret()
    api.here.put_secret_value(SecretId=name, SecretBinary=bytes(range(256)))
    return api.here.get_secret_value(SecretId=name)["SecretBinary"] == bytes(range(256))


def row_special_characters(api):
    """Values come back byte for byte."""
    name, value = api.secret(), "id:secret 100%25 a+b=c\r\n\"\\ \U0001f511"
    api.here.put_secret_value(SecretId=name, SecretString=value)
    return api.value(name) == value


def row_65536_bytes(api):
    """API_PutSecretValue: the longest value."""
    name = api.secret()
    api.here.put_secret_value(SecretId=name, SecretString="x" * 65536)
    return len(api.value(name))


def row_65537_bytes(api):
    """API_PutSecretValue: one more. moto keeps it."""
    name = api.secret()
    return code(lambda: api.here.put_secret_value(SecretId=name, SecretString="x" * 65537))


def row_absent(api):
    """ResourceNotFoundException for everything that names it."""
    return [
        code(lambda: api.value("absent")),
        code(lambda: api.labels("absent")),
        code(lambda: api.put("absent", 0, None)),
        code(lambda: api.value(api.secret())),
        code(lambda: api.value(api.secret((0, None)), VersionStage="AWSPENDING")),
    ]


def row_created_twice(api):
    """API_CreateSecret: ResourceExistsException."""
    name = api.secret((0, None))
    return code(lambda: api.here.create_secret(Name=name, SecretString="another"))


def row_deleted(api):
    """API_DeleteSecret: 30 days in which it is described and not read."""
    name = api.secret((0, None))
    api.here.delete_secret(SecretId=name)
    described = api.here.describe_secret(SecretId=name)
    refused = code(lambda: api.value(name))
    listed = [secret["Name"] for secret in api.here.list_secrets(MaxResults=100)["SecretList"]]
    api.here.restore_secret(SecretId=name)
    return "DeletedDate" in described, refused, name in listed, api.value(name)


def row_deleted_takes_no_value(api):
    """API_PutSecretValue, InvalidRequestException: "The secret is scheduled for deletion". moto takes it."""
    name = api.secret((0, None))
    api.here.delete_secret(SecretId=name)
    return code(lambda: api.put(name, 1, None))


def row_deleted_name_is_taken(api):
    """API_CreateSecret: InvalidRequestException, "already scheduled for deletion". moto says ResourceExistsException."""
    name = api.secret((0, None))
    api.here.delete_secret(SecretId=name)
    return code(lambda: api.here.create_secret(Name=name))


def row_named_by_arn(api):
    """User guide, "Finding a secret from a partial ARN"."""
    name = api.secret((0, None))
    whole = api.here.describe_secret(SecretId=name)["ARN"]
    suffix = whole.rsplit("-", 1)[1]
    return len(suffix), api.value(whole), api.value(whole[: -len(suffix) - 1])


def row_list(api):
    """API_ListSecrets, SecretVersionsToStages; API_ListSecretVersionIds, CreatedDate."""
    name = api.secret((0, None), (1, ["AWSPENDING"]))
    pages = api.here.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 2})
    found = {secret["Name"]: secret for page in pages for secret in page["SecretList"]}
    stages = {TOKENS.index(token): labels for token, labels in found[name]["SecretVersionsToStages"].items()}
    versions = api.here.list_secret_version_ids(SecretId=name)["Versions"]
    return stages, sorted(TOKENS.index(one["VersionId"]) for one in versions), all("CreatedDate" in one for one in versions)


def row_replica(api):
    """User guide, "Replicate secrets across Regions": same name and value, read only, follows."""
    name = api.secret((0, None))
    api.here.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": OTHER}])
    first = api.there.get_secret_value(SecretId=name)["SecretString"]
    refused = [
        code(lambda: api.there.put_secret_value(SecretId=name, SecretString="x", ClientRequestToken=TOKENS[1])),
        code(lambda: api.there.describe_secret(SecretId=name)),
    ]
    api.put(name, 1, None)
    status = api.here.describe_secret(SecretId=name)["ReplicationStatus"]
    return first, refused, api.there.get_secret_value(SecretId=name)["SecretString"], [one["Region"] for one in status]


def row_primary_region(api):
    """API_DescribeSecret, PrimaryRegion. moto leaves it out."""
    name = api.secret((0, None))
    api.here.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": OTHER}])
    return [client.describe_secret(SecretId=name).get("PrimaryRegion") for client in (api.here, api.there)]


def row_kms(api):
    """API_Decrypt: the encryption context has to match exactly, and the key has to be enabled."""
    key = api.kms.create_key()["KeyMetadata"]["KeyId"]
    context = {"LambdaFunctionName": "f"}
    sealed = api.kms.encrypt(KeyId=key, Plaintext=b"one", EncryptionContext=context)["CiphertextBlob"]
    decrypt = lambda **more: api.kms.decrypt(CiphertextBlob=sealed, **more)
    opened = decrypt(EncryptionContext=context)["Plaintext"]
    wrong = [code(decrypt), code(lambda: decrypt(EncryptionContext={"LambdaFunctionName": "g"}))]
    return opened, wrong


def row_kms_disabled(api):
    """API_Decrypt: DisabledException. moto decrypts with a disabled key."""
    key = api.kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = api.kms.encrypt(KeyId=key, Plaintext=b"one")["CiphertextBlob"]
    api.kms.disable_key(KeyId=key)
    return code(lambda: api.kms.decrypt(CiphertextBlob=sealed))


ABSENT = "ResourceNotFoundException"
INVALID = "InvalidParameterException"

# What AWS does; and whether moto does it too.
TABLE = [
    (row_first_version, {0: ["AWSCURRENT", "AWSPENDING"]}, True),
    (row_pending_beside_current, ({0: ["AWSCURRENT"], 1: ["AWSPENDING"]}, "value 0", "value 1"), True),
    (row_pending_replaces_pending, {0: ["AWSCURRENT"], 2: ["AWSPENDING"]}, True),
    (row_put_without_stages, {1: ["AWSPREVIOUS"], 2: ["AWSCURRENT"]}, True),
    (row_repeated_put, {0: ["AWSCURRENT"], 1: ["AWSPENDING"]}, True),
    (row_token_for_another_value, ("ResourceExistsException", "value 0"), True),
    (row_promotion, {0: ["AWSPREVIOUS"], 1: ["AWSCURRENT", "AWSPENDING"]}, True),
    (
        row_promotion_with_a_wrong_expectation,
        ([INVALID, INVALID], {0: ["AWSCURRENT"], 1: ["AWSPENDING"], 2: ["OTHER"]}),
        True,
    ),
    (row_labels_taken_off, {1: ["AWSCURRENT"]}, True),
    (row_label_that_is_not_there, INVALID, True),
    (row_current_cannot_be_removed, INVALID, False),
    (row_bytes, True, True),
    (row_special_characters, True, True),
    (row_65536_bytes, 65536, True),
    (row_65537_bytes, "ValidationException", False),
    (row_absent, [ABSENT] * 5, True),
    (row_created_twice, "ResourceExistsException", True),
    (row_deleted, (True, "InvalidRequestException", False, "value 0"), True),
    (row_deleted_takes_no_value, "InvalidRequestException", False),
    (row_deleted_name_is_taken, "InvalidRequestException", False),
    (row_named_by_arn, (6, "value 0", "value 0"), True),
    (row_list, ({0: ["AWSCURRENT"], 1: ["AWSPENDING"]}, [0, 1], True), True),
    (row_replica, ("value 0", [INVALID, "none"], "value 1", [OTHER]), True),
    (row_primary_region, [REGION, REGION], False),
    (row_kms, (b"one", ["InvalidCiphertextException"] * 2), True),
    (row_kms_disabled, "DisabledException", False),
]


def example(*arguments, env):
    """What `moto_contract` prints, in an environment of nothing but `env`."""
    program = os.path.join(os.environ["HALLPASS_EXAMPLES"], "moto_contract")
    surroundings = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **env}
    ran = subprocess.run([program, *arguments], env=surroundings, capture_output=True, text=True, timeout=60, check=False)
    return ran.stdout.splitlines(), ran.stderr


def contract(moto):
    """The store contract and replicas."""
    lines, talk = example("contract", moto.url, env=KEYS)
    report(lines, talk, 1)
    api = Api(moto.url)
    name = api.secret((0, None))
    api.here.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": OTHER}])
    lines, talk = example("replica", moto.url, name, env=KEYS)
    report(lines, talk, 3)


def report(lines, talk, count):
    """Passes the example's own lines on."""
    for line in lines:
        if line.startswith("ok "):
            harness.ok(line.removeprefix("ok "))
        elif line.startswith("not ok "):
            harness.not_ok("aws: the example", talk[-2000:])
    with harness.check(f"aws: the example said all of its {count} lines"):
        assert sum(line.startswith("ok ") for line in lines) == count, (lines, talk[-2000:])


def variables(moto):
    """A variable encrypted by moto's KMS for one function."""
    kms = Api(moto.url).kms
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    context = {"LambdaFunctionName": "queue-sync"}
    sealed = kms.encrypt(KeyId=key, Plaintext=b"one", EncryptionContext=context)["CiphertextBlob"]
    env = {**KEYS, "AWS_REGION": REGION, "SECRET": base64.b64encode(sealed).decode()}
    for function, expected in (("queue-sync", "value one"), ("another", "fault credential-malformed")):
        with harness.check(f"aws: a variable encrypted by moto's KMS, in the function {function}: {expected}"):
            lines, talk = example("kms", moto.url, "SECRET", env={**env, "AWS_LAMBDA_FUNCTION_NAME": function})
            assert lines == [expected], (lines, talk)


class Surroundings(http.server.BaseHTTPRequestHandler):
    """What hands out credentials to a container and to a host, and a Secrets Manager that notes who asks."""

    asked = []
    hosts = {"AccessKeyId": "AKIDHOST", "SecretAccessKey": "x", "Token": "t", "Expiration": "2099-01-01T00:00:00Z", "Code": "Success"}
    containers = {"AccessKeyId": "AKIDCONTAINER", "SecretAccessKey": "x", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}

    def do_PUT(self):
        """A session of the metadata service (IMDSv2)."""
        self.send(b"session", {"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": "21600"})

    def do_GET(self):
        """Credentials."""
        role = "/latest/meta-data/iam/security-credentials/"
        if self.path == "/container":
            self.send(json.dumps(self.containers).encode())
        elif self.headers.get("X-Aws-Ec2-Metadata-Token") != "session":
            self.send_error(401)
        elif self.path == role:
            self.send(b"the-role")
        elif self.path == f"{role}the-role":
            self.send(json.dumps(self.hosts).encode())
        elif self.path == "/latest/meta-data/placement/region":
            self.send(b"ap-south-1")
        else:
            self.send_error(404)

    def do_POST(self):
        """GetSecretValue."""
        self.rfile.read(int(self.headers["Content-Length"]))
        scope = self.headers["Authorization"].split("Credential=")[1].split(",")[0].split("/")
        self.asked.append((scope[0], scope[2], self.headers.get("X-Amz-Security-Token") is not None))
        self.send(json.dumps({"VersionId": TOKENS[0], "VersionStages": ["AWSCURRENT"], "SecretString": "one"}).encode())

    def send(self, body, headers=None):
        """200."""
        self.send_response(200)
        for name, value in {"Content-Type": "application/x-amz-json-1.1", "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Silence."""


@contextlib.contextmanager
def surroundings():
    """The server, running."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Surroundings) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def identities(moto):
    """Every place where a process finds out who it is. STS is moto's."""
    here = {"AWS_REGION": REGION}
    no_host = {**here, "AWS_EC2_METADATA_DISABLED": "true"}
    role = "arn:aws:iam::123456789012:role/reader"
    with surroundings() as url, tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "credentials").write_text("[laptop]\naws_access_key_id = AKIDLAPTOP\naws_secret_access_key = x\n")
        (folder / "config").write_text(
            f"[profile laptop]\nregion = eu-west-3\n[profile assumed]\nrole_arn = {role}\nsource_profile = laptop\nregion = {REGION}\n"
            f"[profile single-sign-on]\nsso_account_id = 1\nsso_role_name = r\nsso_region = {REGION}\nsso_start_url = https://sso.invalid\n"
        )
        (folder / "token").write_text("a token of the cluster")
        files = {"AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"), "AWS_CONFIG_FILE": str(folder / "config")}
        sts = {"AWS_ENDPOINT_URL_STS": moto.url}
        rows = [
            ("variables", {**KEYS, **here, "AWS_SESSION_TOKEN": "t"}, ("AKIDFAKE", REGION, True)),
            ("a profile, with its region", {**files, "AWS_PROFILE": "laptop", "AWS_EC2_METADATA_DISABLED": "true"}, ("AKIDLAPTOP", "eu-west-3", False)),
            ("a role assumed from a profile", {**no_host, **files, **sts, "AWS_PROFILE": "assumed"}, ("ASIA", REGION, True)),
            (
                "a web identity",
                {**no_host, **sts, "AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "token")},
                ("ASIA", REGION, True),
            ),
            ("a container", {**no_host, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/container"}, ("AKIDCONTAINER", REGION, True)),
            ("a host, with its region", {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url}, ("AKIDHOST", "ap-south-1", True)),
        ]
        for name, env, (key, region, token) in rows:
            with harness.check(f"aws: credentials of {name}"):
                Surroundings.asked.clear()
                lines, talk = example("read", url, "a", env=env)
                assert lines == ["value one"], (lines, talk)
                assert len(Surroundings.asked) == 1, Surroundings.asked
                asked = Surroundings.asked[0]
                assert asked[0].startswith(key) and asked[1:] == (region, token), asked
        nowhere = [
            ("nothing at all", no_host, "cloud-identity-missing"),
            ("single sign-on, which is left out", {**no_host, **files, "AWS_PROFILE": "single-sign-on"}, "cloud-identity-missing"),
            ("a profile that is not there", {**no_host, **files, "AWS_PROFILE": "absent"}, "cloud-identity-missing"),
            ("a container's door that is closed", {**no_host, "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/"}, "cloud-identity-missing"),
            ("a host's door that is closed", {**here, "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"}, "cloud-identity-missing"),
            ("no region", {**KEYS}, "configuration-invalid"),
        ]
        for name, env, fault in nowhere:
            with harness.check(f"aws: credentials of {name}: {fault}"):
                Surroundings.asked.clear()
                lines, talk = example("read", url, "a", env=env)
                assert len(lines) == 1 and lines[0].startswith(f"fault {fault}"), (lines, talk)
                assert not Surroundings.asked


def main():
    """All of it against one moto and one stand-in."""
    with Moto() as moto, StandIn() as stand_in:
        table(TABLE, Api, moto, stand_in)
        contract(moto)
        variables(moto)
        identities(moto)
    harness.finish()


main()
