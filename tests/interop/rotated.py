"""Integrations whose secret rests in moto and is replaced at an emulated platform, and two witnesses who look on: boto3 for the store, the emulator's own
word for the platform.

A shape is a platform with a way to replace secrets there: who is registered, what the configuration says of it, and which secrets are the integration's.
"""

import base64
import itertools
import json
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.config

REGION = "us-east-1"
NUMBERS = itertools.count(1)

HEAD = """version = 1
environment = "test"
[outbound]
private_networks = ["127.0.0.0/8"]
"""

# What the program finds in its environment of AWS.
ENVIRONMENT = {
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "AKIDFAKE",
    "AWS_SECRET_ACCESS_KEY": "fake",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Shelf:
    """The store, as boto3 sees it."""

    def __init__(self, url):
        self.keys = {"aws_access_key_id": "AKIDFAKE", "aws_secret_access_key": "fake", "region_name": REGION, "endpoint_url": url}
        config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=240)
        self.secrets = boto3.client("secretsmanager", config=config, **self.keys)

    def put(self, name, value):
        """Stores a secret as an operator would; its ARN."""
        return self.secrets.create_secret(Name=name, SecretString=json.dumps(value))["ARN"]

    def replace(self, name, value):
        """Stores another value as an operator would. Not put as AWSCURRENT: after a label was moved, moto leaves AWSCURRENT on the version before as well."""
        put = self.secrets.put_secret_value(SecretId=name, SecretString=json.dumps(value), VersionStages=["AWSPENDING"])["VersionId"]
        move = {"VersionStage": "AWSCURRENT", "MoveToVersionId": put, "RemoveFromVersionId": self.labels(name)["AWSCURRENT"]}
        self.secrets.update_secret_version_stage(SecretId=name, **move)
        self.secrets.update_secret_version_stage(SecretId=name, VersionStage="AWSPENDING", RemoveFromVersionId=put)

    def value(self, name, stage="AWSCURRENT"):
        """What is stored."""
        return json.loads(self.secrets.get_secret_value(SecretId=name, VersionStage=stage)["SecretString"])

    def labels(self, name):
        """Every label and the version that carries it."""
        versions = self.secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
        return {label: version for version, labels in versions.items() for label in labels}

    def document(self, name):
        """What rotations wrote beside the secret `name`; None before the first."""
        try:
            document = self.value(f"{name}.rotation")
        except self.secrets.exceptions.ResourceNotFoundException:
            return None
        # Before anything was written there it is the store's own placeholder.
        return document if "schema" in document else None


class Clients:
    """Genesys Cloud: two clients that take turns."""

    name = integration = "clients"
    members = ("client_id", "client_secret")
    # Whether a rotation promises that readers have a valid secret at every moment, and what it has to be told where it does not.
    safe, consent, strategy = True, (), "auto"

    def __init__(self, number=""):
        self.ids = [f"{one}{number}" for one in "ab"]
        self.roles = {self.ids[1]: "the second"}

    @staticmethod
    def administrator(emulator):
        """Registers who administers; what it logs in with."""
        emulator.order("/clients", {"name": "admin", "id": "admin", "secret": "planted-admin"})
        return {"client_id": "admin", "client_secret": "planted-admin", "environment": "test"}

    def register(self, emulator):
        """Registers the integration; what it logs in with."""
        for one in self.ids:
            emulator.order("/clients", {"name": one, "id": one, "secret": f"planted-{one}"})
        return {"client_id": self.ids[0], "client_secret": f"planted-{self.ids[0]}", "environment": "test"}

    def tables(self, address, secret, administrator):
        """The configuration; `address` says where to go for an address of the emulator's."""
        login, api = address("login"), address("api")
        return CLIENTS.format(login=login, api=api, secret=secret, administrator=administrator, clients=json.dumps(self.ids), strategy=self.strategy)

    def token(self, place, value):
        """The request for a token."""
        login = basic(value["client_id"], value["client_secret"])
        return urllib.request.Request(place["login"] + "/oauth/token", data=b"grant_type=client_credentials", headers=login)

    def slots(self, console):
        """Whatever the administration knows of the integration: which is on."""
        return {one: console.get("api", f"/api/v2/oauth/clients/{one}")["state"] == "active" for one in self.ids}

    @staticmethod
    def admission(place):
        """The administrator's request for a token."""
        return Clients().token(place, {"client_id": "admin", "client_secret": "planted-admin"})


