"""Google's own `google-cloud-secret-manager` drives our stand-in of Secret Manager through what our store relies on.

It is the vendor's idea of the protocol: its request shapes, its readings of errors, its checks of names and masks. If the stand-in were merely
convenient to us, this would stumble.
"""

import contextlib
import json
import os
import subprocess
import urllib.error
import urllib.request

from google.api_core import exceptions
from google.api_core.retry import Retry
from google.auth import exceptions as auth_exceptions
from google.cloud import secretmanager_v1
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceRestTransport
from google.oauth2 import credentials as oauth2

import harness

PROJECT = "projects/acme-prod"
REGION = "projects/acme-prod/locations/europe-west3"
State = secretmanager_v1.SecretVersion.State
CODES = {
    "ALREADY_EXISTS": 409,
    "FAILED_PRECONDITION": 400,
    "INVALID_ARGUMENT": 400,
    "NOT_FOUND": 404,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
}
ONCE = {"retry": Retry(predicate=lambda _: False), "timeout": 10.0}


def crc32c(data):
    """Castagnoli, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@contextlib.contextmanager
def stand_in():
    """The stand-in as a process, and what it announces."""
    process = subprocess.Popen(
        [os.environ["HALLPASS_CLOUD_EMULATOR"], "google"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(timeout=harness.PATIENCE)


def client(url, token):
    """The SDK over REST, to a plain HTTP origin."""
    transport = SecretManagerServiceRestTransport(
        host=url.removeprefix("http://"), url_scheme="http", credentials=oauth2.Credentials(token=token)
    )
    return secretmanager_v1.SecretManagerServiceClient(transport=transport)


class Refused:
    """What a refused call told."""

    error = None

    def detail(self, kind):
        """The one detail of this type."""
        found = [detail for detail in self.error["details"] if detail["@type"].endswith(f"google.rpc.{kind}")]
        assert len(found) == 1, self.error
        return found[0]


@contextlib.contextmanager
def refused(status, words=""):
    """The block is refused with this status, and these words are in the message."""
    told = Refused()
    try:
        yield told
    except exceptions.GoogleAPICallError as fault:
        told.error = fault.response.json()["error"]
        assert told.error["status"] == status, fault
        assert told.error["code"] == fault.code.value == CODES[status], fault
        assert words in fault.message, fault
    else:
        raise AssertionError(f"not refused with {status}")


def order(announced, path):
    """Gives the stand-in an order."""
    with urllib.request.urlopen(f"{announced['url']}/-/{path}", timeout=10) as answer:
        return json.loads(answer.read())


def create(google, parent, name):
    """Makes a secret as its parent wants it."""
    secret = {} if "/locations/" in parent else {"replication": {"automatic": {}}}
    request = {"parent": parent, "secret_id": name, "secret": secret}
    return google.create_secret(request=request, **ONCE)


def add(google, secret, data):
    """Adds a version with its checksum."""
    payload = {"data": data, "data_crc32c": crc32c(data)}
    return google.add_secret_version(request={"parent": secret, "payload": payload}, **ONCE)


def access(google, version):
    """A version's value."""
    return google.access_secret_version(request={"name": version}, **ONCE)


def patch(google, secret, aliases, etag=""):
    """Sets all aliases, under an etag if there is one."""
    body = {"name": secret, "version_aliases": aliases, "etag": etag}
    mask = {"paths": ["version_aliases"]}
    return google.update_secret(request={"secret": body, "update_mask": mask}, **ONCE)