CLIENTS = """
[integrations.clients]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = "{secret}"
allow = ["GET /api/v2/routing/queues"]
[integrations.clients.rotation]
administrator = "admin"
clients = {clients}
strategy = "{strategy}"
verify = ["GET /api/v2/routing/queues"]
[integrations.admin]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = "{administrator}"
administers = true
allow = [
  "GET /api/v2/oauth/clients/**", "PUT /api/v2/oauth/clients/*", "POST /api/v2/oauth/clients/*/secret",
]
"""


class Regenerated(Clients):
    """Genesys Cloud: one client, whose secret is replaced in place. Between the reset and the promotion nobody gets a token."""

    name, safe, consent, strategy = "regenerated", False, ("--accept-downtime-risk",), "regenerate"

    def __init__(self, number=""):
        self.ids, self.roles = [f"a{number}"], {}


class Keys:
    """NICE CXone: access keys that overlap, two for a user at most. What is lost between the platform's answer and PutSecretValue is an orphan, and in the way."""

    name = integration = "keys"
    members = ("access_key_id", "access_key_secret")
    safe, consent = True, ()

    def __init__(self, number=""):
        self.user, self.first = f"u{number}", f"OLD{number}===="
        self.app, self.roles = f"app{number}", {}

    @staticmethod
    def administrator(emulator):
        """Registers who administers; what it logs in with."""
        key = {"name": "admin", "access_key_id": "ADMIN====", "access_key_secret": "planted-admin", "user_id": "admin"}
        emulator.order("/access-keys", {**key, "client_id": "admin-app", "client_secret": "planted-admin-app"})
        return {"access_key_id": "ADMIN====", "access_key_secret": "planted-admin", "environment": "test"}

    def register(self, emulator):
        """Registers the integration; what it logs in with."""
        login = {"access_key_id": self.first, "access_key_secret": "planted-key", "client_id": self.app, "client_secret": "planted-app"}
        emulator.order("/access-keys", {"name": self.app, "user_id": self.user, **login})
        return {**login, "environment": "test"}

    def tables(self, address, secret, administrator):
        """The configuration; `address` says where to go for an address of the emulator's."""
        identity, hub = address("identity"), address("hub")
        return KEYS.format(identity=identity, hub=hub, secret=secret, administrator=administrator, user=self.user)

    def token(self, place, value):
        """The request for a token."""
        asked = {"grant_type": "password", "username": value["access_key_id"], "password": value["access_key_secret"]}
        login = basic(value["client_id"], value["client_secret"])
        return urllib.request.Request(place["identity"] + "/auth/token", data=urllib.parse.urlencode(asked).encode(), headers=login)

    def slots(self, console):
        """Whatever the administration knows of the integration: which is on."""
        listed = console.get("hub", f"/access-key-management/v1/access-keys?userId={self.user}")
        assert listed["_links"]["next"] is None, "there is another page"
        return {one["accessKeyId"]: one["isActive"] for one in listed["accessKeys"]}

    @staticmethod
    def admission(place):
        """The administrator's request for a token."""
        asked = json.dumps({"accessKeyId": "ADMIN====", "accessKeySecret": "planted-admin"}).encode()
        kind = {"Content-Type": "application/json"}
        return urllib.request.Request(place["hub"] + "/authentication/v1/token/access-key", data=asked, headers=kind)


KEYS = """
[integrations.keys]
platform = "cxone"
issuer = "{identity}"
secret = "{secret}"
allow = ["GET /inContactAPI/services/**"]
[integrations.keys.rotation]
administrator = "admin"
user = "{user}"
verify = ["GET /inContactAPI/services/v31.0/contacts/completed"]
[integrations.admin]
platform = "cxone"
profile = "userhub"
token_url = "{hub}/authentication/v1/token/access-key"
api_url = "{hub}"
secret = "{administrator}"
administers = true
allow = [
  "GET /access-key-management/v1/access-keys", "POST /access-key-management/v1/access-keys", "PATCH /access-key-management/v1/access-keys",
  "GET /access-key-management/v1/access-keys/*", "DELETE /access-key-management/v1/access-keys/*",
]
"""