def versions(google, parent):
    """Values, numbers, aliases, states."""
    secret = f"{parent}/secrets/life"
    with harness.check(f"{parent}: a secret is made once"):
        made = create(google, parent, "life")
        assert made.name.endswith("/secrets/life") and made.etag
        with refused("ALREADY_EXISTS"):
            create(google, parent, "life")

    with harness.check(f"{parent}: numbers count up from one, and names bear the project's number"):
        first, second = add(google, secret, b"one"), add(google, secret, b"two")
        assert [version.name.rsplit("/", 1)[1] for version in (first, second)] == ["1", "2"]
        assert first.name.split("/")[1].isdigit(), first.name
        assert first.state == State.ENABLED and first.client_specified_payload_checksum

    with harness.check(f"{parent}: a value comes with its checksum and its number"):
        found = access(google, f"{secret}/versions/latest")
        assert found.payload.data == b"two" and found.payload.data_crc32c == crc32c(b"two")
        assert found.name == second.name

    with harness.check(f"{parent}: an alias leads to its version, and an unknown one nowhere"):
        with refused("NOT_FOUND"):
            access(google, f"{secret}/versions/current")
        patch(google, secret, {"current": 1})
        assert access(google, f"{secret}/versions/current").name == first.name
        named = google.get_secret_version(request={"name": f"{secret}/versions/current"}, **ONCE)
        assert named.name == first.name

    with harness.check(f"{parent}: latest is the highest number whatever its state"):
        google.disable_secret_version(request={"name": second.name}, **ONCE)
        with refused("FAILED_PRECONDITION", "is in DISABLED state"):
            access(google, f"{secret}/versions/latest")
        assert access(google, f"{secret}/versions/current").payload.data == b"one"
        google.enable_secret_version(request={"name": second.name}, **ONCE)
        assert access(google, f"{secret}/versions/latest").payload.data == b"two"

    with harness.check(f"{parent}: what is destroyed stays so"):
        google.destroy_secret_version(request={"name": second.name}, **ONCE)
        for change in (google.enable_secret_version, google.disable_secret_version):
            with refused("FAILED_PRECONDITION", "is in DESTROYED state"):
                change(request={"name": second.name}, **ONCE)

    with harness.check(f"{parent}: versions are listed by state, page by page"):
        for number in range(3, 6):
            add(google, secret, b"value %d" % number)
        request = {"parent": secret, "filter": "state:ENABLED", "page_size": 2}
        listed = [version.name.rsplit("/", 1)[1] for version in google.list_secret_versions(request=request, **ONCE)]
        assert sorted(listed) == ["1", "3", "4", "5"], listed


def etags(google):
    """Compare and set."""
    secret = f"{PROJECT}/secrets/etags"
    with harness.check("a patch under an etag that is not the secret's is refused, and changes nothing"):
        made = create(google, PROJECT, "etags")
        add(google, secret, b"one")
        seen = google.get_secret(request={"name": secret}, **ONCE)
        assert seen.etag == made.etag, "adding a version leaves the secret's etag alone"
        written = patch(google, secret, {"current": 1}, seen.etag)
        assert written.etag != seen.etag
        with refused("FAILED_PRECONDITION"):
            patch(google, secret, {}, seen.etag)
        assert dict(google.get_secret(request={"name": secret}, **ONCE).version_aliases) == {"current": 1}

    with harness.check("one patch moves several aliases at once, and leaves annotations alone"):
        add(google, secret, b"two")
        body = {"name": secret, "annotations": {"team": "routing"}}
        google.update_secret(request={"secret": body, "update_mask": {"paths": ["annotations"]}}, **ONCE)
        moved = patch(google, secret, {"current": 2, "previous": 1})
        assert dict(moved.version_aliases) == {"current": 2, "previous": 1}
        assert dict(moved.annotations) == {"team": "routing"}

    with harness.check("aliases are of Google's alphabet, and `latest` and `NEW` are none"):
        for wrong in ("latest", "NEW", "1st", "a b", "x" * 64):
            with refused("INVALID_ARGUMENT"):
                patch(google, secret, {wrong: 1})

    with harness.check("a version's etag guards its state"):
        version = google.get_secret_version(request={"name": f"{secret}/versions/1"}, **ONCE)
        google.disable_secret_version(request={"name": version.name, "etag": version.etag}, **ONCE)
        with refused("FAILED_PRECONDITION"):
            google.enable_secret_version(request={"name": version.name, "etag": version.etag}, **ONCE)