class Applications(Keys):
    """NICE CXone: an application and its successor, as many as one likes beside each other."""

    name = integration = "applications"
    members = ("client_id", "client_secret")

    def tables(self, address, secret, administrator):
        """The configuration; `address` says where to go for an address of the emulator's."""
        identity, hub = address("identity"), address("hub")
        return APPLICATIONS.format(identity=identity, hub=hub, secret=secret, administrator=administrator, application=self.app)

    def slots(self, console):
        """Whatever the administration knows of the integration: which is on."""
        listed = console.get("hub", "/application-registration/v1/applications")["applications"]
        known = [one for one in listed if one["name"] == self.app or one["name"].startswith(f"{self.app}-")]
        # A deleted one is listed for a week, and opens nothing.
        return {one["id"]: one["isEnabled"] for one in known if not one.get("scheduledDeletionTime")}


APPLICATIONS = """
[integrations.applications]
platform = "cxone"
issuer = "{identity}"
secret = "{secret}"
allow = ["GET /inContactAPI/services/**"]
[integrations.applications.rotation]
administrator = "admin"
application = "{application}"
applications_path = "/application-registration/v1"
verify = ["GET /inContactAPI/services/v31.0/contacts/completed"]
[integrations.admin]
platform = "cxone"
profile = "userhub"
token_url = "{hub}/authentication/v1/token/access-key"
api_url = "{hub}"
secret = "{administrator}"
administers = true
allow = [
  "GET /application-registration/v1/applications", "POST /application-registration/v1/applications", "GET /application-registration/v1/applications/*",
  "POST /application-registration/v1/applications/*", "DELETE /application-registration/v1/applications/*",
]
"""


class Console:
    """The platform's administration, as a person at its console sees it."""

    def __init__(self, emulator, shape):
        self.place, self._shape, self._admitted = place(emulator), shape, None

    def get(self, surface, path):
        """What is there."""
        for again in (True, False):
            request = urllib.request.Request(self.place[surface] + path, headers=self._admitted or {})
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError as refused:
                # Between two looks days may go by, and no token lives that long.
                if refused.code != 401 or not again:
                    raise
            with urllib.request.urlopen(self._shape.admission(self.place), timeout=10) as answer:
                self._admitted = {"Authorization": "Bearer " + json.loads(answer.read())["access_token"]}


class Rotated:
    """One integration's secret, `entry` in the store, and what can be seen of it there and at the platform."""

    def __init__(self, shelf, emulator, shape, entry):
        self.shelf, self.emulator, self.shape, self.entry = shelf, emulator, shape, entry
        self.console = Console(emulator, shape)

    def value(self, stage="AWSCURRENT"):
        """What is stored."""
        return self.shelf.value(self.entry, stage)

    def slot(self, stage="AWSCURRENT"):
        """Id and secret of what is stored."""
        value = self.value(stage)
        return tuple(value[member] for member in self.shape.members)

    def labels(self):
        """Every label and the version that carries it."""
        return self.shelf.labels(self.entry)

    def document(self):
        """What rotations wrote beside it."""
        return self.shelf.document(self.entry)

    def live(self):
        """Which of the integration's secrets open the door, by the emulator's own word."""
        ours = self.shape.slots(self.console)
        return {one["id"] for one in self.emulator.order("/secrets") if one["id"] in ours}

    def opens(self, slot):
        """Whether that secret opens the door, by the emulator's own word."""
        return self.emulator.order("/secrets/check", {"id": slot[0], "secret": slot[1]})["live"]

    def made(self):
        """How many secrets the platform made."""
        return self.emulator.order("/witness")["totals"]["secrets_made"]

    def never_without(self):
        """The promise that holds at every moment: what readers get opens the door."""
        assert self.opens(self.slot()), "CURRENT does not work"
        assert 1 <= len(self.live()) <= 2, self.live()

    def gets_a_token(self):
        """Who reads the secret now and asks for a token gets one."""
        with urllib.request.urlopen(self.shape.token(self.console.place, self.value()), timeout=10) as answer:
            assert json.loads(answer.read())["access_token"]


def place(emulator):
    """Where the emulated platforms listen."""
    announced, cxone = emulator.announced, emulator.announced["cxone"]
    login = announced["token_url"].removesuffix("/oauth/token")
    return {"login": login, "api": announced["api_url"], "identity": cxone["identity_url"], "hub": cxone["userhub_url"]}


def basic(name, password):
    """The header of a login."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}