def bad_input(google):
    """What is not taken."""
    secret = f"{PROJECT}/secrets/input"
    with harness.check("values are 1 to 65536 bytes, and may be any"):
        create(google, PROJECT, "input")
        for value in (b"x" * 65536, bytes(range(256)), "emoji \U0001f511".encode()):
            assert access(google, add(google, secret, value).name).payload.data == value
        for value in (b"", b"x" * 65537):
            with refused("INVALID_ARGUMENT"):
                add(google, secret, value)

    with harness.check("a checksum that is not the value's is refused"):
        payload = {"data": b"one", "data_crc32c": 1}
        with refused("INVALID_ARGUMENT"):
            google.add_secret_version(request={"parent": secret, "payload": payload}, **ONCE)

    with harness.check("a global secret says its replication, and a regional one must not"):
        with refused("INVALID_ARGUMENT"):
            google.create_secret(request={"parent": PROJECT, "secret_id": "x", "secret": {}}, **ONCE)
        replicated = {"replication": {"automatic": {}}}
        with refused("INVALID_ARGUMENT"):
            google.create_secret(request={"parent": REGION, "secret_id": "x", "secret": replicated}, **ONCE)

    with harness.check("what is not there is not found"):
        for call, name in (
            (google.get_secret, f"{PROJECT}/secrets/absent"),
            (google.access_secret_version, f"{PROJECT}/secrets/absent/versions/latest"),
            (google.get_secret_version, f"{secret}/versions/99"),
        ):
            with refused("NOT_FOUND"):
                call(request={"name": name}, **ONCE)

    with harness.check("secrets are listed page by page"):
        request = {"parent": PROJECT, "page_size": 1}
        listed = [found.name.rsplit("/", 1)[1] for found in google.list_secrets(request=request, **ONCE)]
        assert listed == sorted(["life", "etags", "input"]), listed


def identity(announced, google):
    """Tokens, permissions, quotas, the metadata server."""
    version = f"{PROJECT}/secrets/input/versions/1"
    with harness.check("a denied permission is named, with reason and request id"):
        order(announced, "deny/secretmanager.versions.access")
        with refused("PERMISSION_DENIED", "secretmanager.versions.access") as told:
            access(google, version)
        order(announced, "allow")
        info = told.detail("ErrorInfo")
        assert (info["reason"], info["domain"]) == ("IAM_PERMISSION_DENIED", "iam.googleapis.com"), info
        assert told.detail("RequestInfo")["requestId"]

    with harness.check("a used-up quota says when to come back"):
        order(announced, "throttle/7")
        with refused("RESOURCE_EXHAUSTED") as told:
            access(google, version)
        assert told.detail("RetryInfo")["retryDelay"] == "7s"

    with harness.check("a token that is not good is refused, so that the SDK tries to renew it"):
        try:
            access(client(announced["url"], "ya29.other"), version)
            raise AssertionError("not refused")
        except auth_exceptions.RefreshError:
            # Only a 401 makes it try, and this credential has nothing to renew itself with.
            pass

    with harness.check("the SDK's own metadata credentials get the token"):
        # Read when its module is loaded, so set before.
        os.environ["GCE_METADATA_HOST"] = announced["metadata_url"].removeprefix("http://")
        from google.auth import compute_engine
        from google.auth.transport import requests

        found = compute_engine.Credentials(scopes=["https://www.googleapis.com/auth/cloud-platform"])
        found.refresh(requests.Request())
        assert found.token == announced["token"], "the token that the API takes"

    with harness.check("the metadata server refuses whoever does not say what it is"):
        path = "/computeMetadata/v1/instance/service-accounts/default/token"
        try:
            urllib.request.urlopen(announced["metadata_url"] + path, timeout=10)
            raise AssertionError("not refused")
        except urllib.error.HTTPError as fault:
            assert fault.code == 403, fault


with stand_in() as announced:
    google = client(announced["url"], announced["token"])
    versions(google, PROJECT)
    versions(google, REGION)
    etags(google)
    bad_input(google)
    identity(announced, google)
harness.finish()
